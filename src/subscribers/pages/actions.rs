use actix_web::http::{StatusCode, header};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, get, post};
use diesel_async::AsyncConnection;
use serde_json::json;

use super::page::Reader;
use super::preferences::{self, Faults};
use crate::forms::{Counter, Traffic};
use crate::platform::Platform;
use crate::platform::token::TokenHash;
use crate::rest::form::Form;
use crate::rest::{Problem, Segment};
use crate::subscribers::erasure::{self, By};
use crate::subscribers::links::{Link, LinkToken, Managed};
use crate::subscribers::model::FollowingSubscriber;
use crate::subscribers::own::{self, Changes, Confirmation};
use crate::subscribers::personal;
use crate::subscribers::self_service::{evidence, managing};

/// Open a mailed link
///
/// A page with one button that confirms, or the preferences of a subscription. To open it changes nothing, so scanners of
/// mails may.
#[utoipa::path(tag = "site", params(("token" = String, Path, description = "The token of the mailed link")), security(()), responses(
    (status = 200, description = "The page", content_type = "text/html", body = String),
    (status = 410, description = "The page of a link that has expired", content_type = "text/html", body = String),
))]
#[get("/subscriptions/{token}")]
pub async fn subscription_page(
    platform: Data<Platform>,
    request: HttpRequest,
    token: Segment<LinkToken>,
) -> Result<HttpResponse, Problem> {
    let stranger = Reader::of(&request, &platform.config, None);
    let shown = match token.0.read(&platform.keys) {
        None => Err(own::unknown()),
        Some(Link::Confirm(hash)) => confirm_page(&platform, &request, &hash).await,
        Some(Link::Manage(link)) => preferences_page(&platform, &request, link).await,
    };
    shown.or_else(|problem| stranger.trouble(problem))
}

async fn confirm_page(
    platform: &Platform,
    request: &HttpRequest,
    hash: &TokenHash,
) -> Result<HttpResponse, Problem> {
    let now = platform.clock.now();
    let mut conn = platform.db.get().await?;
    let (subscriber, wish, token) = conn
        .transaction(async |tx| own::asked_by(tx, hash, now).await)
        .await?;
    let locale = wish.locale.as_ref().or(subscriber.row.locale.as_ref());
    let reader = Reader::of(request, &platform.config, locale);
    if token.used_at.is_some() {
        return reader.message(StatusCode::OK, "used");
    }
    let title = reader.word("confirm_title");
    reader.page(StatusCode::OK, "confirm", &title, json!({}))
}

async fn preferences_page(
    platform: &Platform,
    request: &HttpRequest,
    link: Managed,
) -> Result<HttpResponse, Problem> {
    let mut conn = platform.db.get().await?;
    let subscriber = conn
        .transaction(async |tx| own::managed(tx, link).await)
        .await?;
    preferences::page(
        platform,
        request,
        &mut conn,
        &subscriber,
        None,
        &Faults::default(),
    )
    .await
}

/// Press a button of a page
///
/// What the buttons of the page behind a mailed link send. `action` says which: `confirm` by the link of a confirmation mail;
/// `save`, `pause`, `resume`, `unsubscribe_all`, `download`, `erase` (which asks again) and `erase_for_good` by that of any
/// other.
#[utoipa::path(tag = "site", params(("token" = String, Path, description = "The token of the mailed link")), request_body(content = String, content_type = "application/x-www-form-urlencoded", description = "The fields of the page's form"), security(()), responses(
    (status = 200, description = "The page that says what has become of it", content_type = "text/html", body = String),
    (status = 410, description = "The page of a link that has expired", content_type = "text/html", body = String),
))]
#[post("/subscriptions/{token}")]
pub async fn subscription_action(
    platform: Data<Platform>,
    traffic: Data<Traffic>,
    request: HttpRequest,
    token: Segment<LinkToken>,
    form: Form,
) -> Result<HttpResponse, Problem> {
    let stranger = Reader::of(&request, &platform.config, None);
    let done = match token.0.read(&platform.keys) {
        None => Err(own::unknown()),
        Some(Link::Confirm(hash)) if form.one("action") == Some("confirm") => {
            confirm(&platform, &traffic.counter, &request, &hash).await
        }
        // Nothing was pressed that is on this page.
        Some(Link::Confirm(hash)) => confirm_page(&platform, &request, &hash).await,
        Some(Link::Manage(link)) => manage(&platform, &request, link, &form).await,
    };
    done.or_else(|problem| stranger.trouble(problem))
}

async fn confirm(
    platform: &Platform,
    counter: &Counter,
    request: &HttpRequest,
    hash: &TokenHash,
) -> Result<HttpResponse, Problem> {
    let evidence = evidence(platform, request)?;
    let now = platform.clock.now();
    let mut conn = platform.db.get().await?;
    let confirmation = conn
        .transaction(async |tx| own::confirm(tx, &platform.keys, hash, evidence, now).await)
        .await?;
    confirmation.count(counter, now);
    let locale = confirmation.subscriber().row.locale.as_ref();
    let reader = Reader::of(request, &platform.config, locale);
    match confirmation {
        Confirmation::Now(..) => reader.message(StatusCode::OK, "confirmed"),
        Confirmation::Before(_) => reader.message(StatusCode::OK, "used"),
    }
}

async fn manage(
    platform: &Platform,
    request: &HttpRequest,
    link: Managed,
    form: &Form,
) -> Result<HttpResponse, Problem> {
    match form.one("action") {
        Some("unsubscribe_all") => unsubscribe(platform, request, link).await,
        Some("erase") => erase_question(platform, request, link).await,
        Some("erase_for_good") => erase(platform, request, link).await,
        Some("download") => download(platform, link).await,
        Some(action @ ("save" | "pause" | "resume")) => {
            change(platform, request, link, action, form).await
        }
        _ => preferences_page(platform, request, link).await,
    }
}

async fn change(
    platform: &Platform,
    request: &HttpRequest,
    link: Managed,
    action: &str,
    form: &Form,
) -> Result<HttpResponse, Problem> {
    let now = platform.clock.now();
    let mut conn = platform.db.get().await?;
    let (subscriber, faults) = conn
        .transaction(async |tx| {
            let old = own::managed(tx, link).await?;
            let patch = match preferences::patch(action, form) {
                Ok(patch) => patch,
                Err(faults) => return Ok::<_, Problem>((old, faults)),
            };
            match Changes::asked(tx, &old, patch, now).await {
                Ok(changes) => Ok((own::change(tx, old, changes, now).await?, Faults::default())),
                Err(Problem::Invalid(faults)) => Ok((old, preferences::told(&faults))),
                Err(problem) => Err(problem),
            }
        })
        .await?;
    let notice = if faults.is_empty() { "saved" } else { "wrong" };
    preferences::page(
        platform,
        request,
        &mut conn,
        &subscriber,
        Some(notice),
        &faults,
    )
    .await
}

async fn unsubscribe(
    platform: &Platform,
    request: &HttpRequest,
    link: Managed,
) -> Result<HttpResponse, Problem> {
    let evidence = evidence(platform, request)?;
    let now = platform.clock.now();
    let mut conn = platform.db.get().await?;
    let subscriber = conn
        .transaction(async |tx| {
            let old = own::managed(tx, link).await?;
            own::unsubscribe(tx, &platform.keys, old, evidence, now).await
        })
        .await?;
    let reader = reader_of(platform, request, &subscriber);
    reader.message(StatusCode::OK, "unsubscribed")
}

async fn erase_question(
    platform: &Platform,
    request: &HttpRequest,
    link: Managed,
) -> Result<HttpResponse, Problem> {
    let mut conn = platform.db.get().await?;
    let subscriber = conn
        .transaction(async |tx| own::managed(tx, link).await)
        .await?;
    let reader = reader_of(platform, request, &subscriber);
    let title = reader.word("erase_question");
    reader.page(StatusCode::OK, "erase", &title, json!({}))
}

async fn erase(
    platform: &Platform,
    request: &HttpRequest,
    link: Managed,
) -> Result<HttpResponse, Problem> {
    let now = platform.clock.now();
    let mut conn = platform.db.get().await?;
    let subscriber = conn
        .transaction(async |tx| {
            let old = own::managed(tx, link).await?;
            erasure::erase(tx, &platform.keys, &old, By::Person, now).await?;
            Ok::<_, Problem>(old)
        })
        .await?;
    reader_of(platform, request, &subscriber).message(StatusCode::OK, "erased")
}

/// Download one's own data
///
/// All that is kept about whoever holds the link of a mail, as a file.
#[utoipa::path(tag = "site", params(("token" = String, Path, description = "The token of the mailed link")), security(()), responses((status = 200, description = "All that is kept", body = personal::PersonalData)))]
#[get("/subscriptions/{token}/data")]
pub async fn download_own_data(
    platform: Data<Platform>,
    token: Segment<LinkToken>,
) -> Result<HttpResponse, Problem> {
    download(&platform, managing(&platform, &token.0)?).await
}

async fn download(platform: &Platform, link: Managed) -> Result<HttpResponse, Problem> {
    let mut conn = platform.db.get().await?;
    let data = conn
        .transaction(async |tx| {
            let subscriber = own::managed(tx, link).await?;
            personal::gather(tx, &platform.keys, subscriber).await
        })
        .await?;
    let body = serde_json::to_vec_pretty(&data).map_err(anyhow::Error::from)?;
    Ok(HttpResponse::Ok()
        .content_type("application/json")
        .insert_header((
            header::CONTENT_DISPOSITION,
            "attachment; filename=\"my-data.json\"",
        ))
        .body(body))
}

/// Open the link by which mail programs unsubscribe
///
/// A page with a button. To open it changes nothing.
#[utoipa::path(tag = "site", params(("token" = String, Path, description = "The token of the mailed link")), security(()), responses((status = 200, description = "The page", content_type = "text/html", body = String)))]
#[get("/subscriptions/{token}/unsubscribe")]
pub async fn unsubscribe_page(
    platform: Data<Platform>,
    request: HttpRequest,
    token: Segment<LinkToken>,
) -> Result<HttpResponse, Problem> {
    let stranger = Reader::of(&request, &platform.config, None);
    let link = match managing(&platform, &token.0) {
        Ok(link) => link,
        Err(problem) => return stranger.trouble(problem),
    };
    let mut conn = platform.db.get().await?;
    let found = conn
        .transaction(async |tx| own::managed(tx, link).await)
        .await;
    match found {
        Err(problem) => stranger.trouble(problem),
        Ok(subscriber) => {
            let reader = reader_of(&platform, &request, &subscriber);
            let title = reader.word("unsubscribe_title");
            reader.page(StatusCode::OK, "unsubscribe", &title, json!({}))
        }
    }
}

/// Unsubscribe by one click
///
/// What mail programs send for a reader (RFC 8058): no log-in, no question, no redirect. The body is not looked at. Twice is
/// as good as once, and so is the link of somebody who is not there any more.
#[utoipa::path(tag = "site", params(("token" = String, Path, description = "The token of the mailed link")), request_body(content = String, content_type = "application/x-www-form-urlencoded", description = "`List-Unsubscribe=One-Click`"), security(()), responses((status = 200, description = "Nothing more will be sent", content_type = "text/html", body = String)))]
#[post("/subscriptions/{token}/unsubscribe")]
pub async fn unsubscribe_by_one_click(
    platform: Data<Platform>,
    request: HttpRequest,
    token: Segment<LinkToken>,
) -> Result<HttpResponse, Problem> {
    let stranger = Reader::of(&request, &platform.config, None);
    let link = match managing(&platform, &token.0) {
        Ok(link) => link,
        Err(problem) => return stranger.trouble(problem),
    };
    match unsubscribe(&platform, &request, link).await {
        Err(Problem::NotFound(_)) => stranger.message(StatusCode::OK, "unsubscribed"),
        done => done,
    }
}

fn reader_of<'a>(
    platform: &'a Platform,
    request: &HttpRequest,
    subscriber: &FollowingSubscriber,
) -> Reader<'a> {
    let locale = subscriber.row.locale.as_ref();
    Reader::of(request, &platform.config, locale)
}
