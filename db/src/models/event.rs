//! The log of moves and orders.

use diesel::Queryable;
use overnight_framework::execution::ExecutionId;
use overnight_framework::repository::{Event, LaunchRequest, StoreError, clean};
use overnight_framework::status::Status;

use super::Place;
use crate::instant::Instant;

/// A row of `event`, in the order of its columns.
#[derive(Debug, Queryable)]
pub(crate) struct EventRow {
    id: i64,
    execution_id: i64,
    path: Option<String>,
    at: Instant,
    actor: String,
    name: String,
    from_status: Option<String>,
    to_status: Option<String>,
    reason: Option<String>,
}

impl EventRow {
    /// The event as the engine knows it.
    pub(crate) fn into_value(self) -> Result<Event, StoreError> {
        let place = Place { table: "event", id: self.id };
        Ok(Event {
            id: self.id,
            execution_id: ExecutionId(self.execution_id),
            path: self.path,
            at: self.at.into(),
            actor: self.actor,
            name: self.name,
            from: place.optional("from_status", self.from_status.as_deref(), Status::from_stored)?,
            to: place.optional("to_status", self.to_status.as_deref(), Status::from_stored)?,
            reason: self.reason,
        })
    }
}

/// An entry of the log to be inserted.
pub(crate) struct NewEvent {
    pub(crate) execution_id: i64,
    pub(crate) path: Option<String>,
    pub(crate) actor: String,
    pub(crate) name: &'static str,
    pub(crate) from: Option<&'static str>,
    pub(crate) to: Option<&'static str>,
    pub(crate) reason: Option<String>,
}

impl NewEvent {
    /// A launch that takes the lease at once is both: recorded by who asked for it, and claimed by the worker. Without one it waits.
    pub(crate) fn of_launch(execution_id: i64, request: &LaunchRequest, worker: Option<&str>) -> Vec<Self> {
        let to = if worker.is_some() { Status::Starting } else { Status::Queued };
        let launch = Self::of(execution_id, "launch", &request.triggered_by);
        let launch = launch.moving(None, to).because(request.reason.as_deref());
        let claim = worker.map(|worker| Self::of(execution_id, "claim", worker));
        [launch].into_iter().chain(claim).collect()
    }

    /// An entry without path, statuses and reason.
    pub(crate) fn of(execution_id: i64, name: &'static str, actor: &str) -> Self {
        let actor = clean(actor).into_owned();
        Self { execution_id, path: None, actor, name, from: None, to: None, reason: None }
    }

    /// The same about a step.
    pub(crate) fn on(self, path: &str) -> Self {
        Self { path: Some(path.to_owned()), ..self }
    }

    /// The same with the move that it tells of.
    pub(crate) fn moving(self, from: impl Into<Option<Status>>, to: Status) -> Self {
        Self { from: from.into().map(Status::as_str), to: Some(to.as_str()), ..self }
    }

    /// The same with the move that it tells of, unless it is an order that changed something without one.
    pub(crate) fn moving_if_changed(self, from: Status, to: Status) -> Self {
        if from == to { self } else { self.moving(from, to) }
    }

    /// The same with the reason that was given.
    pub(crate) fn because(self, reason: Option<&str>) -> Self {
        Self { reason: reason.map(|text| clean(text).into_owned()), ..self }
    }
}
