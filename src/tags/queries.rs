use diesel::prelude::*;
use diesel::sql_types::{BigInt, Timestamptz, Uuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::model::{CountedTag, TagFilter, TagRow, WritableTag};
use crate::platform::clock::Moment;
use crate::platform::db::containing;
use crate::rest::page::{Count, Paging};
use crate::schema::tags;
use crate::types::{Reference, TagId};

diesel::define_sql_function! {
    /// How many articles readers find under a tag, at an instant.
    fn tag_article_count(wanted: Uuid, at: Timestamptz) -> BigInt;
}

fn filtered(filter: &TagFilter) -> tags::BoxedQuery<'_, diesel::pg::Pg> {
    let query = tags::table.into_boxed();
    match &filter.name_part {
        None => query,
        Some(part) => query.filter(tags::name.ilike(containing(part))),
    }
}

/// One more tag than the page has, and the number of all where it is wanted.
pub async fn list(
    conn: &mut AsyncPgConnection,
    filter: &TagFilter,
    paging: &Paging,
    now: Moment,
) -> QueryResult<(Vec<CountedTag>, Option<i64>)> {
    let mut page = filtered(filter)
        .order(paging.order_by())
        .limit(paging.rows())
        .offset(paging.offset());
    if let Some(after) = paging.after() {
        page = page.filter(after);
    }
    let rows = page
        .select((TagRow::as_select(), tag_article_count(tags::id, now)))
        .load(conn)
        .await?;
    let total = match paging.count() {
        Count::Wanted => Some(filtered(filter).count().get_result(conn).await?),
        Count::Unwanted => None,
    };
    Ok((rows, total))
}

/// The tag with this id, and how many articles it has.
pub async fn find(
    conn: &mut AsyncPgConnection,
    id: TagId,
    now: Moment,
) -> QueryResult<Option<CountedTag>> {
    tags::table
        .find(id)
        .select((TagRow::as_select(), tag_article_count(tags::id, now)))
        .first(conn)
        .await
        .optional()
}

/// The tag with this id, locked until the transaction ends.
pub async fn lock(conn: &mut AsyncPgConnection, id: TagId) -> QueryResult<Option<TagRow>> {
    tags::table
        .find(id)
        .select(TagRow::as_select())
        .for_update()
        .first(conn)
        .await
        .optional()
}

/// The tags with these ids, in no order.
pub async fn list_by_id(conn: &mut AsyncPgConnection, ids: &[TagId]) -> QueryResult<Vec<TagRow>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    tags::table
        .filter(tags::id.eq_any(ids))
        .select(TagRow::as_select())
        .load(conn)
        .await
}

/// Finds the tags that are meant, in the same order; `None` where there is no such tag.
pub async fn resolve(
    conn: &mut AsyncPgConnection,
    references: &[Reference<TagId>],
) -> QueryResult<Vec<Option<TagRow>>> {
    if references.is_empty() {
        return Ok(Vec::new());
    }
    let (ids, slugs) = Reference::split(references);
    let wanted = tags::id.eq_any(ids).or(tags::slug.eq_any(slugs));
    let found: Vec<TagRow> = tags::table
        .filter(wanted)
        .select(TagRow::as_select())
        .load(conn)
        .await?;
    let meant = |reference: &Reference<TagId>| {
        found
            .iter()
            .find(|tag| reference.names(tag.id, &tag.slug))
            .cloned()
    };
    Ok(references.iter().map(meant).collect())
}

/// Inserts a tag. Violates `tags_slug_key` when the slug is taken, `tags_parent_exists` when the parent has gone.
pub async fn insert(
    conn: &mut AsyncPgConnection,
    id: TagId,
    tag: &WritableTag,
) -> QueryResult<TagRow> {
    diesel::insert_into(tags::table)
        .values((tags::id.eq(id), tag))
        .returning(TagRow::as_returning())
        .get_result(conn)
        .await
}

/// Inserts a tag unless its slug is taken; the tag that has the slug either way, and whether it is new.
pub async fn insert_unless_there(
    conn: &mut AsyncPgConnection,
    tag: &WritableTag,
) -> QueryResult<(TagRow, bool)> {
    let inserted = diesel::insert_into(tags::table)
        .values((tags::id.eq(TagId::mint()), tag))
        .on_conflict(tags::slug)
        .do_nothing()
        .returning(TagRow::as_returning())
        .get_result(conn)
        .await
        .optional()?;
    match inserted {
        Some(row) => Ok((row, true)),
        None => tags::table
            .filter(tags::slug.eq(&tag.slug))
            .select(TagRow::as_select())
            .first(conn)
            .await
            .map(|row| (row, false)),
    }
}

/// Updates a tag. Violates what [`insert`] does, `tags_parent_is_another` and `tags_parent_is_no_descendant`.
pub async fn update(
    conn: &mut AsyncPgConnection,
    id: TagId,
    tag: &WritableTag,
) -> QueryResult<TagRow> {
    diesel::update(tags::table.find(id))
        .set(tag)
        .returning(TagRow::as_returning())
        .get_result(conn)
        .await
}

/// Deletes a tag, and takes it off everything that has it.
pub async fn delete(conn: &mut AsyncPgConnection, id: TagId) -> QueryResult<()> {
    diesel::delete(tags::table.find(id))
        .execute(conn)
        .await
        .map(|_| ())
}
