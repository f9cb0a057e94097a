use super::sql::{read_back_from_text, stored_as_text};
use super::{Fault, Parse};

/// A language, with a script or region where one is meant: `en`, `pt-BR`, `zh-Hant` (BCP 47, without extensions).
#[derive(
    Debug,
    Clone,
    PartialEq,
    Eq,
    serde::Serialize,
    diesel::expression::AsExpression,
    diesel::deserialize::FromSqlRow,
    utoipa::ToSchema,
)]
#[diesel(sql_type = diesel::sql_types::Text)]
#[serde(transparent)]
#[schema(value_type = String, pattern = "^[A-Za-z]{2,3}(-[A-Za-z]{4})?(-([A-Za-z]{2}|[0-9]{3}))?$", examples("en"))]
pub struct Locale(String);

impl Locale {
    /// The tag in its usual case, such as `pt-BR`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn from_stored(text: String) -> Self {
        Self(text)
    }
}

impl AsRef<str> for Locale {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl Default for Locale {
    fn default() -> Self {
        Self("en".to_owned())
    }
}

impl Parse for Locale {
    fn parse(text: &str) -> Result<Self, Fault> {
        let fault = || {
            Fault::new(
                "invalid_locale",
                "must be a language tag such as en, pt-BR or zh-Hant",
            )
        };
        let is_letters = |part: &str| part.bytes().all(|b| b.is_ascii_alphabetic());
        let mut parts = text.split('-');
        let language = parts
            .next()
            .filter(|part| matches!(part.len(), 2 | 3) && is_letters(part))
            .ok_or_else(fault)?;
        let mut tag = language.to_ascii_lowercase();
        let mut rest = parts.peekable();
        if let Some(script) = rest.next_if(|part| part.len() == 4 && is_letters(part)) {
            let (initial, others) = script.split_at(1);
            tag.push_str(&format!(
                "-{}{}",
                initial.to_ascii_uppercase(),
                others.to_ascii_lowercase()
            ));
        }
        let is_region = |part: &&str| {
            (part.len() == 2 && is_letters(part))
                || (part.len() == 3 && part.bytes().all(|b| b.is_ascii_digit()))
        };
        if let Some(region) = rest.next_if(is_region) {
            tag.push_str(&format!("-{}", region.to_ascii_uppercase()));
        }
        if rest.next().is_some() {
            Err(fault())
        } else {
            Ok(Self(tag))
        }
    }
}

stored_as_text!(Locale);
read_back_from_text!(Locale);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_put_in_their_usual_case() {
        for (given, kept) in [
            ("EN", "en"),
            ("pt-br", "pt-BR"),
            ("zh-hant-tw", "zh-Hant-TW"),
            ("es-419", "es-419"),
        ] {
            assert_eq!(Locale::parse(given).unwrap().as_str(), kept);
        }
    }

    #[test]
    fn what_is_no_tag_is_refused() {
        for text in [
            "",
            "e",
            "english",
            "en-",
            "en_GB",
            "en-GB-x-private",
            "é",
            "en-US-US",
        ] {
            assert!(Locale::parse(text).is_err(), "{text:?} was accepted");
        }
    }
}
