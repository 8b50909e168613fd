//! The list of what is applied, in each store.

use diesel::QueryResult;

use super::{Migration, MigrationStatus};
use crate::statements::Backing;

/// A connection that can look after its schema.
pub(crate) trait Schema: Backing {
    /// The migrations for this store.
    const MIGRATIONS: &'static [Migration];

    /// Keeps every other process from the schema until the transaction ends.
    fn lock_schema(&mut self) -> QueryResult<()>;

    /// Whether the list is there.
    fn has_list(&mut self) -> QueryResult<bool>;

    /// Makes the list, unless it is there.
    fn make_list(&mut self) -> QueryResult<()>;

    /// What is applied, oldest first.
    fn applied(&mut self) -> QueryResult<Vec<MigrationStatus>>;

    /// Adds to the list.
    fn record(&mut self, migration: &Migration) -> QueryResult<()>;

    /// Takes off the list.
    fn forget(&mut self, version: u32) -> QueryResult<()>;
}

macro_rules! list_statements {
    ($store:ident) => {
        fn applied(&mut self) -> QueryResult<Vec<MigrationStatus>> {
            use crate::schema::$store::schema_migration::dsl;
            let rows: Vec<(i32, String, Instant)> = dsl::schema_migration.order(dsl::version).load(self)?;
            let status = |(version, name, at): (i32, String, Instant)| MigrationStatus {
                version: version.unsigned_abs(),
                name,
                applied_at: Some(at.into()),
            };
            Ok(rows.into_iter().map(status).collect())
        }

        fn record(&mut self, migration: &Migration) -> QueryResult<()> {
            use crate::schema::$store::schema_migration::dsl;
            diesel::insert_into(dsl::schema_migration)
                .values((dsl::version.eq(migration.version.cast_signed()), dsl::name.eq(migration.name)))
                .execute(self)?;
            Ok(())
        }

        fn forget(&mut self, version: u32) -> QueryResult<()> {
            use crate::schema::$store::schema_migration::dsl;
            diesel::delete(dsl::schema_migration.find(version.cast_signed())).execute(self)?;
            Ok(())
        }
    };
}

#[cfg(feature = "postgres")]
mod postgres {
    use diesel::connection::SimpleConnection;
    use diesel::dsl::sql;
    use diesel::prelude::*;
    use diesel::sql_types::Bool;

    use super::{Migration, MigrationStatus, Schema};
    use crate::instant::Instant;
    use crate::migration::list::{LIST_IN_POSTGRES, POSTGRES};

    impl Schema for PgConnection {
        const MIGRATIONS: &'static [Migration] = POSTGRES;

        /// The key is "overnigh" in ASCII. CREATE … IF NOT EXISTS alone fails when two processes do it at once.
        fn lock_schema(&mut self) -> QueryResult<()> {
            self.batch_execute("SELECT pg_advisory_xact_lock(8031718527614936936)")
        }

        fn has_list(&mut self) -> QueryResult<bool> {
            diesel::select(sql::<Bool>("to_regclass('overnight.schema_migration') IS NOT NULL")).get_result(self)
        }

        fn make_list(&mut self) -> QueryResult<()> {
            self.batch_execute(LIST_IN_POSTGRES)
        }

        list_statements!(postgres);
    }
}

#[cfg(feature = "sqlite")]
mod sqlite {
    use diesel::connection::SimpleConnection;
    use diesel::dsl::sql;
    use diesel::prelude::*;
    use diesel::sql_types::Bool;

    use super::{Migration, MigrationStatus, Schema};
    use crate::instant::Instant;
    use crate::migration::list::{LIST_IN_SQLITE, SQLITE};

    impl Schema for SqliteConnection {
        const MIGRATIONS: &'static [Migration] = SQLITE;

        /// The transaction is IMMEDIATE: that is the lock.
        fn lock_schema(&mut self) -> QueryResult<()> {
            Ok(())
        }

        fn has_list(&mut self) -> QueryResult<bool> {
            let known = "EXISTS (SELECT 1 FROM sqlite_master WHERE name = 'overnight_schema_migration')";
            diesel::select(sql::<Bool>(known)).get_result(self)
        }

        fn make_list(&mut self) -> QueryResult<()> {
            self.batch_execute(LIST_IN_SQLITE)
        }

        list_statements!(sqlite);
    }
}
