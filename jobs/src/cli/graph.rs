//! `jobctl graph`: the steps of a job as a drawing, in the language of Mermaid or of Graphviz.

use std::fmt::Write as _;

use overnight_framework::definition::{JobFile, StepOutline, StepUse};
use serde_json::{Value, json};

use super::answer::{Answer, Shape, View};
use super::arguments::{Format, Graph};
use super::describe;
use super::exit::{Exit, Failure};
use super::face::Face;

pub(super) fn run(verb: &Graph, face: &Face) -> Result<Exit, Failure> {
    let file = describe::find(&verb.job, face)?.file;
    let drawing = Drawing { edges: edges(&file.steps), file };
    match face.output.format() {
        Format::Dot => face.output.print(&dot(&drawing.file, &drawing.edges)),
        _ => face.output.answer(&drawing),
    }
    Ok(Exit::Done)
}

/// The steps of a job, and the lines between them.
pub(super) struct Drawing {
    file: JobFile,
    edges: Vec<Edge>,
}

impl Answer for Drawing {
    fn shape() -> Shape {
        Shape::text(&["job", "steps", "edges", "name", "kind", "when", "from", "to", "values"])
            .with_parts(&["steps", "edges"])
    }

    fn text(&self, _: &View) -> String {
        mermaid(&self.file, &self.edges)
    }

    fn json(&self) -> Value {
        document(&self.file, &self.edges)
    }
}

/// A line between two steps, by their numbers.
struct Edge {
    from: usize,
    to: usize,
    kind: EdgeKind,
}

enum EdgeKind {
    /// One comes after the other; the later one under this condition, if it has one.
    Order(Option<String>),
    /// The later one takes these values of the earlier one.
    Data(Vec<String>),
}

fn edges(steps: &[StepOutline]) -> Vec<Edge> {
    let mut edges = Vec::new();
    for (to, step) in steps.iter().enumerate() {
        if let Some(from) = to.checked_sub(1) {
            edges.push(Edge { from, to, kind: EdgeKind::Order(step.when.clone()) });
        }
        for (from, earlier) in steps.iter().enumerate().take(to) {
            let mut values: Vec<_> = step.uses.iter().filter(|used| is_output(used, earlier)).collect();
            values.dedup_by_key(|used| &used.value);
            if !values.is_empty() {
                let values = values.into_iter().map(|used| used.value.clone()).collect();
                edges.push(Edge { from, to, kind: EdgeKind::Data(values) });
            }
        }
    }
    edges
}

/// What a condition takes stands beside the condition, unless the work takes it too.
fn is_output(used: &StepUse, of: &StepOutline) -> bool {
    used.step == of.name
}

/// The lines in which the first step says under which condition it runs: no line leads to it.
fn titles(step: &StepOutline, is_first: bool) -> Vec<String> {
    let when = step.when.iter().filter(|_| is_first).map(|when| format!("when {when}"));
    [step.name.clone(), step.kind.clone()].into_iter().chain(when).collect()
}

fn mermaid(file: &JobFile, edges: &[Edge]) -> String {
    let mut drawn = format!("---\ntitle: {}\n---\nflowchart TD\n", file.job.name);
    for (number, step) in file.steps.iter().enumerate() {
        let label = titles(step, number == 0).iter().map(|line| in_mermaid(line)).collect::<Vec<_>>().join("<br/>");
        // A step that may be passed over has another shape.
        let (open, close) = if step.when.is_some() { ("{{", "}}") } else { ("[", "]") };
        let _ = writeln!(drawn, "  s{number}{open}\"{label}\"{close}");
    }
    for Edge { from, to, kind } in edges {
        let _ = match kind {
            EdgeKind::Order(None) => writeln!(drawn, "  s{from} --> s{to}"),
            EdgeKind::Order(Some(when)) => writeln!(drawn, "  s{from} -->|\"when {}\"| s{to}", in_mermaid(when)),
            EdgeKind::Data(values) => writeln!(drawn, "  s{from} -.->|\"{}\"| s{to}", in_mermaid(&values.join(", "))),
        };
    }
    drawn
}

fn document(file: &JobFile, edges: &[Edge]) -> Value {
    let name = |number: usize| file.steps.get(number).map(|step| step.name.as_str());
    let edge = |edge: &Edge| {
        let (from, to) = (name(edge.from), name(edge.to));
        match &edge.kind {
            EdgeKind::Order(when) => json!({ "from": from, "to": to, "kind": "order", "when": when }),
            EdgeKind::Data(values) => json!({ "from": from, "to": to, "kind": "data", "values": values }),
        }
    };
    let step = |step: &StepOutline| json!({ "name": step.name, "kind": step.kind, "when": step.when });
    json!({
        "job": file.job.name,
        "steps": file.steps.iter().map(step).collect::<Value>(),
        "edges": edges.iter().map(edge).collect::<Value>(),
    })
}

/// A text between the quotes of Mermaid, where `#` begins the number of a character, and HTML is understood.
fn in_mermaid(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\n' => escaped.push_str("<br/>"),
            '"' | '#' | '<' | '>' | '&' | '`' => {
                let _ = write!(escaped, "#{};", u32::from(letter));
            }
            other if other.is_control() => escaped.push(' '),
            other => escaped.push(other),
        }
    }
    escaped
}

fn dot(file: &JobFile, edges: &[Edge]) -> String {
    let mut drawn = format!("digraph \"{}\" {{\n  node [shape=box];\n", in_dot(&file.job.name));
    for (number, step) in file.steps.iter().enumerate() {
        let label = titles(step, number == 0).iter().map(|line| in_dot(line)).collect::<Vec<_>>().join("\\n");
        let shape = if step.when.is_some() { ", shape=hexagon" } else { "" };
        let _ = writeln!(drawn, "  s{number} [label=\"{label}\"{shape}];");
    }
    for Edge { from, to, kind } in edges {
        let _ = match kind {
            EdgeKind::Order(None) => writeln!(drawn, "  s{from} -> s{to};"),
            EdgeKind::Order(Some(when)) => writeln!(drawn, "  s{from} -> s{to} [label=\"when {}\"];", in_dot(when)),
            EdgeKind::Data(values) => {
                let values = in_dot(&values.join(", "));
                writeln!(drawn, "  s{from} -> s{to} [label=\"{values}\", style=dashed, constraint=false];")
            }
        };
    }
    drawn + "}\n"
}

/// A text between the quotes of Graphviz, where a backslash begins a command.
fn in_dot(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\n' => escaped.push_str("\\n"),
            '"' | '\\' => escaped.extend(['\\', letter]),
            other if other.is_control() => escaped.push(' '),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;

    use overnight_framework::definition::{self, Environment, FixedEnvironment};
    use overnight_framework::yaml::Source;

    use super::*;
    use crate::steps::{self, Connections};

    const JOB: &str = r#"
name: night
steps:
  - name: count
    tasklet: { shell: { command: "true" } }
    outputs: { rows: integer, file: string }
  - name: send
    when: 'steps.count.rows > 0 && steps.count.file != "a#<b>\\\\ü`"'
    tasklet: { shell: { command: "true", env: { FILE: "${{ steps.count.file }}" } } }
  - name: tidy
    tasklet: { shell: { command: "true" } }
"#;

    fn file() -> JobFile {
        let kinds = steps::kinds(&Arc::new(Connections::new(None, std::collections::BTreeMap::new())));
        let environment: Arc<dyn Environment> = Arc::new(FixedEnvironment::default());
        definition::read(&Source::new("night.yaml", JOB), &kinds, &environment, Path::new("/")).unwrap()
    }

    #[test]
    fn order_conditions_and_data_are_drawn_for_mermaid() {
        let file = file();
        let drawn = mermaid(&file, &edges(&file.steps));
        let when = r"steps.count.rows #62; 0 #38;#38; steps.count.file != #34;a#35;#60;b#62;\\\\ü#96;#34;";
        assert_eq!(
            drawn,
            format!(
                "---\ntitle: night\n---\nflowchart TD\n  s0[\"count<br/>shell\"]\n  s1{{{{\"send<br/>shell\"}}}}\n  \
                 s2[\"tidy<br/>shell\"]\n  s0 -->|\"when {when}\"| s1\n  s0 -.->|\"file, rows\"| s1\n  s1 --> s2\n"
            )
        );
    }

    #[test]
    fn order_conditions_and_data_are_drawn_for_graphviz() {
        let file = file();
        let drawn = dot(&file, &edges(&file.steps));
        let when = r#"steps.count.rows > 0 && steps.count.file != \"a#<b>\\\\\\\\ü`\""#;
        assert_eq!(
            drawn,
            format!(
                "digraph \"night\" {{\n  node [shape=box];\n  s0 [label=\"count\\nshell\"];\n  \
                 s1 [label=\"send\\nshell\", shape=hexagon];\n  s2 [label=\"tidy\\nshell\"];\n  \
                 s0 -> s1 [label=\"when {when}\"];\n  \
                 s0 -> s1 [label=\"file, rows\", style=dashed, constraint=false];\n  s1 -> s2;\n}}\n"
            )
        );
    }

    #[test]
    fn a_line_break_and_a_control_character_do_not_end_a_label() {
        assert_eq!(in_mermaid("a\nb\u{7}\"]--> x"), "a<br/>b #34;]--#62; x");
        assert_eq!(in_dot("a\nb\u{7}\"]; x\\"), "a\\nb \\\"]; x\\\\");
    }
}
