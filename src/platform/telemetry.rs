use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use super::config::{Config, Environment};

/// Where Actix logs, as errors, what clients send that is no HTTP: anybody could fill the log with it.
const STRANGERS: &str = "actix_http::h1::dispatcher";

/// Who logs the values of statements below `info`: addresses, hashes of passwords, keys.
const TALKATIVE: &str = "tokio_postgres";

/// Writes the log to standard error: readable lines in development, JSON in production.
pub fn start(config: &Config) {
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter(&config.log_filter))
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false);
    // A second start in one process (as in tests) keeps the first log.
    let _ = match config.environment {
        Environment::Development => log.compact().try_init(),
        Environment::Production => log.json().flatten_event(true).try_init(),
    };
}

/// The filter that was set, without what must not be logged even for who asks for it by name, and without the noise of
/// strangers unless it asks for `actix_http`.
fn filter(wanted: &str) -> EnvFilter {
    let allowed = wanted.split(',').filter(|part| !part.contains(TALKATIVE));
    let wanted = allowed.collect::<Vec<_>>().join(",");
    let filter = EnvFilter::try_new(&wanted).unwrap_or_else(|_| EnvFilter::new("info"));
    let filter = match format!("{TALKATIVE}=info").parse() {
        Ok(discreet) => filter.add_directive(discreet),
        Err(_) => filter,
    };
    match format!("{STRANGERS}=off").parse() {
        Ok(quiet) if !wanted.contains("actix_http") => filter.add_directive(quiet),
        _ => filter,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strangers_are_not_logged_unless_somebody_asks_for_them() {
        let is_quiet = |wanted: &str| filter(wanted).to_string().contains("dispatcher=off");
        assert!(is_quiet("info") && is_quiet("debug") && is_quiet("masthead=debug,warn"));
        assert!(!is_quiet("info,actix_http=error"));
    }

    #[test]
    fn values_of_statements_are_never_logged() {
        for wanted in [
            "trace",
            "debug,tokio_postgres=trace",
            "tokio_postgres::query=trace",
        ] {
            let filter = filter(wanted).to_string();
            assert!(filter.contains("tokio_postgres=info"), "{filter}");
            assert_eq!(filter.matches("tokio_postgres").count(), 1, "{filter}");
        }
    }
}
