//! The command line of the generator.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::str::FromStr;

use overnight_example_end_of_day::Plan;

const USAGE: &str = "\
Makes the input of an accounting day: the same bytes from the same settings.

usage: overnight-example-end-of-day generate --date 2026-04-07 [--seed 1] [--transactions 300] [--accounts 40] [--out data]

  --date DAY          the accounting day, from 2026-02-10 to 2026-05-18, where rates.csv has rates
  --seed N            accounts keep their terms from day to day under one seed
  --transactions N    how many, 0 or more
  --accounts N        how many, 16 or more
  --out FOLDER        gets rates.csv and a folder named after the day
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.iter().any(|argument| matches!(argument.as_str(), "-h" | "--help" | "help")) {
        return said(&mut io::stdout(), USAGE, ExitCode::SUCCESS);
    }
    let (plan, out) = match read(&arguments) {
        Ok(read) => read,
        Err(problem) => return said(&mut io::stderr(), &format!("error: {problem}\n\n{USAGE}"), ExitCode::from(2)),
    };
    match plan.generate(&out) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}")).unwrap_or_default();
            said(&mut io::stderr(), &format!("error: failed to {error}{cause}\n"), ExitCode::FAILURE)
        }
    }
}

/// The plan and the folder that the command line asks for.
fn read(arguments: &[String]) -> Result<(Plan, PathBuf), String> {
    let Some(("generate", settings)) = arguments.split_first().map(|(verb, rest)| (verb.as_str(), rest)) else {
        return Err("the first word is 'generate'".to_owned());
    };
    let (mut date, mut out) = (None, PathBuf::from("data"));
    let (mut seed, mut transactions, mut accounts) = (1, 300, 40);
    for setting in settings.chunks(2) {
        let [name, value] = setting else {
            return Err(format!("{} needs a value", setting.concat()));
        };
        match name.as_str() {
            "--date" => date = Some(parsed(name, value, "a day such as 2026-04-07")?),
            "--seed" => seed = parsed(name, value, "a whole number")?,
            "--transactions" => transactions = parsed(name, value, "a whole number")?,
            "--accounts" => accounts = parsed(name, value, "a whole number")?,
            "--out" => out = PathBuf::from(value),
            _ => return Err(format!("there is no {name}")),
        }
    }
    let date = date.ok_or("--date is missing")?;
    Ok((Plan { date, seed, transactions, accounts }, out))
}

fn parsed<T: FromStr>(name: &str, value: &str, wanted: &str) -> Result<T, String> {
    value.parse().map_err(|_| format!("{name} takes {wanted}; this is '{value}'"))
}

/// Writes the text, and answers the exit code that goes with it.
fn said(stream: &mut dyn Write, text: &str, code: ExitCode) -> ExitCode {
    stream.write_all(text.as_bytes()).map_or(ExitCode::FAILURE, |()| code)
}
