//! Values bound to a statement whose types are known only at run time.
//!
//! diesel wants the type of a bind as a type. Here it is a value, and one table turns the one into the other; the bytes
//! are in the server's form already.

use std::borrow::Cow;
use std::fmt;
use std::io::Write;

use diesel::pg::Pg;
use diesel::pg::sql_types::{Timestamptz, Uuid};
use diesel::query_builder::AstPass;
use diesel::result::QueryResult;
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::{
    Array, BigInt, Binary, Bool, Date, Double, Float, Integer, Json, Jsonb, Numeric, SmallInt, SqlType, Text, Timestamp,
};
use overnight_framework::row::Value;

use super::Limit;
use super::encode::Slot;
use super::wire::Wire;
use crate::table::bound::BoundValue;
use crate::table::problem::CellProblem;

/// The type of a bind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    One(Wire),
    Array(Wire),
    /// A null, of the type that the statement wants there.
    Any,
}

/// A value in the server's form.
#[derive(Clone)]
pub(super) struct Bind<'v> {
    shape: Shape,
    bytes: Option<Cow<'v, [u8]>>,
}

/// The server infers the type of a parameter of the number 0.
#[derive(SqlType)]
#[diesel(postgres_type(oid = 0, array_oid = 0))]
struct Inferred;

impl<'v> Bind<'v> {
    /// An array that [`Elements`] has filled.
    pub(super) fn array(of: Wire, bytes: &'v [u8]) -> Self {
        Self { shape: Shape::Array(of), bytes: Some(Cow::Borrowed(bytes)) }
    }

    /// The value of a parameter, in the type that its kind has by itself.
    pub(super) fn value(value: &Value) -> Result<Self, CellProblem> {
        match wire_of(value) {
            Some(wire) => Self::of(wire, value),
            None => Ok(Self { shape: Shape::Any, bytes: None }),
        }
    }

    /// The value in the form of `wire`.
    pub(super) fn of(wire: Wire, value: &Value) -> Result<Self, CellProblem> {
        let slot = Slot { wire, limit: Limit::None, declared: wire.name().into() };
        let mut bytes = Vec::new();
        slot.put(value, &mut bytes)?;
        // A bind knows its length.
        bytes.drain(..4);
        Ok(Self { shape: Shape::One(wire), bytes: (!value.is_null()).then_some(Cow::Owned(bytes)) })
    }
}

/// The type that the server takes a value for. A duration has none.
fn wire_of(value: &Value) -> Option<Wire> {
    Some(match value {
        Value::Null => return None,
        Value::Bool(_) => Wire::Bool,
        Value::Int(_) => Wire::Int8,
        Value::Float(_) => Wire::Float8,
        Value::Decimal(_) => Wire::Numeric,
        Value::Date(_) => Wire::Date,
        Value::DateTime(_) => Wire::Timestamptz,
        Value::Str(_) | Value::Duration(_) => Wire::Text,
        Value::Bytes(_) => Wire::Bytea,
        Value::Json(_) => Wire::Jsonb,
    })
}

/// Only the length: a bind may be a secret, and diesel prints binds in its traces.
impl fmt::Debug for Bind<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.bytes {
            Some(bytes) => write!(f, "{:?} of {} bytes", self.shape, bytes.len()),
            None => f.write_str("null"),
        }
    }
}

impl<ST> ToSql<ST, Pg> for Bind<'_> {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        let Some(bytes) = &self.bytes else {
            return Ok(IsNull::Yes);
        };
        out.write_all(bytes)?;
        Ok(IsNull::No)
    }
}

/// The table from types as values to types as types.
macro_rules! push_bind {
    ($out:expr, $bind:expr, $($wire:ident => $sql:ty),+ $(,)?) => {
        match $bind.shape {
            $(
                Shape::One(Wire::$wire) => $out.push_bind_param::<$sql, _>($bind),
                Shape::Array(Wire::$wire) => $out.push_bind_param::<Array<$sql>, _>($bind),
            )+
            Shape::Any => $out.push_bind_param::<Inferred, _>($bind),
        }
    };
}

impl BoundValue<Pg> for Bind<'_> {
    const MARK: char = '$';

    fn push<'b>(&'b self, out: &mut AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        push_bind!(
            out, self,
            Bool => Bool,
            Int2 => SmallInt,
            Int4 => Integer,
            Int8 => BigInt,
            Float4 => Float,
            Float8 => Double,
            Numeric => Numeric,
            Text => Text,
            Bytea => Binary,
            Date => Date,
            Timestamp => Timestamp,
            Timestamptz => Timestamptz,
            Uuid => Uuid,
            Json => Json,
            Jsonb => Jsonb,
        )
    }
}

/// An array while its elements come in.
#[derive(Debug)]
pub(super) struct Elements {
    bytes: Vec<u8>,
    count: u32,
}

impl Elements {
    /// Where the number of elements stands.
    const COUNT: std::ops::Range<usize> = 12..16;

    /// Starts an array of `wire` in `bytes`, of which only the memory is used.
    pub(super) fn new(wire: Wire, mut bytes: Vec<u8>) -> Self {
        bytes.clear();
        // One dimension, no word about nulls (the server counts them itself), the type, the number, the first index.
        for word in [1, 0, wire.oid(), 0, 1] {
            bytes.extend_from_slice(&word.to_be_bytes());
        }
        Self { bytes, count: 0 }
    }

    /// Where to write the next element, with its length before it.
    pub(super) fn next(&mut self) -> &mut Vec<u8> {
        self.count += 1;
        &mut self.bytes
    }

    pub(super) fn finish(mut self) -> Vec<u8> {
        if let Some(place) = self.bytes.get_mut(Self::COUNT) {
            place.copy_from_slice(&self.count.to_be_bytes());
        }
        self.bytes
    }
}
