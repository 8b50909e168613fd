//! The times of an expression on a wall clock that is never set.
//!
//! The crate `cron` computes them, and nothing else: its fields are in the order of Quartz, its Sunday is 1, its days of the
//! month and of the week have to fit both, and with zones it loses ticks and goes back in time. So it gets every field as a
//! list, the days of the week by name, two schedules where either day is enough, and times without any zone.

use std::str::FromStr;

use chrono::DateTime;
use cron::Schedule as Times;

use super::dialect::Fields;
use super::zone::Second;

/// The times of an expression.
pub(super) struct Calendar {
    /// One, or two of which the earlier counts.
    times: Vec<Times>,
    /// Whether it follows the time that passes, and not the time of the day.
    pub(super) follows_time: bool,
}

impl Calendar {
    /// # Errors
    /// When the crate does not read what we write.
    pub(super) fn new(fields: &Fields) -> Result<Self, String> {
        let [second, minute, hour, day, month, weekday] = &fields.sets;
        let every = || "*".to_owned();
        let days = if day.begins_with_star || weekday.begins_with_star {
            vec![(day.listed(), weekday.listed())]
        } else {
            vec![(day.listed(), every()), (every(), weekday.listed())]
        };
        let rest = [second, minute, hour].map(|set| set.listed()).join(" ");
        let month = month.listed();
        let read = |(day, weekday)| Times::from_str(&format!("{rest} {day} {month} {weekday}"));
        let times: Result<_, _> = days.into_iter().map(read).collect();
        let times = times.map_err(|error| format!("this expression has no calendar: {error}"))?;
        Ok(Self { times, follows_time: minute.begins_with_star || hour.begins_with_star })
    }

    /// The first time after one, both in seconds of the wall clock. `None` after the year 2100, and for what never happens.
    pub(super) fn next(&self, after: Second) -> Option<Second> {
        /// The first second of 2101. Behind it the crate has no years, and at the end of time it would run over.
        const END: Second = 4_133_980_800;
        let after = DateTime::from_timestamp(after.max(-1), 0).filter(|after| after.timestamp() < END)?;
        self.times.iter().filter_map(|times| times.after(&after).next()).map(|time| time.timestamp()).min()
    }
}

#[cfg(test)]
mod tests {
    use super::super::dialect;
    use super::*;
    use crate::text::parse_datetime;

    fn next(expression: &str, after: &str) -> String {
        let calendar = Calendar::new(&dialect::read(expression).unwrap()).unwrap();
        let next = calendar.next(parse_datetime(&format!("{after}Z")).unwrap().timestamp());
        next.map_or("never".to_owned(), |time| DateTime::from_timestamp(time, 0).unwrap().naive_utc().to_string())
    }

    #[test]
    fn days_of_the_month_and_of_the_week_are_either_of_them_when_both_are_restricted() {
        // 2027-01-01 is a Friday.
        assert_eq!(next("0 0 13 * FRI", "2027-01-01T00:00:00"), "2027-01-08 00:00:00");
        assert_eq!(next("0 0 13 * FRI", "2027-01-08T00:00:00"), "2027-01-13 00:00:00");
    }

    #[test]
    fn both_days_have_to_fit_when_one_begins_with_a_star() {
        assert_eq!(next("0 0 */2 * FRI", "2027-01-01T00:00:00"), "2027-01-15 00:00:00");
        assert_eq!(next("0 0 13 * */5", "2027-01-01T00:00:00"), "2027-06-13 00:00:00");
        assert_eq!(next("0 0 13 * *", "2027-01-01T00:00:00"), "2027-01-13 00:00:00");
    }

    #[test]
    fn a_leap_day_is_waited_for_and_what_comes_after_2100_never_is() {
        assert_eq!(next("0 0 29 2 *", "2096-03-01T00:00:00"), "never");
        assert_eq!(next("0 0 29 2 *", "2027-01-01T00:00:00"), "2028-02-29 00:00:00");
        assert_eq!(next("* * * * *", "9999-01-01T00:00:00"), "never");
        assert_eq!(next("0 0 30 2 *", "1970-01-01T00:00:00"), "never");
    }
}
