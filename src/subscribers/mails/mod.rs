//! The mails that subscribers get, in their language. What people and editors wrote is data in them, never a template.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::links::{self, Managed};
use super::model::SubscriberRow;
use super::terms::Welcome;
use super::wishes::WishRow;
use super::words::Language;
use crate::platform::Platform;
use crate::platform::mail::{AutoSubmitted, ListHeaders, Mail};
use crate::types::{JobId, Locale, Parse};

/// The mail that asks whether it was them. It echoes nothing of what was typed in: anybody may have typed it.
pub fn confirmation(
    platform: &Platform,
    job: JobId,
    subscriber: &SubscriberRow,
    wish: &WishRow,
    token: &str,
) -> anyhow::Result<Mail> {
    let locale = wish.locale.as_ref().or(subscriber.locale.as_ref());
    let language = locale.and_then(Language::of).unwrap_or(Language::English);
    let words = language.words().for_site(&platform.config.site_name);
    let subject = text(&words, "mail_subject");
    let url = links::page_of(&platform.config, token);
    let values = json!({ "subject": subject, "w": words, "url": url });
    let locale = Locale::parse(language.as_str()).unwrap_or_default();
    let rendered = platform
        .templates
        .render("confirmation", &locale, &values)?;
    Ok(Mail {
        name: "confirmation",
        message_id: job.as_uuid(),
        to: subscriber.email.clone(),
        subject,
        text: rendered.text,
        html: rendered.html,
        locale,
        list: None,
        auto_submitted: AutoSubmitted::Generated,
    })
}

/// The mail that welcomes a new subscriber, as the editors of the form wrote it.
pub fn welcome(
    platform: &Platform,
    job: JobId,
    subscriber: &SubscriberRow,
    welcome: &Welcome,
) -> anyhow::Result<Mail> {
    let language = Language::of(&welcome.locale).unwrap_or(Language::English);
    let words = language.words().for_site(&platform.config.site_name);
    let managed = Managed {
        subscriber: subscriber.id,
        generation: subscriber.token_generation,
    };
    let token = links::sign_manage(&platform.keys, managed);
    let preferences = links::page_of(&platform.config, &token);
    let unsubscribe = format!("{preferences}/unsubscribe");
    let values = json!({
        "subject": welcome.subject,
        "w": words,
        "body": welcome.text,
        "preferences_url": preferences,
        "unsubscribe_url": unsubscribe,
    });
    let rendered = platform
        .templates
        .render("welcome", &welcome.locale, &values)?;
    Ok(Mail {
        name: "welcome",
        message_id: job.as_uuid(),
        to: subscriber.email.clone(),
        subject: welcome.subject.clone(),
        text: rendered.text,
        html: rendered.html,
        locale: welcome.locale.clone(),
        list: Some(list_headers(platform, unsubscribe)),
        auto_submitted: AutoSubmitted::Generated,
    })
}

/// What a mail to the list says of it: how to leave by one click, or by a mail to whoever reads the sender's mailbox.
pub fn list_headers(platform: &Platform, unsubscribe_url: String) -> ListHeaders {
    let identity = &platform.config.mail.identity;
    let mailbox = identity.reply_to.as_ref().unwrap_or(&identity.from);
    let local = utf8_percent_encode(mailbox.address.local_part(), NON_ALPHANUMERIC);
    let domain = mailbox.address.domain();
    ListHeaders {
        list_id: format!("subscribers.{}", identity.from.domain()),
        unsubscribe_url,
        unsubscribe_mailto: Some(format!("mailto:{local}@{domain}?subject=unsubscribe")),
    }
}

fn text(words: &Value, name: &str) -> String {
    words[name].as_str().unwrap_or_default().to_owned()
}
