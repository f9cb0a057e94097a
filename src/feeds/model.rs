use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::Queryable;
use diesel::sql_types::{Nullable, Text, Timestamp, Timestamptz, Uuid};

use crate::authors::AuthorRow;
use crate::delivery::Published;
use crate::tags::TagRow;
use crate::types::{ArticleId, Locale, Slug};

/// What a feed is about, as it is stored.
#[derive(Debug)]
pub enum Subject {
    Site,
    Tag(TagRow),
    Author(AuthorRow),
}

/// What was read in one round trip for a feed.
#[derive(Debug)]
pub struct FeedRows {
    /// `None`: there is no such tag, or no such author.
    pub subject: Option<Subject>,
    pub published: Published,
    /// When readers last lost sight of something, anywhere.
    pub ended_at: Option<DateTime<Utc>>,
}

/// A part of the sitemap.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct PartRow {
    /// The beginning of the month, in UTC.
    pub month: NaiveDateTime,
    /// Where it begins, if not with the month: at this date …
    pub from_date: Option<DateTime<Utc>>,
    /// … and, among equal dates, at this article.
    pub from_article: Option<ArticleId>,
    pub changed_at: Option<DateTime<Utc>>,
}

/// An article or a page in a sitemap.
#[derive(Debug, Clone, Queryable)]
pub struct AddressRow {
    pub slug: Slug,
    pub locale: Locale,
    pub updated_at: DateTime<Utc>,
}

/// An article in the sitemap of news.
#[derive(Debug, Clone, Queryable)]
pub struct NewsRow {
    pub slug: Slug,
    pub locale: Locale,
    pub title: String,
    pub published_at: DateTime<Utc>,
}

/// The SQL types of the rows above.
pub type PartSql = (
    Timestamp,
    Nullable<Timestamptz>,
    Nullable<Uuid>,
    Nullable<Timestamptz>,
);
pub type AddressSql = (Text, Text, Timestamptz);
pub type NewsSql = (Text, Text, Text, Timestamptz);
