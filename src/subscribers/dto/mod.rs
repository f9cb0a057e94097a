pub mod own;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::consent::{Consent, NewConsent, UpdateConsent};
use super::model::{FollowingSubscriber, SubscriberFilter, SubscriberSort, SubscriberSource};
use super::state::{FirstStatus, SubscriberStatus};
use crate::forms::values::{FormReference, VariantKey};
use crate::rest::body::{FromBody, Member, Members, Place, from_body};
use crate::rest::described::{Several, SortBy};
use crate::rest::page::PagingBy;
use crate::rest::query::from_query;
use crate::tags::TagSummary;
use crate::types::{
    EmailAddress, Fault, FormId, JsonObject, Line, Locale, Parse, Patch, Reference, SubscriberId,
    TagId, TimeZone, WebAddress, Whole,
};

// The document knows types without parameters alone.
type BySubscriberSort = SortBy<SubscriberSort>;
type TagReference = Reference<TagId>;
type SeveralSubscriberSource = Several<SubscriberSource>;
type SeveralSubscriberStatus = Several<SubscriberStatus>;
type SeveralTags = Several<Reference<TagId>>;

/// Somebody on the mailing list.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Subscriber {
    pub id: SubscriberId,
    pub email: EmailAddress,
    pub name: Option<String>,
    pub status: SubscriberStatus,
    /// The tags they follow, in their order.
    #[schema(max_items = 50)]
    pub topics: Vec<TagSummary>,
    /// The language they want to be written to in.
    pub locale: Option<Locale>,
    /// The time zone they live in.
    pub time_zone: Option<TimeZone>,
    /// Nothing is sent to them before.
    pub paused_until: Option<DateTime<Utc>>,
    pub source: SubscriberSource,
    /// The form by which they came.
    pub form_id: Option<FormId>,
    /// Which of its wordings they saw.
    pub wording_version: Option<i32>,
    /// Which of its variants they saw.
    pub variant: Option<String>,
    /// Whatever else you keep of them.
    pub attributes: JsonObject,
    pub consent: Option<Consent>,
    /// Whether the address belongs to an office, such as `info@` or `postmaster@`.
    pub is_role_address: bool,
    /// Whether the address is of a domain that gives addresses away for minutes.
    pub is_disposable_address: bool,
    /// When they became `confirmed`.
    pub confirmed_at: Option<DateTime<Utc>>,
    /// When they became `unsubscribed`.
    pub unsubscribed_at: Option<DateTime<Utc>>,
    /// When they became `bounced`.
    pub bounced_at: Option<DateTime<Utc>>,
    /// When they became `complained`.
    pub complained_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

impl From<FollowingSubscriber> for Subscriber {
    fn from(FollowingSubscriber { row, topics }: FollowingSubscriber) -> Self {
        Self {
            id: row.id,
            email: row.email,
            name: row.name,
            status: row.standing.status,
            topics: topics.iter().map(TagSummary::from).collect(),
            locale: row.locale,
            time_zone: row.time_zone,
            paused_until: row.paused_until,
            source: row.source,
            form_id: row.arrival.form_id,
            wording_version: row.arrival.wording_version,
            variant: row.arrival.variant,
            attributes: row.attributes,
            consent: row.consent,
            is_role_address: row.address_kind.is_role_address,
            is_disposable_address: row.address_kind.is_disposable_address,
            confirmed_at: row.standing.confirmed_at,
            unsubscribed_at: row.standing.unsubscribed_at,
            bounced_at: row.standing.bounced_at,
            complained_at: row.standing.complained_at,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

/// At most 50 tags, each by slug or id.
#[derive(Debug, Default)]
pub struct Topics(pub Vec<Reference<TagId>>);

impl Topics {
    /// How many there may be.
    pub const MOST: usize = 50;
}

impl Member for Topics {
    fn from_value(value: Value, place: &mut Place<'_>) -> Option<Self> {
        match value.as_array().map(Vec::len) {
            Some(given) if given > Self::MOST => place.refuse(Fault::new(
                "too_many",
                format!("has {given} entries; at most {} are allowed", Self::MOST),
            )),
            _ => Vec::from_value(value, place).map(Self),
        }
    }
}

/// A new subscriber.
#[derive(ToSchema)]
pub struct CreateSubscriber {
    pub email: EmailAddress,
    #[schema(inline, examples("Robin Reader"))]
    pub name: Option<Line<200>>,
    /// `pending` when absent. Whoever is `confirmed` needs a `consent`.
    #[schema(value_type = Option<FirstStatus>)]
    pub status: FirstStatus,
    /// Slugs or ids of tags; repetitions count once.
    #[schema(value_type = Option<Vec<TagReference>>, inline, max_items = 50)]
    pub topics: Topics,
    /// The language they want to be written to in.
    pub locale: Option<Locale>,
    /// The time zone they live in.
    pub time_zone: Option<TimeZone>,
    /// Nothing is sent to them before.
    pub paused_until: Option<DateTime<Utc>>,
    /// At most 64 KiB of JSON.
    #[schema(value_type = Option<Object>)]
    pub attributes: JsonObject,
    #[schema(value_type = Option<NewConsent>)]
    pub consent: Option<Consent>,
}

impl FromBody for CreateSubscriber {
    fn from_body(members: &mut Members<'_>) -> Option<Self> {
        let email = members.required("email");
        let name = members.optional("name");
        let status = members.optional("status");
        let topics = members.optional::<Topics>("topics");
        let locale = members.optional("locale");
        let time_zone = members.optional("time_zone");
        let paused_until = members.optional("paused_until");
        let attributes = members.optional::<JsonObject>("attributes");
        let consent = members.optional::<Consent>("consent");
        let vouches_for_nothing =
            status == Some(Some(FirstStatus::Confirmed)) && matches!(consent, Some(None));
        if vouches_for_nothing {
            members.refuse::<()>("consent", consent_needed());
        }
        Some(Self {
            email: email?,
            name: name?,
            status: status?.unwrap_or(FirstStatus::Pending),
            topics: topics?.unwrap_or_default(),
            locale: locale?,
            time_zone: time_zone?,
            paused_until: paused_until?,
            attributes: attributes?.unwrap_or_default(),
            consent: consent?,
        })
    }
}

/// Why nobody is confirmed without a record of it.
pub fn consent_needed() -> Fault {
    Fault::new(
        "required",
        "say when and how they agreed: nobody is confirmed without `asked_at` and `method`",
    )
}

/// Changes to a subscriber: what is absent stays, `null` takes away.
#[derive(ToSchema)]
pub struct UpdateSubscriber {
    #[schema(value_type = EmailAddress, required = false)]
    pub email: Option<EmailAddress>,
    #[schema(value_type = Option<Line<200>>, inline)]
    pub name: Patch<Line<200>>,
    /// From `pending` to `confirmed`, and from either to `unsubscribed`, `bounced` or `complained`. Whoever becomes
    /// `confirmed` needs a `consent`.
    #[schema(value_type = SubscriberStatus, required = false)]
    pub status: Option<SubscriberStatus>,
    /// Slugs or ids of tags, in the place of all that were there; repetitions count once.
    #[schema(value_type = Option<Vec<TagReference>>, inline, max_items = 50)]
    pub topics: Patch<Topics>,
    #[schema(value_type = Option<Locale>)]
    pub locale: Patch<Locale>,
    /// The time zone they live in.
    #[schema(value_type = Option<TimeZone>)]
    pub time_zone: Patch<TimeZone>,
    /// Nothing is sent to them before.
    #[schema(value_type = Option<DateTime<Utc>>)]
    pub paused_until: Patch<DateTime<Utc>>,
    /// Merged into what is there; a member that is `null` goes. At most 64 KiB of JSON remain.
    #[schema(value_type = Option<Object>)]
    pub attributes: Patch<JsonObject>,
    #[schema(value_type = Option<UpdateConsent>)]
    pub consent: Patch<UpdateConsent>,
}
from_body!(UpdateSubscriber {
    change email, patch name, change status, patch topics, patch locale, patch time_zone, patch paused_until,
    patch attributes, patch consent
});

/// A reader's wish to be subscribed.
#[derive(ToSchema)]
pub struct RequestSubscription {
    #[schema(value_type = EmailAddress)]
    pub email: TypedEmail,
    #[schema(inline, examples("Robin Reader"))]
    pub name: Option<Line<200>>,
    /// Slugs or ids of the tags to follow, of a form's own where one is named; repetitions count once. A form that offers none
    /// to choose from adds its own.
    #[schema(value_type = Option<Vec<TagReference>>, inline, max_items = 50)]
    pub topics: Option<Topics>,
    /// The id or key of the form they filled in.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 64, examples("314"))]
    pub form_id: Option<FormReference>,
    /// The language they want to be written to in.
    pub locale: Option<Locale>,
    /// The time zone they live in.
    pub time_zone: Option<TimeZone>,
    /// What they entered in the form's own fields, by name.
    #[schema(value_type = Option<Object>)]
    pub attributes: Option<JsonObject>,
    /// The variant of the form that they saw: one that it has, or had in that wording.
    pub variant: Option<VariantKey>,
    /// The wording of the form that they saw, which may be an older one. The one of now when absent.
    #[schema(inline)]
    pub wording_version: Option<Whole<1, 2_147_483_647>>,
    /// The page on which they signed up.
    pub source_url: Option<WebAddress>,
    /// Leave it out, or empty. Forms have it where nobody sees it: only a program fills it in.
    #[schema(value_type = Option<String>)]
    pub website: Honeypot,
    /// A challenge from `GET /api/v1/subscriptions/challenge`, where a proof of work is asked for.
    #[schema(max_length = 200)]
    pub challenge: Option<String>,
    /// The number that was found for it.
    #[schema(max_length = 20, pattern = "^[0-9]{1,20}$", examples("31415"))]
    pub nonce: Option<String>,
}

impl FromBody for RequestSubscription {
    fn from_body(members: &mut Members<'_>) -> Option<Self> {
        let email = members.required("email");
        let name = members.optional("name");
        let topics = members.optional("topics");
        let form_id = members.optional("form_id");
        let locale = members.optional("locale");
        let time_zone = members.optional("time_zone");
        let attributes = members.optional("attributes");
        let variant = members.optional("variant");
        let wording_version = members.optional("wording_version");
        let source_url = members.optional("source_url");
        let website = members.optional("website");
        let challenge = members.optional("challenge");
        let nonce = members.optional("nonce");
        Some(Self {
            email: email?,
            name: name?,
            topics: topics?,
            form_id: form_id?,
            locale: locale?,
            time_zone: time_zone?,
            attributes: attributes?,
            variant: variant?,
            wording_version: wording_version?,
            source_url: source_url?,
            website: website?.unwrap_or(Honeypot::Empty),
            challenge: challenge?,
            nonce: nonce?,
        })
    }
}

/// An address, and how it was typed: what a proof of work was found for.
#[derive(Debug, Clone)]
pub struct TypedEmail {
    pub typed: String,
    pub address: EmailAddress,
}

impl Parse for TypedEmail {
    fn parse(text: &str) -> Result<Self, Fault> {
        Ok(Self {
            typed: text.to_owned(),
            address: EmailAddress::parse(text)?,
        })
    }
}

/// A field that people don't see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Honeypot {
    Empty,
    Filled,
}

impl Honeypot {
    /// What a judge of sign-ups is told of it.
    pub fn content(self) -> Option<&'static str> {
        match self {
            Self::Empty => None,
            Self::Filled => Some("filled"),
        }
    }
}

impl Member for Honeypot {
    fn from_value(value: Value, _: &mut Place<'_>) -> Option<Self> {
        Some(match value {
            Value::String(text) if text.trim().is_empty() => Self::Empty,
            _ => Self::Filled,
        })
    }
}

/// The answer to every sign-up.
#[derive(Serialize, ToSchema)]
pub struct Accepted {
    #[schema(value_type = String, examples("accepted"))]
    status: &'static str,
}

impl Accepted {
    /// The same words for everybody.
    pub const ANSWER: Self = Self { status: "accepted" };
}

/// Which subscribers are meant.
pub struct WhichSubscribers {
    pub q: Option<Line<254>>,
    pub status: Vec<SubscriberStatus>,
    pub topic: Vec<Reference<TagId>>,
    pub source: Vec<SubscriberSource>,
    pub created_after: Option<DateTime<Utc>>,
    pub created_before: Option<DateTime<Utc>>,
}
from_query!(WhichSubscribers {
    one q, many status, many topic, many source, one created_after, one created_before
});

/// Which subscribers to list.
pub struct ListSubscribers {
    pub which: WhichSubscribers,
    pub paging: PagingBy<SubscriberSort>,
}
from_query!(ListSubscribers { all which, all paging });

impl WhichSubscribers {
    /// The filter as queries know it, with the topics found.
    pub fn filter(&self, topics: Option<Vec<TagId>>) -> SubscriberFilter {
        let part = self.q.as_ref().map(Line::as_str);
        SubscriberFilter {
            part: part.map(str::to_owned),
            email: part.and_then(|text| EmailAddress::parse(text).ok()),
            statuses: self.status.clone(),
            sources: self.source.clone(),
            topics,
            created_after: self.created_after,
            created_before: self.created_before,
        }
    }
}

/// The parameters that choose subscribers, for the OpenAPI document.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(
    dead_code,
    reason = "describes parameters; `WhichSubscribers` reads them"
)]
pub struct WhichSubscribersParams {
    /// Part of the address or of the name, in any case; or an address in any spelling.
    #[param(min_length = 1, max_length = 254, example = "robin")]
    q: Option<String>,
    /// Any of these.
    #[param(value_type = Option<SeveralSubscriberStatus>, inline, style = Form, explode = false)]
    status: Option<String>,
    /// Following any of these tags, each by slug or id.
    #[param(value_type = Option<SeveralTags>, inline, style = Form, explode = false)]
    topic: Option<String>,
    /// Any of these.
    #[param(value_type = Option<SeveralSubscriberSource>, inline, style = Form, explode = false)]
    source: Option<String>,
    /// After this instant.
    created_after: Option<DateTime<Utc>>,
    /// Before this instant.
    created_before: Option<DateTime<Utc>>,
}

/// The order of a list of subscribers, for the OpenAPI document.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(
    dead_code,
    reason = "describes a parameter; `ListSubscribers` reads it"
)]
pub struct ListSubscribersParams {
    /// Up to three of `created_at`, `email`, `updated_at`; `-` before a key turns it round.
    #[param(value_type = Option<BySubscriberSort>, inline, style = Form, explode = false, example = json!(["-created_at"]))]
    sort: Option<String>,
}
