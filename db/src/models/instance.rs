//! Instances.

use diesel::Queryable;
use overnight_framework::execution::{InstanceEnd, InstanceId, JobInstance};
use overnight_framework::repository::StoreError;

use super::Place;
use crate::instant::Instant;

/// A row of `job_instance`, in the order of its columns.
#[derive(Debug, Queryable)]
pub(crate) struct InstanceRow {
    pub(crate) id: i64,
    project: String,
    job_name: String,
    job_key: String,
    pub(crate) generation: i32,
    params: String,
    created_at: Instant,
    _closed_at: Option<Instant>,
    closed_why: Option<String>,
}

impl InstanceRow {
    /// Why it is closed, if it is.
    pub(crate) fn closed(&self) -> Result<Option<InstanceEnd>, StoreError> {
        let place = Place { table: "job_instance", id: self.id };
        place.optional("closed_why", self.closed_why.as_deref(), InstanceEnd::from_stored)
    }

    /// The instance as the engine knows it.
    pub(crate) fn into_value(self) -> Result<JobInstance, StoreError> {
        Ok(JobInstance {
            id: InstanceId(self.id),
            closed: self.closed()?,
            project: self.project,
            job_name: self.job_name,
            key: self.job_key,
            params: self.params,
            generation: self.generation,
            created_at: self.created_at.into(),
        })
    }
}
