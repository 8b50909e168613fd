//! Binary COPY into a table that is known only at run time.
//!
//! diesel wants the target of a COPY as a type, whose hidden method `CopyTarget::walk_target` writes table and columns
//! and has no `self`. Ours reads them from the thread, where they stand for the length of one call. The version of
//! diesel is pinned for that, and `a_table_known_only_at_run_time_is_copied_into` fails when the method goes away. The
//! way without it is `unnest`, at 0.4 of the speed; a raw connection of libpq beside diesel's could not share the
//! transaction of the chunk.

use std::cell::RefCell;
use std::io::Write;

use diesel::pg::{CopyFormat, CopyTarget, Pg};
use diesel::query_builder::AstPass;
use diesel::result::{Error, QueryResult};
use diesel::sql_types::BigInt;
use diesel::{ExecuteCopyFromDsl as _, PgConnection};

/// What every binary COPY starts with: a signature, no flags, no more header.
pub(super) const HEADER: [u8; 19] = *b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";

/// The number of cells that stands for the end.
pub(super) const TRAILER: [u8; 2] = (-1_i16).to_be_bytes();

/// libpq takes at most 2 GiB in one piece. Pieces of 8 to 256 KiB gain nothing: of a chunk of 5,000 rows the server makes 4.7 ms
/// of work and libpq 0.25 ms, however it is cut.
const PIECE: usize = 1 << 30;

diesel::table! {
    /// A table that there is nowhere: the type of the target wants one.
    nowhere (id) {
        id -> BigInt,
    }
}

thread_local! {
    /// `"schema"."table" ("a", "b")` of the COPY that this thread is about to send.
    static TARGET: RefCell<String> = const { RefCell::new(String::new()) };
}

struct RunTimeTarget;

impl CopyTarget for RunTimeTarget {
    type Table = nowhere::table;
    type SqlType = BigInt;

    fn walk_target(mut pass: AstPass<'_, '_, Pg>) -> QueryResult<()> {
        TARGET.with_borrow(|target| pass.push_sql(target));
        Ok(())
    }
}

/// Sends `bytes`, header and trailer included, into `target` and answers how many rows the server took.
pub(super) fn copy(connection: &mut PgConnection, target: &str, bytes: &[u8]) -> QueryResult<u64> {
    TARGET.with_borrow_mut(|place| target.clone_into(place));
    let send = |sink: &mut dyn Write| -> Result<(), Error> {
        for piece in bytes.chunks(PIECE) {
            sink.write_all(piece).map_err(|error| Error::SerializationError(error.into()))?;
        }
        Ok(())
    };
    let rows = diesel::copy_from(nowhere::table)
        .from_raw_data(RunTimeTarget, send)
        .with_format(CopyFormat::Binary)
        .execute(connection)?;
    Ok(rows as u64)
}
