//! Closes a day: `overnight-example-end-of-day-rust 2026-04-07 DATA OUT DATABASE`.

use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;

use overnight::EngineBuilder;
use overnight::db::{Database, OpenOptions};
use overnight::params::parse_date;
use overnight::registry::Registry;
use overnight::status::Status;
use overnight_example_end_of_day_rust::EndOfDay;

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [day, data, out, url] = arguments.as_slice() else {
        return Err("usage: overnight-example-end-of-day-rust DAY DATA OUT DATABASE".into());
    };
    let business_date = parse_date(day).ok_or_else(|| format!("`{day}` is no day such as 2026-04-07"))?;
    let database = Database::connect(url, OpenOptions::default())?;
    let program = Registry::default().job::<EndOfDay>().resource(database);
    let engine = EngineBuilder::new(program).database(url).open()?;
    let ran = engine.start("end-of-day", EndOfDay { business_date, data: data.into(), out: out.into() })?;
    writeln!(io::stdout(), "day {day} is {}", ran.word())?;
    if let Some(error) = &ran.error {
        writeln!(io::stderr(), "{}", error.chain())?;
    }
    Ok(if ran.status == Status::Completed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
