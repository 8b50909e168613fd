//! The days on which the clocks of some places are set, minute by minute.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Zones with what their clocks do: the hour of Europe and of America, half an hour, midnights, a day that ends late, a month
/// of fasting, and nothing at all.
pub(crate) const DAYS: [(&str, &str); 16] = [
    ("Europe/Berlin", "2027-03-28T01:00:00Z"),
    ("Europe/Berlin", "2027-10-31T01:00:00Z"),
    ("America/New_York", "2027-03-14T07:00:00Z"),
    ("America/New_York", "2027-11-07T06:00:00Z"),
    ("Australia/Lord_Howe", "2027-10-02T15:30:00Z"),
    ("Australia/Lord_Howe", "2027-04-03T15:00:00Z"),
    ("America/Sao_Paulo", "2018-11-04T03:00:00Z"),
    ("America/Sao_Paulo", "2018-02-18T02:00:00Z"),
    ("Africa/Casablanca", "2024-03-10T02:00:00Z"),
    ("Africa/Casablanca", "2024-04-14T02:00:00Z"),
    ("Africa/Cairo", "2024-04-25T22:00:00Z"),
    ("Africa/Cairo", "2024-10-31T21:00:00Z"),
    ("America/Nuuk", "2025-03-30T01:00:00Z"),
    ("America/Nuuk", "2025-10-26T01:00:00Z"),
    ("Asia/Kolkata", "2027-01-01T00:00:00Z"),
    ("UTC", "2028-02-29T00:00:00Z"),
];

/// How many minutes are looked at before and behind the moment.
const AROUND: i64 = 3 * 60;

/// One minute: the instant, and what the wall clock shows.
#[derive(Clone, Copy)]
pub(crate) struct Minute {
    pub(crate) instant: i64,
    /// The minutes since the beginning of 1970, as the wall clock counts them.
    pub(crate) wall: i64,
}

/// The minutes around the moment, in their order.
pub(crate) fn minutes(zone: &str, moment: &str) -> Vec<Minute> {
    let zone = TimeZone::get(zone).unwrap();
    let moment: Timestamp = moment.parse().unwrap();
    let minute = |distance: i64| {
        let instant = moment.as_second() + distance * 60;
        let offset = zone.to_offset(Timestamp::from_second(instant).unwrap()).seconds();
        Minute { instant, wall: (instant + i64::from(offset)).div_euclid(60) }
    };
    (-AROUND..AROUND).map(minute).collect()
}
