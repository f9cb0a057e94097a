//! Articles and pages: the editors' side.
//!
//! Three things are kept apart. The *working copy* (`articles`) is what editors read and write. Every save is a
//! *revision*, numbered and never rewritten. A *publication* is one revision as readers see it, live from … until …:
//! publishing writes one, and the instant in it is the schedule. Readers are served from publications alone, so nothing an
//! editor does shows before the next `publish`.
//!
//! [`content`] is what an editor writes, [`state`] the legal moves, [`drafting`] saves, [`publishing`] publishes,
//! [`transitions`] tells of what begins and ends by the clock.

pub mod content;
pub mod drafting;
mod dto;
pub mod events;
mod handlers;
pub mod model;
pub mod opened;
pub mod publishing;
pub mod queries;
mod references;
mod shown;
pub mod state;
pub mod transitions;

use utoipa_actix_web::service_config::ServiceConfig;

/// Adds the routes below `/api/v1/editor`.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(handlers::list::list_articles)
        .service(handlers::write::create_article)
        .service(handlers::list::read_article)
        .service(handlers::write::update_article)
        .service(handlers::lifecycle::trash_article)
        .service(handlers::lifecycle::submit_article)
        .service(handlers::lifecycle::publish_article)
        .service(handlers::lifecycle::unpublish_article)
        .service(handlers::lifecycle::restore_article);
}
