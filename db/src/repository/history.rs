//! What an instance knows of its steps.

use std::collections::HashMap;

use overnight_framework::execution::InstanceId;
use overnight_framework::repository::{StepHistory, StoreError};

use super::Records;
use crate::models::StepRow;
use crate::statements::Store;

/// Every step that ever ran in the instance, in the order in which they first began.
pub(super) fn history<C: Store>(records: &Records<C>, id: InstanceId) -> Result<Vec<StepHistory>, StoreError> {
    let (totals, newest) = records.read(|connection| {
        let totals = connection.step_totals(id.0)?;
        let ids: Vec<i64> = totals.iter().map(|step| step.newest).collect();
        Ok((totals, connection.steps_by_id(&ids)?))
    })?;
    let mut newest: HashMap<i64, StepRow> = newest.into_iter().map(|row| (row.id, row)).collect();
    // A step that was deleted between the two queries is no longer part of the history.
    let known = totals.into_iter().filter_map(|totals| Some((newest.remove(&totals.newest)?, totals)));
    known
        .map(|(row, totals)| {
            let starts = u32::try_from(totals.starts).unwrap_or(u32::MAX);
            Ok(StepHistory { newest: row.into_value()?, total: totals.counts.into(), starts })
        })
        .collect()
}
