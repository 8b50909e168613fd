//! The text of a statement, one for every database or one for each, and the values it is bound to.

use overnight_db::Kind;
use overnight_db::table::Parameters;
use overnight_framework::BatchError;
use overnight_framework::kind::{Frame, Names, Setting};
use overnight_framework::yaml::Cursor;

/// A text that may differ between databases.
#[derive(Clone, Debug)]
pub(super) struct SqlText {
    postgres: String,
    sqlite: String,
}

impl SqlText {
    /// Reads `"select …"` or `{ postgres: "select …", sqlite: "select …" }`.
    pub(super) fn read(at: &Cursor<'_>) -> Option<Self> {
        if at.node().as_mapping().is_none() {
            let text = plain(at)?;
            return Some(Self { postgres: text.clone(), sqlite: text });
        }
        let mut fields = at.fields("a text for each database")?;
        let postgres = fields.required("postgres", plain);
        let sqlite = fields.required("sqlite", plain);
        fields.finish();
        Some(Self { postgres: postgres?, sqlite: sqlite? })
    }

    pub(super) fn of(&self, kind: Kind) -> &str {
        match kind {
            Kind::Postgres => &self.postgres,
            Kind::Sqlite => &self.sqlite,
        }
    }
}

/// A value pasted into a statement would be a door for whoever gives the value.
fn plain(at: &Cursor<'_>) -> Option<String> {
    let text = at.filled_text()?;
    if let Some(place) = text.find("${{") {
        let problem = at.problem_in(place..place + 3, "a statement has no `${{ }}`: values are bound, never pasted in");
        return at.refuse(problem.help("write :name in the statement, and `bind: { name: \"${{ … }}\" }` beside it"));
    }
    Some(text.to_owned())
}

/// The values of `:name` in a statement.
#[derive(Debug, Default)]
pub(super) struct Bindings(Vec<(String, Setting)>);

impl Bindings {
    /// Reads `bind: { name: "${{ … }}" }`.
    pub(super) fn read(at: &Cursor<'_>, names: &Names<'_>) -> Option<Self> {
        let bound = at.map(|_, at| names.setting(at))?;
        Some(Self(bound.into_iter().map(|(key, setting)| (key.name().to_owned(), setting)).collect()))
    }

    pub(super) fn values(&self, frame: &Frame) -> Result<Parameters, BatchError> {
        self.0.iter().map(|(name, setting)| Ok((name.clone(), setting.value(frame)?))).collect()
    }
}
