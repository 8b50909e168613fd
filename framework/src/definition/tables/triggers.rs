//! The keys of what starts a job by itself.

use super::habits;
use crate::yaml::{Field, Keys, Mapping, Shape};

/// One for all: parameters make no sense without the job that declares them.
const EXAMPLE: &str = "\
params:
  day: { type: date, required: true }
  branch: { type: string, default: HQ }
steps:
  - name: load
    chunk:
      reader: { csv: { path: in.csv, columns: { id: integer, amount: decimal } } }
      writer: { csv: { path: out.csv } }
triggers:
  - name: nightly
    cron: 30 22 * * MON-FRI
    timezone: Europe/Berlin
    missed: { policy: last, within: 12h }
    params: { day: \"${{ trigger.local_date }}\" }
  - name: on-demand
    queue: { amqp: { url: \"${{ secret.amqp_url }}\", queue: eod.requests, prefetch: 4 } }
    key: message.body.request
    params: { day: \"${{ message.body.day }}\", branch: \"${{ default(message.body.branch, 'HQ') }}\" }
";

const POLICIES: Shape = Shape::Word(&["skip", "last"]);

/// One trigger.
pub(in crate::definition) static TRIGGER: Mapping = Mapping::new(
    "trigger",
    "a trigger",
    "What starts the job by itself: the times of a calendar (`cron`) or the messages of a queue (`queue`). \
     Each tick and each message starts one run, however many processes wait for it.",
    &[
        Field::required("name", Shape::Name, "The name of the trigger; the job has no second one of it."),
        Field::or("enabled", "true", Shape::Boolean, "Whether it starts anything."),
        Field::optional(
            "cron",
            Shape::FilledText,
            "When it ticks, as crontab(5) writes it: minute, hour, day of the month, month, day of the week; \
             with six fields the seconds come first. Or `@hourly`, `@daily`, `@weekly`, `@monthly`, `@yearly`.",
        ),
        Field::or(
            "timezone",
            "UTC",
            Shape::FilledText,
            "The zone whose wall clocks `cron` goes by, such as `Europe/Berlin`. It is never the machine's own.",
        ),
        Field::or(
            "allow_every_second",
            "false",
            Shape::Boolean,
            "Whether `cron` may have `*` for its seconds, which is a mistake more often than not.",
        ),
        Field::optional(
            "missed",
            Shape::Either(&[POLICIES, Shape::Mapping(&MISSED)]),
            "What becomes of ticks that were missed because nobody was there. Without the key the last one is \
             made up for, within 24h.",
        ),
        Field::or(
            "overlap",
            "allow",
            Shape::Word(&["allow", "skip"]),
            "What becomes of a tick while another run of the job waits or is under way: `allow` starts its run beside \
             it, `skip` starts none and records why.",
        ),
        Field::optional("queue", Shape::Mapping(&QUEUE), "Where the messages come from."),
        Field::optional(
            "key",
            Shape::Text,
            "What tells one message from another, as an expression over `message`: two messages with one key \
             start one run. Without it that is the id of the message.",
        ),
        Field::optional(
            "params",
            Shape::Map(Keys::Names, &Shape::Anything),
            "The parameters of the run: values, or expressions in `${{ }}` over `trigger.name`, and \
             `trigger.scheduled_at` and `trigger.local_date` of a tick, or `message.id`, `message.topic` and \
             `message.body` of a message.",
        ),
    ],
)
.choice(&["cron", "queue"])
.habits(habits::TRIGGER)
.example(EXAMPLE);

/// What becomes of missed ticks.
pub(in crate::definition) static MISSED: Mapping = Mapping::new(
    "missed",
    "what becomes of missed ticks",
    "What becomes of ticks that were missed because nobody was there.",
    &[
        Field::or("policy", "last", POLICIES, "`last`: the last one is made up for. `skip`: none is."),
        Field::or("within", "24h", Shape::Duration, "How old a tick may be that is made up for."),
    ],
)
.example(EXAMPLE);

/// Where messages come from.
pub(in crate::definition) static QUEUE: Mapping = Mapping::new(
    "queue",
    "a queue",
    "Where messages come from: a topic of the store itself, or a queue of a broker.",
    &[
        Field::optional("topic", Shape::Name, "A topic of the store; it needs no broker."),
        Field::optional("amqp", Shape::Mapping(&AMQP), "A queue of a broker that speaks AMQP, such as RabbitMQ."),
    ],
)
.choice(&["topic", "amqp"])
.example(EXAMPLE);

/// A queue of a broker that speaks AMQP.
pub(in crate::definition) static AMQP: Mapping = Mapping::new(
    "amqp",
    "a queue of AMQP",
    "A queue of a broker that speaks AMQP 0-9-1.",
    &[
        Field::required(
            "url",
            Shape::Setting(&Shape::Text),
            "Where the broker is: `amqp://USER:PASSWORD@HOST`. It sees `secret` and `env`, and no password stands in the \
             file.",
        ),
        Field::required("queue", Shape::FilledText, "The name of the queue; it has to exist."),
        Field::or("prefetch", "16", Shape::Integer(1, 65_535), "How many messages may be on their way at once."),
    ],
)
.example(EXAMPLE);
