//! What an instance knows of its steps.

use std::collections::HashMap;

use overnight_framework::execution::InstanceId;
use overnight_framework::repository::{StepHistory, StepSum, StoreError, sum_runs};

use super::Records;
use crate::models::{StepRow, StepRunRow};
use crate::statements::Store;

/// Every step that ever ran in the instance, in the order in which they first began.
pub(super) fn history<C: Store>(records: &Records<C>, id: InstanceId) -> Result<Vec<StepHistory>, StoreError> {
    let runs = records.read(|connection| connection.step_runs(id.0))?;
    let runs = runs.into_iter().map(StepRunRow::into_value).collect::<Result<Vec<_>, _>>()?;
    let sums = sum_runs(runs);
    let ids: Vec<i64> = sums.iter().map(|sum| sum.newest.0).collect();
    let newest = records.read(|connection| connection.steps_by_id(&ids))?;
    let mut newest: HashMap<i64, StepRow> = newest.into_iter().map(|row| (row.id, row)).collect();
    // A step that was deleted between the two queries is no longer part of the history.
    let known = sums.into_iter().filter_map(|sum| Some((newest.remove(&sum.newest.0)?, sum)));
    known
        .map(|(row, StepSum { total, starts, .. })| Ok(StepHistory { newest: row.into_value()?, total, starts }))
        .collect()
}
