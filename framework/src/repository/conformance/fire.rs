//! Ticks and messages: each is taken once, with the run that it asks for, and what cannot be used is kept.

use std::sync::Barrier;
use std::thread;

use chrono::{DateTime, TimeDelta, Utc};

use super::fixture::{JOB, PROJECT, ended, request, running, stored};
use crate::launch::Restartability;
use crate::repository::{
    ExecutionFilter, Fire, FireOutcome, FireRecord, Fired, Firing, LaunchRequest, MessageId, NewMessage, Reject,
    Repository, TriggerKey, TriggerWatch,
};
use crate::status::Status;

fn trigger(name: &str) -> TriggerKey {
    TriggerKey { project: PROJECT.to_owned(), job: JOB.to_owned(), name: name.to_owned() }
}

/// The fire of the trigger `nightly` with this key, which asks for the run of `request`.
fn launching<'r>(key: &str, request: &'r LaunchRequest) -> Fire<'r> {
    let what = Firing::Launch { request, unless_running: false };
    Fire { trigger: trigger("nightly"), key: key.to_owned(), scheduled_at: None, message: None, what }
}

fn passing(key: &str, outcome: FireOutcome) -> Fire<'static> {
    let what = Firing::Pass { outcome, reason: "nobody was there".to_owned() };
    Fire { trigger: trigger("nightly"), key: key.to_owned(), scheduled_at: None, message: None, what }
}

#[track_caller]
fn taken(fired: Fired) -> FireRecord {
    match fired {
        Fired::New(record) => record,
        other => panic!("it is not new: {other:?}"),
    }
}

fn published(repository: &dyn Repository, key: &str) -> MessageId {
    let (project, topic) = (PROJECT.to_owned(), "orders".to_owned());
    repository.publish(&NewMessage { project, topic, key: key.to_owned(), body: r#"{"day":1}"#.to_owned() }).unwrap()
}

fn topic(repository: &dyn Repository) -> Vec<MessageId> {
    let messages = repository.messages(PROJECT, "orders", MessageId(0), 100).unwrap();
    messages.into_iter().map(|message| message.id).collect()
}

fn executions(repository: &dyn Repository) -> usize {
    repository.executions(&ExecutionFilter { limit: 0, ..ExecutionFilter::default() }).unwrap().len()
}

fn reject(key: Option<&str>, payload: &str) -> Reject {
    Reject {
        trigger: trigger("orders"),
        key: key.map(str::to_owned),
        payload: payload.to_owned(),
        reason: "`day` is missing".to_owned(),
        path: Some("message.body.day".to_owned()),
        message: None,
        again: false,
    }
}

pub(crate) fn s3_9_a_tick_is_taken_with_its_run(repository: &dyn Repository) {
    let at = repository.now().unwrap();
    let asked = request("monday");
    let record = taken(repository.fire(&Fire { scheduled_at: Some(at), ..launching("k", &asked) }).unwrap());
    assert_eq!((record.outcome, record.key.as_str(), record.scheduled_at), (FireOutcome::Launched, "k", Some(at)));
    let run = stored(repository, record.execution.unwrap());
    assert_eq!((run.status, &run.params), (Status::Queued, &asked.params));
    assert_eq!(repository.fires(&trigger("nightly"), 10).unwrap(), [record]);
}

pub(crate) fn s3_9_the_same_key_is_taken_once(repository: &dyn Repository) {
    let first = taken(repository.fire(&launching("k", &request("monday"))).unwrap());
    let again = repository.fire(&launching("k", &request("tuesday"))).unwrap();
    assert_eq!(again, Fired::Known(first));
    assert_eq!(executions(repository), 1);
}

pub(crate) fn the_same_key_of_another_trigger_is_another_fire(repository: &dyn Repository) {
    taken(repository.fire(&launching("k", &request("monday"))).unwrap());
    let asked = request("tuesday");
    taken(repository.fire(&Fire { trigger: trigger("hourly"), ..launching("k", &asked) }).unwrap());
    assert_eq!(executions(repository), 2);
}

pub(crate) fn s3_9_of_eight_schedulers_one_starts_the_run(repository: &dyn Repository) {
    let start = Barrier::new(8);
    let asked = request("monday");
    let new = thread::scope(|scope| {
        let fires: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(|| {
                    start.wait();
                    matches!(repository.fire(&launching("k", &asked)).unwrap(), Fired::New(_))
                })
            })
            .collect();
        fires.into_iter().map(|fire| fire.join().unwrap()).filter(|new| *new).count()
    });
    assert_eq!((new, executions(repository)), (1, 1));
}

pub(crate) fn a_tick_without_a_run_is_recorded_with_the_reason(repository: &dyn Repository) {
    for outcome in FireOutcome::ALL {
        let record = taken(repository.fire(&passing(outcome.as_str(), outcome)).unwrap());
        assert_eq!((record.outcome, record.execution), (outcome, None));
        assert_eq!(record.reason.as_deref(), Some("nobody was there"));
    }
    assert_eq!(executions(repository), 0);
}

pub(crate) fn a_run_that_is_refused_is_recorded_and_no_error(repository: &dyn Repository) {
    let complete = ended(repository, "monday", Status::Completed);
    let record = taken(repository.fire(&launching("complete", &request("monday"))).unwrap());
    assert_eq!((record.outcome, record.execution), (FireOutcome::Complete, None));
    assert!(record.reason.unwrap().contains(&format!("already finished (job {})", complete.id)));
    running(repository, "tuesday");
    let record = taken(repository.fire(&launching("running", &request("tuesday"))).unwrap());
    assert_eq!((record.outcome, record.execution), (FireOutcome::Skipped, None));
    ended(repository, "friday", Status::Failed);
    let once = LaunchRequest { restartability: Restartability::Once, ..request("friday") };
    let record = taken(repository.fire(&launching("once", &once)).unwrap());
    assert_eq!((record.outcome, record.execution), (FireOutcome::Refused, None));
}

pub(crate) fn a_fire_continues_what_failed(repository: &dyn Repository) {
    let failed = ended(repository, "monday", Status::Failed);
    let record = taken(repository.fire(&launching("k", &request("monday"))).unwrap());
    assert_eq!(stored(repository, record.execution.unwrap()).previous_id, Some(failed.id));
}

pub(crate) fn no_run_is_begun_beside_another_when_that_was_asked_for(repository: &dyn Repository) {
    let other = running(repository, "monday").execution;
    let asked = request("tuesday");
    let what = Firing::Launch { request: &asked, unless_running: true };
    let record = taken(repository.fire(&Fire { what, ..launching("k", &asked) }).unwrap());
    assert_eq!((record.outcome, record.execution), (FireOutcome::Skipped, None));
    assert_eq!(record.reason.unwrap(), format!("job {other} of {JOB} is running"));
    taken(repository.fire(&launching("l", &asked)).unwrap());
    assert_eq!(executions(repository), 2);
}

pub(crate) fn s3_8_a_message_leaves_its_topic_with_its_run(repository: &dyn Repository) {
    let message = published(repository, "m1");
    let asked = request("monday");
    let fire = Fire { message: Some(message), ..launching("m1", &asked) };
    taken(repository.fire(&fire).unwrap());
    assert_eq!((topic(repository), executions(repository)), (Vec::new(), 1));
    assert_eq!(repository.fire(&fire).unwrap(), Fired::Gone);
}

pub(crate) fn s3_8_a_message_that_was_published_twice_starts_one_run(repository: &dyn Repository) {
    let asked = request("monday");
    for message in [published(repository, "m1"), published(repository, "m1")] {
        repository.fire(&Fire { message: Some(message), ..launching("m1", &asked) }).unwrap();
    }
    assert_eq!((topic(repository), executions(repository)), (Vec::new(), 1));
}

pub(crate) fn of_eight_that_take_the_messages_of_a_topic_each_is_taken_once(repository: &dyn Repository) {
    let messages: Vec<_> = (0..16).map(|number| published(repository, &format!("m{number}"))).collect();
    let start = Barrier::new(8);
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                start.wait();
                for message in &messages {
                    let asked = request(&format!("day {}", message.0));
                    let key = format!("m{}", message.0);
                    repository.fire(&Fire { message: Some(*message), ..launching(&key, &asked) }).unwrap();
                }
            });
        }
    });
    assert_eq!((topic(repository), executions(repository)), (Vec::new(), 16));
}

pub(crate) fn the_messages_of_a_topic_come_oldest_first_in_pages(repository: &dyn Repository) {
    let ids: Vec<_> = (0..3).map(|number| published(repository, &format!("m{number}"))).collect();
    let page = |after, limit| repository.messages(PROJECT, "orders", after, limit).unwrap();
    assert_eq!(page(MessageId(0), 2).iter().map(|message| message.id).collect::<Vec<_>>(), ids[..2]);
    let [last] = <[_; 1]>::try_from(page(ids[1], 2)).unwrap();
    assert_eq!((last.id, last.key.as_str(), last.body.as_str()), (ids[2], "m2", r#"{"day":1}"#));
    assert!(repository.messages(PROJECT, "other", MessageId(0), 2).unwrap().is_empty());
    assert!(repository.messages("day", "orders", MessageId(0), 2).unwrap().is_empty());
}

pub(crate) fn s3_8_a_message_that_cannot_be_used_is_kept_and_leaves_its_topic(repository: &dyn Repository) {
    let message = published(repository, "m1");
    let refused = Reject { message: Some(message), ..reject(Some("m1"), "{}") };
    assert!(repository.reject(&refused).unwrap());
    assert!(topic(repository).is_empty());
    assert!(!repository.reject(&refused).unwrap(), "it is gone");
    let [kept] = <[_; 1]>::try_from(repository.rejects(&trigger("orders"), 10).unwrap()).unwrap();
    assert_eq!((kept.key.as_deref(), kept.payload.as_str()), (Some("m1"), "{}"));
    assert_eq!((kept.reason.as_str(), kept.path.as_deref()), ("`day` is missing", Some("message.body.day")));
}

pub(crate) fn a_message_that_is_refused_again_is_kept_once(repository: &dyn Repository) {
    assert!(repository.reject(&reject(Some("m1"), "{}")).unwrap());
    assert!(!repository.reject(&reject(Some("m1"), "{}")).unwrap());
    assert!(repository.reject(&reject(None, "{}")).unwrap());
    assert!(!repository.reject(&Reject { again: true, ..reject(None, "{}") }).unwrap());
    assert!(repository.reject(&reject(None, "{}")).unwrap(), "another one that says the same");
    assert_eq!(repository.rejects(&trigger("orders"), 10).unwrap().len(), 3);
}

pub(crate) fn of_a_long_message_the_beginning_is_kept(repository: &dyn Repository) {
    let long = "ä".repeat(Reject::LONGEST);
    repository.reject(&reject(Some("m1"), &long)).unwrap();
    let kept = repository.rejects(&trigger("orders"), 1).unwrap().pop().unwrap().payload;
    assert!(kept.len() <= Reject::LONGEST && long.starts_with(&kept) && kept.len() > Reject::LONGEST - 2);
}

fn watch(enabled: bool, source: &str) -> TriggerWatch {
    TriggerWatch { trigger: trigger("nightly"), enabled, source: source.to_owned() }
}

pub(crate) fn a_trigger_fires_for_the_time_since_it_was_first_served(repository: &dyn Repository) {
    let before = repository.now().unwrap();
    let since = repository.watch(&watch(true, "0 22 * * *")).unwrap();
    assert!(since >= before);
    assert_eq!(repository.watch(&watch(true, "0 22 * * *")).unwrap(), since);
}

pub(crate) fn a_trigger_that_is_edited_or_switched_on_again_begins_anew(repository: &dyn Repository) {
    let since = repository.watch(&watch(true, "0 22 * * *")).unwrap();
    let edited = repository.watch(&watch(true, "0 23 * * *")).unwrap();
    assert!(edited > since);
    let off = repository.watch(&watch(false, "0 23 * * *")).unwrap();
    assert!(off > edited);
    assert!(repository.watch(&watch(true, "0 23 * * *")).unwrap() > off);
}

pub(crate) fn a_trigger_goes_on_after_its_newest_tick(repository: &dyn Repository) {
    let since = repository.watch(&watch(true, "0 22 * * *")).unwrap();
    let tick = |hours| since + TimeDelta::hours(hours);
    for hours in [-1, 3, 2] {
        let at: DateTime<Utc> = tick(hours);
        let fire = Fire { scheduled_at: Some(at), ..passing(&hours.to_string(), FireOutcome::Missed) };
        taken(repository.fire(&fire).unwrap());
        let after = if hours < 0 { since } else { tick(3) };
        assert_eq!(repository.watch(&watch(true, "0 22 * * *")).unwrap(), after);
    }
}

pub(crate) fn triggers_are_listed_with_what_they_took_and_refused(repository: &dyn Repository) {
    let since = repository.watch(&watch(true, "0 22 * * *")).unwrap();
    let orders = TriggerWatch { trigger: trigger("orders"), enabled: false, source: "topic orders".to_owned() };
    repository.watch(&orders).unwrap();
    repository.fire(&passing("first", FireOutcome::Missed)).unwrap();
    let last = taken(repository.fire(&passing("last", FireOutcome::Missed)).unwrap());
    repository.reject(&reject(None, "{}")).unwrap();
    let [nightly, orders] = <[_; 2]>::try_from(repository.triggers(PROJECT).unwrap()).unwrap();
    assert_eq!((&nightly.trigger, nightly.enabled, nightly.since), (&trigger("nightly"), true, since));
    assert_eq!((nightly.source.as_str(), nightly.fires, nightly.rejects), ("0 22 * * *", 2, 0));
    assert_eq!(nightly.last, Some(last));
    assert_eq!((orders.enabled, orders.last, orders.fires, orders.rejects), (false, None, 0, 1));
    assert!(repository.triggers("day").unwrap().is_empty());
}
