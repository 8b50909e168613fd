//! A job in Rust on the command line: known by its name, with the parameters of its struct, and restarted like any other.

use super::project::{Project, on_both_stores, until};

fn with_table(project: &Project) {
    project.execute("create table numbers (number bigint not null)").unwrap();
}

/// The numbers in the table, each as often as it is there.
fn numbers(project: &Project) -> Vec<i64> {
    let texts = project.texts("select cast(number as text) as text from numbers order by number");
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

on_both_stores! {
    fn a_job_in_rust_starts_by_its_name_with_the_parameters_of_its_struct(project) {
        with_table(project);
        let ran = project.start("numbers", &["to=25"], 0);
        assert_eq!((&ran["module"], &ran["params"]["to"]), (&"arithmetic".into(), &25.into()));
        let steps = ran["steps"].as_array().unwrap();
        let named: Vec<_> = steps.iter().map(|step| step["step"].as_str().unwrap()).collect();
        assert_eq!(named, ["announce", "load", "settle"]);
        assert_eq!((&steps[0]["outputs"]["sum"], &steps[1]["write_count"], &steps[1]["commit_count"]), (&325.into(), &25.into(), &3.into()));
        assert_eq!(numbers(project), (1..=25).collect::<Vec<_>>());
        project.jobctl(&["start", "numbers", "-p", "to=25"]).expect_refusal("already finished");
        project.start("numbers", &["to=0"], 0);
    }

    fn wrong_parameters_of_a_job_in_rust_are_told_with_their_rule(project) {
        let refused = project.jobctl(&["start", "numbers", "-p", "to=many", "-p", "napp=1s"]).expect(7);
        for expected in ["parameter `to`: expected an integer", "unknown parameter `napp` (did you mean `nap`?)"] {
            assert!(refused.stderr.contains(expected), "{refused:#?}");
        }
        let refused = project.jobctl(&["start", "numbers", "-p", "to=1000001"]).expect(7);
        assert!(refused.stderr.contains("`1000001` is greater than the maximum 1000000"), "{refused:#?}");
        assert!(project.list().is_empty());
    }

    fn a_job_in_rust_that_failed_goes_on_after_its_last_chunk(project) {
        with_table(project);
        let failed = project.start("numbers", &["to=35", "bad=28"], 3);
        assert_eq!((&failed["error"]["name"], numbers(project).len()), (&"BadNumber".into(), 20));
        let id = failed["id"].to_string();
        let mended = project.jobctl(&["restart", "numbers", r#"{"to": 35, "bad": null}"#, "-o", "json"]).expect(0).json();
        assert_eq!(mended["previous_id"].to_string(), id);
        assert_eq!(numbers(project), (1..=35).collect::<Vec<_>>());
    }

    fn a_job_in_rust_that_is_killed_neither_loses_nor_doubles_a_number(project) {
        with_table(project);
        let run = project.begin("numbers", &["to=60", "nap=20ms"]);
        until(|| numbers(project).len() >= 20);
        let id = run.kill();
        assert!(numbers(project).len() < 60);
        project.jobctl(&["restart", &id, "-p", "nap=0s"]).expect(0);
        assert_eq!(numbers(project), (1..=60).collect::<Vec<_>>());
    }

    fn a_job_in_rust_is_described_and_listed_before_it_ever_ran(project) {
        let described = project.jobctl(&["describe", "numbers"]).expect(0).stdout;
        for expected in ["Puts numbers into the table `numbers`.", "The last number; the first one is 1.", "announce", "params.to > 0"] {
            assert!(described.contains(expected), "{expected}\n{described}");
        }
        project.jobctl(&["jobs"]).expect(0);
        let known = project.jobctl(&["jobs", "-o", "json"]).expect(0).json();
        let known = known.as_array().unwrap().iter().map(|job| (job["name"].as_str().unwrap(), &job["instances"]));
        assert_eq!(known.collect::<Vec<_>>(), [("evens", &0.into()), ("numbers", &0.into())]);
    }

    fn the_parts_of_a_step_in_rust_are_described(project) {
        let described = project.jobctl(&["describe", "evens"]).expect(0).stdout;
        for expected in ["table -> Evens::write -> csv", "chunks of 10; skips up to 5", "each chunk"] {
            assert!(described.contains(expected), "{expected}\n{described}");
        }
        let described = project.jobctl(&["describe", "evens", "-o", "json"]).expect(0).json();
        let chunk = &described["steps"][0]["chunk"];
        assert_eq!((&chunk["reader"], &chunk["writer"], &chunk["size"]), (&"table".into(), &"csv".into(), &10.into()));
        assert_eq!((&chunk["processor"], &chunk["skip"]["limit"]), (&serde_json::json!(["Evens::write"]), &5.into()));
        // A method that answers a `Chunk` makes its parts when the step begins.
        let described = project.jobctl(&["describe", "numbers", "-o", "json"]).expect(0).json();
        let chunk = &described["steps"][1]["chunk"];
        assert_eq!((&chunk["reader"], &chunk["size"]), (&serde_json::Value::Null, &10.into()));
        assert_eq!(chunk["retry"]["max_attempts"], 2);
    }

    fn a_job_in_rust_over_stock_parts_reads_a_table_and_writes_a_file(project) {
        with_table(project);
        project.start("numbers", &["to=25"], 0);
        let out = project.path("evens.csv");
        let ran = project.start("evens", &[&format!("out={}", out.display())], 0);
        let counts = ["read_count", "write_count", "filter_count"].map(|count| ran["steps"][0][count].as_i64());
        assert_eq!(counts, [25, 12, 13].map(Some));
        let text = std::fs::read_to_string(out).unwrap();
        assert_eq!(text, "number\n2\n4\n6\n8\n10\n12\n14\n16\n18\n20\n22\n24\n");
    }

    fn a_job_in_rust_runs_detached(project) {
        with_table(project);
        let id = project.jobctl(&["start", "numbers", "-p", "to=5", "--detach"]).expect(0).stdout.trim().to_owned();
        project.jobctl(&["wait", &id]).expect(0);
        assert_eq!(numbers(project).len(), 5);
    }
}
