//! The types that have a binary form here, and their numbers in the server's catalogue.

/// The binary form of a value. `varchar` and `char(n)` share the form of `text`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wire {
    Bool,
    Int2,
    Int4,
    Int8,
    Float4,
    Float8,
    Numeric,
    Text,
    Bytea,
    Date,
    Timestamp,
    Timestamptz,
    Uuid,
    Json,
    Jsonb,
}

impl Wire {
    /// The form of the type `oid`, if it has one here.
    pub(super) fn from_oid(oid: u32) -> Option<Self> {
        Some(match oid {
            16 => Self::Bool,
            17 => Self::Bytea,
            20 => Self::Int8,
            21 => Self::Int2,
            23 => Self::Int4,
            25 | 1042 | 1043 => Self::Text,
            114 => Self::Json,
            700 => Self::Float4,
            701 => Self::Float8,
            1082 => Self::Date,
            1114 => Self::Timestamp,
            1184 => Self::Timestamptz,
            1700 => Self::Numeric,
            2950 => Self::Uuid,
            3802 => Self::Jsonb,
            _ => return None,
        })
    }

    /// The number of the type in the catalogue.
    pub(super) fn oid(self) -> u32 {
        match self {
            Self::Bool => 16,
            Self::Bytea => 17,
            Self::Int8 => 20,
            Self::Int2 => 21,
            Self::Int4 => 23,
            Self::Text => 25,
            Self::Json => 114,
            Self::Float4 => 700,
            Self::Float8 => 701,
            Self::Date => 1082,
            Self::Timestamp => 1114,
            Self::Timestamptz => 1184,
            Self::Numeric => 1700,
            Self::Uuid => 2950,
            Self::Jsonb => 3802,
        }
    }

    /// How the server spells the type.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Bool => "boolean",
            Self::Bytea => "bytea",
            Self::Int8 => "bigint",
            Self::Int2 => "smallint",
            Self::Int4 => "integer",
            Self::Text => "text",
            Self::Json => "json",
            Self::Float4 => "real",
            Self::Float8 => "double precision",
            Self::Date => "date",
            Self::Timestamp => "timestamp without time zone",
            Self::Timestamptz => "timestamp with time zone",
            Self::Numeric => "numeric",
            Self::Uuid => "uuid",
            Self::Jsonb => "jsonb",
        }
    }
}

/// Microseconds from 1970, where chrono starts, to 2000, where the server does.
pub(super) const EPOCH_MICROS: i64 = 946_684_800_000_000;

/// The day 2000-01-01, counted from the first day of the year 1.
pub(super) const EPOCH_DAY: i32 = 730_120;

/// The first day that the server knows, 4713-11-24 before our era, counted from its own epoch.
pub(super) const FIRST_DAY: i32 = -2_451_545;

/// The first instant that the server knows, counted from its own epoch.
pub(super) const FIRST_MICROS: i64 = -211_813_488_000_000_000;
