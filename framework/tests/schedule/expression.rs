//! Expressions of five fields by chance, mostly about the small hours, when clocks are set.

use crate::dice::Dice;

const MONTHS: [&str; 12] = ["jan", "FEB", "mar", "APR", "may", "JUN", "jul", "AUG", "sep", "OCT", "nov", "DEC"];
const WEEKDAYS: [&str; 7] = ["sun", "MON", "tue", "WED", "thu", "FRI", "sat"];

pub(crate) fn expression(dice: &mut Dice) -> String {
    let minute = field(dice, 0, 59, &[], 2);
    let hour = if dice.roll(3) == 0 { field(dice, 0, 23, &[], 3) } else { field(dice, 0, 4, &[], 4) };
    let day = field(dice, 1, 31, &[], 7);
    let month = field(dice, 1, 12, &MONTHS, 8);
    let weekday = field(dice, 0, 7, &WEEKDAYS, 6);
    let blank = ["\t", "  ", " "];
    [minute, hour, day, month, weekday].join(blank[dice.roll(20).min(2)])
}

/// A field that is a star in so many of ten cases.
fn field(dice: &mut Dice, least: usize, most: usize, names: &[&str], stars: usize) -> String {
    if dice.roll(10) < stars {
        return if dice.roll(4) == 0 { format!("*/{}", 1 + dice.roll(7)) } else { "*".to_owned() };
    }
    let count = 1 + dice.roll(3);
    (0..count).map(|_| item(dice, least, most, names)).collect::<Vec<_>>().join(",")
}

fn item(dice: &mut Dice, least: usize, most: usize, names: &[&str]) -> String {
    let one = least + dice.roll(most - least + 1);
    let other = least + dice.roll(most - least + 1);
    let written = |number: usize, dice: &mut Dice| match names.get(number - least) {
        Some(name) if dice.roll(2) == 0 => (*name).to_owned(),
        _ => number.to_string(),
    };
    // A week goes on behind its end; nothing else does.
    let (from, to) = if names.len() == 7 { (one, other) } else { (one.min(other), one.max(other)) };
    match dice.roll(3) {
        0 => written(one, dice),
        1 => format!("{}-{}", written(from, dice), written(to, dice)),
        _ => format!("{}-{}/{}", written(from, dice), written(to, dice), 1 + dice.roll(5)),
    }
}
