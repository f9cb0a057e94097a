use diesel::prelude::*;
use diesel::sql_types::{Timestamptz, Uuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures::try_join;

use super::model::{TagFilter, TagRow, TagWithParent, WritableTag};
use crate::platform::clock::Moment;
use crate::platform::db::containing;
use crate::rest::page::{Count, Paging};
use crate::schema::tags;
use crate::types::{Reference, TagId};

diesel::define_sql_function! {
    /// How many articles readers find under a tag, at an instant.
    fn tag_article_count(wanted: Uuid, at: Timestamptz) -> BigInt;
}

/// Tags with their counts and the tags above them. A macro, because the type of a join has no bearable name.
macro_rules! with_parents {
    ($now:expr) => {
        tags::table
            .left_join(parents.on(tags::parent_id.eq(parents.field(tags::id).nullable())))
            .select((
                TagRow::as_select(),
                tag_article_count(tags::id, $now),
                (
                    parents.field(tags::id),
                    parents.field(tags::slug),
                    parents.field(tags::name),
                )
                    .nullable(),
            ))
    };
}

fn filtered(filter: &TagFilter) -> tags::BoxedQuery<'_, diesel::pg::Pg> {
    let query = tags::table.into_boxed();
    match &filter.name_part {
        None => query,
        Some(part) => query.filter(tags::name.ilike(containing(part))),
    }
}

diesel::alias!(tags as parents: Parents);

/// One more tag than the page has, and the number of all where it is wanted: one round trip.
pub async fn list(
    conn: &AsyncPgConnection,
    filter: &TagFilter,
    paging: &Paging,
    now: Moment,
) -> QueryResult<(Vec<TagWithParent>, Option<i64>)> {
    let page = filtered(filter)
        .select(tags::id)
        .order(paging.order_by())
        .limit(paging.rows())
        .offset(paging.offset());
    let page = match paging.after() {
        Some(after) => page.filter(after),
        None => page,
    };
    let rows = with_parents!(now)
        .filter(tags::id.eq_any(page))
        .order(paging.order_by())
        .load(&mut &*conn);
    let total = async {
        match paging.count() {
            Count::Wanted => filtered(filter)
                .count()
                .get_result(&mut &*conn)
                .await
                .map(Some),
            Count::Unwanted => Ok(None),
        }
    };
    try_join!(rows, total)
}

/// The tag that is meant.
pub async fn find(
    conn: &AsyncPgConnection,
    wanted: &Reference<TagId>,
    now: Moment,
) -> QueryResult<Option<TagWithParent>> {
    match wanted {
        Reference::Id(id) => with_parents!(now)
            .filter(tags::id.eq(*id))
            .first(&mut &*conn)
            .await
            .optional(),
        Reference::Slug(slug) => with_parents!(now)
            .filter(tags::slug.eq(slug))
            .first(&mut &*conn)
            .await
            .optional(),
    }
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

/// All tags there are, for whoever must look up thousands of names.
pub async fn all(conn: &mut AsyncPgConnection) -> QueryResult<Vec<TagRow>> {
    tags::table.select(TagRow::as_select()).load(conn).await
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

/// The tags right below a tag.
pub async fn list_below(conn: &mut AsyncPgConnection, id: TagId) -> QueryResult<Vec<TagId>> {
    tags::table
        .filter(tags::parent_id.eq(id))
        .order(tags::id)
        .select(tags::id)
        .load(conn)
        .await
}
