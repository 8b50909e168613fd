//! Keeps secrets out of what the reader and the writer of a step say about rows.

use std::error::Error;
use std::iter::successors;
use std::sync::Arc;

use serde_json::Value as Json;

use super::rows;
use crate::error::BatchError;
use crate::kind::Frame;
use crate::repository::ChunkError;
use crate::row::Row;
use crate::step::chunk::{Batch, ChunkSource, Encoded, Fill, ItemEncoder, ItemWriter, Locate, WriteContext};
use crate::stop::StopToken;

/// `source`, with the secrets of the run masked in its errors and in the records that it could not read.
pub(super) fn source(source: Box<dyn ChunkSource<Row>>, frame: &Arc<Frame>) -> Box<dyn ChunkSource<Row>> {
    if frame.secrets.is_empty() { source } else { Box::new(Masked { part: source, frame: Arc::clone(frame) }) }
}

/// `writer`, with the secrets of the run masked in its errors.
pub(super) fn writer(writer: Box<dyn ItemWriter<Row>>, frame: &Arc<Frame>) -> Box<dyn ItemWriter<Row>> {
    if frame.secrets.is_empty() { writer } else { Box::new(Masked { part: writer, frame: Arc::clone(frame) }) }
}

/// What a database said.
type Cause = Box<dyn Error + Send + Sync>;

struct Masked<P> {
    part: P,
    frame: Arc<Frame>,
}

impl<P> Masked<P> {
    fn masked<T>(&self, result: Result<T, BatchError>) -> Result<T, BatchError> {
        result.map_err(|error| self.frame.masked(error))
    }

    /// What a database says may quote the row that it was about.
    fn masked_cause(&self, error: Cause) -> Cause {
        let first: &(dyn Error + 'static) = &*error;
        let chain: Vec<_> = successors(Some(first), |error| (*error).source()).map(ToString::to_string).collect();
        if chain.iter().any(|text| self.frame.shows_secret(text)) {
            return self.frame.mask(&chain.join(": ")).into();
        }
        error
    }
}

impl ChunkSource<Row> for Masked<Box<dyn ChunkSource<Row>>> {
    fn heed(&mut self, stop: &StopToken) {
        self.part.heed(stop);
    }

    fn open(&mut self, from: Option<&Json>) -> Result<(), BatchError> {
        let opened = self.part.open(from);
        self.masked(opened)
    }

    fn fill(&mut self, limit: usize, batch: &mut Batch<Row>) -> Result<Fill, BatchError> {
        let filled = self.part.fill(limit, batch);
        for bad in &mut batch.bad {
            let error = std::mem::replace(&mut bad.error, BatchError::from(""));
            bad.error = self.frame.masked(error);
            rows::mask_bytes(&mut bad.payload.bytes, &self.frame);
        }
        self.masked(filled)
    }

    fn checkpoint(&self) -> Json {
        self.part.checkpoint()
    }

    fn total(&self) -> Option<u64> {
        self.part.total()
    }

    fn locator(&self) -> Locate {
        self.part.locator()
    }

    fn close(&mut self) -> Result<(), BatchError> {
        let closed = self.part.close();
        self.masked(closed)
    }
}

impl ItemWriter<Row> for Masked<Box<dyn ItemWriter<Row>>> {
    fn open(&mut self, from: Option<&Json>) -> Result<(), BatchError> {
        let opened = self.part.open(from);
        self.masked(opened)
    }

    fn encoder(&self) -> Option<Box<dyn ItemEncoder<Row>>> {
        let part = self.part.encoder()?;
        Some(Box::new(Masked { part, frame: Arc::clone(&self.frame) }))
    }

    fn write(&mut self, items: &[Row], context: &mut WriteContext<'_>) -> Result<(), ChunkError> {
        self.part.write(items, context).map_err(|error| match error {
            ChunkError::Data(error) => ChunkError::Data(self.frame.masked(error)),
            ChunkError::Failed(error) => ChunkError::Failed(self.frame.masked(error)),
            ChunkError::Unclear(error) => ChunkError::Unclear(self.masked_cause(error)),
            ChunkError::Conflict(error) => ChunkError::Conflict(self.masked_cause(error)),
            other => other,
        })
    }

    fn checkpoint(&mut self) -> Result<Option<Json>, BatchError> {
        let checkpoint = self.part.checkpoint();
        self.masked(checkpoint)
    }

    fn rolled_back(&mut self) -> Result<(), BatchError> {
        let undone = self.part.rolled_back();
        self.masked(undone)
    }

    fn committed(&mut self) {
        self.part.committed();
    }

    fn finish(&mut self) -> Result<(), BatchError> {
        let finished = self.part.finish();
        self.masked(finished)
    }

    fn close(&mut self) -> Result<(), BatchError> {
        let closed = self.part.close();
        self.masked(closed)
    }
}

impl ItemEncoder<Row> for Masked<Box<dyn ItemEncoder<Row>>> {
    fn encode(&mut self, items: &[Row], into: &mut Encoded) -> Vec<(usize, BatchError)> {
        let refused = self.part.encode(items, into);
        refused.into_iter().map(|(index, error)| (index, self.frame.masked(error))).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use serde_json::json;

    use super::*;

    /// Notes what reaches it, and fails with the secret.
    struct Noting(Arc<Mutex<Vec<&'static str>>>);

    impl Noting {
        fn note<T>(&self, call: &'static str) -> Result<T, BatchError> {
            self.0.lock().unwrap().push(call);
            Err(format!("{call}: hunter2").into())
        }
    }

    impl ChunkSource<Row> for Noting {
        fn heed(&mut self, _: &StopToken) {
            let _ = self.note::<()>("heed");
        }
        fn open(&mut self, _: Option<&Json>) -> Result<(), BatchError> {
            self.note("open")
        }
        fn fill(&mut self, _: usize, _: &mut Batch<Row>) -> Result<Fill, BatchError> {
            self.note("fill")
        }
        fn checkpoint(&self) -> Json {
            json!(null)
        }
        fn locator(&self) -> Locate {
            Arc::new(|place| json!(place))
        }
        fn close(&mut self) -> Result<(), BatchError> {
            self.note("close")
        }
    }

    impl ItemWriter<Row> for Noting {
        fn open(&mut self, _: Option<&Json>) -> Result<(), BatchError> {
            self.note("open")
        }
        fn encoder(&self) -> Option<Box<dyn ItemEncoder<Row>>> {
            Some(Box::new(Self(Arc::clone(&self.0))))
        }
        fn write(&mut self, _: &[Row], _: &mut WriteContext<'_>) -> Result<(), ChunkError> {
            Ok(())
        }
        fn checkpoint(&mut self) -> Result<Option<Json>, BatchError> {
            self.note("checkpoint")
        }
        fn rolled_back(&mut self) -> Result<(), BatchError> {
            self.note("rolled back")
        }
        fn committed(&mut self) {
            let _ = self.note::<()>("committed");
        }
        fn finish(&mut self) -> Result<(), BatchError> {
            self.note("finish")
        }
        fn close(&mut self) -> Result<(), BatchError> {
            self.note("close")
        }
    }

    impl ItemEncoder<Row> for Noting {
        fn encode(&mut self, _: &[Row], _: &mut Encoded) -> Vec<(usize, BatchError)> {
            self.note::<()>("encode").err().into_iter().map(|error| (0, error)).collect()
        }
    }

    fn secretive() -> (Arc<Frame>, Arc<Mutex<Vec<&'static str>>>) {
        (Arc::new(Frame { secrets: vec!["hunter2".to_owned()], ..Frame::default() }), Arc::default())
    }

    #[test]
    fn every_call_reaches_a_masked_reader_and_none_of_its_errors_shows_a_secret() {
        let (frame, calls) = secretive();
        let mut source = source(Box::new(Noting(Arc::clone(&calls))), &frame);
        source.heed(&StopToken::default());
        let opened = source.open(None).err();
        let errors = [opened, source.fill(1, &mut Batch::default()).err(), source.close().err()];
        let texts = errors.map(|error| error.map(|error| error.to_string()).unwrap_or_default());
        assert_eq!(texts, ["open: ***", "fill: ***", "close: ***"]);
        assert_eq!(*calls.lock().unwrap(), ["heed", "open", "fill", "close"]);
    }

    #[test]
    fn every_call_reaches_a_masked_writer_and_none_of_its_errors_shows_a_secret() {
        let (frame, calls) = secretive();
        let mut writer = writer(Box::new(Noting(Arc::clone(&calls))), &frame);
        let opened = writer.open(None).err();
        let refused =
            writer.encoder().and_then(|mut encoder| encoder.encode(&[], &mut None).pop()).map(|(_, error)| error);
        let checkpoint = writer.checkpoint().err();
        let undone = writer.rolled_back().err();
        writer.committed();
        let errors = [opened, refused, checkpoint, undone, writer.finish().err(), writer.close().err()];
        let texts = errors.map(|error| error.map(|error| error.to_string()).unwrap_or_default());
        assert_eq!(
            texts,
            ["open", "encode", "checkpoint", "rolled back", "finish", "close"].map(|call| format!("{call}: ***"))
        );
        let calls = calls.lock().unwrap();
        assert_eq!(*calls, ["open", "encode", "checkpoint", "rolled back", "committed", "finish", "close"]);
    }
}
