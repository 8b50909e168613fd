//! What a person can do where the store does not open, with commands that work as they are printed.

use std::io::{self, ErrorKind};
use std::path::Path;

use overnight_db::migrate::MigrateError;
use overnight_db::{OpenError, Unreached};
use overnight_framework::repository::{StoreError, StoreErrorKind};
use rustix::fs::{Access, access};

use super::exit::Failure;
use super::output::quoted;
use crate::config::{DatabaseUrl, file_of};
use crate::wiring::WiringError;

/// The failure of a store at `address` that did not open, with what to do about it.
pub(super) fn opening(error: WiringError, address: &DatabaseUrl) -> Failure {
    let help = help(&error, &address.url);
    let failure = Failure::from(error);
    Failure { help: help.or(failure.help), ..failure }
}

fn help(error: &WiringError, url: &str) -> Option<String> {
    match error {
        WiringError::Open(OpenError::Unreachable { reason, .. }) => Server::of(url)?.help(*reason),
        WiringError::Open(OpenError::Migrate(error)) => of_schema(error, url),
        WiringError::Open(OpenError::Store(error)) => of_store(error, url),
        WiringError::Open(OpenError::File { path, source }) => Some(of_file(path, source)),
        WiringError::ReadOnly { path, source } if source.kind() == ErrorKind::PermissionDenied => {
            let file = word(path);
            Some(format!("`ls -l {file}` shows whose it is; `chmod u+w {file}` lets its owner write"))
        }
        WiringError::LifeLock { folder, source } => Some(of_folder(Path::new(folder), source, elsewhere(url))),
        WiringError::Open(_) | WiringError::Folder { .. } | WiringError::ReadOnly { .. } => None,
    }
}

fn of_schema(error: &MigrateError, url: &str) -> Option<String> {
    match error {
        // Made by somebody else, who has the folder in common with us.
        MigrateError::Lock { path, source } if source.kind() == ErrorKind::PermissionDenied && path.exists() => {
            Some(of_file(path, source))
        }
        MigrateError::Lock { path, source } => Some(of_folder(folder_of(path), source, elsewhere(url))),
        MigrateError::File { path, source } => Some(of_file(path, source)),
        MigrateError::NotADatabase { path } => Some(format!("`file {}` says what it is; {ANOTHER_FILE}", word(path))),
        MigrateError::Newer { .. } => Some("`jobctl version` shows how old this program is".to_owned()),
        MigrateError::Unknown { .. } => Some("`jobctl migrate status` lists what the database has".to_owned()),
        MigrateError::Store(error) | MigrateError::Failed { source: error, .. } => of_store(error, url),
        _ => None,
    }
}

fn of_store(error: &StoreError, url: &str) -> Option<String> {
    match error.kind {
        StoreErrorKind::Forbidden => Server::of(url)?.grants(),
        StoreErrorKind::Full => {
            let file = file_of(url).unwrap_or(url);
            Some(format!("`df -h {}` shows how full it is", word(folder_of(Path::new(file)))))
        }
        // Of a file that may be written: SQLite cannot make its others beside it.
        StoreErrorKind::ReadOnly => {
            let folder = folder_of(Path::new(file_of(url)?));
            let closed = access(folder, Access::WRITE_OK).err()?;
            Some(of_folder(folder, &closed.into(), ANOTHER_FILE))
        }
        _ => None,
    }
}

fn of_file(path: &Path, error: &io::Error) -> String {
    let file = word(path);
    match error.kind() {
        ErrorKind::PermissionDenied => format!("`ls -l {file}` shows whose it is; `chmod u+rw {file}` lets its owner"),
        ErrorKind::NotFound => format!("`mkdir -p {}` makes its folder", word(folder_of(path))),
        _ => format!("`ls -l {file}` shows what it is; {ANOTHER_FILE}"),
    }
}

/// What helps wherever an embedded store is.
const ANOTHER_FILE: &str = "name another file with --database or DATABASE_URL";

/// How to have the files that stand beside a store in another folder.
fn elsewhere(url: &str) -> &'static str {
    if file_of(url).is_some() { ANOTHER_FILE } else { "name another folder with XDG_STATE_HOME" }
}

/// SQLite keeps more files beside its own, and so do we: the folder must take them.
fn of_folder(folder: &Path, error: &io::Error, elsewhere: &str) -> String {
    let name = word(folder);
    match error.kind() {
        ErrorKind::PermissionDenied => {
            format!("the folder must take new files: `chmod u+w {name}` lets its owner, or {elsewhere}")
        }
        ErrorKind::NotFound if !folder.is_dir() => format!("`mkdir -p {name}` makes the folder"),
        ErrorKind::StorageFull => format!("`df -h {name}` shows how full it is"),
        _ => format!("the folder must take new files: {elsewhere}"),
    }
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn word(path: &Path) -> String {
    quoted(&path.to_string_lossy())
}

/// The parts of an address that the programs of PostgreSQL take; its password is none of them. A user or a database that the
/// address leaves out is empty, and left out of their commands as well.
#[derive(Debug, PartialEq, Eq)]
struct Server<'u> {
    host: &'u str,
    port: &'u str,
    user: &'u str,
    database: &'u str,
}

impl<'u> Server<'u> {
    /// The parts, where the address has one host, and all of it before the question mark.
    fn of(url: &'u str) -> Option<Self> {
        let (scheme, rest) = url.split_once("://")?;
        let place = rest.split('?').next()?;
        let (authority, database) = place.split_once('/').unwrap_or((place, ""));
        let (user, host) = authority.rsplit_once('@').unwrap_or(("", authority));
        let user = user.split(':').next().unwrap_or_default();
        let (host, port) = match host.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => (host, port),
            _ => (host, "5432"),
        };
        // In an address the brackets keep the colons of a number apart from the one before the port.
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let is_one = scheme.starts_with("postgres") && !host.is_empty() && !host.contains(',');
        let is_plain = ![host, user, database].iter().any(|part| part.contains('%'));
        (is_one && is_plain).then_some(Self { host, port, user, database })
    }

    fn help(&self, reason: Unreached) -> Option<String> {
        let host = quoted(self.host);
        let place = format!("-h {host} -p {}", self.port);
        let (as_user, database) = (known("-U ", self.user), known("", self.database));
        Some(match reason {
            Unreached::Refused => format!("nobody listens there: `pg_isready {place}` asks again"),
            Unreached::Silent => {
                format!("nobody answers there, or a firewall does not let them: `pg_isready {place}` asks again")
            }
            Unreached::UnknownHost => format!("`getent hosts {host}` asks for the name again"),
            Unreached::Password => format!(
                "the password stands in the address, in PGPASSWORD or in ~/.pgpass; try it with \
                 `psql {place}{as_user} -W{database}`"
            ),
            Unreached::NoUser => {
                format!("an administrator makes it: `createuser {place} -P{}`", known("", self.user))
            }
            Unreached::NoDatabase => {
                format!("an administrator makes it: `createdb {place}{}{database}`", known("-O ", self.user))
            }
            Unreached::NotFromHere => "an administrator adds a line for this user and host to pg_hba.conf".to_owned(),
            Unreached::Tls => {
                "`sslmode` in the address says what is asked for: `?sslmode=prefer` takes a server without TLS"
                    .to_owned()
            }
            Unreached::Crowded => format!(
                "who is connected: `psql {place}{as_user}{database} \
                 -c 'select usename, count(*) from pg_stat_activity group by 1'`, as an administrator"
            ),
            Unreached::Restarting => {
                format!("it starts or stops just now: `pg_isready {place}` asks again")
            }
            _ => return None,
        })
    }

    /// What an administrator types once, so that this user can use the tables.
    fn grants(&self) -> Option<String> {
        let Self { user, database, .. } = self;
        if user.is_empty() {
            return None;
        }
        // As libpq takes them for one.
        let database = name_in_sql(if database.is_empty() { user } else { database });
        let user = name_in_sql(user);
        Some(format!(
            "where the tables are not there yet, an administrator lets this user make them: \
             `GRANT CREATE ON DATABASE {database} TO {user};`\n  help: where they are: \
             `GRANT USAGE ON SCHEMA overnight TO {user}; \
             GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA overnight TO {user}; \
             GRANT USAGE ON ALL SEQUENCES IN SCHEMA overnight TO {user};`"
        ))
    }
}

/// A word of a command behind the name of its option; nothing where it is not known.
fn known(option: &str, word: &str) -> String {
    if word.is_empty() { String::new() } else { format!(" {option}{}", quoted(word)) }
}

fn name_in_sql(name: &str) -> String {
    let is_plain = name.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_');
    if is_plain { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_parts_and_none_of_them_is_the_password() {
        let server = Server::of("postgres://grace:hunter2@db.example.org:5433/books?sslmode=require").unwrap();
        assert_eq!(server, Server { host: "db.example.org", port: "5433", user: "grace", database: "books" });
        let server = Server::of("postgresql://[::1]/books").unwrap();
        assert_eq!(server, Server { host: "::1", port: "5432", user: "", database: "books" });
        for other in ["postgres://a,b/books", "postgres://a%20b@h/books", "/srv/jobs.db"] {
            assert_eq!(Server::of(other), None, "{other}");
        }
        assert!(Server::of("postgres://u:a%20b@h/d").is_some());
    }

    #[test]
    fn a_command_has_no_word_that_the_address_does_not_say() {
        let help = |url: &str, reason| Server::of(url).unwrap().help(reason).unwrap();
        for (reason, command) in [
            (Unreached::Password, "`psql -h ::1 -p 5432 -W`"),
            (Unreached::NoUser, "`createuser -h ::1 -p 5432 -P`"),
            (Unreached::NoDatabase, "`createdb -h ::1 -p 5432`"),
            (Unreached::Crowded, "`psql -h ::1 -p 5432 -c "),
        ] {
            assert!(help("postgres://[::1]", reason).contains(command), "{command}");
        }
        assert_eq!(Server::of("postgres://h/d").unwrap().grants(), None);
        assert!(Server::of("postgres://u@h").unwrap().grants().unwrap().contains("ON DATABASE u TO u;"));
    }

    #[test]
    fn a_full_disk_is_that_of_the_file_however_its_address_is_written() {
        for url in ["/srv/a b/jobs.db", "sqlite:/srv/a b/jobs.db", "sqlite:///srv/a b/jobs.db"] {
            let full = of_store(&StoreErrorKind::Full.into(), url);
            assert_eq!(full.as_deref(), Some("`df -h '/srv/a b'` shows how full it is"));
        }
    }

    #[test]
    fn a_name_that_needs_quotes_gets_them() {
        assert_eq!((name_in_sql("night_1"), name_in_sql("Night")), ("night_1".to_owned(), "\"Night\"".to_owned()));
    }
}
