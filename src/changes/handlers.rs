use actix_web::http::header;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, get};
use chrono::{DateTime, Utc};

use super::dto::{
    Change, Changes, ListChanges, ListChangesParams, StreamEvents, StreamEventsParams,
};
use super::export::Exports;
use super::hub::Hub;
use super::listener::Listener;
use super::model::{Feed, Refused};
use super::queries::{self, Which};
use super::token::ChangeToken;
use crate::delivery::{Article, ExportFilter, ExportParams, seen};
use crate::platform::Platform;
use crate::rest::cached::{Answer, Preview, Read};
use crate::rest::problem::ValueFault;
use crate::rest::{Delivery, Problem, Query};
use crate::types::Parse;

/// What purges an answer that tells of changes: each of them touches one of these lists.
const LISTS: [&str; 3] = ["articles", "authors", "tags"];
const LAST_EVENT_ID: &str = "Last-Event-ID";

/// What changed since a token
///
/// What was published, changed or withdrawn since then, in the order in which readers could notice it, without a gap: send
/// `next_token` as `since` the next time. Withdrawn things are named with the slug that they had. Without `since` there is
/// just today's token; to start with everything that is published, read `/api/v1/articles.ndjson`.
#[utoipa::path(
    tag = "delivery",
    security(()),
    params(ListChangesParams),
    responses(
        (status = 200, description = "The changes, and where to go on", body = Changes),
        (status = 410, description = "What came after this token is not kept any more; start over from `/api/v1/articles.ndjson`"),
    ),
)]
#[get("/changes")]
pub async fn list_changes(
    delivery: Delivery,
    query: Query<ListChanges>,
) -> Result<HttpResponse, Problem> {
    let Query(list, canonical) = query;
    let (since, limit) = (list.since(), list.limit());
    let position = since.map(ChangeToken::position);
    let platform = &delivery.platform;
    delivery
        .answer(
            canonical.as_str(),
            async |source| {
                let (feed, seen) = futures::try_join!(
                    queries::read(&source.conn, position, Which::Told, limit + 1),
                    seen(&source.conn, source.moment),
                )?;
                let found = (feed, seen.now);
                Ok(Read { found, seen })
            },
            async |(mut feed, now)| {
                if let Some(token) = since {
                    let oldest_kept = now - platform.config.changes_kept;
                    let mut verdict = feed.admit(token, oldest_kept);
                    if verdict == Err(Refused::Unknown) && platform.replicas.next().is_some() {
                        // A replica may lag behind the token: the primary has the last word.
                        let conn = platform.db.get().await?;
                        feed = queries::read(&conn, position, Which::Told, limit + 1).await?;
                        verdict = feed.admit(token, oldest_kept);
                    }
                    verdict.map_err(|refused| refused.into_problem("since"))?;
                }
                let tags = LISTS.map(str::to_owned).to_vec();
                Answer::json(&Changes::page(feed, limit), tags)
            },
        )
        .await
}

/// Changes as they happen
///
/// Server-sent events: one `change` for each entry that `/api/v1/changes` would list, a second after it at most. The `id` of
/// an event is the token to go on from; clients that were cut off send it as `Last-Event-ID`, as browsers do by themselves,
/// and miss nothing. A comment every 15 seconds says that the line is alive.
#[utoipa::path(
    tag = "delivery",
    security(()),
    params(StreamEventsParams, ("Last-Event-ID" = Option<String>, Header, description = "The id of the last event that was received; goes before `since`")),
    responses(
        (status = 200, description = "Events whose data is a `Change`, without end", body = Change, content_type = "text/event-stream"),
        (status = 410, description = "What came after this token is not kept any more; start over from `/api/v1/articles.ndjson`"),
    ),
)]
#[get("/events")]
pub async fn stream_events(
    platform: Data<Platform>,
    hub: Data<Hub>,
    request: HttpRequest,
    query: Query<StreamEvents>,
) -> Result<HttpResponse, Problem> {
    let received = last_event_id(&request)?;
    let parameter = received.map_or("since", |_| LAST_EVENT_ID);
    let since = received.or(query.0.since);
    let oldest_kept: DateTime<Utc> = platform.clock.now() - platform.config.changes_kept;
    let admit = |feed: &Feed, token| {
        let verdict = feed.admit(token, oldest_kept);
        verdict.map_err(|refused| refused.into_problem(parameter))
    };
    let hub = Hub::clone(&hub);
    let listener = Listener::begin(hub, platform.db.clone(), since, admit).await?;
    Ok(HttpResponse::Ok()
        .content_type("text/event-stream")
        .insert_header((header::CACHE_CONTROL, "no-store"))
        // Proxies that gather answers before they pass them on would keep the events.
        .insert_header(("X-Accel-Buffering", "no"))
        .streaming(listener.into_stream()))
}

/// The token that a client sends who was cut off. An empty one is none: so says the standard.
fn last_event_id(request: &HttpRequest) -> Result<Option<ChangeToken>, Problem> {
    let Some(value) = request.headers().get(LAST_EVENT_ID) else {
        return Ok(None);
    };
    match String::from_utf8_lossy(value.as_bytes()).trim() {
        "" => Ok(None),
        text => ChangeToken::parse(text)
            .map(Some)
            .map_err(|fault| Problem::malformed(vec![ValueFault::of(LAST_EVENT_ID, fault)])),
    }
}

/// Everything that is published
///
/// One article or page per line, with its body, as `/api/v1/articles/{slug}` shows it; all of one instant, in no particular
/// order. `X-Change-Token` names that instant: `/api/v1/changes?since=` goes on from there without a gap. An answer that is
/// cut short ends with a broken connection, never like a whole one.
#[utoipa::path(
    tag = "delivery",
    security(()),
    params(ExportParams),
    responses(
        (status = 200, description = "One article per line", body = Article, content_type = "application/x-ndjson",
            headers(("X-Change-Token" = String, description = "Where `/api/v1/changes` and `/api/v1/events` go on"))),
    ),
)]
#[get("/articles.ndjson")]
pub async fn export_articles(
    platform: Data<Platform>,
    exports: Data<Exports>,
    request: HttpRequest,
    query: Query<ExportFilter>,
) -> Result<HttpResponse, Problem> {
    let as_of = Preview::of_site(&request)?;
    let opened = exports.open(&platform, &query.0, as_of).await?;
    Ok(HttpResponse::Ok()
        .content_type("application/x-ndjson")
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header(("X-Accel-Buffering", "no"))
        .insert_header(("X-Change-Token", opened.token.to_string()))
        .streaming(opened.into_stream()))
}
