//! Time zones: what the wall clocks of a place show, and when they are set.

use std::fmt;

use chrono::{DateTime, FixedOffset, NaiveDate, Utc};
use jiff::Timestamp;
use jiff::tz::{TimeZone, TimeZoneTransition};

use super::error::UnknownZone;
use crate::suggest::nearest;

/// Seconds since the beginning of 1970: of UTC for instants, of the wall clock for its times.
pub(super) type Second = i64;

/// A time zone by its name in the time zone database of the system.
#[derive(Clone)]
pub struct Zone(TimeZone);

/// A moment at which the clocks of a zone are set.
pub(super) struct Change {
    /// The instant.
    pub(super) at: Second,
    /// How far they are ahead of UTC until then.
    before: Second,
    /// And from then on.
    pub(super) after: Second,
}

impl Zone {
    /// The zone whose clocks are never set.
    #[must_use]
    pub fn utc() -> Self {
        Self(TimeZone::UTC)
    }

    /// A zone by its name, such as `Europe/Berlin`, exactly so written.
    ///
    /// ```
    /// use overnight_framework::schedule::Zone;
    ///
    /// let error = Zone::named("Europe/Berln").unwrap_err();
    /// assert_eq!(error.to_string(), "there is no time zone `Europe/Berln`; did you mean `Europe/Berlin`?");
    /// assert_eq!(Zone::named("tokyo").unwrap_err().help, "did you mean `Asia/Tokyo`?");
    /// ```
    ///
    /// # Errors
    /// When the database of the system has no zone of the name, with the nearest one.
    pub fn named(name: &str) -> Result<Self, UnknownZone> {
        let found = TimeZone::get(name).ok().filter(|zone| zone.iana_name() == Some(name) && !is_of_machine(name));
        found.map(Self).ok_or_else(|| UnknownZone { name: name.to_owned(), help: help(name) })
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }

    /// An instant with what the wall clocks show then.
    #[must_use]
    pub fn at(&self, instant: DateTime<Utc>) -> DateTime<FixedOffset> {
        let seconds = i32::try_from(self.offset(instant.timestamp())).ok();
        let offset = seconds.and_then(FixedOffset::east_opt).unwrap_or_else(|| chrono::Offset::fix(&Utc));
        instant.with_timezone(&offset)
    }

    /// The day on the calendars of the zone.
    #[must_use]
    pub fn day(&self, instant: DateTime<Utc>) -> NaiveDate {
        self.at(instant).date_naive()
    }

    /// How far the wall clocks are ahead of UTC.
    pub(super) fn offset(&self, at: Second) -> Second {
        timestamp(at).map_or(0, |at| self.0.to_offset(at).seconds().into())
    }

    /// The first moment after one, and not after another, at which the clocks are set.
    pub(super) fn change_within(&self, after: Second, up_to: Second) -> Option<Change> {
        let change = self.0.following(timestamp(after)?).next()?;
        (change.timestamp().as_second() <= up_to).then(|| self.change(&change))
    }

    /// The last moment before one at which the clocks were set.
    pub(super) fn change_before(&self, before: Second) -> Option<Change> {
        self.0.preceding(timestamp(before)?).next().map(|change| self.change(&change))
    }

    /// What happens to the clocks at this very moment.
    pub(super) fn change_at(&self, at: Second) -> Option<Change> {
        self.change_before(at + 1).filter(|change| change.at == at)
    }

    fn change(&self, change: &TimeZoneTransition<'_>) -> Change {
        let at = change.timestamp().as_second();
        Change { at, before: self.offset(at - 1), after: change.offset().seconds().into() }
    }
}

impl Change {
    /// Whether the wall clocks leave something out, and do not show it twice.
    pub(super) fn is_gap(&self) -> bool {
        self.after > self.before
    }

    /// What they would show if they were not set.
    pub(super) fn wall_before(&self) -> Second {
        self.at + self.before
    }

    /// What they show.
    pub(super) fn wall_after(&self) -> Second {
        self.at + self.after
    }
}

fn timestamp(at: Second) -> Option<Timestamp> {
    Timestamp::from_second(at).ok()
}

/// What to write for a name that no zone has.
/// Whether a name of the database stands for whatever the machine has, or for nothing: the same file would tick elsewhere at
/// another time.
fn is_of_machine(name: &str) -> bool {
    ["localtime", "posixrules", "Factory"].contains(&name)
}

fn help(name: &str) -> String {
    let zones = jiff::tz::db().available().map(|zone| zone.as_str().to_owned());
    let zones: Vec<String> = zones.filter(|zone| !is_of_machine(zone)).collect();
    let zones = || zones.iter().map(String::as_str);
    let town = |zone: &&str| zone.rsplit('/').next().is_some_and(|town| town.eq_ignore_ascii_case(name));
    let towns = zones().map(|zone| zone.rsplit('/').next().unwrap_or(zone));
    let misspelt = || nearest(name, zones());
    let misspelt_town = || nearest(name, towns).and_then(|near| zones().find(|zone| zone.ends_with(near)));
    let same = zones().find(|zone| zone.eq_ignore_ascii_case(name));
    match same.or_else(|| zones().find(town)).or_else(misspelt).or_else(misspelt_town) {
        Some(zone) => format!("did you mean `{zone}`?"),
        None => "write a name of the time zone database such as `Europe/Berlin`".to_owned(),
    }
}

/// The zones are equal when their names are.
impl PartialEq for Zone {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

impl Eq for Zone {}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Zone({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_zone_is_taken_as_the_database_writes_it_and_no_other_way() {
        assert_eq!(Zone::named("Europe/Berlin").unwrap().name(), "Europe/Berlin");
        assert_eq!(Zone::named("UTC").unwrap(), Zone::utc());
        for (wrong, near) in [
            ("europe/berlin", "Europe/Berlin"),
            ("Berlin", "Europe/Berlin"),
            ("America/New York", "America/New_York"),
            ("utc", "UTC"),
        ] {
            assert_eq!(Zone::named(wrong).unwrap_err().help, format!("did you mean `{near}`?"), "{wrong}");
        }
        for wrong in ["", "Nowhere", "+01:00", "../../etc/passwd", "right/Europe/Berlin"] {
            assert!(Zone::named(wrong).is_err(), "{wrong}");
        }
    }
}
