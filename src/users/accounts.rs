//! What administrators do to accounts from the command line, and what the first start does by itself.

use diesel_async::{AsyncConnection, AsyncPgConnection};

use super::model::UserRow;
use super::queries;
use crate::authors;
use crate::platform::Platform;
use crate::platform::events::{self, Event, Visibility};
use crate::platform::password::NewPassword;
use crate::rest::Problem;
use crate::rest::problem::ValueFault;
use crate::types::{EmailAddress, Line, Reference, Role, UserId};

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

/// Whether somebody can log in with an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountState {
    Active,
    Disabled,
}

impl AccountState {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Disabled => "disabled",
        }
    }

    fn of(user: &UserRow) -> Self {
        match user.disabled_at {
            None => Self::Active,
            Some(_) => Self::Disabled,
        }
    }
}

/// An account as a list shows it.
pub struct Account {
    pub email: EmailAddress,
    pub name: String,
    pub role: Role,
    pub state: AccountState,
}

/// All accounts, by address.
pub async fn list(platform: &Platform) -> Result<Vec<Account>, Problem> {
    let mut conn = platform.db.get().await?;
    let users = queries::list(&mut conn).await?;
    let references: Vec<_> = users
        .iter()
        .map(|user| Reference::Id(user.author_id))
        .collect();
    let authors = authors::queries::resolve(&mut conn, &references).await?;
    let accounts = users.into_iter().zip(authors);
    Ok(accounts
        .map(|(user, author)| Account {
            state: AccountState::of(&user),
            email: user.email,
            name: author.map(|author| author.name).unwrap_or_default(),
            role: user.role,
        })
        .collect())
}

/// Gives an account a new password and ends its sessions; tells whether it can be used.
pub async fn set_password(
    platform: &Platform,
    email: &EmailAddress,
    password: &NewPassword,
) -> Result<AccountState, Problem> {
    password
        .hidden_from(&[email.as_str(), &platform.config.site_name])
        .map_err(|fault| Problem::Invalid(vec![ValueFault::at("/password", fault)]))?;
    let hash = platform.passwords.hash(password).await?;
    let mut conn = platform.db.get().await?;
    let now = platform.clock.now();
    conn.transaction(async |tx| {
        let user = find(tx, email).await?;
        queries::update_password(tx, user.id, &hash).await?;
        queries::end_sessions(tx, user.id, None, now).await?;
        record(tx, user.id, "user.password_changed").await?;
        Ok(AccountState::of(&user))
    })
    .await
}

/// Shuts an account and ends its sessions; tells what it was before. Refuses the last active admin.
pub async fn disable(platform: &Platform, email: &EmailAddress) -> Result<AccountState, Problem> {
    let mut conn = platform.db.get().await?;
    let now = platform.clock.now();
    conn.transaction(async |tx| {
        // Locked, so that of two who each disable one of the last two admins, the second is refused.
        let admins = queries::lock_active_admins(tx).await?;
        let user = find(tx, email).await?;
        if AccountState::of(&user) == AccountState::Disabled {
            return Ok(AccountState::Disabled);
        }
        if admins == [user.id] {
            return Err(Problem::conflict(
                "last_admin",
                "this is the last active admin; first make another (`masthead user create … --role admin`), or enable one",
            ));
        }
        queries::set_disabled(tx, user.id, Some(now)).await?;
        queries::end_sessions(tx, user.id, None, now).await?;
        record(tx, user.id, "user.disabled").await?;
        Ok(AccountState::Active)
    })
    .await
}

/// Opens an account that was disabled; tells what it was before.
pub async fn enable(platform: &Platform, email: &EmailAddress) -> Result<AccountState, Problem> {
    let mut conn = platform.db.get().await?;
    conn.transaction(async |tx| {
        let user = find(tx, email).await?;
        let before = AccountState::of(&user);
        if before == AccountState::Disabled {
            queries::set_disabled(tx, user.id, None).await?;
            record(tx, user.id, "user.enabled").await?;
        }
        Ok(before)
    })
    .await
}

async fn find(conn: &mut AsyncPgConnection, email: &EmailAddress) -> Result<UserRow, Problem> {
    queries::find_by_email(conn, email)
        .await?
        .ok_or(Problem::NotFound("account"))
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
