use serde::Serialize;
use utoipa::ToSchema;

use crate::types::{Fault, FormId, Parse, read_back_from_text};

/// A form's short name, 1 to 64 letters, digits, hyphens and underscores, in either case. It never looks like an id, so
/// that one text means one form.
#[derive(
    Debug,
    Clone,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    diesel::expression::AsExpression,
    diesel::deserialize::FromSqlRow,
)]
#[diesel(sql_type = diesel::sql_types::Text)]
#[serde(transparent)]
pub struct FormKey(String);

impl FormKey {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Parse for FormKey {
    fn parse(text: &str) -> Result<Self, Fault> {
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if !(1..=64).contains(&text.len()) || !text.bytes().all(is_allowed) {
            return Err(Fault::new(
                "invalid_key",
                "must be 1 to 64 of a-z, A-Z, 0-9, - and _",
            ));
        }
        if uuid::Uuid::try_parse(text).is_ok() {
            return Err(Fault::new("invalid_key", "must not look like an id"));
        }
        Ok(Self(text.to_owned()))
    }
}

impl diesel::serialize::ToSql<diesel::sql_types::Text, diesel::pg::Pg> for FormKey {
    fn to_sql<'b>(
        &'b self,
        out: &mut diesel::serialize::Output<'b, '_, diesel::pg::Pg>,
    ) -> diesel::serialize::Result {
        <str as diesel::serialize::ToSql<diesel::sql_types::Text, diesel::pg::Pg>>::to_sql(
            &self.0, out,
        )
    }
}

impl diesel::deserialize::FromSql<diesel::sql_types::Text, diesel::pg::Pg> for FormKey {
    fn from_sql(bytes: diesel::pg::PgValue<'_>) -> diesel::deserialize::Result<Self> {
        <String as diesel::deserialize::FromSql<diesel::sql_types::Text, diesel::pg::Pg>>::from_sql(
            bytes,
        )
        .map(Self)
    }
}

/// Names a form by its id or by its key.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum FormReference {
    Id(FormId),
    Key(FormKey),
}

impl Parse for FormReference {
    fn parse(text: &str) -> Result<Self, Fault> {
        FormId::parse(text)
            .map(Self::Id)
            .or_else(|_| FormKey::parse(text).map(Self::Key))
            .map_err(|_| {
                Fault::new(
                    "invalid_form_id",
                    "must be the id of a form, or its key: 1 to 64 of a-z, A-Z, 0-9, - and _",
                )
            })
    }
}

/// The name of one of the variants of a form. The form itself is `a`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = String, pattern = "^[a-z0-9][a-z0-9_-]*$", max_length = 32, examples("b"))]
pub struct VariantKey(String);

impl VariantKey {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it means the form as it is.
    pub fn is_form_itself(&self) -> bool {
        self.0 == "a"
    }
}

impl Default for VariantKey {
    fn default() -> Self {
        Self("a".to_owned())
    }
}

impl AsRef<str> for VariantKey {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl Parse for VariantKey {
    fn parse(text: &str) -> Result<Self, Fault> {
        let is_word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let begins_well = text.bytes().next().is_some_and(is_word);
        let is_allowed = |byte: u8| is_word(byte) || matches!(byte, b'-' | b'_');
        if begins_well && text.len() <= 32 && text.bytes().all(is_allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err(Fault::new(
                "invalid_variant",
                "must be the key of a variant: 1 to 32 of a-z, 0-9, - and _",
            ))
        }
    }
}

read_back_from_text!(FormKey);
read_back_from_text!(VariantKey);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_never_looks_like_an_id() {
        for text in ["7", "314", "footer_2026-b", &"a".repeat(64)] {
            assert!(FormKey::parse(text).is_ok(), "{text} was refused");
        }
        let simple = "0192e4a07b1c7c3e9d553f1f6a2b8c4d";
        let hyphenated = "0192e4a0-7b1c-7c3e-9d55-3f1f6a2b8c4d";
        for text in [
            "",
            "a b",
            "é",
            "a/b",
            "a\n",
            simple,
            hyphenated,
            &"a".repeat(65),
        ] {
            assert!(FormKey::parse(text).is_err(), "{text:?} was accepted");
        }
        assert!(matches!(
            FormReference::parse(hyphenated),
            Ok(FormReference::Id(_))
        ));
    }
}
