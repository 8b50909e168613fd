//! YAML files as a tree that knows where each value stands, and the readers that turn it into definitions.
//!
//! A file is hostile until it is read: its size, depth, aliases and characters are bounded before anything is believed.
//! All problems of a file are collected, each with its line, its column and the path of the value, and shown at once.
//!
//! ```
//! use overnight_framework::yaml::{self, Cursor, Source};
//! use std::time::Duration;
//!
//! #[derive(Debug)]
//! struct Step {
//!     name: String,
//!     timeout: Option<Duration>,
//!     size: i64,
//! }
//!
//! fn step(at: &Cursor<'_>) -> Option<Step> {
//!     let mut fields = at.fields("a step")?;
//!     let name = fields.required("name", Cursor::name);
//!     let timeout = fields.optional("timeout", Cursor::duration);
//!     let size = fields.or("size", 1000, |at| at.integer(1..=100_000));
//!     fields.finish();
//!     Some(Step { name: name?.to_owned(), timeout: timeout?, size: size? })
//! }
//!
//! let source = Source::new("jobs/eod.yaml", "name: load\ntimeout: 1h30m\n");
//! let read = yaml::read(&source, step)?;
//! assert_eq!((read.name.as_str(), read.size), ("load", 1000));
//! assert_eq!(read.timeout, Some(Duration::from_secs(5400)));
//!
//! let source = Source::new("jobs/eod.yaml", "name: load\ntimeuot: 1h30m\n");
//! let problems = yaml::read(&source, step).unwrap_err();
//! assert_eq!(
//!     problems.lines().next().as_deref(),
//!     Some("jobs/eod.yaml:2:1: unknown key `timeuot` in a step; did you mean `timeout`?"),
//! );
//! # Ok::<(), yaml::Problems>(())
//! ```

mod code;
mod cursor;
mod deserialize;
mod fields;
mod json;
mod node;
mod number;
mod parse;
mod path;
mod problem;
mod reading;
mod render;
mod scalar;
mod shape;
mod source;
mod spelling;
mod units;

pub use self::code::{Code, NotACode};
pub use self::cursor::{Cursor, NAME_RULE, is_name};
pub use self::fields::{Fields, Habit};
pub use self::node::{Key, Kind, Node};
pub use self::path::Path;
pub use self::problem::{Located, LocatedPlace, LocatedRelated, Problem, Problems, Related};
pub use self::reading::{Reading, parse, read};
pub use self::render::Paint;
pub use self::scalar::{Scalar, Style};
pub use self::shape::{Cases, Field, Keys, Mapping, Presence, Shape, Sort};
pub use self::source::{Position, ReadError, Source, Span};
pub use self::spelling::nearest;
pub use self::units::Tolerance;

/// The largest file that is read, in bytes.
pub const MAX_BYTES: usize = 1 << 20;

/// How deep lists and mappings may be nested, aliases included.
pub const MAX_DEPTH: usize = 64;

/// How many values and keys a file may hold after its aliases are expanded.
pub const MAX_NODES: usize = 250_000;

/// How many bytes the texts of a file may have after its aliases are expanded.
pub const MAX_TEXT: usize = 8 * MAX_BYTES;

/// How many problems of one file are kept; the rest is only counted.
pub const MAX_PROBLEMS: usize = 100;
