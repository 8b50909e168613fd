//! The stable codes of problems: a message may be worded better one day, its code stays.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

macro_rules! codes {
    ($($(#[doc = $title:literal])+ $name:ident = $code:literal,)+) => {
        /// What kind of mistake a [`Problem`](super::Problem) is. The hundreds say where to look: 1 the text of the file,
        /// 2 its structure, 3 the names in it, 4 its expressions, 5 the settings of a step.
        ///
        /// A code is never given to another kind of mistake; one that is no longer used is not given again. Programs
        /// that read problems go by the code, people look it up with `jobctl explain`.
        ///
        /// ```
        /// use overnight_framework::yaml::Code;
        ///
        /// assert_eq!(Code::UnknownKey.to_string(), "E201");
        /// assert_eq!("e201".parse(), Ok(Code::UnknownKey));
        /// assert_eq!(Code::UnknownKey.title(), "a key that means nothing here");
        /// ```
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Code {
            $($(#[doc = $title])+ $name,)+
        }

        impl Code {
            /// All codes, by their numbers.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// The code as it is printed: `E201`.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code,)+ }
            }

            /// The kind of mistake in a few words.
            #[must_use]
            pub fn title(self) -> &'static str {
                let title = match self { $(Self::$name => concat!($($title,)+),)+ };
                title.trim()
            }
        }
    };
}

codes! {
    /// a character that no text file holds
    Character = "E101",
    /// text that is not YAML
    Syntax = "E102",
    /// a bracket or a quote that does not close
    Unclosed = "E103",
    /// a tab in the indentation
    Tab = "E104",
    /// a value that needs quotes
    NeedsQuotes = "E105",
    /// a part of YAML that files here do without
    UnusedYaml = "E106",
    /// a key that is given twice
    DuplicateKey = "E107",
    /// an alias or a merge key that does not fit
    Alias = "E108",
    /// a key that is no text
    KeyNotText = "E109",
    /// a file beyond a limit
    TooLarge = "E110",
    /// a key that means nothing here
    UnknownKey = "E201",
    /// a key that is missing
    MissingKey = "E202",
    /// keys of which exactly one is needed
    ExclusiveKeys = "E203",
    /// a value of the wrong kind, or out of its range
    WrongValue = "E204",
    /// a key without a value
    NoValue = "E205",
    /// a text that is no name
    NotAName = "E206",
    /// a word that cannot be a name
    ReservedWord = "E207",
    /// a name or value that is there twice
    Twice = "E208",
    /// a list or a value that does nothing
    Empty = "E209",
    /// settings that contradict each other
    Contradiction = "E210",
    /// an expression in the wrong place, or in the wrong form
    ExpressionPlace = "E211",
    /// a schedule that cannot be read
    Schedule = "E212",
    /// a trigger that starts the same run over and over
    SameRun = "E213",
    /// a kind of step, reader, writer or operation that is not known
    UnknownKind = "E301",
    /// a component that this program does not contain
    NotRegistered = "E302",
    /// an error name that nothing gives
    UnknownError = "E303",
    /// a connection that is not configured
    UnknownConnection = "E304",
    /// a name that is declared nowhere
    UnknownName = "E305",
    /// a value that is not known at this place
    NotKnownHere = "E306",
    /// a secret where it would be seen
    SecretInSight = "E307",
    /// a column that the rows do not have
    UnknownColumn = "E308",
    /// a time zone that does not exist
    UnknownZone = "E309",
    /// an expression that cannot be read
    ExpressionSyntax = "E401",
    /// types that do not fit
    Types = "E402",
    /// a function that does not exist
    UnknownFunction = "E403",
    /// arguments that a function does not take
    Arguments = "E404",
    /// an expression beyond a limit
    ExpressionTooLarge = "E405",
    /// an expression that never has a value
    NeverAValue = "E406",
    /// a setting that a step does not take
    Setting = "E501",
    /// a statement of SQL that cannot be used
    Statement = "E502",
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// A text that is the code of nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is not the code of a problem")]
pub struct NotACode;

impl FromStr for Code {
    type Err = NotACode;

    fn from_str(text: &str) -> Result<Self, NotACode> {
        Self::ALL.iter().copied().find(|code| code.as_str().eq_ignore_ascii_case(text)).ok_or(NotACode)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_code_is_given_to_two_kinds_of_mistakes() {
        assert!(Code::ALL.is_sorted_by(|one, next| one.as_str() < next.as_str()));
        for code in Code::ALL {
            assert_eq!(code.as_str().parse(), Ok(*code));
        }
        assert_eq!("E999".parse::<Code>(), Err(NotACode));
    }
}
