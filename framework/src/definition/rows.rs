//! Filters, sets and validates rows, chunk after chunk, in the memory that they came in.

use std::mem;
use std::sync::Arc;

use super::processor::{Operation, Rule, SetCell};
use crate::error::{BatchError, names};
use crate::expr::{EvalError, Program};
use crate::kind::{Frame, RowFunction};
use crate::repository::Payload;
use crate::row::{Row, Schema, Value};
use crate::step::StepContext;
use crate::step::chunk::{BadItem, Batch, ChunkProcessor, Processed, Retries};

/// The operations of one run, compiled with the values of its frame as constants.
///
/// A row costs the evaluation of its expressions and the memory of the values they make. It stays where it is: what is left
/// out, and what was written, gives its memory back to the reader.
pub(super) struct RowProcessor {
    operations: Vec<Compiled>,
    /// Whether functions of the program are among them.
    calls: bool,
    input: Arc<Schema>,
    /// How many cells a row has that leaves.
    width: usize,
    frame: Arc<Frame>,
    /// What was done to the row at hand, the last first to be undone.
    done: Vec<Done>,
    /// The values of one `set`, until all of them are computed.
    computed: Vec<Value>,
}

/// Something that was done to a row.
enum Done {
    /// What stood in a cell that was written over.
    Replaced(usize, Value),
    /// The operation with this number made another row of it.
    Called(usize),
}

/// An operation, ready to run.
enum Compiled {
    Filter(Program, Box<str>),
    /// A new cell at the end of the row.
    Append(Cell),
    /// A cell that is written over.
    Replace(Cell),
    /// Several cells that are written over side by side.
    ReplaceAll(Vec<Cell>),
    Validate(CompiledRule),
    /// A function of the program itself.
    Call(Box<dyn RowFunction>),
}

struct Cell {
    index: usize,
    place: Box<str>,
    value: Program,
}

struct CompiledRule {
    check: Program,
    written: Box<str>,
    message: Option<Program>,
    error: Box<str>,
    place: Box<str>,
}

impl RowProcessor {
    /// The processor of rows of `input`, for one run with the values of `frame`.
    ///
    /// # Errors
    /// When a function of the program cannot be made ready.
    pub(super) fn new(
        operations: &[Operation],
        input: &Arc<Schema>,
        frame: &Arc<Frame>,
        step: &StepContext<'_>,
    ) -> Result<Self, BatchError> {
        let mut width = input.columns().len();
        let mut compiled = Vec::new();
        for operation in operations {
            compiled.extend(compile(operation, frame, step, &mut width)?);
        }
        Ok(Self {
            calls: compiled.iter().any(|operation| matches!(operation, Compiled::Call(_))),
            operations: compiled,
            input: Arc::clone(input),
            width,
            frame: Arc::clone(frame),
            done: Vec::new(),
            computed: Vec::new(),
        })
    }

    /// Runs the operations over one row. False when it is left out.
    fn run(&mut self, row: &mut Row, retries: &mut Retries<'_>) -> Result<bool, BatchError> {
        self.done.clear();
        for (number, operation) in self.operations.iter_mut().enumerate() {
            match operation {
                Compiled::Filter(condition, place) => match condition.test(row) {
                    Ok(true) => {}
                    Ok(false) => return Ok(false),
                    Err(error) => return Err(unfit(place, &error)),
                },
                Compiled::Append(cell) => row.push(cell.compute(row)?),
                Compiled::Replace(cell) => {
                    let value = cell.compute(row)?;
                    cell.replace(value, row, &mut self.done);
                }
                Compiled::ReplaceAll(cells) => {
                    self.computed.clear();
                    for cell in &*cells {
                        self.computed.push(cell.compute(row)?);
                    }
                    for (cell, value) in cells.iter().zip(self.computed.drain(..)) {
                        cell.replace(value, row, &mut self.done);
                    }
                }
                Compiled::Validate(rule) => rule.check(row)?,
                Compiled::Call(function) => match function.call(row, retries) {
                    Ok(true) => self.done.push(Done::Called(number)),
                    left_out => return left_out,
                },
            }
        }
        Ok(true)
    }

    /// The row as it was read, for a dead letter.
    #[cold]
    fn bad_item(&mut self, place: u64, row: &mut Row, error: BatchError) -> BadItem {
        for done in self.done.drain(..).rev() {
            match done {
                Done::Replaced(index, value) => {
                    if let Some(cell) = row.get_mut(index) {
                        *cell = value;
                    }
                }
                Done::Called(number) => {
                    if let Some(Compiled::Call(function)) = self.operations.get_mut(number) {
                        function.undo(row);
                    }
                }
            }
        }
        row.truncate(self.input.columns().len());
        BadItem { place, payload: payload(&self.input, row, &self.frame), error: self.frame.masked(error) }
    }

    /// A reader that gives rows of another width would have its cells taken for each other's.
    fn check_width(&self, rows: &[Row]) -> Result<(), BatchError> {
        let wanted = self.input.columns().len();
        match rows.iter().find(|row| row.len() != wanted) {
            None => Ok(()),
            Some(row) => {
                Err(BatchError::from(format!("the reader gave a row of {} cells for {wanted} columns", row.len())))
            }
        }
    }
}

impl ChunkProcessor<Row, Row> for RowProcessor {
    fn process(
        &mut self,
        input: &mut Batch<Row>,
        output: &mut Processed<Row>,
        retries: &mut Retries<'_>,
    ) -> Result<(), BatchError> {
        self.check_width(&input.items)?;
        let most_spare = input.items.len();
        let Batch { items, places, spare, .. } = input;
        let Processed { places: kept, filtered, bad, spare: written, .. } = output;
        // What the reader left of them it does not use.
        spare.clear();
        // With their cells: the next text of a column often takes the memory of the one before it.
        let mut recycle = |row: &mut Row| {
            if spare.len() < most_spare {
                spare.push(mem::take(row));
            }
        };
        written.iter_mut().for_each(&mut recycle);
        written.clear();
        if self.operations.is_empty() {
            mem::swap(items, &mut output.items);
            mem::swap(places, kept);
            return Ok(());
        }
        let mut place_of_next = places.iter().copied();
        items.retain_mut(|row| {
            let place = place_of_next.next().unwrap_or_default();
            // A function of the program may take long over each of the rows that are left, and nobody writes them.
            if self.calls && retries.is_aborted() {
                return false;
            }
            match self.run(row, retries) {
                Ok(true) => {
                    kept.push(place);
                    return true;
                }
                Ok(false) => *filtered += 1,
                Err(error) => bad.push(self.bad_item(place, row, error)),
            }
            recycle(row);
            false
        });
        // Rows that grow here were better made with room for what they grow by.
        if self.width > self.input.columns().len() {
            spare.resize_with(spare.len().max(most_spare), || Row::with_capacity(self.width));
        }
        places.clear();
        mem::swap(items, &mut output.items);
        Ok(())
    }
}

impl Cell {
    fn compute(&self, row: &[Value]) -> Result<Value, BatchError> {
        self.value.eval(row).map_err(|error| unfit(&self.place, &error))
    }

    fn replace(&self, value: Value, row: &mut Row, done: &mut Vec<Done>) {
        if let Some(cell) = row.get_mut(self.index) {
            done.push(Done::Replaced(self.index, mem::replace(cell, value)));
        }
    }
}

impl CompiledRule {
    fn check(&self, row: &[Value]) -> Result<(), BatchError> {
        match self.check.test(row) {
            Ok(true) => Ok(()),
            Ok(false) => Err(BatchError::new(self.error.to_string(), self.message(row))),
            Err(error) => Err(unfit(&self.place, &error)),
        }
    }

    #[cold]
    fn message(&self, row: &[Value]) -> String {
        let broken = || format!("the row breaks the rule: {}", self.written);
        match self.message.as_ref().map(|message| message.eval(row)) {
            Some(Ok(message)) => message.to_string(),
            Some(Err(error)) => format!("{} (no message: {error})", broken()),
            None => broken(),
        }
    }
}

fn compile(
    operation: &Operation,
    frame: &Frame,
    step: &StepContext<'_>,
    width: &mut usize,
) -> Result<Vec<Compiled>, BatchError> {
    Ok(match operation {
        Operation::Filter(condition, place) => {
            vec![Compiled::Filter(condition.compile_with(&frame.values), place.clone())]
        }
        Operation::Set(cells) => compile_set(cells, frame, width),
        Operation::Validate(rule) => vec![Compiled::Validate(compile_rule(rule, frame))],
        Operation::Used(used) => {
            *width = used.width;
            vec![Compiled::Call(used.plan.open(frame, step)?)]
        }
    })
}

/// New cells are computed first: nothing in the same `set` sees them. Those that are written over change together.
fn compile_set(cells: &[SetCell], frame: &Frame, width: &mut usize) -> Vec<Compiled> {
    let cell = |cell: &SetCell| Cell {
        index: cell.index,
        place: cell.place.clone(),
        value: cell.value.compile_with(&frame.values),
    };
    let before = *width;
    let (new, old): (Vec<_>, Vec<_>) = cells.iter().partition(|cell| cell.index >= before);
    *width += new.len();
    let mut compiled: Vec<_> = new.into_iter().map(cell).map(Compiled::Append).collect();
    let mut old: Vec<_> = old.into_iter().map(cell).collect();
    match old.len() {
        0 => {}
        1 => compiled.extend(old.pop().map(Compiled::Replace)),
        _ => compiled.push(Compiled::ReplaceAll(old)),
    }
    compiled
}

fn compile_rule(rule: &Rule, frame: &Frame) -> CompiledRule {
    let message = rule.message.as_ref().map(|message| message.compile_with(&frame.values));
    CompiledRule {
        check: rule.check.compile_with(&frame.values),
        written: rule.written.clone(),
        message,
        error: rule.error.clone(),
        place: rule.place.clone(),
    }
}

/// A row as a dead letter keeps it: JSON, without the secrets of the run.
pub(super) fn payload(schema: &Schema, row: &[Value], frame: &Frame) -> Payload {
    let json = schema.to_json(row);
    let json = if frame.secrets.is_empty() { json } else { masked(json, frame) };
    Payload { kind: "json", bytes: json.to_string().into_bytes() }
}

fn masked(json: serde_json::Value, frame: &Frame) -> serde_json::Value {
    match json {
        serde_json::Value::String(text) => frame.mask(&text).into(),
        serde_json::Value::Array(items) => items.into_iter().map(|item| masked(item, frame)).collect(),
        serde_json::Value::Object(entries) => {
            entries.into_iter().map(|(name, value)| (name, masked(value, frame))).collect()
        }
        other => other,
    }
}

/// Masks the secrets of the run in a record, whether its bytes are text or not.
pub(super) fn mask_bytes(bytes: &mut Vec<u8>, frame: &Frame) {
    if !frame.secrets.is_empty() {
        *bytes = frame.mask_bytes(bytes);
    }
}

#[cold]
fn unfit(what: &str, error: &EvalError) -> BatchError {
    invalid_row(format!("{what}: {error}"))
}

#[cold]
fn invalid_row(message: String) -> BatchError {
    BatchError::new(names::INVALID_ROW, message)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::policy::RetryPolicy;
    use crate::status::StopIntent;
    use crate::stop::StopToken;

    /// A function that is told to end while it has its first row.
    struct Aborted {
        stop: StopToken,
        calls: Arc<AtomicUsize>,
    }

    impl RowFunction for Aborted {
        fn call(&mut self, _: &mut Row, _: &mut Retries<'_>) -> Result<bool, BatchError> {
            self.calls.fetch_add(1, Ordering::Relaxed);
            self.stop.request(StopIntent::Aborted);
            Ok(true)
        }

        fn undo(&mut self, _: &mut Row) {}
    }

    #[test]
    fn an_abort_spares_the_functions_of_the_program_the_rest_of_the_chunk() {
        let (stop, calls) = (StopToken::default(), Arc::<AtomicUsize>::default());
        let function = Aborted { stop: stop.clone(), calls: Arc::clone(&calls) };
        let mut processor = RowProcessor {
            operations: vec![Compiled::Call(Box::new(function))],
            calls: true,
            input: Schema::new(Vec::new()),
            width: 0,
            frame: Arc::default(),
            done: Vec::new(),
            computed: Vec::new(),
        };
        let (mut input, mut output) = (Batch::default(), Processed::default());
        (1..=3).for_each(|place| input.push(place, Row::new()));
        let policy = RetryPolicy::default();
        processor.process(&mut input, &mut output, &mut Retries::new(&policy, &stop)).unwrap();
        assert_eq!(calls.load(Ordering::Relaxed), 1);
        assert_eq!((output.items.len(), &*output.places), (1, &[1][..]));
    }

    #[test]
    fn a_record_that_is_no_text_shows_no_secret_either() {
        let secrets = vec!["hunter2hunter2".to_owned(), "hunter2".to_owned(), String::new()];
        let frame = Frame { secrets, ..Frame::default() };
        for (record, masked) in [
            (&b"\xfcx,hunter2hunter2"[..], &b"\xfcx,***"[..]),
            (b"hunter2,\xff\xfehunter2,hunter", b"***,\xff\xfe***,hunter"),
            ("hunter2,ü".as_bytes(), "***,ü".as_bytes()),
            (b"\xfc", b"\xfc"),
            (b"", b""),
        ] {
            let mut bytes = record.to_owned();
            mask_bytes(&mut bytes, &frame);
            assert_eq!(bytes, masked, "{}", record.escape_ascii());
        }
    }
}
