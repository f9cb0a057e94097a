use chrono::{DateTime, Utc};
use diesel::prelude::*;

use crate::platform::keyset::{Direction, KeyKind, KeyValue, SortColumn};
use crate::rest::page::SortKey;
use crate::schema::preview_links;
use crate::types::{ArticleId, PreviewLinkId, UserId, closed_set};

/// A preview link as it is stored, without its token.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = preview_links)]
pub struct PreviewLinkRow {
    pub id: PreviewLinkId,
    pub as_of: DateTime<Utc>,
    /// `None`: the whole site.
    pub article_id: Option<ArticleId>,
    pub created_by: UserId,
    pub created_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    pub revoked_at: Option<DateTime<Utc>>,
}

/// A preview link to be.
#[derive(Debug, Clone, Insertable)]
#[diesel(table_name = preview_links)]
pub struct NewPreviewLink<'a> {
    pub id: PreviewLinkId,
    pub token_hash: &'a [u8],
    pub as_of: DateTime<Utc>,
    pub article_id: Option<ArticleId>,
    pub created_by: UserId,
    pub expires_at: DateTime<Utc>,
}

closed_set! {
    /// What preview links can be sorted by.
    pub enum PreviewLinkSort {
        CreatedAt = "created_at",
        ExpiresAt = "expires_at",
    }
}

impl SortKey for PreviewLinkSort {
    const DEFAULT: &'static [(Self, Direction)] = &[(Self::CreatedAt, Direction::Descending)];
    const TIE: SortColumn = SortColumn {
        sql: "preview_links.id",
        kind: KeyKind::Id,
        direction: Direction::Descending,
    };
    const LIST: &'static str = "preview-links";

    fn column(self, direction: Direction) -> SortColumn {
        let sql = match self {
            Self::CreatedAt => "preview_links.created_at",
            Self::ExpiresAt => "preview_links.expires_at",
        };
        SortColumn {
            sql,
            kind: KeyKind::Time,
            direction,
        }
    }
}

impl PreviewLinkRow {
    /// The link's value in a sort column.
    pub fn key(&self, column: SortColumn) -> KeyValue {
        match column.sql {
            "preview_links.created_at" => KeyValue::Time(self.created_at),
            "preview_links.expires_at" => KeyValue::Time(self.expires_at),
            _ => KeyValue::Id(self.id.as_uuid()),
        }
    }
}
