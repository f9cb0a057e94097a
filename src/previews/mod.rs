//! Previews: the site as readers will see it, or saw it, at another instant.
//!
//! An editor mints a link: a token for an instant, for the whole site or for one article, that expires and can be revoked.
//! With it in the header `Masthead-Preview` the ordinary routes of delivery answer as of that instant, from the same
//! queries; such answers are for their holder alone and never kept.

mod dto;
mod events;
mod handlers;
mod model;
mod queries;
mod recognise;

use utoipa_actix_web::service_config::ServiceConfig;

pub use recognise::recognise;

/// Adds the routes below `/api/v1/editor`.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(handlers::list_preview_links)
        .service(handlers::create_preview_link)
        .service(handlers::read_preview_link)
        .service(handlers::revoke_preview_link);
}
