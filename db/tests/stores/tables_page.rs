//! `docs/reference/tables.md` is printed from the migrations, so that page and schema cannot differ.

use std::fmt::Write as _;
use std::path::Path;

use overnight_db::Backend;
use overnight_db::migrate;

#[test]
fn the_page_of_the_tables_is_what_the_migrations_say() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/reference/tables.md");
    let page = page(&migrate::sql(Backend::Postgres));
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(written == page, "docs/reference/tables.md is stale: run the tests with UPDATE_DOCS=1");
}

fn page(sql: &str) -> String {
    let mut page = String::from(
        "# Tables\n\nThe records on PostgreSQL, in the schema `overnight`. A SQLite file has the same tables with the prefix `overnight_`,\n\
         with times as integers of microseconds since 1970 in UTC. The rules are the names of the constraints. This page is printed by a\n\
         test from `db/migrations`; `jobctl migrate sql` prints the statements themselves.\n",
    );
    let mut comment = Vec::new();
    let mut rules = Vec::new();
    let mut inside = false;
    for line in sql.lines() {
        let words = line.trim().trim_end_matches(',');
        if let Some(table) = line.strip_prefix("CREATE TABLE overnight.") {
            let name = table.trim_end_matches(" (");
            writeln!(page, "\n## {name}\n\n{}\n\n| column | type |\n| --- | --- |", comment.join(" ")).unwrap();
            inside = true;
        } else if inside && line.starts_with(')') {
            let said = rules.drain(..).map(|rule: String| format!("`{rule}`")).collect::<Vec<_>>().join(", ");
            if !said.is_empty() {
                writeln!(page, "\nRules: {said}.").unwrap();
            }
            inside = false;
        } else if inside {
            match words.strip_prefix("CONSTRAINT ") {
                Some(rule) => rules.extend(rule.split_whitespace().next().map(str::to_owned)),
                None => column(&mut page, words),
            }
        }
        match line.strip_prefix("-- ") {
            Some(text) => comment.push(text),
            None => comment.clear(),
        }
    }
    page
}

/// Further lines of a constraint begin with a capital or a bracket; columns are in small letters.
fn column(page: &mut String, words: &str) {
    if let Some((name, kind)) =
        words.split_once(' ').filter(|(name, _)| !name.contains(|c: char| c.is_ascii_uppercase() || c == '('))
    {
        writeln!(page, "| {name} | {} |", kind.trim().replace('|', "\\|")).unwrap();
    }
}
