//! Small values that are text in some narrow form.

use serde::Serialize;
use utoipa::ToSchema;

use crate::types::{Fault, Line, Parse, Prose, WebAddress, read_back_from_text};

/// Makes a type of text that one function checks.
macro_rules! words {
    ($($(#[$attribute:meta])* $name:ident = $check:expr;)+) => {$(
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
        #[serde(transparent)]
        $(#[$attribute])*
        pub struct $name(String);

        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl Parse for $name {
            fn parse(text: &str) -> Result<Self, Fault> {
                let check: fn(&str) -> Result<String, Fault> = $check;
                check(text).map(Self)
            }
        }

        read_back_from_text!($name);
    )+};
}

words! {
    /// A colour as `#rrggbb`.
    #[schema(value_type = String, pattern = "^#[0-9A-Fa-f]{6}$", examples("#0b6e4f"))]
    Colour = colour;

    /// An absolute `https` address of at most 2,000 characters.
    #[schema(value_type = String, format = "uri", pattern = "^https://", max_length = 2000, examples("https://news.example.com/thanks"))]
    SafeAddress = safe_address;

    /// The path of a page, where `*` stands for anything.
    #[schema(value_type = String, pattern = "^[/*]", max_length = 200, examples("/gardening/*"))]
    PathPattern = path_pattern;

    /// The name of a host, where `*` stands for anything.
    #[schema(value_type = String, pattern = "^[A-Za-z0-9*.-]+$", max_length = 253, examples("*.example.com"))]
    HostPattern = host_pattern;

    /// The name of a field: it is the attribute's name, too.
    #[schema(value_type = String, pattern = "^[a-z][a-z0-9_]*$", max_length = 40, examples("city"))]
    FieldName = field_name;

    /// One of the values of a `select`.
    #[schema(value_type = String, min_length = 1, max_length = 100, examples("teacher"))]
    Choice = choice;

    /// At most 200 characters; empty: nothing stands there.
    #[schema(value_type = String, max_length = 200)]
    OptionalLine = optional_line;

    /// At most 2,000 characters on any number of lines; empty: nothing stands there.
    #[schema(value_type = String, max_length = 2000)]
    OptionalProse = optional_prose;
}

impl FieldName {
    /// The name as people would write it: `favourite_garden` as `Favourite garden`.
    pub fn as_label(&self) -> Option<Line<200>> {
        let words = self.0.replace('_', " ");
        let (first, rest) = words.split_at_checked(1)?;
        Line::parse(&format!("{}{rest}", first.to_ascii_uppercase())).ok()
    }
}

fn colour(text: &str) -> Result<String, Fault> {
    let digits = text.strip_prefix('#').unwrap_or_default();
    if digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        Ok(text.to_ascii_lowercase())
    } else {
        Err(Fault::new(
            "invalid_colour",
            "must be a colour such as #0b6e4f",
        ))
    }
}

fn safe_address(text: &str) -> Result<String, Fault> {
    match WebAddress::parse(text) {
        Ok(_) if text.starts_with("https://") => Ok(text.to_owned()),
        _ => Err(Fault::new(
            "invalid_url",
            "must be an absolute https address of at most 2000 characters",
        )),
    }
}

fn path_pattern(text: &str) -> Result<String, Fault> {
    let is_clean = !text.chars().any(|c| c.is_control() || c.is_whitespace());
    if is_clean && text.starts_with(['/', '*']) && text.chars().count() <= 200 {
        Ok(text.to_owned())
    } else {
        Err(Fault::new(
            "invalid_pattern",
            "must be a path such as /gardening/*, with * for anything, of at most 200 characters",
        ))
    }
}

fn host_pattern(text: &str) -> Result<String, Fault> {
    let is_known = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'*' | b'.' | b'-');
    if (1..=253).contains(&text.len()) && text.bytes().all(is_known) {
        Ok(text.to_ascii_lowercase())
    } else {
        Err(Fault::new(
            "invalid_pattern",
            "must be the name of a host such as *.example.com, with * for anything",
        ))
    }
}

fn field_name(text: &str) -> Result<String, Fault> {
    let is_known = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    let begins_well = text.as_bytes().first().is_some_and(u8::is_ascii_lowercase);
    if begins_well && text.len() <= 40 && text.bytes().all(is_known) {
        Ok(text.to_owned())
    } else {
        Err(Fault::new(
            "invalid_name",
            "must begin with a-z and have at most 40 of a-z, 0-9 and _",
        ))
    }
}

fn choice(text: &str) -> Result<String, Fault> {
    Line::<100>::parse(text).map(|line| line.as_str().to_owned())
}

fn optional_line(text: &str) -> Result<String, Fault> {
    match Line::<200>::parse(text) {
        Ok(line) => Ok(line.as_str().to_owned()),
        Err(fault) if fault.code == "required" => Ok(String::new()),
        Err(fault) => Err(fault),
    }
}

fn optional_prose(text: &str) -> Result<String, Fault> {
    match Prose::<2000>::parse(text) {
        Ok(prose) => Ok(prose.as_str().to_owned()),
        Err(fault) if fault.code == "required" => Ok(String::new()),
        Err(fault) => Err(fault),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_forms_are_taken() {
        for (good, bad) in [
            ("#0B6e4f", "#fff"),
            ("#000000", "red"),
            ("#ffffff", "#12345g"),
        ] {
            assert!(Colour::parse(good).is_ok() && Colour::parse(bad).is_err());
        }
        for bad in [
            "http://e.org/",
            "javascript:alert(1)",
            "https://",
            "//e.org",
        ] {
            assert!(SafeAddress::parse(bad).is_err(), "{bad}");
        }
        for bad in ["", "gardening", "/a b", "/a\n"] {
            assert!(PathPattern::parse(bad).is_err(), "{bad:?}");
        }
        for bad in ["", "https://example.com", "a/b", "ü.example.com"] {
            assert!(HostPattern::parse(bad).is_err(), "{bad:?}");
        }
        for bad in ["", "_a", "1a", "Name", "a-b", "é", "__proto__"] {
            assert!(FieldName::parse(bad).is_err(), "{bad:?}");
        }
    }
}
