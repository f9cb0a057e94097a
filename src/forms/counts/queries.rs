use std::collections::HashMap;

use chrono::NaiveDate;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::{Array, BigInt, Date, Text, Uuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::counter::{Counting, Numbers};
use crate::forms::values::VariantKey;
use crate::schema::form_counts;
use crate::types::{FormId, Parse};

/// Adds many counts at once. In the order of the key, so that two instances can't wait for each other; what was counted for
/// a form that is gone goes with it.
struct Add {
    forms: Vec<FormId>,
    variants: Vec<String>,
    days: Vec<NaiveDate>,
    numbers: [Vec<i64>; 5],
}

impl QueryFragment<Pg> for Add {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(
            "insert into form_counts (form_id, variant, day, loads, shows, dismissals, submits, confirms) \
             select forms.id, variant, day, loads, shows, dismissals, submits, confirms from unnest(",
        );
        out.push_bind_param::<Array<Uuid>, _>(&self.forms)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Text>, _>(&self.variants)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Date>, _>(&self.days)?;
        for numbers in &self.numbers {
            out.push_sql(", ");
            out.push_bind_param::<Array<BigInt>, _>(numbers)?;
        }
        out.push_sql(
            ") counted (form_id, variant, day, loads, shows, dismissals, submits, confirms) \
             join forms on forms.id = counted.form_id order by forms.id, day, variant \
             on conflict (form_id, day, variant) do update set \
             loads = form_counts.loads + excluded.loads, shows = form_counts.shows + excluded.shows, \
             dismissals = form_counts.dismissals + excluded.dismissals, \
             submits = form_counts.submits + excluded.submits, confirms = form_counts.confirms + excluded.confirms",
        );
        Ok(())
    }
}

impl QueryId for Add {
    type QueryId = Self;
    const HAS_STATIC_QUERY_ID: bool = true;
}

/// Adds to what was counted before.
pub async fn add(
    conn: &mut AsyncPgConnection,
    counted: &HashMap<Counting, Numbers>,
) -> QueryResult<()> {
    let mut all = Add {
        forms: Vec::with_capacity(counted.len()),
        variants: Vec::with_capacity(counted.len()),
        days: Vec::with_capacity(counted.len()),
        numbers: Default::default(),
    };
    for (counting, numbers) in counted {
        all.forms.push(counting.form);
        all.variants.push(counting.variant.as_str().to_owned());
        all.days.push(counting.day);
        for (column, number) in all.numbers.iter_mut().zip(numbers) {
            column.push(*number);
        }
    }
    diesel_async::RunQueryDsl::execute(all, conn)
        .await
        .map(|_| ())
}

/// What was counted of a form on these days, the last included: day by day.
pub async fn list(
    conn: &AsyncPgConnection,
    form: FormId,
    from: NaiveDate,
    until: NaiveDate,
) -> QueryResult<Vec<(NaiveDate, VariantKey, Numbers)>> {
    type Row = (NaiveDate, String, i64, i64, i64, i64, i64);
    let rows: Vec<Row> = form_counts::table
        .filter(form_counts::form_id.eq(form))
        .filter(form_counts::day.between(from, until))
        .order((form_counts::day, form_counts::variant))
        .select((
            form_counts::day,
            form_counts::variant,
            form_counts::loads,
            form_counts::shows,
            form_counts::dismissals,
            form_counts::submits,
            form_counts::confirms,
        ))
        .load(&mut &*conn)
        .await?;
    let read = |(day, variant, loads, shows, dismissals, submits, confirms): Row| {
        let variant = VariantKey::parse(&variant).ok()?;
        Some((day, variant, [loads, shows, dismissals, submits, confirms]))
    };
    Ok(rows.into_iter().filter_map(read).collect())
}
