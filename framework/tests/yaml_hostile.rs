//! Files that are made to kill their reader are refused, in little memory.

use std::fmt::Write;
use std::time::Instant;

use overnight_framework::yaml::{MAX_BYTES, Problems, ReadError, Source, parse};

/// More than this, the test binary itself included, no file may cost.
const MOST_KIB: u64 = 100 * 1024;

#[expect(clippy::print_stdout, reason = "times are told, never asserted")]
fn refused(name: &str, text: &str) -> Problems {
    let started = Instant::now();
    let problems = parse(&Source::new(name, text)).expect_err(name);
    let peak = peak_kib();
    let first = problems.lines().next().unwrap_or_default();
    println!("{} bytes refused in {:?}, peak {peak} KiB: {first}", text.len(), started.elapsed());
    assert!(peak < MOST_KIB, "{name} cost {peak} KiB");
    problems
}

/// The highest resident memory of this process so far.
fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("0 kB");
    line.trim().trim_end_matches("kB").trim().parse().expect("a number of KiB")
}

fn message(problems: &Problems) -> String {
    assert_eq!(problems.len(), 1, "{problems}");
    problems.iter().map(|problem| problem.message.clone()).collect()
}

#[test]
fn nine_lists_of_nine_aliases_each_are_refused() {
    let mut text = String::from("a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n");
    for level in 1..9 {
        let aliases = vec![format!("*a{}", level - 1); 9].join(", ");
        writeln!(text, "a{level}: &a{level} [{aliases}]").unwrap();
    }
    assert!(message(&refused("laughs", &text)).contains("more than 250000 values"));
}

#[test]
fn a_long_list_repeated_many_times_is_refused() {
    let list = vec!["x"; 70_000].join(",");
    let aliases = vec!["*a"; 35_000].join(",");
    let text = format!("a: &a [{list}]\nb: [{aliases}]\n");
    assert!(message(&refused("quadratic", &text)).contains("more than 250000 values"));
}

#[test]
fn a_long_text_repeated_many_times_is_refused() {
    let text = format!("a: &a {}\nb: [{}]\n", "x".repeat(500_000), vec!["*a"; 100_000].join(","));
    assert!(message(&refused("long text", &text)).contains("bytes of text"));
}

#[test]
fn a_long_list_with_an_anchor_on_each_level_costs_nothing_more() {
    let open: String = (0..60).map(|level| format!("&a{level} [")).collect();
    let text = format!("{open}{}{}", vec!["x"; 300_000].join(","), "]".repeat(60));
    assert!(message(&refused("anchors", &text)).contains("more than 250000 values"));
}

#[test]
fn deep_nesting_is_refused_however_it_is_written() {
    for (name, unit) in [("lists", "["), ("mappings", "{a: "), ("dashes", "- "), ("keys", "? "), ("mixed", "[{a: ")] {
        let problems = refused(name, &unit.repeat(100_000));
        assert!(message(&problems).contains("nested more than 64 levels"), "{problems}");
    }
}

#[test]
fn aliases_cannot_nest_deeper_than_a_file_may() {
    let mut text = String::from("- &a0 [x]\n");
    for level in 1..200 {
        writeln!(text, "- &a{level} [*a{}]", level - 1).unwrap();
    }
    assert!(message(&refused("chain", &text)).contains("nested more than 64 levels"));
}

#[test]
fn merges_are_counted_like_other_aliases() {
    let keys: String = (0..1000).map(|key| format!("k{key}: 1, ")).collect();
    let merges: String = (0..1000).map(|_| "- {<<: *a}\n").collect();
    let text = format!("- &a {{{keys}}}\n{merges}");
    assert!(message(&refused("merges", &text)).contains("more than 250000 values"));
}

#[test]
fn many_values_and_many_wrong_keys_are_refused() {
    assert!(message(&refused("commas", &format!("[{}]", "a,".repeat(500_000)))).contains("more than 250000 values"));
    let twice = refused("twice", &"a: 1\n".repeat(100_000));
    assert_eq!(twice.len(), 99_999);
    refused("quotes", &"\"".repeat(MAX_BYTES));
    refused("anchors without values", &"&a ".repeat(MAX_BYTES / 3));
    refused("tags", &"- !a b\n".repeat(100_000));
    refused("aliases", &"- *a\n".repeat(100_000));
    refused("dots", &"--- a\n".repeat(100_000));
}

#[test]
fn a_file_over_the_limit_is_refused_before_it_is_parsed() {
    let text = "# x\n".repeat(MAX_BYTES / 4 + 1);
    assert!(message(&refused("large", &text)).contains("larger than 1048576 bytes"));
    let error = Source::from_bytes("large.yaml", text.as_bytes()).unwrap_err();
    assert_eq!(error.to_string(), "read `large.yaml`: it is larger than 1048576 bytes, the limit for one file");
}

#[test]
fn a_file_that_cannot_be_read_says_why() {
    let folder = std::env::temp_dir().join(format!("overnight-yaml-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.join(name);
        std::fs::write(&path, bytes).unwrap();
        Source::read(&path)
    };
    let said =
        |read: Result<Source, ReadError>| read.unwrap_err().to_string().replace(&format!("{}/", folder.display()), "");

    assert_eq!(said(Source::read(folder.join("none.yaml"))), "read `none.yaml`: there is no such file");
    assert!(matches!(Source::read(&folder), Err(ReadError::Directory { .. })));
    assert!(matches!(file("large.yaml", &vec![b'#'; MAX_BYTES + 1]), Err(ReadError::TooLarge { .. })));
    assert_eq!(
        said(file("latin1.yaml", b"a: 1\nb: caf\xe9\n")),
        "read `latin1.yaml`: it is not UTF-8 text (byte 11, on line 2); save it as UTF-8"
    );
    let near = said(Source::read(folder.join("latin.yaml")));
    assert_eq!(near, "read `latin.yaml`: there is no such file; did you mean `latin1.yaml`?");
    for wide in [&b"\xff\xfea\0:\0"[..], b"\xfe\xff\0a\0:"] {
        assert_eq!(said(file("wide.yaml", wide)), "read `wide.yaml`: it is UTF-16 or UTF-32 text; save it as UTF-8");
    }
    assert_eq!(file("bom.yaml", b"\xef\xbb\xbfa: 1\n").unwrap().text(), "a: 1\n");
    std::fs::remove_dir_all(&folder).unwrap();
}
