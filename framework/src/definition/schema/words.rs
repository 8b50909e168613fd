//! What a shape is, in words for people.

use crate::yaml::{Keys, Shape, Sort};

impl Shape {
    /// What may stand there: "a duration such as 90s, 1h30m or PT1H30M".
    #[must_use]
    pub fn words(self) -> String {
        match self {
            Self::Anything | Self::Something => "any value".to_owned(),
            Self::Nothing => "nothing".to_owned(),
            Self::Text | Self::FilledText => "a text".to_owned(),
            Self::Name => "a name of a to z, 0 to 9, _ and -".to_owned(),
            Self::Word(words) => listed(words),
            Self::Form(words, _) => words.to_owned(),
            Self::Boolean => "`true` or `false`".to_owned(),
            Self::Integer(i64::MIN, i64::MAX) => "an integer".to_owned(),
            Self::Integer(least, i64::MAX) => format!("an integer of at least {least}"),
            Self::Integer(least, most) => format!("an integer from {least} to {most}"),
            Self::Decimal => "a decimal such as 0.0375".to_owned(),
            Self::Duration => "a duration such as 90s, 1h30m or PT1H30M".to_owned(),
            Self::Tolerance => "a count such as 5 or a percentage such as 0.1%".to_owned(),
            Self::Percentage => "a percentage such as 20%".to_owned(),
            Self::Expression => "an expression".to_owned(),
            Self::Setting(Self::Text) => "a text with `${{ }}`".to_owned(),
            Self::Setting(inner) => format!("{}, or a text with `${{{{ }}}}`", inner.words()),
            Self::List(item, _) => format!("a list; each item is {}", item.words()),
            Self::ListOrOne(item, _) => format!("{}, or a list of such", item.words()),
            Self::Map(keys, value) => format!("a mapping from {} to {}", keys.words(), value.words()),
            Self::MapWith(field, keys, value) => {
                format!(
                    "a mapping from {} to {}, and from `{}` to {}",
                    keys.words(),
                    value.words(),
                    field.name,
                    field.shape.words()
                )
            }
            Self::Mapping(mapping) => mapping.what.to_owned(),
            Self::OneKey(mapping) => format!("{} (one key)", mapping.what),
            Self::Kind(Sort::Processor) => "an operation (one key); or `uses` and `with`".to_owned(),
            Self::Kind(sort) => format!("a mapping with one key, the kind of {}; or `uses` and `with`", sort.key()),
            Self::Either(shapes) => shapes.iter().map(|shape| shape.words()).collect::<Vec<_>>().join(", or "),
        }
    }
}

impl Keys {
    fn words(self) -> String {
        match self {
            Self::Any => "any text".to_owned(),
            Self::Names => "names".to_owned(),
            Self::Form(words, _) => words.to_owned(),
        }
    }
}

fn listed(words: &[&str]) -> String {
    let quoted: Vec<_> = words.iter().map(|word| format!("`{word}`")).collect();
    match quoted.as_slice() {
        [first @ .., last] if !first.is_empty() => format!("{} or {last}", first.join(", ")),
        _ => quoted.join(""),
    }
}
