use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpRequest, get, patch, post};
use chrono::{DateTime, TimeDelta, Utc};
use diesel_async::{AsyncConnection, AsyncPgConnection};

use super::accounts;
use super::dto::{ChangePassword, LogIn, LogOut, Me, Refresh, Tokens, UpdateMe};
use super::guard::LogInGuard;
use super::queries;
use crate::authors;
use crate::platform::Platform;
use crate::platform::password::Verdict;
use crate::platform::token::{ACCESS_TOKEN_LIFETIME, OpaqueToken, TokenHash};
use crate::rest::body::NoBody;
use crate::rest::client::ClientAddress;
use crate::rest::conditional::{IfMatch, IfMatchHeader};
use crate::rest::problem::ValueFault;
use crate::rest::query::NoParams;
use crate::rest::reply::{NoContent, Reply};
use crate::rest::{Author, Body, Problem, Query};
use crate::types::{Role, SessionId, UserId};

/// How long a refresh token waits to be used, and how long a session can be drawn out by refreshing.
const REFRESH_LIFETIME: TimeDelta = TimeDelta::days(30);
const SESSION_LIFETIME: TimeDelta = TimeDelta::days(90);

/// Log in
///
/// Takes an e-mail address and a password and begins a session. The answer is the same, after the same time, whether the
/// account is unknown, the password wrong or the account disabled; after ten failures for an account, or fifty from one
/// address, within a quarter of an hour it is 429.
#[utoipa::path(tag = "auth", request_body = LogIn, security(()), responses(
    (status = 200, description = "The session's first pair of tokens", body = Tokens),
    (status = 401, description = "The e-mail or the password is wrong"),
    (status = 429, description = "Too many failures"),
))]
#[post("/token")]
pub async fn create_token(
    platform: Data<Platform>,
    guard: Data<LogInGuard>,
    request: HttpRequest,
    _: Query<NoParams>,
    body: Body<LogIn>,
) -> Result<Reply, Problem> {
    let LogIn { email, password } = body.value;
    let now = platform.clock.now();
    let client = ClientAddress::of(&request, &platform.config.trusted_proxies);
    guard.begin(&email, client, now)?;
    let user = queries::find_by_email(&mut *platform.db.get().await?, &email).await?;
    let hash = user.as_ref().map(|user| user.password_hash.clone());
    let verdict = platform.passwords.verify(password.0, hash).await?;
    let Some(user) = user.filter(|user| verdict == Verdict::Right && user.disabled_at.is_none())
    else {
        return Err(Problem::Unauthenticated(
            "the e-mail or the password is wrong",
        ));
    };
    guard.succeeded(&email, client);
    let session = SessionId::mint();
    let mut conn = platform.db.get().await?;
    let refresh = conn
        .transaction(async |tx| {
            queries::insert_session(tx, session, user.id, now + SESSION_LIFETIME).await?;
            issue_refresh_token(tx, session, now, now + SESSION_LIFETIME).await
        })
        .await?;
    tokens(&platform, user.id, user.role, session, refresh, now)
}

/// Exchange a refresh token
///
/// Gives a new pair of tokens for a refresh token, which is spent by it. Sending a spent one again ends the session: one of
/// the two who had it is a thief.
#[utoipa::path(tag = "auth", request_body = Refresh, security(()), responses(
    (status = 200, description = "The next pair of tokens", body = Tokens),
    (status = 401, description = "The token is unknown, spent or expired, or its session has ended"),
))]
#[post("/refresh")]
pub async fn refresh_token(
    platform: Data<Platform>,
    _: Query<NoParams>,
    body: Body<Refresh>,
) -> Result<Reply, Problem> {
    let hash = TokenHash::of(&body.value.refresh_token);
    let now = platform.clock.now();
    let mut conn = platform.db.get().await?;
    let exchanged = conn
        .transaction(async |tx| {
            let Some(token) = queries::lock_refresh_token(tx, &hash).await? else {
                return Ok(None);
            };
            if token.spent_at.is_some() {
                queries::end_session(tx, token.session_id, now).await?;
                return Ok(None);
            }
            let is_over = token.expires_at <= now
                || token.session_expires_at <= now
                || token.session_ended_at.is_some();
            let user = queries::find(tx, token.user_id)
                .await?
                .filter(|user| user.disabled_at.is_none() && !is_over);
            let Some(user) = user else { return Ok(None) };
            queries::spend_refresh_token(tx, &hash, now).await?;
            let next =
                issue_refresh_token(tx, token.session_id, now, token.session_expires_at).await?;
            Ok::<_, Problem>(Some((user, token.session_id, next)))
        })
        .await?;
    let (user, session, refresh) = exchanged.ok_or(Problem::Unauthenticated(
        "the refresh token is not good, or not any more",
    ))?;
    tokens(&platform, user.id, user.role, session, refresh, now)
}

/// Log out
///
/// Ends the session: its access token and its refresh token are worth nothing from now on.
#[utoipa::path(tag = "auth", params(LogOut), responses((status = 204, description = "The session has ended")))]
#[post(
    "/logout",
    wrap = "actix_web::middleware::from_fn(super::authenticate)"
)]
pub async fn log_out(
    me: Author,
    platform: Data<Platform>,
    query: Query<LogOut>,
    _: NoBody,
) -> Result<NoContent, Problem> {
    let mut conn = platform.db.get().await?;
    let now = platform.clock.now();
    match query.0.all {
        Some(true) => queries::end_sessions(&mut conn, me.0.user, None, now).await?,
        _ => queries::end_session(&mut conn, me.0.session, now).await?,
    }
    Ok(NoContent)
}

/// Your account
///
/// Tells who you are, and with what role.
#[utoipa::path(tag = "auth", responses((status = 200, description = "Your account", body = Me)))]
#[get("/me", wrap = "actix_web::middleware::from_fn(super::authenticate)")]
pub async fn read_me(
    me: Author,
    platform: Data<Platform>,
    _: Query<NoParams>,
) -> Result<Reply, Problem> {
    let mut conn = platform.db.get().await?;
    let user = queries::find(&mut conn, me.0.user)
        .await?
        .ok_or(Problem::NotFound("account"))?;
    let author = authors::queries::get(&mut conn, user.author_id).await?;
    Reply::shown(author.version, &Me::new(user, author))
}

/// Change your account
///
/// Changes the name and the text that readers see. The slug stays, so that links to your page do. `If-Match` is optional,
/// and honoured when sent.
#[utoipa::path(tag = "auth", params(IfMatchHeader), request_body = UpdateMe, responses((status = 200, description = "Your account, changed", body = Me)))]
#[patch("/me", wrap = "actix_web::middleware::from_fn(super::authenticate)")]
pub async fn update_me(
    me: Author,
    platform: Data<Platform>,
    if_match: IfMatch,
    _: Query<NoParams>,
    body: Body<UpdateMe>,
) -> Result<Reply, Problem> {
    let UpdateMe { name, bio } = body.value;
    let moment = platform.clock.moment();
    let mut conn = platform.db.get().await?;
    let changed = conn.transaction(async |tx| {
        let user = queries::find(tx, me.0.user)
            .await?
            .ok_or(Problem::NotFound("account"))?;
        let author = authors::queries::get(tx, user.author_id).await?;
        if !if_match.allows(author.version) {
            let current = Reply::shown(author.version, &Me::new(user, author))?;
            return Err(Problem::Stale {
                etag: current.etag.unwrap_or_default(),
                changes: serde_json::Value::Null,
            });
        }
        let name = name.map_or_else(|| author.name.clone(), |name| name.as_str().to_owned());
        let bio = bio
            .map(|bio| bio.as_str().to_owned())
            .over(author.bio.clone());
        let changed = authors::queries::update(tx, author.id, &name, bio.as_deref()).await?;
        authors::events::record_update(tx, Some(user.id), &author, &changed, moment).await?;
        accounts::record(tx, user.id, "user.updated").await?;
        Reply::shown(changed.version, &Me::new(user, changed))
    });
    let reply = changed.await?;
    drop(conn);
    // Whoever changed the name sees it in the next answer.
    platform.epoch.catch_up(&platform.db).await;
    Ok(reply)
}

/// Change your password
///
/// Needs the current one, and ends all your other sessions.
#[utoipa::path(tag = "auth", request_body = ChangePassword, responses(
    (status = 204, description = "The password is changed, and all other sessions have ended"),
    (status = 429, description = "Too many wrong passwords"),
))]
#[post(
    "/password",
    wrap = "actix_web::middleware::from_fn(super::authenticate)"
)]
pub async fn change_password(
    me: Author,
    platform: Data<Platform>,
    guard: Data<LogInGuard>,
    request: HttpRequest,
    _: Query<NoParams>,
    body: Body<ChangePassword>,
) -> Result<NoContent, Problem> {
    let ChangePassword {
        current_password,
        new_password,
    } = body.value;
    let now = platform.clock.now();
    let client = ClientAddress::of(&request, &platform.config.trusted_proxies);
    let user = queries::find(&mut *platform.db.get().await?, me.0.user)
        .await?
        .ok_or(Problem::NotFound("account"))?;
    guard.begin(&user.email, client, now)?;
    if platform
        .passwords
        .verify(current_password.0, Some(user.password_hash))
        .await?
        == Verdict::Wrong
    {
        return Err(Problem::invalid(
            "/current_password",
            "wrong_password",
            "is not your current password",
        ));
    }
    guard.succeeded(&user.email, client);
    let mut conn = platform.db.get().await?;
    let author = authors::queries::get(&mut conn, user.author_id).await?;
    drop(conn);
    let known = [
        user.email.as_str(),
        &author.name,
        &platform.config.site_name,
    ];
    new_password
        .hidden_from(&known)
        .map_err(|fault| Problem::Invalid(vec![ValueFault::at("/new_password", fault)]))?;
    let hash = platform.passwords.hash(&new_password).await?;
    let mut conn = platform.db.get().await?;
    conn.transaction(async |tx| {
        queries::update_password(tx, user.id, &hash).await?;
        queries::end_sessions(tx, user.id, Some(me.0.session), now).await?;
        accounts::record(tx, user.id, "user.password_changed").await
    })
    .await?;
    Ok(NoContent)
}

/// A refresh token as its holder gets it, and how long it lives.
struct Issued {
    text: String,
    lifetime: TimeDelta,
}

async fn issue_refresh_token(
    conn: &mut AsyncPgConnection,
    session: SessionId,
    now: DateTime<Utc>,
    session_ends: DateTime<Utc>,
) -> Result<Issued, Problem> {
    let token = OpaqueToken::mint("mhr_")?;
    let expires_at = (now + REFRESH_LIFETIME).min(session_ends);
    queries::insert_refresh_token(conn, &token.hash, session, expires_at).await?;
    Ok(Issued {
        text: token.text,
        lifetime: expires_at - now,
    })
}

fn tokens(
    platform: &Platform,
    user: UserId,
    role: Role,
    session: SessionId,
    refresh: Issued,
    now: DateTime<Utc>,
) -> Result<Reply, Problem> {
    let tokens = Tokens {
        access_token: platform
            .access_tokens
            .sign(user, session, role.as_str(), now)?,
        token_type: "Bearer",
        expires_in: ACCESS_TOKEN_LIFETIME.num_seconds(),
        refresh_token: refresh.text,
        refresh_expires_in: refresh.lifetime.num_seconds(),
    };
    Reply::plain(StatusCode::OK, &tokens)
}
