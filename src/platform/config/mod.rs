//! Settings come from the environment and from `.env`, and from nowhere else. `.env.example` documents every one.

mod env_file;
mod mail;
mod reader;
mod subscriptions;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use chrono::TimeDelta;
use ipnet::IpNet;

pub use self::env_file::{EnvFile, LineFault};
use self::reader::Reader;
pub use self::subscriptions::{ConsentEvidence, Subscriptions};
use super::db::Address;
use super::installation::InstallationSecret;
use super::mail::{Colour, MailSettings};
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

/// Whether signing up costs a little computing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProofOfWork {
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
    pub database: Option<Address>,
    /// Copies of it that answer readers.
    pub replicas: Vec<Address>,
    pub database_connections: usize,
    /// Where Postgres' own programs are, when not in a usual place.
    pub postgres_programs: Option<PathBuf>,
    pub data_dir: PathBuf,
    pub site_url: String,
    pub site_name: String,
    /// What marks mails and pages.
    pub site_colour: Colour,
    /// The address of a picture that stands for the name.
    pub site_logo: Option<String>,
    /// Template of an article's address on the site, with `{slug}` and, if wanted, `{locale}`.
    pub article_url: String,
    /// Where this API is reached from outside, without a slash at the end; `None`: answers name paths alone.
    pub public_url: Option<String>,
    pub first_admin: Option<FirstAdmin>,
    /// The first signs, all verify. Empty: one is made and kept in the data directory.
    pub signing_keys: Vec<SigningKey>,
    /// What keyed hashes and signed links are made with; `None`: one is kept in the database.
    pub secret: Option<InstallationSecret>,
    pub trusted_proxies: Vec<IpNet>,
    pub log_filter: String,
    pub rate_limits: RateLimits,
    /// How much memory finished answers may take together, in bytes; zero keeps none.
    pub cache_bytes: u64,
    /// How long a shared cache may keep a delivery answer.
    pub shared_max_age: Duration,
    /// How long it may hand out an old one while it asks for the new.
    pub stale_while_revalidate: Duration,
    /// How far back the feed of changes goes.
    pub changes_kept: TimeDelta,
    /// How many clients may listen to events on one instance.
    pub event_listeners: usize,
    /// How many jobs this instance does at once; zero: none.
    pub job_workers: usize,
    pub mail: MailSettings,
    pub feeds: Feeds,
    pub subscriptions: Subscriptions,
    pub proof_of_work: ProofOfWork,
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
        let mut faults = Vec::new();
        let mut variables = match std::fs::read(".env") {
            Ok(bytes) => {
                let file = EnvFile::parse(&bytes);
                faults.extend(file.faults.iter().map(ToString::to_string));
                file.settings
            }
            Err(fault) if fault.kind() == std::io::ErrorKind::NotFound => BTreeMap::new(),
            Err(fault) => {
                faults.push(format!(".env: can't be read: {fault}"));
                BTreeMap::new()
            }
        };
        for (name, value) in std::env::vars_os() {
            let Ok(name) = name.into_string() else {
                continue;
            };
            let is_ours = name.starts_with("MASTHEAD_") || name.starts_with("DATABASE_");
            match value.into_string() {
                Ok(value) => drop(variables.insert(name, value)),
                Err(_) if is_ours => faults.push(format!("{name}: is not UTF-8")),
                Err(_) => {}
            }
        }
        Self::checked(variables, faults)
    }

    /// Checks settings given by name.
    pub fn from_variables(variables: BTreeMap<String, String>) -> Result<Self, ConfigFaults> {
        Self::checked(variables, Vec::new())
    }

    /// Checks settings, and adds what is wrong to what is known to be wrong.
    fn checked(
        variables: BTreeMap<String, String>,
        faults: Vec<String>,
    ) -> Result<Self, ConfigFaults> {
        let mut read = Reader {
            variables,
            asked: Vec::new(),
            faults,
        };
        let environment = read.environment();
        let in_production = environment == Environment::Production;
        let authorities = read.authorities();
        let site_url = read
            .url("MASTHEAD_SITE_URL")
            .unwrap_or_else(|| "http://localhost:3000".to_owned());
        let site_name = read.text_or("MASTHEAD_SITE_NAME", "Masthead");
        let article_url = read.article_url(&site_url);
        let mail = read.mail(environment, &site_url, &site_name);
        let config = Self {
            environment,
            listen: read.listen(),
            database: read.database(environment, authorities.as_ref()),
            replicas: read.replicas(environment, authorities.as_ref()),
            database_connections: read.count("MASTHEAD_DATABASE_CONNECTIONS", 10, 1, 500),
            postgres_programs: read.postgres_programs(),
            data_dir: PathBuf::from(read.text_or("MASTHEAD_DATA_DIR", ".masthead")),
            site_url,
            site_name,
            site_colour: read.site_colour(),
            site_logo: read.site_logo(),
            article_url,
            public_url: read.url("MASTHEAD_PUBLIC_URL"),
            first_admin: read.first_admin(),
            signing_keys: read.signing_keys(),
            secret: read.installation_secret(),
            trusted_proxies: read.networks("MASTHEAD_TRUSTED_PROXIES"),
            log_filter: read.log_filter(),
            rate_limits: read.rate_limits(),
            cache_bytes: read.megabytes("MASTHEAD_CACHE_MB", 64),
            shared_max_age: read.seconds("MASTHEAD_SHARED_MAX_AGE", 60),
            stale_while_revalidate: read.seconds("MASTHEAD_STALE_WHILE_REVALIDATE", 600),
            changes_kept: read.days("MASTHEAD_CHANGES_KEPT_DAYS", 30),
            event_listeners: read.count("MASTHEAD_EVENT_LISTENERS", 4000, 0, 1_000_000),
            job_workers: read.count("MASTHEAD_JOB_WORKERS", 8, 0, 64),
            mail,
            feeds: read.feeds(),
            subscriptions: read.subscriptions(),
            proof_of_work: read.proof_of_work(environment),
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

    /// The address of one of this API's own paths for a mail, where a path alone leads nowhere. Without
    /// `MASTHEAD_PUBLIC_URL` it is good on this machine.
    pub fn outside_url(&self, path: &str) -> String {
        match &self.public_url {
            Some(url) => format!("{url}{path}"),
            None if self.listen.ip().is_unspecified() => {
                format!("http://localhost:{}{path}", self.listen.port())
            }
            None => format!("http://{}{path}", self.listen),
        }
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

    fn faults(settings: &[(&str, &str)]) -> String {
        config(settings).unwrap_err().to_string()
    }

    #[test]
    fn paths_and_modes_are_looked_at_wherever_the_database_is() {
        let told = faults(&[
            ("DATABASE_URL", "postgres://u@localhost/x?sslmode=perhaps"),
            ("DATABASE_CA_FILE", "/nowhere/ca.pem"),
            ("MASTHEAD_PG_BIN", "/nowhere"),
            ("DATABASE_REPLICA_URLS", "postgres://u@a/x,mysql://u@b/x"),
        ]);
        let names: Vec<&str> = told
            .lines()
            .filter_map(|line| line.split(':').next())
            .collect();
        let expected = [
            "DATABASE_CA_FILE",
            "DATABASE_URL",
            "DATABASE_REPLICA_URLS",
            "MASTHEAD_PG_BIN",
        ];
        assert_eq!(names, expected, "{told}");
        assert!(told.contains("number 2"), "{told}");
    }

    #[test]
    fn addresses_are_addresses() {
        for (name, value) in [
            ("MASTHEAD_SITE_URL", "https://"),
            ("MASTHEAD_SITE_URL", "https://a:b:c/"),
            ("MASTHEAD_SITE_URL", "https://example.com/?a=b"),
            ("MASTHEAD_PUBLIC_URL", "ftp://example.com"),
            ("MASTHEAD_ARTICLE_URL", r#"httpfoo{slug} "><"#),
            ("MASTHEAD_ARTICLE_URL", "https://example.com/{slug}/{year}"),
            ("MASTHEAD_ARTICLE_URL", "https://example.com/story"),
        ] {
            assert!(faults(&[(name, value)]).starts_with(name), "{value}");
        }
        let given = config(&[("MASTHEAD_ARTICLE_URL", "https://e.org/{locale}?p={slug}")]);
        assert_eq!(
            given.unwrap().url_of("frost", "en"),
            "https://e.org/en?p=frost"
        );
    }

    #[test]
    fn who_is_named_in_an_address_is_not_told() {
        for value in [
            "https://u:hunter2@e.org",
            "htps://u:hunter2@e.org",
            "http://hunter2@",
        ] {
            let told = faults(&[("MASTHEAD_SITE_URL", value)]);
            assert!(!told.contains("hunter2"), "{told}");
        }
    }

    #[test]
    fn durations_end_at_a_year() {
        for name in ["MASTHEAD_SHARED_MAX_AGE", "MASTHEAD_STALE_WHILE_REVALIDATE"] {
            assert!(config(&[(name, "31536000")]).is_ok());
            for value in ["31536001", "18446744073709551615", "-1", "1.5"] {
                assert!(faults(&[(name, value)]).starts_with(name), "{value}");
            }
        }
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
