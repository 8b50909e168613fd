//! Schedules: crontab(5) expressions as a calendar of instants in one time zone.
//!
//! ```
//! use overnight_framework::params::parse_datetime;
//! use overnight_framework::schedule::{Schedule, Zone};
//!
//! let nightly = Schedule::parse("30 2 * * *")?.in_zone(Zone::named("Europe/Berlin")?);
//! // In the night to the 28th the clocks are set from 02:00 to 03:00: half past two is made up for at once.
//! let saturday = parse_datetime("2027-03-27T12:00:00+01:00").unwrap();
//! let sunday = nightly.next(saturday).unwrap();
//! assert_eq!(nightly.zone().at(sunday).to_rfc3339(), "2027-03-28T03:00:00+02:00");
//! assert_eq!(nightly.nominal(sunday).to_string(), "2027-03-28 02:30:00");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # The dialect
//!
//! Five fields as in crontab(5), or six with the seconds first; `@hourly` `@daily` `@midnight` `@weekly` `@monthly` `@yearly`
//! `@annually`. A field is a list of `*`, numbers, ranges and steps; months and days of the week also go by the first three
//! letters of their names, Sunday is 0 and 7, and a range of days of the week may pass over Saturday. Everything else is
//! refused with its place. When both days, of the month and of the week, are restricted, either of them is enough; when one of
//! them begins with `*`, both have to fit.
//!
//! # When clocks are set
//!
//! The rule is Vixie's. An expression whose minutes or hours begin with `*` follows the time that passes: it has no ticks in
//! the hour that is left out, and ticks in both hours of the one that comes twice. Any other is meant for a time of the day, once
//! a day: what falls into the hour that is left out happens when that hour is over, once, and what falls into the hour that
//! comes twice happens in the first one.

mod calendar;
mod dialect;
mod error;
mod field;
mod zone;

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, NaiveDateTime, Utc};

use self::calendar::Calendar;
pub use self::error::{ScheduleError, UnknownZone};
pub use self::zone::Zone;
use self::zone::{Change, Second};

/// A crontab(5) expression in a time zone.
#[derive(Clone)]
pub struct Schedule {
    expression: Box<str>,
    calendar: Arc<Calendar>,
    zone: Zone,
}

impl Schedule {
    /// Reads an expression; its zone is UTC until [`in_zone`](Self::in_zone) says otherwise.
    ///
    /// ```
    /// use overnight_framework::schedule::Schedule;
    ///
    /// let error = Schedule::parse("0 22 * * MOM-FRI").unwrap_err();
    /// assert_eq!(error.span, 9..12);
    /// assert_eq!(error.to_string(), "`MOM` is no day of the week; did you mean `MON`?");
    /// ```
    ///
    /// # Errors
    /// The first mistake, with its place and the nearest right spelling; an expression that never happens; one that happens
    /// every second.
    pub fn parse(expression: &str) -> Result<Self, ScheduleError> {
        let schedule = Self::parse_every_second(expression)?;
        match dialect::every_second(expression) {
            Some(error) => Err(error),
            None => Ok(schedule),
        }
    }

    /// The same, and it may happen every second.
    ///
    /// # Errors
    /// As [`parse`](Self::parse), but for that.
    pub fn parse_every_second(expression: &str) -> Result<Self, ScheduleError> {
        let calendar = Calendar::new(&dialect::read(expression)?);
        let calendar = calendar.map_err(|why| ScheduleError::new(0..expression.len(), why))?;
        if calendar.next(0).is_none() {
            let message = "this never happens: no month has such a day";
            return Err(ScheduleError::new(0..expression.len(), message).help("look at the day of the month"));
        }
        Ok(Self { expression: expression.into(), calendar: Arc::new(calendar), zone: Zone::utc() })
    }

    /// The same expression by the wall clocks of a zone.
    #[must_use]
    pub fn in_zone(self, zone: Zone) -> Self {
        Self { zone, ..self }
    }

    /// The expression as it was written.
    #[must_use]
    pub fn expression(&self) -> &str {
        &self.expression
    }

    /// The zone whose wall clocks it goes by.
    #[must_use]
    pub fn zone(&self) -> &Zone {
        &self.zone
    }

    /// The first tick after an instant, always strictly later. `None` after the year 2100.
    #[must_use]
    pub fn next(&self, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        // Before 1970 nobody schedules anything, and the calendar has no years there.
        let mut now: Second = after.timestamp().max(-1);
        let mut offset = self.zone.offset(now);
        let mut wall = now + offset;
        if !self.calendar.follows_time {
            wall = wall.max(self.passed_already(now));
        }
        loop {
            let candidate = self.calendar.next(wall)?;
            let tick = candidate - offset;
            let Some(change) = self.zone.change_within(now, tick) else {
                return DateTime::from_timestamp(tick, 0);
            };
            if change.is_gap() && !self.calendar.follows_time && candidate < change.wall_after() {
                return DateTime::from_timestamp(change.at, 0);
            }
            wall = self.wall_behind(&change) - 1;
            (now, offset) = (change.at, change.after);
        }
    }

    /// All ticks after `from`, up to and including `to`.
    ///
    /// ```
    /// use overnight_framework::params::parse_datetime;
    /// use overnight_framework::schedule::Schedule;
    ///
    /// let hourly = Schedule::parse("@hourly")?;
    /// let (from, to) = (parse_datetime("2027-01-01T00:00:00Z").unwrap(), parse_datetime("2027-01-01T03:00:00Z").unwrap());
    /// assert_eq!(hourly.between(from, to).count(), 3);
    /// # Ok::<(), overnight_framework::schedule::ScheduleError>(())
    /// ```
    pub fn between(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> impl Iterator<Item = DateTime<Utc>> {
        let next = move |last: DateTime<Utc>| self.next(last).filter(|tick| *tick <= to);
        std::iter::successors(next(from), move |last| next(*last))
    }

    /// The time of the day that a tick stands for: what the wall clock shows then, or would have shown had it not been set
    /// past it. So the day of a tick is its own also where clocks are set at midnight.
    #[must_use]
    pub fn nominal(&self, tick: DateTime<Utc>) -> NaiveDateTime {
        let at = tick.timestamp();
        let made_up_for = || {
            let change = self.zone.change_at(at).filter(|change| change.is_gap() && !self.calendar.follows_time)?;
            self.calendar.next(change.wall_before() - 1).filter(|missed| *missed < change.wall_after())
        };
        let wall = made_up_for().unwrap_or_else(|| at + self.zone.offset(at));
        DateTime::from_timestamp(wall, 0).unwrap_or_default().naive_utc()
    }

    /// The last time on the wall clock that a time of the day has no ticks at any more: within the second of two equal hours
    /// that is the end of the first one.
    fn passed_already(&self, now: Second) -> Second {
        let last = self.zone.change_before(now + 1).filter(|change| !change.is_gap());
        last.map_or(Second::MIN, |change| change.wall_before() - 1)
    }

    /// The first time on the wall clock that is looked at when the clocks were set.
    fn wall_behind(&self, change: &Change) -> Second {
        // A time of the day had its tick in the first of two equal hours.
        if change.is_gap() || self.calendar.follows_time { change.wall_after() } else { change.wall_before() }
    }
}

/// The expression and its zone: `30 22 * * MON-FRI (Europe/Berlin)`.
impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.expression, self.zone)
    }
}

impl fmt::Debug for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Schedule({self})")
    }
}
