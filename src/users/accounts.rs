//! What administrators do to accounts from the command line, and what the first start does by itself.

use diesel_async::{AsyncConnection, AsyncPgConnection};

use super::queries;
use crate::authors;
use crate::platform::Platform;
use crate::platform::events::{self, Event, Visibility};
use crate::platform::password::NewPassword;
use crate::rest::Problem;
use crate::rest::problem::ValueFault;
use crate::types::{EmailAddress, Line, Role, UserId};

/// A person who is to have an account.
pub struct NewUser {
    pub email: EmailAddress,
    pub name: Line<200>,
    pub role: Role,
    pub password: NewPassword,
}

/// Makes an account and its public side.
pub async fn create(platform: &Platform, user: NewUser) -> Result<UserId, Problem> {
    let known = [
        user.email.as_str(),
        user.name.as_str(),
        &platform.config.site_name,
    ];
    user.password
        .hidden_from(&known)
        .map_err(|fault| Problem::Invalid(vec![ValueFault::at("/password", fault)]))?;
    let hash = platform.passwords.hash(&user.password).await?;
    let mut conn = platform.db.get().await?;
    let taken = Problem::conflict("email_taken", "another account has this address");
    conn.transaction(async |tx| {
        let id = UserId::mint();
        let author = authors::create(tx, user.name.as_str()).await?;
        queries::insert(tx, id, author, &user.email, &hash, user.role)
            .await
            .map_err(taken.on_violation_of("users_email_key"))?;
        record(tx, id, "user.created").await?;
        Ok::<_, Problem>(id)
    })
    .await
}

/// Makes the first admin if there is no account yet; tells whether it did.
pub async fn create_first_admin(platform: &Platform, user: NewUser) -> Result<bool, Problem> {
    let mut conn = platform.db.get().await?;
    if queries::count(&mut conn).await? > 0 {
        return Ok(false);
    }
    drop(conn);
    match create(platform, user).await {
        Ok(_) => Ok(true),
        // Another instance that started together with this one was first.
        Err(Problem::Conflict { .. }) => Ok(false),
        Err(problem) => Err(problem),
    }
}

/// Gives an account a new password and ends its sessions.
pub async fn set_password(
    platform: &Platform,
    email: &EmailAddress,
    password: &NewPassword,
) -> Result<(), Problem> {
    password
        .hidden_from(&[email.as_str(), &platform.config.site_name])
        .map_err(|fault| Problem::Invalid(vec![ValueFault::at("/password", fault)]))?;
    let hash = platform.passwords.hash(password).await?;
    let mut conn = platform.db.get().await?;
    let now = platform.clock.now();
    conn.transaction(async |tx| {
        let user = queries::find_by_email(tx, email)
            .await?
            .ok_or(Problem::NotFound("account"))?;
        queries::update_password(tx, user.id, &hash).await?;
        queries::end_sessions(tx, user.id, None, now).await?;
        record(tx, user.id, "user.password_changed").await
    })
    .await
}

/// Shuts an account and ends its sessions.
pub async fn disable(platform: &Platform, email: &EmailAddress) -> Result<(), Problem> {
    let mut conn = platform.db.get().await?;
    let now = platform.clock.now();
    conn.transaction(async |tx| {
        let user = queries::find_by_email(tx, email)
            .await?
            .ok_or(Problem::NotFound("account"))?;
        queries::disable(tx, user.id, now).await?;
        queries::end_sessions(tx, user.id, None, now).await?;
        record(tx, user.id, "user.disabled").await
    })
    .await
}

/// Writes what happened to an account into the outbox, without anything personal.
pub(super) async fn record(
    conn: &mut AsyncPgConnection,
    id: UserId,
    action: &'static str,
) -> Result<(), Problem> {
    let event = Event {
        actor: None,
        action,
        resource_kind: "user",
        resource_id: id.as_uuid(),
        visibility: Visibility::EditorsOnly,
        cache_tags: Vec::new(),
        before: None,
        after: None,
    };
    Ok(events::record(conn, event).await?)
}
