//! The databases of overnight: its stores, and the tables that declared steps read and write.

pub mod table;
pub mod testing;
