//! Records that turn out to be bad while a job runs: the job fails and names the place, or skips them and keeps the place.

use serde_json::{Value, json};

use super::project::{Answer, Project, on_both_stores};
use super::support::count;

const JOB: &str = "
name: NAME
steps:
  - name: load
    chunk:
      reader: { csv: { path: NAME.csv, columns: { n: integer, amount: decimal } } }
      processor:
        - validate: { check: amount > 0, message: \"${{ n }}: ${{ amount }} is no amount\" }
      writer: { table: { name: rows_of_NAME, create: if_missing, key: [n] } }
";

/// A bad record, with the phase that finds it, what is said of it, and the column if there is one.
struct Bad {
    job: &'static str,
    record: &'static str,
    phase: &'static str,
    said: [&'static str; 2],
    column: Option<u32>,
}

const BAD: [Bad; 4] = [
    Bad {
        job: "wrong_number",
        record: "7,1.5.0",
        phase: "read",
        said: ["column `amount` (field 2): expected a decimal such as 0.0375, found \"1.5.0\""; 2],
        column: Some(3),
    },
    Bad { job: "short", record: "7", phase: "read", said: ["expected 2 fields, found 1"; 2], column: None },
    Bad { job: "rule", record: "7,-5.00", phase: "process", said: ["7: -5.00 is no amount"; 2], column: None },
    Bad {
        job: "constraint",
        record: "1,3.00",
        phase: "write",
        said: ["UNIQUE constraint failed: rows_of_constraint.n", "Key (n)=(1) already exists."],
        column: None,
    },
];

impl Bad {
    fn is_said_in(&self, text: &str) -> bool {
        self.said.iter().any(|said| text.contains(said))
    }

    /// A job file, and a CSV file with good records around so many bad ones, the first of them on line 4.
    fn files(&self, project: &Project, times: usize, skip: &str) {
        project.file("bad.yaml", &format!("{}{skip}", JOB.replace("NAME", self.job)));
        let bad = format!("{}\n", self.record).repeat(times);
        project.file(&format!("{}.csv", self.job), &format!("n,amount\n1,1.00\n2,2.00\n{bad}3,3.00\n"));
    }

    fn position(&self, project: &Project, line: usize) -> Value {
        let file = project.path(&format!("{}.csv", self.job)).canonicalize().unwrap();
        match self.column {
            Some(column) => json!({ "file": file, "line": line, "column": column }),
            None => json!({ "file": file, "line": line }),
        }
    }

    /// The place as people read it.
    fn place(&self, line: usize) -> String {
        let column = self.column.map(|column| format!(":{column}")).unwrap_or_default();
        format!("{}.csv:{line}{column}", self.job)
    }

    fn failed_at(&self, project: &Project, line: usize, answer: &Answer) {
        let error = &project.show(self.job)["error"];
        assert_eq!(error["position"], self.position(project, line), "{error:#}");
        let shown = project.jobctl(&["show", self.job]).expect(0);
        for text in [&answer.stderr, &shown.stderr] {
            assert!(
                self.is_said_in(text) && text.contains(&format!("{}: InvalidRow: ", self.place(line))),
                "{}: {text}",
                self.job
            );
            assert!(text.contains(&format!("job {}, step load: ", project.show(self.job)["id"])), "{text}");
        }
    }
}

fn rejects(project: &Project, job: &str) -> Vec<Value> {
    let rejects = project.jobctl(&["show", job, "--rejects", "-o", "json"]).expect(0).json();
    rejects.as_array().unwrap().clone()
}

on_both_stores! {
    fn a_bad_record_fails_the_job_with_its_place_and_nothing_of_its_chunk_is_written(project) {
        for bad in &BAD {
            bad.files(project, 1, "");
            let failed = project.jobctl(&["start", "bad.yaml"]).expect(3);
            bad.failed_at(project, 4, &failed);
            let execution = project.show(bad.job);
            assert_eq!((&execution["status"], &execution["exit_code"]), (&json!("failed"), &json!("InvalidRow")));
            assert_eq!(rejects(project, bad.job), [] as [Value; 0]);
            assert_eq!(project.number(&format!("select count(*) from rows_of_{}", bad.job)), 0);
        }
    }

    fn a_bad_record_that_may_be_skipped_is_kept_with_its_place(project) {
        for bad in &BAD {
            bad.files(project, 1, "      skip: { limit: 1, errors: [InvalidRow] }\n");
            project.jobctl(&["start", "bad.yaml"]).expect(0);
            let kept = rejects(project, bad.job);
            assert_eq!(kept.len(), 1, "{}: {kept:#?}", bad.job);
            assert_eq!(kept[0]["position"], bad.position(project, 4));
            assert_eq!(kept[0]["phase"].as_str().unwrap().to_lowercase(), bad.phase);
            let table = project.jobctl(&["show", bad.job, "--rejects"]).expect(0).stdout;
            assert!(table.contains(&format!("{} ", bad.place(4))), "{table}");
            let execution = project.show(bad.job);
            let skipped = count(&execution, &format!("{}_skip_count", bad.phase));
            assert_eq!((count(&execution, "read_count"), count(&execution, "write_count"), skipped), (4, 3, 1));
            assert_eq!(project.number(&format!("select count(*) from rows_of_{}", bad.job)), 3);
        }
    }

    fn the_bad_records_of_an_instance_are_told_with_the_job_that_skipped_them(project) {
        BAD[2].files(project, 1, "      skip: { limit: 2 }\n  - { name: last, tasklet: { shell: { command: test -e mended } } }\n");
        project.jobctl(&["start", "bad.yaml"]).expect(3);
        project.file("mended", "");
        project.jobctl(&["restart", "rule"]).expect(0);
        let kept = rejects(project, "2");
        assert_eq!((kept.len(), &kept[0]["job_id"]), (1, &json!(1)), "{kept:#?}");
        assert!(kept[0]["step_execution_id"].is_i64(), "{kept:#?}");
    }

    fn one_bad_record_more_than_the_limit_fails_the_job_with_the_place_of_that_one(project) {
        for bad in &BAD {
            bad.files(project, 2, "      skip: { limit: 1 }\n");
            let failed = project.jobctl(&["start", "bad.yaml"]).expect(3);
            assert!(failed.stderr.contains("one bad record more than the skip limit of 1 allows"), "{failed:#?}");
            bad.failed_at(project, 5, &failed);
            assert_eq!(project.number(&format!("select count(*) from rows_of_{}", bad.job)), 0);
        }
    }

    fn a_failed_job_goes_on_when_its_file_is_mended(project) {
        BAD[2].files(project, 1, "");
        project.jobctl(&["start", "bad.yaml"]).expect(3);
        BAD[2].files(project, 0, "");
        project.jobctl(&["restart", "rule"]).expect(0);
        assert_eq!(project.number("select count(*) from rows_of_rule"), 3);
    }
}
