//! Reader, processor and writer put together link by link: `Chunk::read(…).process(…).write(…)`.

use std::fmt;
use std::marker::PhantomData;

use super::one_by_one::OneByOne;
use super::parts::{Chunk, ChunkParts};
use super::{ItemProcessor, ItemReader, ItemWriter, PassThrough};
use crate::error::BatchError;
use crate::step::IntoError;

/// A reader whose items go somewhere: on to a processor, or straight to a writer.
#[must_use = "finish the chain with `.write(writer)`"]
pub struct Reading<T, R> {
    reader: R,
    items: PhantomData<fn() -> T>,
}

/// A reader and a processor whose items go to a writer.
#[must_use = "finish the chain with `.write(writer)`"]
pub struct Processing<I, O, R, P> {
    reader: R,
    processor: P,
    items: PhantomData<fn(I) -> O>,
}

impl Chunk {
    /// Begins with what reads the items.
    ///
    /// ```
    /// use overnight_framework::step::chunk::{Chunk, Items, WriteContext};
    /// use overnight_framework::repository::ChunkError;
    ///
    /// let even = |number: &u32| Ok((number % 2 == 0).then_some(number * 10));
    /// let print = |items: &[u32], _: &mut WriteContext<'_>| -> Result<(), ChunkError> { Ok(()) };
    /// let chunk: Chunk = Chunk::read(Items::of([1, 2, 3])).process(even).write(print);
    /// ```
    pub fn read<T, R: ItemReader<T> + 'static>(reader: R) -> Reading<T, R> {
        Reading { reader, items: PhantomData }
    }
}

impl<T, R> Reading<T, R>
where
    T: Send + fmt::Debug + 'static,
    R: ItemReader<T> + 'static,
{
    /// Goes on with what makes an item for the writer of each item, or leaves it out.
    pub fn process<O, P: ItemProcessor<T, O> + 'static>(self, processor: P) -> Processing<T, O, R, P> {
        Processing { reader: self.reader, processor, items: PhantomData }
    }

    /// Ends with what writes the items as they were read.
    #[must_use]
    pub fn write(self, writer: impl ItemWriter<T> + 'static) -> Chunk {
        let source = Box::new(OneByOne::new(self.reader));
        ChunkParts::debug(source, Box::new(PassThrough), Box::new(writer)).into()
    }
}

impl<I, O, R, P> Processing<I, O, R, P>
where
    I: Send + fmt::Debug + 'static,
    O: Send + fmt::Debug + 'static,
    R: ItemReader<I> + 'static,
    P: ItemProcessor<I, O> + 'static,
{
    /// Ends with what writes the items.
    #[must_use]
    pub fn write(self, writer: impl ItemWriter<O> + 'static) -> Chunk {
        ChunkParts::new(self.reader, self.processor, writer).into()
    }
}

/// What a chunk step written as a function may answer.
#[diagnostic::on_unimplemented(
    message = "a chunk step cannot return `{Self}`",
    label = "expected `Chunk` or `Result<Chunk>`",
    note = "`Chunk::read(reader).process(processor)` is not whole: finish the chain with `.write(writer)`"
)]
pub trait IntoChunk {
    /// The chunk.
    ///
    /// # Errors
    /// The step's own.
    fn into_chunk(self) -> Result<Chunk, BatchError>;
}

impl IntoChunk for Chunk {
    fn into_chunk(self) -> Result<Chunk, BatchError> {
        Ok(self)
    }
}

impl<C: IntoChunk, E: IntoError> IntoChunk for Result<C, E> {
    fn into_chunk(self) -> Result<Chunk, BatchError> {
        self.map_err(E::into_error)?.into_chunk()
    }
}

impl<T, R> fmt::Debug for Reading<T, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reading").finish_non_exhaustive()
    }
}

impl<I, O, R, P> fmt::Debug for Processing<I, O, R, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Processing").finish_non_exhaustive()
    }
}
