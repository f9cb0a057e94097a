//! First floor, the machine room: settings, clock, Postgres, keys, passwords, the outbox. It knows no feature and never
//! Actix.

pub mod clock;
pub mod config;
pub mod db;
pub mod descriptors;
pub mod epoch;
pub mod events;
mod guessable;
pub mod installation;
pub mod jobs;
pub mod keyset;
pub mod mail;
pub mod password;
pub mod pool;
pub mod postgres;
pub mod replays;
pub mod replicas;
pub mod secret;
pub mod telemetry;
pub mod token;

use std::sync::Arc;

use clock::Clock;
use config::Config;
use epoch::Epoch;
use installation::Keys;
use mail::{Mailer, Templates};
use password::Passwords;
use pool::Db;
use replicas::Replicas;
use token::AccessTokens;

/// What every request may use. Cheap to clone: the parts are shared.
#[derive(Clone)]
pub struct Platform {
    pub config: Arc<Config>,
    pub db: Db,
    pub replicas: Replicas,
    /// The newest change that readers could notice, as far as this instance has heard.
    pub epoch: Epoch,
    pub clock: Clock,
    pub passwords: Passwords,
    pub access_tokens: Arc<AccessTokens>,
    pub mailer: Mailer,
    /// What mails look like.
    pub templates: Templates,
    /// Makes keyed hashes and signed links.
    pub keys: Keys,
}
