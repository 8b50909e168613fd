//! The reading verbs of the twin.

use super::records::Records;
use crate::execution::{ExecutionId, InstanceId, JobExecution, JobInstance, StepExecution};
use crate::repository::{
    Definition, Event, ExecutionFilter, StepHistory, StepRun, StepSum, StoredDeadLetter, sum_runs,
};

impl Records {
    pub(super) fn executions(&self, filter: &ExecutionFilter) -> Vec<JobExecution> {
        let limit = if filter.limit == 0 { usize::MAX } else { filter.limit as usize };
        self.executions.iter().rev().filter(|row| passes(filter, row)).take(limit).cloned().collect()
    }

    pub(super) fn steps(&self, id: ExecutionId) -> Vec<StepExecution> {
        let rows = self.steps.iter().map(|row| &row.step);
        let mut steps: Vec<_> = rows.filter(|step| step.execution_id == id).cloned().collect();
        steps.sort_by_key(|step| step.ordinal);
        steps
    }

    pub(super) fn find_instance(&self, project: &str, job: &str, key: &str) -> Option<&JobInstance> {
        let mut newest_first = self.instances.iter().rev();
        newest_first.find(|row| row.project == project && row.job_name == job && row.key == key)
    }

    pub(super) fn history(&self, id: InstanceId) -> Vec<StepHistory> {
        let runs = self.steps.iter().map(|row| &row.step).filter(|step| self.is_of(step, id)).map(|step| StepRun {
            id: step.id,
            step_key: step.step_key.clone(),
            status: step.status,
            exit_code: step.exit_code.clone(),
            counts: step.counts,
        });
        let known = |sum: StepSum| {
            let newest = self.steps.get(sum.newest.0)?.step.clone();
            Some(StepHistory { newest, total: sum.total, starts: sum.starts })
        };
        sum_runs(runs).into_iter().filter_map(known).collect()
    }

    pub(super) fn dead_letters(&self, id: InstanceId, after: i64, limit: u32) -> Vec<StoredDeadLetter> {
        let rows = self.dead_letters.iter().filter(|row| row.instance == id && row.letter.id > after);
        rows.map(|row| row.letter.clone()).take(limit as usize).collect()
    }

    pub(super) fn events_of(&self, id: ExecutionId) -> Vec<Event> {
        self.events.iter().filter(|event| event.execution_id == id).cloned().collect()
    }

    pub(super) fn newest_definition(&self, project: &str, job: &str) -> Option<&Definition> {
        self.definitions.iter().rev().find(|row| row.project == project && row.name == job)
    }

    fn is_of(&self, step: &StepExecution, instance: InstanceId) -> bool {
        self.executions.get(step.execution_id.0).is_some_and(|execution| execution.instance_id == instance)
    }
}

fn passes(filter: &ExecutionFilter, row: &JobExecution) -> bool {
    filter.project.as_ref().is_none_or(|project| *project == row.project)
        && filter.job.as_ref().is_none_or(|job| *job == row.job_name)
        && filter.instance.is_none_or(|instance| instance == row.instance_id)
        && (filter.words.is_empty() || filter.words.contains(&row.word()))
        && filter.before.is_none_or(|before| row.id < before)
}
