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
        /// Has a mailbox that takes no mail.
        Bounced = "bounced",
        /// Has told the provider of the mailbox that our mail is unwanted.
        Complained = "complained",
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

/// Who moves somebody from one status to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mover {
    /// An editor, by hand or by an import.
    Editor,
    /// The person, by a link that was mailed to them.
    Person,
}

/// A subscriber's status, and when it came to be so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = subscribers, treat_none_as_null = true)]
pub struct Standing {
    pub status: SubscriberStatus,
    pub confirmed_at: Option<DateTime<Utc>>,
    pub unsubscribed_at: Option<DateTime<Utc>>,
    pub bounced_at: Option<DateTime<Utc>>,
    pub complained_at: Option<DateTime<Utc>>,
}

/// The legal moves to another status. Nobody comes back from the last three but by their own confirmation.
fn is_legal(mover: Mover, from: SubscriberStatus, to: SubscriberStatus) -> bool {
    use SubscriberStatus::{Bounced, Complained, Confirmed, Pending, Unsubscribed};
    match (mover, from, to) {
        (Mover::Person, _, Confirmed | Unsubscribed)
        | (Mover::Editor, Pending, Confirmed)
        | (Mover::Editor, Pending | Confirmed, Unsubscribed | Bounced | Complained)
        | (Mover::Editor, Bounced, Unsubscribed | Complained)
        | (Mover::Editor, Unsubscribed, Complained) => true,
        (Mover::Person | Mover::Editor, _, _) => false,
    }
}

impl Standing {
    /// Where everybody begins.
    pub const PENDING: Self = Self {
        status: SubscriberStatus::Pending,
        confirmed_at: None,
        unsubscribed_at: None,
        bounced_at: None,
        complained_at: None,
    };

    /// The standing after a move; `None` where it is not theirs to make. To stay is always allowed, and leaves all times
    /// as they are. Who comes back begins anew.
    pub fn moved_to(
        self,
        mover: Mover,
        next: SubscriberStatus,
        now: DateTime<Utc>,
    ) -> Option<Self> {
        use SubscriberStatus::{Bounced, Complained, Confirmed, Pending, Unsubscribed};
        if self.status == next {
            return Some(self);
        }
        if !is_legal(mover, self.status, next) {
            return None;
        }
        let moved = Self {
            status: next,
            ..self
        };
        Some(match next {
            Pending => Self::PENDING,
            Confirmed => Self {
                status: next,
                confirmed_at: Some(now),
                ..Self::PENDING
            },
            Unsubscribed => Self {
                unsubscribed_at: Some(now),
                ..moved
            },
            Bounced => Self {
                bounced_at: Some(now),
                ..moved
            },
            Complained => Self {
                complained_at: Some(now),
                ..moved
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::SubscriberStatus::{Bounced, Complained, Confirmed, Pending, Unsubscribed};
    use super::*;

    const ALL: [SubscriberStatus; 5] = [Pending, Confirmed, Unsubscribed, Bounced, Complained];

    fn instant(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    fn legal_moves(mover: Mover, from: SubscriberStatus) -> Vec<SubscriberStatus> {
        let standing = Standing {
            status: from,
            ..Standing::PENDING
        };
        let moved = |to: &SubscriberStatus| standing.moved_to(mover, *to, instant(1)).is_some();
        ALL.into_iter()
            .filter(|to| *to != from && moved(to))
            .collect()
    }

    #[test]
    fn the_table_of_moves() {
        for (mover, from, to) in [
            (
                Mover::Editor,
                Pending,
                vec![Confirmed, Unsubscribed, Bounced, Complained],
            ),
            (
                Mover::Editor,
                Confirmed,
                vec![Unsubscribed, Bounced, Complained],
            ),
            (Mover::Editor, Unsubscribed, vec![Complained]),
            (Mover::Editor, Bounced, vec![Unsubscribed, Complained]),
            (Mover::Editor, Complained, vec![]),
            (Mover::Person, Pending, vec![Confirmed, Unsubscribed]),
            (Mover::Person, Confirmed, vec![Unsubscribed]),
            (Mover::Person, Unsubscribed, vec![Confirmed]),
            (Mover::Person, Bounced, vec![Confirmed, Unsubscribed]),
            (Mover::Person, Complained, vec![Confirmed, Unsubscribed]),
        ] {
            assert_eq!(legal_moves(mover, from), to, "{mover:?} from {from:?}");
        }
    }

    #[test]
    fn to_stay_is_always_allowed() {
        for mover in [Mover::Editor, Mover::Person] {
            for status in ALL {
                let standing = Standing {
                    status,
                    ..Standing::PENDING
                };
                assert_eq!(standing.moved_to(mover, status, instant(1)), Some(standing));
            }
        }
    }

    #[test]
    fn each_move_leaves_its_time_and_no_later_one_touches_it() {
        let step =
            |standing: Standing, to, at| standing.moved_to(Mover::Editor, to, instant(at)).unwrap();
        let confirmed = step(Standing::PENDING, Confirmed, 1);
        let same = step(confirmed, Confirmed, 2);
        assert_eq!(same.confirmed_at, Some(instant(1)));
        let gone = step(step(same, Bounced, 3), Unsubscribed, 4);
        assert_eq!(gone.confirmed_at, Some(instant(1)));
        assert_eq!(gone.bounced_at, Some(instant(3)));
        assert_eq!(gone.unsubscribed_at, Some(instant(4)));
        let back = gone.moved_to(Mover::Person, Confirmed, instant(5)).unwrap();
        let anew = Standing {
            status: Confirmed,
            confirmed_at: Some(instant(5)),
            ..Standing::PENDING
        };
        assert_eq!(back, anew);
    }
}
