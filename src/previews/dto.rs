use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::model::{PreviewLinkRow, PreviewLinkSort};
use crate::rest::body::from_body;
use crate::rest::page::PagingBy;
use crate::rest::query::from_query;
use crate::types::{ArticleId, PreviewLinkId, UserId, closed_set};

closed_set! {
    /// How much a preview shows.
    pub enum PreviewScope {
        /// Everything that readers can ask for.
        Site = "site",
        /// One article, at its own address.
        Article = "article",
    }
}

/// A preview link.
#[derive(Debug, Serialize, ToSchema)]
pub struct PreviewLink {
    pub id: PreviewLinkId,
    /// The instant at which the site is shown.
    pub as_of: DateTime<Utc>,
    pub scope: PreviewScope,
    /// The article, when `scope` is `article`.
    pub article_id: Option<ArticleId>,
    /// The account that made it.
    pub created_by: UserId,
    pub created_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    pub revoked_at: Option<DateTime<Utc>>,
    /// To be sent as `Masthead-Preview`. Shown once, when the link is made.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub token: Option<String>,
}

impl From<PreviewLinkRow> for PreviewLink {
    fn from(row: PreviewLinkRow) -> Self {
        Self {
            id: row.id,
            as_of: row.as_of,
            scope: match row.article_id {
                Some(_) => PreviewScope::Article,
                None => PreviewScope::Site,
            },
            article_id: row.article_id,
            created_by: row.created_by,
            created_at: row.created_at,
            expires_at: row.expires_at,
            revoked_at: row.revoked_at,
            token: None,
        }
    }
}

/// A new preview link.
#[derive(ToSchema)]
pub struct CreatePreviewLink {
    /// The instant at which the site is shown, to come or past.
    #[schema(examples("2027-01-01T09:00:00Z"))]
    pub as_of: DateTime<Utc>,
    /// `site` unless given.
    pub scope: Option<PreviewScope>,
    /// The article to show: goes with `scope` `article`, and with that alone.
    pub article_id: Option<ArticleId>,
    /// Until when the link is in force: 7 days from now unless given, 90 days from now at most.
    pub expires_at: Option<DateTime<Utc>>,
}
from_body!(CreatePreviewLink { required as_of, optional scope, optional article_id, optional expires_at });

/// What a list of preview links takes.
pub struct ListPreviewLinks {
    pub paging: PagingBy<PreviewLinkSort>,
}
from_query!(ListPreviewLinks { all paging });

/// The parameters of a list of preview links, for the OpenAPI document.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(
    dead_code,
    reason = "describes parameters; `ListPreviewLinks` reads them"
)]
pub struct ListPreviewLinksParams {
    /// Up to two of `created_at`, `expires_at`; `-` before a key turns it round.
    #[param(value_type = Option<Vec<String>>, style = Form, explode = false, example = json!(["-created_at"]))]
    sort: Option<String>,
}
