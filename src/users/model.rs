use chrono::{DateTime, Utc};
use diesel::prelude::*;

use crate::schema::users;
use crate::types::{AuthorId, EmailAddress, Role, SessionId, UserId};

/// An account.
#[derive(Debug, Clone, Queryable, Selectable, Identifiable)]
#[diesel(table_name = users)]
pub struct UserRow {
    pub id: UserId,
    pub author_id: AuthorId,
    pub email: EmailAddress,
    pub password_hash: String,
    pub role: Role,
    pub disabled_at: Option<DateTime<Utc>>,
    pub version: i64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// A refresh token, with what decides whether it is good.
#[derive(Debug, Clone, Queryable)]
pub struct RefreshRow {
    pub session_id: SessionId,
    pub expires_at: DateTime<Utc>,
    pub spent_at: Option<DateTime<Utc>>,
    pub session_expires_at: DateTime<Utc>,
    pub session_ended_at: Option<DateTime<Utc>>,
    pub user_id: UserId,
}
