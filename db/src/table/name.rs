//! Names of tables as users write them, and how they stand in SQL.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use super::error::TableError;
use crate::session::Backend;

/// The schema of our own tables on Postgres, and with an underscore the prefix of them on SQLite.
const OURS: &str = "overnight";

/// How many bytes of a name Postgres looks at: it cuts longer ones without an error, and would then mean another table.
const POSTGRES_NAME: usize = 63;

/// The name of a table: `table`, or `schema.table` (on SQLite the schema is the name of an attached database).
///
/// Upper and lower case are kept as they are written, quoted or not. Quotes are needed only where a name holds a dot, a
/// quote or a space at its end.
///
/// ```
/// use overnight_db::table::TableName;
///
/// let name: TableName = r#"ledger."entry.2026""#.parse()?;
/// assert_eq!((name.schema(), name.table()), (Some("ledger"), "entry.2026"));
/// assert_eq!(name.quoted(), r#""ledger"."entry.2026""#);
/// # Ok::<(), overnight_db::table::NameError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TableName {
    schema: Option<Box<str>>,
    table: Box<str>,
}

/// Why a text names no table.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum NameError {
    /// There is no name, or none before or after a dot.
    #[error("`{0}` is not the name of a table: write `table` or `schema.table`")]
    Empty(String),
    /// More than one dot outside of quotes.
    #[error("`{0}` has too many parts: write `schema.table`, or quote a name that holds a dot: \"a.b\"")]
    Parts(String),
    /// A quote without its end, or text beside quotes.
    #[error("`{0}` is not quoted well: a quoted name starts and ends with \" and doubles every \" inside")]
    Quote(String),
    /// A character that no name can hold.
    #[error("`{0}` holds the character NUL or spaces around a name")]
    Character(String),
}

impl TableName {
    /// The table called `table` where the connection looks first: the search path, or the main database.
    pub fn new(table: impl Into<Box<str>>) -> Self {
        Self { schema: None, table: table.into() }
    }

    /// The same table in the schema `schema`.
    #[must_use]
    pub fn in_schema(self, schema: impl Into<Box<str>>) -> Self {
        Self { schema: Some(schema.into()), ..self }
    }

    /// The schema, if one is named.
    #[must_use]
    pub fn schema(&self) -> Option<&str> {
        self.schema.as_deref()
    }

    /// The table without its schema.
    #[must_use]
    pub fn table(&self) -> &str {
        &self.table
    }

    /// The name as it stands in a statement: every part in quotes.
    #[must_use]
    pub fn quoted(&self) -> String {
        match &self.schema {
            Some(schema) => format!("{}.{}", quote(schema), quote(&self.table)),
            None => quote(&self.table),
        }
    }

    /// Whether it stands where each connection keeps temporary tables of its own.
    pub(super) fn is_temporary(&self, backend: Backend) -> bool {
        self.schema().is_some_and(|schema| match backend {
            Backend::Postgres => schema.starts_with("pg_temp"),
            Backend::Sqlite => schema.eq_ignore_ascii_case("temp"),
        })
    }

    /// Refuses tables of ours and of the database itself, and names that Postgres would cut.
    pub(super) fn guard(&self, backend: Backend) -> Result<(), TableError> {
        let ours = match backend {
            Backend::Postgres => self.schema() == Some(OURS),
            Backend::Sqlite => starts_with(&self.table, "overnight_"),
        };
        if ours {
            return Err(TableError::Ours(self.clone()));
        }
        let system = match backend {
            Backend::Postgres => self.schema().is_some_and(is_system),
            Backend::Sqlite => starts_with(&self.table, "sqlite_"),
        };
        if system {
            return Err(TableError::System(self.clone()));
        }
        if is_cut(&self.table, backend) || self.schema().is_some_and(|schema| is_cut(schema, backend)) {
            return Err(TableError::NameTooLong(self.clone()));
        }
        Ok(())
    }
}

/// Whether a name is one that Postgres would cut.
pub(super) fn is_cut(name: &str, backend: Backend) -> bool {
    backend == Backend::Postgres && name.len() > POSTGRES_NAME
}

/// `pg_temp_3` is where the temporary tables of a session are.
fn is_system(schema: &str) -> bool {
    schema == "information_schema" || (schema.starts_with("pg_") && !schema.starts_with("pg_temp"))
}

fn starts_with(name: &str, prefix: &str) -> bool {
    name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

/// `name` as an identifier in a statement.
pub(super) fn quote(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Identifiers in a row, as in a list of columns.
pub(super) fn quote_all<'n>(names: impl IntoIterator<Item = &'n str>) -> String {
    names.into_iter().map(quote).collect::<Vec<_>>().join(", ")
}

impl FromStr for TableName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let (first, rest) = part(text, text)?;
        let Some(rest) = rest else {
            return Ok(Self::new(first));
        };
        let (second, rest) = part(text, rest)?;
        match rest {
            None => Ok(Self::new(second).in_schema(first)),
            Some(_) => Err(NameError::Parts(text.to_owned())),
        }
    }
}

/// The first part of `rest`, and what follows the dot behind it.
fn part<'t>(text: &str, rest: &'t str) -> Result<(String, Option<&'t str>), NameError> {
    let (name, after) = match rest.strip_prefix('"') {
        Some(inner) => quoted_part(inner).ok_or_else(|| NameError::Quote(text.to_owned()))?,
        None => {
            let end = rest.find('.').unwrap_or(rest.len());
            let (name, after) = rest.split_at(end);
            if name.contains('"') {
                return Err(NameError::Quote(text.to_owned()));
            }
            if name.trim() != name {
                return Err(NameError::Character(text.to_owned()));
            }
            (name.to_owned(), after)
        }
    };
    if name.is_empty() {
        return Err(NameError::Empty(text.to_owned()));
    }
    if name.contains('\0') {
        return Err(NameError::Character(text.to_owned()));
    }
    match after.strip_prefix('.') {
        Some(following) => Ok((name, Some(following))),
        None if after.is_empty() => Ok((name, None)),
        None => Err(NameError::Quote(text.to_owned())),
    }
}

/// The name inside quotes, of which the first is gone, and what follows the last.
fn quoted_part(inner: &str) -> Option<(String, &str)> {
    let mut name = String::new();
    let mut rest = inner;
    loop {
        let end = rest.find('"')?;
        let (piece, after) = rest.split_at(end);
        name.push_str(piece);
        let after = after.strip_prefix('"')?;
        match after.strip_prefix('"') {
            Some(doubled) => {
                name.push('"');
                rest = doubled;
            }
            None => return Some((name, after)),
        }
    }
}

/// As a user would write it: quotes only where they are needed.
impl fmt::Display for TableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(schema) = &self.schema {
            write!(f, "{}.", written(schema))?;
        }
        f.write_str(&written(&self.table))
    }
}

fn written(name: &str) -> Cow<'_, str> {
    let plain = !name.contains(['.', '"']) && name.trim() == name;
    if plain { Cow::Borrowed(name) } else { Cow::Owned(quote(name)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<(Option<String>, String), NameError> {
        let name: TableName = text.parse()?;
        Ok((name.schema().map(str::to_owned), name.table().to_owned()))
    }

    #[test]
    fn a_name_has_one_part_or_two_and_quotes_hold_anything() {
        assert_eq!(parsed("entry").unwrap(), (None, "entry".into()));
        assert_eq!(parsed("Ledger.Entry").unwrap(), (Some("Ledger".into()), "Entry".into()));
        assert_eq!(parsed(r#""a.b"."c""d""#).unwrap(), (Some("a.b".into()), "c\"d".into()));
        assert_eq!(parsed(r#"x." y ""#).unwrap(), (Some("x".into()), " y ".into()));
    }

    #[test]
    fn what_is_no_name_is_refused_with_the_rule() {
        for (text, error) in [
            ("", NameError::Empty("".into())),
            ("a.", NameError::Empty("a.".into())),
            (".a", NameError::Empty(".a".into())),
            ("a.b.c", NameError::Parts("a.b.c".into())),
            ("\"a", NameError::Quote("\"a".into())),
            ("\"a\"b", NameError::Quote("\"a\"b".into())),
            ("a\"b", NameError::Quote("a\"b".into())),
            (" a", NameError::Character(" a".into())),
            ("a\0", NameError::Character("a\0".into())),
        ] {
            assert_eq!(parsed(text), Err(error), "{text:?}");
        }
    }

    #[test]
    fn a_displayed_name_parses_to_itself() {
        for text in ["entry", "ledger.entry", r#""a.b"."c""d""#, r#"" x""#, "a; DROP TABLE b"] {
            let name: TableName = text.parse().unwrap();
            assert_eq!(name.to_string().parse::<TableName>().unwrap(), name);
        }
    }

    #[test]
    fn our_own_tables_and_the_databases_are_refused() {
        let guard = |text: &str, backend| text.parse::<TableName>().unwrap().guard(backend);
        assert!(matches!(guard("overnight.job_execution", Backend::Postgres), Err(TableError::Ours(_))));
        assert!(matches!(guard("Overnight_step", Backend::Sqlite), Err(TableError::Ours(_))));
        assert!(matches!(guard("main.overnight_step", Backend::Sqlite), Err(TableError::Ours(_))));
        assert!(matches!(guard("pg_catalog.pg_class", Backend::Postgres), Err(TableError::System(_))));
        assert!(matches!(guard("sqlite_master", Backend::Sqlite), Err(TableError::System(_))));
        assert!(matches!(guard(&"x".repeat(64), Backend::Postgres), Err(TableError::NameTooLong(_))));
        assert!(guard("overnight_step", Backend::Postgres).is_ok());
        assert!(guard(&"x".repeat(64), Backend::Sqlite).is_ok());
    }
}
