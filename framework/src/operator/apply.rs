//! What the name of a job stands for: the definition that was started or applied last.

use std::path::PathBuf;

use super::Operator;
use crate::execution::{JobExecution, Trigger};
use crate::repository::{ApplyOrder, Definition, NewDefinition, StoreError};

/// A definition that `start NAME` would run, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Current {
    /// The revision.
    pub definition: Definition,
    /// The folder that its relative paths start at.
    pub base_dir: PathBuf,
}

/// What applying a definition does to its job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It is the first of its name.
    Created,
    /// The name stands for it from now on, and stood for another one before.
    Configured,
    /// The name stands for it already.
    Unchanged,
}

impl Operator {
    /// What the name of a job stands for: what was applied, or started by a person or a program, last. A restart does not count,
    /// because it keeps the text of its instance, which may have been replaced since; nor does a run of a trigger, whose server
    /// may not have heard yet of what was applied.
    ///
    /// # Errors
    /// When the store fails.
    pub fn current(&self, job: &str) -> Result<Option<Current>, StoreError> {
        let is_start = |execution: &JobExecution| Ok(matches!(execution.trigger, Trigger::Cli | Trigger::Library));
        let started = self.newest(job, is_start)?;
        let applied = self.repository.applied(&self.project, job)?;
        let applied = applied.filter(|applied| started.as_ref().is_none_or(|started| started.created_at <= applied.at));
        let (definition, base_dir) = match (applied, &started) {
            (Some(applied), _) => (self.repository.definition(applied.definition)?, applied.base_dir),
            (None, Some(started)) => (self.definition_of(started)?, started.base_dir.clone()),
            (None, None) => (self.repository.newest_definition(&self.project, job)?, None),
        };
        let base_dir = base_dir.map(PathBuf::from).unwrap_or_default();
        Ok(definition.map(|definition| Current { definition, base_dir }))
    }

    fn definition_of(&self, execution: &JobExecution) -> Result<Option<Definition>, StoreError> {
        execution.definition_id.map_or(Ok(None), |id| self.repository.definition(id))
    }

    /// What applying `new` would do.
    ///
    /// # Errors
    /// When the store fails.
    pub fn change_by(&self, new: &NewDefinition) -> Result<Change, StoreError> {
        let is_new = |Current { definition, base_dir }: &Current| {
            definition.sha256 == new.sha256 && new.base_dir.as_deref().unwrap_or_default() == base_dir.as_os_str()
        };
        let Some(current) = self.current(&new.name)? else { return Ok(Change::Created) };
        // What was started since may have the new text, while servers go by what was applied before it.
        let served = self.applied(&new.name)?;
        Ok(if is_new(&current) && served.as_ref().is_none_or(is_new) { Change::Unchanged } else { Change::Configured })
    }

    /// What was applied last, if anything ever was: what servers serve.
    fn applied(&self, job: &str) -> Result<Option<Current>, StoreError> {
        let Some(applied) = self.repository.applied(&self.project, job)? else { return Ok(None) };
        let definition = self.repository.definition(applied.definition)?;
        let base_dir = applied.base_dir.map(PathBuf::from).unwrap_or_default();
        Ok(definition.map(|definition| Current { definition, base_dir }))
    }

    /// Makes each definition what the name of its job stands for: all of them or none, and nothing is started.
    ///
    /// # Errors
    /// When the store fails.
    pub fn apply(&self, mut definitions: Vec<NewDefinition>) -> Result<Vec<Definition>, StoreError> {
        // Two that apply the same jobs meet them in one order, and none waits for the other in a ring.
        definitions.sort_by(|one, other| one.name.cmp(&other.name));
        self.repository.apply(&ApplyOrder { project: self.project.clone(), by: self.actor.clone(), definitions })
    }
}
