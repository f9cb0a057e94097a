//! Subscribers: the people on the mailing list, what they agreed to, and which tags they follow.
//!
//! A subscriber is pending, confirmed or unsubscribed (see `state`). Editors keep the list. Readers sign up at
//! `POST /api/v1/subscriptions`, which gives the same answer after the same statements whether it knows the address or not:
//! the list can't be asked who is on it. It writes a pending subscriber where there is none, never touches one who is
//! there, and records `subscription.requested` every time. **That event is the seam for the confirmation mail**: who
//! listens to it decides, by the subscriber's status, what to send, and how often.
//!
//! Deleting a subscriber leaves the address nowhere. So events tell status, topics and locale alone, and the stored
//! replies to creating requests, which show the address, are forgotten with the subscriber.

mod accepting;
mod allowances;
mod asking;
pub mod bulk;
mod consent;
mod dto;
mod erasure;
mod events;
mod guard;
mod handlers;
pub mod ledger;
mod links;
mod mails;
mod model;
mod own;
mod pages;
mod personal;
mod queries;
mod requesting;
mod self_service;
mod sign_up;
mod state;
mod stats;
mod story;
pub mod suppression;
mod terms;
mod topics;
mod welcoming;
mod wishes;
mod words;
mod writing;

use crate::platform::jobs::Kind;
use utoipa_actix_web::service_config::ServiceConfig;

pub use consent::{Consent, ConsentMethod};
pub use dto::{Subscriber, WhichSubscribers, WhichSubscribersParams};
pub use guard::SubscriptionGuard;
pub use model::{AddressKind, Arrival, SubscriberFilter, SubscriberRow, WritableSubscriber};
pub use state::{FirstStatus, Mover, Standing, SubscriberStatus};

/// Adds the routes below `/api/v1/editor`.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(handlers::list_subscribers)
        .service(stats::read_subscriber_stats)
        .service(personal::read_subscriber_data)
        .service(handlers::create_subscriber)
        .service(handlers::read_subscriber)
        .service(handlers::update_subscriber)
        .service(handlers::delete_subscriber)
        .service(handlers::erase_subscriber);
}

/// Adds the routes below `/api/v1` that are open to everyone.
pub fn public_routes(cfg: &mut ServiceConfig) {
    cfg.service(requesting::request_subscription)
        .service(self_service::read_subscription)
        .service(self_service::update_subscription)
        .service(self_service::confirm_subscription)
        .service(self_service::end_subscription);
}

/// Adds the pages, which stand at the root.
pub fn page_routes(cfg: &mut ServiceConfig) {
    cfg.service(pages::subscription_page)
        .service(pages::subscription_action)
        .service(pages::download_own_data)
        .service(pages::unsubscribe_page)
        .service(pages::unsubscribe_by_one_click)
        .service(pages::form_page)
        .service(pages::send_form_page);
}

/// The kinds of job that this feature does.
pub fn jobs() -> Vec<Kind> {
    vec![asking::kind(), welcoming::kind()]
}
