use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::model::{RefreshRow, UserRow};
use crate::platform::token::TokenHash;
use crate::schema::{refresh_tokens, sessions, users};
use crate::types::{AuthorId, EmailAddress, Role, SessionId, UserId};

/// Who a session belongs to, as long as both are in force: user, author, role.
pub async fn find_session(
    conn: &mut AsyncPgConnection,
    session: SessionId,
    user: UserId,
    now: DateTime<Utc>,
) -> QueryResult<Option<(AuthorId, Role)>> {
    sessions::table
        .inner_join(users::table)
        .filter(sessions::id.eq(session))
        .filter(users::id.eq(user))
        .filter(sessions::ended_at.is_null())
        .filter(sessions::expires_at.gt(now))
        .filter(users::disabled_at.is_null())
        .select((users::author_id, users::role))
        .first(conn)
        .await
        .optional()
}

/// The account with this address.
pub async fn find_by_email(
    conn: &mut AsyncPgConnection,
    email: &EmailAddress,
) -> QueryResult<Option<UserRow>> {
    users::table
        .filter(users::email.eq(email))
        .select(UserRow::as_select())
        .first(conn)
        .await
        .optional()
}

/// The account with this id.
pub async fn find(conn: &mut AsyncPgConnection, id: UserId) -> QueryResult<Option<UserRow>> {
    users::table
        .find(id)
        .select(UserRow::as_select())
        .first(conn)
        .await
        .optional()
}

/// All accounts, by address.
pub async fn list(conn: &mut AsyncPgConnection) -> QueryResult<Vec<UserRow>> {
    users::table
        .select(UserRow::as_select())
        .order(users::email)
        .load(conn)
        .await
}

/// How many accounts there are.
pub async fn count(conn: &mut AsyncPgConnection) -> QueryResult<i64> {
    users::table.count().get_result(conn).await
}

/// Inserts an account. Violates `users_email_key` when the address is taken.
pub async fn insert(
    conn: &mut AsyncPgConnection,
    id: UserId,
    author: AuthorId,
    email: &EmailAddress,
    hash: &str,
    role: Role,
) -> QueryResult<()> {
    diesel::insert_into(users::table)
        .values((
            users::id.eq(id),
            users::author_id.eq(author),
            users::email.eq(email),
            users::password_hash.eq(hash),
            users::role.eq(role),
        ))
        .execute(conn)
        .await
        .map(|_| ())
}

/// Puts a new password hash in the place of the old.
pub async fn update_password(
    conn: &mut AsyncPgConnection,
    id: UserId,
    hash: &str,
) -> QueryResult<()> {
    diesel::update(users::table.find(id))
        .set(users::password_hash.eq(hash))
        .execute(conn)
        .await
        .map(|_| ())
}

/// Shuts an account from an instant on, or opens it.
pub async fn set_disabled(
    conn: &mut AsyncPgConnection,
    id: UserId,
    since: Option<DateTime<Utc>>,
) -> QueryResult<()> {
    diesel::update(users::table.find(id))
        .set(users::disabled_at.eq(since))
        .execute(conn)
        .await
        .map(|_| ())
}

/// The admins who can log in, locked.
pub async fn lock_active_admins(conn: &mut AsyncPgConnection) -> QueryResult<Vec<UserId>> {
    users::table
        .filter(users::role.eq(Role::Admin))
        .filter(users::disabled_at.is_null())
        .select(users::id)
        // In one order, so that two who lock them wait for each other and don't get stuck.
        .order(users::id)
        .for_update()
        .load(conn)
        .await
}

/// Begins a session.
pub async fn insert_session(
    conn: &mut AsyncPgConnection,
    id: SessionId,
    user: UserId,
    expires_at: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::insert_into(sessions::table)
        .values((
            sessions::id.eq(id),
            sessions::user_id.eq(user),
            sessions::expires_at.eq(expires_at),
        ))
        .execute(conn)
        .await
        .map(|_| ())
}

/// Ends one session.
pub async fn end_session(
    conn: &mut AsyncPgConnection,
    id: SessionId,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::update(sessions::table.find(id))
        .set(sessions::ended_at.eq(now))
        .execute(conn)
        .await
        .map(|_| ())
}

/// Ends all sessions of an account, but the one to keep.
pub async fn end_sessions(
    conn: &mut AsyncPgConnection,
    user: UserId,
    keep: Option<SessionId>,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let others = sessions::table
        .filter(sessions::user_id.eq(user))
        .filter(sessions::ended_at.is_null());
    let kept = keep.map_or(uuid::Uuid::nil(), SessionId::as_uuid);
    diesel::update(others.filter(sessions::id.ne(kept)))
        .set(sessions::ended_at.eq(now))
        .execute(conn)
        .await
        .map(|_| ())
}

/// Stores the hash of a new refresh token.
pub async fn insert_refresh_token(
    conn: &mut AsyncPgConnection,
    hash: &TokenHash,
    session: SessionId,
    expires_at: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::insert_into(refresh_tokens::table)
        .values((
            refresh_tokens::token_hash.eq(hash.as_bytes()),
            refresh_tokens::session_id.eq(session),
            refresh_tokens::expires_at.eq(expires_at),
        ))
        .execute(conn)
        .await
        .map(|_| ())
}

/// A refresh token and its session, locked: of two requests with one token, the second waits and finds it spent.
pub async fn lock_refresh_token(
    conn: &mut AsyncPgConnection,
    hash: &TokenHash,
) -> QueryResult<Option<RefreshRow>> {
    refresh_tokens::table
        .inner_join(sessions::table)
        .filter(refresh_tokens::token_hash.eq(hash.as_bytes()))
        .select((
            refresh_tokens::session_id,
            refresh_tokens::expires_at,
            refresh_tokens::spent_at,
            sessions::expires_at,
            sessions::ended_at,
            sessions::user_id,
        ))
        .for_update()
        .first(conn)
        .await
        .optional()
}

/// Marks a refresh token as used.
pub async fn spend_refresh_token(
    conn: &mut AsyncPgConnection,
    hash: &TokenHash,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::update(refresh_tokens::table.find(hash.as_bytes()))
        .set(refresh_tokens::spent_at.eq(now))
        .execute(conn)
        .await
        .map(|_| ())
}
