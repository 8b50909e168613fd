//! The store in memory: the double of tests, the dry run and the tutorial. It keeps every promise of the port.

/// The tables that writers of the twin write to.
#[derive(Debug, Default)]
pub struct MemoryTables;
