use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use ammonia::Url;
use chrono::TimeDelta;
use ipnet::IpNet;
use rustls::RootCertStore;

use super::{Environment, FeedContent, Feeds, FirstAdmin, ProofOfWork, RateLimits};
use crate::platform::db::{self, Address};
use crate::platform::installation::InstallationSecret;
use crate::platform::password::NewPassword;
use crate::platform::postgres;
use crate::platform::secret::Secret;
use crate::platform::token::SigningKey;
use crate::types::{EmailAddress, Parse, WebAddress};

/// The longest time that may be set, in seconds: a year. Caches take no more for meant.
const LONGEST: usize = 365 * 24 * 60 * 60;

/// Reads settings one by one, and notes everything that is wrong with them.
pub(super) struct Reader {
    pub variables: BTreeMap<String, String>,
    pub asked: Vec<&'static str>,
    pub faults: Vec<String>,
}

impl Reader {
    /// The value of a setting, or the content of the file that `…_FILE` names; empty is absent.
    pub fn text(&mut self, name: &'static str) -> Option<String> {
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

    /// The same, or what is usual.
    pub fn text_or(&mut self, name: &'static str, usual: &str) -> String {
        self.text(name).unwrap_or_else(|| usual.to_owned())
    }

    pub fn fault(&mut self, name: &str, detail: &str) {
        self.faults.push(format!("{name}: {detail}"));
    }

    fn parsed<T: std::str::FromStr>(
        &mut self,
        name: &'static str,
        default: &str,
        wanted: &str,
    ) -> Option<T> {
        let text = self.text_or(name, default);
        let value = text.parse().ok();
        if value.is_none() {
            self.fault(name, &format!("must be {wanted}, not `{text}`"));
        }
        value
    }

    pub fn choice<T: Copy>(
        &mut self,
        name: &'static str,
        default: &str,
        choices: &[(&str, T)],
    ) -> T {
        let text = self.text_or(name, default);
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

    pub fn count(
        &mut self,
        name: &'static str,
        default: usize,
        least: usize,
        most: usize,
    ) -> usize {
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

    pub fn megabytes(&mut self, name: &'static str, default: usize) -> u64 {
        u64::try_from(self.count(name, default, 0, 65_536)).unwrap_or_default() * 1024 * 1024
    }

    pub fn seconds(&mut self, name: &'static str, default: usize) -> Duration {
        let seconds = self.count(name, default, 0, LONGEST);
        Duration::from_secs(u64::try_from(seconds).unwrap_or_default())
    }

    pub fn days(&mut self, name: &'static str, default: usize) -> TimeDelta {
        let days = i64::try_from(self.count(name, default, 1, 3650)).unwrap_or_default();
        TimeDelta::days(days)
    }

    pub fn url(&mut self, name: &'static str) -> Option<String> {
        let text = self.text(name)?;
        if let Some(fault) = fault_of_url(&text) {
            self.fault(name, &fault);
            return None;
        }
        Some(text.trim_end_matches('/').to_owned())
    }

    pub fn environment(&mut self) -> Environment {
        let choices = [
            ("development", Environment::Development),
            ("production", Environment::Production),
        ];
        self.choice("MASTHEAD_ENV", "development", &choices)
    }

    pub fn listen(&mut self) -> SocketAddr {
        let wanted = "an address and port such as 127.0.0.1:8080";
        self.parsed("MASTHEAD_LISTEN", "127.0.0.1:8080", wanted)
            .unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 8080)))
    }

    pub fn article_url(&mut self, site_url: &str) -> String {
        let default = format!("{site_url}/{{slug}}");
        let Some(template) = self.text("MASTHEAD_ARTICLE_URL") else {
            return default;
        };
        let filled = template.replace("{slug}", "s").replace("{locale}", "en");
        let is_whole = template.contains("{slug}") && !filled.contains(['{', '}']);
        if !is_whole || !is_web_address(&filled) {
            self.fault(
                "MASTHEAD_ARTICLE_URL",
                "must be an http or https address with {slug} and, if wanted, {locale} in it, such as https://example.com/{locale}/{slug}",
            );
            return default;
        }
        template
    }

    /// The certificates that databases are trusted by.
    pub fn authorities(&mut self) -> Option<RootCertStore> {
        let path = PathBuf::from(self.text("DATABASE_CA_FILE")?);
        match db::authorities_in(&path) {
            Ok(authorities) => Some(authorities),
            Err(fault) => {
                self.fault("DATABASE_CA_FILE", &format!("{fault:#}"));
                None
            }
        }
    }

    pub fn database(
        &mut self,
        environment: Environment,
        authorities: Option<&RootCertStore>,
    ) -> Option<Address> {
        let url = self.text("DATABASE_URL")?;
        match address(url, environment, authorities) {
            Ok(address) => Some(address),
            Err(fault) => {
                self.fault("DATABASE_URL", &format!("{fault:#}"));
                None
            }
        }
    }

    pub fn replicas(
        &mut self,
        environment: Environment,
        authorities: Option<&RootCertStore>,
    ) -> Vec<Address> {
        let text = self.text("DATABASE_REPLICA_URLS").unwrap_or_default();
        let urls = text.split([',', '\n', ' ']).map(str::trim);
        let mut replicas = Vec::new();
        for (index, url) in urls.filter(|url| !url.is_empty()).enumerate() {
            match address(url.to_owned(), environment, authorities) {
                Ok(address) => replicas.push(address),
                Err(fault) => {
                    let detail = format!("number {}: {fault:#}", index + 1);
                    self.fault("DATABASE_REPLICA_URLS", &detail);
                }
            }
        }
        replicas
    }

    pub fn postgres_programs(&mut self) -> Option<PathBuf> {
        let folder = PathBuf::from(self.text("MASTHEAD_PG_BIN")?);
        if !postgres::has_programs(&folder) {
            let detail = format!(
                "there is no `postgres` with an `initdb` in {}",
                folder.display()
            );
            self.fault("MASTHEAD_PG_BIN", &detail);
        }
        Some(folder)
    }

    pub fn first_admin(&mut self) -> Option<FirstAdmin> {
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
        if let Err(fault) = NewPassword::parse(&password) {
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

    pub fn signing_keys(&mut self) -> Vec<SigningKey> {
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

    pub fn installation_secret(&mut self) -> Option<InstallationSecret> {
        let text = self.text("MASTHEAD_SECRET")?;
        InstallationSecret::parse(&text)
            .map_err(|reason| self.fault("MASTHEAD_SECRET", reason))
            .ok()
    }

    pub fn networks(&mut self, name: &'static str) -> Vec<IpNet> {
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

    pub fn log_filter(&mut self) -> String {
        let filter = self
            .text("MASTHEAD_LOG")
            .unwrap_or_else(|| "info".to_owned());
        if tracing_subscriber::EnvFilter::try_new(&filter).is_err() {
            self.fault("MASTHEAD_LOG", &format!("must be a level such as info or a filter such as masthead=debug, not `{filter}`"));
        }
        filter
    }

    pub fn rate_limits(&mut self) -> RateLimits {
        let choices = [("on", RateLimits::On), ("off", RateLimits::Off)];
        self.choice("MASTHEAD_RATE_LIMITS", "on", &choices)
    }

    pub fn feeds(&mut self) -> Feeds {
        let hub = self.url("MASTHEAD_WEBSUB_HUB");
        if hub.is_some() && self.text("MASTHEAD_PUBLIC_URL").is_none() {
            self.fault(
                "MASTHEAD_WEBSUB_HUB",
                "goes with MASTHEAD_PUBLIC_URL: a hub must know a feed by its own address",
            );
        }
        let contents = [
            ("full", FeedContent::Full),
            ("excerpt", FeedContent::Excerpt),
        ];
        let items = self.count("MASTHEAD_FEED_ITEMS", 30, 1, 100);
        Feeds {
            items: i64::try_from(items).unwrap_or_default(),
            content: self.choice("MASTHEAD_FEED_CONTENT", "full", &contents),
            hub,
        }
    }

    /// Where readers depend on it, bots come as well.
    pub fn proof_of_work(&mut self, environment: Environment) -> ProofOfWork {
        let usual = match environment {
            Environment::Production => "on",
            Environment::Development => "off",
        };
        let choices = [("on", ProofOfWork::On), ("off", ProofOfWork::Off)];
        self.choice("MASTHEAD_PROOF_OF_WORK", usual, &choices)
    }

    pub fn refuse_unsafe_defaults(&mut self) {
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
            let was_faulty = [format!("{name}: "), format!("{name}_FILE: ")]
                .iter()
                .any(|named| self.faults.iter().any(|fault| fault.contains(named)));
            if self.text(name).is_none() && !was_faulty {
                self.fault(name, detail);
            }
        }
    }

    pub fn unknown(&self) -> Vec<String> {
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

fn address(
    url: String,
    environment: Environment,
    authorities: Option<&RootCertStore>,
) -> anyhow::Result<Address> {
    let address = Address::parse(&Secret::new(url), authorities)?;
    Ok(match environment {
        Environment::Development => address,
        Environment::Production => address.insisting_on_tls(),
    })
}

fn is_web_address(text: &str) -> bool {
    WebAddress::parse(text).is_ok() && Url::parse(text).is_ok()
}

/// What is wrong with an address that other addresses begin with.
fn fault_of_url(text: &str) -> Option<String> {
    let wanted = "must be an http or https address without query";
    // Who is named before the `@` is nobody's business, and neither is the password.
    if text.contains('@') {
        return Some(format!("{wanted}, and without user name and password"));
    }
    let is_base = is_web_address(text) && !text.contains(['?', '#']);
    (!is_base).then(|| format!("{wanted}, not `{text}`"))
}
