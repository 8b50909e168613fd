//! The contract of the port, kept by both stores.

use diesel::prelude::*;
use overnight_db::{ChunkConnection, Session, chunk_error};
use overnight_framework::repository::conformance::Harness;
use overnight_framework::repository::{ChunkError, ChunkTransaction, Repository};

use crate::support::{self, Store};

diesel::table! {
    business (value) {
        value -> Text,
    }
}

/// A fresh store with a table for business rows beside it.
struct Fresh(Store);

impl Fresh {
    fn in_postgres() -> Self {
        Self::with_table(support::postgres())
    }

    fn in_sqlite() -> Self {
        Self::with_table(support::sqlite())
    }

    fn with_table(store: Store) -> Self {
        let create = diesel::sql_query("CREATE TABLE business (value TEXT NOT NULL)");
        let created = store.database.write(|connection| match connection {
            Session::Postgres(connection) => create.execute(connection),
            Session::Sqlite(connection) => create.execute(connection),
        });
        created.unwrap().unwrap();
        Self(store)
    }
}

impl Harness for Fresh {
    fn repository(&self) -> &dyn Repository {
        &*self.0.repository
    }

    fn write_row(&self, chunk: &mut dyn ChunkTransaction, value: &str) -> Result<(), ChunkError> {
        let insert = diesel::insert_into(business::table).values(business::value.eq(value));
        let inserted = match chunk.postgres() {
            Some(connection) => insert.execute(connection),
            None => insert.execute(chunk.sqlite().unwrap()),
        };
        inserted.map(drop).map_err(chunk_error)
    }

    fn rows(&self) -> Vec<String> {
        let rows = self.0.database.read(|connection| match connection {
            Session::Postgres(connection) => business::table.select(business::value).load(connection),
            Session::Sqlite(connection) => business::table.select(business::value).load(connection),
        });
        rows.unwrap().unwrap()
    }
}

mod in_postgres {
    overnight_framework::conformance_tests!(super::Fresh::in_postgres);
}

mod in_sqlite {
    overnight_framework::conformance_tests!(super::Fresh::in_sqlite);
}
