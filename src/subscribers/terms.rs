//! What forms say of sign-ups, of what comes of them, and of what was agreed to.

use diesel::QueryResult;
use diesel_async::AsyncPgConnection;
use serde_json::Value;

use super::wishes::WishRow;
use crate::forms::subscribing::{self, FormForSubscribing};
use crate::forms::values::FormReference;
use crate::tags::{self, TagRow};
use crate::types::{FormId, Locale, Reference};

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
    let letters = form.welcome_mail.unwrap_or_default().0;
    let known: Vec<&Locale> = letters.iter().map(|(locale, _)| locale).collect();
    let best = best_of(&known, locale, &form.default_locale);
    let chosen = best.and_then(|index| letters.into_iter().nth(index));
    Ok(chosen.map(|(locale, letter)| Welcome {
        locale,
        subject: letter.subject.as_str().to_owned(),
        text: letter.text.as_str().to_owned(),
    }))
}

/// Which of some languages is read best by somebody: the same, the same in another region, the usual one, or any.
pub fn best_of(known: &[&Locale], wanted: Option<&Locale>, usual: &Locale) -> Option<usize> {
    let language = |locale: &Locale| locale.as_str().split('-').next().map(str::to_owned);
    let position = |is_good: &dyn Fn(&Locale) -> bool| known.iter().position(|one| is_good(one));
    wanted
        .and_then(|wanted| {
            position(&|one| one == wanted)
                .or_else(|| position(&|one| language(one) == language(wanted)))
        })
        .or_else(|| position(&|one| one == usual))
        .or(if known.is_empty() { None } else { Some(0) })
}

/// The tags that a form offers, if there is one.
pub async fn topics(
    conn: &mut AsyncPgConnection,
    form: Option<FormId>,
) -> QueryResult<Vec<TagRow>> {
    let Some(form) = find(conn, form).await? else {
        return Ok(Vec::new());
    };
    let references: Vec<_> = form.topics.into_iter().map(Reference::Id).collect();
    let found = tags::queries::resolve(conn, &references).await?;
    Ok(found.into_iter().flatten().collect())
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::Parse;

    #[test]
    fn the_language_that_is_read_best_is_chosen() {
        let locale = |text: &str| Locale::parse(text).unwrap();
        let known = ["de", "en", "pt-BR"].map(locale);
        let known: Vec<&Locale> = known.iter().collect();
        for (wanted, expected) in [
            (Some("de"), Some(0)),
            (Some("de-AT"), Some(0)),
            (Some("pt"), Some(2)),
            (Some("it"), Some(1)),
            (None, Some(1)),
        ] {
            let wanted = wanted.map(locale);
            assert_eq!(best_of(&known, wanted.as_ref(), &locale("en")), expected);
        }
        assert_eq!(best_of(&known, None, &locale("fr")), Some(0));
        assert_eq!(best_of(&[], None, &locale("fr")), None);
    }
}
