use chrono::{DateTime, Utc};
use diesel::prelude::*;

use crate::schema::subscribers;
use crate::types::closed_set;

closed_set! {
    /// Whether somebody gets mail.
    pub enum SubscriberStatus {
        /// Has asked for it, or was entered, and has not confirmed.
        Pending = "pending",
        /// Has said yes.
        Confirmed = "confirmed",
        /// Has said no.
        Unsubscribed = "unsubscribed",
    }
}

closed_set! {
    /// What an editor may enter somebody as.
    pub enum FirstStatus {
        /// Nothing is known of their consent yet.
        Pending = "pending",
        /// They have said yes: `consent` tells when and how.
        Confirmed = "confirmed",
    }
}

impl From<FirstStatus> for SubscriberStatus {
    fn from(status: FirstStatus) -> Self {
        match status {
            FirstStatus::Pending => Self::Pending,
            FirstStatus::Confirmed => Self::Confirmed,
        }
    }
}

/// A subscriber's status, and when it came to be so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = subscribers, treat_none_as_null = true)]
pub struct Standing {
    pub status: SubscriberStatus,
    pub confirmed_at: Option<DateTime<Utc>>,
    pub unsubscribed_at: Option<DateTime<Utc>>,
}

impl Standing {
    /// Where everybody begins.
    pub const PENDING: Self = Self {
        status: SubscriberStatus::Pending,
        confirmed_at: None,
        unsubscribed_at: None,
    };

    /// The standing after an editor's move; `None` where the move is not theirs to make. To stay is always allowed.
    pub fn moved_to(self, next: SubscriberStatus, now: DateTime<Utc>) -> Option<Self> {
        use SubscriberStatus::{Confirmed, Pending, Unsubscribed};
        match (self.status, next) {
            (status, next) if status == next => Some(self),
            (Pending, Confirmed) => Some(Self {
                status: next,
                confirmed_at: Some(now),
                ..self
            }),
            (Pending | Confirmed, Unsubscribed) => Some(Self {
                status: next,
                unsubscribed_at: Some(now),
                ..self
            }),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::SubscriberStatus::{Confirmed, Pending, Unsubscribed};
    use super::*;

    fn instant(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    #[test]
    fn the_table_of_moves() {
        for (from, to, is_legal) in [
            (Pending, Pending, true),
            (Pending, Confirmed, true),
            (Pending, Unsubscribed, true),
            (Confirmed, Pending, false),
            (Confirmed, Confirmed, true),
            (Confirmed, Unsubscribed, true),
            (Unsubscribed, Pending, false),
            (Unsubscribed, Confirmed, false),
            (Unsubscribed, Unsubscribed, true),
        ] {
            let standing = Standing {
                status: from,
                ..Standing::PENDING
            };
            let moved = standing.moved_to(to, instant(1)).map(|moved| moved.status);
            assert_eq!(moved, is_legal.then_some(to), "{from:?} to {to:?}");
        }
    }

    #[test]
    fn each_move_leaves_its_time_and_no_later_one_touches_it() {
        let confirmed = Standing::PENDING.moved_to(Confirmed, instant(1)).unwrap();
        let same = confirmed.moved_to(Confirmed, instant(2)).unwrap();
        assert_eq!(same.confirmed_at, Some(instant(1)));
        let gone = same.moved_to(Unsubscribed, instant(3)).unwrap();
        assert_eq!(gone.confirmed_at, Some(instant(1)));
        assert_eq!(gone.unsubscribed_at, Some(instant(3)));
    }
}
