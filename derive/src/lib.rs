//! Derive macros of overnight.
