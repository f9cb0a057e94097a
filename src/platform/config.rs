//! Settings come from the environment and from `.env`, and from nowhere else. `.env.example` documents every one.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;

use super::secret::Secret;
use super::token::SigningKey;
use crate::types::{EmailAddress, Parse};

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
    /// How long a shared cache may keep a delivery answer.
    pub shared_max_age: Duration,
    /// How long it may hand out an old one while it asks for the new.
    pub stale_while_revalidate: Duration,
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
            shared_max_age: read.seconds("MASTHEAD_SHARED_MAX_AGE", 60),
            stale_while_revalidate: read.seconds("MASTHEAD_STALE_WHILE_REVALIDATE", 600),
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

struct Reader {
    variables: BTreeMap<String, String>,
    asked: Vec<&'static str>,
    faults: Vec<String>,
}

impl Reader {
    /// The value of a setting, or the content of the file that `…_FILE` names; empty is absent.
    fn text(&mut self, name: &'static str) -> Option<String> {
        self.asked.push(name);
        let direct = self
            .variables
            .get(name)
            .map(|value| value.trim().to_owned())
            .filter(|value| !value.is_empty());
        let file_name = format!("{name}_FILE");
        let Some(path) = self
            .variables
            .get(&file_name)
            .filter(|path| !path.trim().is_empty() && direct.is_none())
        else {
            return direct;
        };
        match std::fs::read_to_string(path.trim()) {
            Ok(content) => Some(content.trim().to_owned()).filter(|value| !value.is_empty()),
            Err(fault) => {
                self.faults
                    .push(format!("{file_name}: can't be read: {fault}"));
                None
            }
        }
    }

    fn fault(&mut self, name: &str, detail: &str) {
        self.faults.push(format!("{name}: {detail}"));
    }

    fn parsed<T: std::str::FromStr>(
        &mut self,
        name: &'static str,
        default: &str,
        wanted: &str,
    ) -> Option<T> {
        let text = self.text(name).unwrap_or_else(|| default.to_owned());
        let value = text.parse().ok();
        if value.is_none() {
            self.fault(name, &format!("must be {wanted}, not `{text}`"));
        }
        value
    }

    fn choice<T: Copy>(&mut self, name: &'static str, default: &str, choices: &[(&str, T)]) -> T {
        let text = self.text(name).unwrap_or_else(|| default.to_owned());
        let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
        match choices.iter().find(|(word, _)| *word == text) {
            Some((_, value)) => *value,
            None => {
                self.fault(
                    name,
                    &format!("must be {}, not `{text}`", words.join(" or ")),
                );
                choices[0].1
            }
        }
    }

    fn count(&mut self, name: &'static str, default: usize, least: usize, most: usize) -> usize {
        let wanted = format!("a whole number from {least} to {most}");
        match self.parsed(name, &default.to_string(), &wanted) {
            Some(count) if (least..=most).contains(&count) => count,
            Some(count) => {
                self.fault(name, &format!("must be {wanted}, not `{count}`"));
                default
            }
            None => default,
        }
    }

    fn seconds(&mut self, name: &'static str, default: u64) -> Duration {
        let seconds = self.parsed(name, &default.to_string(), "a number of seconds");
        Duration::from_secs(seconds.unwrap_or(default))
    }

    fn url(&mut self, name: &'static str) -> Option<String> {
        let text = self.text(name)?;
        let is_web = ["http://", "https://"].iter().any(|scheme| {
            text.strip_prefix(scheme)
                .is_some_and(|rest| !rest.is_empty())
        });
        let is_clean = !text.contains(|c: char| {
            c.is_whitespace() || c.is_control() || matches!(c, '?' | '#' | '"' | '<' | '>')
        });
        if !is_web || !is_clean {
            self.fault(
                name,
                &format!("must be an http or https address without query, not `{text}`"),
            );
            return None;
        }
        Some(text.trim_end_matches('/').to_owned())
    }

    fn environment(&mut self) -> Environment {
        let choices = [
            ("development", Environment::Development),
            ("production", Environment::Production),
        ];
        self.choice("MASTHEAD_ENV", "development", &choices)
    }

    fn listen(&mut self) -> SocketAddr {
        let wanted = "an address and port such as 127.0.0.1:8080";
        self.parsed("MASTHEAD_LISTEN", "127.0.0.1:8080", wanted)
            .unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 8080)))
    }

    fn article_url(&mut self, site_url: &str) -> String {
        let default = format!("{site_url}/{{slug}}");
        let template = self
            .text("MASTHEAD_ARTICLE_URL")
            .unwrap_or_else(|| default.clone());
        if !template.contains("{slug}") || !template.starts_with("http") {
            self.fault(
                "MASTHEAD_ARTICLE_URL",
                "must be an address with {slug} in it, such as https://example.com/{locale}/{slug}",
            );
            return default;
        }
        template
    }

    fn database_url(&mut self) -> Option<Secret> {
        let url = self.text("DATABASE_URL")?;
        if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
            self.fault(
                "DATABASE_URL",
                "must begin with postgres:// or postgresql://",
            );
            return None;
        }
        Some(Secret::new(url))
    }

    fn first_admin(&mut self) -> Option<FirstAdmin> {
        let (email, password) = (
            self.text("MASTHEAD_ADMIN_EMAIL"),
            self.text("MASTHEAD_ADMIN_PASSWORD"),
        );
        let (email, password) = match (email, password) {
            (None, None) => return None,
            (Some(email), Some(password)) => (email, password),
            _ => {
                self.fault(
                    "MASTHEAD_ADMIN_EMAIL",
                    "goes with MASTHEAD_ADMIN_PASSWORD: set both or neither",
                );
                return None;
            }
        };
        if let Err(fault) = super::password::NewPassword::parse(&password) {
            self.fault("MASTHEAD_ADMIN_PASSWORD", &fault.detail);
        }
        match EmailAddress::parse(&email) {
            Ok(email) => Some(FirstAdmin {
                email,
                password: Secret::new(password),
            }),
            Err(fault) => {
                self.fault("MASTHEAD_ADMIN_EMAIL", &fault.detail);
                None
            }
        }
    }

    fn signing_keys(&mut self) -> Vec<SigningKey> {
        let Some(text) = self.text("MASTHEAD_JWT_KEYS") else {
            return Vec::new();
        };
        let mut keys = Vec::new();
        for (index, one) in text
            .split([',', '\n'])
            .map(str::trim)
            .filter(|one| !one.is_empty())
            .enumerate()
        {
            match SigningKey::parse(one) {
                Ok(key) => keys.push(key),
                Err(reason) => {
                    self.fault("MASTHEAD_JWT_KEYS", &format!("key {}: {reason}", index + 1))
                }
            }
        }
        keys
    }

    fn networks(&mut self, name: &'static str) -> Vec<IpNet> {
        let text = self.text(name).unwrap_or_default();
        let mut networks = Vec::new();
        for part in text
            .split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty())
        {
            let network = part
                .parse()
                .or_else(|_| part.parse::<IpAddr>().map(IpNet::from));
            match network {
                Ok(network) => networks.push(network),
                Err(_) => self.fault(
                    name,
                    &format!("must be addresses or networks such as 10.0.0.0/8, not `{part}`"),
                ),
            }
        }
        networks
    }

    fn log_filter(&mut self) -> String {
        let filter = self
            .text("MASTHEAD_LOG")
            .unwrap_or_else(|| "info".to_owned());
        if tracing_subscriber::EnvFilter::try_new(&filter).is_err() {
            self.fault("MASTHEAD_LOG", &format!("must be a level such as info or a filter such as masthead=debug, not `{filter}`"));
        }
        filter
    }

    fn refuse_unsafe_defaults(&mut self) {
        let needed = [
            (
                "DATABASE_URL",
                "must be set in production: the embedded database is for development",
            ),
            (
                "MASTHEAD_JWT_KEYS",
                "must be set in production: make a key with `openssl rand -base64 32`",
            ),
            (
                "MASTHEAD_SITE_URL",
                "must be set in production, such as https://news.example.com",
            ),
        ];
        for (name, detail) in needed {
            let was_faulty = self.faults.iter().any(|fault| fault.starts_with(name));
            if self.text(name).is_none() && !was_faulty {
                self.fault(name, detail);
            }
        }
    }

    fn unknown(&self) -> Vec<String> {
        let is_known = |name: &str| {
            self.asked
                .contains(&name.strip_suffix("_FILE").unwrap_or(name))
        };
        self.variables
            .keys()
            .filter(|name| name.starts_with("MASTHEAD_") && !is_known(name))
            .cloned()
            .collect()
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
    fn a_typing_error_in_a_name_is_noticed() {
        assert_eq!(
            config(&[("MASTHEAD_LISTN", "x")]).unwrap().unknown,
            ["MASTHEAD_LISTN"]
        );
    }
}
