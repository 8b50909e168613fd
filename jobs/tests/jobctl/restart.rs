//! A restart takes the parameters that its instance was started with, whatever they are.

use super::project::on_both_stores;

const JOB: &str = "
name: fails
params:
  wait: { type: duration, default: 1s }
  pause: { type: duration, default: 500ms }
  out: { type: path, enum: [out, in], default: out }
  file: { type: path, pattern: '[a-z]+[.]csv', identifying: false }
  mode: { type: string, default: full }
  rates: { type: json }
  ids: { type: json, identifying: false }
steps:
  - name: say
    tasklet:
      shell:
        command: 'test -e go'
";

/// Says what the parameters are, where the second run of the job can do so.
const SAYING: &str = "
        command: 'test -e go && echo \"$SAID\" > said'
        env: { SAID: '${{ params.wait }} ${{ params.out }} ${{ params.file }} ${{ params.mode == null }} ${{ params.ids }}' }
";

/// Every way to give parameters that has a stored form of its own.
const GIVEN: &[&[&str]] = &[
    &["-p", "wait=250ms"],
    &["-p", "file=data.csv", "-p", "out=in"],
    &[r#"{"mode": null}"#],
    &[r#"{"rates": [0.0000001, 1e-9, 18446744073709551615], "ids": "007"}"#],
    &["-p", "rates=null", "-p", "wait=0s", "-p", r#"ids="12""#],
];

on_both_stores! {
    fn a_restart_goes_on_with_the_very_parameters_of_its_start(project) {
        project.file("fails.yaml", JOB);
        for given in GIVEN {
            let start: Vec<_> = ["start", "fails.yaml"].iter().chain(*given).copied().collect();
            project.jobctl(&start).expect(3);
        }
        project.file("go", "");
        for id in 1..=GIVEN.len() {
            project.jobctl(&["restart", &id.to_string()]).expect(0);
            let executions = project.list();
            let (first, last) = (&executions[id - 1], executions.last().unwrap());
            assert_eq!(last["params"], first["params"], "{:?}", GIVEN[id - 1]);
        }
        assert_eq!(project.list().len(), 2 * GIVEN.len());
    }

    fn a_null_in_the_place_of_a_default_stays_a_null(project) {
        project.file("fails.yaml", &JOB.replace("\n        command: 'test -e go'\n", SAYING));
        project.jobctl(&["start", "fails.yaml", r#"{"mode": null, "file": "a.csv", "ids": 2}"#]).expect(3);
        project.file("go", "");
        project.jobctl(&["restart", "1", "-p", "ids=3"]).expect(0);
        let said = std::fs::read_to_string(project.path("said")).unwrap();
        let folder = project.folder.path().canonicalize().unwrap();
        assert_eq!(said.trim(), format!("PT1S {0}/out {0}/a.csv true 3", folder.display()));
    }
}
