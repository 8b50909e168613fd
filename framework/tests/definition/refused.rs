//! Every way to write a job file wrong, with what is said about it: `refused.txt`, where each file stands behind its title
//! and before the lines of its problems.

use overnight_framework::yaml::Code;

use super::schema::{overlooked, refused_at};
use super::support::read;

const CASES: &str = include_str!("refused.txt");

struct Case<'a> {
    title: &'a str,
    text: &'a str,
    problems: Vec<&'a str>,
}

fn cases() -> Vec<Case<'static>> {
    CASES.split("# ").skip(1).map(case).collect()
}

fn case(block: &str) -> Case<'_> {
    let (title, rest) = block.split_once('\n').unwrap();
    let problems: Vec<&str> = rest.lines().filter(|line| line.starts_with("j.yaml:")).collect();
    let end = rest.find("j.yaml:").unwrap_or(rest.len());
    Case { title, text: &rest[..end], problems }
}

#[test]
fn every_wrong_file_is_refused_with_every_place_and_the_way_out() {
    let mut surprises = Vec::new();
    for case in cases() {
        let found: Vec<String> = match read(case.text) {
            Ok(_) => vec!["it is taken".to_owned()],
            Err(problems) => problems.lines().collect(),
        };
        if found != case.problems {
            surprises.push(format!("# {}\n{}{}", case.title, case.text, found.join("\n")));
        }
    }
    assert!(surprises.is_empty(), "said otherwise about:\n\n{}\n", surprises.join("\n\n"));
}

#[test]
fn every_mistake_of_structure_is_seen_by_the_schema_too() {
    for case in cases() {
        let Err(problems) = read(case.text) else { panic!("{} is taken", case.title) };
        let Some(refused) = refused_at(case.text) else { continue };
        assert_eq!(overlooked(&problems, &refused), Vec::<String>::new(), "{}", case.title);
    }
}

#[test]
fn every_mistake_has_a_code_of_its_kind() {
    for case in cases() {
        let Err(problems) = read(case.text) else { panic!("{} is taken", case.title) };
        for problem in &problems {
            assert_ne!(problem.code, Code::Setting, "{}: {}", case.title, problem.line(problems.source()));
        }
    }
}
