//! What both stores promise, and what each promises alone.

mod begin_to_end;
mod support;
