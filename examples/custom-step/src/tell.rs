//! The tasklet `tell`: says something to some people.

use overnight::error::Result;
use overnight::kind::With;
use overnight::step::{Json, StepContext};
use overnight::{ParamValue, Settings, step};
use serde::Serialize;

/// What is said to whom.
#[derive(Debug, Settings)]
pub(crate) struct Tell {
    /// Who hears it.
    to: Vec<String>,
    /// What is said.
    text: String,
    /// How much it matters.
    #[setting(default = "normal")]
    urgency: Urgency,
}

#[derive(Clone, Copy, Debug, ParamValue, PartialEq)]
enum Urgency {
    Low,
    Normal,
    High,
}

/// What later steps see as `steps.NAME.told`.
#[derive(Debug, Serialize)]
pub(crate) struct Told {
    told: usize,
}

#[step]
pub(crate) fn tell(with: &With<Tell>, step: &mut StepContext<'_>) -> Result<Json<Told>> {
    let mark = if with.urgency == Urgency::High { "!" } else { "" };
    with.to.iter().for_each(|person| step.output(&format!("{person}: {}{mark}", with.text)));
    Ok(Json(Told { told: with.to.len() }))
}
