//! Changes: how mirrors, search indexes and caches of others keep up with what readers see.
//!
//! [`queries`] reads the view `changes`, which shows what readers may be told of the outbox. A [`token`] is a place in it.
//! Places are given at commit, so that whoever sees one sees all earlier ones: to go on from a token misses nothing, and
//! no token passes a transaction that is still open.
//!
//! Three ways lead through it: pages (`/changes`); the same live (`/events`), fed by one reader for all listeners of an
//! instance ([`hub`], [`listener`]); and everything at once with the token to go on from (`/articles.ndjson`, [`export`]).

mod dto;
mod export;
mod handlers;
mod hub;
mod listener;
mod model;
mod queries;
mod ring;
mod token;

use utoipa_actix_web::service_config::ServiceConfig;

pub use export::Exports;
pub use hub::Hub;

/// Adds the routes below `/api/v1`.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(handlers::list_changes)
        .service(handlers::stream_events)
        .service(handlers::export_articles);
}
