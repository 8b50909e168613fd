//! Revisions of job definitions, and those that were applied.

use diesel::Queryable;
use overnight_framework::execution::DefinitionId;
use overnight_framework::repository::{AppliedJob, Definition};

use crate::instant::Instant;

/// A row of `job_definition`, in the order of its columns.
#[derive(Debug, Queryable)]
pub(crate) struct DefinitionRow {
    id: i64,
    project: String,
    name: String,
    revision: i32,
    yaml: String,
    sha256: String,
    created_at: Instant,
}

impl From<DefinitionRow> for Definition {
    fn from(row: DefinitionRow) -> Self {
        Self {
            id: DefinitionId(row.id),
            project: row.project,
            name: row.name,
            revision: row.revision,
            yaml: row.yaml,
            sha256: row.sha256,
            created_at: row.created_at.into(),
        }
    }
}

/// A row of `applied_job`, without its key.
#[derive(Debug, Queryable)]
pub(crate) struct AppliedRow {
    definition_id: i64,
    base_dir: Option<String>,
    applied_at: Instant,
    applied_by: String,
}

impl From<AppliedRow> for AppliedJob {
    fn from(row: AppliedRow) -> Self {
        Self {
            definition: DefinitionId(row.definition_id),
            base_dir: row.base_dir,
            at: row.applied_at.into(),
            by: row.applied_by,
        }
    }
}
