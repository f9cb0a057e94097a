use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use super::config::{Config, Environment};

/// Writes the log to standard error: readable lines in development, JSON in production.
pub fn start(config: &Config) {
    let filter = EnvFilter::try_new(&config.log_filter).unwrap_or_else(|_| EnvFilter::new("info"));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false);
    // A second start in one process (as in tests) keeps the first log.
    let _ = match config.environment {
        Environment::Development => log.compact().try_init(),
        Environment::Production => log.json().flatten_event(true).try_init(),
    };
}
