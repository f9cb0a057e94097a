//! Slugs: the names of things in addresses.

use std::fmt;

use serde::Serialize;
use unicode_normalization::UnicodeNormalization;

use super::sql::{read_back_from_text, stored_as_text};
use super::{Fault, Parse};

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
/// How far slugs are counted on before a number is drawn.
const NUMBERED: u32 = 20;
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

    /// Lists what a made slug may become where others are taken: itself, `slug-2` to `slug-20`, and at last one with a
    /// number that the caller drew.
    pub fn candidates(&self, drawn: u32) -> impl Iterator<Item = Slug> {
        let numbers = (2..=NUMBERED).chain([drawn]);
        std::iter::once(self.clone()).chain(numbers.map(|number| self.numbered(number)))
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

    /// The slug itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn from_stored(slug: String) -> Slug {
        Slug(slug)
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Parse for Slug {
    /// Refuses reserved words too, and what reads as a UUID: addresses take ids and slugs at the
    /// same place.
    fn parse(slug: &str) -> Result<Slug, Fault> {
        let max = Slug::MAX;
        let chars = slug.chars().count();
        if slug.is_empty() {
            return Err(Fault::required());
        }
        if chars > max {
            return Err(Fault::new(
                "too_long",
                format!("has {chars} characters; at most {max} are allowed"),
            ));
        }
        if !is_well_formed(slug) {
            let would_do = Slug::from_title(slug, "city-hall");
            let detail = format!("must be a-z, 0-9 and single inner hyphens, such as `{would_do}`");
            return Err(Fault::new("invalid_slug", detail));
        }
        if RESERVED.contains(&slug) {
            let detail = format!("`{slug}` is reserved; add a word, such as `{slug}-story`");
            return Err(Fault::new("reserved", detail));
        }
        if is_uuid_like(slug) {
            return Err(Fault::new(
                "invalid_slug",
                format!("`{slug}` reads as an id; must not be 32 hexadecimal digits"),
            ));
        }
        Ok(Slug(slug.to_owned()))
    }
}

stored_as_text!(Slug);
read_back_from_text!(Slug);

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

#[cfg(test)]
mod tests {
    use super::*;

    fn code(slug: &str) -> &'static str {
        Slug::parse(slug).map_or_else(|fault| fault.code, |_| "ok")
    }

    fn made(title: &str) -> String {
        Slug::from_title(title, "article").to_string()
    }

    #[test]
    fn words_with_single_hyphens_are_slugs() {
        for slug in [
            "a",
            "7",
            "city-hall",
            "a-1-b",
            "newer",
            "deadbeef",
            &"a".repeat(100),
        ] {
            assert_eq!(code(slug), "ok", "{slug}");
        }
    }

    #[test]
    fn anything_else_is_refused_with_its_reason() {
        assert_eq!(code(""), "required");
        assert_eq!(code(&"a".repeat(101)), "too_long");
        for slug in [
            "A", "é", "a--b", "-a", "a-", "-", "a b", "a_b", "a/b", "a\n", "a\0",
        ] {
            assert_eq!(code(slug), "invalid_slug", "{slug:?}");
        }
        assert!(RESERVED.iter().all(|word| code(word) == "reserved"));
        assert_eq!(code("0198c9f0a1b27cde8f00112233445566"), "invalid_slug");
        let message = Slug::parse("City Hall").unwrap_err().detail;
        assert!(message.ends_with("such as `city-hall`"), "{message}");
        assert_eq!(code("0198c9f0-a1b2-7cde-8f00-112233445566"), "invalid_slug");
    }

    #[test]
    fn titles_of_any_script_become_slugs() {
        for (title, slug) in [
            ("Don't & Won’t", "dont-and-wont"),
            ("Über Straße — naïve café", "uber-strasse-naive-cafe"),
            ("u\u{308}ber", "uber"),
            ("北京欢迎你", "bei-jing-huan-ying-ni"),
            ("Привет, мир", "privet-mir"),
            ("안녕하세요", "annyeonghaseyo"),
            ("1️⃣ first ☕ 👩‍👩‍👧 🇩🇪", "1-first"),
            ("🎉", "article"),
            ("", "article"),
            ("New", "new-2"),
            (
                "0198c9f0-a1b2-7cde-8f00-112233445566",
                "0198c9f0-a1b2-7cde-8f00-112233445566-2",
            ),
        ] {
            assert_eq!(made(title), slug, "{title}");
        }
        assert_eq!(Slug::from_title("!", "?").as_str(), "untitled");
    }

    #[test]
    fn long_titles_are_cut_between_words() {
        assert_eq!(made(&"long ".repeat(40)), ["long"; 16].join("-"));
        assert_eq!(made(&"x".repeat(200)), "x".repeat(80));
    }

    #[test]
    fn numbered_slugs_are_slugs() {
        let numbered = |slug: &str, number| Slug::parse(slug).unwrap().numbered(number);
        assert_eq!(numbered("city-hall", 2).as_str(), "city-hall-2");
        let longest = numbered(&"a".repeat(100), u32::MAX);
        assert_eq!(longest.as_str().len(), Slug::MAX);
        assert!(Slug::parse(longest.as_str()).is_ok());
        assert_eq!(
            numbered(&"a".repeat(31), 2).as_str(),
            format!("{}-no-2", "a".repeat(31))
        );
    }
}
