use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Bool, Int4, Nullable, Text, Timestamptz, Uuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::articles::model::LiveRow;
use crate::schema::{article_tags, articles, publications, tags};
use crate::types::{ArticleId, AuthorId, PublicationId, TagId, UserId};

/// A publication to be: the working copy as it is now, from … until ….
#[derive(Debug, Clone)]
pub struct NewPublication {
    pub id: PublicationId,
    pub article: ArticleId,
    pub revision: i32,
    pub published_at: DateTime<Utc>,
    pub live_from: DateTime<Utc>,
    pub live_until: Option<DateTime<Utc>>,
    /// Stands in for an excerpt that nobody wrote.
    pub excerpt: Option<String>,
    /// Whether readers are told at once that it began.
    pub begin_told: bool,
}

/// Holds the names of an article's tags until the transaction ends: a publication says them too, for searches.
pub async fn hold_tag_names(conn: &mut AsyncPgConnection, article: ArticleId) -> QueryResult<()> {
    let own = article_tags::table
        .filter(article_tags::article_id.eq(article))
        .select(article_tags::tag_id);
    tags::table
        .filter(tags::id.eq_any(own))
        .order(tags::id)
        .select(tags::id)
        .for_share()
        .load::<TagId>(conn)
        .await
        .map(|_| ())
}

/// Copies the working copy, its tags and its byline into a publication, without taking them through here.
pub async fn insert_publication(
    conn: &mut AsyncPgConnection,
    new: &NewPublication,
) -> QueryResult<()> {
    diesel::sql_query(
        "with publication as (
            insert into publications (id, article_id, revision, kind, slug, title, excerpt, body_html, body_text, toc,
                word_count, reading_time_minutes, locale, featured, seo, custom, published_at, updated_at, live_from,
                live_until, begin_told, tag_names, tag_ids, author_ids)
            select $1, id, $3, kind, slug, title, coalesce(excerpt, $7), body_html, body_text, toc,
                word_count, reading_time_minutes, locale, featured, seo, custom, $4, $5, $5, $6, $8,
                (select coalesce(string_agg(name, ' · ' order by position), '')
                    from article_tags join tags on tags.id = tag_id where article_id = $2),
                array(select tag_id from article_tags where article_id = $2 order by position),
                array(select author_id from article_authors where article_id = $2 order by position)
            from articles where id = $2
        ), tagged as (
            insert into publication_tags (publication_id, tag_id, position, published_at)
            select $1, tag_id, position, $4 from article_tags where article_id = $2
        )
        insert into publication_authors (publication_id, author_id, position, published_at)
        select $1, author_id, position, $4 from article_authors where article_id = $2",
    )
    .bind::<Uuid, _>(new.id)
    .bind::<Uuid, _>(new.article)
    .bind::<Int4, _>(new.revision)
    .bind::<Timestamptz, _>(new.published_at)
    .bind::<Timestamptz, _>(new.live_from)
    .bind::<Nullable<Timestamptz>, _>(new.live_until)
    .bind::<Nullable<Text>, _>(new.excerpt.as_deref())
    .bind::<Bool, _>(new.begin_told)
    .execute(conn)
    .await
    .map(|_| ())
}

/// Takes back what was scheduled and has not begun: readers have never seen it. What would have ended for it goes on.
pub async fn forget_pending(
    conn: &mut AsyncPgConnection,
    article: ArticleId,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let of_article = publications::table.filter(publications::article_id.eq(article));
    let begins: Vec<DateTime<Utc>> =
        diesel::delete(of_article.filter(publications::live_from.gt(now)))
            .returning(publications::live_from)
            .get_results(conn)
            .await?;
    if begins.is_empty() {
        return Ok(());
    }
    let current = of_article.filter(publications::superseded.eq(false));
    diesel::update(current.filter(publications::live_until.eq_any(begins)))
        .set(publications::live_until.eq(None::<DateTime<Utc>>))
        .execute(conn)
        .await
        .map(|_| ())
}

/// Ends what readers see at an instant, now or to come, and marks what has ended. Whoever ends something now tells of it.
pub async fn end_current(
    conn: &mut AsyncPgConnection,
    article: ArticleId,
    at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let current = publications::table
        .filter(publications::article_id.eq(article))
        .filter(publications::superseded.eq(false));
    let goes_on = publications::live_until
        .is_null()
        .or(publications::live_until.gt(at));
    diesel::update(current.filter(goes_on))
        .set(publications::live_until.eq(at))
        .execute(conn)
        .await?;
    diesel::update(current.filter(publications::live_until.le(now)))
        .set((
            publications::superseded.eq(true),
            publications::end_told.eq(true),
        ))
        .execute(conn)
        .await
        .map(|_| ())
}

/// The publications of these articles that are or will be live.
pub async fn list_live(conn: &AsyncPgConnection, ids: &[ArticleId]) -> QueryResult<Vec<LiveRow>> {
    publications::table
        .filter(publications::article_id.eq_any(ids))
        .filter(publications::superseded.eq(false))
        .select(LiveRow::as_select())
        .load(&mut &*conn)
        .await
}

/// Tags and authors of the publication that readers see or see next, of the one before it, and of one that is to come: all
/// whose answers a change of an article can touch.
pub async fn list_labels(
    conn: &mut AsyncPgConnection,
    article: ArticleId,
) -> QueryResult<Vec<(Vec<TagId>, Vec<AuthorId>)>> {
    publications::table
        .filter(publications::article_id.eq(article))
        .order(publications::live_from.desc())
        .limit(3)
        .select((publications::tag_ids, publications::author_ids))
        .load(conn)
        .await
}

/// What a working copy knows of its publications.
#[derive(Debug, AsChangeset)]
#[diesel(table_name = articles, treat_none_as_null = true)]
pub struct SpanUpdate {
    pub live_from: Option<DateTime<Utc>>,
    pub live_until: Option<DateTime<Utc>>,
    pub first_published_at: Option<DateTime<Utc>>,
    pub published_revision: Option<i32>,
    pub in_review: bool,
}

/// Writes into the working copy when readers see it.
pub async fn set_span(
    conn: &mut AsyncPgConnection,
    id: ArticleId,
    span: &SpanUpdate,
    by: Option<UserId>,
) -> QueryResult<()> {
    diesel::update(articles::table.find(id))
        .set((span, articles::updated_by.eq(by)))
        .execute(conn)
        .await
        .map(|_| ())
}
