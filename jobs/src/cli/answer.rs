//! What a verb answers: one value that knows its columns, its rows, its JSON and its names. Every form of it is made from those.

use std::borrow::Borrow;

use overnight_framework::suggest::nearest;
use serde_json::{Map, Value};

use super::exit::{Exit, Failure};
use super::table::{Kind, Look, Table};
use super::time::TimeFormat;

/// An answer, printed in the form that was asked for.
pub(super) trait Answer {
    /// What is known of such an answer before there is one, so that a wrong option is refused before anything is done.
    fn shape() -> Shape;

    /// What people read: a table of the view, or a text.
    fn text(&self, view: &View) -> String;

    /// What programs read. A list is an array of its records.
    fn json(&self) -> Value;

    /// The bare identifiers. An answer whose shape has none is never asked.
    fn names(&self) -> Vec<String> {
        Vec::new()
    }
}

/// The head of a column.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head {
    pub(super) name: &'static str,
    /// The keys that hold the same in JSON; `--columns` takes them for the name of the column as well.
    pub(super) keys: &'static [&'static str],
    pub(super) kind: Kind,
    /// Whether only those see it who ask for more.
    pub(super) is_wide: bool,
}

/// A column over rows of the type `R`.
pub(super) struct Column<R> {
    pub(super) head: Head,
    cell: fn(&R, &TimeFormat) -> String,
}

impl<R> Column<R> {
    pub(super) const fn new(
        name: &'static str,
        keys: &'static [&'static str],
        kind: Kind,
        cell: fn(&R, &TimeFormat) -> String,
    ) -> Self {
        Self { head: Head { name, keys, kind, is_wide: false }, cell }
    }

    /// The same for `-o wide` and `--columns` alone.
    pub(super) const fn wide(
        name: &'static str,
        keys: &'static [&'static str],
        kind: Kind,
        cell: fn(&R, &TimeFormat) -> String,
    ) -> Self {
        Self { head: Head { name, keys, kind, is_wide: true }, cell }
    }

    /// The same without what stands in brackets behind its name.
    pub(super) fn shortened(self) -> Self {
        Self { head: Head { name: self.head.short_name(), ..self.head }, ..self }
    }
}

/// What all answers of a verb have in common.
#[derive(Debug, Default)]
pub(super) struct Shape {
    /// All columns; none where people get a text.
    heads: Vec<Head>,
    /// The keys of its JSON that no column has.
    keys: Vec<&'static str>,
    /// The keys below which there are records of its parts, such as the steps of a job.
    parts: &'static [&'static str],
    pub(super) has_names: bool,
}

impl Shape {
    /// The shape of an answer with these columns.
    pub(super) fn of<R>(columns: &[Column<R>]) -> Self {
        Self { heads: columns.iter().map(|column| column.head).collect(), ..Self::default() }
    }

    /// The shape of a text whose JSON has these keys.
    pub(super) fn text(keys: &'static [&'static str]) -> Self {
        Self { keys: keys.to_vec(), ..Self::default() }
    }

    pub(super) fn with_keys(self, keys: &'static [&'static str]) -> Self {
        Self { keys: keys.to_vec(), ..self }
    }

    /// The same for a table that shows less of it than another one.
    pub(super) fn with_keys_of(self, other: &Self) -> Self {
        Self { keys: other.all_keys().collect(), ..self }
    }

    /// The same with the keys of another answer, which is a part of this one.
    pub(super) fn with_more_keys_of(self, other: &Self) -> Self {
        Self { keys: self.keys.iter().copied().chain(other.all_keys()).collect(), ..self }
    }

    fn all_keys(&self) -> impl Iterator<Item = &'static str> {
        self.heads.iter().flat_map(|head| head.keys).chain(&self.keys).copied()
    }

    pub(super) fn with_parts(self, parts: &'static [&'static str]) -> Self {
        Self { parts, ..self }
    }

    pub(super) fn with_names(self) -> Self {
        Self { has_names: true, ..self }
    }

    /// Refuses names of columns that there are not.
    pub(super) fn check(&self, names: &[String], verb: &str) -> Result<(), Failure> {
        if self.heads.is_empty() && !names.is_empty() {
            let message = format!("the answer of `jobctl {verb}` has no columns to choose from");
            return Err(Failure::new(Exit::Usage, message).help("`--columns` chooses keys with -o json, jsonl or yaml"));
        }
        let wrong = names.iter().find(|name| !self.heads.iter().any(|head| head.is_called(name)));
        let known: Vec<_> = self.heads.iter().map(|head| head.short_name()).collect();
        wrong.map_or(Ok(()), |name| Err(unknown("column", name, &known)))
    }

    /// Refuses names of keys that there are not. A column stands for its keys.
    pub(super) fn check_keys(&self, names: &[String]) -> Result<(), Failure> {
        let wrong = names.iter().find(|name| self.keys_called(name).is_empty());
        let known: Vec<_> = self.all_keys().collect();
        wrong.map_or(Ok(()), |name| Err(unknown("key", name, &known)))
    }

    /// The keys that one name chooses: itself, or those of the column that is called so.
    fn keys_called(&self, name: &str) -> Vec<&'static str> {
        match self.all_keys().find(|key| plain(key) == plain(name)) {
            Some(key) => vec![key],
            None => {
                self.heads.iter().find(|head| head.is_called(name)).map_or_else(Vec::new, |head| head.keys.to_vec())
            }
        }
    }

    /// The chosen keys of a JSON answer, of the parts of its records as well; all where nothing was chosen.
    pub(super) fn choose(&self, json: Value, names: &[String]) -> Value {
        if names.is_empty() {
            return json;
        }
        let keys: Vec<_> = names.iter().flat_map(|name| self.keys_called(name)).collect();
        self.only(json, &keys)
    }

    fn only(&self, json: Value, keys: &[&str]) -> Value {
        match json {
            Value::Array(records) => records.into_iter().map(|record| self.only(record, keys)).collect(),
            Value::Object(record) => Value::Object(self.only_of(record, keys)),
            other => other,
        }
    }

    fn only_of(&self, record: Map<String, Value>, keys: &[&str]) -> Map<String, Value> {
        let kept = |(key, value): (String, Value)| {
            if keys.contains(&key.as_str()) {
                return Some((key, value));
            }
            let parts = self.parts.contains(&key.as_str()).then(|| self.only(value, keys))?;
            let says_something =
                parts.as_array()?.iter().any(|part| part.as_object().is_some_and(|part| !part.is_empty()));
            says_something.then_some((key, parts))
        };
        record.into_iter().filter_map(kept).collect()
    }
}

impl Head {
    /// The name without what stands in brackets behind it.
    pub(super) fn short_name(&self) -> &'static str {
        self.name.split('(').next().unwrap_or(self.name)
    }

    /// Whether somebody means this column, in letters of any case and with any marks between the words.
    fn is_called(&self, name: &str) -> bool {
        let name = plain(name);
        let names = [self.name, self.short_name()];
        !name.is_empty() && names.iter().chain(self.keys).any(|known| plain(known) == name)
    }
}

fn plain(name: &str) -> String {
    name.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

fn unknown(what: &str, name: &str, known: &[&str]) -> Failure {
    let near = nearest(name, known.iter().copied());
    let near = near.map(|near| format!(": did you mean `{near}`?")).unwrap_or_default();
    Failure::new(Exit::Usage, format!("there is no {what} `{name}`{near}"))
        .help(format!("the {what}s are {}", known.join(", ")))
}

/// How people look at answers.
#[derive(Debug, Default)]
pub(super) struct View {
    pub(super) time: TimeFormat,
    /// Whether they want every column.
    pub(super) is_wide: bool,
    /// The columns that they chose, in their order.
    pub(super) chosen: Vec<String>,
    pub(super) look: Look,
}

impl View {
    /// The table of these rows.
    pub(super) fn table<R>(&self, columns: &[Column<R>], rows: impl IntoIterator<Item = impl Borrow<R>>) -> String {
        let shown = self.shown(columns);
        let mut table = Table::new(shown.iter().map(|column| column.head));
        for row in rows {
            table.row(shown.iter().map(|column| (column.cell)(row.borrow(), &self.time)));
        }
        let may_omit = !self.is_wide && self.chosen.is_empty();
        table.render(&Look { may_omit, ..self.look })
    }

    /// The columns that were asked for. A small table that stands beside the answer may have none of them: it is shown as it is.
    fn shown<'a, R>(&self, columns: &'a [Column<R>]) -> Vec<&'a Column<R>> {
        let called = |name: &String| columns.iter().find(|column| column.head.is_called(name));
        let chosen: Vec<_> = self.chosen.iter().filter_map(called).collect();
        if chosen.is_empty() {
            return columns.iter().filter(|column| self.is_wide || !column.head.is_wide).collect();
        }
        chosen
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const COLUMNS: [Column<(u8, &str)>; 3] = [
        Column::new("Job Id(TaskId)", &["id", "path"], Kind::Id, |row, _| row.0.to_string()),
        Column::new("Status", &["status"], Kind::Status, |row, _| row.1.to_owned()),
        Column::wide("Exit Code", &["exit_code"], Kind::Text, |row, _| row.1.to_uppercase()),
    ];

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn header(view: &View) -> String {
        view.table(&COLUMNS, [(1, "failed")]).lines().nth(1).unwrap().to_owned()
    }

    #[test]
    fn a_column_is_chosen_by_its_name_or_its_key_in_any_case() {
        for exit_code in ["Exit Code", "exit_code", "EXIT-CODE", "exitcode"] {
            for id in ["Job Id(TaskId)", "job id", "id"] {
                let chosen = names(&[exit_code, id]);
                Shape::of(&COLUMNS).check(&chosen, "show").unwrap();
                assert_eq!(header(&View { chosen, ..View::default() }), "| Exit Code | Job Id(TaskId) |");
            }
        }
    }

    #[test]
    fn a_wide_column_is_seen_by_those_who_want_every_column() {
        assert_eq!(header(&View::default()), "| Job Id(TaskId) | Status   |");
        assert_eq!(header(&View { is_wide: true, ..View::default() }), "| Job Id(TaskId) | Status   | Exit Code |");
    }

    #[test]
    fn a_wrong_name_is_answered_with_the_nearest_one_and_all_of_them() {
        let shape = Shape::of(&COLUMNS);
        let wrong = shape.check(&names(&["id", "staus"]), "show").unwrap_err();
        assert_eq!(
            (wrong.exit, wrong.message.as_str()),
            (Exit::Usage, "there is no column `staus`: did you mean `Status`?")
        );
        assert_eq!(wrong.help.as_deref(), Some("the columns are Job Id, Status, Exit Code"));
        assert_eq!(shape.check(&names(&[""]), "show").unwrap_err().message, "there is no column ``");
        let wrong = shape.check_keys(&names(&["exit_cod"])).unwrap_err();
        assert_eq!(wrong.message, "there is no key `exit_cod`: did you mean `exit_code`?");
        assert_eq!(wrong.help.as_deref(), Some("the keys are id, path, status, exit_code"));
    }

    #[test]
    fn keys_are_chosen_in_a_record_and_in_its_parts() {
        let shape = Shape::of(&COLUMNS).with_parts(&["steps"]);
        let json = json!({ "id": 1, "result": [{ "id": 7 }], "steps": [{ "path": "1-0", "status": "failed" }] });
        let chosen = |chosen: &[&str]| shape.choose(json.clone(), &names(chosen));
        assert_eq!(chosen(&["Job Id"]), json!({ "id": 1, "steps": [{ "path": "1-0" }] }));
        assert_eq!(chosen(&["id"]), json!({ "id": 1 }));
        assert_eq!(chosen(&[]), json);
        assert_eq!(shape.choose(json!([json]), &names(&["status"])), json!([{ "steps": [{ "status": "failed" }] }]));
    }
}
