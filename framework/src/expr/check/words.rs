//! How types are named in messages, and how one becomes another.

use crate::row::Type;

/// The type with its article.
pub(super) fn a(kind: Type) -> String {
    match kind {
        Type::Int => "an integer".to_owned(),
        Type::Bytes => "bytes".to_owned(),
        Type::Json => "a JSON value".to_owned(),
        _ => format!("a {kind}"),
    }
}

/// The type of a node with its article.
pub(super) fn describe(kind: Option<Type>) -> String {
    kind.map_or_else(|| "null".to_owned(), a)
}

/// How to make a value of one type a value of another.
pub(super) fn conversion(from: Type, to: Type) -> Option<String> {
    let function = match to {
        Type::Int => "int(x)",
        Type::Decimal => "decimal(x)",
        Type::Str => "string(x)",
        Type::Date => "date(x)",
        Type::DateTime => "datetime(x)",
        Type::Duration => "duration(x)",
        _ => return None,
    };
    let possible = match to {
        Type::Str => true,
        Type::Int => matches!(from, Type::Str | Type::Decimal | Type::Float | Type::Json),
        Type::Decimal => matches!(from, Type::Str | Type::Float | Type::Json),
        Type::Date => matches!(from, Type::Str | Type::DateTime | Type::Json),
        Type::DateTime => matches!(from, Type::Str | Type::Date | Type::Json),
        _ => matches!(from, Type::Str | Type::Json),
    };
    possible.then(|| format!("convert it: {function}"))
}
