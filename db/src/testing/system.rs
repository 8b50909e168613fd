//! The few things that are asked of the operating system: random names, free ports, locks, and who may run a server.

use std::fs::{self, File, OpenOptions};
use std::io::Read;
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::error::TestingError;

/// Random bytes as hexadecimal digits, two a byte.
pub(super) fn random_hex(bytes: usize) -> Result<String, TestingError> {
    let source = Path::new("/dev/urandom");
    let mut random = vec![0; bytes];
    File::open(source).and_then(|mut file| file.read_exact(&mut random)).map_err(TestingError::at("read", source))?;
    Ok(random.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// A port of the loopback address that nobody listens on.
///
/// Below the range from which the kernel takes ports for outgoing connections: a server that is stopped for a while, and
/// started again, finds its port free.
pub(super) fn free_port() -> Result<u16, TestingError> {
    for _ in 0..1_000 {
        let random = u16::from_str_radix(&random_hex(2)?, 16).unwrap_or_default();
        let port = 20_000 + random % 12_000;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return Ok(port);
        }
    }
    Err(TestingError::new("found no free port between 20000 and 32000 on 127.0.0.1"))
}

/// Opens a file for locking. Each call is a holder of its own, also within one process.
pub(super) fn lock_file(path: &Path) -> Result<File, TestingError> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false).open(path).map_err(TestingError::at("open", path))
}

/// Waits until this process is the only one here; the lock ends with the file.
pub(super) fn lock_exclusively(path: &Path) -> Result<File, TestingError> {
    let file = lock_file(path)?;
    file.lock().map_err(TestingError::at("lock", path))?;
    Ok(file)
}

/// The user that the server runs as, where we may not run it ourselves.
#[derive(Clone, Copy)]
pub(super) struct Substitute {
    pub(super) user: u32,
    pub(super) group: u32,
}

impl Substitute {
    /// Somebody else for root, whom PostgreSQL refuses; nobody for everybody else.
    pub(super) fn find() -> Result<Option<Self>, TestingError> {
        let output = Command::new("id").arg("-u").output().map_err(TestingError::at("run", Path::new("id")))?;
        if output.stdout.trim_ascii() != b"0" {
            return Ok(None);
        }
        let path = Path::new("/etc/passwd");
        let passwd = fs::read_to_string(path).map_err(TestingError::at("read", path))?;
        let found = ["postgres", "nobody"].iter().find_map(|name| Self::of(name, &passwd));
        let missing =
            || TestingError::new("root may not run PostgreSQL, and there is neither a user postgres nor nobody");
        found.ok_or_else(missing).map(Some)
    }

    fn of(name: &str, passwd: &str) -> Option<Self> {
        passwd.lines().find_map(|line| {
            let mut fields = line.split(':');
            (fields.next()? == name).then_some(())?;
            let mut ids = fields.skip(1).map_while(|field| field.parse().ok());
            Some(Self { user: ids.next()?, group: ids.next()? })
        })
    }
}

/// Lets a command run as the substitute, in a folder that it can enter.
pub(super) fn run_as(command: &mut Command, substitute: Option<Substitute>, folder: &Path) {
    command.current_dir(folder);
    if let Some(Substitute { user, group }) = substitute {
        command.gid(group).uid(user);
    }
}

/// Where clusters live: not in the build folder, whose path may be long or closed to the substitute.
pub(super) fn folder_of_clusters(substitute: Option<Substitute>) -> PathBuf {
    /// A socket's whole path has at most 107 bytes; our own part of it needs 45.
    const LONGEST: usize = 60;
    let folder = std::env::temp_dir();
    if substitute.is_some() || folder.as_os_str().len() > LONGEST { PathBuf::from("/tmp") } else { folder }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_read_from_the_list_of_users() {
        let passwd = "root:x:0:0:root:/root:/bin/bash\npostgres:x:106:114:,,,:/var/lib/postgresql:/bin/bash\n";
        let found = Substitute::of("postgres", passwd).map(|found| (found.user, found.group));
        assert_eq!(found, Some((106, 114)));
        assert!(Substitute::of("nobody", passwd).is_none());
    }

    #[test]
    fn two_random_names_differ() {
        assert_ne!(random_hex(8).unwrap(), random_hex(8).unwrap());
    }
}
