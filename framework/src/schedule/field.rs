//! One field of a crontab(5) expression: a list of stars, numbers, ranges and steps.

use super::error::ScheduleError;
use crate::suggest::nearest;

/// What a field counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Second,
    Minute,
    Hour,
    Day,
    Month,
    Weekday,
}

/// The numbers that a field allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Set {
    unit: Unit,
    numbers: u64,
    /// Whether it was written with a star in front: `*`, `*/2`.
    pub(super) begins_with_star: bool,
}

/// A piece of an expression and where it begins.
#[derive(Clone, Copy)]
pub(super) struct Word<'a> {
    pub(super) text: &'a str,
    pub(super) at: usize,
}

/// From January on.
const MONTHS: [&str; 12] = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];

/// From Sunday on.
const WEEKDAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

impl Unit {
    /// The fields in their order, of which the first may be left out.
    pub(super) const ALL: [Self; 6] = [Self::Second, Self::Minute, Self::Hour, Self::Day, Self::Month, Self::Weekday];

    /// What one of its numbers is called.
    fn name(self) -> &'static str {
        match self {
            Self::Second => "second",
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day of the month",
            Self::Month => "month",
            Self::Weekday => "day of the week",
        }
    }

    /// The same with its article.
    fn a(self) -> String {
        let article = if self == Self::Hour { "an" } else { "a" };
        format!("{article} {}", self.name())
    }

    /// The least and the greatest number that may be written; Sunday is both 0 and 7.
    fn limits(self) -> (u32, u32) {
        match self {
            Self::Second | Self::Minute => (0, 59),
            Self::Hour => (0, 23),
            Self::Day => (1, 31),
            Self::Month => (1, 12),
            Self::Weekday => (0, 7),
        }
    }

    /// The greatest number that is counted.
    fn most(self) -> u32 {
        if self == Self::Weekday { 6 } else { self.limits().1 }
    }

    /// The names of its numbers, from the least on.
    fn names(self) -> &'static [&'static str] {
        match self {
            Self::Month => &MONTHS,
            Self::Weekday => &WEEKDAYS,
            Self::Second | Self::Minute | Self::Hour | Self::Day => &[],
        }
    }

    /// What a number is: "a minute is from 0 to 59".
    fn range(self) -> String {
        let (least, most) = self.limits();
        match self.names() {
            [first, .., last] => format!("{} is from {least} to {most}, or from {first} to {last}", self.a()),
            _ => format!("{} is from {least} to {most}", self.a()),
        }
    }
}

impl Set {
    /// Whether it allows every number that there is.
    pub(super) fn is_all(&self) -> bool {
        (self.unit.limits().0..=self.unit.most()).all(|number| self.allows(number))
    }

    /// The numbers as a list that says nothing else; days of the week by name, because not everybody counts from Sunday on.
    pub(super) fn listed(&self) -> String {
        if self.is_all() {
            return "*".to_owned();
        }
        let numbers = (self.unit.limits().0..=self.unit.most()).filter(|number| self.allows(*number));
        let weekday = |number: u32| WEEKDAYS.get(number as usize).map(ToString::to_string);
        let written = |number: u32| {
            let name = (self.unit == Unit::Weekday).then(|| weekday(number)).flatten();
            name.unwrap_or_else(|| number.to_string())
        };
        numbers.map(written).collect::<Vec<_>>().join(",")
    }

    fn allows(&self, number: u32) -> bool {
        self.numbers & (1 << number) != 0
    }
}

impl<'a> Word<'a> {
    /// The numbers that a field allows.
    ///
    /// # Errors
    /// What is wrong with the first item that is.
    pub(super) fn set(self, unit: Unit) -> Result<Set, ScheduleError> {
        let mut set = Set { unit, numbers: 0, begins_with_star: self.text.starts_with('*') };
        let mut at = self.at;
        for text in self.text.split(',') {
            if text.is_empty() {
                return Err(self.empty_item(unit));
            }
            let item = Word { text, at };
            for number in item.numbers(unit)? {
                set.numbers |= 1 << if unit == Unit::Weekday { number % 7 } else { number };
            }
            at += text.len() + 1;
        }
        Ok(set)
    }

    /// The numbers of one item of a list.
    fn numbers(self, unit: Unit) -> Result<Vec<u32>, ScheduleError> {
        let Some((base, step)) = self.text.split_once('/') else { return Ok(self.range(unit)?.0) };
        let step = Word { text: step, at: self.at + base.len() + 1 }.step(unit)?;
        let base = Word { text: base, at: self.at };
        match base.range(unit)? {
            (numbers, true) => Ok(numbers.into_iter().step_by(step).collect()),
            (_, false) => {
                let message = format!("a step stands behind `*` or a range, not behind the one {}", unit.name());
                let instead = format!("write `{}-{}/{step}`", base.text, unit.most());
                Err(self.wrong(message).help(instead))
            }
        }
    }

    /// The numbers of `*`, `3` or `1-5`, and whether they can have a step.
    fn range(self, unit: Unit) -> Result<(Vec<u32>, bool), ScheduleError> {
        if self.text == "*" {
            return Ok(((unit.limits().0..=unit.most()).collect(), true));
        }
        let Some((first, last)) = self.text.split_once('-') else { return Ok((vec![self.number(unit)?], false)) };
        let end = Word { text: last, at: self.at + first.len() + 1 };
        let (from, to) = (Word { text: first, at: self.at }.number(unit)?, end.number(unit)?);
        if from <= to {
            return Ok(((from..=to).collect(), true));
        }
        if unit == Unit::Weekday {
            // A week goes on behind Saturday; what is 7 there is not 0 once more.
            return Ok(((from..=7).chain(1..=to).collect(), true));
        }
        let (least, most) = unit.limits();
        let message = format!("the range `{}` runs backwards", self.text);
        Err(self.wrong(message).help(format!("write `{first}-{most},{least}-{last}`")))
    }

    fn number(self, unit: Unit) -> Result<u32, ScheduleError> {
        let name = unit.names().iter().position(|name| name.eq_ignore_ascii_case(self.text));
        if let Some(position) = name.and_then(|position| u32::try_from(position).ok()) {
            return Ok(unit.limits().0 + position);
        }
        if self.text.is_empty() || !self.text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(self.no_number(unit));
        }
        let (least, most) = unit.limits();
        let number = self.text.parse().ok().filter(|number| (least..=most).contains(number));
        number.ok_or_else(|| {
            let error = self.wrong(format!("`{}` is no {}: {}", self.text, unit.name(), unit.range()));
            if unit == Unit::Hour && self.text == "24" { error.help("midnight is hour 0") } else { error }
        })
    }

    fn step(self, unit: Unit) -> Result<usize, ScheduleError> {
        let count = unit.most() - unit.limits().0 + 1;
        let digits = self.text.bytes().all(|byte| byte.is_ascii_digit());
        let step = self.text.parse().ok().filter(|step| digits && (1..=count).contains(step));
        step.and_then(|step| usize::try_from(step).ok()).ok_or_else(|| {
            let message = format!("a step of the field {} is from 1 to {count}, found `{}`", unit.name(), self.text);
            let error = self.wrong(message);
            // Steps begin anew with each hour, day, week: none reaches further.
            if digits && self.text.len() > 1 { error.help("a step cannot reach beyond its field") } else { error }
        })
    }

    /// What is said about a text that is no number.
    fn no_number(self, unit: Unit) -> ScheduleError {
        let text = self.text;
        let expected = || format!("expected {}, found {}", unit.a(), shown(text));
        if text == "?" {
            return self.wrong("`?` is not part of crontab(5)").help("write `*`");
        }
        if text.contains('*') {
            return self.wrong(expected()).help("put a blank between two fields, and a comma between two items");
        }
        let is_day = matches!(unit, Unit::Day | Unit::Weekday);
        let upper = text.to_ascii_uppercase();
        let is_quartz = upper.contains('#')
            || upper == "L"
            || upper == "W"
            || upper.strip_suffix(['L', 'W']).is_some_and(|rest| {
                rest == "L" || rest.bytes().all(|byte| byte.is_ascii_digit()) || WEEKDAYS.contains(&rest)
            });
        if is_day && is_quartz {
            let message = format!("`{text}` is not part of crontab(5): it has no `L`, `W` and `#`");
            return self.wrong(message).help("list the days, such as `28-31`, and let the job look at its date");
        }
        let near = unit.names().iter().copied().find(|name| upper.starts_with(name));
        let near = near.or_else(|| nearest(text, unit.names().iter().copied()));
        match near {
            Some(near) => {
                let message = format!("`{text}` is no {}", unit.name());
                self.wrong(message).help(format!("did you mean `{near}`?"))
            }
            None => self.wrong(expected()).help(unit.range()),
        }
    }

    fn empty_item(self, unit: Unit) -> ScheduleError {
        let items = self.text.split(',').filter(|item| !item.is_empty()).collect::<Vec<_>>().join(",");
        let error = self.wrong(format!("the list of the field {} has an empty item", unit.name()));
        if items.is_empty() { error.help(unit.range()) } else { error.help(format!("write `{items}`")) }
    }

    pub(super) fn wrong(self, message: impl Into<String>) -> ScheduleError {
        ScheduleError::new(self.at..self.at + self.text.len(), message)
    }
}

fn shown(text: &str) -> String {
    if text.is_empty() { "nothing".to_owned() } else { format!("`{text}`") }
}
