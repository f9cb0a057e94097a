//! Settings come from the environment and from `.env`, and from nowhere else. `.env.example` documents every one.

mod reader;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;

use self::reader::Reader;
use super::secret::Secret;
use super::token::SigningKey;
use crate::types::EmailAddress;

/// What kind of place this is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Environment {
    /// A person's own machine: what is missing is made.
    Development,
    /// Readers depend on it: what is missing refuses to start.
    Production,
}

/// Whether clients are held to their allowances.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RateLimits {
    On,
    Off,
}

/// What feeds show.
#[derive(Debug, Clone)]
pub struct Feeds {
    /// How many articles each shows.
    pub items: i64,
    pub content: FeedContent,
    /// The WebSub hub that they name.
    pub hub: Option<String>,
}

/// How much of an article feeds show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FeedContent {
    Full,
    Excerpt,
}

/// The first administrator, made at start when there is none.
#[derive(Debug, Clone)]
pub struct FirstAdmin {
    pub email: EmailAddress,
    pub password: Secret,
}

/// Every setting, checked.
#[derive(Debug, Clone)]
pub struct Config {
    pub environment: Environment,
    pub listen: SocketAddr,
    /// `None`: the embedded cluster.
    pub database_url: Option<Secret>,
    /// Copies of it that answer readers.
    pub replica_urls: Vec<Secret>,
    pub database_ca_file: Option<PathBuf>,
    pub database_connections: usize,
    /// Where Postgres' own programs are, when not in a usual place.
    pub postgres_programs: Option<PathBuf>,
    pub data_dir: PathBuf,
    pub site_url: String,
    pub site_name: String,
    /// Template of an article's address on the site, with `{slug}` and, if wanted, `{locale}`.
    pub article_url: String,
    /// Where this API is reached from outside, without a slash at the end; `None`: answers name paths alone.
    pub public_url: Option<String>,
    pub first_admin: Option<FirstAdmin>,
    /// The first signs, all verify. Empty: one is made and kept in the data directory.
    pub signing_keys: Vec<SigningKey>,
    pub trusted_proxies: Vec<IpNet>,
    pub log_filter: String,
    pub rate_limits: RateLimits,
    /// How much memory finished answers may take together, in bytes; zero keeps none.
    pub cache_bytes: u64,
    /// How long a shared cache may keep a delivery answer.
    pub shared_max_age: Duration,
    /// How long it may hand out an old one while it asks for the new.
    pub stale_while_revalidate: Duration,
    pub feeds: Feeds,
    /// Names beginning with `MASTHEAD_` that mean nothing here: most likely typing errors.
    pub unknown: Vec<String>,
}

/// Everything that is wrong with the settings, one line each.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub struct ConfigFaults(Vec<String>);

impl Config {
    /// Reads the environment, completed by `.env` in the working directory where there is one.
    pub fn load() -> Result<Self, ConfigFaults> {
        let mut variables: BTreeMap<String, String> = BTreeMap::new();
        match dotenvy::from_filename_iter(".env") {
            Ok(lines) => {
                for line in lines {
                    let (name, value) =
                        line.map_err(|fault| ConfigFaults(vec![format!(".env: {fault}")]))?;
                    variables.insert(name, value);
                }
            }
            Err(dotenvy::Error::Io(fault)) if fault.kind() == std::io::ErrorKind::NotFound => {}
            Err(fault) => return Err(ConfigFaults(vec![format!(".env: {fault}")])),
        }
        let from_environment = std::env::vars_os().filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        });
        variables.extend(from_environment);
        Self::from_variables(variables)
    }

    /// Checks settings given by name.
    pub fn from_variables(variables: BTreeMap<String, String>) -> Result<Self, ConfigFaults> {
        let mut read = Reader {
            variables,
            asked: Vec::new(),
            faults: Vec::new(),
        };
        let environment = read.environment();
        let in_production = environment == Environment::Production;
        let site_url = read
            .url("MASTHEAD_SITE_URL")
            .unwrap_or_else(|| "http://localhost:3000".to_owned());
        let article_url = read.article_url(&site_url);
        let config = Self {
            environment,
            listen: read.listen(),
            database_url: read.database_url(),
            replica_urls: read.replica_urls(),
            database_ca_file: read.text("DATABASE_CA_FILE").map(PathBuf::from),
            database_connections: read.count("MASTHEAD_DATABASE_CONNECTIONS", 10, 1, 500),
            postgres_programs: read.text("MASTHEAD_PG_BIN").map(PathBuf::from),
            data_dir: PathBuf::from(
                read.text("MASTHEAD_DATA_DIR")
                    .unwrap_or_else(|| ".masthead".to_owned()),
            ),
            site_url,
            site_name: read
                .text("MASTHEAD_SITE_NAME")
                .unwrap_or_else(|| "Masthead".to_owned()),
            article_url,
            public_url: read.url("MASTHEAD_PUBLIC_URL"),
            first_admin: read.first_admin(),
            signing_keys: read.signing_keys(),
            trusted_proxies: read.networks("MASTHEAD_TRUSTED_PROXIES"),
            log_filter: read.log_filter(),
            rate_limits: read.choice(
                "MASTHEAD_RATE_LIMITS",
                "on",
                &[("on", RateLimits::On), ("off", RateLimits::Off)],
            ),
            cache_bytes: read.megabytes("MASTHEAD_CACHE_MB", 64),
            shared_max_age: read.seconds("MASTHEAD_SHARED_MAX_AGE", 60),
            stale_while_revalidate: read.seconds("MASTHEAD_STALE_WHILE_REVALIDATE", 600),
            feeds: read.feeds(),
            unknown: Vec::new(),
        };
        if in_production {
            read.refuse_unsafe_defaults();
        }
        if read.faults.is_empty() {
            Ok(Self {
                unknown: read.unknown(),
                ..config
            })
        } else {
            Err(ConfigFaults(read.faults))
        }
    }

    /// The address of an article on the site.
    pub fn url_of(&self, slug: &str, locale: &str) -> String {
        self.article_url
            .replace("{slug}", slug)
            .replace("{locale}", locale)
    }

    /// The address of one of this API's own paths, as clients outside should call it.
    pub fn api_url(&self, path: &str) -> String {
        format!("{}{path}", self.public_url.as_deref().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(settings: &[(&str, &str)]) -> Result<Config, ConfigFaults> {
        Config::from_variables(
            settings
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
        )
    }

    #[test]
    fn nothing_need_be_set_in_development() {
        assert_eq!(config(&[]).unwrap().listen.port(), 8080);
    }

    #[test]
    fn production_refuses_unsafe_defaults_all_at_once() {
        let faults = config(&[("MASTHEAD_ENV", "production")])
            .unwrap_err()
            .to_string();
        let names: Vec<&str> = faults
            .lines()
            .filter_map(|line| line.split(':').next())
            .collect();
        assert_eq!(
            names,
            ["DATABASE_URL", "MASTHEAD_JWT_KEYS", "MASTHEAD_SITE_URL"]
        );
    }

    #[test]
    fn every_fault_names_its_variable_and_no_secret() {
        let faults = config(&[
            ("MASTHEAD_LISTEN", "here"),
            ("DATABASE_URL", "mysql://root:hunter2@db/x"),
            ("MASTHEAD_JWT_KEYS", "c2hvcnQ="),
            ("MASTHEAD_RATE_LIMITS", "maybe"),
        ])
        .unwrap_err()
        .to_string();
        for name in [
            "MASTHEAD_LISTEN",
            "DATABASE_URL",
            "MASTHEAD_JWT_KEYS",
            "MASTHEAD_RATE_LIMITS",
        ] {
            assert!(faults.contains(name), "{name} is not named in {faults}");
        }
        assert!(
            !faults.contains("hunter2") && !faults.contains("c2hvcnQ"),
            "a secret is shown in {faults}"
        );
    }

    #[test]
    fn a_hub_needs_to_know_where_the_feeds_are() {
        let hub = ("MASTHEAD_WEBSUB_HUB", "https://hub.example.com");
        let public = ("MASTHEAD_PUBLIC_URL", "https://api.example.com");
        let faults = config(&[hub]).unwrap_err().to_string();
        assert!(
            faults.starts_with("MASTHEAD_WEBSUB_HUB: goes with MASTHEAD_PUBLIC_URL"),
            "{faults}"
        );
        assert!(config(&[hub, public]).unwrap().feeds.hub.is_some());
    }

    #[test]
    fn a_typing_error_in_a_name_is_noticed() {
        assert_eq!(
            config(&[("MASTHEAD_LISTN", "x")]).unwrap().unknown,
            ["MASTHEAD_LISTN"]
        );
    }
}
