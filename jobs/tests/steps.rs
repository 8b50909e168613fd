//! The kinds of steps that read and write rows, on real files and real databases.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod steps {
    mod csv;
    mod csv_writer;
    mod flows;
    mod rows;
    mod runs;
    mod tables;
}
