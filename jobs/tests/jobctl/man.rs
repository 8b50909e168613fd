//! The manual as pages for `man`.

use std::fs;
use std::process::Command;

use overnight_db::Backend;

use super::project::Project;

#[test]
fn every_page_renders_with_its_name_its_synopsis_and_examples() {
    let project = Project::new(Backend::Sqlite);
    project.jobctl(&["man", "--dir", "man1"]).expect(0);
    let pages: Vec<_> = fs::read_dir(project.path("man1")).unwrap().map(|page| page.unwrap().path()).collect();
    assert!(pages.len() > 15, "{pages:?}");
    for page in pages {
        let name = page.file_stem().unwrap().to_str().unwrap();
        let roff = fs::read_to_string(&page).unwrap();
        for section in [".SH NAME", ".SH SYNOPSIS", ".SH \"EXAMPLES\""] {
            assert!(roff.contains(section), "{name} has no {section}: {roff}");
        }
        let read = Command::new("groff").args(["-man", "-ww", "-Tutf8", "-Kutf8"]).arg(&page).output();
        let read = read.unwrap_or_else(|error| panic!("groff: {error}; `.ci/setup tests` installs it"));
        let (text, said) = (String::from_utf8_lossy(&read.stdout), String::from_utf8_lossy(&read.stderr));
        assert!(read.status.success() && said.is_empty(), "{name}: {said}");
        assert!(text.contains(name) && text.contains("jobctl "), "{name}: {text}");
    }
    let page = project.jobctl(&["man", "start"]).expect(0).stdout;
    assert_eq!(page, fs::read_to_string(project.path("man1/jobctl-start.1")).unwrap());
    project.jobctl(&["man", "strat"]).expect(2);
}
