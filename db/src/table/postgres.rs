//! Postgres: how its columns take values, and how rows get there.

mod bind;
mod copy;
mod decode;
mod encode;
mod numeric;
mod pages;
mod statement;
mod unnest;
mod wire;
mod writer;

use overnight_framework::row::Type;

pub(super) use self::pages::PgSource;
pub(super) use self::statement::{execute, first_row};
use self::wire::Wire;
pub(super) use self::writer::PgSink;

/// How a column is stored: the form its cells have on the wire, and what its type allows.
#[derive(Clone, Debug)]
pub(super) struct PgType {
    wire: Wire,
    limit: Limit,
    /// The type to cast a text to, for types that have no form of their own here.
    cast: Option<Cast>,
}

/// A type that is written as text.
#[derive(Clone, Debug)]
struct Cast {
    to: Box<str>,
    /// Whether its binary form is its text, so that COPY can take it: that is so for enums.
    copies: bool,
}

/// What the modifier of a type allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Limit {
    None,
    /// At most so many characters.
    Length(usize),
    /// At most `precision` digits, `scale` of them after the point; a negative scale rounds before the point.
    Digits {
        precision: u32,
        scale: i32,
    },
    /// At most so many digits of a second.
    Fraction(u32),
}

impl PgType {
    /// The type `oid` with the modifier of the column; `cast_to` is its name without one.
    pub(super) fn new(oid: u32, modifier: i32, is_enum: bool, cast_to: &str) -> Self {
        let limit = Limit::of(oid, modifier);
        match Wire::from_oid(oid) {
            Some(wire) => Self { wire, limit, cast: None },
            None => {
                let cast = Cast { to: cast_to.into(), copies: is_enum };
                Self { wire: Wire::Text, limit: Limit::None, cast: Some(cast) }
            }
        }
    }

    /// Whether binary COPY takes it.
    fn copies(&self) -> bool {
        self.cast.as_ref().is_none_or(|cast| cast.copies)
    }

    pub(super) fn takes(&self) -> &'static [Type] {
        match self.wire {
            Wire::Bool => &[Type::Bool],
            Wire::Int2 | Wire::Int4 | Wire::Int8 => &[Type::Int],
            Wire::Float4 | Wire::Float8 => &[Type::Float],
            Wire::Numeric => &[Type::Decimal, Type::Int],
            Wire::Text | Wire::Uuid => &[Type::Str],
            Wire::Bytea => &[Type::Bytes],
            Wire::Date => &[Type::Date],
            Wire::Timestamp | Wire::Timestamptz => &[Type::DateTime],
            Wire::Json | Wire::Jsonb => &[Type::Json],
        }
    }

    /// The type of column to wish for cells of the type `rows`.
    pub(super) fn wanted(rows: Type) -> &'static str {
        match rows {
            Type::Bool => "boolean",
            Type::Int => "bigint or numeric",
            Type::Float => "double precision",
            Type::Decimal => "numeric",
            Type::Date => "date",
            Type::DateTime => "timestamptz",
            Type::Duration => "no column: take its days or seconds as an integer",
            Type::Str => "text",
            Type::Bytes => "bytea",
            Type::Json => "jsonb",
        }
    }

    pub(super) fn digits(&self) -> Option<(u32, i32)> {
        match self.limit {
            Limit::Digits { precision, scale } => Some((precision, scale)),
            Limit::None | Limit::Length(_) | Limit::Fraction(_) => None,
        }
    }

    pub(super) fn length(&self) -> Option<usize> {
        match self.limit {
            Limit::Length(length) => Some(length),
            Limit::None | Limit::Digits { .. } | Limit::Fraction(_) => None,
        }
    }
}

impl Limit {
    const NUMERIC: u32 = 1700;
    const BPCHAR: u32 = 1042;
    const VARCHAR: u32 = 1043;
    const TIMESTAMP: u32 = 1114;
    const TIMESTAMPTZ: u32 = 1184;

    /// What `modifier`, the catalogue's `atttypmod`, means for the type `oid`. -1 is no limit; the lengths count four
    /// bytes of header.
    fn of(oid: u32, modifier: i32) -> Self {
        if modifier < 0 {
            return Self::None;
        }
        match oid {
            Self::BPCHAR | Self::VARCHAR => Self::Length(usize::try_from(modifier - 4).unwrap_or_default()),
            Self::NUMERIC => {
                let packed = modifier - 4;
                let precision = u32::try_from((packed >> 16) & 0xffff).unwrap_or_default();
                // Eleven bits with a sign, since Postgres 15; the scales before it are small enough to read alike.
                let scale = ((packed & 0x7ff) ^ 1024) - 1024;
                Self::Digits { precision, scale }
            }
            Self::TIMESTAMP | Self::TIMESTAMPTZ => Self::Fraction(modifier.unsigned_abs()),
            _ => Self::None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modifiers_are_read_as_the_server_writes_them() {
        let digits = |precision, scale| Limit::Digits { precision, scale };
        assert_eq!(Limit::of(1700, -1), Limit::None);
        assert_eq!(Limit::of(1700, (12 << 16) + 2 + 4), digits(12, 2));
        assert_eq!(Limit::of(1700, (1000 << 16) + 1000 + 4), digits(1000, 1000));
        assert_eq!(Limit::of(1700, (3 << 16) + (-2 & 0x7ff) + 4), digits(3, -2));
        assert_eq!(Limit::of(1043, 14), Limit::Length(10));
        assert_eq!(Limit::of(1184, 0), Limit::Fraction(0));
        assert_eq!(Limit::of(25, -1), Limit::None);
    }
}
