//! What a person can do where the store does not open, with commands that work as they are printed.

use std::io::{self, ErrorKind};
use std::path::Path;

use overnight_db::migrate::MigrateError;
use overnight_db::{OpenError, Unreached};
use overnight_framework::repository::{StoreError, StoreErrorKind};

use super::exit::Failure;
use super::output::quoted;
use crate::config::DatabaseUrl;
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
        WiringError::Open(OpenError::File { path, source }) => of_file(path, source),
        WiringError::ReadOnly { path, source } if source.kind() == ErrorKind::PermissionDenied => {
            let file = word(path);
            Some(format!("`ls -l {file}` shows whose it is; `chmod u+w {file}` lets its owner write"))
        }
        WiringError::LifeLock { folder, source } => of_folder(Path::new(folder), source),
        WiringError::Open(_) | WiringError::Folder { .. } | WiringError::ReadOnly { .. } => None,
    }
}

fn of_schema(error: &MigrateError, url: &str) -> Option<String> {
    match error {
        MigrateError::Lock { path, source } => of_folder(path.parent().unwrap_or(path), source),
        MigrateError::File { path, source } => of_file(path, source),
        MigrateError::NotADatabase { path } => {
            Some(format!("`file {}` says what it is; name another file with --database", word(path)))
        }
        MigrateError::Newer { .. } => Some("`jobctl version` shows how old this program is".to_owned()),
        MigrateError::Unknown { .. } => Some("`jobctl migrate status` lists what the database has".to_owned()),
        MigrateError::Store(error) | MigrateError::Failed { source: error, .. } => of_store(error, url),
        _ => None,
    }
}

fn of_store(error: &StoreError, url: &str) -> Option<String> {
    match error.kind {
        StoreErrorKind::Forbidden => Server::of(url).map(|server| server.grants()),
        StoreErrorKind::Full => Some(format!("`df -h {}` shows how full it is", word(folder_of(Path::new(url))))),
        _ => None,
    }
}

fn of_file(path: &Path, error: &io::Error) -> Option<String> {
    let file = word(path);
    match error.kind() {
        ErrorKind::PermissionDenied => {
            Some(format!("`ls -l {file}` shows whose it is; `chmod u+rw {file}` lets its owner"))
        }
        ErrorKind::NotFound => Some(format!("`mkdir -p {}` makes its folder", word(folder_of(path)))),
        _ => None,
    }
}

/// SQLite keeps more files beside its own, and so do we: the folder must take them.
fn of_folder(folder: &Path, error: &io::Error) -> Option<String> {
    let name = word(folder);
    match error.kind() {
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => Some(format!(
            "the folder must take new files: `chmod u+w {name}` lets its owner, or name another file with --database"
        )),
        ErrorKind::NotFound if !folder.is_dir() => Some(format!("`mkdir -p {name}` makes the folder")),
        ErrorKind::StorageFull => Some(format!("`df -h {name}` shows how full it is")),
        _ => None,
    }
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn word(path: &Path) -> String {
    quoted(&path.to_string_lossy())
}

/// The parts of an address that the programs of PostgreSQL take; its password is none of them.
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
        let (host, port) = match host.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => (host, port),
            _ => (host, "5432"),
        };
        let is_one = scheme.starts_with("postgres") && !host.is_empty() && !host.contains([',', '%']);
        is_one.then(|| Self { host, port, user: user.split(':').next().unwrap_or_default(), database })
    }

    fn help(&self, reason: Unreached) -> Option<String> {
        let Self { host, port, user, database } = self;
        let (host, user, database) = (quoted(host), quoted(user), quoted(database));
        Some(match reason {
            Unreached::Refused => format!("nobody listens there: `pg_isready -h {host} -p {port}` asks again"),
            Unreached::Silent => {
                format!(
                    "nobody answers there, or a firewall does not let them: `pg_isready -h {host} -p {port}` asks again"
                )
            }
            Unreached::UnknownHost => format!("`getent hosts {host}` asks for the name again"),
            Unreached::Password => format!(
                "the password stands in the address, in PGPASSWORD or in ~/.pgpass; try it with \
                 `psql -h {host} -p {port} -U {user} -W {database}`"
            ),
            Unreached::NoUser => format!("an administrator makes it: `createuser -h {host} -p {port} -P {user}`"),
            Unreached::NoDatabase => {
                format!("an administrator makes it: `createdb -h {host} -p {port} -O {user} {database}`")
            }
            Unreached::NotFromHere => "an administrator adds a line for this user and host to pg_hba.conf".to_owned(),
            Unreached::Tls => {
                "`sslmode` in the address says what is asked for: `?sslmode=prefer` takes a server without TLS"
                    .to_owned()
            }
            Unreached::Crowded => format!(
                "who is connected: `psql -h {host} -p {port} -U {user} {database} \
                 -c 'select usename, count(*) from pg_stat_activity group by 1'`, as an administrator"
            ),
            Unreached::Restarting => {
                format!("it starts or stops just now: `pg_isready -h {host} -p {port}` asks again")
            }
            _ => return None,
        })
    }

    /// What an administrator types once, so that this user can use the tables.
    fn grants(&self) -> String {
        let Self { user, database, .. } = self;
        let user = name_in_sql(user);
        let database = name_in_sql(database);
        format!(
            "where the tables are not there yet, an administrator lets this user make them: \
             `GRANT CREATE ON DATABASE {database} TO {user};`\n  help: where they are: \
             `GRANT USAGE ON SCHEMA overnight TO {user}; \
             GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA overnight TO {user}; \
             GRANT USAGE ON ALL SEQUENCES IN SCHEMA overnight TO {user};`"
        )
    }
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
        assert_eq!(server, Server { host: "[::1]", port: "5432", user: "", database: "books" });
        assert_eq!(Server::of("postgres://a,b/books"), None);
        assert_eq!(Server::of("/srv/jobs.db"), None);
    }

    #[test]
    fn a_name_that_needs_quotes_gets_them() {
        assert_eq!((name_in_sql("night_1"), name_in_sql("Night")), ("night_1".to_owned(), "\"Night\"".to_owned()));
    }
}
