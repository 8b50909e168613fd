//! The documentation as a whole: every page is in the book, every link leads somewhere, every job file on a page can be read.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

/// Pages that are no part of the book: their links lead into the sources.
const OUTSIDE: [&str; 2] = ["SUMMARY.md", "reference/behaviours.md"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

/// The pages below `folder`.
fn pages(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(pages(&path));
        } else if path.extension().is_some_and(|extension| extension == "md") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// What a page refers to and can be referred to by.
#[derive(Default)]
struct Page {
    links: Vec<String>,
    anchors: BTreeSet<String>,
    /// The blocks of code: what stands behind the fence, and the text.
    blocks: Vec<(String, String)>,
}

impl Page {
    fn read(path: &Path) -> Self {
        let (mut page, mut heading, mut is_code) = (Self::default(), None::<String>, false);
        let text = fs::read_to_string(path).unwrap();
        for event in Parser::new_ext(&text, Options::ENABLE_TABLES) {
            match event {
                Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                    page.links.push(dest_url.into_string());
                }
                Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
                Event::End(TagEnd::Heading(_)) => page.anchors.extend(heading.take().map(|words| anchor(&words))),
                Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(fence))) => {
                    page.blocks.push((fence.into_string(), String::new()));
                    is_code = true;
                }
                Event::End(TagEnd::CodeBlock) => is_code = false,
                Event::Text(text) if is_code => page.blocks.last_mut().unwrap().1.push_str(&text),
                Event::Text(words) | Event::Code(words) => heading.iter_mut().for_each(|text| text.push_str(&words)),
                _ => {}
            }
        }
        page
    }
}

/// The anchor that GitHub and mdBook give a heading.
fn anchor(heading: &str) -> String {
    let letters = heading.trim().chars().filter(|letter| letter.is_alphanumeric() || " -_".contains(*letter));
    letters.collect::<String>().to_lowercase().replace(' ', "-")
}

/// Follows a link of `page`; the reason why it leads nowhere.
fn follow(page: &Path, link: &str) -> Result<(), String> {
    if link.contains("://") || link.starts_with("mailto:") {
        return Ok(());
    }
    let (file, fragment) = link.split_once('#').map_or((link, None), |(file, fragment)| (file, Some(fragment)));
    let target = if file.is_empty() { page.to_owned() } else { page.parent().unwrap().join(file) };
    if !target.exists() {
        return Err(format!("{}: {link} is not there", page.display()));
    }
    match fragment {
        Some(fragment) if !Page::read(&target).anchors.contains(fragment) => {
            Err(format!("{}: there is no heading {link}", page.display()))
        }
        _ => Ok(()),
    }
}

#[test]
fn every_link_of_every_page_leads_somewhere() {
    let root = root();
    let mut all = pages(&root.join("docs"));
    all.extend(["README.md", "CHANGELOG.md", "CONTRIBUTING.md"].map(|name| root.join(name)));
    all.extend(pages(&root.join("examples")));
    let read =
        |page: &PathBuf| Page::read(page).links.iter().filter_map(|link| follow(page, link).err()).collect::<Vec<_>>();
    let broken: Vec<_> = all.iter().flat_map(read).collect();
    assert_eq!(broken, Vec::<String>::new());
}

#[test]
fn the_book_has_every_page_and_no_page_twice() {
    let docs = root().join("docs");
    let mut listed: Vec<_> = Page::read(&docs.join("SUMMARY.md")).links.iter().map(|link| docs.join(link)).collect();
    listed.sort();
    let written: Vec<_> = pages(&docs).into_iter().filter(|page| !is_outside(page)).collect();
    assert_eq!(listed, written);
}

#[test]
fn a_page_of_the_book_links_to_nothing_that_the_book_lacks() {
    let docs = root().join("docs");
    for page in pages(&docs).iter().filter(|page| !is_outside(page)) {
        for link in Page::read(page).links.iter().filter(|link| !link.contains("://") && !link.starts_with('#')) {
            let target = page.parent().unwrap().join(link.split('#').next().unwrap()).canonicalize().unwrap();
            assert!(target.starts_with(&docs) && !is_outside(&target), "{}: {link}", page.display());
        }
    }
}

/// Code on a page is that of an example, which is compiled and run, between `ANCHOR: name` and `ANCHOR_END: name`; or a piece of the
/// page of the crate, whose code is compiled too.
#[test]
fn every_included_piece_of_code_is_there() {
    let mut count = 0;
    for page in pages(&root().join("docs")) {
        let text = fs::read_to_string(&page).unwrap();
        for include in text.split("{{#include ").skip(1) {
            let (include, _) = include.split_once("}}").unwrap();
            let (file, name) = include.split_once(':').unwrap();
            let source = fs::read_to_string(page.parent().unwrap().join(file)).unwrap_or_default();
            let mark_of = |mark| {
                if file.ends_with(".md") { format!("<!-- {mark}{name} -->") } else { format!("// {mark}{name}") }
            };
            for mark in ["ANCHOR: ", "ANCHOR_END: "].map(mark_of) {
                let is_there = source.lines().any(|line| line.trim() == mark);
                assert!(is_there, "{}: {file} has no line `{mark}`", page.display());
            }
            count += 1;
        }
    }
    assert!(count > 0);
}

/// What is wrong with a job file stands on its page, with the place: `--> NAME:`, or `"NAME"` in JSON.
#[test]
fn every_job_file_on_a_page_is_valid_unless_the_page_says_what_is_wrong_with_it() {
    let root = root();
    let mut all = vec![root.join("README.md")];
    all.extend(["tutorial", "guide", "reference/cli"].iter().flat_map(|folder| pages(&root.join("docs").join(folder))));
    for page in all {
        let text = fs::read_to_string(&page).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let mut jobs = Vec::new();
        for (number, (fence, text)) in Page::read(&page).blocks.into_iter().enumerate() {
            let (kind, name) = fence.split_once(' ').unwrap_or((&fence, ""));
            let name = if name.is_empty() { format!("block-{number}.yaml") } else { name.to_owned() };
            let path = folder.path().join(&name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
            if kind == "yaml" {
                jobs.push(name);
            }
        }
        for job in jobs {
            let mut validate = Command::new(env!("CARGO_BIN_EXE_jobctl"));
            let answer =
                validate.args(["validate", &job]).current_dir(&folder).env_remove("DATABASE_URL").output().unwrap();
            let words = String::from_utf8_lossy(&answer.stderr).into_owned();
            let is_told = [format!("--> {job}:"), format!("\"{job}\"")].iter().any(|place| text.contains(place));
            assert!(answer.status.success() || is_told, "{}: {job}: {words}", page.display());
        }
    }
}

fn is_outside(page: &Path) -> bool {
    OUTSIDE.iter().any(|outside| page.ends_with(outside))
}
