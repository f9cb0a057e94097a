//! What settings say about mail, and how mails look.

use ammonia::Url;

use super::Environment;
use super::reader::Reader;
use crate::platform::mail::{Colour, Identity, MailSettings, Mailbox, Signer, SmtpServer};
use crate::platform::secret::Secret;
use crate::types::{EmailAddress, Line, Parse, WebAddress};

impl Reader {
    /// The servers that take mail, who it comes from, and the key it is signed with.
    pub fn mail(&mut self, place: Environment, site_url: &str, site_name: &str) -> MailSettings {
        let servers = self.smtp_servers();
        let from = match self.mailbox("MASTHEAD_MAIL_FROM") {
            Some(from) => from,
            None => {
                let (from, is_made_up) = usual_sender(site_url, site_name);
                let is_sent = place == Environment::Production && !servers.is_empty();
                if is_made_up && is_sent && self.text("MASTHEAD_MAIL_FROM").is_none() {
                    self.fault(
                        "MASTHEAD_MAIL_FROM",
                        "goes with MASTHEAD_SMTP_URL in production where MASTHEAD_SITE_URL names no public host; such as The Example <news@example.com>",
                    );
                }
                from
            }
        };
        let reply_to = self.mailbox("MASTHEAD_MAIL_REPLY_TO");
        let dkim = self.signer(&from);
        MailSettings {
            servers,
            identity: Identity {
                from,
                reply_to,
                dkim,
            },
        }
    }

    fn smtp_servers(&mut self) -> Vec<SmtpServer> {
        let text = self.text("MASTHEAD_SMTP_URL").unwrap_or_default();
        let urls = text.split([',', ' ', '\n']).map(str::trim);
        let mut servers = Vec::new();
        for (index, url) in urls.filter(|url| !url.is_empty()).enumerate() {
            match SmtpServer::parse(&Secret::new(url)) {
                Ok(server) => servers.push(server),
                Err(reason) => {
                    let detail = format!("number {}: {reason}", index + 1);
                    self.fault("MASTHEAD_SMTP_URL", &detail);
                }
            }
        }
        servers
    }

    fn mailbox(&mut self, name: &'static str) -> Option<Mailbox> {
        let text = self.text(name)?;
        match Mailbox::parse(&text) {
            Ok(mailbox) => Some(mailbox),
            Err(_) => {
                let detail = format!(
                    "must be an address such as The Example <news@example.com>, not `{text}`"
                );
                self.fault(name, &detail);
                None
            }
        }
    }

    fn signer(&mut self, from: &Mailbox) -> Option<Signer> {
        let key = self.text("MASTHEAD_DKIM_KEY").map(Secret::new);
        let selector = self.text("MASTHEAD_DKIM_SELECTOR");
        let domain = self.text("MASTHEAD_DKIM_DOMAIN");
        let (key, selector) = match (key, selector) {
            (None, None) if domain.is_none() => return None,
            (Some(key), Some(selector)) => (key, selector),
            _ => {
                self.fault(
                    "MASTHEAD_DKIM_KEY",
                    "goes with MASTHEAD_DKIM_SELECTOR: set both or neither",
                );
                return None;
            }
        };
        let domain = domain.unwrap_or_else(|| from.domain().to_owned());
        if !is_dotted(&selector) {
            self.fault("MASTHEAD_DKIM_SELECTOR", "must be a name such as news2026");
        }
        let is_ours = from.domain() == domain || from.domain().ends_with(&format!(".{domain}"));
        if !is_dotted(&domain) || !is_ours {
            let detail = format!(
                "must be {} or a domain above it, or receivers take the signature for a stranger's",
                from.domain()
            );
            self.fault("MASTHEAD_DKIM_DOMAIN", &detail);
        }
        match Signer::new(&key, &domain, &selector) {
            Ok(signer) => Some(signer),
            Err(reason) => {
                self.fault("MASTHEAD_DKIM_KEY", reason);
                None
            }
        }
    }

    /// The colour that mails and pages are marked with.
    pub fn site_colour(&mut self) -> Colour {
        let Some(text) = self.text("MASTHEAD_SITE_COLOUR") else {
            return Colour::USUAL;
        };
        Colour::parse(&text).unwrap_or_else(|fault| {
            let detail = format!("{}, not `{text}`", fault.detail);
            self.fault("MASTHEAD_SITE_COLOUR", &detail);
            Colour::USUAL
        })
    }

    /// The address of the picture that stands for the site's name.
    pub fn site_logo(&mut self) -> Option<String> {
        let text = self.text("MASTHEAD_SITE_LOGO")?;
        let is_fit = text.starts_with("https://") && WebAddress::parse(&text).is_ok();
        if is_fit && Url::parse(&text).is_ok() && !text.contains('@') {
            return Some(text);
        }
        self.fault(
            "MASTHEAD_SITE_LOGO",
            "must be the https address of a picture, such as https://example.com/logo.png",
        );
        None
    }
}

fn is_dotted(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    !text.is_empty() && text.bytes().all(is_plain)
}

/// `news@` the site's host; or, where mail can't come from there, an address that is good for files alone.
fn usual_sender(site_url: &str, site_name: &str) -> (Mailbox, bool) {
    let url = Url::parse(site_url).ok();
    let host = url.as_ref().and_then(Url::domain).unwrap_or("localhost");
    let name = Line::clipped(site_name);
    let at = |host: &str| EmailAddress::parse(&format!("news@{host}"));
    match at(host) {
        Ok(address) => (Mailbox { name, address }, false),
        Err(_) => {
            let address = EmailAddress::nobody();
            (Mailbox { name, address }, true)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Config, ConfigFaults};

    fn config(settings: &[(&str, &str)]) -> Result<Config, ConfigFaults> {
        Config::from_variables(
            settings
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
        )
    }

    fn faults(settings: &[(&str, &str)]) -> String {
        config(settings).unwrap_err().to_string()
    }

    const KEY: (&str, &str) = (
        "MASTHEAD_DKIM_KEY",
        "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=",
    );
    const SMTP: (&str, &str) = ("MASTHEAD_SMTP_URL", "smtp://smtp.example.com");

    #[test]
    fn mails_come_from_the_host_of_the_site_unless_somebody_else_is_named() {
        let from = |settings: &[(&str, &str)]| config(settings).unwrap().mail.identity.from;
        let site = ("MASTHEAD_SITE_URL", "https://news.example.com:8443/a");
        assert_eq!(from(&[site]).address.as_str(), "news@news.example.com");
        let named = ("MASTHEAD_MAIL_FROM", "Desk <desk@example.com>");
        assert_eq!(from(&[site, named]).address.as_str(), "desk@example.com");
        assert_eq!(from(&[]).address.as_str(), "news@localhost.invalid");
        assert!(config(&[SMTP]).is_ok());
        let told = faults(&[SMTP, ("MASTHEAD_ENV", "production")]);
        assert!(told.contains("MASTHEAD_MAIL_FROM: goes with MASTHEAD_SMTP_URL"));
        assert_eq!(config(&[SMTP, named]).unwrap().mail.servers.len(), 1);
    }

    #[test]
    fn a_broken_address_of_a_sender_is_told_once() {
        let told = faults(&[SMTP, ("MASTHEAD_MAIL_FROM", "desk")]);
        assert_eq!(told.lines().count(), 1, "{told}");
        assert!(told.contains("not `desk`"), "{told}");
    }

    #[test]
    fn of_several_servers_the_broken_one_is_told_by_number_and_without_its_password() {
        let told = faults(&[(
            "MASTHEAD_SMTP_URL",
            "smtp://a.example.com, smtp://me:hunter2@b.example.com?tls=no",
        )]);
        assert!(
            told.starts_with("MASTHEAD_SMTP_URL: number 2: tls must be"),
            "{told}"
        );
        assert!(!told.contains("hunter2"), "{told}");
    }

    #[test]
    fn a_key_goes_with_a_selector_and_a_domain_that_is_ours() {
        let site = ("MASTHEAD_SITE_URL", "https://news.example.com");
        let selector = ("MASTHEAD_DKIM_SELECTOR", "news2026");
        let domain = |domain| ("MASTHEAD_DKIM_DOMAIN", domain);
        for good in ["news.example.com", "example.com"] {
            let config = config(&[site, KEY, selector, domain(good)]).unwrap();
            assert!(config.mail.identity.dkim.is_some());
        }
        for bad in [
            vec![site, KEY],
            vec![site, selector],
            vec![site, domain("example.com")],
            vec![site, KEY, selector, domain("example.org")],
            vec![site, KEY, selector, domain("ample.com")],
            vec![site, KEY, ("MASTHEAD_DKIM_SELECTOR", "a b")],
            vec![site, ("MASTHEAD_DKIM_KEY", "hunter2"), selector],
        ] {
            let told = faults(&bad);
            assert!(told.starts_with("MASTHEAD_DKIM_"), "{told}");
            assert!(
                !told.contains("hunter2") && !told.contains("nWGx"),
                "{told}"
            );
        }
    }

    #[test]
    fn how_mails_look_is_looked_at() {
        for (name, value) in [
            ("MASTHEAD_SITE_COLOUR", "green"),
            ("MASTHEAD_SITE_LOGO", "http://example.com/logo.png"),
            ("MASTHEAD_SITE_LOGO", "https://"),
            ("MASTHEAD_JOB_WORKERS", "65"),
        ] {
            assert!(faults(&[(name, value)]).starts_with(name), "{value}");
        }
    }
}
