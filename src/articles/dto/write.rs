use chrono::{DateTime, Utc};
use utoipa::ToSchema;
use utoipa::openapi::schema::{Object, ObjectBuilder, Type};

use crate::articles::content::{BodyPatch, ContentPatch, Excerpt, Kind, SeoPatch, Source, Title};
use crate::rest::body::{Flag, FromBody, Members, from_body, object_member};
use crate::rest::query::from_query;
use crate::types::{
    AuthorId, BodyFormat, Fault, JsonObject, Line, Locale, Patch, Prose, Reference, Slug, TagId,
    WebAddress, closed_set,
};

// The document knows types without parameters alone.
type AuthorReference = Reference<AuthorId>;
type TagReference = Reference<TagId>;

/// Articles may be larger than other bodies: 4 MiB.
const LIMIT: usize = 4 * 1024 * 1024;

/// Markdown or HTML, as it was written.
struct BodyText(String);

impl crate::types::Parse for BodyText {
    fn parse(text: &str) -> Result<Self, Fault> {
        Ok(Self(text.to_owned()))
    }
}

impl FromBody for Source {
    fn from_body(members: &mut Members<'_>) -> Option<Self> {
        let format = members.optional::<BodyFormat>("format");
        let source = members.required::<BodyText>("source");
        Some(Self {
            format: format?.unwrap_or(BodyFormat::Markdown),
            source: source?.0,
        })
    }
}
object_member!(Source);

impl FromBody for BodyPatch {
    fn from_body(members: &mut Members<'_>) -> Option<Self> {
        let format = members.change::<BodyFormat>("format");
        let source = members.change::<BodyText>("source");
        Some(Self {
            format: format?,
            source: source?.map(|text| text.0),
        })
    }
}
object_member!(BodyPatch);

impl FromBody for SeoPatch {
    fn from_body(members: &mut Members<'_>) -> Option<Self> {
        let title = members.patch::<Line<300>>("title");
        let description = members.patch::<Prose<1000>>("description");
        let canonical_url = members.patch::<WebAddress>("canonical_url");
        let image = members.patch::<WebAddress>("image");
        let noindex = members.patch::<Flag>("noindex");
        Some(Self {
            title: title?,
            description: description?,
            canonical_url: canonical_url?,
            image: image?,
            noindex: noindex?.map(|flag| flag.0),
        })
    }
}
object_member!(SeoPatch);

/// A cover is an uploaded picture; there are none yet, so every id is unknown.
struct CoverId;

impl crate::types::Parse for CoverId {
    fn parse(_: &str) -> Result<Self, Fault> {
        Err(Fault::new("unknown_media", "there is no such picture"))
    }
}

/// Describes the id of an uploaded picture, as long as there are none.
fn no_picture() -> Object {
    ObjectBuilder::new()
        .schema_type(Type::Null)
        .description(Some("Id of an uploaded picture. There are none yet."))
        .build()
}

/// A body as it is to be written.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes a member; `Source` reads it")]
pub struct NewSource {
    /// `markdown` when absent.
    format: Option<BodyFormat>,
    #[schema(pattern = r"^[^\x00]*$", examples("Frost is *likely* before dawn."))]
    source: String,
}

/// A new article.
#[derive(ToSchema)]
pub struct CreateArticle {
    #[schema(inline, examples("Frost in May"))]
    pub title: Title,
    /// Made from the title when absent; the next free one, if that is taken.
    #[schema(value_type = Option<String>, pattern = "^[a-z0-9]+(-[a-z0-9]+)*$", min_length = 1, max_length = 100)]
    pub slug: Option<Slug>,
    /// Readers get the beginning of the text when there is none.
    #[schema(inline)]
    pub excerpt: Option<Excerpt>,
    /// Empty when absent. `format` is `markdown` when absent.
    #[schema(value_type = Option<NewSource>)]
    pub body: Option<Source>,
    /// `article` when absent.
    pub kind: Option<Kind>,
    /// `en` when absent.
    pub locale: Option<Locale>,
    #[schema(value_type = Option<bool>)]
    pub featured: Option<bool>,
    /// Id of an uploaded picture. There are none yet.
    #[schema(schema_with = no_picture, required = false)]
    #[expect(
        dead_code,
        reason = "documents a member: while there are no pictures, every id is refused"
    )]
    pub cover_id: Option<()>,
    pub seo: Option<SeoPatch>,
    /// Members of your own, at most 64 KiB of JSON.
    pub custom: Option<JsonObject>,
    /// Slugs or ids, in order.
    #[schema(value_type = Option<Vec<TagReference>>, inline, max_items = 100, examples(json!(["gardening", "weather"])))]
    pub tags: Option<Vec<Reference<TagId>>>,
    /// Slugs or ids, in the order of the byline; you, when absent or empty.
    #[schema(value_type = Option<Vec<AuthorReference>>, inline, max_items = 100)]
    pub authors: Option<Vec<Reference<AuthorId>>>,
}

impl FromBody for CreateArticle {
    const LIMIT: usize = LIMIT;

    fn from_body(members: &mut Members<'_>) -> Option<Self> {
        let title = members.required("title");
        let slug = members.optional("slug");
        let excerpt = members.optional("excerpt");
        let body = members.optional("body");
        let kind = members.optional("kind");
        let locale = members.optional("locale");
        let featured = members.optional::<Flag>("featured");
        let cover = members.optional::<CoverId>("cover_id");
        let seo = members.optional("seo");
        let custom = members.optional("custom");
        let tags = members.optional("tags");
        let authors = members.optional("authors");
        Some(Self {
            title: title?,
            slug: slug?,
            excerpt: excerpt?,
            body: body?,
            kind: kind?,
            locale: locale?,
            featured: featured?.map(|flag| flag.0),
            cover_id: cover?.map(|_| ()),
            seo: seo?,
            custom: custom?,
            tags: tags?,
            authors: authors?,
        })
    }
}

/// Changes to an article (RFC 7396): what is absent stays, `null` takes away, objects are merged member by member.
#[derive(ToSchema)]
pub struct UpdateArticle {
    #[schema(inline, nullable = false)]
    pub title: Option<Title>,
    #[schema(value_type = Option<String>, nullable = false, pattern = "^[a-z0-9]+(-[a-z0-9]+)*$", min_length = 1, max_length = 100)]
    pub slug: Option<Slug>,
    #[schema(value_type = Option<Excerpt>, inline)]
    pub excerpt: Patch<Excerpt>,
    #[schema(nullable = false)]
    pub body: Option<BodyPatch>,
    #[schema(nullable = false)]
    pub kind: Option<Kind>,
    #[schema(value_type = Option<Locale>)]
    pub locale: Patch<Locale>,
    #[schema(value_type = Option<bool>, nullable = false)]
    pub featured: Option<bool>,
    /// Id of an uploaded picture. There are none yet.
    #[schema(schema_with = no_picture, required = false)]
    #[expect(
        dead_code,
        reason = "documents a member: while there are no pictures, every id is refused"
    )]
    pub cover_id: Option<()>,
    #[schema(value_type = Option<SeoPatch>)]
    pub seo: Patch<SeoPatch>,
    #[schema(value_type = Option<JsonObject>)]
    pub custom: Patch<JsonObject>,
    /// Replaces the tags: slugs or ids, in order.
    #[schema(value_type = Option<Vec<TagReference>>, inline, max_items = 100)]
    pub tags: Patch<Vec<Reference<TagId>>>,
    /// Replaces the byline: slugs or ids, in order; at least one.
    #[schema(value_type = Option<Vec<AuthorReference>>, inline, nullable = false, min_items = 1, max_items = 100)]
    pub authors: Option<Vec<Reference<AuthorId>>>,
}

impl FromBody for UpdateArticle {
    const LIMIT: usize = LIMIT;

    fn from_body(members: &mut Members<'_>) -> Option<Self> {
        let title = members.change("title");
        let slug = members.change("slug");
        let excerpt = members.patch("excerpt");
        let body = members.change("body");
        let kind = members.change("kind");
        let locale = members.patch("locale");
        let featured = members.change::<Flag>("featured");
        let cover = members.optional::<CoverId>("cover_id");
        let seo = members.patch("seo");
        let custom = members.patch("custom");
        let tags = members.patch("tags");
        let authors = members.change::<Vec<Reference<AuthorId>>>("authors");
        if authors
            .as_ref()
            .is_some_and(|authors| authors.as_ref().is_some_and(Vec::is_empty))
        {
            return members.refuse(
                "authors",
                Fault::new("required", "a byline has at least one name"),
            );
        }
        Some(Self {
            title: title?,
            slug: slug?,
            excerpt: excerpt?,
            body: body?,
            kind: kind?,
            locale: locale?,
            featured: featured?.map(|flag| flag.0),
            cover_id: cover?.map(|_| ()),
            seo: seo?,
            custom: custom?,
            tags: tags?,
            authors: authors?,
        })
    }
}

impl UpdateArticle {
    /// The patch, with the references that were looked up in the place of their names.
    pub fn resolved(
        self,
        tags: Option<Vec<TagId>>,
        authors: Option<Vec<AuthorId>>,
    ) -> ContentPatch {
        ContentPatch {
            kind: self.kind,
            slug: self.slug,
            title: self.title,
            excerpt: self.excerpt,
            body: self.body,
            locale: self.locale,
            featured: self.featured,
            seo: self.seo,
            custom: self.custom,
            tags,
            authors,
        }
    }
}

closed_set! {
    /// What to do when somebody else has saved meanwhile.
    pub enum Merge {
        /// Apply what only you changed, and leave the rest.
        NonConflicting = "non_conflicting",
    }
}

/// How to apply changes.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct UpdateParams {
    /// With a stale `If-Match`: apply the members that only you changed instead of refusing. What both changed stays as it
    /// is, and is named in the header `Masthead-Merge-Conflicts`.
    #[param(inline)]
    pub merge: Option<Merge>,
}
from_query!(UpdateParams { one merge });

/// When readers should see it. All may be absent: now, and for good.
#[derive(ToSchema)]
pub struct PublishArticle {
    /// To come: scheduled. In the past: published now, dated then.
    pub publish_at: Option<DateTime<Utc>>,
    /// When readers should not see it any more.
    pub unpublish_at: Option<DateTime<Utc>>,
}
from_body!(PublishArticle { optional publish_at, optional unpublish_at });
