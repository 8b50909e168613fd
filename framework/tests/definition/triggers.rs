//! What ticks and messages give to the runs that they start.

use std::time::Duration;

use chrono::{DateTime, Utc};
use overnight_framework::trigger::{JsonObject, Message, MissedPolicy, Queue, Source, Trigger, TriggerError};
use serde_json::{Value, json};

use super::support::job;

const JOB: &str = "\
name: j
params:
  day: { type: date, required: true }
  n: { type: integer, maximum: 5 }
  rate: { type: decimal }
  wait: { type: duration }
  out: { type: path }
  doc: { type: json }
  who: { type: string, default: HQ }
steps: [{ name: a, tasklet: { echo: {} } }]
";

/// The one trigger of a job with these lines in it.
fn trigger(lines: &str) -> Trigger {
    let lines: String = lines.trim().lines().map(|line| format!("    {}\n", line.trim())).collect();
    job(&format!("{JOB}triggers:\n  - name: t\n{lines}")).job.triggers.remove(0)
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn message(body: Value) -> Message {
    Message { id: Some("m-1".to_owned()), topic: "requests".to_owned(), body }
}

/// What a message gives to a trigger with these `params`.
fn given(params: &str, body: Value) -> Result<JsonObject, TriggerError> {
    let trigger = trigger(&format!("queue: {{ topic: requests }}\nparams: {params}"));
    trigger.on_message(&message(body)).map(|(_, params)| params)
}

/// The path and the reason with which a message is rejected.
fn rejected(params: &str, body: Value) -> (String, String) {
    let TriggerError { path, reason, .. } = given(params, body).unwrap_err();
    (path, reason)
}

#[test]
fn a_tick_gives_the_day_of_its_own_zone() {
    let trigger = trigger(
        "cron: 30 0 * * *
         timezone: Europe/Berlin
         params: { day: \"${{ trigger.local_date }}\", who: \"${{ trigger.name }} at ${{ trigger.scheduled_at }}\", n: 3 }",
    );
    let given = trigger.on_tick(at("2026-10-29T23:30:00Z")).unwrap();
    let expected = json!({ "day": "2026-10-30", "n": 3, "who": "t at 2026-10-29T23:30:00Z" });
    assert_eq!(Value::Object(given), expected);
}

#[test]
fn the_day_of_an_instant_is_that_of_utc() {
    let trigger = trigger(
        "cron: 30 0 * * *
         timezone: Europe/Berlin
         params: { day: \"${{ date(trigger.scheduled_at) }}\" }",
    );
    assert_eq!(trigger.on_tick(at("2026-10-29T23:30:00Z")).unwrap()["day"], "2026-10-29");
}

#[test]
fn a_tick_that_is_late_because_clocks_were_set_keeps_its_day() {
    let trigger = trigger(
        "cron: 30 23 * * *
         timezone: America/Nuuk
         params: { day: \"${{ trigger.local_date }}\" }",
    );
    assert_eq!(trigger.on_tick(at("2025-03-30T01:00:00Z")).unwrap()["day"], "2025-03-29");
}

#[test]
fn a_trigger_says_what_it_waits_for_and_what_it_leaves_out_is_the_default() {
    let trigger = trigger("cron: \"@daily\"\nparams: { day: \"${{ trigger.local_date }}\" }");
    assert_eq!((trigger.name.as_str(), trigger.enabled), ("t", true));
    let Source::Cron(cron) = trigger.source else { panic!("{trigger:?}") };
    assert_eq!(cron.schedule.to_string(), "@daily (UTC)");
    assert_eq!((cron.missed.policy, cron.missed.within), (MissedPolicy::Last, Duration::from_hours(24)));
}

#[test]
fn the_place_of_a_broker_is_resolved_from_secrets_when_it_is_asked_for_and_never_shown() {
    let file = job(&format!(
        "{JOB}triggers: [{{ name: t, queue: {{ amqp: {{ url: \"amqp://eod:${{{{ secret.db_password }}}}@host\", queue: q }} }}, \
         params: {{ day: \"${{{{ message.body.day }}}}\" }} }}]"
    ));
    assert_eq!(file.secrets.iter().collect::<Vec<_>>(), ["db_password"]);
    let Source::Queue(Queue::Amqp(broker)) = &file.job.triggers[0].source else { panic!("{:?}", file.job.triggers) };
    assert_eq!((broker.queue.as_str(), broker.prefetch), ("q", 16));
    assert_eq!(broker.url.resolve().unwrap(), "amqp://eod:hunter2@host");
    assert!(!format!("{:?}", file.job.triggers).contains("hunter2"));
}

#[test]
fn a_message_gives_its_fields_as_the_types_of_the_parameters() {
    let body = json!({ "day": "2026-10-30", "n": 4, "rate": 0.0375, "wait": "1h30m", "to": "out", "list": [1, { "a": null }] });
    let given = given(
        "{ day: \"${{ message.body.day }}\", n: \"${{ message.body.n }}\", rate: \"${{ message.body.rate }}\", \
         wait: \"${{ message.body.wait }}\", out: \"${{ message.body.to }}\", doc: \"${{ message.body.list }}\", \
         who: \"${{ message.topic }}/${{ message.id }}\" }",
        body,
    );
    let expected = json!({
        "day": "2026-10-30", "n": 4, "rate": "0.0375", "wait": "PT5400S", "out": "/jobs/out",
        "doc": [1, { "a": null }], "who": "requests/m-1",
    });
    assert_eq!(Value::Object(given.unwrap()), expected);
}

#[test]
fn what_a_message_may_lack_has_a_default_and_a_null_is_a_value() {
    let params = "{ day: \"${{ message.body.day }}\", who: \"${{ default(message.body.who, 'nobody') }}\" }";
    assert_eq!(given(params, json!({ "day": "2026-10-30" })).unwrap()["who"], "nobody");
    let params = "{ day: \"${{ message.body.day }}\", who: \"${{ message.body.who }}\" }";
    assert_eq!(given(params, json!({ "day": "2026-10-30", "who": null })).unwrap()["who"], Value::Null);
    for who in ["default(message.body.who, null)", "has(message.body.who) ? string(message.body.who) : null"] {
        let params = format!("{{ day: \"${{{{ message.body.day }}}}\", who: \"${{{{ {who} }}}}\" }}");
        assert_eq!(given(&params, json!({ "day": "2026-10-30" })).unwrap()["who"], Value::Null, "{who}");
        assert_eq!(given(&params, json!({ "day": "2026-10-30", "who": "me" })).unwrap()["who"], "me", "{who}");
    }
    let params = "{ day: \"${{ message.body.day }}\", who: \"${{ default(message.body.who, message.body.whom) }}\" }";
    let lacking = ("message.body.whom".to_owned(), "the message has no such field".to_owned());
    assert_eq!(rejected(params, json!({ "day": "2026-10-30" })), lacking);
}

#[test]
fn a_field_that_a_message_lacks_is_named_with_its_path_and_the_nearest_one() {
    let day = "{ day: \"${{ message.body.order.day }}\" }";
    let missing = |path: &str, reason: &str| (path.to_owned(), reason.to_owned());
    assert_eq!(
        rejected(day, json!({ "order": { "dya": "2026-10-30" } })),
        missing("message.body.order.day", "the message has no such field; did you mean `dya`?")
    );
    assert_eq!(rejected(day, json!({})), missing("message.body.order", "the message has no such field"));
    assert_eq!(
        rejected(day, json!(["x"])),
        missing("message.body.order", "the message has no such field; what should have it is a list")
    );
    assert_eq!(
        rejected("{ day: \"${{ date(message.body.day) }}\" }", json!({ "days": 1 })),
        missing("message.body.day", "the message has no such field; did you mean `days`?")
    );
}

#[test]
fn a_value_that_a_parameter_does_not_take_is_told_with_the_field_it_came_from() {
    let day = "{ day: \"${{ message.body.day }}\" }";
    let (path, reason) = rejected(day, json!({ "day": "30.10.2026" }));
    assert_eq!(path, "message.body.day");
    assert_eq!(reason, "parameter `day`: expected a date such as 2026-10-30, found \"30.10.2026\"");
    let (path, reason) = rejected(day, json!({ "day": null }));
    assert_eq!(
        (path.as_str(), reason.as_str()),
        ("message.body.day", "missing parameter `day`: expected a date such as 2026-10-30")
    );
    let params = "{ day: \"${{ message.body.day }}\", n: \"${{ int(message.body.n) + 1 }}\" }";
    let (path, reason) = rejected(params, json!({ "day": "2026-10-30", "n": 5 }));
    assert_eq!(
        (path.as_str(), reason.as_str()),
        ("message.body.n", "parameter `n`: `6` is greater than the maximum 5")
    );
}

/// The key of a message for a trigger with this `key`.
fn key(line: &str, message: &Message) -> Result<String, TriggerError> {
    let trigger =
        trigger(&format!("queue: {{ topic: requests }}\n{line}\nparams: {{ day: \"${{{{ message.body.day }}}}\" }}"));
    trigger.on_message(message).map(|(key, _)| key)
}

#[test]
fn the_key_of_a_message_is_its_id_or_what_the_trigger_makes_of_it() {
    let message = message(json!({ "day": "2026-10-30", "order": 7, "ref": "A-7" }));
    for (line, expected) in [
        ("", "m-1"),
        ("key: message.body.order", "7"),
        ("key: message.body.ref", "A-7"),
        ("key: ${{ message.body.ref }}", "A-7"),
        ("key: ${{ message.topic }}:${{ message.body.ref }}", "requests:A-7"),
        ("key: string(message.body.order) + '/' + message.id", "7/m-1"),
    ] {
        assert_eq!(key(line, &message).unwrap(), expected, "{line}");
    }
}

#[test]
fn a_message_without_a_key_is_rejected() {
    let anonymous = Message {
        id: None,
        ..message(json!({ "day": "2026-10-30", "deep": {}, "sent": true, "zero": "y\0", "long": "x".repeat(513) }))
    };
    for (line, path, reason) in [
        ("", "message.id", "the message has no id, and the trigger says no `key`"),
        ("key: message.body.order", "message.body.order", "the message has no such field"),
        ("key: message.id", "key", "the message has no value for it"),
        ("key: message.body.deep", "key", "expected a text or a number, found {}"),
        ("key: message.body.sent", "key", "expected a text or a number, found true"),
        ("key: message.body.zero", "key", "expected a text, found one with U+0000 in it"),
        ("key: message.body.long", "key", "the key has 513 bytes, the limit is 512"),
    ] {
        let error = key(line, &anonymous).unwrap_err();
        assert_eq!((error.path.as_str(), error.reason.as_str()), (path, reason), "{line}");
    }
}

#[test]
fn ticks_and_messages_are_not_taken_for_each_other() {
    let cron = trigger("cron: \"@daily\"\nparams: { day: \"${{ trigger.local_date }}\" }");
    let error = cron.on_message(&message(json!({}))).unwrap_err();
    assert_eq!(error.to_string(), "trigger: `t` has ticks and takes no messages");
    let queue = trigger("queue: { topic: t }\nparams: { day: \"${{ message.body.day }}\" }");
    let error = queue.on_tick(at("2026-10-30T00:00:00Z")).unwrap_err();
    assert_eq!(error.to_string(), "trigger: `t` waits for messages and has no ticks");
}

#[test]
fn a_job_of_many_instances_may_be_started_with_the_same_parameters_again_and_again() {
    let text = "name: j\ninstances: many\nsteps: [{ name: a, tasklet: { echo: {} } }]\n\
                triggers: [{ name: t, cron: \"*/5 * * * *\" }]";
    let trigger = job(text).job.triggers.remove(0);
    assert!(trigger.on_tick(at("2026-10-30T00:00:00Z")).unwrap().is_empty());
}
