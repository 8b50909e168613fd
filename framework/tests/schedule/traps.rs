//! The traps that schedules are known to fall into, one by one.

use chrono::{DateTime, NaiveDate, Utc};
use overnight_framework::schedule::{Schedule, Zone};

use crate::dice::Dice;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn schedule(expression: &str, zone: &str) -> Schedule {
    Schedule::parse(expression).unwrap().in_zone(Zone::named(zone).unwrap())
}

/// The ticks after an instant, as the wall clocks of the zone show them.
fn ticks(expression: &str, zone: &str, after: &str, count: usize) -> Vec<String> {
    let schedule = schedule(expression, zone);
    let far = at("2100-01-01T00:00:00Z");
    let local = |tick| schedule.zone().at(tick).to_rfc3339();
    schedule.between(at(after), far).take(count).map(local).collect()
}

#[test]
fn a_time_in_the_hour_that_is_left_out_happens_at_its_end() {
    let ticks = ticks("30 2 * * *", "Europe/Berlin", "2027-03-27T12:00:00Z", 2);
    assert_eq!(ticks, ["2027-03-28T03:00:00+02:00", "2027-03-29T02:30:00+02:00"]);
}

#[test]
fn several_times_in_the_hour_that_is_left_out_happen_once() {
    let ticks = ticks("15,45 2,3 * * *", "Europe/Berlin", "2027-03-28T00:00:00Z", 3);
    assert_eq!(ticks, ["2027-03-28T03:00:00+02:00", "2027-03-28T03:15:00+02:00", "2027-03-28T03:45:00+02:00"]);
}

#[test]
fn a_midnight_that_is_left_out_does_not_cost_the_day() {
    let ticks = ticks("@daily", "Africa/Cairo", "2027-04-29T12:00:00Z", 2);
    assert_eq!(ticks, ["2027-04-30T01:00:00+03:00", "2027-05-01T00:00:00+03:00"]);
    let ticks = self::ticks("0 0 * * *", "America/Sao_Paulo", "2018-11-03T12:00:00Z", 2);
    assert_eq!(ticks, ["2018-11-04T01:00:00-02:00", "2018-11-05T00:00:00-02:00"]);
}

#[test]
fn what_follows_the_time_has_no_ticks_in_the_hour_that_is_left_out() {
    let ticks = ticks("*/30 2,3 * * *", "Europe/Berlin", "2027-03-28T00:00:00Z", 2);
    assert_eq!(ticks, ["2027-03-28T03:00:00+02:00", "2027-03-28T03:30:00+02:00"]);
    let ticks = self::ticks("@hourly", "Europe/Berlin", "2027-03-28T00:00:00Z", 2);
    assert_eq!(ticks, ["2027-03-28T03:00:00+02:00", "2027-03-28T04:00:00+02:00"]);
}

#[test]
fn a_time_in_the_hour_that_comes_twice_happens_in_the_first_one() {
    let ticks = ticks("30 2 * * *", "Europe/Berlin", "2027-10-30T12:00:00Z", 2);
    assert_eq!(ticks, ["2027-10-31T02:30:00+02:00", "2027-11-01T02:30:00+01:00"]);
    // Also for one who looks between the two.
    let ticks = self::ticks("30 2 * * *", "Europe/Berlin", "2027-10-31T01:10:00Z", 1);
    assert_eq!(ticks, ["2027-11-01T02:30:00+01:00"]);
}

#[test]
fn what_follows_the_time_ticks_in_both_equal_hours_and_never_backwards() {
    let ticks = ticks("*/20 * * * *", "Europe/Berlin", "2027-10-31T00:19:00Z", 6);
    assert_eq!(
        ticks,
        [
            "2027-10-31T02:20:00+02:00",
            "2027-10-31T02:40:00+02:00",
            "2027-10-31T02:00:00+01:00",
            "2027-10-31T02:20:00+01:00",
            "2027-10-31T02:40:00+01:00",
            "2027-10-31T03:00:00+01:00",
        ]
    );
}

#[test]
fn half_an_hour_that_is_left_out_is_half_an_hour() {
    let ticks = ticks("15 2 * * *", "Australia/Lord_Howe", "2027-10-02T00:00:00Z", 2);
    assert_eq!(ticks, ["2027-10-03T02:30:00+11:00", "2027-10-04T02:15:00+11:00"]);
}

#[test]
fn a_tick_keeps_the_day_that_it_stands_for() {
    // In Nuuk the clocks go from 23:00 of Saturday to 00:00 of Sunday.
    let evening = schedule("30 23 * * *", "America/Nuuk");
    let ticks: Vec<_> = evening.between(at("2025-03-29T12:00:00Z"), at("2025-03-31T12:00:00Z")).collect();
    assert_eq!(evening.zone().at(ticks[0]).to_rfc3339(), "2025-03-30T00:00:00-01:00");
    let days: Vec<_> = ticks.iter().map(|tick| evening.nominal(*tick).date()).collect();
    assert_eq!(days, [29, 30].map(|day| NaiveDate::from_ymd_opt(2025, 3, day).unwrap()));
}

#[test]
fn a_tick_is_strictly_later_whatever_fraction_of_a_second_was_asked_about() {
    let minutes = schedule("* * * * *", "UTC");
    for (after, next) in [
        ("2027-01-01T00:00:00Z", "2027-01-01T00:01:00Z"),
        ("2027-01-01T00:00:59.999999999Z", "2027-01-01T00:01:00Z"),
        ("2027-01-01T00:01:00.000000001Z", "2027-01-01T00:02:00Z"),
        ("1969-12-31T23:59:59.5Z", "1970-01-01T00:00:00Z"),
        ("1815-06-18T00:00:00Z", "1970-01-01T00:00:00Z"),
    ] {
        assert_eq!(minutes.next(at(after)), Some(at(next)), "{after}");
    }
    assert_eq!(minutes.next(DateTime::<Utc>::MAX_UTC), None);
}

#[test]
fn what_never_happens_and_what_happens_every_second_are_refused() {
    let error = Schedule::parse("0 0 30 2 *").unwrap_err();
    assert_eq!((error.span, error.message.as_str()), (0..10, "this never happens: no month has such a day"));
    let error = Schedule::parse("* * 3 * * *").unwrap_err();
    assert_eq!((error.span, error.message.as_str()), (0..1, "this would happen every second"));
    let seconds = Schedule::parse_every_second("* * 3 * * *").unwrap();
    assert_eq!(seconds.next(at("2027-01-01T03:00:00Z")), Some(at("2027-01-01T03:00:01Z")));
    assert!(Schedule::parse("0 0 29 2 *").is_ok());
}

#[test]
fn ticks_between_two_instants_are_those_after_the_first_up_to_the_second() {
    let hourly = schedule("@hourly", "UTC");
    let ticks: Vec<_> = hourly.between(at("2027-01-01T01:00:00Z"), at("2027-01-01T03:00:00Z")).collect();
    assert_eq!(ticks, [at("2027-01-01T02:00:00Z"), at("2027-01-01T03:00:00Z")]);
    assert_eq!(hourly.between(at("2027-01-02T00:00:00Z"), at("2027-01-01T00:00:00Z")).count(), 0);
}

#[test]
fn no_text_however_broken_is_more_than_refused_at_a_place_between_two_characters() {
    let pieces = ["*", "/", "-", ",", " ", "@daily", "L", "15W", "MON", "ü", "7", "2028", "4294967296", "#"];
    let mut dice = Dice(5);
    for _ in 0..20_000 {
        let mut text = "30 22 1-5 * MON-FRI".to_owned();
        for _ in 0..=dice.roll(3) {
            text.insert_str(dice.place(&text), pieces[dice.roll(pieces.len())]);
            text.truncate(text.floor_char_boundary(text.len() - dice.roll(3)));
        }
        if let Err(error) = Schedule::parse(&text) {
            assert!(text.get(error.span.clone()).is_some(), "{text}: {error:?}");
        }
    }
}
