//! A small job definition that uses every reader, for the tests of the YAML module.

use std::time::Duration;

use overnight_framework::yaml::{self, Cursor, Key, Paint, Problems, Source, Tolerance};

#[derive(Debug)]
#[expect(dead_code, reason = "the tests look at what is wrong, not at what is read")]
pub(crate) struct Job {
    name: String,
    labels: Vec<(Key, String)>,
    ttl: Option<Duration>,
    steps: Vec<Step>,
}

#[derive(Debug)]
#[expect(dead_code, reason = "the tests look at what is wrong, not at what is read")]
pub(crate) struct Step {
    name: String,
    needs: Vec<String>,
    when: Option<String>,
    kind: Kind,
    rerun: Rerun,
}

#[derive(Debug)]
#[expect(dead_code, reason = "the tests look at what is wrong, not at what is read")]
pub(crate) enum Kind {
    Tasklet(String),
    Chunk { size: i64, header: bool, rate: Option<String>, skip: Tolerance, jitter: u8 },
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Rerun {
    Always,
    OnFailure,
}

pub(crate) fn job(at: &Cursor<'_>) -> Option<Job> {
    let mut fields = at.fields("a job")?;
    let name = fields.required("name", Cursor::name);
    let labels = fields.or("labels", Vec::new(), |at| at.map(|_, label| label.text().map(str::to_owned)));
    let ttl = fields.optional("ttl", Cursor::duration);
    let steps = fields.required("steps", |at| at.list(step));
    fields.finish();
    Some(Job { name: name?.to_owned(), labels: labels?, ttl: ttl?, steps: steps? })
}

fn step(at: &Cursor<'_>) -> Option<Step> {
    let mut fields = at.fields("a step")?;
    let name = fields.required("name", Cursor::name);
    let needs = fields.or("needs", Vec::new(), |at| at.list_or_one(|at| at.name().map(str::to_owned)));
    let when = fields.optional("when", |at| at.filled_text().map(str::to_owned));
    let kind = fields.exactly_one_of(&["tasklet", "chunk"]).and_then(|(kind, at)| match kind {
        "chunk" => chunk(&at),
        _ => at.text().map(str::to_owned).map(Kind::Tasklet),
    });
    let rerun = fields
        .or("rerun", Rerun::OnFailure, |at| at.one_of(&[("always", Rerun::Always), ("on-failure", Rerun::OnFailure)]));
    fields.finish();
    Some(Step { name: name?.to_owned(), needs: needs?, when: when?, kind: kind?, rerun: rerun? })
}

fn chunk(at: &Cursor<'_>) -> Option<Kind> {
    let mut fields = at.fields("a chunk")?;
    let size = fields.required("size", |at| at.integer(1..=100_000));
    let header = fields.or("header", true, Cursor::boolean);
    let rate = fields.optional("rate", |at| at.decimal().map(str::to_owned));
    let skip = fields.or("skip", Tolerance::Count(0), Cursor::tolerance);
    let jitter = fields.or("jitter", 20, Cursor::whole_percentage);
    fields.finish();
    Some(Kind::Chunk { size: size?, header: header?, rate: rate?, skip: skip?, jitter: jitter? })
}

/// The problems of a text that is read as a job.
pub(crate) fn problems(text: &str) -> Problems {
    yaml::read(&Source::new("jobs/eod.yaml", text), job).expect_err("a wrong document")
}

/// Asserts what a user sees of a text; a line feed before either is for the eye.
#[track_caller]
pub(crate) fn refuses(text: &str, expected: &str) {
    let text = text.strip_prefix('\n').unwrap_or(text);
    let expected = expected.strip_prefix('\n').unwrap_or(expected);
    assert_eq!(problems(text).render(Paint::Plain), expected);
}
