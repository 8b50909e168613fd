//! What the tab key offers, asked by real shells through the scripts that `jobctl completion` prints.

use std::fs;
use std::path::Path;
use std::process::Command;

use overnight_db::Backend;

use super::live::Terminal;
use super::project::{Project, answer, on_both_stores, until};

const NIGHT: &str = "
name: night
params:
  day: { type: date, required: true }
  mode: { type: string, enum: [full, quick], default: full }
  dry: { type: boolean, default: false }
steps: [{ name: one, tasklet: { shell: { command: 'true' } } }]
";

/// What is offered for a line. The words are those of readline, which takes `=` for a word of its own.
fn offered(project: &Project, line: &str, words: &[&str]) -> Vec<String> {
    let jobctl = project.command(&[]);
    let folder = Path::new(jobctl.get_program()).parent().unwrap().display().to_string();
    let words: Vec<_> = words.iter().map(|word| format!("'{word}'")).collect();
    let script = format!(
        "PATH={folder}:$PATH; source <(jobctl completion bash); COMP_LINE='{line}'; COMP_POINT=${{#COMP_LINE}}
         COMP_WORDS=({}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); _jobctl; printf '%s\\n' \"${{COMPREPLY[@]}}\"",
        words.join(" ")
    );
    let mut bash = Command::new("bash");
    bash.args(["--norc", "-c", &script]).current_dir(project.folder.path()).env_clear();
    bash.envs(jobctl.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let answer = answer(bash.output().unwrap()).expect(0);
    assert_eq!(answer.stderr, "", "{line}");
    answer.stdout.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

on_both_stores! {
    fn names_files_parameters_and_values_are_offered(project) {
        project.file("jobs/night.yaml", NIGHT);
        project.file("night-shift.yaml", NIGHT);
        project.file("notes.txt", "");
        project.jobctl(&["apply", "jobs"]).expect(0);
        assert_eq!(offered(project, "jobctl resta", &["jobctl", "resta"]), ["restart"]);
        assert_eq!(offered(project, "jobctl start nigh", &["jobctl", "start", "nigh"]), ["night", "night-shift.yaml"]);
        assert_eq!(offered(project, "jobctl start n", &["jobctl", "start", "n"]), ["night", "night-shift.yaml"]);
        assert_eq!(offered(project, "jobctl validate j", &["jobctl", "validate", "j"]), ["jobs/"]);
        assert_eq!(
            offered(project, "jobctl start night -p ", &["jobctl", "start", "night", "-p", ""]),
            ["day=", "mode=", "dry="]
        );
        let line = "jobctl start jobs/night.yaml -p day=2026-04-07 -p ";
        let words = ["jobctl", "start", "jobs/night.yaml", "-p", "day", "=", "2026-04-07", "-p", ""];
        assert_eq!(offered(project, line, &words), ["mode=", "dry="]);
        // The value alone: what stands before it is on the line already.
        assert_eq!(
            offered(project, "jobctl start night -p mode=", &["jobctl", "start", "night", "-p", "mode", "="]),
            ["full", "quick"]
        );
        assert_eq!(
            offered(project, "jobctl start night -p mode=q", &["jobctl", "start", "night", "-p", "mode", "=", "q"]),
            ["quick"]
        );
        assert_eq!(
            offered(project, "jobctl start night -p dry=", &["jobctl", "start", "night", "-p", "dry", "=", ""]),
            ["false", "true"]
        );
    }
}

#[test]
fn completion_makes_no_store_and_says_nothing_of_one_that_is_not_there() {
    let mut project = Project::new(Backend::Sqlite);
    assert!(offered(&project, "jobctl start x", &["jobctl", "start", "x"]).is_empty());
    assert!(offered(&project, "jobctl start x -p ", &["jobctl", "start", "x", "-p", ""]).is_empty());
    assert!(!project.path("jobs.db").exists());
    project.file("jobs.db", "");
    assert!(offered(&project, "jobctl show x", &["jobctl", "show", "x"]).is_empty());
    assert_eq!(fs::metadata(project.path("jobs.db")).unwrap().len(), 0);
    project.url = "postgres://nobody@127.0.0.1:1/nowhere".to_owned();
    assert!(offered(&project, "jobctl show x", &["jobctl", "show", "x"]).is_empty());
}

/// The path on which a shell finds the program.
fn path(project: &Project) -> String {
    let jobctl = project.command(&[]);
    let folder = Path::new(jobctl.get_program()).parent().unwrap().display().to_string();
    format!("{folder}:{}", std::env::var("PATH").unwrap())
}

/// What fish offers for a line, each with what is said of it.
fn offered_by_fish(project: &Project, line: &str) -> Vec<String> {
    let script = format!("source (jobctl completion fish | psub); complete --do-complete '{line}'");
    let mut fish = Command::new("fish");
    let jobctl = project.command(&[]);
    fish.args(["--no-config", "--command", &script]).current_dir(project.folder.path()).env_clear();
    fish.envs(jobctl.get_envs().filter_map(|(name, value)| Some((name, value?)))).env("PATH", path(project));
    let fish = fish.output().unwrap_or_else(|error| panic!("fish: {error}; `.ci/setup tests` installs it"));
    let answer = answer(fish).expect(0);
    assert_eq!(answer.stderr, "", "{line}");
    answer.stdout.lines().map(|line| line.trim_end().to_owned()).collect()
}

#[test]
fn fish_offers_names_parameters_and_values() {
    let project = Project::new(Backend::Sqlite);
    project.file("night.yaml", &NIGHT.replace("enum:", "description: 'How: all or some', enum:"));
    project.jobctl(&["apply", "night.yaml"]).expect(0);
    assert_eq!(offered_by_fish(&project, "jobctl start nigh"), ["night", "night.yaml"]);
    assert_eq!(offered_by_fish(&project, "jobctl start night -p mo"), ["mode=\tHow: all or some"]);
    assert_eq!(offered_by_fish(&project, "jobctl start night -p day=2026-04-07 -p mode=q"), ["mode=quick"]);
    assert_eq!(offered_by_fish(&project, "jobctl restart night -p dry="), ["dry=false", "dry=true"]);
}

/// The words of a line that somebody types to a zsh with tabs in it: `say` is completed as jobctl is, and writes down what it gets.
#[test]
fn zsh_completes_names_parameters_and_values() {
    let project = Project::new(Backend::Sqlite);
    project.file("night.yaml", &NIGHT.replace("enum:", "description: 'How: all or some', enum:"));
    project.jobctl(&["apply", "night.yaml"]).expect(0);
    fs::remove_file(project.path("night.yaml")).unwrap();
    let known = Command::new("zsh").arg("--version").output();
    known.unwrap_or_else(|error| panic!("zsh: {error}; `.ci/setup tests` installs it"));
    let path = path(&project);
    let mut zsh = Terminal::run(&project, &[("TERM", "dumb"), ("PATH", &path)], "exec zsh -f -i");
    zsh.type_in("autoload -Uz compinit; compinit -u -D; source <(jobctl completion zsh); compdef _jobctl say\n");
    zsh.type_in("say() { print -rl -- \"$@\" > new; mv new said }; touch ready\n");
    until(|| project.path("ready").exists());
    for (typed, words) in [
        ("say resta\tni\t\n", "restart\nnight\n"),
        ("say start ni\t-p mo\tqu\t-p dry=t\t\n", "start\nnight\n-p\nmode=quick\n-p\ndry=true\n"),
    ] {
        zsh.type_in(typed);
        until(|| project.path("said").exists());
        assert_eq!(fs::read_to_string(project.path("said")).unwrap(), words);
        fs::remove_file(project.path("said")).unwrap();
    }
    zsh.type_in("exit\n");
    assert_eq!(zsh.end().1, Some(0));
}

/// No Debian has PowerShell: its script is only looked at.
#[test]
fn every_shell_has_a_script() {
    let project = Project::new(Backend::Sqlite);
    for shell in ["bash", "zsh", "fish", "powershell"] {
        let script = project.jobctl(&["completion", shell]).expect(0).stdout;
        assert!(script.contains("jobctl") && script.contains("JOBCTL_COMPLETE"), "{shell}: {script}");
        if shell != "powershell" {
            let file = project.file("script", &script);
            let read = Command::new(shell).arg("-n").arg(file).output().unwrap();
            assert!(read.status.success(), "{shell}: {read:?}");
        }
    }
}
