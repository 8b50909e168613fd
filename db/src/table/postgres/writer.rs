//! Writing rows to Postgres: binary COPY where that is possible and worth it, arrays and `unnest` otherwise.

use overnight_framework::row::Row;

use super::PgType;
use super::bind::{Bind, Elements};
use super::copy::{self, HEADER, TRAILER};
use super::encode::Slot;
use super::unnest;
use crate::session::Session;
use crate::table::bound::{BoundStatement, Often};
use crate::table::catalogue::Column;
use crate::table::name::quote_all;
use crate::table::problem::RowError;
use crate::table::script::Template;
use crate::table::target::Target;
use crate::table::writer::{Encoded, Payload, Plan, Sink, WriteError};

use diesel::RunQueryDsl as _;
use diesel::connection::SimpleConnection as _;

/// COPY has a fixed price of about a millisecond, which fewer rows do not earn back.
const WORTH_A_COPY: usize = 500;

/// Writes to one table of Postgres.
pub(in crate::table) struct PgSink {
    targets: Vec<PgTarget>,
    /// Which of them are the key; empty for a plain insert.
    key: Vec<usize>,
    /// `"schema"."table" ("a", "b")`, if COPY takes every column.
    copy: Option<String>,
    unnest: Template,
    /// Whether the table has constraints that may wait for COMMIT.
    defers: bool,
}

/// Where one cell of a row goes, and in which form.
pub(super) struct PgTarget {
    pub(super) target: Target,
    pub(super) slot: Slot,
}

impl PgSink {
    pub(in crate::table) fn new(plan: &Plan<'_>) -> Self {
        let names = quote_all(plan.columns.iter().map(|column| &*column.name));
        let into = format!("{} ({names})", plan.table.name.quoted());
        let takes_copies = |column: &&Column| column.postgres().is_some_and(PgType::copies);
        let copies = plan.table.copies && plan.key.is_empty() && plan.columns.iter().all(takes_copies);
        Self {
            targets: plan.targets().filter_map(PgTarget::new).collect(),
            key: plan.key.clone(),
            copy: copies.then(|| into.clone()),
            unnest: unnest::template(plan, &into),
            defers: plan.table.defers,
        }
    }

    fn encode_copy(&self, rows: &[Row], encoded: &mut Encoded) -> Vec<RowError> {
        let spare = std::mem::take(&mut encoded.payload);
        let mut bytes = if let Payload::Copy(bytes) = spare { bytes } else { Vec::new() };
        bytes.clear();
        bytes.extend_from_slice(&HEADER);
        let cells = i16::try_from(self.targets.len()).unwrap_or(i16::MAX).to_be_bytes();
        let mut errors = Vec::new();
        for (index, row) in rows.iter().enumerate() {
            let start = bytes.len();
            bytes.extend_from_slice(&cells);
            if let Err(error) = self.put_row(index, row, &mut bytes) {
                bytes.truncate(start);
                errors.push(error);
            }
        }
        bytes.extend_from_slice(&TRAILER);
        *encoded = Encoded { rows: rows.len() - errors.len(), payload: Payload::Copy(bytes) };
        errors
    }

    fn encode_arrays(&self, rows: &[Row], encoded: &mut Encoded) -> Vec<RowError> {
        let errors = self.check(rows);
        let mut refused = errors.iter().map(|error| error.index).peekable();
        let taken = |index: &usize| refused.next_if_eq(index).is_none();
        let mut order: Vec<usize> = (0..rows.len()).filter(taken).collect();
        let count = order.len();
        if !self.key.is_empty() {
            order = unnest::last_of_each_key(&self.targets, &self.key, rows, order);
        }
        let spare = std::mem::take(&mut encoded.payload);
        let mut spare = if let Payload::Arrays(arrays) = spare { arrays } else { Vec::new() }.into_iter();
        let array = |PgTarget { target, slot }: &PgTarget| {
            let mut elements = Elements::new(slot.wire, spare.next().unwrap_or_default());
            for row in order.iter().filter_map(|index| rows.get(*index)) {
                let written = slot.put(target.cell(row), elements.next());
                debug_assert_eq!(written, Ok(()), "the rows were checked above");
            }
            elements.finish()
        };
        let arrays = self.targets.iter().map(array).collect();
        *encoded = Encoded { rows: count, payload: Payload::Arrays(arrays) };
        errors
    }

    fn put_row(&self, index: usize, row: &Row, out: &mut Vec<u8>) -> Result<(), RowError> {
        self.targets
            .iter()
            .try_for_each(|PgTarget { target, slot }| target.put(index, row, |value| slot.put(value, out)))
    }
}

impl Sink for PgSink {
    fn encode(&self, rows: &[Row], into: &mut Encoded) -> Vec<RowError> {
        if self.copy.is_some() && rows.len() >= WORTH_A_COPY {
            self.encode_copy(rows, into)
        } else {
            self.encode_arrays(rows, into)
        }
    }

    fn check(&self, rows: &[Row]) -> Vec<RowError> {
        let mut scratch = Vec::new();
        let check = |(index, row): (usize, &Row)| {
            scratch.clear();
            self.put_row(index, row, &mut scratch).err()
        };
        rows.iter().enumerate().filter_map(check).collect()
    }

    fn send(&self, session: Session<'_>, encoded: &Encoded) -> Result<u64, WriteError> {
        let Some(connection) = session.postgres() else {
            return Err(WriteError::OtherDatabase);
        };
        if encoded.rows == 0 {
            return Ok(0);
        }
        match (&encoded.payload, &self.copy) {
            (Payload::Copy(bytes), Some(target)) => Ok(copy::copy(connection, target, bytes)?),
            (Payload::Arrays(arrays), _) => {
                let columns = self.targets.iter().zip(arrays);
                let binds: Vec<_> = columns.map(|(target, array)| Bind::array(target.slot.wire, array)).collect();
                let statement = BoundStatement { template: &self.unnest, binds: &binds, often: Often::Again };
                Ok(statement.execute(connection)? as u64)
            }
            _ => Err(WriteError::OtherDatabase),
        }
    }

    fn check_deferred(&self, session: Session<'_>) -> Result<(), WriteError> {
        if !self.defers {
            return Ok(());
        }
        let connection = session.postgres().ok_or(WriteError::OtherDatabase)?;
        Ok(connection.batch_execute("SET CONSTRAINTS ALL IMMEDIATE")?)
    }
}

impl PgTarget {
    fn new((column, place, in_key): (&Column, usize, bool)) -> Option<Self> {
        let kind = column.postgres()?;
        let slot = Slot { wire: kind.wire, limit: kind.limit, declared: (&*column.declared).into() };
        Some(Self { target: Target::new((column, place, in_key)), slot })
    }
}
