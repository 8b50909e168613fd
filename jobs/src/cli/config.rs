//! `jobctl config`: every setting in force, and where it comes from.

use serde_json::{Value, json};

use super::exit::{Exit, Failure};
use super::face::Face;
use super::table::Table;
use crate::config::Setting;

pub(super) fn run(face: &Face) -> Result<Exit, Failure> {
    let settings = face.config()?.settings()?;
    face.output.answer(|| table(&settings), || settings.iter().map(document).collect());
    Ok(Exit::Done)
}

fn table(settings: &[Setting]) -> Table {
    let mut table = Table::new(&["Setting", "Value", "Source"]);
    for Setting { name, value, origin } in settings {
        table.row([name.clone(), value.clone().unwrap_or_default(), origin.to_string()]);
    }
    table
}

fn document(setting: &Setting) -> Value {
    json!({ "name": setting.name, "value": setting.value, "source": setting.origin.to_string() })
}
