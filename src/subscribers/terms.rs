//! What forms say of sign-ups, of what comes of them, and of what was agreed to.

use diesel::QueryResult;
use diesel_async::AsyncPgConnection;
use serde_json::Value;

use super::wishes::WishRow;
use crate::forms::subscribing::{self, FormForSubscribing};
use crate::forms::values::FormReference;
use crate::tags::TagRow;
use crate::types::{FormId, Locale};

/// Whether somebody's word is taken for it, or their mailbox asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OptIn {
    Single,
    Double,
}

impl OptIn {
    /// How a form wants it.
    pub fn of(form: &FormForSubscribing) -> Self {
        if form.double_opt_in {
            Self::Double
        } else {
            Self::Single
        }
    }
}

/// How the form of a wish wants it. Without a form, or with one that has gone, the mailbox is asked.
pub async fn opt_in(conn: &mut AsyncPgConnection, wish: &WishRow) -> QueryResult<OptIn> {
    let form = find(conn, wish.form_id).await?;
    Ok(form.as_ref().map_or(OptIn::Double, OptIn::of))
}

/// A welcome mail as the editors of a form wrote it, in one language.
pub struct Welcome {
    pub locale: Locale,
    pub subject: String,
    /// Paragraphs with blank lines between them.
    pub text: String,
}

/// The welcome mail of a form that fits a subscriber's language best; `None` where it has none.
pub async fn welcome(
    conn: &mut AsyncPgConnection,
    form: FormId,
    locale: Option<&Locale>,
) -> QueryResult<Option<Welcome>> {
    let Some(form) = find(conn, Some(form)).await? else {
        return Ok(None);
    };
    let letter = form.welcome(locale);
    Ok(letter.map(|(locale, letter)| Welcome {
        locale: locale.clone(),
        subject: letter.subject.as_str().to_owned(),
        text: letter.text.as_str().to_owned(),
    }))
}

/// The tags that a form offers, if there is one.
pub async fn topics(
    conn: &mut AsyncPgConnection,
    form: Option<FormId>,
) -> QueryResult<Vec<TagRow>> {
    let form = find(conn, form).await?;
    Ok(form.map(|form| form.topics).unwrap_or_default())
}

/// What a form said in one of its wordings, whether there still is the form or not.
pub async fn wording(
    conn: &mut AsyncPgConnection,
    form: FormId,
    version: i32,
) -> QueryResult<Option<Value>> {
    let wording = subscribing::wording(conn, form, version).await?;
    Ok(wording.and_then(|wording| serde_json::to_value(wording).ok()))
}

async fn find(
    conn: &mut AsyncPgConnection,
    form: Option<FormId>,
) -> QueryResult<Option<FormForSubscribing>> {
    match form {
        Some(id) => subscribing::lookup(conn, &FormReference::Id(id)).await,
        None => Ok(None),
    }
}
