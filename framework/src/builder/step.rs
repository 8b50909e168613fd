//! One step of a job in Rust, with the rules around it.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use super::flow::WholeFlow;
use crate::definition::{Conditions, Outputs, refused_output};
use crate::error::{BatchError, names};
use crate::execution::StepKind;
use crate::expr::ExprError;
use crate::job::{Evaluate, JobStep, Rerun, Unwired};
use crate::kind::{Frame, Kinds};
use crate::listener::{ChunkListener, SkipListener, StepListener};
use crate::params::{FromParams, ParamType, ParamsError, parse_duration};
use crate::policy::{RetryPolicy, SkipPolicy};
use crate::resource::Need;
use crate::step::chunk::{Chunk, ChunkStep};
use crate::step::{IntoOutcome, JobView, Outcome, Step, StepContext, StepError, TaskletStep};
use crate::yaml::{Problem, Source};

/// Puts a step together, of a job whose parameters are a `P`.
pub struct StepBuilder<P> {
    /// The rules, around work that does nothing until the right one is put in.
    pub(super) step: JobStep,
    work: Work,
    pub(super) when: Option<When>,
    problems: Vec<String>,
    params: PhantomData<fn(P)>,
}

enum Work {
    Tasklet(Arc<dyn Step>),
    Chunk(ChunkStep),
    Flow(FlowWork),
}

/// A flow with the rules around its chunks.
#[derive(Clone)]
struct FlowWork {
    text: String,
    own: Kinds,
    is_own: bool,
    size: Option<usize>,
    retry: RetryPolicy,
    skip: SkipPolicy,
}

/// Whether a step shall run.
pub(super) enum When {
    /// An expression, as a job file has it.
    Expression(String),
    Function(Evaluate<bool>),
}

impl<P: FromParams> StepBuilder<P> {
    /// A step that is one action. It gets the parameters, and answers what [`IntoOutcome`] lists.
    pub fn tasklet<A: IntoOutcome>(
        name: impl Into<String>,
        action: impl Fn(&P, &mut StepContext<'_>) -> A + Send + Sync + 'static,
    ) -> Self {
        let execute = move |context: &mut StepContext<'_>| -> Result<Outcome, BatchError> {
            let params = read_params::<P>(context)?;
            action(&params, context).into_outcome(context)
        };
        Self::of(name, Work::Tasklet(Arc::new(TaskletStep(execute))))
    }

    /// A step that reads, processes and writes, `size` items a transaction; its parts are made for each attempt.
    pub fn chunk(
        name: impl Into<String>,
        size: usize,
        parts: impl Fn(&P, &StepContext<'_>) -> Result<Chunk, BatchError> + Send + Sync + 'static,
    ) -> Self {
        let parts = move |context: &StepContext<'_>| parts(&read_params::<P>(context)?, context);
        Self::of(name, Work::Chunk(ChunkStep::new(parts).size(size)))
    }

    /// A step that reads rows, makes others of them and writes those: its parts are functions of the program, and kinds that job
    /// files name. What is wrong with their settings is told when the job is registered.
    pub fn flow(name: impl Into<String>, flow: WholeFlow<P>) -> Self {
        let WholeFlow { text, own, needs, problems, size, is_own, .. } = flow;
        let name = name.into();
        let problems = problems.into_iter().map(|problem| format!("step `{name}`: {problem}")).collect();
        let (retry, skip) = (RetryPolicy::NEVER, SkipPolicy::NEVER);
        let flow = Self::of(name, Work::Flow(FlowWork { text, own, is_own, size, retry, skip }));
        Self { problems, ..flow }.needs(needs)
    }

    fn of(name: impl Into<String>, work: Work) -> Self {
        let nothing = TaskletStep(|_: &mut StepContext<'_>| Ok(Outcome::COMPLETED));
        Self { step: JobStep::new(name, nothing), work, when: None, problems: Vec::new(), params: PhantomData }
    }

    /// What the step is for.
    #[must_use]
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.step.description = Some(description.into());
        self
    }

    /// Runs the step only when this holds: an expression as in a job file, over the parameters and the steps before.
    #[must_use]
    pub fn when(self, expression: impl Into<String>) -> Self {
        Self { when: Some(When::Expression(expression.into())), ..self }
    }

    /// The same as a function.
    #[must_use]
    pub fn when_fn(self, holds: impl Fn(&P, &JobView<'_>) -> Result<bool, BatchError> + Send + Sync + 'static) -> Self {
        let evaluate = move |view: &JobView<'_>| holds(&P::from_params(view.params).map_err(unreadable)?, view);
        Self { when: Some(When::Function(Arc::new(evaluate))), ..self }
    }

    /// A value that the step gives to the conditions of later ones, which see it as `steps.STEP.NAME`. The step then has to give
    /// it, and gives nothing that is not declared.
    #[must_use]
    pub fn output(mut self, name: impl Into<String>, kind: ParamType) -> Self {
        let name = name.into();
        let refused = match self.work {
            Work::Tasklet(_) => refused_output(&name),
            Work::Chunk(_) | Work::Flow(_) => {
                Some("a chunk step has no outputs: later steps see its counts".to_owned())
            }
        };
        self.problems.extend(refused.map(|refused| format!("step `{}`: {refused}", self.step.name)));
        self.step.outputs.push((name, kind));
        self
    }

    /// Repeats what failed: the action of a tasklet, or a chunk.
    #[must_use]
    pub fn retry(mut self, retry: RetryPolicy) -> Self {
        if retry.max_attempts == 0 {
            self.problems.push(format!("step `{}`: `retry` counts the first attempt too: at least 1", self.step.name));
        }
        match self.work {
            Work::Tasklet(_) => self.step.retry = retry,
            // As in a job file: what is repeated are its chunks.
            Work::Chunk(chunk) => self.work = Work::Chunk(chunk.retry(retry)),
            Work::Flow(flow) => self.work = Work::Flow(FlowWork { retry, ..flow }),
        }
        self
    }

    /// Skips bad items of a chunk step.
    #[must_use]
    pub fn skip(mut self, skip: SkipPolicy) -> Self {
        match self.work {
            Work::Tasklet(_) => {
                self.problems.push(format!("step `{}`: a tasklet has no items to skip", self.step.name))
            }
            Work::Chunk(chunk) => self.work = Work::Chunk(chunk.skip(skip)),
            Work::Flow(flow) => self.work = Work::Flow(FlowWork { skip, ..flow }),
        }
        self
    }

    /// How long the step may take, all attempts together. Then it is asked to end, and fails. One that completes before it heeds
    /// that has completed.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.step.timeout = Some(timeout);
        self
    }

    /// The same as a job file writes it: `30m`, `1h30m`.
    #[must_use]
    pub fn timeout_text(mut self, timeout: &str) -> Self {
        match length(timeout) {
            Ok(timeout) => self.step.timeout = Some(timeout),
            Err(problem) => self.problems.push(format!("step `{}`: {problem}", self.step.name)),
        }
        self
    }

    /// Runs the step again after a restart although it completed.
    #[must_use]
    pub fn rerun_always(mut self) -> Self {
        self.step.rerun = Rerun::Always;
        self
    }

    /// How often the step may be begun in one instance.
    #[must_use]
    pub fn max_starts(mut self, times: u32) -> Self {
        if times == 0 {
            self.problems.push(format!("step `{}`: with `max_starts` 0 it could never begin", self.step.name));
        }
        self.step.max_starts = Some(times);
        self
    }

    /// A resource without which the step cannot run; a program that lacks it is told before anything runs.
    #[must_use]
    pub fn needs(mut self, need: impl IntoIterator<Item = Need>) -> Self {
        self.step.needs.extend(need);
        self
    }

    /// Where the step stands in its source, as `src/ledger.rs:46`.
    #[must_use]
    pub fn at(mut self, place: &'static str) -> Self {
        self.step.place = Some(place);
        self
    }

    /// Who is called around the step.
    #[must_use]
    pub fn listener(mut self, listener: impl StepListener + 'static) -> Self {
        self.step.listeners.push(Arc::new(listener));
        self
    }

    /// Who is called around its chunks. It then runs on one thread.
    #[must_use]
    pub fn chunk_listener(mut self, listener: impl ChunkListener + 'static) -> Self {
        self.step.chunk_listeners.push(Arc::new(listener));
        self
    }

    /// Who is called for each skipped item.
    #[must_use]
    pub fn skip_listener(mut self, listener: impl SkipListener + 'static) -> Self {
        self.step.skip_listeners.push(Arc::new(listener));
        self
    }

    pub(super) fn build(self, conditions: &Conditions, problems: &mut Vec<String>) -> Option<JobStep> {
        let Self { step, work, when, .. } = self;
        problems.extend(self.problems);
        let (when, condition) = match when {
            None => (None, None),
            Some(When::Function(evaluate)) => (Some(evaluate), None),
            Some(When::Expression(text)) => match conditions.compile(&text) {
                Ok(evaluate) => (Some(evaluate), Some(text)),
                Err(errors) => {
                    let told = |error: &ExprError| format!("the condition `{text}` of step `{}`: {error}", step.name);
                    problems.extend(errors.iter().map(told));
                    return None;
                }
            },
        };
        let step = JobStep { when, condition, ..step };
        Some(match work {
            Work::Tasklet(tasklet) if step.outputs.is_empty() => JobStep { step: tasklet, ..step },
            Work::Tasklet(tasklet) => {
                let giving = Giving { tasklet, outputs: Outputs::of(&step.outputs) };
                JobStep { step: Arc::new(giving), ..step }
            }
            Work::Chunk(chunk) => JobStep { step: Arc::new(chunk), ..step },
            Work::Flow(flow) => {
                Waiting { name: step.name.clone(), flow, names: conditions.clone() }.into_step(step, problems)
            }
        })
    }
}

/// A flow whose kinds are not known, and the names that its settings may use.
struct Waiting {
    name: String,
    flow: FlowWork,
    names: Conditions,
}

impl Waiting {
    /// The step as far as it is known: whole where every part belongs to the program.
    fn into_step(self, step: JobStep, problems: &mut Vec<String>) -> JobStep {
        if !self.flow.is_own {
            return JobStep { step: Arc::new(Named), unwired: Some(Arc::new(self)), ..step };
        }
        match self.over(&Kinds::default()) {
            Ok(whole) => JobStep { step: whole, ..step },
            Err(found) => {
                problems.extend(found.into_iter().map(|problem| format!("step `{}`: {problem}", self.name)));
                step
            }
        }
    }
}

impl Unwired for Waiting {
    fn over(&self, kinds: &Kinds) -> Result<Arc<dyn Step>, Vec<String>> {
        let FlowWork { text, own, size, retry, skip, .. } = &self.flow;
        let (source, kinds) = (Source::new(self.name.as_str(), text), kinds.clone().and(own.clone()));
        let told = |problem: &Problem| {
            let help: String = problem.help.iter().map(|help| format!("; {help}")).collect();
            format!("{}: {}{help}", problem.path, problem.message)
        };
        let chunk = self.names.chunk(&self.name, &source, &kinds);
        let chunk = chunk.map_err(|problems| problems.iter().map(told).collect::<Vec<_>>())?;
        let chunk = chunk.retry(retry.clone()).skip(skip.clone());
        Ok(Arc::new(match size {
            Some(size) => chunk.size(*size),
            None => chunk,
        }))
    }
}

/// Stands in the place of a step that names kinds, until they are known.
struct Named;

impl Step for Named {
    fn kind(&self) -> StepKind {
        StepKind::Chunk
    }

    fn run(&self, _: &mut StepContext<'_>) -> Result<Outcome, StepError> {
        let message = "the parts of this step are named, and nobody said which kinds there are: \
                       a `Registry` with the kinds gives the job that can run";
        Err(BatchError::from(message).into())
    }
}

/// A tasklet that is held to the outputs it declares.
struct Giving {
    tasklet: Arc<dyn Step>,
    outputs: Outputs,
}

impl Step for Giving {
    fn kind(&self) -> StepKind {
        StepKind::Tasklet
    }

    fn run(&self, context: &mut StepContext<'_>) -> Result<Outcome, StepError> {
        // What an attempt before this one gave must not pass for what this one gives.
        context.state.outputs.clear();
        let outcome = self.tasklet.run(context)?;
        if matches!(outcome, Outcome::Completed(_)) {
            let secrets = context.job.params.secrets().collect();
            self.outputs.settle(context, &Frame { secrets, ..Frame::default() })?;
        }
        Ok(outcome)
    }
}

pub(super) fn read_params<P: FromParams>(context: &StepContext<'_>) -> Result<P, BatchError> {
    P::from_params(context.job.params).map_err(unreadable)
}

fn unreadable(error: ParamsError) -> BatchError {
    BatchError::new(names::INVALID_VALUE, "the parameters are not those of this job").with_source(error)
}

/// A length of time that is more than none.
pub(super) fn length(text: &str) -> Result<Duration, String> {
    let length = parse_duration(text).and_then(|length| length.to_std().ok()).filter(|length| !length.is_zero());
    length.ok_or_else(|| format!("`timeout`: expected {}, found {text:?}", ParamType::Duration.expectation()))
}

impl<P> fmt::Debug for StepBuilder<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StepBuilder").field("name", &self.step.name).finish_non_exhaustive()
    }
}
