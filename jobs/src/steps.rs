//! The kinds of steps that job files name: files, tables, statements and commands.

mod columns;
pub mod csv;
mod path;
pub mod shell;
