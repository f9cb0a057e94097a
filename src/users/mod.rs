//! Accounts and sessions: who may come in, with what role, and for how long.
//!
//! A session begins with a log-in and is held by two tokens: an access token (a JWT of 15 minutes) that is shown with
//! every request, and a refresh token that is exchanged, once, for the next pair. Every request looks its session up, so a
//! log-out, a new password or a new role counts at once. A person's public side is an author; readers never see more.

pub mod accounts;
mod authenticate;
mod dto;
mod guard;
mod handlers;
mod model;
mod queries;

use utoipa_actix_web::service_config::ServiceConfig;

pub use authenticate::authenticate;
pub use guard::LogInGuard;

/// Adds the routes below `/api/v1/auth`.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(handlers::create_token)
        .service(handlers::refresh_token)
        .service(handlers::log_out)
        .service(handlers::read_me)
        .service(handlers::update_me)
        .service(handlers::change_password);
}
