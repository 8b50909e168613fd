//! Statements of triggers: what they take and refuse, and the topics that they wait at.

use diesel::QueryResult;
use overnight_framework::repository::{Fire, NewMessage, Reject, TriggerKey, TriggerWatch};

use super::Backing;
use crate::instant::Instant;
use crate::models::{ExecutionRow, FireRow, MessageRow, RejectRow, WatchedRow};

/// The statements of triggers.
pub(crate) trait TriggerStatements: Backing {
    /// Takes a message out of its topic; `false` when it is out, or when somebody else is taking it.
    fn take_message(&mut self, id: i64) -> QueryResult<bool>;

    /// Records that a tick or a message is taken, as launched until it is [settled](Self::settle_fire); `None` when it was taken
    /// before. It waits for a process that is taking the same.
    fn insert_fire(&mut self, now: Self::Now, fire: &Fire<'_>, key: &str) -> QueryResult<Option<i64>>;

    /// Writes what became of it.
    fn settle_fire(&mut self, id: i64, what: &Settled<'_>) -> QueryResult<FireRow>;

    /// What was taken under this key.
    fn fire_with_key(&mut self, trigger: &TriggerKey, key: &str) -> QueryResult<Option<FireRow>>;

    /// The newest execution of a job that waits or is under way.
    fn running_of_job(&mut self, project: &str, job: &str) -> QueryResult<Option<ExecutionRow>>;

    /// Whether a trigger has refused a message without a key and with this payload.
    fn has_refused(&mut self, trigger: &TriggerKey, payload: &str) -> QueryResult<bool>;

    /// Keeps a message that is refused; `false` when one with its key is kept.
    fn insert_reject(&mut self, now: Self::Now, reject: &Reject, payload: &str) -> QueryResult<bool>;

    /// A trigger as it was served last, locked.
    fn lock_watched(&mut self, trigger: &TriggerKey) -> QueryResult<Option<WatchedRow>>;

    /// Records a trigger as it is served from now on.
    fn upsert_watched(&mut self, now: Self::Now, watch: &TriggerWatch) -> QueryResult<Instant>;

    /// The newest instant that a tick of a trigger stood for.
    fn last_tick(&mut self, trigger: &TriggerKey) -> QueryResult<Option<Instant>>;

    /// Puts a message into a topic.
    fn insert_message(&mut self, now: Self::Now, message: &NewMessage, key: &str) -> QueryResult<i64>;

    /// A page of a topic.
    fn messages(&mut self, topic: (&str, &str), after: i64, limit: u32) -> QueryResult<Vec<MessageRow>>;

    /// The triggers of a project.
    fn watched(&mut self, project: &str) -> QueryResult<Vec<WatchedRow>>;

    /// How much each trigger of a project has taken, by job and name.
    fn count_fires(&mut self, project: &str) -> QueryResult<Vec<(String, String, i64)>>;

    /// How much each trigger of a project has refused, by job and name.
    fn count_rejects(&mut self, project: &str) -> QueryResult<Vec<(String, String, i64)>>;

    /// What a trigger has taken, newest first.
    fn fires(&mut self, trigger: &TriggerKey, limit: u32) -> QueryResult<Vec<FireRow>>;

    /// What a trigger has refused, newest first.
    fn rejects(&mut self, trigger: &TriggerKey, limit: u32) -> QueryResult<Vec<RejectRow>>;
}

/// What became of a tick or a message, as it is written.
pub(crate) struct Settled<'a> {
    pub(crate) outcome: &'static str,
    pub(crate) execution: Option<i64>,
    pub(crate) reason: Option<&'a str>,
}

macro_rules! trigger_statements {
    ($store:ident $(, $lock:ident, $skip:ident)?) => {
        fn take_message(&mut self, id: i64) -> QueryResult<bool> {
            use crate::schema::$store::inbox_message::dsl;
            let found: Option<i64> =
                dsl::inbox_message.find(id).select(dsl::id)$(.$lock().$skip())?.get_result(self).optional()?;
            Ok(found.is_some() && diesel::delete(dsl::inbox_message.find(id)).execute(self)? == 1)
        }

        fn insert_fire(&mut self, now: Self::Now, fire: &Fire<'_>, key: &str) -> QueryResult<Option<i64>> {
            use crate::schema::$store::trigger_fire::dsl;
            diesel::insert_into(dsl::trigger_fire)
                .values((
                    dsl::project.eq(&fire.trigger.project),
                    dsl::job_name.eq(&fire.trigger.job),
                    dsl::trigger_name.eq(&fire.trigger.name),
                    dsl::fire_key.eq(key),
                    dsl::scheduled_at.eq(fire.scheduled_at.map(Instant::from)),
                    dsl::outcome.eq(FireOutcome::Launched.as_str()),
                    dsl::created_at.eq(now),
                ))
                .on_conflict_do_nothing()
                .returning(dsl::id)
                .get_result(self)
                .optional()
        }

        fn settle_fire(&mut self, id: i64, what: &Settled<'_>) -> QueryResult<FireRow> {
            use crate::schema::$store::trigger_fire::{all_columns, dsl};
            diesel::update(dsl::trigger_fire.find(id))
                .set((
                    dsl::outcome.eq(what.outcome),
                    dsl::execution_id.eq(what.execution),
                    dsl::reason.eq(what.reason),
                ))
                .returning(all_columns)
                .get_result(self)
        }

        fn fire_with_key(&mut self, trigger: &TriggerKey, key: &str) -> QueryResult<Option<FireRow>> {
            use crate::schema::$store::trigger_fire::dsl;
            dsl::trigger_fire
                .filter(dsl::project.eq(&trigger.project))
                .filter(dsl::job_name.eq(&trigger.job))
                .filter(dsl::trigger_name.eq(&trigger.name))
                .filter(dsl::fire_key.eq(key))
                .get_result(self)
                .optional()
        }

        fn running_of_job(&mut self, project: &str, job: &str) -> QueryResult<Option<ExecutionRow>> {
            use crate::schema::$store::job_execution::dsl;
            let under_way = Status::ALL.into_iter().filter(|status| !status.is_ended()).map(Status::as_str);
            dsl::job_execution
                .filter(dsl::project.eq(project))
                .filter(dsl::job_name.eq(job))
                .filter(dsl::status.eq_any(under_way))
                .order(dsl::id.desc())
                .first(self)
                .optional()
        }

        fn has_refused(&mut self, trigger: &TriggerKey, payload: &str) -> QueryResult<bool> {
            use crate::schema::$store::trigger_reject::dsl;
            let same = dsl::trigger_reject
                .filter(dsl::project.eq(&trigger.project))
                .filter(dsl::job_name.eq(&trigger.job))
                .filter(dsl::trigger_name.eq(&trigger.name))
                .filter(dsl::message_key.is_null())
                .filter(dsl::payload.eq(payload));
            diesel::select(diesel::dsl::exists(same)).get_result(self)
        }

        fn insert_reject(&mut self, now: Self::Now, reject: &Reject, payload: &str) -> QueryResult<bool> {
            use crate::schema::$store::trigger_reject::dsl;
            let inserted = diesel::insert_into(dsl::trigger_reject)
                .values((
                    dsl::project.eq(&reject.trigger.project),
                    dsl::job_name.eq(&reject.trigger.job),
                    dsl::trigger_name.eq(&reject.trigger.name),
                    dsl::message_key.eq(reject.key.as_deref().map(clean)),
                    dsl::payload.eq(payload),
                    dsl::reason.eq(&*clean(&reject.reason)),
                    dsl::path.eq(reject.path.as_deref()),
                    dsl::created_at.eq(now),
                ))
                .on_conflict_do_nothing()
                .execute(self)?;
            Ok(inserted == 1)
        }

        fn lock_watched(&mut self, trigger: &TriggerKey) -> QueryResult<Option<WatchedRow>> {
            use crate::schema::$store::trigger::dsl;
            let row = dsl::trigger.find((&trigger.project, &trigger.job, &trigger.name));
            row$(.$lock())?.get_result(self).optional()
        }

        fn upsert_watched(&mut self, now: Self::Now, watch: &TriggerWatch) -> QueryResult<Instant> {
            use crate::schema::$store::trigger::dsl;
            let what = || (dsl::enabled.eq(watch.enabled), dsl::source.eq(&watch.source), dsl::since.eq(now));
            let TriggerKey { project, job, name } = &watch.trigger;
            diesel::insert_into(dsl::trigger)
                .values((dsl::project.eq(project), dsl::job_name.eq(job), dsl::name.eq(name), what()))
                .on_conflict((dsl::project, dsl::job_name, dsl::name))
                .do_update()
                .set(what())
                .returning(dsl::since)
                .get_result(self)
        }

        fn last_tick(&mut self, trigger: &TriggerKey) -> QueryResult<Option<Instant>> {
            use crate::schema::$store::trigger_fire::dsl;
            dsl::trigger_fire
                .filter(dsl::project.eq(&trigger.project))
                .filter(dsl::job_name.eq(&trigger.job))
                .filter(dsl::trigger_name.eq(&trigger.name))
                .select(diesel::dsl::max(dsl::scheduled_at))
                .get_result(self)
        }

        fn insert_message(&mut self, now: Self::Now, message: &NewMessage, key: &str) -> QueryResult<i64> {
            use crate::schema::$store::inbox_message::dsl;
            diesel::insert_into(dsl::inbox_message)
                .values((
                    dsl::project.eq(&message.project),
                    dsl::topic.eq(&message.topic),
                    dsl::message_key.eq(key),
                    dsl::body.eq(&message.body),
                    dsl::created_at.eq(now),
                ))
                .returning(dsl::id)
                .get_result(self)
        }

        fn messages(
            &mut self,
            (project, topic): (&str, &str),
            after: i64,
            limit: u32,
        ) -> QueryResult<Vec<MessageRow>> {
            use crate::schema::$store::inbox_message::dsl;
            dsl::inbox_message
                .filter(dsl::project.eq(project))
                .filter(dsl::topic.eq(topic))
                .filter(dsl::id.gt(after))
                .order(dsl::id)
                .limit(limit.into())
                .select((dsl::id, dsl::message_key, dsl::body, dsl::created_at))
                .load(self)
        }

        fn watched(&mut self, project: &str) -> QueryResult<Vec<WatchedRow>> {
            use crate::schema::$store::trigger::dsl;
            dsl::trigger.filter(dsl::project.eq(project)).load(self)
        }

        fn count_fires(&mut self, project: &str) -> QueryResult<Vec<(String, String, i64)>> {
            use crate::schema::$store::trigger_fire::dsl;
            dsl::trigger_fire
                .filter(dsl::project.eq(project))
                .group_by((dsl::job_name, dsl::trigger_name))
                .select((dsl::job_name, dsl::trigger_name, diesel::dsl::count_star()))
                .load(self)
        }

        fn count_rejects(&mut self, project: &str) -> QueryResult<Vec<(String, String, i64)>> {
            use crate::schema::$store::trigger_reject::dsl;
            dsl::trigger_reject
                .filter(dsl::project.eq(project))
                .group_by((dsl::job_name, dsl::trigger_name))
                .select((dsl::job_name, dsl::trigger_name, diesel::dsl::count_star()))
                .load(self)
        }

        fn fires(&mut self, trigger: &TriggerKey, limit: u32) -> QueryResult<Vec<FireRow>> {
            use crate::schema::$store::trigger_fire::dsl;
            dsl::trigger_fire
                .filter(dsl::project.eq(&trigger.project))
                .filter(dsl::job_name.eq(&trigger.job))
                .filter(dsl::trigger_name.eq(&trigger.name))
                .order(dsl::id.desc())
                .limit(limit.into())
                .load(self)
        }

        fn rejects(&mut self, trigger: &TriggerKey, limit: u32) -> QueryResult<Vec<RejectRow>> {
            use crate::schema::$store::trigger_reject::dsl;
            dsl::trigger_reject
                .filter(dsl::project.eq(&trigger.project))
                .filter(dsl::job_name.eq(&trigger.job))
                .filter(dsl::trigger_name.eq(&trigger.name))
                .order(dsl::id.desc())
                .limit(limit.into())
                .load(self)
        }
    };
}

pub(crate) use trigger_statements;
