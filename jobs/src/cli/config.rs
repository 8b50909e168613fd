//! `jobctl config`: every setting in force, and where it comes from.

use serde_json::{Value, json};

use super::answer::{Answer, Column, Shape, View};
use super::exit::{Exit, Failure};
use super::face::Face;
use super::table::Kind;
use crate::config::Setting;

pub(super) fn run(face: &Face) -> Result<Exit, Failure> {
    face.output.answer(&Settings(face.config()?.settings()?));
    Ok(Exit::Done)
}

/// All settings.
pub(super) struct Settings(Vec<Setting>);

const COLUMNS: [Column<Setting>; 3] = [
    Column::new("Setting", &["name"], Kind::Id, |setting, _| setting.name.clone()),
    Column::new("Value", &["value"], Kind::Text, |setting, _| setting.value.clone().unwrap_or_default()),
    Column::new("Source", &["source"], Kind::Text, |setting, _| setting.origin.to_string()),
];

impl Answer for Settings {
    fn shape() -> Shape {
        Shape::of(&COLUMNS)
    }

    fn text(&self, view: &View) -> String {
        view.table(&COLUMNS, &self.0)
    }

    fn json(&self) -> Value {
        let document = |setting: &Setting| json!({ "name": setting.name, "value": setting.value, "source": setting.origin.to_string() });
        self.0.iter().map(document).collect()
    }
}
