//! First floor, the machine room: settings, clock, Postgres, keys, passwords, the outbox. It knows no feature and never
//! Actix.

pub mod clock;
pub mod config;
pub mod db;
pub mod events;
pub mod keyset;
pub mod password;
pub mod postgres;
pub mod replays;
pub mod secret;
pub mod telemetry;
pub mod token;

use std::sync::Arc;

use clock::Clock;
use config::Config;
use db::Db;
use password::Passwords;
use token::AccessTokens;

/// What every request may use. Cheap to clone: the parts are shared.
#[derive(Clone)]
pub struct Platform {
    pub config: Arc<Config>,
    pub db: Db,
    pub clock: Clock,
    pub passwords: Passwords,
    pub access_tokens: Arc<AccessTokens>,
}
