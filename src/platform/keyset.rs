//! Keyset pagination in SQL: ordering by a few columns, and "what comes after this row".
//!
//! Written as query fragments of our own: `sql()` would do, but Diesel prepares such statements anew at every call.

use chrono::{DateTime, Utc};
use diesel::expression::{
    AppearsOnTable, Expression, SelectableExpression, ValidGrouping, is_aggregate,
};
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::sql_types::{BigInt, Bool, Text, Timestamptz, Uuid as SqlUuid};
use serde::{Deserialize, Serialize};

/// Which way a column is sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Direction {
    Ascending,
    Descending,
}

impl Direction {
    /// The other way, for reading backwards.
    pub fn reversed(self) -> Self {
        match self {
            Self::Ascending => Self::Descending,
            Self::Descending => Self::Ascending,
        }
    }
}

/// One column of an ordering. The SQL is fixed text from our own code; no client's text ever stands there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SortColumn {
    pub sql: &'static str,
    pub kind: KeyKind,
    pub direction: Direction,
}

/// The type of a sort column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    Time,
    Id,
    Number,
    Text,
}

/// A row's value in a sort column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyValue {
    Time(DateTime<Utc>),
    Id(uuid::Uuid),
    Number(i64),
    Text(String),
}

/// `order by` these columns.
#[derive(Debug, Clone)]
pub struct OrderBy(pub Vec<SortColumn>);

/// `order by` these columns, and only so many rows. The limit stands in the text and not in a parameter: a planner that
/// does not know how few rows are wanted reads and sorts them all.
#[derive(Debug, Clone)]
pub struct Slice {
    pub order: OrderBy,
    pub limit: i64,
    pub offset: i64,
}

impl QueryFragment<Pg> for Slice {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.order.walk_ast(out.reborrow())?;
        out.push_sql(" limit ");
        out.push_sql(&self.limit.to_string());
        if self.offset > 0 {
            out.push_sql(" offset ");
            out.push_bind_param::<BigInt, _>(&self.offset)?;
        }
        Ok(())
    }
}

/// The rows that stand after a row with these values, in this order. Both lists have the same length.
#[derive(Debug, Clone)]
pub struct After {
    pub columns: Vec<SortColumn>,
    pub values: Vec<KeyValue>,
}

impl QueryFragment<Pg> for OrderBy {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        for (index, column) in self.0.iter().enumerate() {
            if index > 0 {
                out.push_sql(", ");
            }
            out.push_sql(column.sql);
            out.push_sql(match column.direction {
                Direction::Ascending => " asc",
                Direction::Descending => " desc",
            });
        }
        Ok(())
    }
}

impl QueryFragment<Pg> for After {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let mut directions = self.columns.iter().map(|column| column.direction);
        let first = directions.next();
        if directions.all(|direction| Some(direction) == first) {
            self.walk_row(out.reborrow())
        } else {
            self.walk_alternatives(out.reborrow())
        }
    }
}

impl After {
    /// `(a, b) > (1, 2)`: one condition that an index answers.
    fn walk_row<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("(");
        for (index, column) in self.columns.iter().enumerate() {
            out.push_sql(if index > 0 { ", " } else { "" });
            out.push_sql(column.sql);
        }
        out.push_sql(
            if self
                .columns
                .first()
                .is_some_and(|column| column.direction == Direction::Descending)
            {
                ") < ("
            } else {
                ") > ("
            },
        );
        for (index, value) in self.values.iter().enumerate() {
            out.push_sql(if index > 0 { ", " } else { "" });
            value.walk(out.reborrow())?;
        }
        out.push_sql(")");
        Ok(())
    }

    /// `a > 1 or (a = 1 and b < 2)`: for columns that are sorted different ways.
    fn walk_alternatives<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("(");
        for (index, column) in self.columns.iter().enumerate() {
            out.push_sql(if index > 0 { " or (" } else { "(" });
            for (equal, value) in self.columns.iter().zip(&self.values).take(index) {
                out.push_sql(equal.sql);
                out.push_sql(" = ");
                value.walk(out.reborrow())?;
                out.push_sql(" and ");
            }
            out.push_sql(column.sql);
            out.push_sql(if column.direction == Direction::Descending {
                " < "
            } else {
                " > "
            });
            if let Some(value) = self.values.get(index) {
                value.walk(out.reborrow())?;
            }
            out.push_sql(")");
        }
        out.push_sql(")");
        Ok(())
    }
}

impl KeyValue {
    /// The type of column that it can be compared with.
    pub fn kind(&self) -> KeyKind {
        match self {
            Self::Time(_) => KeyKind::Time,
            Self::Id(_) => KeyKind::Id,
            Self::Number(_) => KeyKind::Number,
            Self::Text(_) => KeyKind::Text,
        }
    }

    fn walk<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        match self {
            Self::Time(value) => out.push_bind_param::<Timestamptz, _>(value),
            Self::Id(value) => out.push_bind_param::<SqlUuid, _>(value),
            Self::Number(value) => out.push_bind_param::<BigInt, _>(value),
            Self::Text(value) => out.push_bind_param::<Text, _>(value),
        }
    }
}

macro_rules! fragment {
    ($type:ident, $sql_type:ty) => {
        impl QueryId for $type {
            type QueryId = ();
            const HAS_STATIC_QUERY_ID: bool = false;
        }
        impl Expression for $type {
            type SqlType = $sql_type;
        }
        impl ValidGrouping<()> for $type {
            type IsAggregate = is_aggregate::No;
        }
        impl<Table> AppearsOnTable<Table> for $type {}
        impl<Table> SelectableExpression<Table> for $type {}
    };
}
fragment!(OrderBy, diesel::expression::expression_types::NotSelectable);
fragment!(Slice, diesel::expression::expression_types::NotSelectable);
fragment!(After, Bool);
