//! Where files stand that belong beside a store.

use std::path::PathBuf;

use overnight_db::Database;

/// Where the life locks are.
pub(crate) fn state_dir(database: &Database) -> PathBuf {
    beside(database, "workers")
}

/// A folder beside an embedded store, so that everyone who opens it finds it; else in the user's state folder.
pub(crate) fn beside(database: &Database, what: &str) -> PathBuf {
    match database.embedded_path() {
        Some(path) => {
            let mut name = path.file_name().unwrap_or_default().to_owned();
            name.push(".");
            name.push(what);
            path.with_file_name(name)
        }
        None => {
            let state = xdg("XDG_STATE_HOME", ".local/state").unwrap_or_else(std::env::temp_dir);
            state.join("overnight").join(what)
        }
    }
}

/// A folder of the user, by its variable or else below the home.
pub(crate) fn xdg(variable: &str, below_home: &str) -> Option<PathBuf> {
    let set = std::env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute());
    set.or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(below_home)))
}
