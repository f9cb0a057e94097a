use diesel::prelude::*;
use diesel::sql_types::{Timestamptz, Uuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::model::AuthorRow;
use crate::platform::clock::Moment;
use crate::schema::authors;
use crate::types::{AuthorId, Reference, Slug};

diesel::define_sql_function! {
    /// Whether readers find a person's name under anything, at an instant.
    fn author_is_shown(wanted: Uuid, at: Timestamptz) -> Bool;
}

/// Whether readers find this person's name under anything.
pub async fn is_shown(
    conn: &mut AsyncPgConnection,
    id: AuthorId,
    now: Moment,
) -> QueryResult<bool> {
    diesel::select(author_is_shown(id, now))
        .get_result(conn)
        .await
}

/// The author with this id, who must exist.
pub async fn get(conn: &mut AsyncPgConnection, id: AuthorId) -> QueryResult<AuthorRow> {
    authors::table
        .find(id)
        .select(AuthorRow::as_select())
        .first(conn)
        .await
}

/// Finds the authors that are meant, in the same order; `None` where there is no such author.
pub async fn resolve(
    conn: &mut AsyncPgConnection,
    references: &[Reference<AuthorId>],
) -> QueryResult<Vec<Option<AuthorRow>>> {
    if references.is_empty() {
        return Ok(Vec::new());
    }
    let (ids, slugs) = Reference::split(references);
    let wanted = authors::id.eq_any(ids).or(authors::slug.eq_any(slugs));
    let found: Vec<AuthorRow> = authors::table
        .filter(wanted)
        .select(AuthorRow::as_select())
        .load(conn)
        .await?;
    let meant = |reference: &Reference<AuthorId>| {
        found
            .iter()
            .find(|author| reference.names(author.id, &author.slug))
            .cloned()
    };
    Ok(references.iter().map(meant).collect())
}

/// Inserts an author, unless the slug is taken; tells whether it did.
pub async fn insert(
    conn: &mut AsyncPgConnection,
    id: AuthorId,
    slug: &Slug,
    name: &str,
) -> QueryResult<bool> {
    diesel::insert_into(authors::table)
        .values((
            authors::id.eq(id),
            authors::slug.eq(slug),
            authors::name.eq(name),
        ))
        .on_conflict(authors::slug)
        .do_nothing()
        .execute(conn)
        .await
        .map(|rows| rows == 1)
}

/// Changes what readers know of an author.
pub async fn update(
    conn: &mut AsyncPgConnection,
    id: AuthorId,
    name: &str,
    bio: Option<&str>,
) -> QueryResult<AuthorRow> {
    diesel::update(authors::table.find(id))
        .set((authors::name.eq(name), authors::bio.eq(bio)))
        .returning(AuthorRow::as_returning())
        .get_result(conn)
        .await
}
