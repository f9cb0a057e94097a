use std::time::Duration;

use futures::TryFutureExt;
use lettre::Address;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Ehlo, Mail, Noop, Rcpt, Rset};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::MailFault;
use super::refusal::{Refusal, step, told};
use super::server::{SmtpServer, Tls};
use crate::platform::secret::Secret;

/// How many times longer than any other answer the one after a mail may take: the server may look for malice meanwhile,
/// and a mail that it took in the end must not be sent again.
const PATIENCE: u32 = 4;

/// A connection that a server has let us in by.
pub struct Session {
    conn: AsyncSmtpConnection,
    timeout: Duration,
    /// Whether the server takes several commands at once (RFC 2920).
    can_pipeline: bool,
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
        let limit = server.timeout;
        let opening = greeted(server, hello, tls);
        let mut conn = in_time("the greeting", limit, opening).await?;
        let upgrade = match server.tls {
            Tls::Always | Tls::Never => None,
            Tls::Required => tls,
            Tls::Opportunistic => tls.filter(|_| conn.can_starttls()),
        };
        if let Some(tls) = upgrade {
            let upgrading = conn.starttls(tls.clone(), hello).map_err(told);
            in_time("STARTTLS", limit, upgrading).await?;
        }
        let can_pipeline = in_time("EHLO", limit, can_pipeline(&mut conn, hello)).await?;
        if let Some((user, password)) = &server.user {
            if !conn.is_encrypted() && !server.is_this_machine() {
                return Err("it has no TLS, and the password is not sent in the clear".to_owned());
            }
            let ways = conn.server_info().get_auth_mechanism(DEFAULT_MECHANISMS);
            if ways.is_none() {
                return Err("it offers no log-in; leave out user and password".to_owned());
            }
            let credentials = Credentials::new(user.clone(), Secret::expose(password).to_owned());
            let log_in = conn.auth(DEFAULT_MECHANISMS, &credentials).map_err(told);
            in_time("the log-in", limit, log_in).await?;
        }
        Ok(Self {
            conn,
            timeout: limit,
            can_pipeline,
            state: State::Fresh,
        })
    }

    /// Whether it can take another mail.
    pub fn is_whole(&self) -> bool {
        self.state != State::Lost
    }

    /// Whether the other side is there still.
    pub async fn answers(&mut self) -> Result<(), String> {
        let asked = self.conn.command(Noop).map_err(told);
        in_time("NOOP", self.timeout, asked).await.map(|_| ())
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
        if was_used && refusal.step == "MAIL" && refusal.ends_the_connection() {
            return Err(Failure::Stale);
        }
        if !refusal.ends_the_connection() {
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
        self.announce(Mail::new(Some(from), parameters), Rcpt::new(to, Vec::new()))
            .await?;
        let mail = self.conn.command(Content(bytes));
        step("the mail", self.timeout * PATIENCE, mail).await
    }

    /// Says who a mail is from and for: at once where the server allows it, which saves two journeys there and back.
    async fn announce(&mut self, mail: Mail, recipient: Rcpt) -> Result<(), Refusal> {
        let (conn, limit) = (&mut self.conn, self.timeout);
        if !self.can_pipeline {
            step("MAIL", limit, conn.command(mail)).await?;
            step("RCPT", limit, conn.command(recipient)).await?;
            return step("DATA", limit, conn.command(Data)).await;
        }
        let all = format!("{mail}{recipient}{Data}");
        let sender = step("MAIL", limit, conn.command(all)).await;
        if matches!(&sender, Err(refusal) if refusal.ends_the_connection()) {
            return sender;
        }
        let recipient = step("RCPT", limit, conn.read_response()).await;
        if matches!(&recipient, Err(refusal) if refusal.ends_the_connection()) {
            return sender.and(recipient);
        }
        let data = step("DATA", limit, conn.read_response()).await;
        let has_recipient = recipient.is_ok();
        match (sender.and(recipient), data) {
            (Ok(()), data) => data,
            (Err(refusal), Err(_)) => Err(refusal),
            // It would take whatever follows for a mail to this recipient: nothing does.
            (Err(refusal), Ok(())) if has_recipient => Err(refusal.at_the_end()),
            (Err(refusal), Ok(())) => {
                // It waits for a mail though it knows no recipient; this ends that (RFC 2920 §3.1).
                let _ = step("DATA", limit, conn.command(".\r\n")).await;
                Err(refusal)
            }
        }
    }
}

/// Connects, and hears the greeting. In the clear at first, what is written goes at once: held back until the other side
/// has acknowledged what was written before, each mail would cost it the 40 ms that it waits with that.
async fn greeted(
    server: &SmtpServer,
    hello: &ClientId,
    tls: Option<&TlsParameters>,
) -> Result<AsyncSmtpConnection, String> {
    let place = (server.host.as_str(), server.port);
    if server.tls == Tls::Always {
        let (limit, tls) = (Some(server.timeout), tls.cloned());
        let opening = AsyncSmtpConnection::connect_tokio1(place, limit, hello, tls, None);
        return opening.await.map_err(told);
    }
    let stream = TcpStream::connect(place)
        .await
        .map_err(|fault| fault.to_string())?;
    stream
        .set_nodelay(true)
        .map_err(|fault| fault.to_string())?;
    let opening = AsyncSmtpConnection::connect_with_transport(Box::new(stream), hello);
    opening.await.map_err(told)
}

/// Asks what the server can do once more: the library tells of some extensions only.
async fn can_pipeline(conn: &mut AsyncSmtpConnection, hello: &ClientId) -> Result<bool, String> {
    match conn.command(Ehlo::new(hello.clone())).await {
        Ok(answer) => Ok(answer
            .message()
            .any(|line| line.eq_ignore_ascii_case("PIPELINING"))),
        Err(fault) if fault.status().is_some() => Ok(false),
        Err(fault) => Err(told(fault)),
    }
}

/// A mail as it is written: a dot is put before each line that begins with one, and one alone ends it (RFC 5321 §4.5.2). It
/// goes in one piece, like a command.
struct Content<'a>(&'a [u8]);

impl std::fmt::Display for Content<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = String::from_utf8_lossy(self.0);
        for line in text.split_inclusive("\r\n") {
            if line.starts_with('.') {
                f.write_str(".")?;
            }
            f.write_str(line)?;
        }
        let end = if text.ends_with("\r\n") {
            ".\r\n"
        } else {
            "\r\n.\r\n"
        };
        f.write_str(end)
    }
}

async fn in_time<T>(
    name: &str,
    limit: Duration,
    asked: impl Future<Output = Result<T, String>>,
) -> Result<T, String> {
    match timeout(limit, asked).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(fault)) => Err(format!("{name} failed: {fault}")),
        Err(_) => Err(format!("{name} took longer than {} s", limit.as_secs())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_begin_with_a_dot_begin_with_two() {
        for (mail, written) in [
            ("a\r\n", "a\r\n.\r\n"),
            (".\r\n..b\r\nc.\r\n", "..\r\n...b\r\nc.\r\n.\r\n"),
            ("a", "a\r\n.\r\n"),
        ] {
            assert_eq!(Content(mail.as_bytes()).to_string(), written);
        }
    }
}
