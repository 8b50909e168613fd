//! The tasklet `shell`, with real processes. This program leads its own commands, so it has a `main` of its own.

#![expect(clippy::print_stdout, reason = "what a run printed explains its failure")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "steps/runs.rs"]
mod runs;

use std::fs;
use std::io::{BufRead, BufReader};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

use overnight::job::JobStep;
use overnight::kind::Frame;
use overnight::monitor::RunEvent;
use overnight::status::{Status, StopIntent};
use overnight::steps::shell::{Shell, shim};
use overnight::stop::StopToken;
use runs::{Folder, Ran, Runner, problems, tasklet, tasklet_plan};
use rustix::process::{Pid, Signal, kill_process, test_kill_process};

/// The argument with which this program runs a job with a command that never ends, to be killed.
const VICTIM: &str = "--victim";

type Test = (&'static str, fn());

macro_rules! tests {
    ($($name:ident),+ $(,)?) => { &[$((stringify!($name), $name as fn())),+] };
}

const TESTS: &[Test] = tests![
    a_command_runs_in_the_folder_with_its_variables_and_no_others,
    the_output_is_passed_on_line_by_line_and_kept,
    secrets_are_masked_in_output_and_errors,
    outputs_reach_later_steps_as_they_were_written,
    outputs_are_what_the_command_writes_to_its_file,
    outputs_that_cannot_be_read_fail_the_step,
    a_status_other_than_0_fails_with_the_last_lines,
    a_program_that_is_not_there_is_named,
    a_command_killed_by_a_signal_says_which,
    a_list_is_run_without_a_shell,
    a_stop_sends_sigterm_to_the_whole_group,
    the_grace_is_for_all_of_the_group_also_when_the_command_itself_has_ended,
    what_has_left_the_group_gets_sigterm_when_the_command_has_ended,
    a_child_that_ignores_sigterm_is_killed_after_the_grace,
    a_command_that_ignores_sigterm_is_killed_after_the_grace,
    an_abort_kills_at_once,
    a_timeout_stops_the_command_and_fails_the_step,
    what_a_command_leaves_running_in_its_group_is_killed,
    what_leaves_the_group_is_killed_too,
    a_stop_kills_what_has_left_the_group,
    orphans_that_end_before_the_command_are_reaped,
    killing_the_process_kills_what_has_left_the_group_and_removes_the_file_for_outputs,
    a_restart_runs_the_command_again,
    killing_the_process_kills_the_command_and_its_children,
    killing_the_leader_kills_the_command,
    a_signal_for_everybody_does_not_end_the_leader,
    a_signal_that_ends_the_command_before_the_step_hears_of_it_is_a_stop,
    lines_that_wait_for_a_slow_watcher_are_not_lost,
    a_folder_that_is_not_there_is_named,
    settings_are_checked,
];

fn main() -> ExitCode {
    if let Some(code) = shim::main_if_asked() {
        return code;
    }
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.first().map(String::as_str) {
        Some(VICTIM) => {
            victim(&arguments[1]);
            ExitCode::SUCCESS
        }
        _ if arguments.iter().any(|argument| argument == "--list") => {
            let ignored = arguments.iter().any(|argument| argument == "--ignored");
            TESTS.iter().filter(|_| !ignored).for_each(|(name, _)| println!("{name}: test"));
            ExitCode::SUCCESS
        }
        _ => run_tests(&arguments),
    }
}

/// Runs the tests whose names hold the first word of the arguments; `--exact` as the other harness has it.
fn run_tests(arguments: &[String]) -> ExitCode {
    let exact = arguments.iter().any(|argument| argument == "--exact");
    let wanted = arguments.iter().find(|argument| !argument.starts_with('-'));
    let is_chosen =
        |name: &str| wanted.is_none_or(|wanted| if exact { name == wanted } else { name.contains(wanted.as_str()) });
    let mut failed = 0;
    for (name, test) in TESTS.iter().filter(|(name, _)| is_chosen(name)) {
        let passed = catch_unwind(AssertUnwindSafe(test)).is_ok();
        println!("test {name} ... {}", if passed { "ok" } else { "FAILED" });
        failed += u8::from(!passed);
    }
    ExitCode::from(failed)
}

fn shell(settings: &str, frame: &Frame) -> JobStep {
    tasklet(&Shell::new(), settings, frame)
}

/// A run whose folder does not matter.
fn anywhere() -> Frame {
    Frame { base_dir: std::env::temp_dir(), ..Frame::default() }
}

fn run(settings: &str) -> Ran {
    Runner::in_memory().run(shell(settings, &anywhere()))
}

/// Runs a command and asks for its end as soon as it says `ready`.
fn run_until_ready(settings: &str, intent: StopIntent) -> Ran {
    let step = shell(settings, &anywhere());
    Runner::in_memory().watched(step, &move |event, stop| {
        if matches!(event, RunEvent::Output { line: "ready", .. }) {
            stop.request(intent);
        }
    })
}

/// Whether a process is there and not only waiting to be reaped.
fn is_alive(pid: i32) -> bool {
    let status = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = status.rsplit_once(") ").and_then(|(_, rest)| rest.chars().next());
    test_kill_process(Pid::from_raw(pid).unwrap()).is_ok() && state.is_some_and(|state| state != 'Z')
}

/// Waits until a process is gone. There is no signal for the end of somebody else's child.
fn gone(pid: i32) -> bool {
    eventually(|| !is_alive(pid))
}

/// Waits for something that another process does.
fn eventually(happened: impl Fn() -> bool) -> bool {
    let until = Instant::now() + Duration::from_secs(10);
    let (_keep, never) = channel::<()>();
    while !happened() && Instant::now() < until {
        let _ = never.recv_timeout(Duration::from_millis(5));
    }
    happened()
}

fn a_command_runs_in_the_folder_with_its_variables_and_no_others() {
    let folder = Folder::with("here.txt", "");
    fs::create_dir(folder.path("sub")).unwrap();
    let settings = "{ command: 'ls; env | sort', env: { DAY: '31', PATH: '/usr/bin:/bin' } }";
    let ran = Runner::in_memory().run(shell(settings, &folder.frame()));
    assert_eq!(ran.step.status, Status::Completed, "{:?}", ran.step.error);
    assert_eq!(&ran.output[..2], ["here.txt", "sub"]);
    let allowed =
        ["DAY", "HOME", "LANG", "LC_ALL", "LOGNAME", "OVERNIGHT_OUTPUT", "PATH", "SHELL", "TMPDIR", "TZ", "USER"];
    // The last three are the shell's own.
    let own = ["PWD", "OLDPWD", "SHLVL", "_"];
    for line in &ran.output[2..] {
        let (name, value) = line.split_once('=').unwrap();
        assert!(allowed.contains(&name) || own.contains(&name), "{line}");
        assert!(name != "DAY" || value == "31");
    }
    assert!(ran.output.contains(&"DAY=31".to_owned()));
    let ran = Runner::in_memory().run(shell("{ command: pwd, dir: sub }", &folder.frame()));
    assert!(ran.output[0].ends_with("/sub"), "{:?}", ran.output);
}

fn the_output_is_passed_on_line_by_line_and_kept() {
    let ran = run("command: |\n  echo one\n  echo two >&2\n  printf 'a\\377'\n");
    let mut lines = ran.output.clone();
    lines.sort();
    assert_eq!(lines, ["a\u{fffd}", "one", "two"]);
    assert_eq!(ran.step.context["output"], format!("{}\n", ran.output.join("\n")));
    let ran = run("command: seq 1 100000");
    assert_eq!(ran.output.len(), 100_000);
    let kept = ran.step.context["output"].as_str().unwrap();
    assert!(kept.len() < 66_000 && kept.ends_with("\n100000\n"));
}

fn secrets_are_masked_in_output_and_errors() {
    let frame = Frame { secrets: vec!["hunter2".into()], ..anywhere() };
    let settings = "command: 'echo \"password hunter2\" | tee $OVERNIGHT_OUTPUT; exit $CODE'\nenv: { CODE: '0' }";
    let ran = Runner::in_memory().run(shell(settings, &frame));
    assert_eq!(ran.output, ["password ***"]);
    assert!(ran.error().ends_with("is not `name=value`: \"password ***\""), "{}", ran.error());
    let ran = Runner::in_memory().run(shell(&settings.replace("'0'", "'1'"), &frame));
    assert!(ran.error().ends_with("its last lines were:\npassword ***"), "{}", ran.error());
}

fn outputs_reach_later_steps_as_they_were_written() {
    let key = "{\n\"key\": \"hunter2\"\n}\n";
    let frame = Frame { secrets: vec!["7".into(), key.into()], ..anywhere() };
    let settings = "command: 'echo rows=170 > $OVERNIGHT_OUTPUT; echo \"x={a}\" | tee -a $OVERNIGHT_OUTPUT'";
    let ran = Runner::in_memory().run(shell(settings, &frame));
    assert_eq!(serde_json::Value::from(ran.step.outputs), serde_json::json!({"rows": "170", "x": "{a}"}));
    assert_eq!(ran.output, ["x={a}"]);
}

fn outputs_are_what_the_command_writes_to_its_file() {
    let ran = run(
        "command: 'echo \"file=a b.csv\" >> $OVERNIGHT_OUTPUT; echo rows=17 >> $OVERNIGHT_OUTPUT; echo $OVERNIGHT_OUTPUT'",
    );
    assert_eq!(serde_json::Value::from(ran.step.outputs), serde_json::json!({"file": "a b.csv", "rows": "17"}));
    assert!(!fs::exists(&ran.output[0]).unwrap(), "the file is gone");
}

fn outputs_that_cannot_be_read_fail_the_step() {
    let ran = run("command: 'echo \"just text\" > $OVERNIGHT_OUTPUT'");
    assert_eq!(ran.error(), "InvalidValue: line 1 of $OVERNIGHT_OUTPUT is not `name=value`: \"just text\"");
}

fn a_status_other_than_0_fails_with_the_last_lines() {
    let ran = run("command: 'seq 1 30; exit 3'");
    assert_eq!(ran.step.status, Status::Failed);
    let last: Vec<String> = (21..31).map(|line| line.to_string()).collect();
    assert_eq!(
        ran.error(),
        format!("CommandFailed: the command ended with status 3: its last lines were:\n{}", last.join("\n"))
    );
    let ran = run("command: no-such-program-anywhere");
    assert!(
        ran.error().starts_with("CommandFailed: the command ended with status 127: a program in it was not found"),
        "{}",
        ran.error()
    );
}

fn a_program_that_is_not_there_is_named() {
    let ran = run("command: [no-such-program, '1']");
    assert_eq!(ran.error(), "CommandFailed: cannot start `no-such-program`: No such file or directory (os error 2)");
}

fn a_command_killed_by_a_signal_says_which() {
    let ran = run("command: 'kill -SEGV $$'");
    assert_eq!(ran.error(), "CommandFailed: the command was killed by signal 11 (SIGSEGV)");
}

fn a_list_is_run_without_a_shell() {
    assert_eq!(run("command: [echo, '$HOME', 'a  b']").output, ["$HOME a  b"]);
}

fn a_stop_sends_sigterm_to_the_whole_group() {
    let settings = "command: |\n  trap 'wait; echo parent; exit 0' TERM\n  (trap 'echo child; exit 0' TERM; echo ready; while :; do sleep 0.01; done) &\n  wait\n  wait\n";
    let ran = run_until_ready(settings, StopIntent::Stopped);
    assert_eq!(ran.step.status, Status::Stopped, "{:?}", ran.step.error);
    let mut said = ran.output;
    drop_told_ends(&mut said);
    said.sort();
    assert_eq!(said, ["child", "parent", "ready"]);
}

/// Stops a command that says `ready`, and makes the file `$GO` for it when it says `go`.
fn stop_and_let_go(settings: &str) -> Ran {
    let folder = Folder::new();
    let go = folder.path("go");
    let step = shell(&format!("{settings}env: {{ GO: {go:?} }}\n"), &folder.frame());
    let mut ran = Runner::in_memory().watched(step, &move |event, stop| match event {
        RunEvent::Output { line: "ready", .. } => stop.request(StopIntent::Stopped),
        RunEvent::Output { line: "go", .. } => fs::write(&go, "").unwrap(),
        _ => {}
    });
    drop_told_ends(&mut ran.output);
    ran
}

/// Some shells tell of a child that a signal ended.
fn drop_told_ends(output: &mut Vec<String>) {
    output.retain(|line| line != "Terminated");
}

/// What a child does on SIGTERM: it sees the end of the command, and takes its time after that.
const TIDY: &str = "until grep -q ^State:.Z /proc/$$/status; do :; done; echo go; until [ -e $GO ]; do sleep 0.01; done; \
                    echo tidy; exit 0";

fn the_grace_is_for_all_of_the_group_also_when_the_command_itself_has_ended() {
    let ran = stop_and_let_go(&format!(
        "grace: 1h\ncommand: |\n  (trap '{TIDY}' TERM; echo ready; while :; do sleep 0.01; done) &\n  wait\n"
    ));
    assert_eq!(ran.step.status, Status::Stopped, "{:?}", ran.step.error);
    assert_eq!(ran.output, ["ready", "go", "tidy"]);
}

fn what_has_left_the_group_gets_sigterm_when_the_command_has_ended() {
    let tidy = TIDY.replace("$$", "$COMMAND");
    let ran = stop_and_let_go(&format!(
        "grace: 1h\ncommand: |\n  export COMMAND=$$\n  timeout 1000 sh -c \"trap '{}' TERM; echo ready; while :; do sleep 0.01; done\"\n  true\n",
        tidy.replace('$', "\\$")
    ));
    assert_eq!(ran.step.status, Status::Stopped, "{:?}", ran.step.error);
    assert_eq!(ran.output, ["ready", "go", "tidy"]);
}

fn a_child_that_ignores_sigterm_is_killed_after_the_grace() {
    let ran = run_until_ready(
        "grace: 100ms\ncommand: |\n  (trap '' TERM; setsid sleep 1000 & echo $! $$; echo ready; while :; do sleep 0.01; done) &\n  wait\n",
        StopIntent::Stopped,
    );
    assert_eq!(ran.step.status, Status::Stopped, "{:?}", ran.step.error);
    assert!(!numbers(&ran.output[0]).into_iter().any(is_alive), "{:?}", ran.output);
}

fn a_command_that_ignores_sigterm_is_killed_after_the_grace() {
    let settings = "grace: 100ms\ncommand: |\n  trap 'echo no' TERM\n  echo ready\n  while :; do sleep 0.01; done\n";
    let ran = run_until_ready(settings, StopIntent::Paused);
    assert_eq!(ran.step.status, Status::Stopped, "{:?}", ran.step.error);
    assert!(ran.output.contains(&"no".to_owned()), "{:?}", ran.output);
}

fn an_abort_kills_at_once() {
    let settings = "grace: 1h\ncommand: |\n  trap 'echo no' TERM\n  echo ready\n  while :; do sleep 0.01; done\n";
    let ran = run_until_ready(settings, StopIntent::Aborted);
    assert_eq!(ran.output, ["ready"]);
}

fn a_timeout_stops_the_command_and_fails_the_step() {
    let step = JobStep { timeout: Some(Duration::from_millis(100)), ..shell("command: exec sleep 1000", &anywhere()) };
    let ran = Runner::in_memory().run(step);
    assert_eq!((ran.step.status, ran.step.exit_code.as_str()), (Status::Failed, "TIMEOUT"), "{ran:?}");
    assert_eq!((ran.execution.status, ran.execution.exit_code.as_str()), (Status::Failed, "TIMEOUT"), "{ran:?}");
}

fn what_a_command_leaves_running_in_its_group_is_killed() {
    let ran = run("command: 'sleep 1000 & echo $!'");
    assert_eq!(ran.step.status, Status::Completed, "{:?}", ran.step.error);
    assert!(gone(ran.output[0].parse().unwrap()));
}

/// A command that starts a process in a session of its own, another in a group of its own with a child in a third one, says
/// their numbers behind its own, and never ends.
const SCATTERED: &str = "command: |
  setsid sh -c 'echo $$ > $OVERNIGHT_OUTPUT.a; exec sleep 1000' &
  timeout 1000 sh -c 'echo $$ > $OVERNIGHT_OUTPUT.b; setsid sleep 1000 & echo $! > $OVERNIGHT_OUTPUT.c; wait' &
  until [ -s $OVERNIGHT_OUTPUT.a ] && [ -s $OVERNIGHT_OUTPUT.b ] && [ -s $OVERNIGHT_OUTPUT.c ]; do sleep 0.01; done
  echo $$ $(cat $OVERNIGHT_OUTPUT.a $OVERNIGHT_OUTPUT.b $OVERNIGHT_OUTPUT.c)
  rm $OVERNIGHT_OUTPUT.a $OVERNIGHT_OUTPUT.b $OVERNIGHT_OUTPUT.c
  echo $OVERNIGHT_OUTPUT
  echo ready
";

fn numbers(line: &str) -> Vec<i32> {
    line.split_whitespace().map(|pid| pid.parse().unwrap()).collect()
}

fn what_leaves_the_group_is_killed_too() {
    let ran = run(SCATTERED);
    assert_eq!(ran.step.status, Status::Completed, "{:?}", ran.step.error);
    let pids = numbers(&ran.output[0]);
    assert!(pids.len() == 4 && !pids.into_iter().any(is_alive), "{:?}", ran.output);
}

fn a_stop_kills_what_has_left_the_group() {
    let ran = run_until_ready(&format!("{SCATTERED}  wait\n"), StopIntent::Stopped);
    assert_eq!(ran.step.status, Status::Stopped, "{:?}", ran.step.error);
    let pids = numbers(&ran.output[0]);
    assert!(pids.len() == 4 && !pids.into_iter().any(is_alive), "{:?}", ran.output);
}

/// The leader is their parent then, and a long command may leave more of them than there are numbers.
fn orphans_that_end_before_the_command_are_reaped() {
    let ran = run("command: |
  orphan=$(setsid sh -c 'true > /dev/null & echo $!')
  tries=0
  while [ -e /proc/$orphan ] && [ $tries -lt 1000 ]; do sleep 0.01; tries=$((tries + 1)); done
  [ -e /proc/$orphan ] && echo there || echo gone
");
    assert_eq!(ran.output, ["gone"], "{:?}", ran.step.error);
}

/// A process to be killed. It cannot tidy up: its files go with the folder.
fn spawn_victim(settings: &str) -> (Child, Folder) {
    let folder = Folder::new();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args([VICTIM, settings]).env("TMPDIR", folder.path("")).stdout(Stdio::piped());
    (command.spawn().unwrap(), folder)
}

fn killing_the_process_kills_what_has_left_the_group_and_removes_the_file_for_outputs() {
    let settings = format!("{SCATTERED}  wait\n");
    let (mut victim, _folder) = spawn_victim(&settings);
    let said: Vec<String> = BufReader::new(victim.stdout.take().unwrap())
        .lines()
        .map(Result::unwrap)
        .take_while(|line| line != "ready")
        .collect();
    let pids = numbers(&said[0]);
    assert!(pids.len() == 4 && pids.iter().all(|pid| is_alive(*pid)), "{said:?}");
    assert!(fs::exists(&said[1]).unwrap());
    victim.kill().unwrap();
    victim.wait().unwrap();
    assert!(pids.into_iter().all(gone), "{said:?}");
    assert!(eventually(|| !fs::exists(&said[1]).unwrap()), "{said:?}");
}

fn a_restart_runs_the_command_again() {
    let folder = Folder::new();
    let runner = Runner::in_memory();
    let settings = "command: 'test -e here || { touch here; exit 1; }'";
    assert_eq!(runner.run(shell(settings, &folder.frame())).step.status, Status::Failed);
    assert_eq!(runner.run(shell(settings, &folder.frame())).step.status, Status::Completed);
}

/// Runs a command that prints its number and that of a child, and never ends.
fn victim(settings: &str) {
    let step = shell(settings, &anywhere());
    Runner::in_memory().watched(step, &|event, _| {
        if let RunEvent::Output { line, .. } = event {
            println!("{line}");
        }
    });
}

fn killing_the_process_kills_the_command_and_its_children() {
    // It ignores what can be ignored.
    let settings =
        "command: \"trap '' TERM HUP INT; (trap '' TERM HUP INT; while :; do sleep 0.05; done) & echo $$ $!; wait\"";
    let (mut victim, _folder) = spawn_victim(settings);
    let mut line = String::new();
    BufReader::new(victim.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let pids: Vec<i32> = line.split_whitespace().map(|pid| pid.parse().unwrap()).collect();
    assert!(pids.len() == 2 && pids.iter().all(|pid| is_alive(*pid)), "{line}");
    // SIGKILL, to the process alone: nothing in it can do anything about it.
    victim.kill().unwrap();
    victim.wait().unwrap();
    assert!(gone(pids[0]) && gone(pids[1]));
}

fn killing_the_leader_kills_the_command() {
    // The leader has told of the command when it has a second thread; killed before that, it takes its secret along.
    let told = "until [ $(ls /proc/$PPID/task | wc -l) -gt 1 ]; do :; done";
    let step = shell(&format!("command: '{told}; echo $PPID; echo $$; exec sleep 1000'"), &anywhere());
    let (pids, killer) = channel::<i32>();
    let killing = thread::spawn(move || {
        let leader = killer.recv().unwrap();
        let command = killer.recv().unwrap();
        kill_process(Pid::from_raw(leader).unwrap(), Signal::KILL).unwrap();
        command
    });
    let pids = std::sync::Mutex::new(pids);
    let ran = Runner::in_memory().watched(step, &|event, _| {
        if let RunEvent::Output { line, .. } = event {
            pids.lock().unwrap().send(line.parse().unwrap()).unwrap();
        }
    });
    assert!(ran.error().starts_with("CommandFailed: the process that led the command was killed"), "{}", ran.error());
    assert!(gone(killing.join().unwrap()));
}

/// Sends a signal to the leader and the command when they have told their numbers, and then `after` to the step.
fn signal_both(settings: &str, after: impl Fn(i32, &StopToken) + Send + Sync) -> Ran {
    let step = shell(settings, &anywhere());
    Runner::in_memory().watched(step, &move |event, stop| {
        if let RunEvent::Output { line, .. } = event
            && line.contains(' ')
        {
            let both = numbers(line);
            for pid in &both {
                kill_process(Pid::from_raw(*pid).unwrap(), Signal::TERM).unwrap();
            }
            after(both[1], stop);
        }
    })
}

fn a_signal_for_everybody_does_not_end_the_leader() {
    let ran = signal_both(
        "command: \"trap 'echo mine; exit 0' TERM; echo $PPID $$; while :; do sleep 0.01; done\"",
        |_, _| {},
    );
    assert_eq!(ran.step.status, Status::Completed, "{:?}", ran.step.error);
    assert_eq!(ran.output[1..], ["mine"]);
}

fn a_signal_that_ends_the_command_before_the_step_hears_of_it_is_a_stop() {
    let command = "command: 'echo $PPID $$; while :; do sleep 0.01; done'";
    let ran = signal_both(command, |command, stop| {
        assert!(gone(command));
        stop.request(StopIntent::Interrupted);
    });
    assert_eq!(ran.step.status, Status::Stopped, "{:?}", ran.step.error);
    let ran = signal_both(command, |_, _| {});
    let killed = "CommandFailed: the command was killed by signal 15 (SIGTERM): ";
    assert!(ran.error().starts_with(killed), "{}", ran.error());
}

fn lines_that_wait_for_a_slow_watcher_are_not_lost() {
    let step = shell("command: 'seq 1 40000; exit 3'", &anywhere());
    let (_keep, never) = channel::<()>();
    let never = std::sync::Mutex::new(never);
    let ran = Runner::in_memory().watched(step, &|event, _| {
        // So slow that the last thousand lines take longer than an output may be silent.
        if let RunEvent::Output { line, .. } = event
            && line.parse::<u32>().unwrap() > 39_000
        {
            let _ = never.lock().unwrap().recv_timeout(Duration::from_millis(2));
        }
    });
    assert_eq!(ran.output.len(), 40_000);
    assert!(ran.error().ends_with("\n39999\n40000"), "{}", ran.error());
}

fn a_folder_that_is_not_there_is_named() {
    let ran = run("{ command: 'true', dir: nowhere }");
    assert!(ran.error().ends_with("/nowhere is not there"), "{}", ran.error());
}

fn settings_are_checked() {
    for (settings, problem) in [
        ("{}", "a shell step needs the key `command`"),
        ("command: ''", "expected a text, found an empty one"),
        ("command: []", "the command has no program"),
        ("{ command: x, env: { OVERNIGHT_OUTPUT: x } }", "OVERNIGHT_OUTPUT is set by the step itself"),
        ("{ command: x, env: { 'A=B': x } }", "`A=B` cannot be the name of a variable"),
        ("{ command: x, grace: 10 }", "expected a duration"),
        ("{ command: x, directory: y }", "unknown key `directory` in a shell step"),
    ] {
        let found = problems(tasklet_plan(&Shell::new(), settings));
        assert!(found[0].contains(problem), "{settings}: {found:?}");
    }
}
