//! A file of payments is read, checked and written to a table; lines that are none are skipped, and told at the end.

mod payment;

use std::error::Error;
use std::io::{self, Write};
use std::path::PathBuf;

use overnight::error::Result;
use overnight::registry::Registry;
use overnight::steps::{csv, table};
use overnight::{EngineBuilder, Params, job};

use crate::payment::{Line, Payment};

// ANCHOR: job
/// Imports a file of payments.
#[derive(Params)]
struct FileImport {
    /// The file: a line for each payment, its number and its amount.
    file: PathBuf,
}

#[job]
impl FileImport {
    /// A hundred payments and the position behind them are one transaction. More than twenty bad lines are a bad file.
    #[step(
        chunk = 100,
        skip = 20,
        reader = csv::read("${{ params.file }}").without_header().delimiter(';'),
        writer = table::write("payment").create_if_missing().key(["number"]),
    )]
    fn import(line: &Line) -> Result<Option<Payment>> {
        Payment::of(line)
    }
}
// ANCHOR_END: job

fn main() -> std::result::Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(file), Some(url)) = (arguments.next(), arguments.next()) else {
        return Err("usage: overnight-example-file-import FILE DATABASE".into());
    };
    // ANCHOR: program
    let engine = EngineBuilder::new(Registry::default().job::<FileImport>()).database(url).open()?;
    let ran = engine.start("file-import", FileImport { file: file.into() })?;

    let records = engine.operator().repository();
    for step in records.steps(ran.id)? {
        let counts = step.counts;
        writeln!(
            io::stdout(),
            "{}: {}, {} written, {} skipped",
            step.name,
            step.word(),
            counts.write,
            counts.skipped()
        )?;
    }
    for letter in records.dead_letters(ran.instance_id, 0, 100)? {
        writeln!(io::stdout(), "skipped {}: {}", String::from_utf8_lossy(&letter.payload), letter.error.chain())?;
    }
    // ANCHOR_END: program
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::sync::Arc;

    use diesel::sql_types::BigInt;
    use diesel::{QueryableByName, RunQueryDsl};
    use overnight::db::{Database, OpenOptions, Session};
    use overnight::steps::{self, Connections};
    use overnight::testing::Machine;

    use super::*;

    /// The numbers of the payments in the table, which is empty again afterwards.
    fn taken(database: &Database) -> Vec<i64> {
        #[derive(QueryableByName)]
        struct Number {
            #[diesel(sql_type = BigInt)]
            number: i64,
        }
        let taken = database.write(|session| match session {
            Session::Sqlite(connection) => diesel::sql_query("delete from payment returning number").load(connection),
            Session::Postgres(_) => Ok(Vec::new()),
        });
        let mut numbers: Vec<_> = taken.unwrap().unwrap().into_iter().map(|Number { number }| number).collect();
        numbers.sort_unstable();
        numbers
    }

    // ANCHOR: crash
    #[test]
    fn wherever_the_program_dies_every_payment_is_there_once() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("payments.db").display());
        let database = Database::connect(&url, OpenOptions::default()).unwrap();
        let kinds = steps::kinds(&Arc::new(Connections::over(database.clone())));
        let job = Registry::default().job::<FileImport>().over_kinds(kinds).find("file-import").unwrap();
        let text: String = (1..=250).map(|number| format!("{number};1.50\n")).collect();
        let text = text.replace("\n17;1.50", "\n17;ten");
        // A file of its own is an instance of its own.
        let file = |number: usize| {
            let file = folder.path().join(format!("{number}.txt"));
            fs::write(&file, &text).unwrap();
            FileImport { file }
        };
        let machine = Machine::over(database.repository().unwrap());
        let points = machine.crash_everywhere(
            &job,
            |point| file(point.number),
            |_, ran| {
                assert_eq!(taken(&database), (1..=250).filter(|number| *number != 17).collect::<Vec<_>>());
                assert_eq!(ran.letters.len(), 1);
            },
        );
        assert!(points > 20);
    }
    // ANCHOR_END: crash
}
