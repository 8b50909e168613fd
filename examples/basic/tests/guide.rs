//! The code that the guide shows, run.

use std::error::Error;
use std::pin::pin;
use std::time::Duration;

use overnight::builder::{JobBuilder, StepBuilder};
use overnight::engine::Notice;
use overnight::monitor::Happened;
use overnight::registry::Registry;
use overnight::repository::ChunkError;
use overnight::status::Status;
use overnight::step::chunk::{Chunk, Items, WriteContext};
use overnight::step::{BlockOn as _, Park, StepContext};
use overnight::{BatchError, Engine, EngineBuilder};
use serde_json::json;

type Done = Result<(), Box<dyn Error>>;

/// A job that counts, and a folder with its database.
fn engine(folder: &tempfile::TempDir) -> Result<Engine, Box<dyn Error>> {
    let parts = |_: &(), _: &StepContext<'_>| {
        let write = |_: &[i64], _: &mut WriteContext<'_>| -> Result<(), ChunkError> { Ok(()) };
        Ok(Chunk::read(Items::of(1..=25)).write(write))
    };
    let count = JobBuilder::<()>::new("count").many_instances().step(StepBuilder::chunk("count", 10, parts)).build();
    let wait = StepBuilder::tasklet("wait", |_: &(), step: &mut StepContext<'_>| {
        use overnight::step::Outcome;
        Ok::<_, BatchError>(
            step.stop_token().wait(Duration::from_secs(60)).map_or(Outcome::COMPLETED, Outcome::Stopped),
        )
    });
    let wait = JobBuilder::<()>::new("wait").step(wait).build();
    let url = folder.path().join("guide.db").display().to_string();
    Ok(EngineBuilder::new(Registry::default().built(count).built(wait)).database(url).open()?)
}

#[test]
fn a_job_is_started_and_waited_for() -> Done {
    let folder = tempfile::tempdir()?;
    let engine = engine(&folder)?;
    // ANCHOR: start
    let ran = engine.start("count", json!({}))?;
    match ran.status {
        Status::Completed => {}
        _ => return Err(format!("job {} is {}: {:?}", ran.id, ran.word(), ran.error).into()),
    }
    // ANCHOR_END: start
    // ANCHOR: start_async
    let run = engine.start_async("count", ())?;
    let id = run.id();
    // … the program does something else
    let ran = run.wait()?;
    // ANCHOR_END: start_async
    assert_eq!((ran.id, ran.status), (id, Status::Completed));
    Ok(())
}

#[test]
fn a_job_is_started_in_a_task() -> Done {
    let folder = tempfile::tempdir()?;
    let engine = engine(&folder)?;
    let mut done = Ok(());
    Park.block_on(pin!(async { done = in_a_task(&engine).await }));
    done
}

// ANCHOR: nonblocking
async fn in_a_task(engine: &Engine) -> Result<(), Box<dyn Error>> {
    let run = engine.nonblocking().start_async("count", ()).await?;
    let ran = run.await?;
    assert_eq!(ran.status, Status::Completed);
    Ok(())
}
// ANCHOR_END: nonblocking

#[test]
fn a_job_is_stopped_and_continued() -> Done {
    let folder = tempfile::tempdir()?;
    let engine = engine(&folder)?;
    let run = engine.start_async("wait", ())?;
    // ANCHOR: stop
    engine.stop(run.id())?;
    let stopped = run.wait()?;
    assert_eq!(stopped.status, Status::Stopped);

    let again = engine.restart_async(stopped.id)?;
    // ANCHOR_END: stop
    // ANCHOR: shutdown
    let left = engine.shutdown(Duration::from_secs(30));
    assert!(left.is_empty(), "these runs did not end: {left:?}");
    // ANCHOR_END: shutdown
    assert_eq!(again.wait()?.status, Status::Stopped);
    Ok(())
}

#[test]
fn the_progress_of_a_job_is_heard() -> Done {
    let folder = tempfile::tempdir()?;
    let engine = engine(&folder)?;
    let mut lines = Vec::new();
    // ANCHOR: subscribe
    let heard = engine.subscribe();
    engine.start("count", ())?;
    drop(engine);
    for notice in heard {
        match notice {
            Notice::Event(event) => {
                if let Happened::Progress { step, counts, .. } = &event.happened {
                    lines.push(format!("{step}: {} read", counts.read));
                }
            }
            Notice::Missed(count) => lines.push(format!("{count} events were missed")),
            _ => {}
        }
    }
    // ANCHOR_END: subscribe
    assert_eq!(lines, ["count: 10 read", "count: 20 read", "count: 25 read"]);
    Ok(())
}
