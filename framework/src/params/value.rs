//! The Rust types that a parameter can have.

use std::path::PathBuf;
use std::time::Duration;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use rust_decimal::Decimal;

use super::{ParamDeclaration, ParamType};
use crate::row::Value;

/// A Rust type that a parameter can have.
///
/// Text, integers, [`Decimal`], `bool`, days, instants, lengths of time, paths and JSON have it;
/// [`#[derive(ParamValue)]`](macro@crate::ParamValue) gives it to an enum whose variants are the choices. A field that may be
/// without a value is an [`Option`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the type of a job's parameter",
    label = "no type of a parameter",
    note = "the types are String, bool, i8 to i64, u8 to u64, rust_decimal::Decimal, chrono::NaiveDate, \
            chrono::DateTime<Utc>, std::time::Duration, PathBuf, serde_json::Value, and Option of each",
    note = "an enum gets `#[derive(ParamValue)]`; what serde can read gets `#[param(json)]` on its field"
)]
pub trait ParamValue: Sized + 'static {
    /// The type in the words of job files.
    const TYPE: ParamType;

    /// Adds what the type itself says of its values: limits, or the only ones there are.
    fn declare(declaration: ParamDeclaration) -> ParamDeclaration {
        declaration
    }

    /// The value out of a bound parameter; `None` when it is none of this type.
    fn from_value(value: &Value) -> Option<Self>;

    /// The value as parameters are bound and stored.
    fn to_value(&self) -> Value;
}

impl ParamValue for String {
    const TYPE: ParamType = ParamType::String;

    fn from_value(value: &Value) -> Option<Self> {
        if let Value::Str(text) = value { Some(text.to_string()) } else { None }
    }

    fn to_value(&self) -> Value {
        Value::from(self.as_str())
    }
}

impl ParamValue for PathBuf {
    const TYPE: ParamType = ParamType::Path;

    fn from_value(value: &Value) -> Option<Self> {
        if let Value::Str(path) = value { Some(Self::from(&**path)) } else { None }
    }

    fn to_value(&self) -> Value {
        Value::from(&*self.to_string_lossy())
    }
}

impl ParamValue for serde_json::Value {
    const TYPE: ParamType = ParamType::Json;

    fn from_value(value: &Value) -> Option<Self> {
        Some(value.to_json())
    }

    fn to_value(&self) -> Value {
        Value::Json(Box::new(self.clone()))
    }
}

impl ParamValue for Duration {
    const TYPE: ParamType = ParamType::Duration;

    fn declare(declaration: ParamDeclaration) -> ParamDeclaration {
        ParamDeclaration { minimum: Some(Value::Duration(TimeDelta::zero())), ..declaration }
    }

    fn from_value(value: &Value) -> Option<Self> {
        if let Value::Duration(length) = value { length.to_std().ok() } else { None }
    }

    fn to_value(&self) -> Value {
        Value::Duration(TimeDelta::from_std(*self).unwrap_or(TimeDelta::MAX))
    }
}

/// Types that a value holds as they are.
macro_rules! held {
    ($($held:ty: $word:ident as $variant:ident),* $(,)?) => {$(
        impl ParamValue for $held {
            const TYPE: ParamType = ParamType::$word;

            fn from_value(value: &Value) -> Option<Self> {
                if let Value::$variant(held) = value { Some(*held) } else { None }
            }

            fn to_value(&self) -> Value {
                Value::$variant(*self)
            }
        }
    )*};
}

held! {
    bool: Boolean as Bool,
    i64: Integer as Int,
    Decimal: Decimal as Decimal,
    NaiveDate: Date as Date,
    DateTime<Utc>: DateTime as DateTime,
    TimeDelta: Duration as Duration,
}

/// Integers of other sizes: their limits are those of the parameter, as far as those of 64 bits reach.
macro_rules! integers {
    ($($integer:ty),*) => {$(
        impl ParamValue for $integer {
            const TYPE: ParamType = ParamType::Integer;

            fn declare(declaration: ParamDeclaration) -> ParamDeclaration {
                let limit = |limit: Self| i64::try_from(limit).ok().map(Value::Int);
                ParamDeclaration { minimum: limit(Self::MIN), maximum: limit(Self::MAX), ..declaration }
            }

            fn from_value(value: &Value) -> Option<Self> {
                if let Value::Int(number) = value { Self::try_from(*number).ok() } else { None }
            }

            fn to_value(&self) -> Value {
                Value::Int(i64::try_from(*self).unwrap_or(i64::MAX))
            }
        }
    )*};
}

integers!(i8, i16, i32, u8, u16, u32, u64, usize);
