//! What forms say of sign-ups.

use diesel_async::AsyncPgConnection;

use super::wishes::WishRow;
use crate::tags::TagRow;
use crate::types::{FormId, Locale};

/// Whether somebody's word is taken for it, or their mailbox asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OptIn {
    Single,
    Double,
}

/// How the form of a wish wants it. Without a form, or with one that has gone, the mailbox is asked.
pub async fn opt_in(_: &mut AsyncPgConnection, _: &WishRow) -> diesel::QueryResult<OptIn> {
    Ok(OptIn::Double)
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
    _: &mut AsyncPgConnection,
    _: FormId,
    _: Option<&Locale>,
) -> diesel::QueryResult<Option<Welcome>> {
    Ok(None)
}

/// The tags that a form offers, if there is one.
pub async fn topics(
    _: &mut AsyncPgConnection,
    _: Option<FormId>,
) -> diesel::QueryResult<Vec<TagRow>> {
    Ok(Vec::new())
}

/// What a form said in one of its wordings.
pub async fn wording(
    _: &mut AsyncPgConnection,
    _: FormId,
    _: i32,
) -> diesel::QueryResult<Option<serde_json::Value>> {
    Ok(None)
}
