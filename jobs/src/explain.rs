//! What the codes of problems and the names of errors mean, a page for each.

use overnight_framework::suggest::nearest;

/// The pages of the codes that problems in job files have. Tests hold that each code has one, that its wrong example is wrong
/// for this reason, and that its right one is right.
pub(crate) const CODES: &str = include_str!("explain/codes.md");

/// The pages of the names that errors of a run have.
pub(crate) const NAMES: &str = include_str!("explain/names.md");

/// What one code or name means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Page {
    /// The code or the name: `E201`, `InvalidRow`.
    pub(crate) name: &'static str,
    /// What it means, in a few words.
    pub(crate) title: &'static str,
    /// The whole page, in Markdown, with name and title in its first line.
    pub(crate) text: &'static str,
}

/// All pages: the codes by number, then the names by letter.
pub(crate) fn pages() -> impl Iterator<Item = Page> {
    [CODES, NAMES].into_iter().flat_map(|file| file.trim_start_matches("## ").split("\n## ")).filter_map(page)
}

fn page(text: &'static str) -> Option<Page> {
    let (name, title) = text.lines().next()?.split_once(": ")?;
    Some(Page { name, title, text: text.trim_end() })
}

/// The page of a code or a name, written in any letters.
///
/// # Errors
/// What to type instead, when there is none.
pub(crate) fn find(name: &str) -> Result<Page, String> {
    pages().find(|page| page.name.eq_ignore_ascii_case(name)).ok_or_else(|| {
        let near = nearest(name, pages().map(|page| page.name));
        near.map_or_else(
            || "nothing is called so; `jobctl explain` alone lists everything".to_owned(),
            |near| format!("did you mean `{near}`?"),
        )
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;
    use std::sync::Arc;

    use overnight_framework::definition::{self, Environment, FixedEnvironment};
    use overnight_framework::kind::Kinds;
    use overnight_framework::yaml::{Code, Problems, Source};

    use super::*;
    use crate::steps::{self, Connections};

    fn kinds() -> Kinds {
        steps::kinds(&Arc::new(Connections::new(None, std::collections::BTreeMap::new())))
    }

    fn read(text: &str) -> Result<(), Problems> {
        // A character that no file holds cannot stand in the page either.
        let source = Source::new("job.yaml", text.replace('␇', "\u{7}"));
        let environment: Arc<dyn Environment> = Arc::new(FixedEnvironment::default());
        definition::read(&source, &kinds(), &environment, Path::new("/")).map(|_| ())
    }

    fn example(page: &Page, which: &str) -> String {
        let (_, rest) =
            page.text.split_once(&format!("\n{which}:\n\n```yaml\n")).unwrap_or_else(|| panic!("{}", page.name));
        rest.split_once("```").unwrap().0.to_owned()
    }

    #[test]
    fn each_code_has_a_page_under_its_title() {
        let pages: Vec<_> = pages().map(|page| (page.name, page.title)).collect();
        let codes: Vec<_> = Code::ALL.iter().map(|code| (code.as_str(), code.title())).collect();
        assert_eq!(pages[..codes.len()], codes);
    }

    #[test]
    fn each_name_of_an_error_has_a_page() {
        let pages: Vec<_> = pages().map(|page| page.name).skip(Code::ALL.len()).collect();
        assert_eq!(pages, kinds().error_names().into_iter().collect::<Vec<_>>());
    }

    #[test]
    fn each_wrong_example_has_its_code_and_each_right_one_is_right() {
        for code in Code::ALL {
            let page = find(code.as_str()).unwrap();
            let problems = read(&example(&page, "wrong")).expect_err(page.name);
            let codes: BTreeSet<_> = problems.iter().map(|problem| problem.code).collect();
            assert!(codes.contains(code), "{code}: {}", problems.render(overnight_framework::yaml::Paint::Plain));
            assert!(read(&example(&page, "right")).is_ok(), "{code}: {}", read(&example(&page, "right")).unwrap_err());
        }
    }

    #[test]
    fn a_page_is_found_in_any_letters_and_its_neighbour_is_suggested() {
        assert_eq!(find("e201").unwrap().name, "E201");
        assert_eq!(find("invalidrow").unwrap().title, "a record that cannot be taken");
        assert_eq!(find("InvalidRwo"), Err("did you mean `InvalidRow`?".to_owned()));
        assert!(find("nonsense").unwrap_err().contains("lists everything"));
    }
}
