//! What crontab(5) and Vixie's rule say, as a walk along the clock: slow, simple, and by other means than ours.

use std::collections::BTreeSet;

use chrono::{DateTime, Datelike, Timelike, Utc};
use overnight_framework::schedule::{Schedule, Zone};

use crate::clocks::{DAYS, Minute, minutes};
use crate::dice::Dice;
use crate::expression::expression;

/// How many expressions are tried.
const EXPRESSIONS: usize = 6_000;

/// An expression as truth tables.
struct Table {
    minute: Vec<bool>,
    hour: Vec<bool>,
    day: Vec<bool>,
    month: Vec<bool>,
    weekday: Vec<bool>,
    either_day: bool,
    follows_time: bool,
}

/// What a wall clock and its calendar show.
struct Shown {
    minute: usize,
    hour: usize,
    day: usize,
    month: usize,
    weekday: usize,
}

/// A day on which clocks are set, ready to be walked through.
struct Walk {
    zone: &'static str,
    minutes: Vec<Minute>,
    /// From the first minute that a wall clock of the walk shows to the last one, those included that it leaves out.
    first_wall: i64,
    shown: Vec<Shown>,
}

fn truths(field: &str, size: usize) -> Vec<bool> {
    (0..size).map(|value| field.split(',').any(|item| holds(item, value, size))).collect()
}

fn holds(item: &str, value: usize, size: usize) -> bool {
    let (base, step) = item.split_once('/').unwrap_or((item, "1"));
    let step: usize = step.parse().unwrap();
    // The first value of a field is 0, but for those of 32 and 13, whose days and months begin at 1.
    let least = usize::from(size == 32 || size == 13);
    if base == "*" {
        return value >= least && (value - least).is_multiple_of(step);
    }
    let (from, to) = base.split_once('-').unwrap_or((base, base));
    let (from, to) = (number(from, size), number(to, size));
    if size != 7 {
        return (from..=to).contains(&value) && (value - from).is_multiple_of(step);
    }
    // Eight days from Sunday to Sunday, and on as far as the range goes.
    let to = if from <= to { to } else { to + 7 };
    (from..=to).step_by(step).any(|day| day % 7 == value)
}

fn number(text: &str, size: usize) -> usize {
    let names: &[&str] = match size {
        13 => &["", "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
        _ => &["sun", "mon", "tue", "wed", "thu", "fri", "sat"],
    };
    let named = names.iter().position(|name| *name == text.to_lowercase());
    named.unwrap_or_else(|| text.parse().unwrap())
}

impl Table {
    fn of(expression: &str) -> Self {
        let fields: Vec<&str> = expression.split_whitespace().collect();
        let star = |index: usize| fields[index].starts_with('*');
        Self {
            minute: truths(fields[0], 60),
            hour: truths(fields[1], 24),
            day: truths(fields[2], 32),
            month: truths(fields[3], 13),
            weekday: truths(fields[4], 7),
            either_day: !star(2) && !star(4),
            follows_time: star(0) || star(1),
        }
    }

    fn fits(&self, shown: &Shown) -> bool {
        if !(self.minute[shown.minute] && self.hour[shown.hour] && self.month[shown.month]) {
            return false;
        }
        let (day, weekday) = (self.day[shown.day], self.weekday[shown.weekday]);
        if self.either_day { day || weekday } else { day && weekday }
    }

    /// The instants of the walk at which something happens.
    fn fires(&self, walk: &Walk) -> Vec<i64> {
        let mut reached = walk.minutes[0].wall - 1;
        let mut fires = Vec::new();
        for minute in &walk.minutes {
            let fits = |wall: i64| self.fits(&walk.shown[usize::try_from(wall - walk.first_wall).unwrap()]);
            // A time of the day happens when the clock has come to it for the first time, or has passed it.
            let due = if self.follows_time { fits(minute.wall) } else { (reached + 1..=minute.wall).any(fits) };
            if due {
                fires.push(minute.instant);
            }
            reached = reached.max(minute.wall);
        }
        fires
    }
}

impl Walk {
    fn of(zone: &'static str, moment: &str) -> Self {
        let minutes = minutes(zone, moment);
        let walls = || minutes.iter().map(|minute| minute.wall);
        let (first_wall, last_wall) = (walls().min().unwrap(), walls().max().unwrap());
        let shown = (first_wall..=last_wall).map(shown).collect();
        Self { zone, minutes, first_wall, shown }
    }
}

fn shown(wall: i64) -> Shown {
    let time = DateTime::from_timestamp(wall * 60, 0).unwrap();
    let [minute, hour, day, month, weekday] =
        [time.minute(), time.hour(), time.day(), time.month(), time.weekday().num_days_from_sunday()]
            .map(|number| usize::try_from(number).unwrap());
    Shown { minute, hour, day, month, weekday }
}

fn instant(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(second, 0).unwrap()
}

/// What the schedule says otherwise than the ticks of a walk: all of them, and the next one after some instants in between.
fn difference(schedule: &Schedule, expected: &[i64], walk: &Walk, dice: &mut Dice) -> Option<String> {
    let (first, last) = (walk.minutes[0].instant, walk.minutes[walk.minutes.len() - 1].instant);
    let found: Vec<i64> = schedule.between(instant(first - 1), instant(last)).map(|tick| tick.timestamp()).collect();
    if found != expected {
        let either: BTreeSet<i64> = found.iter().chain(expected).copied().collect();
        let odd = either.into_iter().find(|tick| found.contains(tick) != expected.contains(tick)).unwrap_or(first);
        return Some(format!("{schedule}: {} is ours: {}", instant(odd), found.contains(&odd)));
    }
    for _ in 0..3 {
        let after = walk.minutes[dice.roll(walk.minutes.len())].instant + i64::try_from(dice.roll(60)).unwrap();
        let next = schedule.next(instant(after)).map(|tick| tick.timestamp());
        let expected = expected.iter().copied().find(|tick| *tick > after);
        if next.filter(|tick| *tick <= last) != expected {
            return Some(format!("{schedule}: after {} comes {next:?}, not {expected:?}", instant(after)));
        }
    }
    None
}

#[test]
fn six_thousand_expressions_tick_in_every_zone_as_a_walk_along_its_clock_does() {
    let walks: Vec<Walk> = DAYS.iter().map(|(zone, moment)| Walk::of(zone, moment)).collect();
    let mut dice = Dice(20_270_328);
    let mut differences = Vec::new();
    let mut ticks = 0;
    let mut tried = 0;
    while tried < EXPRESSIONS {
        let text = expression(&mut dice);
        // What never happens is refused.
        let Ok(schedule) = Schedule::parse(&text) else { continue };
        tried += 1;
        let table = Table::of(&text);
        // In each zone one of its two days, in turns.
        for walk in walks.iter().skip(tried % 2).step_by(2) {
            let schedule = schedule.clone().in_zone(Zone::named(walk.zone).unwrap());
            let expected = table.fires(walk);
            ticks += expected.len();
            differences.extend(difference(&schedule, &expected, walk, &mut dice));
        }
    }
    assert!(differences.is_empty(), "{} differ:\n{}", differences.len(), differences.join("\n"));
    assert!(ticks > 300_000, "only {ticks} ticks were compared");
}

#[test]
fn the_days_of_the_walks_are_those_on_which_clocks_are_set() {
    for (zone, moment) in DAYS.iter().filter(|(zone, _)| !["UTC", "Asia/Kolkata"].contains(zone)) {
        let minutes = minutes(zone, moment);
        let moment = moment.parse::<DateTime<Utc>>().unwrap().timestamp();
        let at = minutes.iter().position(|minute| minute.instant == moment).unwrap();
        assert_ne!(minutes[at].wall, minutes[at - 1].wall + 1, "{zone} {moment}");
    }
}
