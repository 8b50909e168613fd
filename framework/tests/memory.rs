//! The store in memory keeps the contract of the port.

use overnight_framework::repository::conformance::Harness;
use overnight_framework::repository::memory::{MemoryRepository, MemoryTables};
use overnight_framework::repository::{ChunkError, ChunkTransaction, Repository};
use overnight_framework::row::Value;

/// The table of the business rows.
const TABLE: &str = "ledger";

struct Fresh(MemoryRepository);

impl Fresh {
    fn new() -> Self {
        Self(MemoryRepository::new())
    }
}

impl Harness for Fresh {
    fn repository(&self) -> &dyn Repository {
        &self.0
    }

    fn write_row(&self, chunk: &mut dyn ChunkTransaction, value: &str) -> Result<(), ChunkError> {
        let tables = chunk.connection().downcast_mut::<MemoryTables>();
        tables.expect("a chunk of the store in memory writes to its tables").insert(TABLE, [Value::from(value)]);
        Ok(())
    }

    fn rows(&self) -> Vec<String> {
        self.0.tables().rows(TABLE).iter().flatten().map(Value::to_string).collect()
    }
}

overnight_framework::conformance_tests!(Fresh::new);
