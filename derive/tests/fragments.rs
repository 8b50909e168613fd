//! Jobs whose pieces a `macro_rules!` hands on, and steps that a `cfg` takes away.

#![expect(clippy::unused_self, reason = "a step takes its parameters, whether it needs them or not")]

use std::time::Duration;

use overnight::builder::{JobSpec, Part};
use overnight::error::Result;
use overnight::job::Job;
use overnight::kind::With;
use overnight::params::FromParams;
use overnight::registry::Registry;
use overnight::resource::Res;
use overnight::row::Record;
use overnight::step::StepContext;
use overnight::step::chunk::{Chunk, ItemReader, Items, WriteContext};
use overnight::{Params, Row, Settings, job, processor, reader, step};

/// Every kind of fragment that can stand somewhere in a job.
macro_rules! written {
    (
        job $job:ident as $name:literal, $field:ident: $type:ty = $default:literal, $note:ident: $optional:ty,
        row $row:ident, step $step:ident($argument:ty), chunk $chunk:ident($context:ty) of $size:expr,
        flow $flow:ident from $reader:expr, when $when:literal, within $timeout:literal, again $retry:expr
    ) => {
        #[derive(Params)]
        struct $job {
            #[param(default = $default)]
            $field: $type,
            $note: $optional,
        }

        #[derive(Row)]
        struct $row {
            $field: $type,
            $note: $optional,
        }

        #[job(name = $name)]
        impl $job {
            #[step(when = $when, timeout = $timeout, retry = $retry)]
            fn $step(&self, _given: $argument) -> Result<()> {
                self.$note.is_none().then_some(()).ok_or_else(|| self.$field.to_string().into())
            }

            #[step(chunk = $size)]
            fn $chunk(&self, _step: $context) -> Result<Chunk> {
                let write = |_: &[u32], _: &mut WriteContext<'_>| Ok(());
                Ok(Chunk::read(Items::of(0..self.$field)).write(write))
            }

            #[step(chunk = $size, reader = $reader, writer = Part::kind("table").set("name", $name))]
            fn $flow(&self, row: &$row) -> $row {
                $row { $field: row.$field + self.$field, $note: None }
            }
        }
    };
}

written! {
    job Close as "close", days: u32 = 3, note: Option<String>,
    row Line, step look(Res<str>), chunk count(&StepContext<'_>) of 7,
    flow shift from Part::kind("feed"), when "params.days > 1", within "90s", again 3
}

/// The same for what job files name.
macro_rules! named {
    ($settings:ident, $copies:literal, $check:path, $step:ident($with:ty, $context:ty), $reader:ident of $row:ty, $processor:ident) => {
        #[derive(Settings)]
        struct $settings {
            #[setting(default = $copies, check = $check)]
            copies: i8,
        }

        #[step]
        fn $step(with: $with, step: $context) {
            step.output(&with.copies.to_string());
        }

        #[reader]
        fn $reader(with: $with) -> Result<impl ItemReader<$row> + use<>> {
            Ok(Items::of((0..with.copies).map(|_| Line { days: 1, note: None })))
        }

        #[processor]
        fn $processor(row: &$row) -> Option<$row> {
            (row.days > 1).then(|| Line { days: row.days, note: row.note.clone() })
        }
    };
}

named!(Render, -1, few, render(&With<Render>, &mut StepContext<'_>), feed of Line, keep);

fn few(copies: &i8) -> std::result::Result<(), &'static str> {
    if *copies < 9 { Ok(()) } else { Err("is too much") }
}

fn names(job: &Job) -> Vec<&str> {
    job.steps.iter().map(|step| step.name.as_str()).collect()
}

#[test]
fn a_job_may_be_written_by_macro_rules() {
    let job = Close::job().unwrap();
    assert_eq!((job.name.as_str(), names(&job)), ("close", vec!["look", "count", "shift"]));
    let declared = Close::declarations().unwrap();
    assert_eq!(declared.iter().map(|param| param.required).collect::<Vec<_>>(), [false, false]);
    assert_eq!(Line::columns().iter().map(|column| column.nullable).collect::<Vec<_>>(), [false, true]);
    let look = &job.steps[0];
    assert_eq!((look.timeout, look.retry.max_attempts), (Some(Duration::from_secs(90)), 3));
    assert_eq!(look.condition.as_deref(), Some("params.days > 1"));
    assert_eq!(job.steps[1].step.outline().unwrap().size, 7);
}

#[test]
fn so_may_what_job_files_name() {
    let registry = Registry::default().component::<render>().component::<feed>().component::<keep>();
    assert_eq!(registry.check(), Ok(()));
}

/// A job with a step for tests alone.
#[derive(Params)]
struct Partly {}

#[job]
impl Partly {
    #[cfg(not(test))]
    #[step]
    fn absent(&self) {}

    #[step]
    fn always(&self) {}

    #[cfg(test)]
    #[step(name = "last")]
    fn in_tests(&self) {}

    #[cfg(not(test))]
    #[step(name = "last")]
    fn elsewhere(&self) {}
}

#[test]
fn a_step_is_there_where_its_cfg_holds() {
    assert_eq!(names(&Partly::job().unwrap()), ["always", "last"]);
}
