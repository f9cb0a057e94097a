//! Slugs: the names of things in addresses.

use std::fmt;

use serde::Serialize;
use unicode_normalization::UnicodeNormalization;

/// Words that stand, or may come to stand, where a slug stands in an address.
const RESERVED: [&str; 18] = [
    "new",
    "edit",
    "preview",
    "feed",
    "atom",
    "rss",
    "sitemap",
    "search",
    "api",
    "admin",
    "editor",
    "auth",
    "docs",
    "health",
    "null",
    "undefined",
    "index",
    "suggest",
];

/// How much of a title a slug takes: the rest of [`Slug::MAX`] is for numbers.
const MAX_FROM_TITLE: usize = 80;
const LAST_RESORT: &str = "untitled";

/// A name in an address: words of `a-z` and `0-9` with single hyphens between them.
#[derive(
    Clone,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    diesel::expression::AsExpression,
    diesel::deserialize::FromSqlRow,
)]
#[diesel(sql_type = diesel::sql_types::Text)]
#[serde(transparent)]
pub struct Slug(String);

impl Slug {
    /// The most characters a slug has.
    pub const MAX: usize = 100;

    /// Reads a slug as somebody wrote it.
    ///
    /// # Errors
    ///
    /// Also for a reserved word, and for what reads as a UUID: addresses take ids and slugs at the
    /// same place.
    pub fn parse(slug: &str) -> Result<Slug, SlugError> {
        if slug.is_empty() {
            return Err(SlugError::Required);
        }
        let chars = slug.chars().count();
        if chars > Slug::MAX {
            return Err(SlugError::TooLong { chars });
        }
        if !is_well_formed(slug) {
            return Err(SlugError::Malformed(slug.to_owned()));
        }
        if RESERVED.contains(&slug) {
            return Err(SlugError::Reserved(slug.to_owned()));
        }
        if is_uuid_like(slug) {
            return Err(SlugError::UuidLike(slug.to_owned()));
        }
        Ok(Slug(slug.to_owned()))
    }

    /// Makes a slug of a title in any script, or of `fallback` where the title has no words.
    ///
    /// Answers the same for the same title: that another thing has that slug is for the caller to
    /// see, see [`Slug::numbered`].
    pub fn from_title(title: &str, fallback: &str) -> Slug {
        let made = [words_of(title), words_of(fallback)];
        let words = made.into_iter().find(|words| !words.is_empty());
        let words = Slug(words.unwrap_or_else(|| LAST_RESORT.to_owned()));
        if Slug::parse(words.as_str()).is_ok() {
            words
        } else {
            words.numbered(2)
        }
    }

    /// Answers `slug-2` for 2, cut so that it is still a slug.
    pub fn numbered(&self, number: u32) -> Slug {
        let numbered = self.with_end(&format!("-{number}"));
        if is_uuid_like(numbered.as_str()) {
            // "no" for number: letters that no UUID has.
            return self.with_end(&format!("-no-{number}"));
        }
        numbered
    }

    fn with_end(&self, end: &str) -> Slug {
        let room = Slug::MAX - end.len();
        let head = self.0.get(..room).unwrap_or(&self.0);
        Slug(format!("{}{end}", head.trim_end_matches('-')))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why something is no slug.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SlugError {
    Required,
    TooLong { chars: usize },
    Malformed(String),
    Reserved(String),
    UuidLike(String),
}

impl SlugError {
    pub fn as_code(&self) -> &'static str {
        match self {
            SlugError::Required => "required",
            SlugError::TooLong { .. } => "too_long",
            SlugError::Malformed(_) | SlugError::UuidLike(_) => "invalid_slug",
            SlugError::Reserved(_) => "reserved",
        }
    }
}

impl fmt::Display for SlugError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let max = Slug::MAX;
        match self {
            SlugError::Required => {
                write!(
                    f,
                    "is empty; must be 1 to {max} characters, such as `city-hall`"
                )
            }
            SlugError::TooLong { chars } => {
                write!(f, "has {chars} characters; must have at most {max}")
            }
            SlugError::Malformed(given) => {
                let would_do = Slug::from_title(given, "city-hall");
                write!(
                    f,
                    "{given:?} must be a-z, 0-9 and single inner hyphens, such as `{would_do}`"
                )
            }
            SlugError::Reserved(given) => {
                write!(
                    f,
                    "`{given}` is reserved; add a word, such as `{given}-story`"
                )
            }
            SlugError::UuidLike(given) => {
                write!(
                    f,
                    "`{given}` reads as an id; must not be 32 hexadecimal digits"
                )
            }
        }
    }
}

impl std::error::Error for SlugError {}

/// Spells a text of any script in words of `a-z0-9` with single hyphens, at most 80 characters;
/// empty where it has none.
pub(crate) fn words_of(text: &str) -> String {
    let spoken: String = text.chars().filter(|c| !is_pictogram(*c)).nfc().collect();
    let ascii = deunicode::deunicode_with_tofu(&spoken, "").to_ascii_lowercase();
    let ascii = ascii.replace(['\'', '`'], "").replace('&', " and ");
    let mut words = String::new();
    for word in ascii.split(|c: char| !c.is_ascii_alphanumeric()) {
        let hyphen = if words.is_empty() { "" } else { "-" };
        if words.len() + hyphen.len() + word.len() > MAX_FROM_TITLE {
            if words.is_empty() {
                words = word.chars().take(MAX_FROM_TITLE).collect();
            }
            break;
        }
        if !word.is_empty() {
            words.push_str(hyphen);
            words.push_str(word);
        }
    }
    words
}

fn is_well_formed(slug: &str) -> bool {
    slug.split('-').all(|word| {
        let is_allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        !word.is_empty() && word.bytes().all(is_allowed)
    })
}

fn is_uuid_like(slug: &str) -> bool {
    let mut digits = slug.bytes().filter(|byte| *byte != b'-');
    digits.clone().count() == 32 && digits.all(|byte| byte.is_ascii_hexdigit())
}

/// Says whether a character is a picture, which would be spelled as its name.
fn is_pictogram(c: char) -> bool {
    matches!(c,
        '\u{2190}'..='\u{21ff}'
        | '\u{2300}'..='\u{23ff}'
        | '\u{2600}'..='\u{27bf}'
        | '\u{2900}'..='\u{297f}'
        | '\u{2b00}'..='\u{2bff}'
        | '\u{1f000}'..='\u{1faff}')
}

impl super::Parse for Slug {
    fn parse(text: &str) -> Result<Self, super::Fault> {
        Slug::parse(text).map_err(|e| super::Fault::new(e.as_code(), e.to_string()))
    }
}
impl Slug {
    fn from_stored(text: String) -> Self {
        Self(text)
    }
}
super::sql::stored_as_text!(Slug);
