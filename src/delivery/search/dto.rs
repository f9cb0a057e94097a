use serde::Serialize;
use utoipa::ToSchema;

use super::highlight::{html, piece_html};
use super::queries::{Facets as CountedFacets, HitRow};
use crate::authors::AuthorSummary;
use crate::delivery::dto::{Around, Article};
use crate::platform::config::Config;
use crate::rest::described::KnownMembers;
use crate::rest::page::Pagination;
use crate::tags::TagSummary;

/// What a search found: a page of it, best first.
#[derive(Debug, Serialize, ToSchema)]
pub struct SearchResults<T> {
    pub data: Vec<T>,
    pub pagination: Pagination,
    /// What was searched for instead, when nothing had the words as they were typed.
    #[schema(examples("gardening"))]
    pub corrected: Option<String>,
    pub facets: Facets,
}

/// An article that was found.
#[derive(Debug, Serialize, ToSchema)]
pub struct Hit {
    #[serde(flatten)]
    pub article: Article,
    pub highlight: Highlight,
    /// What the order is made of. It means nothing across searches.
    #[schema(examples(0.6079))]
    pub score: f64,
}

impl KnownMembers for Hit {
    const MEMBERS: &'static [&'static str] = &[
        "id",
        "kind",
        "slug",
        "url",
        "title",
        "excerpt",
        "toc",
        "locale",
        "translations",
        "featured",
        "cover",
        "authors",
        "authors.id",
        "authors.slug",
        "authors.name",
        "tags",
        "tags.id",
        "tags.slug",
        "tags.name",
        "seo",
        "seo.title",
        "seo.description",
        "seo.canonical_url",
        "seo.image",
        "seo.noindex",
        "custom",
        "word_count",
        "reading_time_minutes",
        "published_at",
        "updated_at",
        "jsonld",
        "highlight",
        "highlight.title",
        "highlight.excerpt",
        "score",
    ];
}
/// Where the words stand. HTML in which only `<mark>` is markup.
#[derive(Debug, Serialize, ToSchema)]
pub struct Highlight {
    #[schema(examples("<mark>Frost</mark> in May"))]
    pub title: String,
    /// A piece of the excerpt or of the text, around a word that was searched for.
    #[schema(examples("… and <mark>frost</mark> is likely before dawn. Cover the beans …"))]
    pub excerpt: String,
}

/// How the ranked hits are distributed: the busiest 20 tags and authors, and every year.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct Facets {
    pub tags: Vec<TagFacet>,
    pub authors: Vec<AuthorFacet>,
    pub years: Vec<YearFacet>,
}

/// A tag, and how many hits have it.
#[derive(Debug, Serialize, ToSchema)]
pub struct TagFacet {
    #[serde(flatten)]
    pub tag: TagSummary,
    pub count: i64,
}

/// An author, and how many hits are by them.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuthorFacet {
    #[serde(flatten)]
    pub author: AuthorSummary,
    pub count: i64,
}

/// A year (UTC), and how many hits were published in it.
#[derive(Debug, Serialize, ToSchema)]
pub struct YearFacet {
    #[schema(examples(2026))]
    pub year: i32,
    pub count: i64,
}

impl From<CountedFacets> for Facets {
    fn from(counted: CountedFacets) -> Self {
        let tag = |(id, slug, name, count)| TagFacet {
            tag: TagSummary { id, slug, name },
            count,
        };
        let author = |(id, slug, name, count)| AuthorFacet {
            author: AuthorSummary { id, slug, name },
            count,
        };
        let year = |(year, count)| YearFacet { year, count };
        Self {
            tags: counted.tags.into_iter().map(tag).collect(),
            authors: counted.authors.into_iter().map(author).collect(),
            years: counted.years.into_iter().map(year).collect(),
        }
    }
}

impl Facets {
    /// The cache tags of everything that is named.
    pub fn cache_tags(&self) -> impl Iterator<Item = String> + '_ {
        let tags = self
            .tags
            .iter()
            .map(|facet| format!("tag:{}", facet.tag.id));
        let authors = self.authors.iter();
        tags.chain(authors.map(|facet| format!("author:{}", facet.author.id)))
    }
}

impl Hit {
    /// Puts a hit together.
    pub fn of(hit: HitRow, around: &Around, config: &Config) -> Self {
        Self {
            article: around.article((hit.publication.row, None), config),
            highlight: Highlight {
                title: html(&hit.marked_title),
                excerpt: piece_html(&hit.marked_piece),
            },
            score: (hit.score * 10_000.0).round() / 10_000.0,
        }
    }
}

/// What somebody may be typing: the name of a tag, or the title of an article.
#[derive(Debug, Serialize, ToSchema)]
pub struct Suggestion {
    /// `tag` or `article`.
    #[schema(examples("article"))]
    pub kind: &'static str,
    #[schema(value_type = String, format = "uuid")]
    pub id: uuid::Uuid,
    #[schema(examples("frost-in-may"))]
    pub slug: String,
    /// The name or the title, as plain text.
    #[schema(examples("Frost in May"))]
    pub text: String,
}

/// What somebody may be typing: at most 10, tags before articles.
#[derive(Debug, Serialize, ToSchema)]
pub struct Suggestions {
    pub data: Vec<Suggestion>,
}
