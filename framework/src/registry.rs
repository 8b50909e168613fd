//! What a program brings: its jobs in Rust, its kinds for job files, and the resources that both use.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use thiserror::Error;

use crate::builder::{JobProblems, JobSpec};
use crate::error::NamedError;
use crate::job::{Job, JobStep};
use crate::kind::{Component, Kinds};
use crate::resource::{Need, Resources};
use crate::yaml::Sort;

/// The jobs, kinds and resources of a program, said one by one: nothing is found by itself, and nothing is global.
///
/// ```
/// use overnight_framework::builder::{JobBuilder, StepBuilder};
/// use overnight_framework::registry::Registry;
/// use overnight_framework::step::StepContext;
///
/// let greet = StepBuilder::tasklet("greet", |_: &(), step: &mut StepContext<'_>| step.output("hello"));
/// let registry = Registry::default().built(JobBuilder::<()>::new("hello").step(greet).build());
/// registry.check()?;
/// assert!(registry.find("hello").is_some());
/// # Ok::<(), overnight_framework::registry::RegistryError>(())
/// ```
#[derive(Clone, Default)]
pub struct Registry {
    kinds: Kinds,
    jobs: BTreeMap<String, Job>,
    resources: Arc<Resources>,
    /// Who asks for resources beside the steps of the jobs: the words for it, where it stands, and what it asks for.
    asking: Vec<(String, &'static str, Vec<Need>)>,
    problems: Vec<String>,
}

/// Everything that is wrong with a program before it runs anything.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{}", .problems.join("\n"))]
pub struct RegistryError {
    /// The problems, those of whole jobs first.
    pub problems: Vec<String>,
}

impl Registry {
    /// Adds the job that `T` is.
    #[must_use]
    pub fn job<T: JobSpec>(self) -> Self {
        self.built(T::job())
    }

    /// Adds a job that a builder made; what was wrong with it is told by [`check`](Self::check).
    #[must_use]
    pub fn built(mut self, job: Result<Job, JobProblems>) -> Self {
        match job {
            Ok(job) if self.jobs.contains_key(&job.name) => {
                self.problems.push(format!("there are two jobs called `{}`", job.name));
            }
            Ok(job) => drop(self.jobs.insert(job.name.clone(), job)),
            Err(error) => self.problems.push(error.to_string()),
        }
        self
    }

    /// Adds a function that job files may name, `uses: render`: one with `#[step]`, `#[reader]`, `#[processor]` or `#[writer]`.
    #[must_use]
    pub fn component<C: Component>(mut self) -> Self {
        let count = |kinds: &Kinds| Sort::ALL.map(|sort| kinds.registered(sort).len()).into_iter().sum::<usize>();
        let before = count(&self.kinds);
        self.kinds = C::add_to(self.kinds);
        if count(&self.kinds) == before {
            self.problems.push(format!("there are two functions for `uses: {}`, one of them at {}", C::NAME, C::PLACE));
        }
        self.asking.push((format!("`{}`", C::NAME), C::PLACE, C::needs()));
        self
    }

    /// Makes the names of the errors of type `E` known, so that job files may choose them in `skip` and `retry`.
    #[must_use]
    pub fn errors_of<E: NamedError>(mut self) -> Self {
        self.kinds = self.kinds.errors_of::<E>();
        self
    }

    /// Adds something that steps ask for as `Res<T>`; it replaces another of its type.
    #[must_use]
    pub fn resource<T: Send + Sync + 'static>(mut self, value: T) -> Self {
        Arc::make_mut(&mut self.resources).insert(value);
        self
    }

    /// The same of something that is shared already, or known by a trait: `share::<dyn Mailer>(Arc::new(Smtp::new()))`.
    #[must_use]
    pub fn share<T: ?Sized + Send + Sync + 'static>(mut self, shared: Arc<T>) -> Self {
        Arc::make_mut(&mut self.resources).share(shared);
        self
    }

    /// Adds kinds that job files may name.
    #[must_use]
    pub fn with_kinds(mut self, kinds: Kinds) -> Self {
        self.kinds = self.kinds.and(kinds);
        self
    }

    /// The same program over stock kinds, which its own replace.
    #[must_use]
    pub fn over_kinds(mut self, stock: Kinds) -> Self {
        self.kinds = stock.and(self.kinds);
        self
    }

    /// The kinds that job files may name.
    #[must_use]
    pub fn kinds(&self) -> &Kinds {
        &self.kinds
    }

    /// What the program gives to its jobs.
    #[must_use]
    pub fn resources(&self) -> Arc<Resources> {
        Arc::clone(&self.resources)
    }

    /// Whether there is a resource for `need`.
    #[must_use]
    pub fn has(&self, need: Need) -> bool {
        self.resources.has(need)
    }

    /// The job called `name`, with the kinds and the resources of the program.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<Job> {
        let job = self.jobs.get(name)?;
        let (job, _) = job.clone().over(&self.kinds);
        Some(Job { resources: self.resources(), ..job })
    }

    /// The names of the jobs, in their order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.jobs.keys().map(String::as_str)
    }

    /// Whether every job could run: a program asks before it does anything else.
    ///
    /// # Errors
    /// Everything that is missing or wrong, at once.
    pub fn check(&self) -> Result<(), RegistryError> {
        let steps = self.jobs.values().flat_map(|job| {
            let who = |step: &JobStep| format!("job `{}` step `{}`", job.name, step.name);
            job.steps.iter().map(move |step| (who(step), step.place, step.needs.as_slice()))
        });
        let functions = self.asking.iter().map(|(who, place, needs)| (who.clone(), Some(*place), needs.as_slice()));
        let missing = steps.chain(functions).flat_map(|(who, place, needs)| {
            let place = place.map(|place| format!(" ({place})")).unwrap_or_default();
            let missing = needs.iter().filter(|need| !self.resources.has(**need));
            missing.map(move |need| {
                let ty = need.type_name();
                format!(
                    "{who} asks for `Res<{ty}>`{place}, and the program has no such resource: add it to the registry \
                     with `.resource(…)`"
                )
            })
        });
        let parts = self.jobs.values().flat_map(|job| job.clone().over(&self.kinds).1);
        let problems: Vec<String> = self.problems.iter().cloned().chain(parts).chain(missing).collect();
        if problems.is_empty() { Ok(()) } else { Err(RegistryError { problems }) }
    }
}

/// A program with kinds of its own, and no jobs.
impl From<Kinds> for Registry {
    fn from(kinds: Kinds) -> Self {
        Self::default().with_kinds(kinds)
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registry")
            .field("kinds", &self.kinds)
            .field("jobs", &self.jobs.keys())
            .field("resources", &self.resources)
            .finish_non_exhaustive()
    }
}
