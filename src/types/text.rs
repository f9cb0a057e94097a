use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;
use utoipa::PartialSchema;
use utoipa::openapi::schema::{ObjectBuilder, Type};

use super::sql::{read_back_from_text, stored_as_text};
use super::{Fault, Parse};

/// One line of text that is not blank, at most `MAX` characters, in Unicode NFC, without control characters, whatever else
/// ends a line (U+2028, U+2029), or outer white space.
#[derive(
    Debug,
    Clone,
    PartialEq,
    Eq,
    serde::Serialize,
    diesel::expression::AsExpression,
    diesel::deserialize::FromSqlRow,
)]
#[diesel(sql_type = diesel::sql_types::Text)]
#[serde(transparent)]
pub struct Line<const MAX: usize>(String);

/// Text of any number of lines, at most `MAX` characters, in Unicode NFC, without control characters other than tabs
/// and line ends. Never blank: blank text is absent text.
#[derive(
    Debug,
    Clone,
    PartialEq,
    Eq,
    serde::Serialize,
    diesel::expression::AsExpression,
    diesel::deserialize::FromSqlRow,
)]
#[diesel(sql_type = diesel::sql_types::Text)]
#[serde(transparent)]
pub struct Prose<const MAX: usize>(String);

impl<const MAX: usize> Line<MAX> {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Cuts and cleans text from elsewhere, such as an import, until it fits; `None` when nothing is left.
    pub fn clipped(text: &str) -> Option<Self> {
        let line: String = text
            .split(is_refused_in_a_line)
            .collect::<Vec<_>>()
            .join(" ");
        let clipped: String = line.trim().nfc().take(MAX).collect();
        Self::parse(&clipped).ok()
    }

    /// What stands for a line that nobody wrote.
    pub fn untitled() -> Self {
        Self("Untitled".to_owned())
    }

    fn from_stored(text: String) -> Self {
        Self(text)
    }
}

impl<const MAX: usize> Prose<MAX> {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Cuts and cleans text from elsewhere, such as an import, until it fits; `None` when nothing is left.
    pub fn clipped(text: &str) -> Option<Self> {
        let kept: String = text.chars().filter(|c| !is_refused_in_prose(*c)).collect();
        let clipped: String = kept.trim().nfc().take(MAX).collect();
        Self::parse(&clipped).ok()
    }

    fn from_stored(text: String) -> Self {
        Self(text)
    }
}

impl<const MAX: usize> Parse for Line<MAX> {
    fn parse(text: &str) -> Result<Self, Fault> {
        let line: String = text.trim().nfc().collect();
        if line.chars().any(is_refused_in_a_line) {
            return Err(Fault::new(
                "control_character",
                "must be one line without control characters",
            ));
        }
        within::<MAX>(line).map(Self)
    }
}

impl<const MAX: usize> Parse for Prose<MAX> {
    fn parse(text: &str) -> Result<Self, Fault> {
        let prose: String = text.trim().nfc().collect();
        if prose.chars().any(is_refused_in_prose) {
            return Err(Fault::new(
                "control_character",
                "must have no control characters but tabs and line ends",
            ));
        }
        within::<MAX>(prose).map(Self)
    }
}

/// Control characters, and the two letters beyond them that end a line.
fn is_refused_in_a_line(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

fn is_refused_in_prose(c: char) -> bool {
    c.is_control() && !matches!(c, '\t' | '\n' | '\r')
}

fn within<const MAX: usize>(text: String) -> Result<String, Fault> {
    if text.is_empty() {
        return Err(Fault::required());
    }
    let length = text.chars().count();
    if length > MAX {
        return Err(Fault::new(
            "too_long",
            format!("has {length} characters; at most {MAX} are allowed"),
        ));
    }
    Ok(text)
}

stored_as_text!(Line<const MAX: usize>);
stored_as_text!(Prose<const MAX: usize>);
read_back_from_text!(Line<const MAX: usize>);
read_back_from_text!(Prose<const MAX: usize>);

macro_rules! text_schema {
    ($type:ident, $pattern:literal) => {
        impl<const MAX: usize> PartialSchema for $type<MAX> {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                ObjectBuilder::new()
                    .schema_type(Type::String)
                    .min_length(Some(1))
                    .max_length(Some(MAX))
                    .pattern(Some($pattern))
                    .into()
            }
        }

        // The name is unused: members of these types are inlined where they stand.
        impl<const MAX: usize> utoipa::ToSchema for $type<MAX> {
            fn name() -> Cow<'static, str> {
                Cow::Owned(format!("{}{MAX}", stringify!($type)))
            }
        }
    };
}
// Something visible, and no control characters: in prose none but tabs and line ends.
text_schema!(
    Line,
    r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]*[^\s\x00-\x1f\x7f-\x9f\u2028\u2029][^\x00-\x1f\x7f-\x9f\u2028\u2029]*$"
);
text_schema!(
    Prose,
    r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_trimmed_and_normalised() {
        let line = Line::<20>::parse("  cafe\u{301} \u{a0}").unwrap();
        assert_eq!(line.as_str(), "café");
    }

    #[test]
    fn a_blank_line_is_refused_as_missing() {
        assert_eq!(Line::<20>::parse(" \t ").unwrap_err().code, "required");
    }

    #[test]
    fn length_is_counted_in_characters() {
        assert!(Line::<3>::parse("äöü").is_ok());
        assert_eq!(Line::<3>::parse("äöüß").unwrap_err().code, "too_long");
    }

    #[test]
    fn line_ends_belong_in_prose_alone() {
        assert_eq!(
            Line::<9>::parse("a\nb").unwrap_err().code,
            "control_character"
        );
        assert!(Prose::<9>::parse("a\nb").is_ok());
        for end in ['\r', '\u{85}', '\u{2028}', '\u{2029}'] {
            let text = format!("a{end}b");
            assert!(Line::<9>::parse(&text).is_err(), "{text:?}");
            assert_eq!(Line::<9>::clipped(&text).unwrap().as_str(), "a b");
        }
    }
}
