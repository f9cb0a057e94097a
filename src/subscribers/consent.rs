use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::rest::body::{from_body, object_member};
use crate::rest::problem::ValueFault;
use crate::types::{
    Fault, FormId, Parse, Patch, Prose, WebAddress, closed_set, read_back_from_text, stored_as_json,
};

closed_set! {
    /// How somebody agreed.
    pub enum ConsentMethod {
        /// In a form on a website.
        Form = "form",
        /// Through a program that calls this API for them.
        Api = "api",
        /// In a mail they wrote.
        Email = "email",
        /// In writing, with a signature.
        Paper = "paper",
        /// In conversation, face to face.
        InPerson = "in_person",
        /// In conversation, on the telephone.
        Phone = "phone",
        /// To another system, which passed it on.
        Import = "import",
    }
}

/// The key of a sign-up form: 1 to 64 letters, digits, hyphens and underscores, or a UUID.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = String, min_length = 1, max_length = 64, pattern = "^[A-Za-z0-9_-]{1,64}$", examples("footer"))]
pub struct FormKey(String);

impl FormKey {
    /// The key.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Parse for FormKey {
    fn parse(text: &str) -> Result<Self, Fault> {
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if !(1..=64).contains(&text.len()) || !text.bytes().all(is_allowed) {
            return Err(Fault::new(
                "invalid_form_id",
                "must be the key of a form: 1 to 64 of a-z, A-Z, 0-9, - and _, or a UUID",
            ));
        }
        Ok(Self(text.to_owned()))
    }
}

read_back_from_text!(FormKey);

impl From<FormId> for FormKey {
    fn from(id: FormId) -> Self {
        Self(id.to_string())
    }
}

/// What somebody agreed to, when and how: the record that shows why they get mail.
#[derive(
    Debug,
    Clone,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    ToSchema,
    diesel::expression::AsExpression,
    diesel::deserialize::FromSqlRow,
)]
#[diesel(sql_type = diesel::sql_types::Jsonb)]
pub struct Consent {
    /// When they were asked and agreed.
    pub asked_at: DateTime<Utc>,
    pub method: ConsentMethod,
    /// The words they agreed to.
    #[schema(inline, examples("Yes, send me the weekly letter."))]
    pub wording: Option<Prose<2000>>,
    /// The page on which they agreed.
    pub source_url: Option<WebAddress>,
    /// The form in which they agreed.
    pub form_id: Option<FormKey>,
}
from_body!(Consent { required asked_at, required method, optional wording, optional source_url, optional form_id });
object_member!(Consent);
stored_as_json!(Consent);

/// What somebody agreed to, when and how, as it is to be written.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes a member; `Consent` reads it")]
pub struct NewConsent {
    /// When they were asked and agreed.
    asked_at: DateTime<Utc>,
    method: ConsentMethod,
    /// The words they agreed to.
    #[schema(inline, examples("Yes, send me the weekly letter."))]
    wording: Option<Prose<2000>>,
    /// The page on which they agreed.
    source_url: Option<WebAddress>,
    /// The form in which they agreed.
    form_id: Option<FormKey>,
}

/// Changes to a consent record: what is absent stays, `null` takes away. Where there is no record yet, `asked_at` and
/// `method` are needed.
#[derive(ToSchema)]
pub struct UpdateConsent {
    /// When they were asked and agreed.
    #[schema(nullable = false)]
    pub asked_at: Option<DateTime<Utc>>,
    #[schema(value_type = ConsentMethod, required = false)]
    pub method: Option<ConsentMethod>,
    /// The words they agreed to.
    #[schema(value_type = Option<Prose<2000>>, inline)]
    pub wording: Patch<Prose<2000>>,
    /// The page on which they agreed.
    #[schema(value_type = Option<WebAddress>)]
    pub source_url: Patch<WebAddress>,
    /// The form in which they agreed.
    #[schema(value_type = Option<FormKey>)]
    pub form_id: Patch<FormKey>,
}
from_body!(UpdateConsent { change asked_at, change method, patch wording, patch source_url, patch form_id });
object_member!(UpdateConsent);

impl UpdateConsent {
    /// The record after the patch; the faults are those of `/consent`.
    pub fn over(self, current: Option<Consent>) -> Result<Consent, Vec<ValueFault>> {
        let (mut asked_at, mut method) = (None, None);
        let (mut wording, mut source_url, mut form_id) = (None, None, None);
        if let Some(consent) = current {
            (asked_at, method) = (Some(consent.asked_at), Some(consent.method));
            (wording, source_url, form_id) = (consent.wording, consent.source_url, consent.form_id);
        }
        match (self.asked_at.or(asked_at), self.method.or(method)) {
            (Some(asked_at), Some(method)) => Ok(Consent {
                asked_at,
                method,
                wording: self.wording.over(wording),
                source_url: self.source_url.over(source_url),
                form_id: self.form_id.over(form_id),
            }),
            (asked_at, method) => {
                let missing = [
                    ("/consent/asked_at", asked_at.is_none()),
                    ("/consent/method", method.is_none()),
                ];
                let fault = |(pointer, is_missing): (&str, bool)| {
                    is_missing.then(|| ValueFault::at(pointer, Fault::required()))
                };
                Err(missing.into_iter().filter_map(fault).collect())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_key_is_plain_or_a_uuid() {
        for text in ["7", "footer_2026-b", "0192e4a0-7b1c-7c3e-9d55-3f1f6a2b8c4d"] {
            assert!(FormKey::parse(text).is_ok(), "{text} was refused");
        }
        let long = "a".repeat(65);
        for text in ["", "a b", "é", "a/b", "a\n", long.as_str()] {
            assert!(FormKey::parse(text).is_err(), "{text:?} was accepted");
        }
    }
}
