//! Subscribers in and out by the million: files of other systems, rehearsed, taken in and taken back; and the list as a file.
//!
//! A file is kept in the database, piece by piece, while it arrives, so that any instance can go on with it. A job reads it
//! and deals with some thousand rows in a transaction that also notes how far it has come (`running`, `writing`). What a row
//! makes of its person are pure rules (`judging`), of which one has no exception: **whoever has left the list stays so**,
//! while whoever a row says has left does leave. What people were is kept beside what became of each row, so that an import
//! can be taken back (`reverting`); no address is kept there, for those who are erased.

mod commands;
mod dto;
mod events;
mod export;
mod following;
mod handlers;
mod judging;
mod model;
mod queries;
mod reading;
mod reverting;
mod running;
mod upload;
mod writing;

use crate::platform::jobs::Kind;
use utoipa_actix_web::service_config::ServiceConfig;

pub use commands::{ExportOptions, ImportOptions, export, import};

/// How many bytes a piece of a file has.
const PIECE: usize = 256 * 1024;

/// Adds the routes below `/api/v1/editor`. They go before those of the subscribers, whose ids could be any word.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(handlers::import_subscribers)
        .service(handlers::export_subscribers)
        .service(handlers::list_subscriber_imports)
        .service(handlers::read_subscriber_import)
        .service(handlers::list_subscriber_import_rows)
        .service(handlers::revert_subscriber_import);
}

/// The kinds of job that this feature does.
pub fn jobs() -> Vec<Kind> {
    vec![running::kind(), reverting::kind()]
}
