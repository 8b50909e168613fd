//! What `?` turns into a [`BatchError`], and the three words for everything else.

use std::error::Error;
use std::fmt::Display;

use super::{BatchError, names};

/// Says `?` for the error types of the standard library and of the crates whose values a row can hold.
macro_rules! convert {
    ($($name:ident: $($error:ty),+;)+) => {
        $($(
            impl From<$error> for BatchError {
                fn from(error: $error) -> Self {
                    Self::of(names::$name, error)
                }
            }
        )+)+
    };
}

convert! {
    IO: std::io::Error;
    INVALID_VALUE:
        std::num::ParseIntError,
        std::num::ParseFloatError,
        std::num::TryFromIntError,
        std::str::ParseBoolError,
        std::char::ParseCharError,
        std::str::Utf8Error,
        std::string::FromUtf8Error,
        std::net::AddrParseError,
        chrono::ParseError,
        rust_decimal::Error,
        serde_json::Error;
    UNNAMED:
        std::fmt::Error,
        std::env::VarError,
        std::time::SystemTimeError,
        std::sync::mpsc::RecvError,
        std::sync::mpsc::RecvTimeoutError;
}

impl From<String> for BatchError {
    fn from(message: String) -> Self {
        Self::new(names::UNNAMED, message)
    }
}

impl From<&str> for BatchError {
    fn from(message: &str) -> Self {
        Self::new(names::UNNAMED, message)
    }
}

/// A boxed error keeps its name when a [`BatchError`] was boxed, so that a step may return `Box<dyn Error + Send + Sync>`.
impl From<Box<dyn Error + Send + Sync>> for BatchError {
    fn from(error: Box<dyn Error + Send + Sync>) -> Self {
        match error.downcast::<Self>() {
            Ok(error) => *error,
            Err(error) => Self::boxed(names::UNNAMED, error),
        }
    }
}

/// The words that turn the error of any library into a [`BatchError`].
///
/// ```
/// use overnight_framework::error::{BatchError, ResultExt, names};
///
/// fn fetch() -> Result<String, BatchError> {
///     let reply: Result<String, std::fmt::Error> = Err(std::fmt::Error);
///     reply.named(names::TRANSIENT).context("fetching the rates")
/// }
///
/// let error = fetch().unwrap_err();
/// assert_eq!((error.name(), error.message()), ("Transient", "fetching the rates"));
/// ```
pub trait ResultExt<T, E>: Sized {
    /// Gives the error a name, by which `skip:` and `retry:` can choose it.
    ///
    /// # Errors
    /// The error under the new name; its message and its causes stay.
    fn named(self, name: &'static str) -> Result<T, BatchError>
    where
        E: Into<Box<dyn Error + Send + Sync>>;

    /// Takes the error as it is: without a name, unless it is a [`BatchError`] already.
    ///
    /// # Errors
    /// The error; its message and its causes stay.
    fn or_fail(self) -> Result<T, BatchError>
    where
        E: Into<Box<dyn Error + Send + Sync>>;

    /// Says what was being done; the name stays, and the message so far becomes the first cause.
    ///
    /// # Errors
    /// The error under its new message.
    fn context(self, doing: impl Display) -> Result<T, BatchError>
    where
        E: Into<BatchError>;
}

impl<T, E> ResultExt<T, E> for Result<T, E> {
    fn named(self, name: &'static str) -> Result<T, BatchError>
    where
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        self.map_err(|error| BatchError::from(error.into()).renamed(name))
    }

    fn or_fail(self) -> Result<T, BatchError>
    where
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        self.map_err(|error| BatchError::from(error.into()))
    }

    fn context(self, doing: impl Display) -> Result<T, BatchError>
    where
        E: Into<BatchError>,
    {
        self.map_err(|error| {
            let error = error.into();
            BatchError::new(error.name().to_owned(), doing.to_string()).with_source(error)
        })
    }
}
