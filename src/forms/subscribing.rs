//! What a sign-up asks of forms. In the transaction of the sign-up, after an earlier answer to its idempotency key was
//! looked for:
//!
//! 1. [`lookup`] the form that is named; one that is not there, or not active, is a 422 `unknown_form` at `/form_id`;
//! 2. [`admit`] it, or not: a bot gets the same answer, and nothing is done;
//! 3. [`FormForSubscribing::check_attributes`] what was entered in its own fields;
//!
//! and when it has committed, [`count_submit`] it, as [`count_confirm`] the confirmation. The counter is app data
//! (`Data<Traffic>`, its `counter`).

use chrono::{DateTime, Utc};
use diesel::QueryResult;
use diesel_async::AsyncPgConnection;
use serde_json::Value;

use super::admission::{self, Admission, Submission};
use super::counts::{Counted, Counter};
use super::queries;
use super::values::{
    Field, FieldKind, FormReference, Letter, Letters, Success, Texts, VariantKey, Wording,
};
use crate::platform::Platform;
use crate::rest::Problem;
use crate::rest::problem::ValueFault;
use crate::tags::TagRow;
use crate::types::{Fault, FormId, JsonObject, Line, Locale};

/// As much of a form as a sign-up, its confirmation and its welcome need.
#[derive(Debug, Clone)]
pub struct FormForSubscribing {
    pub id: FormId,
    /// Whether it takes sign-ups. Welcome mails of one that no longer does are still due.
    pub active: bool,
    /// Which wording readers see now. A sign-up may have seen an older one, never a newer one.
    pub wording_version: i32,
    pub wording: Wording,
    pub default_locale: Locale,
    /// In their order. Where the form has a field of the kind `topics` they are on offer; else whoever signs up gets all.
    pub topics: Vec<TagRow>,
    pub double_opt_in: bool,
    pub fields: Vec<Field>,
    pub welcome_mail: Option<Letters>,
    pub success: Success,
    variants: Vec<VariantKey>,
}

/// The form that is meant, in use or not.
pub async fn lookup(
    conn: &mut AsyncPgConnection,
    wanted: &FormReference,
) -> QueryResult<Option<FormForSubscribing>> {
    let Some(form) = queries::find(conn, wanted).await? else {
        return Ok(None);
    };
    let settings = form.row.settings;
    let variants = settings.variants.0.into_iter();
    Ok(Some(FormForSubscribing {
        id: form.row.id,
        active: form.row.active,
        wording_version: form.row.wording_version,
        wording: form.wording,
        default_locale: settings.default_locale,
        topics: form.topics,
        double_opt_in: settings.double_opt_in,
        fields: settings.fields.0,
        welcome_mail: settings.welcome_mail,
        success: settings.success,
        variants: variants.map(|variant| variant.key).collect(),
    }))
}

/// Judges whether a person signs up. The challenge that was sent is spent if the transaction commits.
pub async fn admit(
    conn: &mut AsyncPgConnection,
    platform: &Platform,
    submission: Submission<'_>,
    now: DateTime<Utc>,
) -> Result<Admission, Problem> {
    admission::judge(conn, platform, submission, now).await
}

/// The same for a page that works without scripts, and so without a proof of work: a person takes a while to press the
/// button of the page that was made with [`timing_token`].
pub async fn admit_without_script(
    conn: &mut AsyncPgConnection,
    platform: &Platform,
    submission: Submission<'_>,
    now: DateTime<Utc>,
) -> Result<Admission, Problem> {
    admission::judge_without_script(conn, platform, submission, now).await
}

/// What a page that works without scripts brings to show that it was not sent at once.
pub fn timing_token(
    platform: &Platform,
    form: Option<FormId>,
    now: DateTime<Utc>,
) -> anyhow::Result<String> {
    admission::timing_token(platform, form, now)
}

/// Counts a sign-up, by the variant that was sent: the form itself where it has no such variant (any more).
pub fn count_submit(
    counter: &Counter,
    form: &FormForSubscribing,
    variant: Option<VariantKey>,
    now: DateTime<Utc>,
) {
    counter.count(form.id, form.own_variant(variant), Counted::Submit, now);
}

/// Counts a confirmation, for the variant of its sign-up.
pub fn count_confirm(
    counter: &Counter,
    form: FormId,
    variant: Option<VariantKey>,
    now: DateTime<Utc>,
) {
    counter.count(form, variant.unwrap_or_default(), Counted::Confirm, now);
}

impl FormForSubscribing {
    /// The variant with this key; the form itself where there is none.
    pub fn own_variant(&self, key: Option<VariantKey>) -> VariantKey {
        key.filter(|key| self.variants.contains(key))
            .unwrap_or_default()
    }

    /// Whether it has this variant now.
    pub fn has_variant(&self, key: &VariantKey) -> bool {
        *key == VariantKey::default() || self.variants.contains(key)
    }

    /// Whether readers choose among its topics.
    pub fn offers_topics(&self) -> bool {
        self.fields
            .iter()
            .any(|field| field.kind == FieldKind::Topics)
    }

    /// What it says now to a reader of this language.
    pub fn texts(&self, variant: &VariantKey, locale: Option<&Locale>) -> Option<&Texts> {
        let copy = self.wording.variants.get(variant);
        let copy = copy.unwrap_or(&self.wording.copy);
        fitting(&copy.0, locale, &self.default_locale).map(|(_, texts)| texts)
    }

    /// The welcome mail that fits a language best, if it has one.
    pub fn welcome(&self, locale: Option<&Locale>) -> Option<(&Locale, &Letter)> {
        let letters = self.welcome_mail.as_ref()?;
        fitting(&letters.0, locale, &self.default_locale)
    }

    /// Whether what was entered is what its own fields take: faults point below `/attributes`. Fields that are required must
    /// be there, and nothing else may be.
    pub fn check_attributes(&self, entered: &JsonObject) -> Vec<ValueFault> {
        let own = |field: &&Field| !matches!(field.kind, FieldKind::Name | FieldKind::Topics);
        let own: Vec<&Field> = self.fields.iter().filter(own).collect();
        let at = |name: &str, fault| {
            let escaped = name.replace('~', "~0").replace('/', "~1");
            ValueFault::at(&format!("/attributes/{escaped}"), fault)
        };
        let unknown = |name: &&String| !own.iter().any(|field| field.name.as_str() == *name);
        let unknown = entered
            .members()
            .keys()
            .filter(unknown)
            .take(20)
            .map(|name| {
                at(
                    name,
                    Fault::new("unknown_field", "the form has no such field"),
                )
            });
        let faulty = own.iter().filter_map(|field| {
            let value = entered.members().get(field.name.as_str());
            Some(at(field.name.as_str(), fault_of(field, value)?))
        });
        unknown.chain(faulty).collect()
    }
}

/// What is there in a language: in the very one, in another region's, in the usual one, or in any.
fn fitting<'a, T>(
    all: &'a [(Locale, T)],
    wanted: Option<&Locale>,
    usual: &Locale,
) -> Option<(&'a Locale, &'a T)> {
    let language = |locale: &Locale| locale.as_str().split('-').next().map(str::to_owned);
    let exactly = |locale: &Locale| all.iter().find(|(known, _)| known == locale);
    let nearly = |locale: &Locale| {
        all.iter()
            .find(|(known, _)| language(known) == language(locale))
    };
    let found = wanted
        .and_then(|wanted| exactly(wanted).or_else(|| nearly(wanted)))
        .or_else(|| exactly(usual))
        .or(all.first());
    found.map(|(locale, value)| (locale, value))
}

/// What a form said in one of its wordings, also of a form that is gone.
pub async fn wording(
    conn: &mut AsyncPgConnection,
    form: FormId,
    number: i32,
) -> QueryResult<Option<Wording>> {
    queries::find_wording(conn, form, number).await
}

/// What is wrong with what was entered in a field.
fn fault_of(field: &Field, value: Option<&Value>) -> Option<Fault> {
    use crate::types::Parse;
    let is_empty = match value {
        None | Some(Value::Null | Value::Bool(false)) => true,
        Some(Value::String(text)) => text.trim().is_empty(),
        Some(_) => false,
    };
    if is_empty {
        return field.required.then(Fault::required);
    }
    match (field.kind, value) {
        (FieldKind::Text, Some(Value::String(text))) => Line::<500>::parse(text).err(),
        (FieldKind::Select, Some(Value::String(text))) => {
            let is_option = field.options.0.iter().any(|option| option.as_str() == text);
            (!is_option).then(|| Fault::new("unknown_value", "must be one of the field's options"))
        }
        (FieldKind::Checkbox, Some(Value::Bool(_))) => None,
        (FieldKind::Checkbox, _) => Some(Fault::new("wrong_type", "must be true or false")),
        _ => Some(Fault::new("wrong_type", "must be a string")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::Parse;

    #[test]
    fn a_language_is_fitted_as_well_as_it_can_be() {
        let locale = |tag| Locale::parse(tag).unwrap();
        let all = ["de", "pt-BR", "en"].map(|tag| (locale(tag), tag));
        for (wanted, found) in [
            (Some("pt-BR"), "pt-BR"),
            (Some("pt-PT"), "pt-BR"),
            (Some("de-AT"), "de"),
            (Some("it"), "en"),
            (None, "en"),
        ] {
            let wanted = wanted.map(locale);
            let (_, fitted) = fitting(&all, wanted.as_ref(), &locale("en")).unwrap();
            assert_eq!(*fitted, found);
        }
        let (_, any) = fitting(&all, None, &locale("nl")).unwrap();
        assert_eq!(*any, "de");
    }
}
