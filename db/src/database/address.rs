//! Addresses of databases.

#[cfg(feature = "sqlite")]
use std::path::{Path, PathBuf};

use super::OpenError;

/// Where a database is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Address {
    /// On a server.
    #[cfg(feature = "postgres")]
    Postgres(PostgresAddress),
    /// In a file.
    #[cfg(feature = "sqlite")]
    Sqlite(PathBuf),
}

/// The address of a database on a server, and what is between us and it.
#[cfg(feature = "postgres")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PostgresAddress {
    /// The address that libpq understands.
    pub(super) url: String,
    /// Whether a pooler gives each transaction another session.
    pub(super) pooler: Pooler,
}

/// What is between us and the server.
#[cfg(feature = "postgres")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pooler {
    /// Nothing that minds sessions.
    None,
    /// A pooler that lends a session for one transaction.
    Transaction,
}

impl Address {
    /// Reads an address as a user writes it.
    pub(super) fn parse(text: &str) -> Result<Self, OpenError> {
        let refused = |reason: &str| OpenError::Address { address: without_password(text), reason: reason.to_owned() };
        match text.split_once(':') {
            Some(("postgres" | "postgresql", rest)) if rest.starts_with("//") => postgres(text),
            Some(("sqlite", path)) => sqlite(path.strip_prefix("//").unwrap_or(path)),
            Some((scheme, rest)) if rest.starts_with("//") => {
                Err(refused(&format!("overnight keeps its records in postgres:// or sqlite:, not in {scheme}")))
            }
            _ if text.contains("host=") || text.contains("dbname=") => {
                Err(refused("write it as postgres://user@host/database"))
            }
            _ => sqlite(text),
        }
        .map_err(|error| match error {
            OpenError::Address { reason, .. } => refused(&reason),
            other => other,
        })
    }
}

#[cfg(feature = "postgres")]
fn postgres(text: &str) -> Result<Address, OpenError> {
    let (place, query) = text.split_once('?').unwrap_or((text, ""));
    let mut pooler = Pooler::None;
    let mut rest = Vec::new();
    for flag in query.split('&').filter(|flag| !flag.is_empty()) {
        match flag.split_once('=') {
            Some(("pooler", "transaction")) => pooler = Pooler::Transaction,
            Some(("pooler", "session" | "none")) => pooler = Pooler::None,
            Some(("pooler", other)) => {
                return Err(refused(format!("`pooler={other}`: the poolers are `transaction`, `session` and `none`")));
            }
            _ => rest.push(flag),
        }
    }
    let url = if rest.is_empty() { place.to_owned() } else { format!("{place}?{}", rest.join("&")) };
    Ok(Address::Postgres(PostgresAddress { url, pooler }))
}

#[cfg(not(feature = "postgres"))]
fn postgres(_: &str) -> Result<Address, OpenError> {
    Err(refused("this program was built without PostgreSQL: turn on the feature `postgres` of overnight".to_owned()))
}

#[cfg(feature = "sqlite")]
fn sqlite(path: &str) -> Result<Address, OpenError> {
    match path {
        "" => Err(refused("the path of the file is missing".to_owned())),
        // Its records would end with its one connection, and a restart would find nothing to go on with.
        ":memory:" => Err(refused("the records of runs must outlive the process: name a file".to_owned())),
        path => Ok(Address::Sqlite(Path::new(path).to_owned())),
    }
}

#[cfg(not(feature = "sqlite"))]
fn sqlite(_: &str) -> Result<Address, OpenError> {
    Err(refused("this program was built without SQLite: turn on the feature `sqlite` of overnight".to_owned()))
}

/// The address itself is put in by whoever has it whole.
fn refused(reason: String) -> OpenError {
    OpenError::Address { address: String::new(), reason }
}

#[cfg(feature = "postgres")]
impl PostgresAddress {
    /// The address with settings of libpq, as far as it does not have its own.
    pub(super) fn with_defaults(&self, settings: &[(&str, String)]) -> String {
        let (_, query) = self.url.split_once('?').unwrap_or((&self.url, ""));
        let has = |name: &str| query.split('&').any(|flag| flag.split('=').next() == Some(name));
        let missing = settings.iter().filter(|(name, _)| !has(name));
        missing.fold(self.url.clone(), |url, (name, value)| {
            let sign = if url.contains('?') { '&' } else { '?' };
            format!("{url}{sign}{name}={}", percent_encoded(value))
        })
    }

    /// The address for messages.
    pub(super) fn shown(&self) -> String {
        without_password(&self.url)
    }
}

/// An address of a database with `***` for its password, in either of the places where one can be: for messages.
///
/// ```
/// assert_eq!(overnight_db::without_password("postgres://u:secret@h/d"), "postgres://u:***@h/d");
/// ```
#[must_use]
pub fn without_password(address: &str) -> String {
    let (place, query) = match address.split_once('?') {
        Some((place, query)) => (place, Some(query)),
        None => (address, None),
    };
    let place = match place.split_once("//").and_then(|(scheme, rest)| Some((scheme, rest.rsplit_once('@')?))) {
        Some((scheme, (user, host))) => {
            let user = user.split_once(':').map_or_else(|| user.to_owned(), |(user, _)| format!("{user}:***"));
            format!("{scheme}//{user}@{host}")
        }
        None => place.to_owned(),
    };
    let hidden = |flag: &str| match flag.split_once('=') {
        Some((name @ ("password" | "sslpassword"), _)) => format!("{name}=***"),
        _ => flag.to_owned(),
    };
    match query {
        Some(query) => format!("{place}?{}", query.split('&').map(hidden).collect::<Vec<_>>().join("&")),
        None => place,
    }
}

#[cfg(feature = "postgres")]
fn percent_encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => char::from(byte).to_string(),
            other => format!("%{other:02X}"),
        })
        .collect()
}

#[cfg(all(test, feature = "postgres", feature = "sqlite"))]
mod tests {
    use super::*;

    fn file(path: &str) -> Address {
        Address::Sqlite(path.into())
    }

    fn reason(text: &str) -> String {
        Address::parse(text).err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn a_file_is_named_with_and_without_its_scheme() {
        for (text, path) in [
            ("sqlite:runs.db", "runs.db"),
            ("sqlite://runs.db", "runs.db"),
            ("sqlite:///var/lib/runs.db", "/var/lib/runs.db"),
            ("/var/lib/runs.db", "/var/lib/runs.db"),
            ("runs.db", "runs.db"),
        ] {
            assert_eq!(Address::parse(text).unwrap(), file(path), "{text}");
        }
    }

    #[test]
    fn the_flag_for_a_pooler_is_ours_and_does_not_reach_libpq() {
        let address = Address::parse("postgresql://u@h/d?sslmode=require&pooler=transaction").unwrap();
        let expected =
            PostgresAddress { url: "postgresql://u@h/d?sslmode=require".to_owned(), pooler: Pooler::Transaction };
        assert_eq!(address, Address::Postgres(expected));
        assert!(reason("postgres://h/d?pooler=statement").contains("`transaction`, `session` and `none`"));
    }

    #[test]
    fn defaults_do_not_replace_what_the_address_says() {
        let address = PostgresAddress { url: "postgres://h/d?connect_timeout=3".to_owned(), pooler: Pooler::None };
        let url =
            address.with_defaults(&[("connect_timeout", "10".to_owned()), ("application_name", "a b".to_owned())]);
        assert_eq!(url, "postgres://h/d?connect_timeout=3&application_name=a%20b");
    }

    #[test]
    fn what_is_no_address_is_refused_with_what_to_write() {
        assert!(reason("mysql://h/d").contains("postgres:// or sqlite:, not in mysql"));
        assert!(reason("host=h dbname=d").contains("write it as postgres://"));
        assert!(reason("sqlite::memory:").contains("name a file"));
        assert!(reason("").contains("the path of the file is missing"));
    }

    #[test]
    fn no_message_shows_a_password() {
        assert_eq!(without_password("postgres://u:p@ss@h/d?password=x&a=b"), "postgres://u:***@h/d?password=***&a=b");
        assert!(!reason("mysql://u:secret@h/d").contains("secret"));
    }
}
