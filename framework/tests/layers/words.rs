//! The words that a room may not say, each with the reason and what to do instead.
//!
//! A word that is banned everywhere and has a path belongs into `clippy.toml`, which knows types; here are those that one room
//! may say and another may not, and those that stand in texts.

use super::source::Source;

struct Rule {
    words: &'static [&'static str],
    kind: Kind,
    /// The crates it holds in.
    crates: &'static [&'static str],
    /// The rooms of those crates it does not hold in: `clock` is `clock.rs` and everything below `clock/`.
    except: &'static [&'static str],
    why: &'static str,
    instead: &'static str,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// In code, as a word of its own.
    Code,
    /// In a text.
    Text,
}

const RULES: &[Rule] = &[
    Rule {
        words: &["SELECT ", "INSERT INTO ", "UPDATE ", "DELETE FROM ", "CREATE TABLE ", "ALTER TABLE "],
        kind: Kind::Text,
        crates: &["framework"],
        except: &[],
        why: "the framework knows no SQL: it is tested in milliseconds without a database, and runs on any store",
        instead: "give the repository a method that says what is wanted, and write the statement in db",
    },
    Rule {
        words: &["Utc::now", "Local::now", "SystemTime::now", "Instant::now"],
        kind: Kind::Code,
        crates: &["framework", "db", "jobs"],
        // The grace of a command is measured on the machine where it runs, while it runs.
        except: &["clock", "testing", "steps/shell"],
        why: "two machines never agree on the time, and a test has to be able to set it",
        instead: "ask the clock that was handed in",
    },
    Rule {
        words: &["println!", "eprintln!", "print!", "eprint!", "dbg!"],
        kind: Kind::Code,
        crates: &["framework", "db"],
        except: &[],
        why: "a library that prints spoils the output of the program it lives in",
        instead: "return it, or tell it to tracing with its fields",
    },
    Rule {
        words: &["println!", "eprintln!", "print!", "eprint!", "dbg!"],
        kind: Kind::Code,
        crates: &["jobs"],
        except: &["output", "cli/output"],
        why: "one room decides between table, JSON and silence, and survives a closed pipe",
        instead: "hand the value to the output room",
    },
    Rule {
        words: &["std::thread", "thread::spawn", "thread::scope", "thread::Builder"],
        kind: Kind::Code,
        crates: &["framework"],
        except: &["chunk", "engine", "repository/conformance", "repository/memory", "runner", "step", "worker"],
        why: "a thread that nobody owns outlives its stop, its lease and its test",
        instead: "return a value, and let the rooms that own threads call it",
    },
    Rule {
        words: &["std::thread", "thread::spawn", "thread::scope", "thread::Builder"],
        kind: Kind::Code,
        crates: &["db"],
        except: &["listen", "notify", "pool", "testing"],
        why: "a thread that nobody owns outlives its stop, its lease and its test",
        instead: "let the caller bring the thread",
    },
    Rule {
        words: &["Decimal::from_str(", "parse::<Decimal>"],
        kind: Kind::Code,
        crates: &["framework", "db", "jobs"],
        except: &[],
        why: "it rounds what does not fit, without a word",
        instead: "Decimal::from_str_exact, after a check of the characters",
    },
    Rule {
        words: &["env::var", "env::vars"],
        kind: Kind::Code,
        crates: &["framework", "db"],
        except: &["testing"],
        why: "the environment is global: what depends on it cannot be tested twice at once",
        instead: "read it at the door, in jobs, and hand the value in",
    },
];

/// Every forbidden word that is said in one of the crates.
pub(crate) fn findings(crate_folder: &str, sources: &[Source]) -> Vec<String> {
    let rules = RULES.iter().filter(|rule| rule.crates.contains(&crate_folder));
    rules.flat_map(|rule| sources.iter().flat_map(|source| rule.findings(source))).collect()
}

impl Rule {
    fn findings(&self, source: &Source) -> Vec<String> {
        if self.except.iter().any(|room| is_in(&source.room, room)) {
            return Vec::new();
        }
        let said =
            self.words.iter().flat_map(|word| self.lines(source, word).into_iter().map(move |line| (line, word)));
        let finding = |(line, word): (usize, &&str)| {
            let (place, why, instead) = (&source.place, self.why, self.instead);
            format!("{place}:{line}: says `{}`\n  why not: {why}\n  instead: {instead}", word.trim())
        };
        said.map(finding).collect()
    }

    fn lines(&self, source: &Source, word: &str) -> Vec<usize> {
        match self.kind {
            Kind::Code => source.find(word).map(|at| source.line(at)).collect(),
            Kind::Text => source.texts.iter().filter(|(_, text)| text.contains(word)).map(|(line, _)| *line).collect(),
        }
    }
}

fn is_in(room: &str, whole: &str) -> bool {
    room.strip_prefix(whole).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings_of(crate_folder: &str, room: &str, text: &str) -> Vec<String> {
        findings(crate_folder, &[Source::new(crate_folder, room, text)])
    }

    #[test]
    fn sql_in_the_framework_is_found_with_file_line_and_reason() {
        let findings = findings_of("framework", "launch.rs", "fn f() {\n    run(\"SELECT 1\");\n}");
        assert_eq!(findings.len(), 1);
        assert!(
            findings[0].starts_with("framework/src/launch.rs:2: says `SELECT`\n  why not: the framework knows no SQL")
        );
        assert!(findings_of("db", "launch.rs", "run(\"SELECT 1\")").is_empty());
    }

    #[test]
    fn a_word_is_found_in_code_only_where_it_is_a_word_of_code() {
        assert!(findings_of("framework", "row.rs", "// Utc::now()\nf(\"Utc::now()\");").is_empty());
        assert_eq!(findings_of("framework", "row.rs", "chrono::Utc::now();").len(), 1);
        assert!(findings_of("framework", "row.rs", "// SELECT 1").is_empty());
    }

    #[test]
    fn the_room_that_is_made_for_it_may_say_it() {
        assert!(findings_of("framework", "clock.rs", "Utc::now();").is_empty());
        assert!(findings_of("framework", "clock/system.rs", "Utc::now();").is_empty());
        assert_eq!(findings_of("framework", "clockwork.rs", "Utc::now();").len(), 1);
        assert!(findings_of("jobs", "cli/output.rs", "println!();").is_empty());
        assert_eq!(findings_of("jobs", "cli/list.rs", "println!();").len(), 1);
    }

    #[test]
    fn tests_may_say_everything() {
        assert!(
            findings_of("framework", "row.rs", "#[cfg(test)]\nmod tests {\n fn f() { println!(\"UPDATE x\"); }\n}")
                .is_empty()
        );
    }
}
