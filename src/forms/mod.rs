//! Forms: how readers ask to be on the mailing list.
//!
//! Editors say how a form looks, what it says and when it appears. Pages get it at `GET /api/v1/forms/{id}`, a cached answer
//! like any other of delivery, and judge by themselves when to show it: nothing about a reader ever reaches us before they
//! send it. What a form says is versioned (`form_versions`) and never rewritten, so that years later it can be shown what
//! somebody agreed to. What is absent has a default, which is found when the form is read (`values`).
//!
//! What comes of a form belongs to `subscribers`, who ask `subscribing`.

pub mod admission;
mod counts;
mod delivery;
mod dto;
mod events;
mod handlers;
mod housekeeping;
mod model;
mod queries;
pub mod subscribing;
mod traffic;
pub mod values;
mod writing;

pub use counts::Counter;
pub use housekeeping::keep_house;
pub use traffic::Traffic;
pub use writing::make_unless_there;

use utoipa_actix_web::service_config::ServiceConfig;

/// Adds the routes below `/api/v1/editor`.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(handlers::list_forms)
        .service(handlers::create_form)
        .service(handlers::read_form)
        .service(handlers::update_form)
        .service(handlers::delete_form)
        .service(handlers::list_form_versions)
        .service(counts::read_form_stats);
}

/// Adds the routes below `/api/v1` that are open to everyone.
pub fn public_routes(cfg: &mut ServiceConfig) {
    cfg.service(delivery::read_published_form)
        .service(counts::count_form_event)
        .service(admission::issue_challenge);
}
