//! Jobs as admins see them: what waits, what runs, what fails and why; try again, or throw away.
//!
//! The queue itself is in `platform::jobs`. Its tables are the same: this folder looks at them and turns two screws.

mod dto;
mod events;
mod handlers;
mod model;
mod queries;

use utoipa_actix_web::service_config::ServiceConfig;

/// Adds the routes below `/api/v1/editor`.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(handlers::list_jobs)
        .service(handlers::read_job)
        .service(handlers::retry_job)
        .service(handlers::discard_job);
}
