//! The text of a crontab(5) expression: nicknames, and five or six fields.

use super::error::ScheduleError;
use super::field::{Set, Unit, Word};
use crate::suggest::nearest;

/// What an expression allows, from the seconds to the days of the week.
pub(super) struct Fields {
    pub(super) sets: [Set; 6],
}

const NICKNAMES: [(&str, &str); 7] = [
    ("@hourly", "0 * * * *"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@weekly", "0 0 * * 0"),
    ("@monthly", "0 0 1 * *"),
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
];

const EXPECTED: &str =
    "expected 5 fields (minute, hour, day of the month, month, day of the week), or 6 with seconds first";

/// Reads an expression.
///
/// # Errors
/// The first mistake.
pub(super) fn read(text: &str) -> Result<Fields, ScheduleError> {
    let words = words(text);
    let words = match words.as_slice() {
        [word] if word.text.starts_with('@') => self::words(nickname(*word)?),
        [first, ..] if first.text.starts_with('@') => return Err(every(text, *first)),
        _ => words,
    };
    let on_the_minute = Word { text: "0", at: 0 };
    let words: [Word<'_>; 6] = match *words.as_slice() {
        [a, b, c, d, e] => [on_the_minute, a, b, c, d, e],
        // The years of people who come from Quartz.
        [.., year] if words.len() == 7 || (words.len() == 6 && is_year(year)) => return Err(no_year(year)),
        [a, b, c, d, e, f] => [a, b, c, d, e, f],
        _ => return Err(miscounted(text, &words)),
    };
    let [second, minute, hour, day, month, weekday] = words;
    let [of_second, of_minute, of_hour, of_day, of_month, of_weekday] = Unit::ALL;
    let sets = [
        second.set(of_second)?,
        minute.set(of_minute)?,
        hour.set(of_hour)?,
        day.set(of_day)?,
        month.set(of_month)?,
        weekday.set(of_weekday)?,
    ];
    Ok(Fields { sets })
}

/// What is said about an expression that happens every second, where nobody allowed that.
pub(super) fn every_second(text: &str) -> Option<ScheduleError> {
    let words = words(text);
    let first = words.first().filter(|_| words.len() == 6)?;
    first.set(Unit::Second).ok().filter(Set::is_all)?;
    let error = first.wrong("this would happen every second");
    Some(error.help("write `0` for once a minute; a trigger that means it says `allow_every_second: true`"))
}

/// The words with their places.
fn words(text: &str) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let mut at = 0;
    for word in text.split(|letter: char| letter.is_ascii_whitespace()) {
        if !word.is_empty() {
            words.push(Word { text: word, at });
        }
        at += word.len() + 1;
    }
    words
}

fn nickname(word: Word<'_>) -> Result<&'static str, ScheduleError> {
    if let Some((_, fields)) = NICKNAMES.iter().find(|(name, _)| *name == word.text) {
        return Ok(fields);
    }
    if word.text == "@reboot" {
        let error = word.wrong("`@reboot` is no time, and nothing here is started by the machine");
        return Err(error.help("start the job with `jobctl start` from what starts the machine's services"));
    }
    let error = word.wrong(format!("`{}` is no nickname of a schedule", word.text));
    let names = NICKNAMES.iter().map(|(name, _)| *name);
    Err(match nearest(word.text, names.clone()) {
        Some(near) => error.help(format!("did you mean `{near}`?")),
        None => error.help(format!("the nicknames are {}", names.collect::<Vec<_>>().join(", "))),
    })
}

/// A nickname with something behind it: `@every 5m` of Go.
fn every(text: &str, first: Word<'_>) -> ScheduleError {
    let message = format!("`{}` has nothing behind it in crontab(5)", first.text);
    let error = ScheduleError::new(first.at..text.trim_end().len(), message);
    if first.text == "@every" { error.help("write a step, such as `*/5 * * * *` for every 5 minutes") } else { error }
}

fn is_year(word: Word<'_>) -> bool {
    word.text.len() == 4 && word.text.bytes().all(|byte| byte.is_ascii_digit())
}

fn no_year(year: Word<'_>) -> ScheduleError {
    year.wrong("there is no field for the year").help("leave it out: a schedule holds until the job is changed")
}

fn miscounted(text: &str, words: &[Word<'_>]) -> ScheduleError {
    let found = match words.len() {
        0 => "nothing".to_owned(),
        count => count.to_string(),
    };
    let error = ScheduleError::new(0..text.len(), format!("{EXPECTED}; found {found}"));
    let glued = words.iter().map(|word| word.text).collect::<String>();
    if glued.len() >= 5 && glued.bytes().all(|byte| byte == b'*') {
        return error.help("put blanks between the fields: `* * * * *`");
    }
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(text: &str) -> String {
        let fields = read(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        fields.sets.map(|set| set.listed()).join(" ")
    }

    /// The place, as a piece of the text, and what is said.
    fn refused(text: &str) -> (&str, String) {
        let Err(error) = read(text) else { panic!("{text} is taken") };
        (&text[error.span.clone()], error.to_string())
    }

    #[test]
    fn five_fields_are_on_the_minute_and_six_begin_with_the_seconds() {
        assert_eq!(listed("*/20 2 * * *"), "0 0,20,40 2 * * *");
        assert_eq!(listed("30 */20 2 * * *"), "30 0,20,40 2 * * *");
        assert_eq!(listed(" 1\t2  3 4 5 "), "0 1 2 3 4 FRI");
    }

    #[test]
    fn every_nickname_is_what_crontab_says() {
        for (name, fields) in NICKNAMES {
            assert_eq!(listed(name), listed(fields), "{name}");
        }
    }

    #[test]
    fn days_of_the_week_are_counted_from_sunday_and_sunday_is_7_too() {
        assert_eq!(listed("0 0 * * 1-5"), "0 0 0 * * MON,TUE,WED,THU,FRI");
        assert_eq!(listed("0 0 * * 0"), listed("0 0 * * 7"));
        assert_eq!(listed("0 0 * * 5-7"), "0 0 0 * * SUN,FRI,SAT");
        assert_eq!(listed("0 0 * * 0-7"), "0 0 0 * * *");
        assert_eq!(listed("0 0 * * sat,Sun"), "0 0 0 * * SUN,SAT");
    }

    #[test]
    fn a_range_of_days_of_the_week_goes_on_behind_saturday() {
        assert_eq!(listed("0 0 * * FRI-MON"), "0 0 0 * * SUN,MON,FRI,SAT");
        assert_eq!(listed("0 0 * * SAT-SUN"), "0 0 0 * * SUN,SAT");
        assert_eq!(listed("0 0 * * FRI-MON/2"), "0 0 0 * * SUN,FRI");
    }

    #[test]
    fn lists_ranges_steps_and_names_mean_what_they_say() {
        assert_eq!(listed("5,10-12,50-59/3 * * jan,MAR-may *"), "0 5,10,11,12,50,53,56,59 * * 1,3,4,5 *");
        assert_eq!(listed("0 0 */10 * *"), "0 0 0 1,11,21,31 * *");
        assert_eq!(listed("00 08 * * *"), "0 0 8 * * *");
    }

    #[test]
    fn the_wrong_number_of_fields_is_told_with_the_fields() {
        for (text, found) in
            [("", "nothing"), ("  ", "nothing"), ("* * * *", "4"), ("0", "1"), ("1 2 3 4 5 6 7 8", "8")]
        {
            let (place, said) = refused(text);
            assert_eq!((place, said), (text, format!("{EXPECTED}; found {found}")));
        }
        assert!(refused("*****").1.ends_with("put blanks between the fields: `* * * * *`"));
        assert_eq!(refused("** * * *  *").0, "**");
    }

    #[test]
    fn what_other_programs_have_is_refused_with_its_name() {
        for (text, place, said) in [
            (
                "@reboot",
                "@reboot",
                "`@reboot` is no time, and nothing here is started by the machine; start the job with `jobctl start` from what starts the machine's services",
            ),
            ("@dayly", "@dayly", "`@dayly` is no nickname of a schedule; did you mean `@daily`?"),
            (
                "@every 5m",
                "@every 5m",
                "`@every` has nothing behind it in crontab(5); write a step, such as `*/5 * * * *` for every 5 minutes",
            ),
            (
                "0 0 L * *",
                "L",
                "`L` is not part of crontab(5): it has no `L`, `W` and `#`; list the days, such as `28-31`, and let the job look at its date",
            ),
            (
                "0 0 15W * *",
                "15W",
                "`15W` is not part of crontab(5): it has no `L`, `W` and `#`; list the days, such as `28-31`, and let the job look at its date",
            ),
            (
                "0 0 * * FRI#2",
                "FRI#2",
                "`FRI#2` is not part of crontab(5): it has no `L`, `W` and `#`; list the days, such as `28-31`, and let the job look at its date",
            ),
            ("0 0 ? * MON", "?", "`?` is not part of crontab(5); write `*`"),
            (
                "0 0 2 * * 2028",
                "2028",
                "there is no field for the year; leave it out: a schedule holds until the job is changed",
            ),
            (
                "0 0 12 1 1 * 2028",
                "2028",
                "there is no field for the year; leave it out: a schedule holds until the job is changed",
            ),
        ] {
            assert_eq!(refused(text), (place, said.to_owned()), "{text}");
        }
    }

    #[test]
    fn every_mistake_in_a_field_is_told_at_its_place() {
        for (text, place, said) in [
            ("60 0 * * *", "60", "`60` is no minute: a minute is from 0 to 59"),
            ("0 24 * * *", "24", "`24` is no hour: an hour is from 0 to 23; midnight is hour 0"),
            ("0 0 0 * *", "0", "`0` is no day of the month: a day of the month is from 1 to 31"),
            ("0 0 * 13 *", "13", "`13` is no month: a month is from 1 to 12, or from JAN to DEC"),
            ("0 0 * * 8", "8", "`8` is no day of the week: a day of the week is from 0 to 7, or from SUN to SAT"),
            ("0,,5 * * * *", "0,,5", "the list of the field minute has an empty item; write `0,5`"),
            ("5, * * * *", "5,", "the list of the field minute has an empty item; write `5`"),
            ("0 22-2 * * *", "22-2", "the range `22-2` runs backwards; write `22-23,0-2`"),
            ("5/15 * * * *", "5/15", "a step stands behind `*` or a range, not behind the one minute; write `5-59/15`"),
            ("*/0 * * * *", "0", "a step of the field minute is from 1 to 60, found `0`"),
            (
                "*/90 * * * *",
                "90",
                "a step of the field minute is from 1 to 60, found `90`; a step cannot reach beyond its field",
            ),
            ("*/ * * * *", "", "a step of the field minute is from 1 to 60, found ``"),
            ("1- * * * *", "", "expected a minute, found nothing; a minute is from 0 to 59"),
            ("-5 * * * *", "", "expected a minute, found nothing; a minute is from 0 to 59"),
            (
                "5* * * * *",
                "5*",
                "expected a minute, found `5*`; put a blank between two fields, and a comma between two items",
            ),
            ("ü * * * *", "ü", "expected a minute, found `ü`; a minute is from 0 to 59"),
            ("0 0 * janary *", "janary", "`janary` is no month; did you mean `JAN`?"),
            ("0 0 * * Monday", "Monday", "`Monday` is no day of the week; did you mean `MON`?"),
            ("0 0 * * MOM-FRI", "MOM", "`MOM` is no day of the week; did you mean `MON`?"),
            ("99999999999 0 * * *", "99999999999", "`99999999999` is no minute: a minute is from 0 to 59"),
            ("0-4294967295 0 * * *", "4294967295", "`4294967295` is no minute: a minute is from 0 to 59"),
        ] {
            assert_eq!(refused(text), (place, said.to_owned()), "{text}");
        }
    }

    #[test]
    fn every_second_is_refused_however_it_is_written() {
        for text in ["* * * * * *", "*/1 0 0 * * *", "0-59 0 0 * * *"] {
            assert!(every_second(text).is_some(), "{text}");
        }
        for text in ["*/2 * * * * *", "0 * * * * *", "* * * * *", "@hourly"] {
            assert!(every_second(text).is_none(), "{text}");
        }
    }
}
