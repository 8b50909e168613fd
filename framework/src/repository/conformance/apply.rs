//! Definitions that are stored before they are started.

use super::fixture::{JOB, PROJECT, launched, request, text};
use crate::repository::{ApplyOrder, Definition, JobSummary, LaunchRequest, NewDefinition, Repository, Revision};

fn order(project: &str, texts: &[(&str, &str)]) -> ApplyOrder {
    let new = |&(name, yaml): &(&str, &str)| {
        let Revision::Text { yaml, sha256 } = text(yaml) else { panic!("a text") };
        NewDefinition { name: name.to_owned(), yaml, sha256, base_dir: Some("/jobs".to_owned()) }
    };
    ApplyOrder { project: project.to_owned(), by: "ada".to_owned(), definitions: texts.iter().map(new).collect() }
}

fn apply(repository: &dyn Repository, texts: &[(&str, &str)]) -> Vec<Definition> {
    repository.apply(&order(PROJECT, texts)).unwrap()
}

pub(crate) fn an_applied_definition_is_a_revision_that_nobody_has_started(repository: &dyn Repository) {
    let before = repository.now().unwrap();
    let stored = apply(repository, &[(JOB, "one"), ("open_books", "two")]);
    let told: Vec<_> = stored.iter().map(|one| (one.name.as_str(), one.revision, one.yaml.as_str())).collect();
    assert_eq!(told, [(JOB, 1, "one"), ("open_books", 1, "two")]);
    assert_eq!(repository.definition(stored[0].id).unwrap().as_ref(), Some(&stored[0]));
    let applied = repository.applied(PROJECT, "open_books").unwrap().unwrap();
    assert_eq!((applied.definition, applied.base_dir.as_deref(), &*applied.by), (stored[1].id, Some("/jobs"), "ada"));
    assert!(before <= applied.at && applied.at <= repository.now().unwrap());
    assert!(repository.executions(&crate::repository::ExecutionFilter::default()).unwrap().is_empty());
}

pub(crate) fn the_same_text_is_applied_without_a_new_revision(repository: &dyn Repository) {
    let first = apply(repository, &[(JOB, "one")]);
    assert_eq!(apply(repository, &[(JOB, "one")]), first);
    assert_eq!(repository.jobs(PROJECT).unwrap()[0].revisions, 1);
}

pub(crate) fn an_older_text_that_is_applied_again_is_its_old_revision(repository: &dyn Repository) {
    let first = apply(repository, &[(JOB, "one")]).remove(0);
    let second = apply(repository, &[(JOB, "two")]).remove(0);
    assert_eq!(repository.applied(PROJECT, JOB).unwrap().unwrap().definition, second.id);
    assert_eq!(apply(repository, &[(JOB, "one")]).remove(0), first);
    assert_eq!(repository.applied(PROJECT, JOB).unwrap().unwrap().definition, first.id);
    assert_eq!(repository.newest_definition(PROJECT, JOB).unwrap().unwrap().id, second.id);
}

pub(crate) fn the_text_that_a_launch_has_stored_is_applied_as_its_revision(repository: &dyn Repository) {
    let launch = LaunchRequest { revision: text("one"), ..request("monday") };
    let pinned = repository.launch(&launch).unwrap().execution.definition_id;
    assert_eq!(Some(apply(repository, &[(JOB, "one")])[0].id), pinned);
    let launch = LaunchRequest { revision: text("two"), ..request("tuesday") };
    let applied = apply(repository, &[(JOB, "two")])[0].id;
    assert_eq!(repository.launch(&launch).unwrap().execution.definition_id, Some(applied));
}

pub(crate) fn a_job_that_was_never_applied_has_nothing_applied(repository: &dyn Repository) {
    launched(repository, "monday");
    assert_eq!(repository.applied(PROJECT, JOB).unwrap(), None);
    assert!(repository.apply(&order(PROJECT, &[])).unwrap().is_empty());
}

pub(crate) fn the_same_name_in_another_project_is_another_job(repository: &dyn Repository) {
    let here = apply(repository, &[(JOB, "one")]).remove(0);
    let there = repository.apply(&order("day", &[(JOB, "one")])).unwrap().remove(0);
    assert!(there.id != here.id && there.revision == 1);
    assert_eq!(repository.applied(PROJECT, JOB).unwrap().unwrap().definition, here.id);
    assert_eq!(repository.jobs("day").unwrap().len(), 1);
}

pub(crate) fn jobs_are_counted_by_name_with_their_revisions_and_instances(repository: &dyn Repository) {
    apply(repository, &[("open_books", "one"), ("adjust", "one")]);
    apply(repository, &[("open_books", "two")]);
    for day in ["monday", "tuesday"] {
        launched(repository, day);
    }
    let job = |name: &str, revisions, instances| JobSummary { name: name.to_owned(), revisions, instances };
    assert_eq!(repository.jobs(PROJECT).unwrap(), [job("adjust", 1, 0), job(JOB, 1, 2), job("open_books", 2, 0)]);
    assert!(repository.jobs("elsewhere").unwrap().is_empty());
}

pub(crate) fn of_eight_that_apply_at_once_all_are_answered_and_one_stands(repository: &dyn Repository) {
    let texts: Vec<_> = (0..8).map(|number| format!("text {}", number % 4)).collect();
    let ids: Vec<_> = std::thread::scope(|scope| {
        let applying: Vec<_> =
            texts.iter().map(|text| scope.spawn(|| apply(repository, &[(JOB, text)]).remove(0))).collect();
        applying.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let mut revisions: Vec<_> = ids.iter().map(|definition| definition.revision).collect();
    revisions.sort_unstable();
    assert_eq!(revisions, [1, 1, 2, 2, 3, 3, 4, 4]);
    let stands = repository.applied(PROJECT, JOB).unwrap().unwrap().definition;
    assert!(ids.iter().any(|definition| definition.id == stands));
}
