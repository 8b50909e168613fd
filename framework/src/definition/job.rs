//! The keys of a job, and the way from what was read to what runs.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::census::Census;
use super::environment::Environment;
use super::frames::{Frames, Moment};
use super::judges::{Known, OfResult, OfTarget};
use super::layout::{Layout, Needs};
use super::policies::{self, Defaults};
use super::step::{StepDraft, steps};
use super::trials::{self, Shown, Trial, TrialDraft, TrialEnvironment};
use super::triggers::{self, TriggerDraft};
use super::{JobFile, guard, params, tables, vars};
use crate::error::BatchError;
use crate::expr::{Expected, Template};
use crate::job::{Evaluate, Instances, Job, OfParams};
use crate::kind::{Judge, Kinds, Names, Setting, Site, report};
use crate::launch::Restartability;
use crate::params::{ParamDeclaration, Params, hex_digest};
use crate::repository::Revision;
use crate::step::JobView;
use crate::yaml::{Code, Cursor, Fields, Source};

/// What is known of a file before its first key is read.
pub(super) struct File<'a> {
    pub(super) kinds: &'a Kinds,
    pub(super) connections: &'a [String],
    /// The names of errors that policies may choose.
    pub(super) errors: policies::Known<'static>,
    pub(super) census: Census,
}

/// A job that was read.
pub(super) struct JobDraft {
    head: Head,
    params: Vec<ParamDeclaration>,
    target: Option<Computed>,
    result: Option<Computed>,
    steps: Vec<StepDraft>,
    triggers: Vec<TriggerDraft>,
    trials: Vec<TrialDraft>,
    layout: Layout,
}

/// What a job says of itself in words of its own, without expressions.
struct Head {
    name: String,
    description: Option<String>,
    module: String,
    labels: BTreeMap<String, String>,
    instances: Instances,
    restartability: Restartability,
    abortable: bool,
    timeout: Option<Duration>,
}

/// Something about the job that is computed by an expression.
pub(super) struct Computed {
    pub(super) setting: Setting,
    pub(super) needs: Needs,
}

/// Reads the root of a file.
pub(super) fn read(
    at: &Cursor<'_>,
    kinds: &Kinds,
    connections: &[String],
    environment: &dyn Environment,
) -> Option<JobDraft> {
    let file = File { kinds, connections, errors: kinds.error_names(), census: Census::of(at.node()) };
    let mut fields = at.mapping(&tables::JOB)?;
    let head = head(&mut fields);
    let params = fields.get("params").map(|at| params::params(&at)).unwrap_or_default();
    let mut layout = Layout::default();
    params.iter().for_each(|param| layout.declare_param(param));
    file.census.variables.iter().for_each(|name| layout.declare_variable(name, environment.variable_use(name)));
    file.census.secrets.iter().for_each(|name| layout.declare_secret(name));
    if let Some(at) = fields.get("vars") {
        vars::vars(&at, &file, &mut layout);
    }
    let target = fields.optional("target", |at| file.computed(at, &layout, &OfTarget(file.known(&layout))));
    layout.declare_job();
    let defaults = fields.get("defaults").map_or_else(Defaults::default, |at| policies::defaults(&at, &file.errors));
    let steps = fields.required("steps", |at| Some(steps(at, &file, &mut layout, &defaults)));
    let result = fields.optional("result", |at| file.computed(at, &layout, &OfResult(file.known(&layout))));
    let shown = shown(&file.census, steps.as_deref().unwrap_or_default());
    let instances = head.as_ref().map(|head| head.instances);
    let known = triggers::Known { file: &file, layout: &layout, params: &params, instances };
    let triggers = fields.or("triggers", Vec::new(), |at| triggers::triggers(at, known));
    let trials = fields.or("tests", Vec::new(), |at| trials::trials(at, &params, &shown));
    fields.finish();
    let (steps, triggers, trials) = (steps?, triggers?, trials?);
    Some(JobDraft { head: head?, params, target: target?, result: result?, steps, triggers, trials, layout })
}

/// What the tests may know of the steps.
fn shown<'a>(census: &'a Census, steps: &'a [StepDraft]) -> Shown<'a> {
    let names = census.steps.iter().map(|(name, _)| &**name).collect();
    let place = |step: &'a StepDraft| Some((census.position(&step.outline.name)?, step.shown()));
    Shown {
        names,
        steps: steps.iter().filter_map(place).collect(),
        params: census.params.iter().map(|name| &**name).collect(),
    }
}

fn head(fields: &mut Fields<'_>) -> Option<Head> {
    const INSTANCES: [(&str, Instances); 2] = [("unique", Instances::Unique), ("many", Instances::Many)];
    let name = fields.required("name", |at| guard::name(at, "a job"));
    let description = fields.optional("description", Cursor::filled_text);
    let module = fields.or("module", "default", |at| guard::name(at, "a module"));
    let labels = fields.or("labels", BTreeMap::new(), labels);
    let instances = fields.or("instances", Instances::Unique, |at| at.one_of(&INSTANCES));
    let restartable = fields.or("restartable", true, Cursor::boolean);
    let abortable = fields.or("abortable", true, Cursor::boolean);
    let timeout = fields.optional("timeout", policies::timeout);
    Some(Head {
        name: name?.to_owned(),
        description: description?.map(str::to_owned),
        module: module?.to_owned(),
        labels: labels?,
        instances: instances?,
        restartability: if restartable? { Restartability::Restartable } else { Restartability::Once },
        abortable: abortable?,
        timeout: timeout?,
    })
}

fn labels(at: &Cursor<'_>) -> Option<BTreeMap<String, String>> {
    let read = at.map(|key, at| {
        if key.name().is_empty() {
            return at.refuse(at.problem_of_key("a label has a name of at least one character").code(Code::NotAName));
        }
        label(at)
    })?;
    Some(read.into_iter().map(|(key, text)| (key.name().to_owned(), text)).collect())
}

/// Labels are what jobs are chosen by, so they are the same in every run.
fn label(at: &Cursor<'_>) -> Option<String> {
    let template = Template::parse(at.text()?).map_err(|errors| report(at, errors)).ok()?;
    match template.literal() {
        Some(text) => Some(text.to_owned()),
        None => at.refuse(
            at.problem("a label cannot have expressions")
                .code(Code::ExpressionPlace)
                .help("use `target` for what differs from run to run"),
        ),
    }
}

impl File<'_> {
    pub(super) fn known<'k>(&'k self, layout: &'k Layout) -> Known<'k> {
        Known { census: &self.census, layout }
    }

    pub(super) fn computed(&self, at: &Cursor<'_>, layout: &Layout, judge: &dyn Judge) -> Option<Computed> {
        let uses = RefCell::<BTreeSet<Box<str>>>::default();
        let site = Site { judge, connections: self.connections, uses: &uses };
        let setting = Names::at(layout.scope(), site).setting_of(at, Expected::Any)?;
        Some(Computed { setting, needs: layout.needs(&uses.into_inner()) })
    }
}

impl JobDraft {
    pub(super) fn count_of_trials(&self) -> usize {
        self.trials.len()
    }

    /// The test with this number, ready to run.
    pub(super) fn into_trial(
        mut self,
        number: usize,
        source: &Source,
        outer: &Arc<dyn Environment>,
        base_dir: &Path,
    ) -> Option<Trial> {
        if number >= self.trials.len() {
            return None;
        }
        let trial = self.trials.swap_remove(number);
        let params = trials::bound(&trial, &self.params, base_dir)?;
        let steps = self.steps.iter().map(|step| (step.outline.name.clone(), step.written())).collect();
        self.steps.iter_mut().enumerate().for_each(|(index, step)| step.rehearse(index, &trial));
        let TrialDraft { name, span, now, expect, variables, secrets, .. } = trial;
        let environment: Arc<dyn Environment> =
            Arc::new(TrialEnvironment { variables, secrets, outer: Arc::clone(outer) });
        let job = Job { timeout: None, ..self.into_file(source, &environment, base_dir).job };
        Some(Trial { name, span, source: source.clone(), job, params, now, expect, steps })
    }

    /// The job, ready to run.
    pub(super) fn into_file(self, source: &Source, environment: &Arc<dyn Environment>, base_dir: &Path) -> JobFile {
        let Self { head, params, target, result, steps, triggers, trials: _, layout } = self;
        let outlines = steps.iter().map(|step| step.outline.clone()).collect();
        let (secrets, variables) = uses_of(&steps, &triggers, [&target, &result]);
        let (origins, vars) = layout.into_parts();
        let environment = Arc::clone(environment);
        let frames = Arc::new(Frames { origins, vars, environment, base_dir: base_dir.to_owned() });
        let of_triggers = triggers::job_of_triggers(&params, base_dir);
        let job = Job {
            triggers: triggers.into_iter().map(|draft| draft.into_trigger(&frames, &of_triggers)).collect(),
            module: head.module,
            labels: head.labels,
            params,
            instances: head.instances,
            restartability: head.restartability,
            abortable: head.abortable,
            timeout: head.timeout,
            target: target.map(|target| target.into_target(&frames)),
            result: result.map(|result| result.into_result(&frames)),
            steps: steps.into_iter().map(|step| step.into_step(&frames)).collect(),
            revision: Revision::Text { yaml: source.text().to_owned(), sha256: hex_digest(source.text().as_bytes()) },
            base_dir: base_dir.to_owned(),
            ..Job::new(head.name)
        };
        JobFile { job, description: head.description, steps: outlines, secrets, variables }
    }
}

/// The names of the secrets and of the variables that a file uses.
fn uses_of(
    steps: &[StepDraft],
    triggers: &[TriggerDraft],
    computed: [&Option<Computed>; 2],
) -> (BTreeSet<String>, BTreeSet<String>) {
    let computed = computed.into_iter().flatten().map(|computed| &computed.needs);
    let needs: Vec<&Needs> = steps
        .iter()
        .flat_map(StepDraft::all_needs)
        .chain(computed)
        .chain(triggers.iter().filter_map(TriggerDraft::needs))
        .collect();
    let all = |names: fn(&Needs) -> &BTreeSet<Box<str>>| {
        needs.iter().flat_map(|needs| names(needs)).map(ToString::to_string).collect()
    };
    (all(|needs| &needs.secrets), all(|needs| &needs.variables))
}

impl Computed {
    fn into_target(self, frames: &Arc<Frames>) -> OfParams<String> {
        let frames = Arc::clone(frames);
        Arc::new(move |params: &Params| {
            let frame = frames.frame(&self.needs, Moment::before(params))?;
            self.setting.text(&frame)
        })
    }

    fn into_result(self, frames: &Arc<Frames>) -> Evaluate<serde_json::Value> {
        let frames = Arc::clone(frames);
        Arc::new(move |view: &JobView<'_>| -> Result<serde_json::Value, BatchError> {
            let frame = frames.frame(&self.needs, Moment::within(view))?;
            Ok(self.setting.value(&frame)?.to_json())
        })
    }
}
