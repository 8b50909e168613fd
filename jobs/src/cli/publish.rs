//! `jobctl publish`: puts a message into a topic, where it waits for the trigger of a job.

use std::io::Read as _;

use overnight_framework::params::{JsonError, parse_json};
use overnight_framework::repository::NewMessage;
use overnight_framework::trigger::LONGEST_KEY;
use overnight_framework::yaml::{NAME_RULE, is_name};
use serde_json::{Value, json};

use super::answer::{Answer, Column, Shape, View};
use super::arguments::Publish;
use super::exit::{Exit, Failure};
use super::face::Face;
use super::table::Kind;

/// The largest message.
const LARGEST: u64 = 1024 * 1024;

pub(super) fn run(verb: &Publish, face: &Face) -> Result<Exit, Failure> {
    if !is_name(&verb.topic) {
        let message = format!("`{}` can be the topic of no trigger", verb.topic);
        return Err(Failure::new(Exit::Usage, message).help(NAME_RULE));
    }
    if let Some(id) = verb.id.as_deref().filter(|id| id.len() > LONGEST_KEY || id.is_empty()) {
        let message = format!("the id of a message has 1 to {LONGEST_KEY} bytes, this one has {}", id.len());
        return Err(Failure::new(Exit::Invalid, message));
    }
    let body = body(&verb.message)?;
    let context = face.open_to_write()?;
    let key = verb.id.clone().unwrap_or_else(overnight_framework::worker::new_session);
    let (project, topic) = (context.operator.project().to_owned(), verb.topic.clone());
    let message = NewMessage { project, topic, key, body };
    context.operator.repository().publish(&message)?;
    face.output.answer(&Published(message));
    Ok(Exit::Done)
}

/// The text of a message, which is JSON.
fn body(argument: &str) -> Result<String, Failure> {
    let (name, text) = if argument == "-" {
        let mut text = String::new();
        let read = std::io::stdin().lock().take(LARGEST + 1).read_to_string(&mut text);
        read.map_err(|error| Failure::new(Exit::Invalid, format!("cannot read the message from stdin: {error}")))?;
        ("stdin", text)
    } else {
        ("the message", argument.to_owned())
    };
    if text.len() as u64 > LARGEST {
        return Err(Failure::new(Exit::Invalid, format!("{name} is larger than 1 MiB")));
    }
    match parse_json(&text) {
        Ok(_) => Ok(text),
        Err(error @ JsonError::Syntax(_)) => Err(Failure::new(Exit::Invalid, format!("{name} is no JSON: {error}"))
            .help(r#"a message is a JSON value, such as '{"day": "2026-04-07"}'"#)),
        Err(error) => Err(Failure::new(Exit::Invalid, format!("{name} cannot be kept: {error}"))),
    }
}

/// A message that was published.
pub(super) struct Published(NewMessage);

const COLUMNS: [Column<NewMessage>; 2] = [
    Column::new("Topic", &["topic"], Kind::Id, |message, _| message.topic.clone()),
    Column::new("Message Id", &["id"], Kind::Id, |message, _| message.key.clone()),
];

impl Answer for Published {
    fn shape() -> Shape {
        Shape::of(&COLUMNS).with_names()
    }

    fn text(&self, view: &View) -> String {
        view.table(&COLUMNS, [&self.0])
    }

    fn json(&self) -> Value {
        json!({ "topic": self.0.topic, "id": self.0.key })
    }

    fn names(&self) -> Vec<String> {
        vec![self.0.key.clone()]
    }
}
