//! Revisions of job definitions.

use diesel::Queryable;
use overnight_framework::execution::DefinitionId;
use overnight_framework::repository::Definition;

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
