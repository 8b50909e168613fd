//! The first hour of a stranger: a new crate, one dependency, the program of the crate's page, and no configuration.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// The page of the crate.
const PAGE: &str = include_str!("../src/lib.md");

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

/// The program on the page, as somebody copies it.
fn program() -> &'static str {
    let (_, rest) = PAGE.split_once("```rust,no_run\n").unwrap();
    rest.split_once("```").unwrap().0
}

/// A crate in a folder of its own, and a home without any files.
struct Stranger {
    folder: TempDir,
}

impl Stranger {
    /// What `cargo new` makes, with one line more.
    fn new() -> Self {
        let stranger = Self { folder: TempDir::new().unwrap() };
        let made = stranger.cargo(stranger.folder.path(), &["new", "--quiet", "--vcs", "none", "hello"]);
        assert!(made.status.success(), "{}", text(&made.stderr));
        let manifest = stranger.home().join("Cargo.toml");
        let new = fs::read_to_string(&manifest).unwrap();
        fs::write(&manifest, format!("{new}overnight = {{ path = {:?} }}\n", root().join("jobs"))).unwrap();
        fs::write(stranger.home().join("src/main.rs"), program()).unwrap();
        // What a registry would give them: the versions that were tested, by the toolchain that is there.
        for file in ["Cargo.lock", "rust-toolchain.toml"] {
            fs::copy(root().join(file), stranger.home().join(file)).unwrap();
        }
        stranger
    }

    fn home(&self) -> PathBuf {
        self.folder.path().join("hello")
    }

    /// The dependencies are those of our tests as far as they have the same features.
    fn cargo(&self, folder: &Path, arguments: &[&str]) -> Output {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
        let mut command = Command::new(env!("CARGO"));
        command.args(["--config", "profile.dev.package.'*'.debug=false"]).args(arguments).current_dir(folder);
        command.env("CARGO_TARGET_DIR", target).env("CARGO_NET_OFFLINE", "true");
        for variable in ["DATABASE_URL", "JOBCTL_PROJECT", "JOBCTL_SECRETS", "JOBCTL_LOG"] {
            command.env_remove(variable);
        }
        let data = self.folder.path();
        command.env("XDG_DATA_HOME", data.join("data")).env("XDG_STATE_HOME", data.join("state")).output().unwrap()
    }

    /// What `cargo run -- ARGUMENTS` leaves on the screen; it must exit with `code`.
    #[track_caller]
    fn runs(&self, arguments: &[&str], code: i32) -> String {
        let ran = self.cargo(&self.home(), &[&["run", "--quiet", "--"], arguments].concat());
        let screen = text(&ran.stdout) + &text(&ran.stderr);
        assert_eq!(ran.status.code(), Some(code), "{arguments:?}: {screen}");
        screen
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn the_program_on_the_page_runs_in_a_new_crate_with_one_dependency_and_no_configuration() {
    let stranger = Stranger::new();
    let started = stranger.runs(&["start", "hello", "-p", "name=x"], 0);
    assert!(started.contains("greet | Hello, x!"), "{started}");
    let refused = stranger.runs(&["start", "hello", "-p", "name=x"], 6);
    assert!(refused.contains("already finished"), "{refused}");
    let listed = stranger.runs(&["list"], 0);
    assert!(listed.contains("hello") && listed.contains("finished"), "{listed}");
    let shown = stranger.runs(&["show", "1"], 0);
    assert!(shown.contains("| 1-0 "), "{shown}");
    let described = stranger.runs(&["describe", "hello"], 0);
    assert!(described.contains("Who is greeted."), "{described}");
    assert!(stranger.folder.path().join("data/overnight/overnight.db").exists());
}

/// Short enough to be typed.
#[test]
fn the_first_program_has_fifteen_lines_of_code() {
    let is_code = |line: &&str| !line.is_empty() && !line.trim_start().starts_with("//");
    assert_eq!(program().lines().filter(is_code).count(), 15);
}
