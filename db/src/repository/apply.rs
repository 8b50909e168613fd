//! Definitions that are stored before anybody starts them.

use overnight_framework::repository::{
    ApplyOrder, Definition, JobSummary, NewDefinition, StoreError, StoreErrorKind, clean,
};

use super::{Records, refuse};
use crate::error::Stored;
use crate::statements::{NewApplied, NewRevision, Store};

/// How often it is tried again after another process was quicker with the next number of a revision.
const ATTEMPTS: u32 = 10;

/// Why the definitions were not stored.
enum Setback {
    /// Another process was quicker: look again.
    Overtaken,
    Store(StoreError),
}

impl From<StoreError> for Setback {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// Stores all definitions of an order, or none.
pub(super) fn apply<C: Store>(records: &Records<C>, order: &ApplyOrder) -> Result<Vec<Definition>, StoreError> {
    for _ in 0..ATTEMPTS {
        let all = records.write(|connection, now| {
            let one = |new| apply_one(connection, now, (order, new));
            order.definitions.iter().map(one).collect::<Result<Vec<_>, Setback>>()
        });
        match all {
            Ok(stored) => return Ok(stored),
            Err(Setback::Overtaken) => {}
            Err(Setback::Store(error)) => return Err(error),
        }
    }
    Err(StoreErrorKind::Busy.into())
}

fn apply_one<C: Store>(
    connection: &mut C,
    now: C::Now,
    (order, new): (&ApplyOrder, &NewDefinition),
) -> Result<Definition, Setback> {
    let (project, job) = (order.project.as_str(), new.name.as_str());
    let id = match connection.revision_of_text(project, job, &new.sha256).stored()? {
        Some(known) => known,
        None => {
            let text = NewRevision { project, job, yaml: &new.yaml, sha256: &new.sha256 };
            connection.insert_revision(now, &text).stored()?.ok_or(Setback::Overtaken)?
        }
    };
    let base_dir = new.base_dir.as_deref();
    let applied = NewApplied { project, job, definition: id, base_dir, by: &clean(&order.by) };
    connection.upsert_applied(now, &applied).stored()?;
    let stored = connection.definition(id).stored()?;
    stored.map(Definition::from).ok_or_else(|| refuse(format!("the definition {id} is gone")).into())
}

/// The jobs of a project, by name.
pub(super) fn jobs<C: Store>(records: &Records<C>, project: &str) -> Result<Vec<JobSummary>, StoreError> {
    let revisions = records.read(|connection| connection.count_revisions(project))?;
    let instances: std::collections::HashMap<_, _> =
        records.read(|connection| connection.count_instances(project))?.into_iter().collect();
    let summary = |(name, revisions): (String, i64)| JobSummary {
        revisions: revisions.unsigned_abs(),
        instances: instances.get(&name).copied().unwrap_or_default().unsigned_abs(),
        name,
    };
    let mut jobs: Vec<_> = revisions.into_iter().map(summary).collect();
    // The databases sort texts by rules of their own.
    jobs.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(jobs)
}
