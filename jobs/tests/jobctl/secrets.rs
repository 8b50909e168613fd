//! Secrets: where they may stand in a job file, and that nothing shows them.

use super::project::{Answer, Project, answer};
use overnight_db::Backend;

/// A folder with a job of these steps.
fn with_steps(steps: &str) -> Project {
    let project = Project::new(Backend::Sqlite);
    project.file("job.yaml", &format!("name: told\nsteps:\n{steps}"));
    project
}

fn jobctl(project: &Project, arguments: &[&str], variables: &[(&str, &str)]) -> Answer {
    answer(project.command(arguments).envs(variables.iter().copied()).output().unwrap())
}

#[test]
fn a_secret_is_refused_under_the_name_of_its_variable() {
    let project = with_steps(
        "  - { name: a, tasklet: { shell: { command: 'true', env: { T: '${{ env.JOBCTL_SECRET_TOK }}' } } } }\n",
    );
    let refused = jobctl(&project, &["validate", "job.yaml"], &[("JOBCTL_SECRET_TOK", "hunter2hunter2")]).expect(7);
    assert!(refused.stderr.contains("`env.JOBCTL_SECRET_TOK` is a secret"), "{refused:?}");
    assert!(refused.stderr.contains("write secret.tok") && !refused.stderr.contains("hunter2"), "{refused:?}");
}

#[test]
fn a_secret_is_refused_in_a_command_that_everybody_sees() {
    for command in [
        "'curl -H ${{ secret.tok }} here'",
        "[curl, '-H', '${{ vars.header }}']",
        "'psql ${{ env.DATABASE_URL }}'",
        "'login ${{ params.password }}'",
    ] {
        let project = Project::new(Backend::Sqlite);
        let head = "name: told\nparams: { password: { type: string, secret: true } }\nvars: { header: 'Bearer ${{ secret.tok }}' }\n";
        project.file(
            "job.yaml",
            &format!("{head}steps:\n  - {{ name: a, tasklet: {{ shell: {{ command: {command} }} }} }}\n"),
        );
        let refused = project.jobctl(&["validate", "job.yaml"]).expect(7);
        assert!(refused.stderr.contains("everybody on the machine sees the arguments of processes"), "{refused:?}");
        assert!(refused.stderr.contains("give it to the command by `env`"), "{refused:?}");
    }
}

#[test]
fn the_address_of_the_store_is_masked_like_a_secret() {
    let project = with_steps(
        "  - { name: a, tasklet: { shell: { command: 'echo \"at $URL.\"', env: { URL: '${{ env.DATABASE_URL }}' } } } }\n",
    );
    let told = project.jobctl(&["start", "job.yaml"]).expect(0);
    assert!(!format!("{told:?}").contains(&format!("at {}", project.url)), "{told:?}");
    assert_eq!(project.number("select count(*) from overnight_step_execution where context like '%at ***.%'"), 1);
}

#[test]
fn an_empty_secret_is_missing() {
    let project =
        with_steps("  - { name: a, tasklet: { shell: { command: 'true', env: { T: '${{ secret.tok }}' } } } }\n");
    let failed = jobctl(&project, &["start", "job.yaml"], &[("JOBCTL_SECRET_TOK", "")]);
    assert_ne!(failed.code, Some(0), "{failed:?}");
    let error = &project.show("told")["steps"][0]["error"];
    assert!(error.to_string().contains("looked for it in JOBCTL_SECRET_TOK (which is empty)"), "{error}");
    project.file("secrets/tok", "\n");
    project.file("jobctl.toml", "secrets = \"secrets\"\n");
    jobctl(&project, &["restart", "told"], &[]);
    let error = &project.show("told")["steps"][0]["error"];
    assert!(error.to_string().contains("secrets/tok (which is empty)"), "{error}");
}

#[test]
fn an_output_that_a_short_secret_is_part_of_arrives_and_one_with_a_secret_in_it_is_refused() {
    let steps = "
  - name: count
    outputs: [rows]
    tasklet: { shell: { command: 'echo rows=$ROWS > $OVERNIGHT_OUTPUT', env: { ROWS: '${{ secret.rows }}', PIN: '${{ secret.pin }}' } } }
  - { name: tell, tasklet: { shell: { command: 'echo \"${{ steps.count.rows }} rows\"' } } }
";
    let project = with_steps(steps);
    let variables = [("JOBCTL_SECRET_PIN", "7"), ("JOBCTL_SECRET_ROWS", "hunter2hunter2")];
    let failed = jobctl(&project, &["start", "job.yaml"], &variables);
    assert_ne!(failed.code, Some(0), "{failed:?}");
    let error = project.show("told")["steps"][0]["error"].to_string();
    assert!(error.contains("output `rows` holds a secret") && !error.contains("hunter2"), "{error}");

    let project = with_steps(&steps.replace("'${{ secret.rows }}'", "'170'"));
    jobctl(&project, &["start", "job.yaml"], &variables).expect(0);
    assert_eq!(project.show("told")["steps"][0]["outputs"]["rows"], "170");
    assert_eq!(project.number("select count(*) from overnight_step_execution where context like '%\"170 rows%'"), 1);
}
