use chrono::{DateTime, Utc};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{Array, Bool, Text, Timestamptz, Uuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::articles::Boxed;
use crate::authors::AuthorSummary;
use crate::delivery::model::Labels;
use crate::schema::publications;
use crate::tags::TagSummary;
use crate::types::Slug;

type BoxedLabelIds<'a> = publications::BoxedQuery<'a, Pg, (Array<Uuid>, Array<Uuid>)>;

/// The tags and authors of a page of publications, each once. The page is found for it a second time: that costs less than
/// to wait for its rows, and far less than a join for each of them.
struct LabelsOf<'a>(BoxedLabelIds<'a>);

impl QueryFragment<Pg> for LabelsOf<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("with page as materialized (");
        <BoxedLabelIds<'_> as QueryFragment<Pg>>::walk_ast(&self.0, out.reborrow())?;
        out.push_sql(
            ") select true as is_tag, id, slug::text, name, updated_at from tags where id = any(array(select unnest(tag_ids) from page)) \
             union all select false, id, slug::text, name, updated_at from authors \
             where id = any(array(select unnest(author_ids) from page))",
        );
        Ok(())
    }
}

impl QueryId for LabelsOf<'_> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for LabelsOf<'_> {
    type SqlType = (Bool, Uuid, Text, Text, Timestamptz);
}

type Row = (bool, uuid::Uuid, Slug, String, DateTime<Utc>);

/// The tags and authors of these publications.
pub async fn labels_of(conn: &AsyncPgConnection, page: Boxed<'_>) -> QueryResult<Labels> {
    let ids = page.select((publications::tag_ids, publications::author_ids));
    let rows: Vec<Row> = LabelsOf(ids).load(&mut &*conn).await?;
    let mut labels = Labels {
        updated_at: rows.iter().map(|row| row.4).max(),
        ..Labels::default()
    };
    for (is_tag, id, slug, name, _) in rows {
        if is_tag {
            let id = id.into();
            labels.tags.push(TagSummary { id, slug, name });
        } else {
            let id = id.into();
            labels.authors.push(AuthorSummary { id, slug, name });
        }
    }
    Ok(labels)
}
