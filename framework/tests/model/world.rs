//! Everything a store holds, and what must be true of it.

use std::collections::BTreeMap;

use overnight_framework::execution::{
    ExecutionId, InstanceEnd, InstanceId, JobExecution, JobInstance, StepExecution, StepExecutionId,
};
use overnight_framework::repository::{Event, ExecutionFilter, Repository, StoredDeadLetter};
use overnight_framework::status::Status;

/// All records of a store, as the port shows them.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct World {
    pub(crate) executions: BTreeMap<ExecutionId, JobExecution>,
    pub(crate) steps: BTreeMap<StepExecutionId, StepExecution>,
    instances: BTreeMap<InstanceId, JobInstance>,
    events: BTreeMap<ExecutionId, Vec<Event>>,
    letters: Vec<StoredDeadLetter>,
}

impl World {
    pub(crate) fn of(repository: &dyn Repository) -> Self {
        let all = ExecutionFilter { limit: 0, ..ExecutionFilter::default() };
        let mut world = Self::default();
        for execution in repository.executions(&all).unwrap() {
            let steps = repository.steps(execution.id).unwrap();
            world.steps.extend(steps.into_iter().map(|step| (step.id, step)));
            world.events.insert(execution.id, repository.events(execution.id).unwrap());
            let instance = repository.instance(execution.instance_id).unwrap().unwrap();
            if world.instances.insert(instance.id, instance).is_none() {
                world.letters.extend(repository.dead_letters(execution.instance_id, 0, u32::MAX).unwrap());
            }
            world.executions.insert(execution.id, execution);
        }
        world
    }

    /// The newest execution of the newest generation of a key, with its instance.
    pub(crate) fn last(&self, key: &str) -> Option<(&JobInstance, &JobExecution)> {
        let instance = self.instances.values().filter(|row| row.key == key).max_by_key(|row| row.generation)?;
        self.executions_of(instance.id).last().map(|execution| (instance, execution))
    }

    /// What must be true at any time.
    pub(crate) fn check(&self) {
        for instance in self.instances.values() {
            self.check_instance(instance);
        }
        for row in self.executions.values() {
            let times = [Some(row.created_at), row.started_at, row.ended_at];
            check_times(&row.id, row.status, &times);
            assert_eq!(row.lease_until.is_some(), row.status.is_live(), "I-6: {row:?}");
            assert_eq!(row.progress == 100, row.status == Status::Completed, "I-10: {row:?}");
            assert_eq!(self.logged(row.id, None), Some(row.status), "I-20: {row:?}");
        }
        for row in self.steps.values() {
            check_times(&row.path, row.status, &[Some(row.created_at), row.started_at, row.ended_at]);
            assert_eq!(self.logged(row.execution_id, Some(&row.path)), Some(row.status), "I-20: {row:?}");
        }
    }

    fn check_instance(&self, instance: &JobInstance) {
        let blocking = self.executions_of(instance.id).filter(|row| row.status.blocks_instance()).count();
        assert!(blocking <= 1, "I-2: {blocking} executions of {instance:?}");
        let same_key = self.instances.values().filter(|other| other.key == instance.key);
        let open = same_key.filter(|other| other.closed.is_none()).count();
        assert!(open <= 1, "I-3: {open} open generations of {instance:?}");
        let completed = self.executions_of(instance.id).any(|row| row.status == Status::Completed);
        assert_eq!(completed, instance.closed == Some(InstanceEnd::Completed), "I-21: {instance:?}");
        let attempts: Vec<_> = self.executions_of(instance.id).map(|row| row.attempt).collect();
        assert_eq!(attempts, (1..).take(attempts.len()).collect::<Vec<_>>());
    }

    /// What must be true from one state to the next.
    pub(crate) fn check_moves_since(&self, before: &Self) {
        for (id, row) in &self.executions {
            let Some(earlier) = before.executions.get(id) else {
                let instance = before.instances.get(&row.instance_id);
                assert!(instance.is_none_or(|instance| instance.closed.is_none()), "I-4: {row:?}");
                continue;
            };
            check_move(earlier.status, row.status);
            assert!(row.lease_token >= earlier.lease_token, "I-7: {row:?}");
        }
        for (id, row) in &self.steps {
            let Some(earlier) = before.steps.get(id) else { continue };
            check_move(earlier.status, row.status);
            assert!(row.lease_token >= earlier.lease_token, "I-7: {row:?}");
        }
        for (id, events) in &before.events {
            assert!(self.events[id].starts_with(events), "the log of {id} was rewritten");
        }
    }

    /// Where the log says that an execution or a step stands, after a chain without a gap.
    fn logged(&self, id: ExecutionId, path: Option<&str>) -> Option<Status> {
        let mut stands = None;
        for event in self.events[&id].iter().filter(|event| event.path.as_deref() == path && event.to.is_some()) {
            assert_eq!(event.from, stands, "I-20: {event:?}");
            assert!(!event.actor.is_empty(), "I-20: {event:?}");
            stands = event.to;
        }
        stands
    }

    fn executions_of(&self, instance: InstanceId) -> impl Iterator<Item = &JobExecution> {
        self.executions.values().filter(move |row| row.instance_id == instance)
    }
}

fn check_times<T: PartialOrd + std::fmt::Debug>(id: &impl std::fmt::Debug, status: Status, times: &[Option<T>; 3]) {
    let [.., ended] = times;
    assert_eq!(ended.is_some(), status.is_ended(), "I-5: {id:?} is {status}");
    let set: Vec<_> = times.iter().flatten().collect();
    assert!(set.is_sorted(), "I-13: {id:?}: {times:?}");
}

fn check_move(from: Status, to: Status) {
    assert!(from == to || from.may_become(to) && to.phase() > from.phase(), "I-1: {from} -> {to}");
}
