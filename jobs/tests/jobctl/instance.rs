//! Going on: in the project, the revision and with the parameters of the instance, or not at all.

use std::fs;

use super::project::{answer, on_both_stores, until};

/// The second step fails until there is a file `mended`; the first one counts its runs.
const JOB: &str = "
name: load
params:
  day: { type: date, default: 2026-10-30 }
steps:
  - name: first
    tasklet: { shell: { command: 'echo ran >> first' } }
  - name: second
    tasklet: { shell: { command: 'test -e mended' } }
";

/// It writes down with which secret it ran.
const SECRET: &str = "
name: login
params:
  password: { type: string, secret: true }
steps:
  - name: login
    tasklet: { shell: { command: 'echo \"<$PASSWORD>\" >> used; test -e mended', env: { PASSWORD: \"${{ params.password }}\" } } }
";

on_both_stores! {
    fn an_id_goes_on_in_the_project_of_its_instance(project) {
        project.file("load.yaml", JOB);
        project.jobctl(&["--project", "eod", "start", "load.yaml"]).expect(3);
        project.file("mended", "");
        let restarted = project.jobctl(&["restart", "1", "-o", "json"]).expect(0).json();
        assert_eq!((&restarted["project"], &restarted["previous_id"]), (&"eod".into(), &1.into()));
        assert_eq!(fs::read_to_string(project.path("first")).unwrap(), "ran\n");
    }

    fn a_job_file_that_was_edited_is_named_with_the_command_that_runs_it(project) {
        project.file("load.yaml", JOB);
        project.jobctl(&["start", "load.yaml", "-p", "day=2026-10-31"]).expect(3);
        let shown = || project.jobctl(&["show", "1"]).expect(0).stderr;
        assert!(!shown().contains("edited"), "{}", shown());
        project.file("load.yaml", &JOB.replace("test -e mended", "true"));
        let command = "is run by `jobctl start load.yaml -p day=2026-10-31`";
        assert!(shown().contains("`load.yaml` is edited since") && shown().contains(command), "{}", shown());
        let restarted = project.jobctl(&["restart", "load"]).expect(3);
        assert!(restarted.stderr.contains("`load.yaml` is edited: the restart runs revision 1"), "{restarted:?}");
        assert!(restarted.stderr.contains(command), "{restarted:?}");
        // Of two files with this name nobody knows which one is meant.
        let copy = project.file("copy.yml", JOB);
        assert!(!shown().contains("edited"), "{}", shown());
        fs::remove_file(copy).unwrap();
        project.jobctl(&["start", "load.yaml", "-p", "day=2026-10-31"]).expect(0);
        assert_eq!(fs::read_to_string(project.path("first")).unwrap(), "ran\n");
        assert!(!project.jobctl(&["show", "load"]).expect(0).stderr.contains("edited"));
    }

    fn an_instance_that_never_was_is_answered_with_the_command_that_begins_it(project) {
        project.file("load.yaml", JOB);
        project.jobctl(&["start", "load.yaml"]).expect(3);
        project.file("mended", "");
        for target in ["load", "load.yaml"] {
            let refused = project.jobctl(&["restart", target, "-p", "day=2026-10-31"]).expect(5);
            let command = format!("`jobctl start {target} -p day=2026-10-31` begins it");
            assert!(refused.stderr.contains(&command), "{refused:?}");
        }
        project.jobctl(&["start", "load", "-p", "day=2026-10-31"]).expect(0);
        let note = JOB.replace("steps:", "  note: { type: string, identifying: false, default: none }\nsteps:");
        project.file("load.yaml", &note);
        let refused = project.jobctl(&["restart", "load.yaml", "-p", "day=2026-11-01", "-p", "note=a`b"]).expect(5);
        assert!(refused.stderr.contains(r"`jobctl start load.yaml -p day=2026-11-01 -p $'note=a\140b'` begins it"), "{refused:?}");
    }

    fn a_restart_does_not_run_without_the_secret_of_the_start(project) {
        project.file("login.yaml", SECRET);
        project.jobctl(&["start", "login.yaml", "-p", "password=hunter2"]).expect(3);
        project.file("mended", "");
        let refused = project.jobctl(&["restart", "1"]).expect(7);
        assert!(refused.stderr.contains("parameter `password` is secret and was not kept"), "{refused:?}");
        assert!(refused.stderr.contains(r#"give it again with --params-file - as {"password": VALUE}"#), "{refused:?}");
        assert_eq!(project.list().len(), 1);
        project.jobctl(&["restart", "1", "-p", "password=hunter3"]).expect(0);
        assert_eq!(fs::read_to_string(project.path("used")).unwrap(), "<hunter2>\n<hunter3>\n");
    }

    fn a_start_without_the_secret_goes_on_without_it_when_told_so(project) {
        project.file("login.yaml", SECRET);
        project.jobctl(&["start", "login.yaml"]).expect(3);
        project.file("mended", "");
        project.jobctl(&["restart", "1", r#"{"password": null}"#]).expect(0);
    }

    fn a_restart_of_a_file_that_was_edited_says_which_revision_it_runs(project) {
        project.file("load.yaml", JOB);
        project.jobctl(&["start", "load.yaml"]).expect(3);
        let same = project.jobctl(&["restart", "load.yaml"]).expect(3);
        assert!(!same.stderr.contains("edited"), "{same:?}");
        project.file("load.yaml", &JOB.replace("test -e mended", "true"));
        let restarted = project.jobctl(&["restart", "load.yaml"]).expect(3);
        assert!(restarted.stderr.contains("`load.yaml` is edited: the restart runs revision 1"), "{restarted:?}");
        assert!(restarted.stderr.contains("`jobctl start load.yaml -p day=2026-10-30`"), "{restarted:?}");
        project.jobctl(&["start", "load.yaml"]).expect(0);
        project.file("my load.yaml", JOB);
        project.jobctl(&["start", "my load.yaml", "-p", "day=2026-10-29"]).expect(3);
        project.file("my load.yaml", &JOB.replace("test -e mended", "true"));
        let restarted = project.jobctl(&["restart", "my load.yaml", "-p", "day=2026-10-29"]).expect(3);
        assert!(restarted.stderr.contains("`jobctl start 'my load.yaml' -p day=2026-10-29`"), "{restarted:?}");
    }

    fn parameters_beside_an_id_must_be_those_of_its_instance(project) {
        project.file("load.yaml", JOB);
        project.jobctl(&["start", "load.yaml"]).expect(3);
        for verb in ["show", "wait", "stop"] {
            let unknown = project.jobctl(&[verb, "1", r#"{"bogus": 1}"#]).expect(7);
            assert!(unknown.stderr.contains("unknown parameter `bogus`"), "{unknown:?}");
            let other = project.jobctl(&[verb, "1", "-p", "day=2026-10-29"]).expect(7);
            assert!(other.stderr.contains(r#"job 1 has the parameters {"day":"2026-10-30"}"#), "{other:?}");
            let twice = project.jobctl(&[verb, "1", "-p", "day=2026-10-29", "-p", "day=2026-10-30"]).expect(7);
            assert!(twice.stderr.contains("the parameter `day` is given twice"), "{twice:?}");
        }
        project.jobctl(&["show", "1", "-p", "day=2026-10-30"]).expect(0);
    }

    fn a_file_and_its_parameters_name_an_instance_to_every_verb(project) {
        project.file("load.yaml", &JOB.replace("default: 2026-10-30", "required: true"));
        project.jobctl(&["start", "load.yaml", "-p", "day=2026-10-28"]).expect(3);
        project.jobctl(&["start", "load.yaml", "-p", "day=2026-10-29"]).expect(3);
        let shown = project.jobctl(&["show", "load.yaml", "-p", "day=2026-10-28", "-o", "json"]).expect(0).json();
        assert_eq!(shown["id"], 1);
        let waited = project.jobctl(&["wait", "load.yaml", "-p", "day=2026-10-28", "-o", "json"]).expect(3).json();
        assert_eq!(waited["id"], 1);
    }

    fn a_job_with_many_instances_is_found_by_its_file_and_its_parameters(project) {
        project.file("load.yaml", &JOB.replace("name: load", "name: load\ninstances: many"));
        for day in ["2026-10-28", "2026-10-28", "2026-10-29"] {
            project.jobctl(&["start", "load.yaml", "-p", &format!("day={day}")]).expect(3);
        }
        let of_the_day = ["-p", "day=2026-10-28"];
        for named in ["load.yaml", "load"] {
            let json = |verb: &str, code| {
                let arguments = [&[verb, named, "-o", "json"][..], &of_the_day].concat();
                project.jobctl(&arguments).expect(code).json()["id"].clone()
            };
            assert_eq!((json("show", 0), json("wait", 3)), (2.into(), 2.into()));
            let refused = project.jobctl(&[&["stop", named, "--wait"][..], &of_the_day].concat()).expect(6);
            assert!(refused.stderr.contains("no running execution of job load: job 2 is failed"), "{refused:?}");
        }
        let unknown = project.jobctl(&["show", "load.yaml"]).expect(5);
        assert!(unknown.stderr.contains("was never started with the parameters {\"day\":\"2026-10-30\"}"), "{unknown:?}");
        project.file("mended", "");
        let restarted = project.jobctl(&[&["restart", "load.yaml", "-o", "json"][..], &of_the_day].concat()).expect(0).json();
        assert_eq!((&restarted["previous_id"], &restarted["instance_id"]), (&2.into(), &2.into()));
        assert_eq!(project.jobctl(&[&["show", "load.yaml", "-o", "json"][..], &of_the_day].concat()).expect(0).json()["id"], 4);
        let refused = project.jobctl(&["restart", "4"]).expect(6).stderr;
        assert!(refused.contains("already finished (job 4): there is nothing left to go on with"), "{refused}");
        assert!(refused.contains("`jobctl start load`") && !refused.contains("run once"), "{refused}");
    }

    fn a_job_is_started_by_its_name_as_it_was_started_last(project) {
        let says = |word: &str| JOB.replace("echo ran", &format!("echo {word}")).replace("test -e mended", "true");
        project.file("a/load.yaml", &says("a"));
        project.file("b/load.yaml", &says("b"));
        for (job, day) in [("a/load.yaml", "day=2026-10-01"), ("b/load.yaml", "day=2026-10-02"), ("a/load.yaml", "day=2026-10-03"), ("load", "day=2026-10-04")] {
            project.jobctl(&["start", job, "-p", day]).expect(0);
        }
        let said = |folder: &str| fs::read_to_string(project.path(folder).join("first")).unwrap();
        assert_eq!((said("a"), said("b")), ("a\na\na\n".to_owned(), "b\n".to_owned()));
    }

    fn a_restart_does_not_bring_a_replaced_text_back(project) {
        project.file("load.yaml", JOB);
        project.jobctl(&["start", "load.yaml", "-p", "day=2026-10-01"]).expect(3);
        project.file("load.yaml", &JOB.replace("test -e mended", "true"));
        project.jobctl(&["start", "load.yaml", "-p", "day=2026-10-02"]).expect(0);
        project.jobctl(&["restart", "1"]).expect(3);
        project.jobctl(&["start", "load", "-p", "day=2026-10-03"]).expect(0);
    }

    fn only_what_goes_on_is_advised_to(project) {
        project.file("load.yaml", JOB);
        let failed = project.jobctl(&["start", "load.yaml"]).expect(3);
        assert!(failed.stderr.contains("`jobctl restart 1`"), "{failed:?}");
        project.file("mended", "");
        project.jobctl(&["restart", "1"]).expect(0);
        let shown = project.jobctl(&["show", "1"]).expect(0);
        assert!(!shown.stderr.contains("restart"), "{shown:?}");
        fs::remove_file(project.path("mended")).unwrap();
        project.file("once.yaml", &JOB.replace("name: load", "name: once\nrestartable: false"));
        for verb in [&["start", "once.yaml"][..], &["wait", "once"]] {
            let failed = project.jobctl(verb).expect(3);
            assert!(!failed.stderr.contains("jobctl restart"), "{failed:?}");
        }
    }

    fn who_wanted_the_end_of_a_job_and_why_is_shown(project) {
        project.file("load.yaml", &JOB.replace("test -e mended", "touch begun; while [ ! -e mended ]; do sleep 0.02; done"));
        let child = project.spawn(&["start", "load.yaml", "--reason", "month end"]);
        until(|| project.path("begun").exists());
        let running = project.show("1");
        assert_eq!((&running["reason"], &running["stop_by"]), (&"month end".into(), &serde_json::Value::Null));
        project.jobctl(&["stop", "1", "--wait", "--reason", "wrong file"]).expect(0);
        answer(child.wait_with_output().unwrap()).expect(4);
        let stopped = project.show("1");
        assert_eq!((&stopped["reason"], &stopped["stop_by"]), (&"wrong file".into(), &"tester".into()));
    }
}
