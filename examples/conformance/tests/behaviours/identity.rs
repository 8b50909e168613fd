//! Which parameters make which instance, and how often it runs.

use super::project::on_both_stores;
use super::support::example;

/// Its parameters are of any type, and its instances stay open.
const KEYED: &str = "
name: keyed
params: { a: { type: json, required: true }, b: { type: json, required: true } }
steps: [{ name: fails, tasklet: { shell: { command: 'false' } } }]
";

on_both_stores! {
    fn s3_1_a_job_runs_under_its_name_with_any_parameters_as_often_as_one_likes(project) {
        project.start(&example("ok"), &["name=a"], 0);
        for params in ["name=a", "name=b", "name=b"] {
            project.start("ok", &[params], 0);
        }
        let ran: Vec<_> = project.list().iter().map(|row| (row["job"].to_string(), row["params"]["name"].to_string())).collect();
        assert_eq!(ran, ["a", "a", "b", "b"].map(|name| ("\"ok\"".to_owned(), format!("\"{name}\""))));
    }

    fn s3_11_the_same_parameters_are_the_same_instance_in_whatever_order_and_spacing(project) {
        project.file("keyed.yaml", KEYED);
        let instance = |params: &str| {
            let ran = project.jobctl(&["start", "keyed.yaml", params, "-o", "json"]).expect(3).json();
            ran["instance_id"].as_i64().unwrap()
        };
        let first = instance(r#"{"a":1,"b":2}"#);
        assert_eq!(instance("{ \"b\" : 2 ,\n\t\"a\":1 }"), first);
        let others = [r#"{"a":1,"b":3}"#, r#"{"a":"1","b":2}"#, r#"{"a":2,"b":1}"#].map(instance);
        for (place, other) in others.iter().enumerate() {
            assert!(*other != first && !others[..place].contains(other), "{first}, {others:?}");
        }
    }

    fn s3_12_s3_43_every_run_of_an_instance_is_a_record_with_the_parameters_of_the_instance(project) {
        let first = project.start(&example("flaky"), &["run=x"], 3);
        project.jobctl(&["restart", "1"]).expect(3);
        project.mend();
        let third = project.jobctl(&["restart", "1", "-o", "json"]).expect(0).json();
        assert_eq!((&third["params"], &third["instance_id"]), (&first["params"], &first["instance_id"]));
        assert_eq!(third["params"]["run"], "x");
        let count = "select cast(count(*) as text) as text from {job_execution} where instance_id = 1";
        assert_eq!(project.texts(count), ["3"]);
    }
}
