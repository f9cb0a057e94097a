//! All that is kept about one person, for whoever has a right to know: they themselves, and the editor whom they ask.

use actix_web::get;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use chrono::{DateTime, Utc};
use diesel_async::{AsyncConnection, AsyncPgConnection};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::dto::Subscriber;
use super::ledger::{self, EntryRow};
use super::links::{self, TokenRow};
use super::model::FollowingSubscriber;
use super::suppression::{self, SuppressionReason};
use super::wishes::{self, WishRow};
use super::{queries, terms};
use crate::platform::Platform;
use crate::platform::installation::Keys;
use crate::rest::query::NoParams;
use crate::rest::reply::Reply;
use crate::rest::{Editor, Problem, Query, Segment};
use crate::types::{FormId, JsonObject, Locale, SubscriberId, TagId, TimeZone};

/// All that is kept about one person.
#[derive(Debug, Serialize, ToSchema)]
pub struct PersonalData {
    pub subscriber: Subscriber,
    /// Why they are not written to, if they are not.
    pub suppressed: Option<SuppressionReason>,
    /// What they, or somebody with their address, asked for.
    pub requests: Vec<PersonalRequest>,
    /// The links of confirmation mails, without their secrets.
    pub confirmation_links: Vec<PersonalLink>,
    /// Their entries in the consent ledger, the first first.
    pub consent_ledger: Vec<PersonalEntry>,
}

/// What somebody asked for in a sign-up.
#[derive(Debug, Serialize, ToSchema)]
pub struct PersonalRequest {
    pub at: DateTime<Utc>,
    pub name: Option<String>,
    pub topics: Vec<TagId>,
    pub locale: Option<Locale>,
    pub time_zone: Option<TimeZone>,
    pub attributes: JsonObject,
    pub form_id: Option<FormId>,
    pub wording_version: Option<i32>,
    pub variant: Option<String>,
    pub source_url: Option<String>,
    /// When it was confirmed; `null`: not yet.
    pub granted_at: Option<DateTime<Utc>>,
}

/// A confirmation link.
#[derive(Debug, Serialize, ToSchema)]
pub struct PersonalLink {
    pub created_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    pub used_at: Option<DateTime<Utc>>,
}

/// An entry in the consent ledger.
#[derive(Debug, Serialize, ToSchema)]
pub struct PersonalEntry {
    pub number: i64,
    pub at: DateTime<Utc>,
    /// What happened, such as `asked`, `mailed` or `confirmed`.
    #[schema(examples("confirmed"))]
    pub action: String,
    /// By which way, such as `form` or `person`.
    #[schema(examples("person"))]
    pub source: String,
    pub form_id: Option<FormId>,
    pub wording_version: Option<i32>,
    /// What that wording said, by language.
    #[schema(value_type = Option<Object>)]
    pub wording: Option<Value>,
    #[schema(value_type = Object)]
    pub details: Value,
    /// What the client showed of itself, where the settings asked for it.
    #[schema(value_type = Option<Object>)]
    pub evidence: Option<Value>,
    /// SHA-256 that covers this entry and the one before, in hexadecimal.
    pub hash: String,
}

/// Export all that is kept about a subscriber
///
/// What a person may ask to see: profile and topics, what they asked for and when, and every step of their consent with the
/// words that it was given to. Links are told by their dates alone.
#[utoipa::path(tag = "subscribers", params(("id" = SubscriberId, Path, description = "The subscriber's id")), responses((status = 200, description = "All that is kept", body = PersonalData)))]
#[get("/subscribers/{id}/data")]
pub async fn read_subscriber_data(
    _: Editor,
    platform: Data<Platform>,
    id: Segment<SubscriberId>,
    _: Query<NoParams>,
) -> Result<Reply, Problem> {
    let mut conn = platform.db.get().await?;
    let data = conn
        .transaction(async |tx| {
            let subscriber = queries::find(tx, id.0)
                .await?
                .ok_or(Problem::NotFound("subscriber"))?;
            gather(tx, &platform.keys, subscriber).await
        })
        .await?;
    Reply::plain(StatusCode::OK, &data)
}

/// Gathers all that is kept about somebody.
pub async fn gather(
    conn: &mut AsyncPgConnection,
    keys: &Keys,
    subscriber: FollowingSubscriber,
) -> Result<PersonalData, Problem> {
    let id = subscriber.row.id;
    let hash = suppression::hash_of(keys, &subscriber.row.email);
    let suppressed = suppression::find(conn, &hash).await?;
    let requests = wishes::list(conn, id).await?;
    let links = links::list(conn, id).await?;
    let mut entries = Vec::new();
    for entry in ledger::list(conn, id).await? {
        let wording = match (entry.form_id, entry.wording_version) {
            (Some(form), Some(version)) => terms::wording(conn, form, version).await?,
            _ => None,
        };
        entries.push(PersonalEntry::new(entry, wording));
    }
    Ok(PersonalData {
        subscriber: Subscriber::from(subscriber),
        suppressed,
        requests: requests.into_iter().map(PersonalRequest::from).collect(),
        confirmation_links: links.into_iter().map(PersonalLink::from).collect(),
        consent_ledger: entries,
    })
}

impl From<WishRow> for PersonalRequest {
    fn from(wish: WishRow) -> Self {
        Self {
            at: wish.at,
            name: wish.name,
            topics: wish.topics,
            locale: wish.locale,
            time_zone: wish.time_zone,
            attributes: wish.attributes,
            form_id: wish.form_id,
            wording_version: wish.wording_version,
            variant: wish.variant,
            source_url: wish.source_url.map(|url| url.as_str().to_owned()),
            granted_at: wish.granted_at,
        }
    }
}

impl From<TokenRow> for PersonalLink {
    fn from(token: TokenRow) -> Self {
        Self {
            created_at: token.created_at,
            expires_at: token.expires_at,
            used_at: token.used_at,
        }
    }
}

impl PersonalEntry {
    fn new(entry: EntryRow, wording: Option<Value>) -> Self {
        Self {
            number: entry.number,
            at: entry.at,
            action: entry.action,
            source: entry.source,
            form_id: entry.form_id,
            wording_version: entry.wording_version,
            wording,
            details: entry.details,
            evidence: entry.private,
            hash: entry
                .hash
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect(),
        }
    }
}
