//! A sign-up, by whichever way it came. Whoever has the address, the same statements run: neither the answer nor its time
//! tells who is on the list. What is to be sent, and whether, a job finds out.

use chrono::{DateTime, SubsecRound, Utc};
use diesel_async::AsyncPgConnection;
use serde_json::json;

use super::ledger::{self, ConsentAction, ConsentSource, Evidence, NewEntry};
use super::model::{AddressKind, Arrival, SubscriberSource, WritableSubscriber};
use super::state::Standing;
use super::wishes::{self, WishRow};
use super::{asking, events, queries, topics};
use crate::platform::config::Subscriptions;
use crate::rest::Problem;
use crate::types::{EmailAddress, JsonObject, SubscriberId, TagId, WishId};

/// What somebody asks for, and who seems to ask.
pub struct SignUp {
    pub email: EmailAddress,
    /// All of it but the subscriber, who is not known yet.
    pub wish: Wish,
    pub evidence: Option<Evidence>,
}

/// What somebody asks for.
pub struct Wish {
    pub name: Option<String>,
    pub topics: Vec<TagId>,
    pub locale: Option<crate::types::Locale>,
    pub time_zone: Option<crate::types::TimeZone>,
    pub attributes: JsonObject,
    pub arrival: Arrival,
    pub source_url: Option<crate::types::WebAddress>,
    pub client_hash: Vec<u8>,
}

impl Wish {
    fn row(self, subscriber_id: SubscriberId, now: DateTime<Utc>) -> WishRow {
        WishRow {
            id: WishId::mint(),
            subscriber_id,
            // As fine as the database keeps it.
            at: now.trunc_subsecs(6),
            name: self.name,
            topics: self.topics,
            locale: self.locale,
            time_zone: self.time_zone,
            attributes: self.attributes,
            form_id: self.arrival.form_id,
            wording_version: self.arrival.wording_version,
            variant: self.arrival.variant,
            source_url: self.source_url,
            client_hash: self.client_hash,
            granted_at: None,
        }
    }
}

/// Notes a sign-up: makes a pending subscriber where there is none, changes nothing of one who is there, and leaves a job
/// that decides what to send. Call it last: it writes into the ledger.
pub async fn note(
    conn: &mut AsyncPgConnection,
    sign_up: SignUp,
    settings: &Subscriptions,
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    let SignUp {
        email,
        wish,
        evidence,
    } = sign_up;
    let mut wish = wish.row(SubscriberId::mint(), now);
    let source = match wish.form_id {
        Some(_) => SubscriberSource::Form,
        None => SubscriberSource::Api,
    };
    let new = newcomer(&email, &wish, settings);
    queries::insert_unless_there(conn, wish.subscriber_id, source, &new).await?;
    topics::put(conn, wish.subscriber_id, &wish.topics).await?;
    // None: an editor deleted them between the statements. Asked again, they are new.
    let (id, status) = queries::find_by_email(conn, &email)
        .await?
        .ok_or(Problem::Unavailable)?;
    wish.subscriber_id = id;
    wishes::insert(conn, &wish)
        .await
        .map_err(Problem::Unavailable.on_violation_of("subscription_wishes_subscriber_id_fkey"))?;
    events::record_request(conn, id, status, &wish.topics, wish.locale.as_ref()).await?;
    asking::enqueue(conn, &wish, None).await?;
    let source = match source {
        SubscriberSource::Form => ConsentSource::Form,
        _ => ConsentSource::Api,
    };
    let entry = NewEntry::new(id, ConsentAction::Asked, source)
        .with("topics", json!(wish.topics))
        .in_form(wish.worded())
        .proved_by(evidence);
    ledger::append(conn, now, &[entry]).await?;
    Ok(())
}

/// The subscriber whom a sign-up leaves where there was none.
fn newcomer(email: &EmailAddress, wish: &WishRow, settings: &Subscriptions) -> WritableSubscriber {
    WritableSubscriber {
        email: email.clone(),
        name: wish.name.clone(),
        standing: Standing::PENDING,
        locale: wish.locale.clone(),
        time_zone: wish.time_zone.clone(),
        paused_until: None,
        arrival: Arrival {
            form_id: wish.form_id,
            wording_version: wish.wording_version,
            variant: wish.variant.clone(),
        },
        attributes: wish.attributes.clone(),
        consent: Some(wish.consent()),
        address_kind: AddressKind::of(email, settings),
        token_generation: 1,
    }
}
