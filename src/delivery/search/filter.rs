use chrono::{DateTime, Utc};

use super::dto::Hit;
use super::statement::RANKED;
use crate::delivery::filter::{
    PublishedKind, SeveralAuthors, SeveralLocale, SeveralPublishedKind, SeveralTags,
};
use crate::delivery::words::Words;
use crate::rest::described::{FieldsOf, KnownMembers};
use crate::rest::fields::Fields;
use crate::rest::query::{FromQuery, Params};
use crate::rest::ranked::RankedPaging;
use crate::types::{AuthorId, Fault, Line, Locale, Parse, Reference, TagId};

type FieldsOfHit = FieldsOf<Hit>;

/// What is searched for, and where.
#[derive(Debug, Clone)]
pub struct SearchFilter {
    pub words: Words,
    /// Articles alone, when empty.
    pub kinds: Vec<PublishedKind>,
    /// Any of these.
    pub tags: Vec<Reference<TagId>>,
    /// Any of these.
    pub authors: Vec<Reference<AuthorId>>,
    /// Any of these; every language there is, when empty.
    pub locales: Vec<Locale>,
    pub published_after: Option<DateTime<Utc>>,
    pub published_before: Option<DateTime<Utc>>,
}

/// What a search takes.
pub struct Search {
    pub filter: SearchFilter,
    pub fields: Fields,
    pub paging: RankedPaging,
}

impl SearchFilter {
    /// The same search for other words.
    pub fn with_words(&self, words: Words) -> Self {
        Self {
            words,
            ..self.clone()
        }
    }
}

impl FromQuery for SearchFilter {
    fn from_query(params: &mut Params) -> Option<Self> {
        let words = required::<Words>(params, "q");
        let kinds = params.many("kind");
        let tags = params.many("tag");
        let authors = params.many("author");
        let locales = params.many("locale");
        let published_after = params.one("published_after");
        let published_before = params.one("published_before");
        Some(Self {
            words: words?,
            kinds: kinds?,
            tags: tags?,
            authors: authors?,
            locales: locales?,
            published_after: published_after?,
            published_before: published_before?,
        })
    }
}

impl FromQuery for Search {
    fn from_query(params: &mut Params) -> Option<Self> {
        let filter = SearchFilter::from_query(params);
        let fields = Fields::from_query(params, Hit::MEMBERS);
        let paging = RankedPaging::from_query(params, RANKED);
        Some(Self {
            filter: filter?,
            fields: fields?,
            paging: paging?,
        })
    }
}

/// What has been typed so far.
pub struct Suggest {
    pub typed: String,
}

impl FromQuery for Suggest {
    fn from_query(params: &mut Params) -> Option<Self> {
        let typed = required::<Line<200>>(params, "q")?;
        Some(Self {
            typed: typed.as_str().to_owned(),
        })
    }
}

fn required<T: Parse>(params: &mut Params, name: &'static str) -> Option<T> {
    let value = params.one::<T>(name)?;
    if value.is_none() {
        params.fault(name, Fault::required());
    }
    value
}

/// The parameters of a search, for the OpenAPI document.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes parameters; `Search` reads them")]
pub struct SearchParams {
    /// Words to search for: `"an exact phrase"`, `-without`, `either or`. Every text is searched in its own language.
    #[param(min_length = 1, max_length = 200, example = "frost \"in may\" -snow")]
    q: String,
    /// Pages are left out unless you ask for them.
    #[param(value_type = Option<SeveralPublishedKind>, inline, style = Form, explode = false)]
    kind: Option<String>,
    /// Slug or id of a tag; several: any of them.
    #[param(value_type = Option<SeveralTags>, inline, style = Form, explode = false, example = json!(["gardening"]))]
    tag: Option<String>,
    /// Slug or id of an author; several: any of them.
    #[param(value_type = Option<SeveralAuthors>, inline, style = Form, explode = false)]
    author: Option<String>,
    /// Any of these languages.
    #[param(value_type = Option<SeveralLocale>, inline, style = Form, explode = false, example = json!(["en"]))]
    locale: Option<String>,
    /// Only what was published after this instant.
    published_after: Option<DateTime<Utc>>,
    /// Only what was published before this instant.
    published_before: Option<DateTime<Utc>>,
    /// Keep just these members of a hit; a dot reaches inside.
    #[param(value_type = Option<FieldsOfHit>, inline, style = Form, explode = false, example = json!(["slug", "title", "highlight"]))]
    fields: Option<String>,
}

/// The parameter of suggestions, for the OpenAPI document.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes a parameter; `Suggest` reads it")]
pub struct SuggestParams {
    /// What has been typed so far; its last word may be unfinished.
    #[param(min_length = 1, max_length = 200, example = "fro")]
    q: String,
}
