//! `jobctl schema`: the JSON Schema of job files, or what one key of them means.

mod page;

use overnight_framework::definition::{self, Part};
use overnight_framework::kind::Kinds;
use overnight_framework::suggest::nearest;
use serde_json::{Map, Value};

use super::answer::{Answer, Shape, View};
use super::arguments::Schema;
use super::exit::{Exit, Failure};
use super::face::Face;

pub(super) fn run(verb: &Schema, face: &Face) -> Result<Exit, Failure> {
    let kinds = face.all_kinds();
    if verb.path.is_none() && verb.kind.is_none() {
        let schema = definition::schema(&kinds);
        face.output.answer(&Printed { text: format!("{schema:#}\n"), schema });
        return Ok(Exit::Done);
    }
    let parts = definition::parts(&kinds);
    let found = match (&verb.path, &verb.kind) {
        (_, Some(kind)) => of_kind(kind, &parts)?,
        (path, None) => of_path(path.as_deref().unwrap_or_default(), &parts)?,
    };
    face.output.answer(&Printed { text: page::pages(&found, &parts), schema: schemas(&found, &kinds) });
    Ok(Exit::Done)
}

/// A schema, and what people read. Of the whole file that is the schema itself, so that it can be sent to a file.
pub(super) struct Printed {
    text: String,
    schema: Value,
}

impl Answer for Printed {
    fn shape() -> Shape {
        Shape::text(&[])
    }

    fn text(&self, _: &View) -> String {
        self.text.clone()
    }

    fn json(&self) -> Value {
        self.schema.clone()
    }
}

/// The settings of every reader, writer and tasklet of this name.
fn of_kind<'p>(name: &str, parts: &'p [Part]) -> Result<Vec<&'p Part>, Failure> {
    let found: Vec<_> = parts.iter().filter(|part| part.kind == Some(name)).collect();
    let known = || parts.iter().filter_map(|part| part.kind);
    if found.is_empty() { Err(unknown(&format!("there is no kind called `{name}`"), name, known())) } else { Ok(found) }
}

fn of_path<'p>(path: &str, parts: &'p [Part]) -> Result<Vec<&'p Part>, Failure> {
    let found: Vec<_> = parts.iter().filter(|part| part.path == path).take(1).collect();
    let known = || parts.iter().map(|part| part.path.as_str()).filter(|path| !path.is_empty());
    if found.is_empty() { Err(unknown(&format!("a job file has no `{path}`"), path, known())) } else { Ok(found) }
}

/// A name that nothing has, with the nearest one and all there are.
fn unknown<'p>(message: &str, name: &str, known: impl Iterator<Item = &'p str> + Clone) -> Failure {
    let near = nearest(name, known.clone()).map(|near| format!("did you mean `{near}`? "));
    let mut all: Vec<_> = known.collect();
    all.sort_unstable();
    all.dedup();
    let help = format!("{}known here: {}", near.unwrap_or_default(), all.join(", "));
    Failure::new(Exit::Usage, message).help(help)
}

/// The schema of one part; of several, as a reader and a writer of one name, each under its path.
fn schemas(parts: &[&Part], kinds: &Kinds) -> Value {
    match parts {
        [part] => definition::schema_of(part, kinds),
        parts => {
            let each = parts.iter().map(|part| (part.path.clone(), definition::schema_of(part, kinds)));
            Value::Object(each.collect::<Map<_, _>>())
        }
    }
}
