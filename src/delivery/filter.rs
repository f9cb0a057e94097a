use chrono::{DateTime, Utc};

use super::dto::Article;
use super::model::{AuthorSort, PublicationSort};
use super::words::Words;
use crate::rest::described::{FieldsOf, KnownMembers, Several, SortBy};
use crate::rest::fields::Fields;
use crate::rest::page::PagingBy;
use crate::rest::query::{FromQuery, Params, from_query};
use crate::types::{AuthorId, Locale, Reference, TagId, closed_set};

// The document knows types without parameters alone.
type ByAuthorSort = SortBy<AuthorSort>;
type ByPublicationSort = SortBy<PublicationSort>;
type FieldsOfArticle = FieldsOf<Article>;
pub type SeveralAuthors = Several<Reference<AuthorId>>;
type SeveralExtra = Several<Extra>;
pub type SeveralLocale = Several<Locale>;
pub type SeveralPublishedKind = Several<PublishedKind>;
pub type SeveralTags = Several<Reference<TagId>>;

closed_set! {
    /// Which kind of text a list is about.
    pub enum PublishedKind {
        Article = "article",
        Page = "page",
    }
}

closed_set! {
    /// What `include` adds to what readers get.
    pub enum Extra {
        Body = "body",
        /// Always there.
        Authors = "authors",
        /// Always there.
        Tags = "tags",
        /// What search engines want to know (schema.org), ready for a script element.
        JsonLd = "jsonld",
    }
}

/// Which published articles a list is about.
#[derive(Debug, Clone, Default)]
pub struct PublicationFilter {
    /// Articles alone, when empty.
    pub kinds: Vec<PublishedKind>,
    /// Any of these.
    pub tags: Vec<Reference<TagId>>,
    /// Every one of these.
    pub tags_all: Vec<Reference<TagId>>,
    /// None of these.
    pub tags_not: Vec<Reference<TagId>>,
    /// Any of these.
    pub authors: Vec<Reference<AuthorId>>,
    /// Any of these.
    pub locales: Vec<Locale>,
    pub featured: Option<bool>,
    /// Words to search for.
    pub words: Option<Words>,
    pub published_after: Option<DateTime<Utc>>,
    pub published_before: Option<DateTime<Utc>>,
}

/// What a list of published articles takes.
pub struct ListPublished {
    pub filter: PublicationFilter,
    pub shape: Shape,
    pub paging: PagingBy<PublicationSort>,
}

/// Which members an answer shows.
pub struct Shape {
    pub fields: Fields,
    pub include: Vec<Extra>,
}

impl FromQuery for Shape {
    fn from_query(params: &mut Params) -> Option<Self> {
        let fields = Fields::from_query(params, Article::MEMBERS);
        let include = params.many("include");
        Some(Self {
            fields: fields?,
            include: include?,
        })
    }
}

impl Shape {
    /// Whether a list shows bodies.
    pub fn shows_body(&self) -> bool {
        self.include.contains(&Extra::Body) || self.fields.names("body_html")
    }

    /// Whether an answer shows what search engines want to know.
    pub fn shows_jsonld(&self) -> bool {
        self.include.contains(&Extra::JsonLd) || self.fields.names("jsonld")
    }
}

impl FromQuery for PublicationFilter {
    fn from_query(params: &mut Params) -> Option<Self> {
        let kinds = params.many("kind");
        let tags = params.many("tag");
        let tags_all = params.many("tag_all");
        let tags_not = params.many("tag_not");
        let authors = params.many("author");
        let locales = params.many("locale");
        let featured = params.one("featured");
        let words = params.one("q");
        let published_after = params.one("published_after");
        let published_before = params.one("published_before");
        Some(Self {
            kinds: kinds?,
            tags: tags?,
            tags_all: tags_all?,
            tags_not: tags_not?,
            authors: authors?,
            locales: locales?,
            featured: featured?,
            words: words?,
            published_after: published_after?,
            published_before: published_before?,
        })
    }
}
from_query!(ListPublished { all filter, all shape, all paging });

/// The parameters of a list of published articles, for the OpenAPI document.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes parameters; `ListPublished` reads them")]
pub struct ListPublishedParams {
    /// Pages are left out unless you ask for them.
    #[param(value_type = Option<SeveralPublishedKind>, inline, style = Form, explode = false)]
    kind: Option<String>,
    /// Slug or id of a tag; several: any of them.
    #[param(value_type = Option<SeveralTags>, inline, style = Form, explode = false, example = json!(["gardening"]))]
    tag: Option<String>,
    /// Slugs or ids of tags: every one of them.
    #[param(value_type = Option<SeveralTags>, inline, style = Form, explode = false)]
    tag_all: Option<String>,
    /// Slugs or ids of tags: none of them.
    #[param(value_type = Option<SeveralTags>, inline, style = Form, explode = false)]
    tag_not: Option<String>,
    /// Slug or id of an author; several: any of them.
    #[param(value_type = Option<SeveralAuthors>, inline, style = Form, explode = false)]
    author: Option<String>,
    /// Any of these languages.
    #[param(value_type = Option<SeveralLocale>, inline, style = Form, explode = false, example = json!(["en"]))]
    locale: Option<String>,
    /// Only featured articles, or only others.
    featured: Option<bool>,
    /// Words to search for: `"an exact phrase"`, `-without`, `either or`. Stemmed in the language of `locale`, or English.
    #[param(min_length = 1, max_length = 200)]
    q: Option<String>,
    /// Only what was published after this instant.
    published_after: Option<DateTime<Utc>>,
    /// Only what was published before this instant.
    published_before: Option<DateTime<Utc>>,
    /// Up to three of `published_at`, `updated_at`, `title`; `-` before a key turns it round.
    #[param(value_type = Option<ByPublicationSort>, inline, style = Form, explode = false, example = json!(["-published_at"]))]
    sort: Option<String>,
}

/// Which members an answer shows, for the OpenAPI document.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes parameters; `Shape` reads them")]
pub struct ShapeParams {
    /// Keep just these members; a dot reaches inside.
    #[param(value_type = Option<FieldsOfArticle>, inline, style = Form, explode = false, example = json!(["id", "slug", "title", "tags.slug"]))]
    fields: Option<String>,
    /// Add what answers leave out: `body` (lists only), and `jsonld`, with which every `<` of the answer is written
    /// `\u003c`. Tags and authors are there always.
    #[param(value_type = Option<SeveralExtra>, inline, style = Form, explode = false)]
    include: Option<String>,
}

/// What a list of authors takes.
pub struct ListAuthors {
    pub paging: PagingBy<AuthorSort>,
}
from_query!(ListAuthors { all paging });

/// The parameters of a list of authors, for the OpenAPI document.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes parameters; `ListAuthors` reads them")]
pub struct ListAuthorsParams {
    /// Up to three of `name`, `article_count`; `-` before a key turns it round.
    #[param(value_type = Option<ByAuthorSort>, inline, style = Form, explode = false, example = json!(["-article_count"]))]
    sort: Option<String>,
}
