//! The settings of a kind as a Rust type: read from the file with the types of everything that its expressions use, made when
//! the step begins.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;

use super::{Frame, Names, Setting};
use crate::error::{BatchError, names};
use crate::expr::Expected;
use crate::params::{ParamType, ParamValue, parse};
use crate::row::Value;
use crate::yaml::{self, Code, Cursor, Field, Fields, Key, Keys, Mapping, Presence, Shape, Source};

/// A Rust type that a setting can have.
///
/// Text, integers, [`Decimal`], `bool`, days, instants, lengths of time and paths have it, and lists and mappings of them.
/// [`#[derive(Settings)]`](macro@crate::Settings) gives it to a struct whose fields are keys of the file, and
/// [`#[derive(ParamValue)]`](macro@crate::ParamValue) to an enum whose variants are the only words. A key that may be absent
/// is an [`Option`].
///
/// ```
/// # extern crate overnight_framework as overnight;
/// use overnight_framework::expr::Scope;
/// use overnight_framework::kind::{Frame, Names, SettingValue};
/// use overnight_framework::yaml::{self, Source};
/// use overnight_framework::Settings;
///
/// /// How letters are rendered.
/// #[derive(Settings)]
/// struct Render {
///     /// What every letter begins with.
///     greeting: String,
///     /// How many are printed of each.
///     #[setting(default = 1)]
///     copies: u8,
/// }
///
/// let read = |text: &str| {
///     let source = Source::new("job.yaml", text);
///     yaml::read(&source, |at| Render::read(at, &Names::new(&Scope::new())))
/// };
/// let render = read("greeting: Dear ${{ 'Ada' }}").unwrap().value(&Frame::default())?;
/// assert_eq!((render.greeting.as_str(), render.copies), ("Dear Ada", 1));
///
/// let problems = read("greeting: Dear\ncopys: 2").unwrap_err();
/// assert!(problems.to_string().starts_with("job.yaml:2:1: unknown key `copys`"));
/// # Ok::<(), overnight_framework::BatchError>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the type of a setting",
    label = "no type of a setting",
    note = "the types are String, bool, i8 to i64, u8 to u64, rust_decimal::Decimal, chrono::NaiveDate, \
            chrono::DateTime<Utc>, std::time::Duration, PathBuf, and Option, Vec and BTreeMap<String, _> of each",
    note = "a struct gets `#[derive(overnight::Settings)]`, an enum of words `#[derive(overnight::ParamValue)]`"
)]
pub trait SettingValue: Sized + Send + Sync + 'static {
    /// What may stand there, for the JSON Schema and the manual.
    const SHAPE: Shape;

    /// Whether its key may be absent.
    const OPTIONAL: bool = false;

    /// Reads it from the file. `None` when a problem was reported.
    fn read(at: &Cursor<'_>, names: &Names<'_>) -> Option<Late<Self>>;

    /// What it is where its key is absent; `None` for what is not [`OPTIONAL`](Self::OPTIONAL).
    #[must_use]
    fn absent() -> Option<Late<Self>> {
        None
    }
}

/// A value that was read from a file and is made when its step begins.
pub struct Late<T> {
    make: Box<Make<T>>,
    /// Whether it is the same in every run, because nothing in it is computed.
    is_known: bool,
}

type Make<T> = dyn Fn(&Frame) -> Result<T, BatchError> + Send + Sync;

impl<T: 'static> Late<T> {
    /// A value that is made of `parts`, each of which tells whether it [is known](Self::is_known).
    pub fn of(
        parts: impl IntoIterator<Item = bool>,
        make: impl Fn(&Frame) -> Result<T, BatchError> + Send + Sync + 'static,
    ) -> Self {
        Self { make: Box::new(make), is_known: parts.into_iter().all(|is_known| is_known) }
    }

    /// The value in this run.
    ///
    /// # Errors
    /// When an expression has no value, or one that does not fit.
    pub fn value(&self, frame: &Frame) -> Result<T, BatchError> {
        (self.make)(frame)
    }

    /// Whether it is the same in every run.
    #[must_use]
    pub fn is_known(&self) -> bool {
        self.is_known
    }

    /// The value under a rule of its author: at once where it is known, and else when the step begins. The error of the rule
    /// is the end of a sentence that begins with the setting.
    #[must_use]
    pub fn checked<E: fmt::Display + 'static>(self, at: &Cursor<'_>, rule: fn(&T) -> Result<(), E>) -> Option<Self> {
        let key = at.key().map_or_else(|| at.path().to_string(), |key| key.name().to_owned());
        let broken = move |broken: E| format!("`{key}` {broken}");
        if self.is_known {
            // Without the values of a run nothing but the rule can fail.
            let said = self.value(&Frame::default()).ok().and_then(|value| rule(&value).err());
            return match said {
                Some(said) => at.refuse(at.problem(broken(said)).code(Code::Setting)),
                None => Some(self),
            };
        }
        let place = at.place_in_words();
        let wrong = move |error: E| BatchError::new(names::INVALID_VALUE, format!("{} ({place})", broken(error)));
        Some(Self::of([false], move |frame| {
            let value = self.value(frame)?;
            rule(&value).map_err(&wrong).map(|()| value)
        }))
    }
}

/// A key of settings whose value is a `T`, with what reads it.
pub struct KeyOf<T> {
    field: Field,
    read: fn(&Cursor<'_>, &Names<'_>) -> Option<Late<T>>,
    absent: fn() -> Option<Late<T>>,
}

impl<T: SettingValue> KeyOf<T> {
    /// The key of this name, which has to be there unless its type says otherwise.
    #[must_use]
    pub const fn new(name: &'static str, about: &'static str) -> Self {
        let presence = if T::OPTIONAL { Presence::Optional } else { Presence::Required };
        Self { field: Field { name, shape: T::SHAPE, presence, about }, read: T::read, absent: T::absent }
    }
}

// No bound here: with a type that no setting has, `new` is the only error that rustc reports.
impl<T: 'static> KeyOf<T> {
    /// The same key where it may be absent.
    #[must_use]
    pub const fn optional(self) -> Self {
        Self { field: Field { presence: Presence::Optional, ..self.field }, ..self }
    }

    /// The same key with a default, as the manual shows it.
    #[must_use]
    pub const fn or(self, default: &'static str) -> Self {
        Self { field: Field { presence: Presence::Default(default), ..self.field }, ..self }
    }

    /// The key in the table of its mapping.
    #[must_use]
    pub const fn field(self) -> Field {
        self.field
    }

    /// The value that stands there.
    pub fn read(&self, at: &Cursor<'_>, names: &Names<'_>) -> Option<Late<T>> {
        (self.read)(at, names)
    }

    /// The value under a key that has to be there, unless its type says otherwise.
    pub fn needed(&self, fields: &mut Fields<'_>, read: impl Fn(&Cursor<'_>) -> Option<Late<T>>) -> Option<Late<T>> {
        match (self.absent)() {
            None => fields.required(self.field.name, |at| read(at)),
            Some(absent) => fields.or(self.field.name, absent, |at| read(at)),
        }
    }

    /// The value under a key, or what its type is by default.
    pub fn or_of_type(&self, fields: &mut Fields<'_>, read: impl Fn(&Cursor<'_>) -> Option<Late<T>>) -> Option<Late<T>>
    where
        T: Default,
    {
        fields.or(self.field.name, Late::of([], |_| Ok(T::default())), |at| read(at))
    }

    /// The value under a key, or what `default` says, which is written as a job file would have it.
    pub fn or_written(
        &self,
        fields: &mut Fields<'_>,
        default: &str,
        read: impl Fn(&Cursor<'_>) -> Option<Late<T>>,
    ) -> Option<Late<T>> {
        let key = self.field.name;
        if let Some(at) = fields.get(key) {
            return read(&at);
        }
        let source = Source::new(format!("the default of `{key}`"), default);
        match yaml::read(&source, |at| read(at)) {
            Ok(value) => Some(value),
            Err(problems) => {
                let said = problems.iter().map(|problem| problem.message.as_str()).collect::<Vec<_>>().join("; ");
                let message = format!("the program's own default of `{key}` is none: {said}");
                let at = fields.at();
                at.refuse(at.problem_of_key(message).code(Code::WrongValue))
            }
        }
    }
}

/// Nothing: no key is allowed below `with`.
impl SettingValue for () {
    const SHAPE: Shape = Shape::Mapping(&NOTHING);

    fn read(at: &Cursor<'_>, _: &Names<'_>) -> Option<Late<Self>> {
        at.mapping(&NOTHING)?.finish();
        Some(Late::of([], |_| Ok(())))
    }
}

static NOTHING: Mapping = Mapping::new("nothing", "its settings", "There is nothing to set.", &[]);

impl<T: SettingValue> SettingValue for Option<T> {
    const SHAPE: Shape = T::SHAPE;
    const OPTIONAL: bool = true;

    fn read(at: &Cursor<'_>, names: &Names<'_>) -> Option<Late<Self>> {
        let inner = T::read(at, names)?;
        Some(Late::of([inner.is_known], move |frame| inner.value(frame).map(Some)))
    }

    fn absent() -> Option<Late<Self>> {
        Some(Late::of([], |_| Ok(None)))
    }
}

impl<T: SettingValue> SettingValue for Vec<T> {
    const SHAPE: Shape = Shape::List(&T::SHAPE, 0);

    fn read(at: &Cursor<'_>, names: &Names<'_>) -> Option<Late<Self>> {
        let items = at.list(|at| T::read(at, names))?;
        let known: Vec<_> = items.iter().map(Late::is_known).collect();
        Some(Late::of(known, move |frame| items.iter().map(|item| item.value(frame)).collect()))
    }
}

impl<T: SettingValue> SettingValue for BTreeMap<String, T> {
    const SHAPE: Shape = Shape::Map(Keys::Any, &T::SHAPE);

    fn read(at: &Cursor<'_>, names: &Names<'_>) -> Option<Late<Self>> {
        let entries = at.map(|_, at| T::read(at, names))?;
        let known: Vec<_> = entries.iter().map(|(_, value)| value.is_known).collect();
        Some(Late::of(known, move |frame| {
            let entry = |(key, value): &(Key, Late<T>)| Ok((key.name().to_owned(), value.value(frame)?));
            entries.iter().map(entry).collect()
        }))
    }
}

/// A text without an expression is known; another is computed by each run.
impl SettingValue for String {
    const SHAPE: Shape = Shape::Setting(&Shape::Text);

    fn read(at: &Cursor<'_>, names: &Names<'_>) -> Option<Late<Self>> {
        let setting = names.setting(at)?;
        let known = setting.literal().is_some();
        Some(Late::of([known], move |frame| filled(&setting, frame).map(|value| value.to_string())))
    }
}

/// A relative path starts at the folder of the job file.
impl SettingValue for PathBuf {
    const SHAPE: Shape = Shape::Setting(&Shape::Text);

    fn read(at: &Cursor<'_>, names: &Names<'_>) -> Option<Late<Self>> {
        let text = String::read(at, names)?;
        Some(Late::of([text.is_known], move |frame| Ok(frame.resolve(text.value(frame)?))))
    }
}

/// Types that a parameter has too: how they look in a file, and how one is read that is written out.
macro_rules! settings {
    ($($setting:ty: $shape:expr, $read:expr;)*) => {$(
        impl SettingValue for $setting {
            const SHAPE: Shape = Shape::Setting(&$shape);

            fn read(at: &Cursor<'_>, names: &Names<'_>) -> Option<Late<Self>> {
                read(at, names, $read)
            }
        }
    )*};
}

settings! {
    bool: Shape::Boolean, |at| at.boolean().map(Value::Bool);
    Decimal: Shape::Decimal, |at| written(at, ParamType::Decimal, at.decimal()?);
    Duration: Shape::Duration, |at| at.duration().map(|length| length.to_value());
    NaiveDate: DATE, |at| written(at, ParamType::Date, at.scalar(ParamType::Date.expectation())?.text());
    DateTime<Utc>: DATETIME, |at| written(at, ParamType::DateTime, at.scalar(ParamType::DateTime.expectation())?.text());
}

const DATE: Shape = Shape::Form("a date such as 2026-10-30", "^[0-9]{4}-[0-9]{2}-[0-9]{2}$");
const DATETIME: Shape = Shape::Form(
    "an instant with its zone such as 2026-10-30T22:00:00Z",
    "^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}.*([Zz]|[+-][0-9]{2}:?[0-9]{2})$",
);

/// Integers with the limits of their types.
macro_rules! integers {
    ($($integer:ty: $least:expr, $most:expr;)*) => {$(
        impl SettingValue for $integer {
            const SHAPE: Shape = Shape::Setting(&Shape::Integer($least, $most));

            fn read(at: &Cursor<'_>, names: &Names<'_>) -> Option<Late<Self>> {
                read(at, names, |at| at.integer($least..=$most).map(Value::Int))
            }
        }
    )*};
}

integers! {
    i8: i8::MIN as i64, i8::MAX as i64;
    i16: i16::MIN as i64, i16::MAX as i64;
    i32: i32::MIN as i64, i32::MAX as i64;
    i64: i64::MIN, i64::MAX;
    u8: 0, u8::MAX as i64;
    u16: 0, u16::MAX as i64;
    u32: 0, u32::MAX as i64;
    u64: 0, i64::MAX;
    usize: 0, i64::MAX;
}

/// Reads a setting whose type a parameter can have: as `written` does where it is written out, else as an expression of
/// that type.
fn read<T>(at: &Cursor<'_>, names: &Names<'_>, written: impl FnOnce(&Cursor<'_>) -> Option<Value>) -> Option<Late<T>>
where
    T: ParamValue + Send + Sync,
{
    if !at.node().as_text().is_some_and(|text| text.contains("${{")) {
        let value = written(at)?;
        let unfit = unfit::<T>(at);
        return Some(Late::of([], move |_| T::from_value(&value).ok_or_else(|| unfit(&value))));
    }
    let setting = names.setting_of(at, Expected::Type(T::TYPE.value_type()))?;
    let unfit = unfit::<T>(at);
    Some(Late::of([false], move |frame| {
        let value = filled(&setting, frame)?;
        T::from_value(&value).ok_or_else(|| unfit(&value))
    }))
}

/// The words of an enum, for the code of its derive macro.
pub(crate) fn read_word<T>(at: &Cursor<'_>, names: &Names<'_>, words: &[&'static str]) -> Option<Late<T>>
where
    T: ParamValue + Send + Sync,
{
    let words: Vec<_> = words.iter().map(|word| (*word, *word)).collect();
    read(at, names, |at| at.one_of(&words).map(Value::from))
}

/// A text as a value of this type, which is expected there.
fn written(at: &Cursor<'_>, kind: ParamType, text: &str) -> Option<Value> {
    parse(kind, text).or_else(|| at.expected(kind.expectation()))
}

/// The value of a setting that must have one.
fn filled(setting: &Setting, frame: &Frame) -> Result<Value, BatchError> {
    match setting.value(frame)? {
        Value::Null => {
            Err(BatchError::new(names::INVALID_VALUE, format!("{} has no value in this run", setting.place())))
        }
        value => Ok(value),
    }
}

/// What is said of a value that an expression gave and the type does not take.
fn unfit<T: ParamValue>(at: &Cursor<'_>) -> impl Fn(&Value) -> BatchError + Send + Sync + 'static {
    let place = format!("`{}` ({})", at.path(), at.place_in_words());
    let declared = T::declare(crate::params::ParamDeclaration::new("setting", T::TYPE));
    move |value| {
        let rule = crate::params::broken_rule(&declared, value).unwrap_or_else(|| "is not what it takes".to_owned());
        BatchError::new(names::INVALID_VALUE, format!("{place}: `{value}` {rule}"))
    }
}

impl<T> fmt::Debug for Late<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Late").field("is_known", &self.is_known).finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for KeyOf<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyOf").field("field", &self.field).finish_non_exhaustive()
    }
}
