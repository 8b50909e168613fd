//! Values on their way into the store and back: not a letter, digit or byte may change.

use serde_json::{Value, json};

use super::fixture::{
    after, begun, commit, end, first_step, letter, object, order, request, running, start, step, step_end, stored,
    stored_step, text,
};
use crate::execution::ErrorRecord;
use crate::repository::{
    ChunkCommit, DeadLetter, ExecutionEnd, LaunchRequest, Payload, Phase, Repository, StepEnd, StepStart, StopOrder,
};
use crate::status::{Status, StopIntent};

/// Text that some encoding, escape or collation somewhere would break.
const TEXT: &str = "Zürich 北京 \u{1f4b6} e\u{301} ' \" \\ \\u0041 %s $1 ? -- \t\r\n \u{7f} \u{2028} {}";

/// A document with everything that JSON has, numbers at their edges, and the character that jsonb refuses.
fn document() -> Value {
    json!({
        "text": TEXT,
        "nul": "a\0b",
        TEXT: "as a name",
        "": "the empty name",
        "numbers": [0, -1, i64::MAX, i64::MIN, u64::MAX, 0.1, -2.5, 1e16, 1.0],
        "others": [null, true, false, "", [], {}],
        "deep": [[[{"a": [{"b": null}]}]]],
    })
}

pub(crate) fn the_documents_of_an_execution_are_kept_to_the_letter(repository: &dyn Repository) {
    let params = object(document());
    let lease = begun(repository, &LaunchRequest { params: params.clone(), ..request("monday") });
    let step = step(repository, &lease, 0);
    let promoted = StepEnd { promoted: object(document()), ..step_end(Status::Completed) };
    repository.end_step(&step, &promoted).unwrap();
    let told = ExecutionEnd { result: Some(document()), error: Some(broken()), ..end(Status::Failed) };
    repository.end(&lease, &told).unwrap();
    let row = stored(repository, lease.execution);
    assert_eq!((row.params, row.context), (params, object(document())));
    assert_eq!((row.result, row.error), (Some(document()), Some(cleaned())));
}

pub(crate) fn the_documents_of_a_step_are_kept_to_the_letter(repository: &dyn Repository) {
    let lease = running(repository, "monday");
    let told = StepStart { checkpoint: Some(document()), context: object(document()), ..start(0) };
    let begun = repository.begin_step(&lease, &told).unwrap();
    assert_eq!((begun.checkpoint, begun.context), (told.checkpoint, told.context));

    let step = step(repository, &lease, 1);
    commit(repository, &step, &ChunkCommit { checkpoint: document(), ..after(1) }).unwrap();
    let told = StepEnd {
        context: object(document()),
        outputs: object(document()),
        error: Some(broken()),
        ..step_end(Status::Failed)
    };
    repository.end_step(&step, &told).unwrap();
    let row = stored_step(repository, &step);
    assert_eq!((row.checkpoint, row.context), (Some(document()), object(document())));
    assert_eq!((row.outputs, row.error), (object(document()), Some(cleaned())));
}

pub(crate) fn a_checkpoint_may_be_any_json(repository: &dyn Repository) {
    let lease = first_step(repository, "monday");
    let values = [json!(7), json!("key"), json!([1, "a"]), json!({}), json!(false), json!(0.25)];
    for (checkpoint, read) in values.into_iter().zip((10..).step_by(10)) {
        commit(repository, &lease, &ChunkCommit { checkpoint: checkpoint.clone(), ..after(read) }).unwrap();
        assert_eq!(stored_step(repository, &lease).checkpoint, Some(checkpoint));
    }
}

/// An error that quotes the input that broke it.
fn broken() -> ErrorRecord {
    ErrorRecord {
        name: "InvalidRow".to_owned(),
        message: format!("line 7: {TEXT}\0"),
        causes: vec![TEXT.to_owned(), String::new(), "\0".to_owned()],
        help: Some(format!("{TEXT}\0")),
        step: Some("load".to_owned()),
        position: Some(document()),
    }
}

pub(crate) fn the_payload_of_a_dead_letter_is_kept_to_the_byte(repository: &dyn Repository) {
    let lease = first_step(repository, "monday");
    let sent = DeadLetter {
        phase: Phase::Read,
        position: document(),
        payload: Payload { kind: "csv", bytes: (0..=u8::MAX).collect() },
        error: broken(),
    };
    let process = DeadLetter { phase: Phase::Process, payload: Payload { kind: "json", bytes: vec![] }, ..letter(2) };
    let mut chunk = repository.begin_chunk(&lease).unwrap();
    chunk.dead_letters(&[sent.clone(), process.clone()]).unwrap();
    chunk.commit(&after(1)).unwrap();
    let instance = stored(repository, lease.lease.execution).instance_id;
    let kept = repository.dead_letters(instance, 0, 10).unwrap();
    assert_eq!(kept.len(), 2);
    let read = DeadLetter { position: cleaned_document(), error: cleaned(), ..sent };
    for (kept, sent) in kept.iter().zip([read, process]) {
        assert_eq!((kept.phase, &kept.position, &kept.error), (sent.phase, &sent.position, &sent.error));
        assert_eq!((&kept.payload, kept.payload_kind.as_str()), (&sent.payload.bytes, sent.payload.kind));
    }
}

/// What a store keeps of it: see [`clean`](crate::repository::clean()).
fn cleaned() -> ErrorRecord {
    let clean = |text: &str| text.replace('\0', "\u{fffd}");
    ErrorRecord {
        message: clean(&broken().message),
        causes: broken().causes.iter().map(|cause| clean(cause)).collect(),
        help: broken().help.as_deref().map(clean),
        position: Some(cleaned_document()),
        ..broken()
    }
}

/// The document of a diagnosis, where the character that jsonb refuses is replaced.
fn cleaned_document() -> Value {
    let Value::Object(mut map) = document() else { panic!("the document is an object") };
    map.insert("nul".to_owned(), "a\u{fffd}b".into());
    map.into()
}

pub(crate) fn text_is_kept_to_the_letter(repository: &dyn Repository) {
    let asked = LaunchRequest {
        target: TEXT.to_owned(),
        triggered_by: TEXT.to_owned(),
        reason: Some(TEXT.to_owned()),
        base_dir: Some(TEXT.to_owned()),
        labels: [(TEXT.to_owned(), TEXT.to_owned())].into(),
        revision: text(TEXT),
        ..request(TEXT)
    };
    let launched = repository.launch(&asked).unwrap().execution;
    let row = stored(repository, launched.id);
    assert_eq!((&row.target, &row.triggered_by, &row.reason), (&asked.target, &asked.triggered_by, &asked.reason));
    assert_eq!((&row.base_dir, &row.labels), (&asked.base_dir, &asked.labels));
    let definition = repository.definition(row.definition_id.unwrap()).unwrap().unwrap();
    assert_eq!(definition.yaml, TEXT);
    let instance = repository.instance(row.instance_id).unwrap().unwrap();
    assert_eq!(instance.params, asked.key.text());
}

/// A message must not fail the statement that reports it: PostgreSQL keeps no U+0000 in text.
pub(crate) fn a_nul_in_plain_text_is_kept_as_the_replacement_character(repository: &dyn Repository) {
    let asked = LaunchRequest { triggered_by: "a\0b".to_owned(), reason: Some("a\0b".to_owned()), ..request("monday") };
    let lease = begun(repository, &asked);
    let ordered = StopOrder {
        by: "c\0d".to_owned(),
        reason: Some("e\0f".to_owned()),
        ..order(lease.execution, StopIntent::Stopped)
    };
    repository.request_stop(&ordered).unwrap();
    let told = ExecutionEnd { exit_code: "g\0h".into(), exit_message: Some("i\0j".to_owned()), ..end(Status::Failed) };
    repository.end(&lease, &told).unwrap();
    let row = stored(repository, lease.execution);
    assert_eq!((row.triggered_by.as_str(), row.stop_by.as_deref()), ("a\u{fffd}b", Some("c\u{fffd}d")));
    assert_eq!((row.reason.as_deref(), row.exit_code.as_str()), (Some("e\u{fffd}f"), "g\u{fffd}h"));
    assert_eq!(row.exit_message.as_deref(), Some("i\u{fffd}j"));
    let events = repository.events(lease.execution).unwrap();
    assert!(events.iter().any(|event| event.actor == "c\u{fffd}d" && event.reason.as_deref() == Some("e\u{fffd}f")));
}

pub(crate) fn large_values_are_kept_whole(repository: &dyn Repository) {
    let large = "ü".repeat(1 << 20);
    let lease = first_step(repository, "monday");
    commit(repository, &lease, &ChunkCommit { checkpoint: json!({"seen": &large}), ..after(1) }).unwrap();
    assert_eq!(stored_step(repository, &lease).checkpoint, Some(json!({"seen": &large})));
    let error = ErrorRecord { message: large.clone(), ..cleaned() };
    let told = ExecutionEnd { exit_message: Some(large), error: Some(error), ..end(Status::Failed) };
    repository.end(&lease.lease, &told).unwrap();
    let row = stored(repository, lease.lease.execution);
    assert_eq!((row.exit_message, row.error), (told.exit_message, told.error));
}

pub(crate) fn nothing_and_the_empty_text_are_not_the_same(repository: &dyn Repository) {
    let launch = |key: &str, text: Option<&str>| {
        let text = text.map(str::to_owned);
        let asked = LaunchRequest { base_dir: text.clone(), reason: text, ..request(key) };
        let row = stored(repository, repository.launch(&asked).unwrap().id());
        (row.base_dir, row.reason)
    };
    assert_eq!(launch("monday", None), (None, None));
    assert_eq!(launch("tuesday", Some("")), (Some(String::new()), Some(String::new())));
}
