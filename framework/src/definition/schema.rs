//! The JSON Schema of job files, made of the tables that their readers go by.

mod part;
mod words;

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

pub use self::part::{Part, parts};
use super::guard;
use super::tables;
use crate::kind::Kinds;
use crate::yaml::{Cases, Field, Keys, Mapping, Presence, Shape, Sort};

/// The dialect that the schemas are written in.
const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// What can name a job, a step or a parameter.
const NAME: &str = "^[a-z][a-z0-9_-]{0,62}$";
const DURATION: &str = "^(?=.)([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?$\
    |^P(?=.)([0-9.]+W)?([0-9.]+D)?(T(?=.)([0-9.]+H)?([0-9.]+M)?([0-9.]+S)?)?$";
const TOLERANCE: &str = "^(0|[1-9][0-9]*)$|^(100(\\.0{1,4})?|(0|[1-9][0-9]?)(\\.[0-9]{1,4})?) *%$";
const PERCENTAGE: &str = "^(100|0|[1-9][0-9]?)%$";
const DECIMAL: &str = "^-?(0|[1-9][0-9]*)(\\.[0-9]+)?$";

/// The JSON Schema (draft 2020-12) of job files for a program with these kinds.
///
/// What it accepts may still be wrong: names, types and expressions are for [`read`](super::read) alone to judge. What it
/// refuses is refused by that too.
///
/// ```
/// use overnight_framework::definition::schema;
/// use overnight_framework::kind::Kinds;
///
/// let schema = schema(&Kinds::default());
/// assert_eq!(schema["$defs"]["retry"]["properties"]["max_attempts"]["maximum"], 1000);
/// ```
#[must_use]
pub fn schema(kinds: &Kinds) -> Json {
    let mut schema = document(Shape::Mapping(&tables::JOB), kinds);
    if let Some(root) = schema.as_object_mut() {
        root.insert("title".to_owned(), "A job of overnight".into());
    }
    schema
}

/// The schema of one part of a job file, complete in itself.
#[must_use]
pub fn schema_of(part: &Part, kinds: &Kinds) -> Json {
    document(part.shape, kinds)
}

fn document(shape: Shape, kinds: &Kinds) -> Json {
    let mut writer = Writer { kinds, written: Vec::new() };
    let mut root = writer.shape(shape);
    let definitions: Map<String, Json> =
        writer.written.into_iter().filter_map(|(_, name, schema)| Some((name, schema?))).collect();
    if let Some(root) = root.as_object_mut() {
        root.insert("$schema".to_owned(), DIALECT.into());
        if !definitions.is_empty() {
            root.insert("$defs".to_owned(), Json::Object(definitions));
        }
    }
    root
}

/// Writes schemas, each table once.
struct Writer<'k> {
    kinds: &'k Kinds,
    /// The tables with their names in the document. One that is being written has no schema yet.
    written: Vec<(&'static Mapping, String, Option<Json>)>,
}

impl Writer<'_> {
    fn shape(&mut self, shape: Shape) -> Json {
        match shape {
            Shape::Anything => json!({}),
            Shape::Something => json!({ "not": { "type": "null" } }),
            Shape::Nothing => json!(false),
            Shape::Text => json!({ "type": ["string", "number", "boolean"] }),
            Shape::FilledText => json!({ "type": ["string", "number", "boolean"], "minLength": 1 }),
            Shape::Expression => json!({ "type": ["string", "number", "boolean"] }),
            Shape::Name => json!({ "type": "string", "pattern": NAME, "not": { "enum": guard::WORDS } }),
            Shape::Word(words) => json!({ "enum": words }),
            Shape::Form(_, pattern) => json!({ "type": "string", "pattern": pattern }),
            Shape::Boolean => json!({ "type": "boolean" }),
            Shape::Integer(least, most) => integer(least, most),
            Shape::Decimal => json!({ "type": ["number", "string"], "pattern": DECIMAL }),
            Shape::Duration => json!({ "type": "string", "pattern": DURATION }),
            Shape::Tolerance => json!({ "type": ["integer", "string"], "minimum": 0, "pattern": TOLERANCE }),
            Shape::Percentage => json!({ "type": "string", "pattern": PERCENTAGE }),
            Shape::Setting(Shape::Text) => self.shape(Shape::Text),
            Shape::Setting(inner) => {
                json!({ "anyOf": [self.shape(*inner), { "type": "string", "pattern": "\\$\\{\\{" }] })
            }
            Shape::List(item, least) => json!({ "type": "array", "items": self.shape(*item), "minItems": least }),
            Shape::ListOrOne(item, least) => {
                json!({ "anyOf": [self.shape(*item), self.shape(Shape::List(item, least))] })
            }
            Shape::Map(keys, value) => self.map(keys, *value),
            Shape::MapWith(field, keys, value) => {
                let mut schema = self.map(keys, *value);
                schema["properties"] = json!({ field.name: self.field(field) });
                schema
            }
            Shape::Mapping(mapping) => self.reference(mapping),
            Shape::OneKey(mapping) => {
                let mut schema = self.mapping(mapping);
                only_one_key(&mut schema);
                schema
            }
            Shape::Kind(sort) => self.kind(sort),
            Shape::Either(shapes) => {
                let shapes: Vec<_> = shapes.iter().map(|shape| self.shape(*shape)).collect();
                json!({ "anyOf": shapes })
            }
        }
    }

    fn map(&mut self, keys: Keys, value: Shape) -> Json {
        let mut schema = json!({ "type": "object", "additionalProperties": self.shape(value) });
        let names = match keys {
            Keys::Any => return schema,
            Keys::Names => json!({ "pattern": NAME, "not": { "enum": guard::WORDS } }),
            Keys::Form(_, pattern) => json!({ "pattern": pattern }),
        };
        if let Some(schema) = schema.as_object_mut() {
            schema.insert("propertyNames".to_owned(), names);
        }
        schema
    }

    /// A reference to the schema of a table, which is written where it is met first.
    fn reference(&mut self, mapping: &'static Mapping) -> Json {
        let known = self.written.iter().find(|(known, ..)| std::ptr::eq(*known, mapping));
        let name = match known {
            Some((_, name, _)) => name.clone(),
            None => {
                let name = self.free_name(mapping.name);
                let place = self.written.len();
                self.written.push((mapping, name.clone(), None));
                let schema = self.mapping(mapping);
                if let Some(entry) = self.written.get_mut(place) {
                    entry.2 = Some(schema);
                }
                name
            }
        };
        json!({ "$ref": format!("#/$defs/{name}") })
    }

    /// The name, or with a number behind it where another table has it: kinds of a program are named by its author.
    fn free_name(&self, name: &str) -> String {
        let is_taken = |name: &str| self.written.iter().any(|(_, taken, _)| taken == name);
        let numbered = (2..).map(|number| format!("{name}-{number}"));
        std::iter::once(name.to_owned()).chain(numbered).find(|name| !is_taken(name)).unwrap_or_default()
    }

    fn mapping(&mut self, mapping: &'static Mapping) -> Json {
        let properties: Map<String, Json> =
            mapping.fields.iter().map(|field| (field.name.to_owned(), self.field(field))).collect();
        let mut schema = object(mapping.about, properties);
        let required: Vec<_> = mapping.fields.iter().filter(|field| field.presence == Presence::Required).collect();
        if !required.is_empty() {
            schema.insert("required".to_owned(), required.into_iter().map(|field| field.name).collect());
        }
        if !mapping.choice.is_empty() {
            let one = |key: &&str| json!({ "required": [key] });
            schema.insert("oneOf".to_owned(), mapping.choice.iter().map(one).collect());
        }
        let apart = mapping.apart.iter().map(|pair| json!({ "not": { "required": pair } }));
        let cases = mapping.cases.map(|cases| self.cases(&cases)).unwrap_or_default();
        let all: Vec<Json> = apart.chain(cases).collect();
        if !all.is_empty() {
            schema.insert("allOf".to_owned(), all.into());
        }
        Json::Object(schema)
    }

    fn field(&mut self, field: &Field) -> Json {
        let mut schema = self.shape(field.shape);
        if let Some(schema) = schema.as_object_mut() {
            schema.insert("description".to_owned(), field.about.into());
            if let Presence::Default(text) = field.presence {
                schema.insert("default".to_owned(), default(field.shape, text));
            }
        }
        schema
    }

    fn cases(&mut self, cases: &Cases) -> Vec<Json> {
        let by = cases.by;
        let mut written = Vec::new();
        for (word, shapes) in cases.cases {
            let properties: Map<String, Json> =
                shapes.iter().map(|(key, shape)| ((*key).to_owned(), self.shape(*shape))).collect();
            written.push(json!({
                "if": { "properties": { by: { "const": word } }, "required": [by] },
                "then": { "properties": properties },
            }));
        }
        written
    }

    /// A mapping with one key, which names a kind; or what the program itself registered.
    fn kind(&mut self, sort: Sort) -> Json {
        let schema =
            if sort == Sort::Processor { self.shape(Shape::OneKey(&tables::OPERATION)) } else { self.stock(sort) };
        let registered = self.kinds.registered(sort);
        if registered.is_empty() {
            return schema;
        }
        json!({ "anyOf": [schema, self.registered(&registered)] })
    }

    /// A mapping with one key, which names a stock kind.
    fn stock(&mut self, sort: Sort) -> Json {
        let mut properties = Map::new();
        for (name, settings) in self.kinds.settings(sort) {
            properties.insert(name.to_owned(), self.shape(settings));
        }
        let mut schema = Json::Object(object(about(sort), properties));
        only_one_key(&mut schema);
        schema
    }

    /// `uses` and `with`, of which the second depends on the first.
    fn registered(&mut self, kinds: &BTreeMap<&'static str, Shape>) -> Json {
        let mut schema = self.mapping(&tables::REGISTERED);
        let mut cases = Vec::new();
        for (name, settings) in kinds {
            let needs_with = part::mapping_of(*settings).is_some_and(|mapping| {
                !mapping.choice.is_empty() || mapping.fields.iter().any(|field| field.presence == Presence::Required)
            });
            let required: &[&str] = if needs_with { &["with"] } else { &[] };
            cases.push(json!({
                "if": { "properties": { "uses": { "const": name } } },
                "then": { "properties": { "with": self.shape(*settings) }, "required": required },
            }));
        }
        if let Some(schema) = schema.as_object_mut() {
            schema.insert("allOf".to_owned(), cases.into());
        }
        let names: Vec<_> = kinds.keys().collect();
        if let Some(uses) = schema.pointer_mut("/properties/uses").and_then(Json::as_object_mut) {
            uses.insert("enum".to_owned(), json!(names));
        }
        schema
    }
}

fn about(sort: Sort) -> &'static str {
    let holder = if sort == Sort::Tasklet { &tables::STEP } else { &tables::CHUNK };
    holder.field(sort.key()).map_or("", |field| field.about)
}

fn object(about: &str, properties: Map<String, Json>) -> Map<String, Json> {
    let entries = [
        ("type", json!("object")),
        ("description", about.into()),
        ("properties", Json::Object(properties)),
        ("additionalProperties", json!(false)),
    ];
    entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

fn only_one_key(schema: &mut Json) {
    if let Some(schema) = schema.as_object_mut() {
        schema.insert("minProperties".to_owned(), json!(1));
        schema.insert("maxProperties".to_owned(), json!(1));
    }
}

/// Limits that no number can leave are not told.
fn integer(least: i64, most: i64) -> Json {
    let mut schema = json!({ "type": "integer" });
    if let Some(schema) = schema.as_object_mut() {
        if least != i64::MIN {
            schema.insert("minimum".to_owned(), least.into());
        }
        if most != i64::MAX {
            schema.insert("maximum".to_owned(), most.into());
        }
    }
    schema
}

/// A default as the value that a reader of JSON would have there.
fn default(shape: Shape, text: &str) -> Json {
    match shape {
        Shape::Setting(inner) => default(*inner, text),
        Shape::Boolean | Shape::Integer(..) => serde_json::from_str(text).unwrap_or_default(),
        _ => text.into(),
    }
}
