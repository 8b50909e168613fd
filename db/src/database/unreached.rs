//! Why a PostgreSQL server does not let us in.

#[cfg(feature = "postgres")]
mod libpq;

/// Why a server does not let us in. What it says in another language than English is [`Other`](Self::Other).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unreached {
    /// Nobody listens at this port.
    Refused,
    /// Nobody answers.
    Silent,
    /// No host has this name.
    UnknownHost,
    /// The password is wrong or missing; some servers say this of a user whom they do not know, too.
    Password,
    /// There is no such user.
    NoUser,
    /// There is no such database.
    NoDatabase,
    /// The server takes nobody from here.
    NotFromHere,
    /// One side wants TLS, and the other does not have it, or its certificate is not believed.
    Tls,
    /// The server has no place for another connection.
    Crowded,
    /// It starts or stops just now.
    Restarting,
    /// Something else.
    Other,
}
