//! Delivery: what readers' frontends call.
//!
//! Everything here reads `publications`, `tags` and `authors`, and can't name the tables that editors work on: a draft
//! can't leak by a forgotten condition. It never looks at `Authorization`. Each answer is made in one round trip: the
//! statements go down one connection together, and come back together.

mod dto;
mod export;
mod filter;
mod handlers;
mod jsonld;
mod model;
mod queries;
mod related;
mod search;
mod words;

use utoipa_actix_web::service_config::ServiceConfig;

pub use dto::{Around, Article};
pub use export::{Export, ExportFilter, ExportParams, Progress};
pub use model::Published;
pub use queries::{Bodies, IsLive, Kinds, NewestOf, newest, seen};

/// Adds the routes below `/api/v1`.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(handlers::articles::list_published_articles)
        .service(handlers::articles::read_published_article)
        .service(related::list_related_articles)
        .service(search::search_published_articles)
        .service(search::suggest_searches)
        .service(handlers::tags::list_published_tags)
        .service(handlers::tags::read_published_tag)
        .service(handlers::authors::list_published_authors)
        .service(handlers::authors::read_published_author);
}
