use std::time::Duration;

use ammonia::Url;
use percent_encoding::percent_decode_str;

use crate::platform::secret::Secret;

/// When TLS is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tls {
    /// From the first byte (`smtps`).
    Always,
    /// After STARTTLS, and otherwise nothing is sent.
    Required,
    /// After STARTTLS where the server has it. Whoever sits in between can take it away.
    Opportunistic,
    Never,
}

/// A server that takes mail from us, and how much of it.
#[derive(Clone)]
pub struct SmtpServer {
    pub host: String,
    pub port: u16,
    pub tls: Tls,
    pub user: Option<(String, Secret)>,
    /// How many connections may be open at once.
    pub connections: usize,
    /// How long a mail must wait after the one before; zero where nothing is said of a rate.
    pub interval: Duration,
    /// How long connecting and each answer may take.
    pub timeout: Duration,
}

impl std::fmt::Debug for SmtpServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SmtpServer({})", self.name())
    }
}

impl SmtpServer {
    /// Reads `smtp://` or `smtps://`, with `user:password@` percent-encoded, and `?tls=`, `rate=`, `connections=` and
    /// `timeout=`.
    ///
    /// # Errors
    /// What is wrong, without any part of the URL that could be secret.
    pub fn parse(url: &Secret) -> Result<Self, String> {
        let url = Url::parse(url.expose())
            .map_err(|_| "must be an address such as smtp://user:password@smtp.example.com:587; characters such as @ : / ? # % in a password are percent-encoded: @ is %40".to_owned())?;
        let is_tls = match url.scheme() {
            "smtp" => false,
            "smtps" => true,
            _ => return Err("must begin with smtp:// or smtps://".to_owned()),
        };
        let host = url.host_str().unwrap_or_default();
        if host.is_empty() {
            return Err("names no host".to_owned());
        }
        if !matches!(url.path(), "" | "/") || url.fragment().is_some() {
            return Err(
                "must end with the port, or with a query; characters such as @ : / ? # % in a user or password are percent-encoded: # is %23"
                    .to_owned(),
            );
        }
        let user = match (url.username(), url.password()) {
            ("", None) => None,
            (user, Some(password)) if !user.is_empty() => {
                Some((decoded(user)?, Secret::new(decoded(password)?)))
            }
            _ => return Err("names a user or a password alone; give both or neither".to_owned()),
        };
        let usual_port = match (is_tls, &user) {
            (true, _) => 465,
            (false, Some(_)) => 587,
            (false, None) => 25,
        };
        let mut server = Self {
            host: host.trim_matches(['[', ']']).to_owned(),
            port: url.port().unwrap_or(usual_port),
            tls: match (is_tls, is_this_machine(host)) {
                (true, _) => Tls::Always,
                (false, true) => Tls::Opportunistic,
                (false, false) => Tls::Required,
            },
            user,
            connections: 4,
            interval: Duration::ZERO,
            timeout: Duration::from_secs(15),
        };
        for (name, value) in url.query_pairs() {
            server.set(&name, &value)?;
        }
        if server.user.is_some() && server.tls == Tls::Never && !is_this_machine(host) {
            return Err("would send the password in the clear; leave out tls=none".to_owned());
        }
        Ok(server)
    }

    fn set(&mut self, name: &str, value: &str) -> Result<(), String> {
        let number = |least: u32, most: u32| match value.parse::<u32>() {
            Ok(number) if (least..=most).contains(&number) => Ok(number),
            _ => Err(format!(
                "{name} must be a whole number from {least} to {most}"
            )),
        };
        match (name, value) {
            ("tls", _) if self.tls == Tls::Always => {
                return Err("tls goes with smtp:// alone: smtps:// is TLS".to_owned());
            }
            ("tls", "required") => self.tls = Tls::Required,
            ("tls", "opportunistic") => self.tls = Tls::Opportunistic,
            ("tls", "none") => self.tls = Tls::Never,
            ("tls", _) => return Err("tls must be required, opportunistic or none".to_owned()),
            ("rate", _) => self.interval = Duration::from_secs(1) / number(1, 10_000)?,
            ("connections", _) => self.connections = usize::try_from(number(1, 64)?).unwrap_or(1),
            ("timeout", _) => self.timeout = Duration::from_secs(number(1, 300)?.into()),
            _ => {
                return Err(
                    "has a parameter that is none of tls, rate, connections, timeout; a ? in a user or password is %3F"
                        .to_owned(),
                );
            }
        }
        Ok(())
    }

    /// Host and port, which is all that may be told of it.
    pub fn name(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    /// Whether a password may be sent though nobody speaks TLS.
    pub fn is_this_machine(&self) -> bool {
        is_this_machine(&self.host)
    }
}

fn decoded(text: &str) -> Result<String, String> {
    percent_decode_str(text)
        .decode_utf8()
        .map(std::borrow::Cow::into_owned)
        .map_err(|_| "has a user or password that is not UTF-8".to_owned())
}

fn is_this_machine(host: &str) -> bool {
    let host = host.trim_matches(['[', ']']);
    host == "localhost"
        || host
            .parse::<std::net::IpAddr>()
            .is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(url: &str) -> Result<SmtpServer, String> {
        SmtpServer::parse(&Secret::new(url))
    }

    #[test]
    fn an_address_says_where_how_and_how_fast() {
        let server =
            parse("smtp://me%40example.com:a%3Ab@smtp.example.com?rate=5&connections=2&timeout=10")
                .unwrap();
        assert_eq!(server.name(), "smtp.example.com:587");
        let (user, password) = server.user.clone().unwrap();
        assert_eq!(
            (user.as_str(), password.expose()),
            ("me@example.com", "a:b")
        );
        assert_eq!(server.tls, Tls::Required);
        assert_eq!(server.connections, 2);
        assert_eq!(server.interval, Duration::from_millis(200));
        assert_eq!(server.timeout, Duration::from_secs(10));
        assert!(!format!("{server:?}").contains("a:b"));
    }

    #[test]
    fn tls_is_spoken_unless_the_server_is_here_or_somebody_says_so() {
        for (url, tls, port) in [
            ("smtps://smtp.example.com", Tls::Always, 465),
            ("smtp://smtp.example.com", Tls::Required, 25),
            ("smtp://smtp.example.com?tls=none", Tls::Never, 25),
            ("smtp://localhost:1025", Tls::Opportunistic, 1025),
            ("smtp://[::1]", Tls::Opportunistic, 25),
            ("smtp://127.0.0.1?tls=required", Tls::Required, 25),
        ] {
            let server = parse(url).unwrap();
            assert_eq!((server.tls, server.port), (tls, port), "{url}");
        }
    }

    #[test]
    fn what_is_wrong_is_told_without_the_secret() {
        for url in [
            "hunter2",
            "http://me:hunter2@example.com",
            "smtp://",
            "smtp://me:hunter2@smtp.example.com?tls=none",
            "smtp://me:hunter2@smtp.example.com?tls=hunter2",
            "smtps://me:hunter2@smtp.example.com?tls=none",
            "smtp://:hunter2@smtp.example.com",
            "smtp://hunter2@smtp.example.com",
            "smtp://me:%ffhunter2@smtp.example.com",
            "smtp://smtp.example.com/hunter2",
            "smtp://smtp.example.com?hunter2=1",
            "smtp://smtp.example.com?rate=0",
            "smtp://smtp.example.com?rate=hunter2",
            "smtp://smtp.example.com?connections=65",
            "smtp://smtp.example.com?timeout=-1",
        ] {
            let told = parse(url).unwrap_err();
            assert!(!told.contains("hunter2"), "{told}");
        }
    }
}
