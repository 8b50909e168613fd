//! The messages of our own topics.

use overnight_framework::params::{JsonError, parse_json};
use overnight_framework::repository::{Fired, MessageId, StoreError, StoredMessage};
use overnight_framework::trigger::{Message, Queue, Source, TriggerError};
use serde_json::Value;

use super::fires::{Delivery, Firer, Handled, told};

/// How many messages are looked at in one page.
const PAGE: u32 = 100;

/// Takes every message that waits for one of these triggers. `tell` hears of each that was new; `leaves` ends it early.
pub(crate) fn drain(
    triggers: &[Firer<'_>],
    tell: &mut dyn FnMut(String),
    leaves: &dyn Fn() -> bool,
) -> Result<(), StoreError> {
    for firer in triggers {
        let Source::Queue(Queue::Topic(topic)) = &firer.trigger.source else { continue };
        let (operator, mut after) = (firer.operator, MessageId(0));
        while firer.trigger.enabled && !leaves() {
            let page = operator.repository().messages(operator.project(), topic, after, PAGE)?;
            let Some(last) = page.last() else { break };
            after = last.id;
            for message in page {
                tell_of(firer, take(firer, topic, message)?, tell);
                if leaves() {
                    break;
                }
            }
        }
    }
    Ok(())
}

/// Takes one message. Its text was JSON when it was published; what is not any more was written by somebody else.
fn take(firer: &Firer<'_>, topic: &str, stored: StoredMessage) -> Result<Handled, StoreError> {
    let StoredMessage { id, key, body, .. } = stored;
    let from = Delivery { number: Some(id), again: false };
    match said(&body) {
        Ok(value) => {
            let message = Message { id: Some(key), topic: topic.to_owned(), body: value };
            firer.message(&message, &body, from)
        }
        Err(error) => firer.reject((Some(key), &body), error, from),
    }
}

/// What a message says. Two numbers that differ must not become one on the way.
pub(super) fn said(text: &str) -> Result<Value, TriggerError> {
    parse_json(text).map_err(|error| {
        let expected = if matches!(error, JsonError::Syntax(_)) { "expected JSON: " } else { "" };
        TriggerError::new("message.body", format!("{expected}{error}"))
    })
}

/// Tells of a message that was new here.
pub(super) fn tell_of(firer: &Firer<'_>, handled: Handled, tell: &mut dyn FnMut(String)) {
    match handled {
        Handled::Fired(Fired::New(record)) => tell(told(&record)),
        Handled::Fired(Fired::Known(_) | Fired::Gone) => {}
        Handled::Rejected(error) => {
            let (job, name) = (&firer.job.name, &firer.trigger.name);
            tell(format!("{job}: trigger {name} cannot use a message: {error}"));
        }
    }
}
