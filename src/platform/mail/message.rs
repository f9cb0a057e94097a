use std::time::SystemTime;

use chrono::{DateTime, Utc};
use lettre::Message;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox as LettreMailbox, MultiPart};

use super::{AutoSubmitted, Identity, Mail, MailFault};
use crate::platform::mail::Mailbox;
use crate::types::EmailAddress;

/// How long a line may be (RFC 5322 §2.1.1), with room for what stands around a URL.
const LONGEST_URL: usize = 900;

/// Puts a mail into the form that servers take (RFC 5322, MIME), signed where there is a key. The same mail at the same
/// instant is the same but for the boundary between its parts.
pub fn write(identity: &Identity, mail: &Mail, now: DateTime<Utc>) -> Result<Vec<u8>, MailFault> {
    let unfit = |fault: &dyn std::fmt::Display| {
        MailFault::Unacceptable(format!("the mail can't be written: {fault}"))
    };
    let to = LettreMailbox::new(None, address(&mail.to)?);
    let mut message = Message::builder()
        .from(mailbox(&identity.from)?)
        .to(to)
        .subject(one_line(&mail.subject))
        .date(SystemTime::from(now))
        .message_id(Some(format!(
            "<{}@{}>",
            mail.message_id,
            identity.from.domain()
        )));
    if let Some(reply_to) = &identity.reply_to {
        message = message.reply_to(mailbox(reply_to)?);
    }
    for (name, value) in headers(mail)? {
        message = message.raw_header(HeaderValue::dangerous_new_pre_encoded(
            HeaderName::new_from_ascii_str(name),
            value.clone(),
            value,
        ));
    }
    let parts = MultiPart::alternative_plain_html(mail.text.clone(), mail.html.clone());
    let message = message.multipart(parts).map_err(|fault| unfit(&fault))?;
    let bytes = message.formatted();
    match &identity.dkim {
        None => Ok(bytes),
        Some(signer) => signer
            .sign(&bytes, now)
            .map_err(|fault| MailFault::temporary(format!("the mail can't be signed: {fault:#}"))),
    }
}

/// The headers that lettre has no types for: names, and values that are ASCII and safe already.
fn headers(mail: &Mail) -> Result<Vec<(&'static str, String)>, MailFault> {
    let mut headers = vec![("Content-Language", mail.locale.as_str().to_owned())];
    match mail.auto_submitted {
        AutoSubmitted::No => {}
        AutoSubmitted::Generated => headers.push(("Auto-Submitted", "auto-generated".to_owned())),
        AutoSubmitted::Replied => headers.push(("Auto-Submitted", "auto-replied".to_owned())),
    }
    let Some(list) = &mail.list else {
        return Ok(headers);
    };
    if !is_list_id(&list.list_id) {
        return Err(MailFault::Unacceptable(
            "the id of the list is no dotted name".to_owned(),
        ));
    }
    headers.push(("List-Id", format!("<{}>", list.list_id)));
    let mut ways = vec![bracketed(&list.unsubscribe_url)?];
    if let Some(mailto) = &list.unsubscribe_mailto {
        ways.push(bracketed(mailto)?);
    }
    // Each on a line of its own: a line has its limits.
    headers.push(("List-Unsubscribe", ways.join(",\r\n ")));
    headers.push((
        "List-Unsubscribe-Post",
        "List-Unsubscribe=One-Click".to_owned(),
    ));
    Ok(headers)
}

/// Whether it is a dotted name in ASCII (RFC 2919).
fn is_list_id(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    text.contains('.') && text.len() <= 255 && text.bytes().all(is_plain)
}

fn bracketed(url: &str) -> Result<String, MailFault> {
    let is_plain = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'<' | b'>' | b'"' | b',');
    if url.len() <= LONGEST_URL && url.bytes().all(is_plain) {
        Ok(format!("<{url}>"))
    } else {
        Err(MailFault::Unacceptable(
            "the address for unsubscribing is too long, or not percent-encoded".to_owned(),
        ))
    }
}

/// Text that ends no header: control characters become spaces.
fn one_line(text: &str) -> String {
    let spaced: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    spaced.trim().chars().take(500).collect()
}

/// An address as lettre knows it.
pub fn address(address: &EmailAddress) -> Result<lettre::Address, MailFault> {
    address
        .as_str()
        .parse()
        .map_err(|_| MailFault::Refused("the address is none that mail can be sent to".to_owned()))
}

fn mailbox(mailbox: &Mailbox) -> Result<LettreMailbox, MailFault> {
    let name = mailbox.name.as_ref().map(|name| name.as_str().to_owned());
    Ok(LettreMailbox::new(name, address(&mailbox.address)?))
}
