//! Instants as rows keep them: `timestamptz` in PostgreSQL, microseconds since 1970 in SQLite.

#[cfg(feature = "sqlite")]
use std::time::Duration;

#[cfg(feature = "sqlite")]
use chrono::TimeDelta;
use chrono::{DateTime, SubsecRound, Utc};
use diesel::deserialize::FromSqlRow;
use diesel::expression::AsExpression;
use diesel::sql_types::BigInt;
#[cfg(feature = "postgres")]
use diesel::sql_types::Timestamptz;

/// An instant to the microsecond, the finest that both databases keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, FromSqlRow, AsExpression)]
#[diesel(sql_type = BigInt)]
#[cfg_attr(feature = "postgres", diesel(sql_type = Timestamptz))]
pub(crate) struct Instant(DateTime<Utc>);

impl From<DateTime<Utc>> for Instant {
    fn from(instant: DateTime<Utc>) -> Self {
        Self(instant.trunc_subsecs(6))
    }
}

impl From<Instant> for DateTime<Utc> {
    fn from(instant: Instant) -> Self {
        instant.0
    }
}

#[cfg(feature = "sqlite")]
impl Instant {
    /// The instant this long before; the first one there is when that lies before the calendar.
    pub(crate) fn minus(self, duration: Duration) -> Self {
        let by = TimeDelta::from_std(duration).unwrap_or(TimeDelta::MAX);
        Self(self.0.checked_sub_signed(by).unwrap_or(DateTime::<Utc>::MIN_UTC))
    }
}

#[cfg(feature = "postgres")]
mod postgres {
    use diesel::deserialize::{self, FromSql};
    use diesel::pg::{Pg, PgValue};
    use diesel::serialize::{self, Output, ToSql};
    use diesel::sql_types::Timestamptz;

    use super::{DateTime, Instant, Utc};

    impl FromSql<Timestamptz, Pg> for Instant {
        fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
            <DateTime<Utc> as FromSql<Timestamptz, Pg>>::from_sql(value).map(Self)
        }
    }

    impl ToSql<Timestamptz, Pg> for Instant {
        fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
            ToSql::<Timestamptz, Pg>::to_sql(&self.0, out)
        }
    }
}

#[cfg(feature = "sqlite")]
mod sqlite {
    use diesel::backend::Backend;
    use diesel::deserialize::{self, FromSql};
    use diesel::serialize::{self, IsNull, Output, ToSql};
    use diesel::sql_types::BigInt;
    use diesel::sqlite::Sqlite;

    use super::{DateTime, Instant};

    impl FromSql<BigInt, Sqlite> for Instant {
        fn from_sql(value: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
            let micros = <i64 as FromSql<BigInt, Sqlite>>::from_sql(value)?;
            let instant = DateTime::from_timestamp_micros(micros);
            instant.map(Self).ok_or_else(|| format!("{micros} microseconds are beyond the calendar").into())
        }
    }

    impl ToSql<BigInt, Sqlite> for Instant {
        fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
            out.set_value(self.0.timestamp_micros());
            Ok(IsNull::No)
        }
    }
}
