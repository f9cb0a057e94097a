use chrono::{DateTime, Utc};
use diesel::dsl::{exists, not};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde_json::Value;

use crate::articles::content::{Excerpt, Kind, Title};
use crate::platform::clock::Moment;
use crate::schema::{article_authors, article_slugs, article_tags, articles, publications};
use crate::types::{ArticleId, BodyFormat, JsonObject, Locale, Seo, Slug, UserId};

/// What a save writes into the working copy.
#[derive(Debug, Insertable, AsChangeset)]
// Nulls are written as such: with `default` in their place it would be another statement for each combination.
#[diesel(table_name = articles, treat_none_as_null = true, treat_none_as_default_value = false)]
pub struct WorkingCopy {
    pub kind: Kind,
    pub slug: Slug,
    pub title: Title,
    pub excerpt: Option<Excerpt>,
    pub body_format: BodyFormat,
    pub body_source: String,
    pub body_html: String,
    pub body_text: String,
    pub toc: Value,
    pub word_count: i32,
    pub reading_time_minutes: i32,
    pub locale: Locale,
    pub featured: bool,
    pub seo: Seo,
    pub custom: JsonObject,
    pub revision: i32,
    pub updated_by: Option<UserId>,
}

/// Takes a slug for an article, unless another article has or had it; tells whether it is the article's now.
pub async fn claim_slug(
    conn: &mut AsyncPgConnection,
    article: ArticleId,
    slug: &Slug,
) -> QueryResult<bool> {
    let inserted = diesel::insert_into(article_slugs::table)
        .values((
            article_slugs::slug.eq(slug),
            article_slugs::article_id.eq(article),
        ))
        .on_conflict(article_slugs::slug)
        .do_nothing()
        .execute(conn)
        .await?;
    if inserted == 1 {
        return Ok(true);
    }
    let owner: ArticleId = article_slugs::table
        .find(slug)
        .select(article_slugs::article_id)
        .first(conn)
        .await?;
    Ok(owner == article)
}

/// Gives a slug back that readers have never seen: nobody can have kept a link to it.
pub async fn free_slug(
    conn: &mut AsyncPgConnection,
    article: ArticleId,
    slug: &Slug,
) -> QueryResult<()> {
    let seen = publications::table
        .filter(publications::article_id.eq(article))
        .filter(publications::slug.eq(slug));
    diesel::delete(
        article_slugs::table
            .find(slug)
            .filter(article_slugs::article_id.eq(article))
            .filter(not(exists(seen))),
    )
    .execute(conn)
    .await
    .map(|_| ())
}

/// Inserts a working copy, its slug claimed before; gives the version.
pub async fn insert(
    conn: &mut AsyncPgConnection,
    id: ArticleId,
    copy: &WorkingCopy,
    created_at: Moment,
) -> QueryResult<i64> {
    let made = (
        articles::id.eq(id),
        articles::created_by.eq(copy.updated_by),
        articles::created_at.eq(created_at),
    );
    diesel::insert_into(articles::table)
        .values((made, copy))
        .returning(articles::version)
        .get_result(conn)
        .await
}

/// Replaces a working copy; gives the new version.
pub async fn update(
    conn: &mut AsyncPgConnection,
    id: ArticleId,
    copy: &WorkingCopy,
) -> QueryResult<i64> {
    diesel::update(articles::table.find(id))
        .set(copy)
        .returning(articles::version)
        .get_result(conn)
        .await
}

/// Takes all tags off an article.
pub async fn delete_tags(conn: &mut AsyncPgConnection, id: ArticleId) -> QueryResult<()> {
    diesel::delete(article_tags::table.filter(article_tags::article_id.eq(id)))
        .execute(conn)
        .await
        .map(|_| ())
}

/// Takes the byline off an article.
pub async fn delete_authors(conn: &mut AsyncPgConnection, id: ArticleId) -> QueryResult<()> {
    diesel::delete(article_authors::table.filter(article_authors::article_id.eq(id)))
        .execute(conn)
        .await
        .map(|_| ())
}

/// Notes that a review is asked for.
pub async fn set_in_review(
    conn: &mut AsyncPgConnection,
    id: ArticleId,
    by: Option<UserId>,
) -> QueryResult<()> {
    diesel::update(articles::table.find(id))
        .set((articles::in_review.eq(true), articles::updated_by.eq(by)))
        .execute(conn)
        .await
        .map(|_| ())
}

/// Moves an article to the trash, or with `None` out of it.
pub async fn set_trashed(
    conn: &mut AsyncPgConnection,
    id: ArticleId,
    at: Option<DateTime<Utc>>,
    by: UserId,
) -> QueryResult<()> {
    diesel::update(articles::table.find(id))
        .set((articles::trashed_at.eq(at), articles::updated_by.eq(by)))
        .execute(conn)
        .await
        .map(|_| ())
}
