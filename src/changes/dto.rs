use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::model::{ChangeKind, ChangeRow, Feed};
use super::token::ChangeToken;
use crate::platform::events::ReaderAction;
use crate::rest::page::Limit;
use crate::rest::query::from_query;
use crate::types::Slug;

/// The most changes on a page, and how many there are when nobody says.
const LIMIT: i64 = 100;

/// One change that readers could notice.
#[derive(Debug, Serialize, ToSchema)]
pub struct Change {
    pub action: ReaderAction,
    pub kind: ChangeKind,
    #[schema(examples("0192e4a0-7b1c-7c3e-9d55-3f1f6a2b8c4d"))]
    pub id: Uuid,
    /// The slug from then on. What is withdrawn keeps the one that it had.
    #[schema(value_type = String, examples("frost-in-may"))]
    pub slug: Slug,
    pub at: DateTime<Utc>,
    /// The `Cache-Tag`s of every answer that shows it: what to purge.
    #[schema(examples(json!(["article:0192e4a0-7b1c-7c3e-9d55-3f1f6a2b8c4d", "articles"])))]
    pub cache_tags: Vec<String>,
}

impl Change {
    /// What readers are told of a change; `None` when it is nothing.
    pub fn of(row: ChangeRow) -> Option<Self> {
        let told = row.told?;
        Some(Self {
            action: told.action,
            kind: told.kind,
            id: told.id,
            slug: told.slug,
            at: row.place.at,
            cache_tags: told.cache_tags,
        })
    }
}

/// Changes in the order in which readers could notice them.
#[derive(Debug, Serialize, ToSchema)]
pub struct Changes {
    pub data: Vec<Change>,
    /// Send it as `since` to go on from here.
    #[schema(examples("kA3rL0r3xQsAAAAAAAAAAAAAACo"))]
    pub next_token: String,
    /// Whether there is more to be had right now.
    pub more: bool,
}

impl Changes {
    /// A page of at most `limit` changes out of a feed that was read one further.
    pub fn page(mut feed: Feed, limit: i64) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = feed.rows.len() > limit;
        feed.rows.truncate(limit);
        let end = match feed.rows.last() {
            Some(last) if more => last.place,
            _ => feed.newest,
        };
        Self {
            next_token: ChangeToken::new(feed.installation, end).to_string(),
            data: feed.rows.into_iter().filter_map(Change::of).collect(),
            more,
        }
    }
}

/// What `/changes` takes.
pub struct ListChanges {
    since: Option<ChangeToken>,
    limit: Option<Limit>,
}
from_query!(ListChanges { one since, one limit });

impl ListChanges {
    /// Where to go on.
    pub fn since(&self) -> Option<ChangeToken> {
        self.since
    }

    /// How many changes a page has at most.
    pub fn limit(&self) -> i64 {
        self.limit.map_or(LIMIT, Limit::get)
    }
}

/// The parameters of `/changes`, for the OpenAPI document.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes parameters; `ListChanges` reads them")]
pub struct ListChangesParams {
    /// The token to go on from. Without it there are no changes in the answer, just today's token.
    since: Option<String>,
    /// How many changes a page has at most.
    #[param(minimum = 1, maximum = 100, default = 100)]
    limit: Option<i64>,
}

/// What `/events` takes.
pub struct StreamEvents {
    pub since: Option<ChangeToken>,
}
from_query!(StreamEvents { one since });

/// The parameters of `/events`, for the OpenAPI document.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes parameters; `StreamEvents` reads them")]
pub struct StreamEventsParams {
    /// The token to go on from, for clients that can't send `Last-Event-ID`. Without either: from now on.
    since: Option<String>,
}
