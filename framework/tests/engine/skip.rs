//! Skip policies: how many, of which errors, and when that is checked.

use overnight_framework::BatchError;
use overnight_framework::policy::{ErrorNames, SkipLimit, SkipPolicy};
use overnight_framework::status::Status;

use super::support::{Chunks, Record, World, failed, job_of, numbers, refusing, skips};

/// Numbers with every so manieth record bad.
fn spoilt(count: i64, every: i64) -> Vec<Record> {
    (1..=count).map(|number| if number % every == 0 { Record::Bad("x") } else { Record::Good(number) }).collect()
}

#[test]
fn the_first_bad_record_beyond_the_limit_fails_the_step_and_its_chunk_is_rolled_back() {
    for (limit, status, rows) in [(3, Status::Completed, 27), (2, Status::Failed, 18)] {
        let world = World::new();
        let ran = world.run(&job_of(Chunks { skip: skips(limit), ..Chunks::of(spoilt(30, 10)) }.step()));
        assert_eq!(ran.status, status);
        assert_eq!(world.rows().len(), rows);
        assert_eq!(world.letters(&ran).len() as u64, limit.min(3));
    }
}

#[test]
fn reading_processing_and_writing_share_one_limit() {
    let world = World::new();
    let mut records = numbers(1..=9);
    records[0] = Record::Bad("x");
    let chunks = Chunks { skip: skips(2), ..Chunks::of(records) }
        .processing(|item| if *item == 5 { Err("no".into()) } else { Ok(Some(*item)) })
        .accepting(refusing([8]));
    let ran = world.run(&job_of(chunks.step()));
    assert_eq!(failed(&ran), ("InvalidRow", "one bad record more than the skip limit of 2 allows"));
    let told = "these bad records are in the same chunk, which is not written:\nitem 1: InvalidRow: bad record x\nitem 5: Error: no";
    assert_eq!(ran.error.as_ref().unwrap().causes, ["8 is refused", told]);
    assert!(world.rows().is_empty() && world.letters(&ran).is_empty());
}

#[test]
fn what_to_do_about_a_record_is_told_also_where_others_stand_beside_it() {
    let world = World::new();
    let advised =
        |item: &i64| BatchError::new("InvalidRow", format!("{item} is odd")).with_help(format!("look at {item}"));
    let chunks = Chunks { skip: skips(1), ..Chunks::of(numbers(1..=3)) }
        .processing(move |item| if item % 2 == 1 { Err(advised(item)) } else { Ok(Some(*item)) });
    let error = world.run(&job_of(chunks.step())).error.unwrap();
    assert_eq!((error.causes[0].as_str(), error.help.as_deref()), ("3 is odd", Some("look at 3")));
    assert!(error.causes[1].ends_with("item 1: InvalidRow: 1 is odd"), "{error:?}");
}

#[test]
fn an_error_that_the_policy_does_not_name_is_not_skipped() {
    let world = World::new();
    let errors = ErrorNames::Named(vec!["InvalidRow".to_owned()]);
    let skip = SkipPolicy { limit: SkipLimit::Count(10), errors };
    let chunks = Chunks { skip, ..Chunks::of(numbers(1..=3)) };
    let job = job_of(chunks.processing(|_| Err(BatchError::new("Overdrawn", "no money"))).step());
    let ran = world.run(&job);
    assert_eq!(failed(&ran), ("Overdrawn", "no money"));
    assert!(world.letters(&ran).is_empty());
}

#[test]
fn a_percentage_is_generous_while_the_step_runs_and_exact_at_its_end() {
    let one_percent = SkipPolicy { limit: SkipLimit::PerMillion(10_000), errors: ErrorNames::Any };
    for (records, status) in [(spoilt(300, 100), Status::Completed), (spoilt(297, 99), Status::Failed)] {
        let world = World::new();
        let ran = world.run(&job_of(Chunks { skip: one_percent.clone(), ..Chunks::of(records) }.step()));
        assert_eq!(ran.status, status);
        // While it ran nothing was too much: all good records are written.
        assert_eq!(world.letters(&ran).len(), 3);
    }
}

#[test]
fn a_percentage_that_is_exceeded_at_the_end_says_so_before_the_writer_finishes() {
    let world = World::new();
    let skip = SkipPolicy { limit: SkipLimit::PerMillion(10_000), errors: ErrorNames::Any };
    let chunks = Chunks { skip, ..Chunks::of(spoilt(50, 10)) };
    let journal = chunks.journal.clone();
    let ran = world.run(&job_of(chunks.step()));
    assert_eq!(failed(&ran), ("SkipLimitExceeded", "5 of 50 records were skipped, more than the limit of 1%"));
    assert_eq!((journal.count("finished"), journal.count("writer closed")), (0, 1));
}

#[test]
fn a_percentage_ends_a_step_that_only_reads_rubbish_before_it_has_read_everything() {
    let world = World::new();
    let skip = SkipPolicy { limit: SkipLimit::PerMillion(10_000), errors: ErrorNames::Any };
    let ran = world.run(&job_of(Chunks { skip, ..Chunks::of(spoilt(5_000, 1)) }.step()));
    assert_eq!(failed(&ran), ("InvalidRow", "one bad record more than the skip limit of 1% allows"));
    assert_eq!(world.letters(&ran).len(), 100);
}

#[test]
fn the_dead_letter_tells_the_error_with_all_its_causes() {
    let world = World::new();
    let chunks = Chunks { skip: skips(1), ..Chunks::of(numbers(1..=2)) };
    let chunks = chunks.processing(|item| match item {
        2 => Err(BatchError::new("Overdrawn", "no money").with_source(std::io::Error::other("account 7"))),
        _ => Ok(Some(*item)),
    });
    let ran = world.run(&job_of(chunks.step()));
    let letter = &world.letters(&ran)[0];
    assert_eq!((letter.error.name.as_str(), letter.error.chain().as_str()), ("Overdrawn", "no money: account 7"));
    assert_eq!(letter.step_key, "step");
}
