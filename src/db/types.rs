//! How our types stand in the two databases: ids as uuid or BLOB, times as timestamptz or INTEGER
//! microseconds, words as TEXT. Written once for all ids (`Id<K>`), once for times, by macro for enums.

use std::io::Write as _;

use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, Queryable};
use diesel::expression::AsExpression;
use diesel::internal::derives::as_expression::Bound;
use diesel::pg::Pg;
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::{BigInt, Binary, HasSqlType, Nullable, SingleValue, Text};
use diesel::sqlite::Sqlite;

use super::conn::MultiBackend;
use super::schema::sql;
use crate::base::{Id, Timestamp};
use crate::domain::money::Currency;

impl HasSqlType<sql::Uid> for MultiBackend {
    fn metadata(lookup: &mut Self::MetadataLookup) -> Self::TypeMetadata {
        Self::lookup_sql_type::<sql::Uid>(lookup)
    }
}
impl HasSqlType<sql::Moment> for MultiBackend {
    fn metadata(lookup: &mut Self::MetadataLookup) -> Self::TypeMetadata {
        Self::lookup_sql_type::<sql::Moment>(lookup)
    }
}

/// The parts of diesel's derives that a foreign type needs, for one SQL type.
macro_rules! as_expression {
    ([$($generics:ident)?] $type:ty, $sql:ty) => {
        impl<$($generics)?> AsExpression<$sql> for $type {
            type Expression = Bound<$sql, Self>;
            fn as_expression(self) -> Self::Expression { Bound::new(self) }
        }
        impl<$($generics)?> AsExpression<Nullable<$sql>> for $type {
            type Expression = Bound<Nullable<$sql>, Self>;
            fn as_expression(self) -> Self::Expression { Bound::new(self) }
        }
        impl<'expr $(, $generics)?> AsExpression<$sql> for &'expr $type {
            type Expression = Bound<$sql, Self>;
            fn as_expression(self) -> Self::Expression { Bound::new(self) }
        }
        impl<'expr $(, $generics)?> AsExpression<Nullable<$sql>> for &'expr $type {
            type Expression = Bound<Nullable<$sql>, Self>;
            fn as_expression(self) -> Self::Expression { Bound::new(self) }
        }
        impl<$($generics,)? DB> ToSql<Nullable<$sql>, DB> for $type
        where
            DB: Backend,
            $type: ToSql<$sql, DB>,
        {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
                ToSql::<$sql, DB>::to_sql(self, out)
            }
        }
        impl<$($generics,)? DB, ST> Queryable<ST, DB> for $type
        where
            DB: Backend,
            ST: SingleValue,
            $type: FromSql<ST, DB>,
        {
            type Row = Self;
            fn build(row: Self) -> deserialize::Result<Self> { Ok(row) }
        }
    };
}

as_expression!([K] Id<K>, sql::Uid);
as_expression!([] Timestamp, sql::Moment);

impl<K> ToSql<sql::Uid, Pg> for Id<K> {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        out.write_all(self.as_bytes())?;
        Ok(IsNull::No)
    }
}
impl<K> ToSql<sql::Uid, Sqlite> for Id<K> {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.as_bytes().as_slice());
        Ok(IsNull::No)
    }
}
impl<K: 'static> ToSql<sql::Uid, MultiBackend> for Id<K> {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, MultiBackend>) -> serialize::Result {
        out.set_value((sql::Uid, self));
        Ok(IsNull::No)
    }
}
impl<K> FromSql<sql::Uid, Pg> for Id<K> {
    fn from_sql(value: <Pg as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        Ok(Self::from_uuid(uuid::Uuid::from_slice(value.as_bytes())?))
    }
}
impl<K> FromSql<sql::Uid, Sqlite> for Id<K> {
    fn from_sql(value: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        let bytes = <Vec<u8> as FromSql<Binary, Sqlite>>::from_sql(value)?;
        Ok(Self::from_uuid(uuid::Uuid::from_slice(&bytes)?))
    }
}
impl<K> FromSql<sql::Uid, MultiBackend> for Id<K> {
    fn from_sql(value: <MultiBackend as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        value.from_sql::<Self, sql::Uid>()
    }
}

/// PostgreSQL counts microseconds from 2000-01-01.
const PG_EPOCH_MICROS: i64 = 946_684_800_000_000;

impl ToSql<sql::Moment, Pg> for Timestamp {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        out.write_all(&(self.micros() - PG_EPOCH_MICROS).to_be_bytes())?;
        Ok(IsNull::No)
    }
}
impl ToSql<sql::Moment, Sqlite> for Timestamp {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.micros());
        Ok(IsNull::No)
    }
}
impl ToSql<sql::Moment, MultiBackend> for Timestamp {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, MultiBackend>) -> serialize::Result {
        out.set_value((sql::Moment, self));
        Ok(IsNull::No)
    }
}
impl FromSql<sql::Moment, Pg> for Timestamp {
    fn from_sql(value: <Pg as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        let micros = <i64 as FromSql<BigInt, Pg>>::from_sql(value)?;
        Self::from_micros(micros.saturating_add(PG_EPOCH_MICROS)).ok_or_else(|| "time out of range".into())
    }
}
impl FromSql<sql::Moment, Sqlite> for Timestamp {
    fn from_sql(value: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        let micros = <i64 as FromSql<BigInt, Sqlite>>::from_sql(value)?;
        Self::from_micros(micros).ok_or_else(|| "time out of range".into())
    }
}
impl FromSql<sql::Moment, MultiBackend> for Timestamp {
    fn from_sql(value: <MultiBackend as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        value.from_sql::<Self, sql::Moment>()
    }
}

/// Words: enums made by `text_enum!`, and currencies. `$as_str` gives a `&'static str`.
macro_rules! text_column {
    ($($type:ty => $as_str:ident),* $(,)?) => { $(
        as_expression!([] $type, Text);
        impl<DB: Backend> ToSql<Text, DB> for $type
        where
            str: ToSql<Text, DB>,
        {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
                let word: &'static str = (*self).$as_str();
                word.to_sql(out)
            }
        }
        impl<DB: Backend> FromSql<Text, DB> for $type
        where
            String: FromSql<Text, DB>,
        {
            fn from_sql(value: DB::RawValue<'_>) -> deserialize::Result<Self> {
                Ok(String::from_sql(value)?.parse()?)
            }
        }
    )* };
}

text_column!(
    Currency => code,
    crate::domain::access::AccountStatus => as_str,
    crate::domain::adjustment::AdjustmentState => as_str,
    crate::domain::access::OwnerKind => as_str,
    crate::domain::access::Role => as_str,
    crate::domain::access::TokenKind => as_str,
    crate::domain::adapter::Weight => as_str,
    crate::domain::application::ApplicationState => as_str,
    crate::domain::bot::BotVerdict => as_str,
    crate::domain::claim::ClaimState => as_str,
    crate::domain::claim::FileKind => as_str,
    crate::domain::conversion::State => as_str,
    crate::domain::hook::EventKind => as_str,
    crate::domain::hook::HookState => as_str,
    crate::domain::hook::MessageState => as_str,
    crate::domain::ledger::TransactionKind => as_str,
    crate::domain::notice::NoticeKind => as_str,
    crate::domain::partner::Status => as_str,
    crate::domain::payout::MethodKind => as_str,
    crate::domain::payout::PayoutState => as_str,
    crate::domain::payout::PersonWhy => as_str,
    crate::domain::payout::ReviewRule => as_str,
    super::jobs::JobKind => as_str,
    super::reconciliation::StatementKind => as_str,
    crate::domain::reason::Language => as_str,
    crate::domain::reconcile::Class => as_str,
    crate::domain::verdict::Verdict => as_str,
);
