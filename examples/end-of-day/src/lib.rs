//! Makes the input of an accounting day: accounts, transactions, control totals and checksums, of any size, always the
//! same from the same plan.
//!
//! The first accounts and transactions of every day are chosen, not drawn: interest and values that lie exactly between
//! two cents, overdrafts, amounts of zero, currencies without minor units or without a rate, and texts that are hard on a
//! CSV file.

mod account;
mod chosen;
mod file;
mod number;
mod plan;
mod random;
mod rates;
mod transaction;

pub use plan::{GenerateError, Plan};
