//! Delivery: what readers' frontends call.
//!
//! Everything here reads `publications`, `tags` and `authors`, and can't name the tables that editors work on: a draft
//! can't leak by a forgotten condition. It never looks at `Authorization`. Each answer is made in one round trip: the
//! statements go down one connection together, and come back together.

mod dto;
mod filter;
mod handlers;
mod model;
mod queries;

use utoipa_actix_web::service_config::ServiceConfig;

/// Adds the routes below `/api/v1`.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(handlers::articles::list_published_articles)
        .service(handlers::articles::read_published_article)
        .service(handlers::tags::list_published_tags)
        .service(handlers::tags::read_published_tag)
        .service(handlers::authors::list_published_authors)
        .service(handlers::authors::read_published_author);
}
