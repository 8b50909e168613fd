//! The engine of overnight: jobs made of steps, their parameters, their records and the port to the store.
//!
//! The modules stand in the order of their dependencies: each one uses only those above it.

pub mod row;

pub mod expr;
