//! Statements that only read.

use diesel::QueryResult;
use overnight_framework::repository::ExecutionFilter;
use overnight_framework::status::{ExitCode, Status, Word};

use super::Backing;
use crate::models::{
    AppliedRow, DeadLetterRow, DefinitionRow, EventRow, ExecutionRow, InstanceRow, StepRow, StepRunRow, WorkerRow,
};

/// The statements that only read.
pub(crate) trait ReadStatements: Backing {
    /// One execution.
    fn execution(&mut self, id: i64) -> QueryResult<Option<ExecutionRow>>;

    /// The newest executions that pass the filter, newest first.
    fn executions(&mut self, filter: &ExecutionFilter) -> QueryResult<Vec<ExecutionRow>>;

    /// The steps of an execution, in their order.
    fn steps(&mut self, execution: i64) -> QueryResult<Vec<StepRow>>;

    /// One instance.
    fn instance(&mut self, id: i64) -> QueryResult<Option<InstanceRow>>;

    /// The newest generation of an instance.
    fn newest_instance(&mut self, project: &str, job: &str, key: &str) -> QueryResult<Option<InstanceRow>>;

    /// What every row of a step of an instance counted, oldest first.
    fn step_runs(&mut self, instance: i64) -> QueryResult<Vec<StepRunRow>>;

    /// The steps with these ids, by id.
    fn steps_by_id(&mut self, ids: &[i64]) -> QueryResult<Vec<StepRow>>;

    /// A page of the dead letters of an instance.
    fn dead_letters(&mut self, instance: i64, after: i64, limit: u32) -> QueryResult<Vec<DeadLetterRow>>;

    /// The events of an execution, oldest first.
    fn events(&mut self, execution: i64) -> QueryResult<Vec<EventRow>>;

    /// One revision.
    fn definition(&mut self, id: i64) -> QueryResult<Option<DefinitionRow>>;

    /// The newest revision of a job.
    fn newest_definition(&mut self, project: &str, job: &str) -> QueryResult<Option<DefinitionRow>>;

    /// What was applied last under the name of a job.
    fn applied(&mut self, project: &str, job: &str) -> QueryResult<Option<AppliedRow>>;

    /// The jobs of a project, and how many revisions each has.
    fn count_revisions(&mut self, project: &str) -> QueryResult<Vec<(String, i64)>>;

    /// The jobs of a project that ever ran, and how many instances each has.
    fn count_instances(&mut self, project: &str) -> QueryResult<Vec<(String, i64)>>;

    /// One worker.
    fn worker(&mut self, id: i64) -> QueryResult<Option<WorkerRow>>;
}

/// What some words mean in columns.
pub(crate) struct Condition {
    pub(crate) statuses: Vec<&'static str>,
    pub(crate) stops: Stops,
}

/// Which rows of status STOPPED are meant.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Stops {
    /// All of them.
    Any,
    /// Those with one of these exit codes.
    With(Vec<&'static str>),
    /// Those with any other exit code than these.
    Without(Vec<&'static str>),
}

/// The exit codes that give a STOPPED run a word of its own.
const OWN_WORDS: [&str; 3] = ["PAUSED", "CANCELLED", "EXPIRED"];

impl Condition {
    /// The condition for `words`; `None` when every row passes.
    pub(crate) fn of(words: &[Word]) -> Option<Self> {
        if words.is_empty() {
            return None;
        }
        let meant = |status, code: &'static str| words.contains(&Word::of(status, &ExitCode::from(code)));
        let stopped = |code: &&'static str| meant(Status::Stopped, code);
        let (with, without): (Vec<_>, Vec<_>) = OWN_WORDS.into_iter().partition(stopped);
        let plain = stopped(&"");
        let is_meant = |status: &Status| meant(*status, "") || *status == Status::Stopped && !with.is_empty();
        let statuses = Status::ALL.into_iter().filter(is_meant).map(Status::as_str).collect();
        let stops = match (plain, without.is_empty()) {
            (true, true) => Stops::Any,
            (true, false) => Stops::Without(without),
            (false, _) if with.is_empty() => Stops::Any,
            (false, _) => Stops::With(with),
        };
        Some(Self { statuses, stops })
    }
}

macro_rules! read_statements {
    ($store:ident) => {
        fn execution(&mut self, id: i64) -> QueryResult<Option<ExecutionRow>> {
            use crate::schema::$store::job_execution::dsl;
            dsl::job_execution.find(id).get_result(self).optional()
        }

        fn executions(&mut self, filter: &ExecutionFilter) -> QueryResult<Vec<ExecutionRow>> {
            use crate::schema::$store::job_execution::dsl;
            let mut query = dsl::job_execution.order(dsl::id.desc()).into_boxed();
            if let Some(project) = &filter.project {
                query = query.filter(dsl::project.eq(project));
            }
            if let Some(job) = &filter.job {
                query = query.filter(dsl::job_name.eq(job));
            }
            if let Some(instance) = filter.instance {
                query = query.filter(dsl::instance_id.eq(instance.0));
            }
            if let Some(before) = filter.before {
                query = query.filter(dsl::id.lt(before.0));
            }
            if let Some(Condition { statuses, stops }) = Condition::of(&filter.words) {
                // One status is compared by `=`, so that an index gives its rows in the order of the page.
                query = match statuses.as_slice() {
                    [status] => query.filter(dsl::status.eq(*status)),
                    several => query.filter(dsl::status.eq_any(several.to_vec())),
                };
                query = match stops {
                    Stops::Any => query,
                    Stops::With(codes) => {
                        query.filter(dsl::status.ne(Status::Stopped.as_str()).or(dsl::exit_code.eq_any(codes)))
                    }
                    Stops::Without(codes) => {
                        query.filter(dsl::status.ne(Status::Stopped.as_str()).or(dsl::exit_code.ne_all(codes)))
                    }
                };
            }
            if filter.limit > 0 {
                query = query.limit(filter.limit.into());
            }
            query.load(self)
        }

        fn steps(&mut self, execution: i64) -> QueryResult<Vec<StepRow>> {
            use crate::schema::$store::step_execution::dsl;
            dsl::step_execution.filter(dsl::job_execution_id.eq(execution)).order((dsl::ordinal, dsl::id)).load(self)
        }

        fn instance(&mut self, id: i64) -> QueryResult<Option<InstanceRow>> {
            use crate::schema::$store::job_instance::dsl;
            dsl::job_instance.find(id).get_result(self).optional()
        }

        fn newest_instance(&mut self, project: &str, job: &str, key: &str) -> QueryResult<Option<InstanceRow>> {
            use crate::schema::$store::job_instance::dsl;
            dsl::job_instance
                .filter(dsl::project.eq(project))
                .filter(dsl::job_name.eq(job))
                .filter(dsl::job_key.eq(key))
                .order(dsl::generation.desc())
                .limit(1)
                .get_result(self)
                .optional()
        }

        fn step_runs(&mut self, instance: i64) -> QueryResult<Vec<StepRunRow>> {
            use crate::schema::$store::job_execution;
            use crate::schema::$store::step_execution::{self, dsl};
            step_execution::table
                .inner_join(job_execution::table)
                .filter(job_execution::instance_id.eq(instance))
                .order(dsl::id)
                .select((
                    dsl::id,
                    dsl::step_key,
                    dsl::status,
                    dsl::exit_code,
                    (
                        dsl::read_count,
                        dsl::write_count,
                        dsl::filter_count,
                        dsl::read_skip_count,
                        dsl::process_skip_count,
                        dsl::write_skip_count,
                        dsl::commit_count,
                        dsl::rollback_count,
                        dsl::retry_count,
                    ),
                ))
                .load(self)
        }

        fn steps_by_id(&mut self, ids: &[i64]) -> QueryResult<Vec<StepRow>> {
            use crate::schema::$store::step_execution::dsl;
            dsl::step_execution.filter(dsl::id.eq_any(ids)).order(dsl::id).load(self)
        }

        fn dead_letters(&mut self, instance: i64, after: i64, limit: u32) -> QueryResult<Vec<DeadLetterRow>> {
            use crate::schema::$store::dead_letter::dsl;
            dsl::dead_letter
                .filter(dsl::instance_id.eq(instance))
                .filter(dsl::id.gt(after))
                .order(dsl::id)
                .limit(limit.into())
                .load(self)
        }

        fn events(&mut self, execution: i64) -> QueryResult<Vec<EventRow>> {
            use crate::schema::$store::event::dsl;
            dsl::event.filter(dsl::execution_id.eq(execution)).order(dsl::id).load(self)
        }

        fn definition(&mut self, id: i64) -> QueryResult<Option<DefinitionRow>> {
            use crate::schema::$store::job_definition::dsl;
            dsl::job_definition.find(id).get_result(self).optional()
        }

        fn newest_definition(&mut self, project: &str, job: &str) -> QueryResult<Option<DefinitionRow>> {
            use crate::schema::$store::job_definition::dsl;
            dsl::job_definition
                .filter(dsl::project.eq(project))
                .filter(dsl::name.eq(job))
                .order(dsl::revision.desc())
                .limit(1)
                .get_result(self)
                .optional()
        }

        fn applied(&mut self, project: &str, job: &str) -> QueryResult<Option<AppliedRow>> {
            use crate::schema::$store::applied_job::dsl;
            dsl::applied_job
                .find((project, job))
                .select((dsl::definition_id, dsl::base_dir, dsl::applied_at, dsl::applied_by))
                .get_result(self)
                .optional()
        }

        fn count_revisions(&mut self, project: &str) -> QueryResult<Vec<(String, i64)>> {
            use crate::schema::$store::job_definition::dsl;
            let counted = dsl::job_definition.filter(dsl::project.eq(project)).group_by(dsl::name);
            counted.select((dsl::name, diesel::dsl::count_star())).load(self)
        }

        fn count_instances(&mut self, project: &str) -> QueryResult<Vec<(String, i64)>> {
            use crate::schema::$store::job_instance::dsl;
            let counted = dsl::job_instance.filter(dsl::project.eq(project)).group_by(dsl::job_name);
            counted.select((dsl::job_name, diesel::dsl::count_star())).load(self)
        }

        fn worker(&mut self, id: i64) -> QueryResult<Option<WorkerRow>> {
            use crate::schema::$store::worker::dsl;
            dsl::worker.find(id).get_result(self).optional()
        }
    };
}

pub(crate) use read_statements;

#[cfg(test)]
mod tests {
    use super::*;

    /// The words that pass a condition, found by asking it about every status and code.
    fn words_that_pass(condition: &Condition) -> Vec<Word> {
        let mut passing: Vec<Word> = Vec::new();
        for status in Status::ALL {
            for code in ["", "PAUSED", "CANCELLED", "EXPIRED", "ABORTED"] {
                let stop = match &condition.stops {
                    Stops::Any => true,
                    Stops::With(codes) => codes.contains(&code),
                    Stops::Without(codes) => !codes.contains(&code),
                };
                let passes = condition.statuses.contains(&status.as_str()) && (status != Status::Stopped || stop);
                let word = Word::of(status, &ExitCode::from(code));
                if passes && !passing.contains(&word) {
                    passing.push(word);
                }
            }
        }
        passing
    }

    #[test]
    fn a_condition_lets_exactly_its_words_pass() {
        for (first, second) in Word::ALL.into_iter().flat_map(|word| Word::ALL.map(|other| (word, other))) {
            let passing = words_that_pass(&Condition::of(&[first, second]).unwrap());
            assert!(passing.iter().all(|word| [first, second].contains(word)), "{first} {second}: {passing:?}");
            assert!([first, second].iter().all(|word| passing.contains(word)), "{first} {second}: {passing:?}");
        }
        assert!(Condition::of(&[]).is_none());
    }
}
