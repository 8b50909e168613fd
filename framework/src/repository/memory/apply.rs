//! Definitions on the twin.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::records::Records;
use crate::execution::DefinitionId;
use crate::repository::{AppliedJob, ApplyOrder, Definition, JobSummary, clean};

impl Records {
    pub(super) fn apply(&mut self, order: &ApplyOrder, now: DateTime<Utc>) -> Vec<Definition> {
        let mut stored = Vec::new();
        for new in &order.definitions {
            let key = (order.project.clone(), new.name.clone());
            let id = self.record_text((&order.project, &new.name), (&new.yaml, &new.sha256), now);
            let applied = AppliedJob {
                definition: id,
                base_dir: new.base_dir.clone(),
                at: now,
                by: clean(&order.by).into_owned(),
            };
            self.applied.insert(key, applied);
            stored.extend(self.definitions.get(id.0).cloned());
        }
        stored
    }

    pub(super) fn applied(&self, project: &str, job: &str) -> Option<&AppliedJob> {
        self.applied.get(&(project.to_owned(), job.to_owned()))
    }

    pub(super) fn jobs(&self, project: &str) -> Vec<JobSummary> {
        let mut jobs = BTreeMap::<&str, (u64, u64)>::new();
        for definition in self.definitions.iter().filter(|row| row.project == project) {
            jobs.entry(&definition.name).or_default().0 += 1;
        }
        for instance in self.instances.iter().filter(|row| row.project == project) {
            if let Some(job) = jobs.get_mut(instance.job_name.as_str()) {
                job.1 += 1;
            }
        }
        let summary =
            |(name, (revisions, instances)): (&str, _)| JobSummary { name: name.to_owned(), revisions, instances };
        jobs.into_iter().map(summary).collect()
    }

    /// The revision of a job with this text, recorded when it is new.
    pub(super) fn record_text(
        &mut self,
        (project, name): (&str, &str),
        (yaml, sha256): (&str, &str),
        now: DateTime<Utc>,
    ) -> DefinitionId {
        let mut known = self.definitions.iter().filter(|known| known.project == project && known.name == name);
        if let Some(same) = known.clone().find(|known| known.sha256 == sha256) {
            return same.id;
        }
        let revision = known.next_back().map_or(1, |newest| newest.revision + 1);
        DefinitionId(self.definitions.insert(|id| Definition {
            id: DefinitionId(id),
            project: project.to_owned(),
            name: name.to_owned(),
            revision,
            yaml: yaml.to_owned(),
            sha256: sha256.to_owned(),
            created_at: now,
        }))
    }
}
