//! Mail: how it is written, and the way it goes.
//!
//! A mail is sent from a job, never from a request: the other side may hang, refuse or be away, and only a job comes back.
//!
//! ```ignore
//! let words = json!({ "confirm_url": url, "days": 7 });
//! let Rendered { text, html } = platform.templates.render("confirm", &locale, &words)?;
//! let mail = Mail {
//!     name: "confirm",
//!     message_id: job.id.as_uuid(),
//!     to: subscriber.email,
//!     subject: subject_in(&locale),
//!     text,
//!     html,
//!     locale,
//!     list: None,
//!     auto_submitted: AutoSubmitted::Generated,
//! };
//! match platform.mailer.send(&mail).await {
//!     Ok(()) => Outcome::Done,
//!     // The address takes no mail: the one fault that says something about the person.
//!     Err(MailFault::Refused(words)) => note_bounce(&platform, id, words).await,
//!     Err(fault) => fault.into(),
//! }
//! ```
//!
//! Without `MASTHEAD_SMTP_URL` mails are written as files below the data directory, and the log says where.

mod colour;
mod dkim;
mod mailbox;
mod message;
mod outbox;
mod refusal;
mod senders;
mod server;
mod session;
mod templates;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

pub use colour::Colour;
pub use dkim::Signer;
pub use mailbox::Mailbox;
pub use server::{SmtpServer, Tls};
pub use templates::{Rendered, Templates};

use super::clock::Clock;
use super::config::Config;
use super::jobs::Outcome;
use crate::types::{EmailAddress, Locale};
use outbox::Outbox;
use senders::Senders;

/// A mail to one person.
#[derive(Debug, Clone)]
pub struct Mail {
    /// What sort of mail it is, such as `confirm`: for the log and for names of files.
    pub name: &'static str,
    /// What its Message-ID is made of. The id of the job that sends it is the same at each attempt, so that a mail that was
    /// sent twice can be told for one.
    pub message_id: Uuid,
    pub to: EmailAddress,
    /// Control characters in it become spaces.
    pub subject: String,
    pub text: String,
    pub html: String,
    pub locale: Locale,
    /// For mail to a list that can be left.
    pub list: Option<ListHeaders>,
    pub auto_submitted: AutoSubmitted,
}

/// What a mail says of the list it goes to (RFC 2919, RFC 2369, RFC 8058).
#[derive(Debug, Clone)]
pub struct ListHeaders {
    /// A dotted name that never changes, such as `news.example.com`.
    pub list_id: String,
    /// Where one POST unsubscribes whoever got this mail: a URL in ASCII.
    pub unsubscribe_url: String,
    /// The same by mail: a `mailto:` URL in ASCII.
    pub unsubscribe_mailto: Option<String>,
}

/// Whether a person wrote the mail (RFC 3834).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AutoSubmitted {
    No,
    /// A machine wrote it by itself.
    Generated,
    /// A machine answered.
    Replied,
}

/// Why a mail did not go out. The words hold no address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MailFault {
    /// Another attempt may do.
    #[error("{words}")]
    Temporary {
        words: String,
        retry_after: Option<Duration>,
    },
    /// The recipient's address takes no mail, and never will.
    #[error("{0}")]
    Refused(String),
    /// This mail is taken by nobody, or not taken for what is in it; it says nothing about the recipient.
    #[error("{0}")]
    Unacceptable(String),
}

impl MailFault {
    fn temporary(words: impl Into<String>) -> Self {
        Self::Temporary {
            words: words.into(),
            retry_after: None,
        }
    }
}

impl From<MailFault> for Outcome {
    fn from(fault: MailFault) -> Self {
        match fault {
            MailFault::Temporary {
                words,
                retry_after: None,
            } => Self::Retry(words),
            MailFault::Temporary {
                words,
                retry_after: Some(pause),
            } => Self::RetryIn(pause, words),
            MailFault::Refused(words) | MailFault::Unacceptable(words) => Self::GiveUp(words),
        }
    }
}

/// Who we are in mails.
#[derive(Debug, Clone)]
pub struct Identity {
    pub from: Mailbox,
    pub reply_to: Option<Mailbox>,
    pub dkim: Option<Signer>,
}

/// What the settings say about mail.
#[derive(Debug, Clone)]
pub struct MailSettings {
    /// Empty: mails are written into a folder.
    pub servers: Vec<SmtpServer>,
    pub identity: Identity,
}

/// Sends mail. Cheap to clone: all clones share the connections.
#[derive(Clone)]
pub struct Mailer(Arc<Inner>);

struct Inner {
    identity: Identity,
    clock: Clock,
    way: Way,
}

enum Way {
    Smtp(Senders),
    Folder(Outbox),
}

impl Mailer {
    /// Prepares the way that the settings say. Nothing is opened yet.
    pub fn new(config: &Config, clock: Clock) -> anyhow::Result<Self> {
        let MailSettings { servers, identity } = config.mail.clone();
        let way = if servers.is_empty() {
            Way::Folder(Outbox::below(&config.data_dir))
        } else {
            Way::Smtp(Senders::new(servers, identity.from.domain())?)
        };
        Ok(Self(Arc::new(Inner {
            identity,
            clock,
            way,
        })))
    }

    /// Sends a mail. `Ok` means that a server has taken it over, or that it lies in the folder.
    pub async fn send(&self, mail: &Mail) -> Result<(), MailFault> {
        let Inner {
            identity,
            clock,
            way,
        } = &*self.0;
        let now = clock.now();
        let bytes = message::write(identity, mail, now)?;
        match way {
            Way::Folder(outbox) => outbox.keep(mail, now, bytes).await,
            Way::Smtp(senders) => {
                let from = message::address(&identity.from.address)?;
                let to = message::address(&mail.to)?;
                senders.send(from, to, &bytes).await
            }
        }
    }

    /// Who mails come from.
    pub fn from(&self) -> &Mailbox {
        &self.0.identity.from
    }

    /// The folder that mails are written into, where no server takes them.
    pub fn folder(&self) -> Option<&Path> {
        match &self.0.way {
            Way::Folder(outbox) => Some(outbox.folder()),
            Way::Smtp(_) => None,
        }
    }

    /// Asks each server whether it would let us in: their names, and what is wrong with them. Nothing is sent.
    pub async fn check(&self) -> Vec<(String, Result<(), String>)> {
        match &self.0.way {
            Way::Folder(_) => Vec::new(),
            Way::Smtp(senders) => senders.check().await,
        }
    }
}
