//! One step of a file, with the rules around it.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use super::chunk::{ChunkDraft, chunk};
use super::frames::{Frames, Moment};
use super::job::File;
use super::judges::{Known, OfStep};
use super::layout::{EarlierStep, Layout, Needs};
use super::outputs::{Outputs, outputs};
use super::policies::{self, Defaults};
use super::tasklet::{TaskletDraft, TaskletOfFile, tasklet};
use super::{StepOutline, StepUse, guard, habits};
use crate::error::{BatchError, names};
use crate::expr::Program;
use crate::job::{Evaluate, JobStep, Rerun};
use crate::kind::{Names, Site};
use crate::policy::RetryPolicy;
use crate::row::Type;
use crate::step::JobView;
use crate::yaml::{Code, Cursor, Fields};

/// A step that was read.
pub(super) struct StepDraft {
    pub(super) outline: StepOutline,
    work: Work,
    needs: Needs,
    when: Option<Condition>,
    rules: Rules,
}

/// What it does.
enum Work {
    Tasklet(TaskletDraft, Outputs),
    Chunk(Box<ChunkDraft>),
}

/// Whether it shall run.
struct Condition {
    program: Program,
    /// Where it stands.
    place: String,
    needs: Needs,
    /// As it stands in the file.
    written: String,
}

struct Rules {
    retry: RetryPolicy,
    timeout: Option<Duration>,
    rerun: Rerun,
    max_starts: Option<u32>,
}

/// Reads the steps in their order and declares each for those behind it.
pub(super) fn steps(at: &Cursor<'_>, file: &File<'_>, layout: &mut Layout, defaults: &Defaults) -> Vec<StepDraft> {
    let mut drafts = Vec::new();
    let mut index = 0;
    let read = at.list(|at| {
        let reader = StepReader { file, layout, defaults, index };
        let read = reader.step(at);
        index += 1;
        declare(&read, layout, index - 1);
        drafts.extend(read.draft);
        Some(())
    });
    if read.is_some() && index == 0 {
        let _: Option<()> = at.refuse(at.problem("a job needs at least one step").code(Code::Empty));
    }
    drafts
}

/// What came of reading a step: enough for the steps behind it, even when the step itself is wrong.
struct Read {
    name: Option<String>,
    outputs: Option<Outputs>,
    conditional: bool,
    draft: Option<StepDraft>,
}

fn declare(read: &Read, layout: &mut Layout, index: usize) {
    if let Some(name) = &read.name {
        let (outputs, conditional) = (read.outputs.as_ref(), read.conditional);
        layout.declare_step(&EarlierStep { index, name, outputs, conditional });
    }
}

struct StepReader<'f> {
    file: &'f File<'f>,
    layout: &'f Layout,
    defaults: &'f Defaults,
    index: usize,
}

impl StepReader<'_> {
    fn step(&self, at: &Cursor<'_>) -> Read {
        let name = at.node().get("name").and_then(|name| name.as_text()).filter(|name| crate::yaml::is_name(name));
        let what = name.map_or_else(|| "a step".to_owned(), |name| format!("step `{name}`"));
        let Some(mut fields) = at.fields(what).map(|fields| fields.habits(habits::STEP)) else {
            return Read { name: None, outputs: None, conditional: false, draft: None };
        };
        let name = fields.required("name", |at| self.name(at));
        let description = fields.optional("description", Cursor::filled_text);
        let when = fields.get("when");
        let conditional = when.is_some();
        let when = when.map_or(Some(None), |at| self.condition(&at).map(Some));
        let kind = fields.exactly_one_of(&["tasklet", "chunk"]);
        let outputs = read_outputs(&mut fields);
        let work = kind.and_then(|(kind, at)| self.work(kind, &at, outputs.clone().unwrap_or_default()));
        let rules = self.rules(&mut fields);
        fields.finish();
        let draft = || {
            let (work, needs) = work?;
            let (name, description) = (name.clone()?, description?.map(str::to_owned));
            let (when, rules) = (when?, rules?);
            let outline = outline((name, description), &work, (&needs, when.as_ref()), &rules);
            Some(StepDraft { outline, work, needs, when, rules })
        };
        Read { draft: draft(), name, outputs, conditional }
    }

    /// A name that no step before has.
    fn name(&self, at: &Cursor<'_>) -> Option<String> {
        let name = guard::name(at, "a step")?;
        let earlier = self.file.census.steps.iter().take(self.index).find(|(earlier, _)| &**earlier == name);
        match earlier {
            None => Some(name.to_owned()),
            Some((_, place)) => {
                let problem = at.problem(format!("there are two steps called `{name}`")).code(Code::Twice);
                at.refuse(problem.related(*place, "the first one is here"))
            }
        }
    }

    fn condition(&self, at: &Cursor<'_>) -> Option<Condition> {
        let (typed, needs) = self.with_names(|names| names.expression(at, Type::Bool))?;
        let written = at.node().as_text().unwrap_or_default().trim().to_owned();
        Some(Condition { program: typed.compile(), place: at.place_in_words(), needs, written })
    }

    fn work(&self, kind: &str, at: &Cursor<'_>, outputs: Outputs) -> Option<(Work, Needs)> {
        let kinds = self.file.kinds;
        if kind == "tasklet" {
            let (draft, needs) = self.with_names(|names| tasklet(at, kinds, names))?;
            return Some((Work::Tasklet(draft, outputs), needs));
        }
        let (draft, needs) = self.with_names(|names| chunk(at, kinds, names))?;
        Some((Work::Chunk(Box::new(draft)), needs))
    }

    /// Reads something with the names of this step, and learns what it needs of them.
    fn with_names<T>(&self, read: impl FnOnce(&Names<'_>) -> Option<T>) -> Option<(T, Needs)> {
        let uses = RefCell::<BTreeSet<Box<str>>>::default();
        let known = Known { census: &self.file.census, layout: self.layout };
        let judge = OfStep { known, index: self.index };
        let site = Site { judge: &judge, connections: self.file.connections, uses: &uses };
        let read = read(&Names::at(self.layout.scope(), site))?;
        Some((read, self.layout.needs(&uses.into_inner())))
    }

    fn rules(&self, fields: &mut Fields<'_>) -> Option<Rules> {
        const RERUN: [(&str, Rerun); 2] = [("when_incomplete", Rerun::WhenIncomplete), ("always", Rerun::Always)];
        let retry = fields.get("retry");
        let retry = policies::policy(retry.as_ref(), self.defaults.retry.as_ref(), &self.file.errors);
        let timeout = fields.optional("timeout", policies::timeout);
        let rerun = fields.or("rerun", Rerun::WhenIncomplete, |at| at.one_of(&RERUN));
        let max_starts = fields.optional("max_starts", |at| u32::try_from(at.integer(1..=1_000_000)?).ok());
        let timeout = timeout?.or(self.defaults.timeout);
        Some(Rules { retry: retry?, timeout, rerun: rerun?, max_starts: max_starts? })
    }
}

/// The outputs of a step; none where the key is absent.
fn read_outputs(fields: &mut Fields<'_>) -> Option<Outputs> {
    let is_chunk = fields.get("chunk").is_some();
    let Some(at) = fields.get("outputs") else { return Some(Outputs::default()) };
    if is_chunk {
        let problem = at.problem_of_key("a chunk step has no outputs").code(Code::UnknownKey);
        return at.refuse(problem.help("later steps see its counts, such as `steps.load.write_count`"));
    }
    outputs(&at)
}

/// What is told of a step to those who do not run it.
fn outline(
    (name, description): (String, Option<String>),
    work: &Work,
    (needs, when): (&Needs, Option<&Condition>),
    rules: &Rules,
) -> StepOutline {
    let uses = |needs: &Needs, in_condition| -> Vec<StepUse> {
        let one = |(step, value): &(Box<str>, Box<str>)| StepUse {
            step: step.to_string(),
            value: value.to_string(),
            in_condition,
        };
        needs.steps.iter().map(one).collect()
    };
    let in_condition = when.map(|when| uses(&when.needs, true)).unwrap_or_default();
    StepOutline {
        name,
        description,
        kind: work.kind(),
        chunk: match work {
            Work::Chunk(draft) => Some(draft.outline()),
            Work::Tasklet(..) => None,
        },
        when: when.map(|when| when.written.clone()),
        retry: rules.retry.clone(),
        timeout: rules.timeout,
        rerun: rules.rerun,
        max_starts: rules.max_starts,
        outputs: match work {
            Work::Chunk(_) => Vec::new(),
            Work::Tasklet(_, outputs) => outputs.declared().map(|(name, kind)| (name.to_owned(), kind)).collect(),
        },
        uses: uses(needs, false).into_iter().chain(in_condition).collect(),
    }
}

impl Work {
    fn kind(&self) -> String {
        match self {
            Self::Tasklet(draft, _) => draft.kind.clone(),
            Self::Chunk(draft) => draft.kind(),
        }
    }
}

impl StepDraft {
    /// Everything that the step needs of the world.
    pub(super) fn all_needs(&self) -> impl Iterator<Item = &Needs> {
        std::iter::once(&self.needs).chain(self.when.as_ref().map(|when| &when.needs))
    }

    /// The step, ready to run.
    pub(super) fn into_step(self, frames: &Arc<Frames>) -> JobStep {
        let Self { outline, work, needs, when, rules } = self;
        let frames_of_step = Arc::clone(frames);
        let step = match work {
            Work::Tasklet(draft, outputs) => {
                JobStep::new(outline.name, TaskletOfFile { plan: draft.plan, needs, outputs, frames: frames_of_step })
            }
            Work::Chunk(draft) => JobStep::new(outline.name, draft.into_step(needs, frames_of_step)),
        };
        JobStep {
            when: when.map(|when| when.into_evaluate(frames)),
            retry: rules.retry,
            timeout: rules.timeout,
            rerun: rules.rerun,
            max_starts: rules.max_starts,
            ..step
        }
    }
}

impl Condition {
    fn into_evaluate(self, frames: &Arc<Frames>) -> Evaluate<bool> {
        let frames = Arc::clone(frames);
        Arc::new(move |view: &JobView<'_>| {
            let frame = frames.frame(&self.needs, Moment::within(view))?;
            let wrong = |error| {
                let message = format!("failed to evaluate `when` ({})", self.place);
                BatchError::new(names::INVALID_VALUE, message).with_source(error)
            };
            self.program.test(&frame.values).map_err(|error| frame.masked(wrong(error)))
        })
    }
}
