use std::error::Error as _;
use std::time::Duration;

use lettre::Address;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Noop, Rcpt, Rset};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};
use lettre::transport::smtp::response::Response;
use tokio::time::timeout;

use super::MailFault;
use super::server::{SmtpServer, Tls};
use crate::platform::secret::Secret;

/// How many times longer than any other answer the one after a mail may take: the server may look for malice meanwhile,
/// and a mail that it took in the end must not be sent again.
const PATIENCE: u32 = 4;

/// A connection that a server has let us in by.
pub struct Session {
    conn: AsyncSmtpConnection,
    timeout: Duration,
    state: State,
}

/// Whether a connection can take another mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Fresh,
    Used,
    /// Something is on its way still, or the other side has gone.
    Lost,
}

/// Why a mail did not go out by a connection.
#[derive(Debug)]
pub enum Failure {
    /// The connection was used before and ended in between: nothing was begun, a new one may do.
    Stale,
    Mail(MailFault),
}

/// What a server answered instead of taking a step.
struct Refusal {
    step: &'static str,
    /// The code; zero where there was none.
    code: u16,
    /// The enhanced code (RFC 3463), such as `5.1.1`.
    enhanced: String,
    /// What may be told of it.
    words: String,
}

impl Session {
    /// Opens a connection: greeting, TLS and log-in.
    ///
    /// # Errors
    /// In words without secrets.
    pub async fn open(
        server: &SmtpServer,
        hello: &ClientId,
        tls: Option<&TlsParameters>,
    ) -> Result<Self, String> {
        let wrapped = tls.filter(|_| server.tls == Tls::Always).cloned();
        let place = (server.host.as_str(), server.port);
        let limit = server.timeout;
        let opening = AsyncSmtpConnection::connect_tokio1(place, Some(limit), hello, wrapped, None);
        let mut conn = in_time("the greeting", limit, opening).await?;
        let upgrade = match server.tls {
            Tls::Always | Tls::Never => None,
            Tls::Required => tls,
            Tls::Opportunistic => tls.filter(|_| conn.can_starttls()),
        };
        if let Some(tls) = upgrade {
            in_time("STARTTLS", limit, conn.starttls(tls.clone(), hello)).await?;
        }
        if let Some((user, password)) = &server.user {
            if !conn.is_encrypted() && !server.is_this_machine() {
                return Err("it has no TLS, and the password is not sent in the clear".to_owned());
            }
            let credentials = Credentials::new(user.clone(), Secret::expose(password).to_owned());
            let log_in = conn.auth(DEFAULT_MECHANISMS, &credentials);
            in_time("the log-in", limit, log_in).await?;
        }
        Ok(Self {
            conn,
            timeout: limit,
            state: State::Fresh,
        })
    }

    /// Whether it can take another mail.
    pub fn is_whole(&self) -> bool {
        self.state != State::Lost
    }

    /// Whether the other side is there still.
    pub async fn answers(&mut self) -> Result<(), String> {
        in_time("NOOP", self.timeout, self.conn.command(Noop))
            .await
            .map(|_| ())
    }

    /// Hands a mail over.
    pub async fn send(&mut self, from: Address, to: Address, bytes: &[u8]) -> Result<(), Failure> {
        let was_used = self.state == State::Used;
        // Whoever breaks off in the middle leaves a connection that no mail can go by.
        self.state = State::Lost;
        let sent = self.transact(from, to, bytes).await;
        let refusal = match sent {
            Ok(()) => {
                self.state = State::Used;
                return Ok(());
            }
            Err(refusal) => refusal,
        };
        if was_used && refusal.step == "MAIL" && matches!(refusal.code, 0 | 421) {
            return Err(Failure::Stale);
        }
        if !matches!(refusal.code, 0 | 421) {
            let reset = timeout(self.timeout, self.conn.command(Rset)).await;
            if matches!(reset, Ok(Ok(_))) {
                self.state = State::Used;
            }
        }
        Err(Failure::Mail(refusal.judged()))
    }

    async fn transact(&mut self, from: Address, to: Address, bytes: &[u8]) -> Result<(), Refusal> {
        let is_international = !AsRef::<str>::as_ref(&to).is_ascii();
        let mut parameters = Vec::new();
        if is_international {
            if !self
                .conn
                .server_info()
                .supports_feature(Extension::SmtpUtfEight)
            {
                return Err(Refusal {
                    step: "RCPT",
                    code: 553,
                    enhanced: "5.6.7".to_owned(),
                    words: "the server takes no addresses beyond ASCII (SMTPUTF8)".to_owned(),
                });
            }
            parameters.push(MailParameter::SmtpUtfEight);
        }
        if !bytes.is_ascii() {
            parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
        }
        let limit = self.timeout;
        let mail = Mail::new(Some(from), parameters);
        step("MAIL", limit, self.conn.command(mail)).await?;
        step("RCPT", limit, self.conn.command(Rcpt::new(to, Vec::new()))).await?;
        step("DATA", limit, self.conn.command(Data)).await?;
        step("the mail", limit * PATIENCE, self.conn.message(bytes)).await
    }
}

impl Refusal {
    /// Whose fault it is. A refusal for reasons of policy (5.7) or of a full mailbox (5.2.2) may pass; one before the
    /// recipient was named is ours, and is for people to mend.
    fn judged(self) -> MailFault {
        let is_final = (500..600).contains(&self.code);
        let may_pass = self.enhanced.starts_with("5.7.") || self.enhanced == "5.2.2";
        match self.step {
            "RCPT" if self.enhanced == "5.6.7" => MailFault::Unacceptable(self.words),
            "RCPT" if is_final && !may_pass => MailFault::Refused(self.words),
            "the mail" | "DATA" if is_final => MailFault::Unacceptable(self.words),
            _ => MailFault::temporary(self.words),
        }
    }
}

async fn step(
    name: &'static str,
    limit: Duration,
    asked: impl Future<Output = Result<Response, Error>>,
) -> Result<(), Refusal> {
    let fault = match timeout(limit, asked).await {
        Ok(Ok(_)) => return Ok(()),
        Ok(Err(fault)) => fault,
        Err(_) => {
            return Err(Refusal {
                step: name,
                code: 0,
                enhanced: String::new(),
                words: format!("no answer to {name} within {} s", limit.as_secs()),
            });
        }
    };
    let Some(code) = fault.status() else {
        return Err(Refusal {
            step: name,
            code: 0,
            enhanced: String::new(),
            words: format!("the connection was lost at {name}"),
        });
    };
    let text = fault.source().map(ToString::to_string).unwrap_or_default();
    let enhanced = enhanced_code(&text).unwrap_or_default();
    // The text may name the recipient; of the other steps it is worth telling, for people who must mend something.
    let said = match name {
        "RCPT" => enhanced.clone(),
        _ => without_addresses(&text),
    };
    Err(Refusal {
        step: name,
        code: code.to_string().parse().unwrap_or_default(),
        words: format!("{name} was answered {code} {said}")
            .trim_end()
            .to_owned(),
        enhanced,
    })
}

async fn in_time<T>(
    name: &str,
    limit: Duration,
    asked: impl Future<Output = Result<T, Error>>,
) -> Result<T, String> {
    match timeout(limit, asked).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(fault)) => Err(format!(
            "{name} failed: {}",
            without_addresses(&fault.to_string())
        )),
        Err(_) => Err(format!("{name} took longer than {} s", limit.as_secs())),
    }
}

/// The enhanced code that a text begins with.
fn enhanced_code(text: &str) -> Option<String> {
    let first = text.split_whitespace().next()?;
    let mut parts = first.split('.');
    let is_number = |part: Option<&str>, most: usize| {
        part.is_some_and(|part| {
            (1..=most).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
        })
    };
    let is_code = is_number(parts.next(), 1)
        && is_number(parts.next(), 3)
        && is_number(parts.next(), 3)
        && parts.next().is_none();
    is_code.then(|| first.to_owned())
}

/// One line of what somebody else said, without addresses.
fn without_addresses(text: &str) -> String {
    let words = text.split_whitespace();
    let words = words.map(|word| {
        if word.contains('@') {
            "(address)"
        } else {
            word
        }
    });
    let line = words.collect::<Vec<_>>().join(" ");
    line.chars().filter(|c| !c.is_control()).take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(step: &'static str, code: u16, enhanced: &str) -> MailFault {
        let refusal = Refusal {
            step,
            code,
            enhanced: enhanced.to_owned(),
            words: String::new(),
        };
        refusal.judged()
    }

    #[test]
    fn only_a_final_no_to_the_recipient_is_the_recipients() {
        for (step, code, enhanced) in [
            ("RCPT", 550, ""),
            ("RCPT", 551, "5.1.1"),
            ("RCPT", 550, "5.2.1"),
        ] {
            assert!(matches!(
                judged(step, code, enhanced),
                MailFault::Refused(_)
            ));
        }
        for (step, code, enhanced) in [
            ("the mail", 554, "5.6.0"),
            ("DATA", 554, ""),
            ("RCPT", 553, "5.6.7"),
        ] {
            assert!(matches!(
                judged(step, code, enhanced),
                MailFault::Unacceptable(_)
            ));
        }
        for (step, code, enhanced) in [
            ("RCPT", 450, "4.2.1"),
            ("RCPT", 421, ""),
            ("RCPT", 550, "5.7.1"),
            ("RCPT", 552, "5.2.2"),
            ("RCPT", 0, ""),
            ("MAIL", 550, "5.1.8"),
            ("the mail", 451, ""),
            ("the mail", 0, ""),
        ] {
            assert!(matches!(
                judged(step, code, enhanced),
                MailFault::Temporary { .. }
            ));
        }
    }

    #[test]
    fn what_servers_say_is_told_without_addresses() {
        assert_eq!(
            without_addresses("5.1.0 <me@example.com>: sender\r\nrejected"),
            "5.1.0 (address) sender rejected"
        );
        assert_eq!(
            enhanced_code("5.1.1 no such user").as_deref(),
            Some("5.1.1")
        );
        for text in ["", "no", "5.1", "55.1.1", "5.1.1.1", "5.a.1", "5..1"] {
            assert_eq!(enhanced_code(text), None, "{text}");
        }
    }
}
