//! The text of a statement, one for every database or one for each.

use overnight_db::Backend;
use overnight_db::table::{ScriptError, Statement, statements};
use overnight_framework::yaml::{Code, Cursor, Field, Mapping, Shape};

use super::bind::Bindings;

/// What [`SqlText::read`] reads.
pub(super) const SQL: Shape = Shape::Either(&[Shape::FilledText, Shape::Mapping(&FOR_EACH)]);

static FOR_EACH: Mapping = Mapping::new(
    "sql-for-each",
    "a text for each database",
    "SQL that differs between the databases.",
    &[
        Field::required("postgres", Shape::FilledText, "The text for PostgreSQL."),
        Field::required("sqlite", Shape::FilledText, "The text for SQLite."),
    ],
)
.example("tasklet: { sql: { statement: { postgres: truncate account, sqlite: delete from account } } }\n");

/// A text that may differ between databases. It was read as a script of those it is for.
#[derive(Clone, Debug)]
pub(super) struct SqlText {
    postgres: Script,
    sqlite: Script,
}

#[derive(Clone, Debug)]
struct Script {
    text: String,
    statements: Vec<Statement>,
}

/// How many statements a text may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Length {
    /// A query, which has a result.
    One,
    /// Statements one after the other.
    Any,
}

/// What statements may do with their connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    /// They only read.
    Reads,
    /// They read and write rows.
    Writes,
    /// They may also change settings of the connection, which nobody else shall meet.
    Sets,
}

/// What a text has to be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules<'b> {
    pub(super) length: Length,
    /// The values of its parameters; `None` where they are wrong themselves.
    pub(super) bind: Option<&'b Bindings>,
}

impl SqlText {
    /// Reads `"select …"` or `{ postgres: "select …", sqlite: "select …" }` for the database that it will run on, where that
    /// is known; where it is not, a text must be one for either.
    pub(super) fn read(at: &Cursor<'_>, backend: Option<Backend>, rules: Rules<'_>) -> Option<Self> {
        if at.node().as_mapping().is_none() {
            let script = match backend {
                Some(backend) => script(at, backend, rules),
                None => either(at, rules),
            }?;
            return Some(Self { postgres: script.clone(), sqlite: script });
        }
        let mut fields = at.mapping(&FOR_EACH)?;
        let postgres = fields.required("postgres", |at| script(at, Backend::Postgres, rules));
        let sqlite = fields.required("sqlite", |at| script(at, Backend::Sqlite, rules));
        fields.finish();
        Some(Self { postgres: postgres?, sqlite: sqlite? })
    }

    pub(super) fn of(&self, backend: Backend) -> &str {
        &self.script(backend).text
    }

    /// What the text for this database may do. On PostgreSQL every statement may call functions, and these may do anything.
    pub(super) fn access(&self, backend: Backend) -> Access {
        let all = |verbs: &[&str]| self.script(backend).statements.iter().all(|one| verbs.contains(&one.verb()));
        match backend {
            Backend::Sqlite if all(&["SELECT", "VALUES"]) => Access::Reads,
            Backend::Sqlite if all(&["SELECT", "VALUES", "INSERT", "UPDATE", "DELETE", "REPLACE"]) => Access::Writes,
            Backend::Sqlite | Backend::Postgres => Access::Sets,
        }
    }

    /// The names of all parameters, some of them several times.
    pub(super) fn parameters(&self) -> impl Iterator<Item = &str> {
        let both = [&self.postgres, &self.sqlite].into_iter();
        both.flat_map(|script| script.statements.iter().flat_map(Statement::parameters))
    }

    fn script(&self, backend: Backend) -> &Script {
        match backend {
            Backend::Postgres => &self.postgres,
            Backend::Sqlite => &self.sqlite,
        }
    }
}

fn script(at: &Cursor<'_>, backend: Backend, rules: Rules<'_>) -> Option<Script> {
    let text = plain(at)?;
    match statements(text, backend) {
        Ok(statements) => checked(at, statements, rules),
        Err(error) => refuse(at, text, &error),
    }
}

fn either(at: &Cursor<'_>, rules: Rules<'_>) -> Option<Script> {
    let text = plain(at)?;
    match statements(text, Backend::Postgres).or_else(|error| statements(text, Backend::Sqlite).map_err(|_| error)) {
        Ok(statements) => checked(at, statements, rules),
        Err(error) => refuse(at, text, &error),
    }
}

fn checked(at: &Cursor<'_>, statements: Vec<Statement>, rules: Rules<'_>) -> Option<Script> {
    match (statements.as_slice(), rules.length) {
        ([], _) => at.refuse(at.problem("there is no statement in this text").code(Code::Statement)),
        ([_, second, ..], Length::One) => {
            let message = format!("a query is one statement, and line {} of this text begins a second", second.line());
            at.refuse(at.problem(message).code(Code::Statement))
        }
        _ => {
            rules.bind.map_or(Some(()), |bind| bind.cover(at, &statements))?;
            Some(Script { text: at.text()?.to_owned(), statements })
        }
    }
}

/// A value pasted into a statement would be a door for whoever gives the value.
fn plain<'a>(at: &Cursor<'a>) -> Option<&'a str> {
    let text = at.filled_text()?;
    if let Some(place) = text.find("${{") {
        let problem = at
            .problem_in(place..place + 3, "a statement has no `${{ }}`: values are bound, never pasted in")
            .code(Code::Statement);
        return at.refuse(problem.help("write :name in the statement, and `bind: { name: \"${{ … }}\" }` beside it"));
    }
    Some(text)
}

/// Reports an error at its place in the file.
fn refuse<T>(at: &Cursor<'_>, text: &str, error: &ScriptError) -> Option<T> {
    let before: usize = text.split_inclusive('\n').take(error.line - 1).map(str::len).sum();
    let rest = text.get(before..).unwrap_or_default();
    let (column, width) = match rest.char_indices().nth(error.column.saturating_sub(1)) {
        Some((column, character)) => (column, character.len_utf8()),
        None => (rest.len(), 0),
    };
    let place = before + column;
    at.refuse(at.problem_in(place..place + width, error.problem.to_string()).code(Code::Statement))
}
