use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::Topics;
use crate::rest::body::from_body;
use crate::subscribers::links::TokenRow;
use crate::subscribers::model::FollowingSubscriber;
use crate::subscribers::state::SubscriberStatus;
use crate::subscribers::wishes::WishRow;
use crate::tags::TagSummary;
use crate::types::{EmailAddress, Line, Locale, Patch, Reference, TagId, TimeZone, closed_set};

type TagReference = Reference<TagId>;

closed_set! {
    /// What a mailed link is for.
    pub enum LinkKind {
        /// Confirming what was asked for.
        Confirm = "confirm",
        /// Changing and ending a subscription.
        Manage = "manage",
    }
}

/// A subscription, as whoever holds a mailed link may see it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Subscription {
    /// What the link is for.
    pub link: LinkKind,
    pub status: SubscriberStatus,
    pub email: EmailAddress,
    /// `null` as long as it is not confirmed: anybody may have typed it.
    pub name: Option<String>,
    /// The tags they follow, in their order; by the link of a confirmation mail those that were asked for and they follow
    /// already.
    #[schema(max_items = 50)]
    pub topics: Vec<TagSummary>,
    pub locale: Option<Locale>,
    pub time_zone: Option<TimeZone>,
    /// Nothing is sent before.
    pub paused_until: Option<DateTime<Utc>>,
    /// Until when the link is good; `null`: for as long as the subscription has this address.
    pub link_expires_at: Option<DateTime<Utc>>,
    /// When the link did its work, which it does once; `null`: not yet, or as often as wanted.
    pub link_used_at: Option<DateTime<Utc>>,
}

impl Subscription {
    /// What a confirmation link shows.
    pub fn asked_for((subscriber, _, token): (FollowingSubscriber, WishRow, TokenRow)) -> Self {
        Self {
            link: LinkKind::Confirm,
            name: None,
            link_expires_at: Some(token.expires_at),
            link_used_at: token.used_at,
            ..Self::managed(subscriber)
        }
    }

    /// What any other link shows.
    pub fn managed(FollowingSubscriber { row, topics }: FollowingSubscriber) -> Self {
        Self {
            link: LinkKind::Manage,
            status: row.standing.status,
            email: row.email,
            name: row.name,
            topics: topics.iter().map(TagSummary::from).collect(),
            locale: row.locale,
            time_zone: row.time_zone,
            paused_until: row.paused_until,
            link_expires_at: None,
            link_used_at: None,
        }
    }
}

/// How a subscription stands after a step.
#[derive(Debug, Serialize, ToSchema)]
pub struct SubscriptionStatus {
    pub status: SubscriberStatus,
}

/// Changes to one's own subscription: what is absent stays, `null` takes away.
#[derive(ToSchema)]
pub struct UpdateSubscription {
    #[schema(value_type = Option<Line<200>>, inline)]
    pub name: Patch<Line<200>>,
    /// Slugs or ids of tags that they follow or are offered, in the place of all that were there; repetitions count once.
    #[schema(value_type = Option<Vec<TagReference>>, inline, max_items = 50)]
    pub topics: Patch<Topics>,
    #[schema(value_type = Option<Locale>)]
    pub locale: Patch<Locale>,
    #[schema(value_type = Option<TimeZone>)]
    pub time_zone: Patch<TimeZone>,
    /// Nothing is sent before: an instant to come, within five years.
    #[schema(value_type = Option<DateTime<Utc>>)]
    pub paused_until: Patch<DateTime<Utc>>,
}
from_body!(UpdateSubscription {
    patch name, patch topics, patch locale, patch time_zone, patch paused_until
});
