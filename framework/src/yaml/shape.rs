//! What a file may say, as tables: the keys of each mapping with their shapes and their words.
//!
//! One table is read by three: [`Fields`](super::Fields) takes the keys, the required ones and the suggestions from it, the JSON
//! Schema is made of it, and so is the manual. A key that is read and not in its table, or in the table and never read, stops
//! every build with debug assertions, so that the three cannot differ.

use super::fields::Habit;

/// A mapping with keys of its own, such as a step.
#[derive(Debug)]
pub struct Mapping {
    /// What the JSON Schema calls it: `retry`.
    pub name: &'static str,
    /// What messages call it: "a retry policy".
    pub what: &'static str,
    /// What it is for, in sentences.
    pub about: &'static str,
    /// Its keys, in the order in which they are listed.
    pub fields: &'static [Field],
    /// The keys of which exactly one is needed; none where there is no such choice.
    pub choice: &'static [&'static str],
    /// Pairs of keys that do not stand together.
    pub apart: &'static [[&'static str; 2]],
    /// How the word under one key decides what others take.
    pub cases: Option<Cases>,
    /// The keys of other programs, and what to write here instead.
    pub habits: &'static [Habit],
    /// A right piece of a file with it.
    pub example: &'static str,
}

/// A key of a mapping.
#[derive(Debug)]
pub struct Field {
    /// The key.
    pub name: &'static str,
    /// What stands behind it.
    pub shape: Shape,
    /// Whether it has to be there.
    pub presence: Presence,
    /// What it is for, in sentences.
    pub about: &'static str,
}

/// Whether a key has to be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// It has to.
    Required,
    /// It may be left out; its words say what that means.
    Optional,
    /// It may be left out, and means this then.
    Default(&'static str),
}

/// How the word under one key decides what others take: the type of a parameter, what its default is.
#[derive(Clone, Copy, Debug)]
pub struct Cases {
    /// The key with the word.
    pub by: &'static str,
    /// The words, each with the shapes that replace those of the table.
    pub cases: &'static [(&'static str, &'static [(&'static str, Shape)])],
}

/// What may stand in one place of a file.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// Anything: nobody has described it.
    Anything,
    /// Anything but an empty value.
    Something,
    /// Nothing: the key has no meaning here.
    Nothing,
    /// Text, however it is written: `007` is text too.
    Text,
    /// Text of at least one character.
    FilledText,
    /// The name of a job, a step or a parameter ([`is_name`](super::is_name)).
    Name,
    /// One of these words.
    Word(&'static [&'static str]),
    /// Text of a form that the expression tells (of ECMA 262), called so in the manual.
    Form(&'static str, &'static str),
    /// `true` or `false`.
    Boolean,
    /// A whole number from the first to the second.
    Integer(i64, i64),
    /// A whole number or an exact fraction.
    Decimal,
    /// A length of time.
    Duration,
    /// A count or a percentage.
    Tolerance,
    /// A percentage without a fraction.
    Percentage,
    /// An expression without `${{` and `}}`.
    Expression,
    /// This, or a text with expressions in `${{ }}` that becomes it.
    Setting(&'static Self),
    /// A list of at least so many.
    List(&'static Self, usize),
    /// A list of at least so many, or one item that stands for a list of one.
    ListOrOne(&'static Self, usize),
    /// A mapping with keys of the file's own.
    Map(Keys, &'static Self),
    /// A mapping with a key of a table among the file's own.
    MapWith(&'static Field, Keys, &'static Self),
    /// A mapping of a table.
    Mapping(&'static Mapping),
    /// A mapping with one key, which names an operation.
    OneKey(&'static Mapping),
    /// A mapping with one key, which names a kind of this sort; or `uses` and `with`, for what the program itself registered.
    Kind(Sort),
    /// Any of these.
    Either(&'static [Self]),
}

/// The keys of a mapping whose keys are the file's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keys {
    /// Any text.
    Any,
    /// Names ([`is_name`](super::is_name)).
    Names,
    /// Texts of the form that the expression tells, called so in the manual.
    Form(&'static str, &'static str),
}

/// What kinds are of: each sort has its place in a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sort {
    /// What stands below `tasklet`.
    Tasklet,
    /// What stands below `reader`.
    Reader,
    /// An item of `processor`.
    Processor,
    /// What stands below `writer`.
    Writer,
}

impl Sort {
    /// All sorts.
    pub const ALL: [Self; 4] = [Self::Tasklet, Self::Reader, Self::Processor, Self::Writer];

    /// The key whose mapping names a kind of this sort.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Tasklet => "tasklet",
            Self::Reader => "reader",
            Self::Processor => "processor",
            Self::Writer => "writer",
        }
    }
}

impl Mapping {
    /// A mapping that is called `name` in the schema and `what` in messages.
    #[must_use]
    pub const fn new(name: &'static str, what: &'static str, about: &'static str, fields: &'static [Field]) -> Self {
        Self { name, what, about, fields, choice: &[], apart: &[], cases: None, habits: &[], example: "" }
    }

    /// Of these keys exactly one is needed.
    #[must_use]
    pub const fn choice(self, choice: &'static [&'static str]) -> Self {
        Self { choice, ..self }
    }

    /// The two keys of each pair do not stand together.
    #[must_use]
    pub const fn apart(self, apart: &'static [[&'static str; 2]]) -> Self {
        Self { apart, ..self }
    }

    /// What some keys take depends on the word under another.
    #[must_use]
    pub const fn cases(self, cases: Cases) -> Self {
        Self { cases: Some(cases), ..self }
    }

    /// Keys that are not allowed but often meant.
    #[must_use]
    pub const fn habits(self, habits: &'static [Habit]) -> Self {
        Self { habits, ..self }
    }

    /// A right piece of a file with it.
    #[must_use]
    pub const fn example(self, example: &'static str) -> Self {
        Self { example, ..self }
    }

    /// The key of this name.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name == name)
    }
}

impl Field {
    /// A key that has to be there.
    #[must_use]
    pub const fn required(name: &'static str, shape: Shape, about: &'static str) -> Self {
        Self { name, shape, presence: Presence::Required, about }
    }

    /// A key that may be left out.
    #[must_use]
    pub const fn optional(name: &'static str, shape: Shape, about: &'static str) -> Self {
        Self { name, shape, presence: Presence::Optional, about }
    }

    /// A key that means `default` where it is left out.
    #[must_use]
    pub const fn or(name: &'static str, default: &'static str, shape: Shape, about: &'static str) -> Self {
        Self { name, shape, presence: Presence::Default(default), about }
    }
}
