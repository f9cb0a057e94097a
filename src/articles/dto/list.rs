use chrono::{DateTime, Utc};

use super::read::EditedArticle;
use crate::articles::content::Kind;
use crate::articles::model::{ArticleFilter, ArticleSort, Owner, Place};
use crate::articles::state::ArticleStatus;
use crate::rest::described::{FieldsOf, KnownMembers, Several, SortBy};
use crate::rest::fields::{Fields, Included};
use crate::rest::page::PagingBy;
use crate::rest::query::{FromQuery, Params};
use crate::types::{AuthorId, Line, Locale, Reference, TagId};

// The document knows types without parameters alone.
type ByArticleSort = SortBy<ArticleSort>;
type FieldsOfEditedArticle = FieldsOf<EditedArticle>;
type SeveralArticleStatus = Several<ArticleStatus>;
type SeveralAuthors = Several<Reference<AuthorId>>;
type SeveralIncluded = Several<Included>;
type SeveralKind = Several<Kind>;
type SeveralLocale = Several<Locale>;
type SeveralTags = Several<Reference<TagId>>;

/// Which articles to list.
pub struct ListArticles {
    pub filter: ArticleFilter,
    pub fields: Fields,
    pub include: Vec<Included>,
    pub paging: PagingBy<ArticleSort>,
}

impl FromQuery for ListArticles {
    fn from_query(params: &mut Params) -> Option<Self> {
        let kinds = params.many::<Kind>("kind");
        let statuses = params.many::<ArticleStatus>("status");
        let authors = params.many::<Reference<AuthorId>>("author");
        let tags = params.many::<Reference<TagId>>("tag");
        let locales = params.many::<Locale>("locale");
        let featured = params.one::<bool>("featured");
        let text = params.one::<Line<200>>("q");
        let updated_after = params.one::<DateTime<Utc>>("updated_after");
        let has_unpublished_changes = params.one::<bool>("has_unpublished_changes");
        let trashed = params.one::<bool>("trashed");
        let fields = Fields::from_query(params, EditedArticle::MEMBERS);
        let include = params.many::<Included>("include");
        let paging = FromQuery::from_query(params);
        let filter = ArticleFilter {
            kinds: kinds?,
            statuses: statuses?,
            authors: authors?,
            tags: tags?,
            locales: locales?,
            featured: featured?,
            text: text?.map(|text| text.as_str().to_owned()),
            updated_after: updated_after?,
            has_unpublished_changes: has_unpublished_changes?,
            place: if trashed? == Some(true) {
                Place::Trash
            } else {
                Place::Desk
            },
            owner: None,
        };
        Some(Self {
            filter,
            fields: fields?,
            include: include?,
            paging: paging?,
        })
    }
}

impl ListArticles {
    /// Whether the answer shows bodies.
    pub fn shows_body(&self) -> bool {
        self.include.contains(&Included::Body)
            || self.fields.names("body")
            || self.fields.names("body_html")
    }

    /// The filter, narrowed to what one person may see.
    pub fn filter_for(&self, owner: Option<Owner>) -> ArticleFilter {
        ArticleFilter {
            owner,
            ..self.filter.clone()
        }
    }
}

/// The parameters of a list of articles, for the OpenAPI document.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes parameters; `ListArticles` reads them")]
pub struct ListArticlesParams {
    /// Any of these kinds.
    #[param(value_type = Option<SeveralKind>, inline, style = Form, explode = false)]
    kind: Option<String>,
    /// Any of these states.
    #[param(value_type = Option<SeveralArticleStatus>, inline, style = Form, explode = false)]
    status: Option<String>,
    /// Slug or id of an author; several: any of them.
    #[param(value_type = Option<SeveralAuthors>, inline, style = Form, explode = false)]
    author: Option<String>,
    /// Slug or id of a tag; several: any of them.
    #[param(value_type = Option<SeveralTags>, inline, style = Form, explode = false)]
    tag: Option<String>,
    /// Any of these languages.
    #[param(value_type = Option<SeveralLocale>, inline, style = Form, explode = false)]
    locale: Option<String>,
    /// Only featured articles, or only others.
    featured: Option<bool>,
    /// Part of the title, the slug or the excerpt.
    #[param(min_length = 1, max_length = 200)]
    q: Option<String>,
    /// Only what was changed after this instant.
    updated_after: Option<DateTime<Utc>>,
    /// Only what differs from what is published, or only the rest.
    has_unpublished_changes: Option<bool>,
    /// `true` shows the trash instead.
    trashed: Option<bool>,
    /// Keep just these members; a dot reaches inside.
    #[param(value_type = Option<FieldsOfEditedArticle>, inline, style = Form, explode = false, example = json!(["id", "title", "tags.slug"]))]
    fields: Option<String>,
    /// Add what lists leave out.
    #[param(value_type = Option<SeveralIncluded>, inline, style = Form, explode = false)]
    include: Option<String>,
    /// Up to three of `updated_at`, `created_at`, `title`; `-` before a key turns it round.
    #[param(value_type = Option<ByArticleSort>, inline, style = Form, explode = false, example = json!(["-updated_at"]))]
    sort: Option<String>,
}
