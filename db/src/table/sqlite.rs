//! SQLite: how its columns take values, and how rows get there.

mod bind;
mod cells;
mod decode;
mod pages;
mod statement;
mod writer;

use overnight_framework::row::Type;

pub(super) use self::cells::Cells;
pub(super) use self::pages::SqliteSource;
pub(super) use self::statement::{execute, first_row};
pub(super) use self::writer::SqliteSink;

/// What SQLite does to the values of a column, by the words of its declared type: see `datatype3.html`, 3.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SqliteType {
    /// Whole numbers; texts that look like one become one.
    Integer,
    /// Texts; numbers become texts.
    Text,
    /// Nothing is changed: a column without a type, or `BLOB`, or `ANY` of a strict table.
    Blob,
    /// Floats; whole numbers become floats.
    Real,
    /// Whole numbers or floats; texts that look like a number become one. Every type of another name is that.
    Numeric,
}

impl SqliteType {
    /// What the words of a declared type mean.
    pub(super) fn new(declared: &str, strict: bool) -> Self {
        let declared = declared.to_ascii_uppercase();
        let has = |words: &[&str]| words.iter().any(|word| declared.contains(word));
        if strict && declared == "ANY" {
            Self::Blob
        } else if has(&["INT"]) {
            Self::Integer
        } else if has(&["CHAR", "CLOB", "TEXT"]) {
            Self::Text
        } else if declared.is_empty() || has(&["BLOB"]) {
            Self::Blob
        } else if has(&["REAL", "FLOA", "DOUB"]) {
            Self::Real
        } else {
            Self::Numeric
        }
    }

    pub(super) fn takes(self) -> &'static [Type] {
        match self {
            Self::Integer => &[Type::Bool, Type::Int],
            Self::Text => &[Type::Str, Type::Decimal, Type::Date, Type::DateTime, Type::Json],
            Self::Real => &[Type::Float],
            // Dates do not look like numbers, and bytes are never changed.
            Self::Numeric => &[Type::Bool, Type::Int, Type::Date, Type::DateTime, Type::Bytes],
            Self::Blob => &Type::COLUMN,
        }
    }

    /// The type of column to wish for cells of the type `rows`.
    pub(super) fn wanted(rows: Type) -> &'static str {
        match rows {
            Type::Bool | Type::Int => "INTEGER",
            Type::Float => "REAL",
            Type::Decimal | Type::Date | Type::DateTime | Type::Str | Type::Json => "TEXT",
            Type::Bytes => "BLOB",
            Type::Duration => "no column: take its days or seconds as an integer",
        }
    }

    /// What SQLite would do to cells of the type `rows`, where it would do it without an error.
    pub(super) fn reason(self, rows: Type) -> Option<&'static str> {
        match (self, rows) {
            (Self::Integer | Self::Real | Self::Numeric, Type::Decimal) => {
                Some("SQLite keeps numbers there as binary floats, 90071992547409.93 as 90071992547409.94")
            }
            (Self::Integer | Self::Real | Self::Numeric, Type::Str) => {
                Some("SQLite turns texts that look like numbers into numbers there, '007' into 7")
            }
            (Self::Numeric | Self::Integer | Self::Real, Type::Json) => {
                Some("SQLite turns documents that are numbers into floats there")
            }
            (Self::Real, Type::Int) => Some("SQLite turns integers into binary floats there"),
            (Self::Text, Type::Bool | Type::Int | Type::Float) => Some("SQLite turns numbers into texts there"),
            (Self::Numeric | Self::Integer, Type::Float) => Some("SQLite turns whole floats into integers there"),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_a_type_decide_in_the_order_of_the_manual() {
        for (declared, kind) in [
            ("INTEGER", SqliteType::Integer),
            ("bigint", SqliteType::Integer),
            ("FLOATING POINT", SqliteType::Integer),
            ("CHARINT", SqliteType::Integer),
            ("varchar(10)", SqliteType::Text),
            ("", SqliteType::Blob),
            ("BLOB", SqliteType::Blob),
            ("double precision", SqliteType::Real),
            ("DECIMAL(12,2)", SqliteType::Numeric),
            ("NUMERIC", SqliteType::Numeric),
            ("DATE", SqliteType::Numeric),
            ("STRING", SqliteType::Numeric),
            ("ANY", SqliteType::Numeric),
        ] {
            assert_eq!(SqliteType::new(declared, false), kind, "{declared}");
        }
        assert_eq!(SqliteType::new("ANY", true), SqliteType::Blob);
    }

    #[test]
    fn a_decimal_goes_nowhere_where_it_would_become_a_float() {
        for kind in [SqliteType::Integer, SqliteType::Real, SqliteType::Numeric] {
            assert!(!kind.takes().contains(&Type::Decimal));
            assert!(kind.reason(Type::Decimal).is_some());
        }
    }
}
