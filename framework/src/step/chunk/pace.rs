//! Who reads while a chunk is written: nobody, or a thread of its own.

use std::time::Duration;

use super::Processed;
use super::prepare::{Preparer, read_ahead};
use super::write::{ChunkWriter, Written};
use crate::step::StepError;

/// Whether the next chunks are read and processed while one is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReadAhead {
    /// As soon as a chunk shows that a second thread gains more than it costs. A step of one chunk never starts one.
    #[default]
    WhenItPays,
    /// From the first chunk on.
    Always,
    /// Never: for a reader that shares something with its writer. A step with chunk or item listeners is always like this.
    Never,
}

/// How much is read at once, and when.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    /// How many items make a chunk.
    pub(super) size: usize,
    pub(super) ahead: ReadAhead,
}

/// What can be gained at a chunk is the shorter of the two halves; less than this is lost again in handing the chunk over,
/// which wakes a thread.
const HANDING_OVER: Duration = Duration::from_micros(50);

/// Takes chunk after chunk, until the last one or the safe point.
pub(super) fn drive<I, O: Send>(
    preparer: &mut Preparer<'_, O>,
    writer: &mut ChunkWriter<'_, '_, I, O>,
    ahead: ReadAhead,
) -> Result<Written, StepError> {
    let ahead = if writer.is_listened() { ReadAhead::Never } else { ahead };
    if ahead != ReadAhead::Always {
        let written = take_turns(preparer, writer, ahead)?;
        if written != Written::More {
            return Ok(written);
        }
    }
    let stop = preparer.stop.clone();
    read_ahead(preparer, |chunk| match stop.requested() {
        Some(intent) => Ok((Written::Stopped(intent), Processed::default())),
        None => writer.take(chunk),
    })
}

/// Reads and writes by turns, in the order that listeners are promised. A chunk that was begun is finished before a stop is
/// obeyed. [`Written::More`] when reading ahead would pay.
fn take_turns<I, O>(
    preparer: &mut Preparer<'_, O>,
    writer: &mut ChunkWriter<'_, '_, I, O>,
    ahead: ReadAhead,
) -> Result<Written, StepError> {
    let mut spare = Processed::default();
    loop {
        if let Some(intent) = preparer.stop.requested() {
            return Ok(Written::Stopped(intent));
        }
        writer.before_chunk()?;
        let begun = writer.now();
        let prepared = preparer.next(spare);
        let read = writer.now();
        let (written, returned) = writer.take(prepared)?;
        let gain = read.saturating_sub(begun).min(writer.now().saturating_sub(read));
        let pays = ahead == ReadAhead::WhenItPays && gain > HANDING_OVER;
        if pays || written != Written::More {
            return Ok(written);
        }
        spare = returned;
    }
}
