//! One PostgreSQL server: its folder, its port, and the programs that rule it.

use std::fs;
use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::Duration;

use super::error::TestingError;
use super::programs::Programs;
use super::system::{self, Substitute};
use super::watcher;

/// What a server of tests has other than usual. Its data are worth nothing, and many tests connect at once.
const SETTINGS: &str = "
listen_addresses = '127.0.0.1'
max_connections = 300
fsync = off
full_page_writes = off
";

pub(super) struct Cluster {
    programs: Programs,
    /// Holds the data, the socket and the log.
    folder: PathBuf,
    port: u16,
    password: String,
}

impl Cluster {
    /// Makes a new cluster and starts it; it stays while somebody holds the lock of its users.
    pub(super) fn create(programs: Programs, users: &Path) -> Result<Self, TestingError> {
        let substitute = Substitute::find()?;
        let folder = system::folder_of_clusters(substitute).join(format!("overnight-pg-{}", system::random_hex(8)?));
        fs::DirBuilder::new().mode(0o700).create(&folder).map_err(TestingError::at("create", &folder))?;
        give(&folder, substitute)?;
        // Before there is anything to leave behind, because we may be killed at any moment.
        watcher::watch(&programs, &folder, users)?;
        let mut cluster = Self { programs, folder, port: 0, password: system::random_hex(16)? };
        cluster.initialize(substitute)?;
        cluster.start_on_a_free_port()?;
        Ok(cluster)
    }

    /// The cluster that another process described, if it still answers.
    pub(super) fn from_description(programs: Programs, description: &str) -> Option<Self> {
        let mut lines = description.lines();
        let (folder, port, password) = (lines.next()?, lines.next()?.parse().ok()?, lines.next()?);
        let cluster = Self { programs, folder: PathBuf::from(folder), port, password: password.to_owned() };
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let answers = cluster.data().join("postmaster.pid").exists()
            && TcpStream::connect_timeout(&address, Duration::from_secs(5)).is_ok();
        answers.then_some(cluster)
    }

    /// What another process needs to know.
    pub(super) fn description(&self) -> String {
        format!("{}\n{}\n{}\n", self.folder.display(), self.port, self.password)
    }

    /// Replaces a watcher that was killed.
    pub(super) fn keep_watched(&self, users: &Path) -> Result<(), TestingError> {
        watcher::watch(&self.programs, &self.folder, users)
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    pub(super) fn url(&self, database: &str) -> String {
        format!("postgres://postgres:{}@127.0.0.1:{}/{database}", self.password, self.port)
    }

    /// Runs one statement; the answer is its rows, unadorned.
    pub(super) fn sql(&self, database: &str, statement: &str) -> Result<String, TestingError> {
        let mut psql = self.programs.command("psql");
        psql.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-U", "postgres"]);
        psql.args(["-p", &self.port.to_string(), "-d", database, "-c", statement]).env("PGPASSWORD", &self.password);
        let output = psql.output().map_err(TestingError::at("run", &self.programs.path("psql")))?;
        if !output.status.success() {
            return Err(TestingError::because(statement.to_owned(), TestingError::program("psql", &output)));
        }
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }

    /// Starts the server on the port it has; it answers when this returns.
    pub(super) fn start(&self) -> Result<(), TestingError> {
        let options = format!("-p {} -k '{}'", self.port, self.folder.display());
        let output =
            self.pg_ctl(&["-w", "-t", "60", "-l", &self.log().display().to_string(), "-o", &options, "start"])?;
        if output.status.success() {
            return Ok(());
        }
        let log = fs::read_to_string(self.log()).unwrap_or_default();
        Err(TestingError::because(
            format!("the server does not start; its log says:\n{log}"),
            TestingError::program("pg_ctl", &output),
        ))
    }

    /// Stops the server as a power cut does: no session ends well, and the next start has to recover.
    pub(super) fn stop_immediately(&self) -> Result<(), TestingError> {
        let output = self.pg_ctl(&["-m", "immediate", "-w", "stop"])?;
        if output.status.success() { Ok(()) } else { Err(TestingError::program("pg_ctl", &output)) }
    }

    /// Takes everything away, whatever state it is in.
    pub(super) fn destroy(&self) {
        // Both fail where somebody else was quicker, and then there is nothing left to do.
        let _ = self.stop_immediately();
        let _ = fs::remove_dir_all(&self.folder);
    }

    /// Held by whoever makes a template here.
    pub(super) fn lock_of_templates(&self) -> PathBuf {
        self.folder.join("templates.lock")
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn log(&self) -> PathBuf {
        self.folder.join("log")
    }

    fn initialize(&self, substitute: Option<Substitute>) -> Result<(), TestingError> {
        let secret = self.folder.join("password");
        let mut options = fs::OpenOptions::new();
        let written = options.write(true).create_new(true).mode(0o600).open(&secret);
        written
            .and_then(|mut file| file.write_all(self.password.as_bytes()))
            .map_err(TestingError::at("write", &secret))?;
        give(&secret, substitute)?;

        let mut initdb = self.programs.command("initdb");
        initdb.args(["--no-sync", "--username=postgres", "--auth=scram-sha-256", "--encoding=UTF8", "--no-locale"]);
        initdb.arg("--pwfile").arg(&secret).arg("--pgdata").arg(self.data()).stdin(Stdio::null());
        system::run_as(&mut initdb, substitute, &self.folder);
        let output = initdb.output().map_err(TestingError::at("run", &self.programs.path("initdb")))?;
        if !output.status.success() {
            return Err(TestingError::program("initdb", &output));
        }
        let settings = self.data().join("postgresql.conf");
        let appended = fs::OpenOptions::new().append(true).open(&settings);
        appended.and_then(|mut file| file.write_all(SETTINGS.as_bytes())).map_err(TestingError::at("write", &settings))
    }

    /// Between the search for a port and its use somebody may take it.
    fn start_on_a_free_port(&mut self) -> Result<(), TestingError> {
        const TRIES: usize = 5;
        let mut result = Ok(());
        for _ in 0..TRIES {
            self.port = system::free_port()?;
            result = self.start();
            if result.is_ok() {
                break;
            }
        }
        result
    }

    fn pg_ctl(&self, arguments: &[&str]) -> Result<Output, TestingError> {
        let mut pg_ctl = self.programs.command("pg_ctl");
        pg_ctl.arg("-D").arg(self.data()).args(arguments).stdin(Stdio::null());
        system::run_as(&mut pg_ctl, Substitute::find()?, &self.folder);
        pg_ctl.output().map_err(TestingError::at("run", &self.programs.path("pg_ctl")))
    }
}

fn give(path: &Path, substitute: Option<Substitute>) -> Result<(), TestingError> {
    match substitute {
        Some(Substitute { user, group }) => {
            chown(path, Some(user), Some(group)).map_err(TestingError::at("give away", path))
        }
        None => Ok(()),
    }
}
