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

mod consent;
mod dto;
mod erasure;
mod events;
mod guard;
mod handlers;
pub mod ledger;
mod model;
mod public;
mod queries;
mod state;
mod story;
pub mod suppression;
mod writing;

use utoipa_actix_web::service_config::ServiceConfig;

pub use guard::SubscriptionGuard;

/// Adds the routes below `/api/v1/editor`.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(handlers::list_subscribers)
        .service(handlers::create_subscriber)
        .service(handlers::read_subscriber)
        .service(handlers::update_subscriber)
        .service(handlers::delete_subscriber)
        .service(handlers::erase_subscriber);
}

/// Adds the routes below `/api/v1` that are open to everyone.
pub fn public_routes(cfg: &mut ServiceConfig) {
    cfg.service(public::request_subscription);
}
