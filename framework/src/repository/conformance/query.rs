//! The reading verbs: filters, pages, sums, and what does not exist.

use serde_json::json;

use super::fixture::{
    JOB, PROJECT, after, begun, commit, end, ended, launched, letter, request, running, start, step, step_end, stored,
    stored_step, taken,
};
use crate::execution::{Counts, DefinitionId, ExecutionId, InstanceId, JobExecution, WorkerId};
use crate::params::InstanceKey;
use crate::repository::{
    ExecutionEnd, ExecutionFilter, LaunchRequest, Lease, Repository, StepEnd, StepLease, StepStart,
};
use crate::row::Value;
use crate::status::{ExitCode, Status, Word};

pub(crate) fn what_does_not_exist_is_nothing_and_no_error(repository: &dyn Repository) {
    assert_eq!(repository.execution(ExecutionId(4711)).unwrap(), None);
    assert_eq!(repository.instance(InstanceId(4711)).unwrap(), None);
    assert_eq!(repository.definition(DefinitionId(4711)).unwrap(), None);
    assert_eq!(repository.worker(WorkerId(4711)).unwrap(), None);
    assert_eq!(repository.find_instance(PROJECT, JOB, InstanceKey::of([]).hash()).unwrap(), None);
    assert_eq!(repository.newest_definition(PROJECT, JOB).unwrap(), None);
    assert!(repository.steps(ExecutionId(4711)).unwrap().is_empty());
    assert!(repository.events(ExecutionId(4711)).unwrap().is_empty());
    assert!(repository.history(InstanceId(4711)).unwrap().is_empty());
    assert!(repository.dead_letters(InstanceId(4711), 0, 10).unwrap().is_empty());
    repository.retire_worker(WorkerId(4711)).unwrap();
}

pub(crate) fn the_clock_of_the_store_is_the_one_that_dates_its_records(repository: &dyn Repository) {
    let before = repository.now().unwrap();
    let created = launched(repository, "monday").execution.created_at;
    let after = repository.now().unwrap();
    assert!(before <= created && created <= after, "{before} {created} {after}");
}

pub(crate) fn executions_come_newest_first(repository: &dyn Repository) {
    let mut ids: Vec<_> = ["monday", "tuesday", "wednesday"].map(|day| launched(repository, day).id()).into();
    ids.reverse();
    assert_eq!(list(repository, &ExecutionFilter::default()), ids);
}

pub(crate) fn executions_are_found_by_project_and_by_job(repository: &dyn Repository) {
    let here = launched(repository, "monday").id();
    let job = LaunchRequest { job_name: "open_books".to_owned(), ..request("monday") };
    let other_job = repository.launch(&job).unwrap().id();
    let project = LaunchRequest { project: "day".to_owned(), ..request("monday") };
    let other_project = repository.launch(&project).unwrap().id();

    let of_job = ExecutionFilter { job: Some(JOB.to_owned()), ..ExecutionFilter::default() };
    assert_eq!(list(repository, &of_job), [other_project, here]);
    let of_project = ExecutionFilter { project: Some(PROJECT.to_owned()), ..ExecutionFilter::default() };
    assert_eq!(list(repository, &of_project), [other_job, here]);
    assert!(list(repository, &ExecutionFilter::newest_of("day", "open_books")).is_empty());
}

pub(crate) fn executions_are_found_by_instance(repository: &dyn Repository) {
    let first = ended(repository, "monday", Status::Failed);
    launched(repository, "tuesday");
    let second = launched(repository, "monday").id();
    let of_instance = ExecutionFilter { instance: Some(first.instance_id), ..ExecutionFilter::default() };
    assert_eq!(list(repository, &of_instance), [second, first.id]);
}

pub(crate) fn executions_are_found_by_the_word_that_operators_read(repository: &dyn Repository) {
    let running = running(repository, "1").execution;
    let starting = launched(repository, "2").id();
    let failed = ended(repository, "3", Status::Failed).id;
    let finished = ended(repository, "4", Status::Completed).id;
    let stopped = ended_as(repository, "5", "STOPPED").id;
    let paused = ended_as(repository, "6", "PAUSED").id;
    for (word, id) in [
        (Word::Running, running),
        (Word::Starting, starting),
        (Word::Failed, failed),
        (Word::Finished, finished),
        (Word::Stopped, stopped),
        (Word::Paused, paused),
    ] {
        assert_eq!(list(repository, &words(&[word])), [id], "{word}");
    }
    assert_eq!(list(repository, &words(&[Word::Paused, Word::Running])), [paused, running]);
    assert!(list(repository, &words(&[Word::Cancelled, Word::Queued, Word::Discarded])).is_empty());
}

fn words(words: &[Word]) -> ExecutionFilter {
    ExecutionFilter { words: words.to_vec(), ..ExecutionFilter::default() }
}

/// An execution that was stopped with this exit code.
fn ended_as(repository: &dyn Repository, key: &str, exit_code: &'static str) -> JobExecution {
    let lease = running(repository, key);
    let end = ExecutionEnd { exit_code: exit_code.into(), ..end(Status::Stopped) };
    repository.end(&lease, &end).unwrap()
}

pub(crate) fn executions_come_in_pages_without_gap_or_double(repository: &dyn Repository) {
    let mut ids: Vec<_> = (0..7).map(|day| launched(repository, &day.to_string()).id()).collect();
    ids.reverse();
    let mut seen = Vec::new();
    loop {
        let page = ExecutionFilter { before: seen.last().copied(), limit: 3, ..ExecutionFilter::default() };
        let page = list(repository, &page);
        assert!(page.len() <= 3 && seen.len() <= ids.len());
        if page.is_empty() {
            break;
        }
        seen.extend(page);
    }
    assert_eq!(seen, ids);
}

pub(crate) fn a_limit_of_zero_is_no_limit(repository: &dyn Repository) {
    for day in 0..60 {
        launched(repository, &day.to_string());
    }
    assert_eq!(list(repository, &ExecutionFilter::default()).len(), 50);
    assert_eq!(list(repository, &ExecutionFilter { limit: 0, ..ExecutionFilter::default() }).len(), 60);
}

/// The instance that was executed last is not the one that was made last.
pub(crate) fn the_newest_of_a_job_is_its_newest_execution(repository: &dyn Repository) {
    let first = ended(repository, "monday", Status::Failed);
    ended(repository, "tuesday", Status::Failed);
    let again = launched(repository, "monday").execution;
    let newest = repository.executions(&ExecutionFilter::newest_of(PROJECT, JOB)).unwrap();
    assert_eq!(newest.iter().map(|row| (row.id, row.instance_id)).collect::<Vec<_>>(), [(again.id, first.instance_id)]);
}

pub(crate) fn an_instance_is_found_by_its_key(repository: &dyn Repository) {
    let execution = launched(repository, "monday").execution;
    launched(repository, "tuesday");
    let key = InstanceKey::of([("day", &Value::from("monday"))]);
    let found = repository.find_instance(PROJECT, JOB, key.hash()).unwrap().unwrap();
    assert_eq!(found.id, execution.instance_id);
    assert_eq!(repository.instance(found.id).unwrap(), Some(found));
    assert_eq!(repository.find_instance(PROJECT, "open_books", key.hash()).unwrap(), None);
    assert_eq!(repository.find_instance("day", JOB, key.hash()).unwrap(), None);
}

pub(crate) fn the_history_of_an_instance_sums_the_runs_of_each_step(repository: &dyn Repository) {
    let first = running(repository, "monday");
    let load = ended_step(repository, &first, (0, 20), Status::Failed);
    repository.end(&first, &end(Status::Failed)).unwrap();
    let second = running(repository, "monday");
    let load_again = ended_step(repository, &second, (0, 30), Status::Completed);
    let post = ended_step(repository, &second, (1, 5), Status::Completed);
    assert!(load_again.step > load.step);

    let instance = stored(repository, second.execution).instance_id;
    let mut history = repository.history(instance).unwrap();
    history.sort_by(|one, two| one.newest.step_key.cmp(&two.newest.step_key));
    let [loads, posts] = history.as_slice() else { panic!("two steps ran: {history:?}") };
    assert_eq!((loads.newest.id, loads.starts, loads.total.read, loads.total.commit), (load_again.step, 2, 50, 5));
    assert_eq!((posts.newest.id, posts.starts, posts.total.read), (post.step, 1, 5));
    assert_eq!(loads.newest, repository.steps(second.execution).unwrap()[0]);
}

/// It runs again and again, and what it counted when it was complete belongs to the past.
pub(crate) fn the_history_of_a_step_sums_its_last_pass_and_counts_all_its_starts(repository: &dyn Repository) {
    let mut sums = Vec::new();
    for (read, status) in [
        (20, Status::Failed),
        (30, Status::Completed),
        (5, Status::Failed),
        (7, Status::Stopped),
        (1, Status::Completed),
        (2, Status::Completed),
    ] {
        let lease = running(repository, "monday");
        ended_step(repository, &lease, (0, read), status);
        let history = repository.history(stored(repository, lease.execution).instance_id).unwrap();
        sums.push((history[0].total.read, history[0].starts));
        repository.end(&lease, &end(Status::Failed)).unwrap();
    }
    assert_eq!(sums, [(20, 1), (50, 2), (5, 3), (12, 4), (13, 5), (2, 6)]);
}

pub(crate) fn a_pass_over_a_step_is_none_of_its_starts(repository: &dyn Repository) {
    let mut known = Vec::new();
    for exit_code in [ExitCode::NOOP, ExitCode::FAILED, ExitCode::NOOP, ExitCode::COMPLETED] {
        let lease = running(repository, "monday");
        let step = step(repository, &lease, 0);
        let status = if exit_code == ExitCode::FAILED { Status::Failed } else { Status::Completed };
        repository.end_step(&step, &StepEnd { exit_code, ..step_end(status) }).unwrap();
        let history = repository.history(stored(repository, lease.execution).instance_id).unwrap();
        known.push((history[0].starts, history[0].newest.exit_code.clone()));
        repository.end(&lease, &end(Status::Failed)).unwrap();
    }
    // Nor does it hide what was left before it.
    let expected = [(0, ExitCode::NOOP), (1, ExitCode::FAILED), (1, ExitCode::FAILED), (2, ExitCode::COMPLETED)];
    assert_eq!(known, expected);
}

pub(crate) fn a_live_step_is_part_of_the_history(repository: &dyn Repository) {
    let lease = running(repository, "monday");
    let live = step(repository, &lease, 0);
    commit(repository, &live, &after(10)).unwrap();
    let history = repository.history(stored(repository, lease.execution).instance_id).unwrap();
    let [only] = history.as_slice() else { panic!("one step ran: {history:?}") };
    assert_eq!((only.newest.id, only.newest.checkpoint.clone()), (live.step, Some(json!({"offset": 10}))));
    assert_eq!((only.starts, only.total), (1, after(10).counts));
}

pub(crate) fn the_history_is_by_key_and_not_by_place_or_name(repository: &dyn Repository) {
    let first = running(repository, "monday");
    step(repository, &first, 0);
    taken(repository, first);
    let second = running(repository, "monday");
    let moved = StepStart { step_key: "step-0".to_owned(), name: "Renamed".to_owned(), ..start(3) };
    let moved = repository.begin_step(&second, &moved).unwrap();
    let history = repository.history(stored(repository, second.execution).instance_id).unwrap();
    let [only] = history.as_slice() else { panic!("one key ran: {history:?}") };
    assert_eq!((&only.newest, only.starts), (&moved, 2));
}

pub(crate) fn the_history_of_one_instance_is_not_that_of_another(repository: &dyn Repository) {
    let (monday, tuesday) = (running(repository, "monday"), running(repository, "tuesday"));
    ended_step(repository, &monday, (0, 20), Status::Completed);
    let instance = stored(repository, tuesday.execution).instance_id;
    assert!(repository.history(instance).unwrap().is_empty());
}

/// A step at this place that read and wrote so many items and ended so.
fn ended_step(repository: &dyn Repository, lease: &Lease, (place, read): (i32, u64), status: Status) -> StepLease {
    let step = step(repository, lease, place);
    let counts = Counts { ..after(read).counts };
    repository.end_step(&step, &StepEnd { counts, ..step_end(status) }).unwrap();
    step
}

pub(crate) fn dead_letters_come_oldest_first_in_pages(repository: &dyn Repository) {
    let lease = step(repository, &running(repository, "monday"), 0);
    bury(repository, &lease, 0..5);
    bury(repository, &lease, 5..7);
    let instance = stored(repository, lease.lease.execution).instance_id;
    let (mut lines, mut last) = (Vec::new(), 0);
    loop {
        let page = repository.dead_letters(instance, last, 3).unwrap();
        assert!(page.len() <= 3);
        let Some(newest) = page.last() else { break };
        assert!(newest.id > last);
        last = newest.id;
        lines.extend(page.iter().map(|letter| letter.position["line"].as_u64().unwrap()));
    }
    assert_eq!(lines, (0..7).collect::<Vec<_>>());
}

pub(crate) fn dead_letters_are_kept_over_the_executions_of_their_instance(repository: &dyn Repository) {
    let first = step(repository, &running(repository, "monday"), 0);
    bury(repository, &first, 0..1);
    taken(repository, first.lease);
    let second = step(repository, &begun(repository, &request("monday")), 0);
    bury(repository, &second, 1..2);
    let other = step(repository, &running(repository, "tuesday"), 0);
    bury(repository, &other, 2..3);

    let instance = stored(repository, second.lease.execution).instance_id;
    let letters = repository.dead_letters(instance, 0, 100).unwrap();
    let of_steps: Vec<_> = letters.iter().map(|letter| letter.step_execution_id).collect();
    assert_eq!(of_steps, [first.step, second.step]);
}

/// Commits a chunk with the dead letters of these lines.
fn bury(repository: &dyn Repository, lease: &StepLease, lines: std::ops::Range<u64>) {
    let before = stored_step(repository, lease).counts.read;
    let mut chunk = repository.begin_chunk(lease).unwrap();
    chunk.dead_letters(&lines.map(letter).collect::<Vec<_>>()).unwrap();
    chunk.commit(&after(before + 10)).unwrap();
}

fn list(repository: &dyn Repository, filter: &ExecutionFilter) -> Vec<ExecutionId> {
    repository.executions(filter).unwrap().iter().map(|row| row.id).collect()
}
