//! What the tree of a document keeps: texts, places, keys, aliases.

use overnight_framework::yaml::{Kind, Node, Position, Source, Style, parse};

fn tree(text: &str) -> (Source, Node) {
    let source = Source::new("a.yaml", text);
    let root = parse(&source).expect("a right document");
    (source, root)
}

fn root(text: &str) -> Node {
    tree(text).1
}

#[test]
fn numbers_keep_their_text() {
    let root = root("- 007\n- 1_000\n- 0.0375\n- 100.0\n- 123456789012345678901\n- 1e3\n- .5\n- 0x1F\n");
    let texts: Vec<_> = root.as_sequence().unwrap().iter().map(|item| item.as_text().unwrap()).collect();
    assert_eq!(texts, ["007", "1_000", "0.0375", "100.0", "123456789012345678901", "1e3", ".5", "0x1F"]);
}

#[test]
fn only_nothing_null_and_a_tilde_are_nothing() {
    let root = root("a:\nb: null\nc: ~\nd: ''\ne: 'null'\nf: Null\ng: none\nh: \"~\"\n");
    let null: Vec<_> = root.as_mapping().unwrap().iter().map(|(key, value)| (key.name(), value.is_null())).collect();
    let expected = [("a", true), ("b", true), ("c", true), ("d", false), ("e", false), ("f", false), ("g", false)];
    assert_eq!(null[..7], expected);
    assert!(!root.get("h").unwrap().is_null());
}

#[test]
fn quotes_and_blocks_make_a_text_of_anything() {
    let root = root("a: 1\nb: '1'\nc: \"1\"\nd: |-\n  1\ne: >-\n  1\n");
    let style = |key| root.get(key).unwrap().as_scalar().unwrap().style();
    assert_eq!(style("a"), Style::Plain);
    for key in ["b", "c", "d", "e"] {
        assert_eq!(style(key), Style::Quoted, "{key}");
    }
    assert_eq!(root.get("b"), root.get("e"));
    assert_ne!(root.get("a"), root.get("b"));
}

#[test]
fn every_key_and_value_knows_its_place() {
    let (source, root) = tree("name: ä\r\nsteps:\r\n  - {a: [1, 'two']}\r\n  - b:\r\n      c: 3\r\n\r\n# end\r\n");
    let steps = root.get("steps").unwrap();
    let at = |node: &Node| (source.slice(node.span()).to_owned(), source.position(node.span().start));
    let first = &steps.as_sequence().unwrap()[0];
    assert_eq!(at(first), ("{a: [1, 'two']}".to_owned(), Position { line: 3, column: 5 }));
    let list = first.get("a").unwrap();
    assert_eq!(at(list), ("[1, 'two']".to_owned(), Position { line: 3, column: 9 }));
    assert_eq!(at(&list.as_sequence().unwrap()[1]), ("'two'".to_owned(), Position { line: 3, column: 13 }));
    let (key, value) = &steps.as_sequence().unwrap()[1].as_mapping().unwrap()[0];
    assert_eq!((key.name(), source.slice(key.span())), ("b", "b"));
    assert_eq!(at(value), ("c: 3".to_owned(), Position { line: 5, column: 7 }));
    assert!(source.slice(root.span()).ends_with("c: 3"), "a block ends with its last value");
}

#[test]
fn an_alias_is_the_value_of_its_anchor() {
    let (source, root) = tree("base: &b {x: 1}\nuse: *b\n&k key: 1\nother: {*k : 2}\n");
    let base = root.get("base").unwrap();
    assert_eq!(root.get("use"), Some(base));
    assert_eq!(source.slice(root.get("use").unwrap().span()), "{x: 1}");
    let (key, _) = &root.get("other").unwrap().as_mapping().unwrap()[0];
    assert_eq!((key.name(), source.slice(key.span())), ("key", "*k"));
}

#[test]
fn the_last_of_equal_anchors_counts() {
    assert_eq!(root("- &a 1\n- *a\n- &a 2\n- *a\n").to_json(), serde_json::json!([1, 1, 2, 2]));
}

#[test]
fn a_written_key_wins_over_a_merged_one_wherever_it_stands() {
    let root = root("b: &b {x: 1, y: 1}\nlate: {x: 2, <<: *b}\nearly: {<<: *b, x: 2, z: 2}\n");
    assert_eq!(root.get("late").unwrap().to_json(), serde_json::json!({"x": 2, "y": 1}));
    let names: Vec<_> = root.get("early").unwrap().as_mapping().unwrap().iter().map(|(key, _)| key.name()).collect();
    assert_eq!(names, ["y", "x", "z"]);
}

#[test]
fn a_quoted_merge_key_is_a_key_like_others() {
    assert_eq!(root("{'<<': 1}").to_json(), serde_json::json!({"<<": 1}));
}

#[test]
fn an_empty_file_is_nothing() {
    for text in ["", "\n\n", "# comment\n", "---\n", "\u{feff}"] {
        assert!(root(text).is_null(), "{text:?}");
    }
}

#[test]
fn a_tree_is_cheap_to_keep() {
    let root = root("a: [1, 2]\n");
    let (Kind::Mapping(first), Kind::Mapping(second)) = (root.kind(), &root.clone().kind().clone()) else {
        panic!("a mapping");
    };
    assert!(std::sync::Arc::ptr_eq(first, second));
}
