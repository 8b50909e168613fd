//! Shells with a script of our own: `NAME=` and a folder are not whole words yet, and nothing belongs behind them.

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::Path;

use clap::Command;
use clap_complete::env::{Bash, EnvCompleter, Zsh};

/// bash, whose words end at `=` and `:`.
pub(super) const BASH: Scripted<Bash> = Scripted { shell: Bash, script: include_str!("jobctl.bash") };

/// zsh, which takes words as they are.
pub(super) const ZSH: Scripted<Zsh> = Scripted { shell: Zsh, script: include_str!("jobctl.zsh") };

/// A shell that asks as `shell` does, by another script.
pub(super) struct Scripted<S> {
    shell: S,
    script: &'static str,
}

impl<S: EnvCompleter> EnvCompleter for Scripted<S> {
    fn name(&self) -> &'static str {
        self.shell.name()
    }

    fn is(&self, name: &str) -> bool {
        self.shell.is(name)
    }

    fn write_registration(
        &self,
        variable: &str,
        _name: &str,
        bin: &str,
        completer: &str,
        script: &mut dyn Write,
    ) -> io::Result<()> {
        let text = self.script.replace("VARIABLE", variable).replace("COMPLETER", completer).replace("BIN", bin);
        script.write_all(text.as_bytes())
    }

    fn write_complete(
        &self,
        command: &mut Command,
        words: Vec<OsString>,
        here: Option<&Path>,
        answer: &mut dyn Write,
    ) -> io::Result<()> {
        self.shell.write_complete(command, words, here, answer)
    }
}
