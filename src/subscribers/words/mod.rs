//! What people read who are no editors: the pages behind the links in mails, and the mails. In five languages.

mod de;
mod en;
mod es;
mod fr;
mod nl;

use actix_web::HttpRequest;
use actix_web::http::header;
use serde::Serialize;
use serde_json::Value;

use crate::types::{Locale, closed_set};

closed_set! {
    /// A language that pages and mails are written in.
    pub enum Language {
        English = "en",
        French = "fr",
        German = "de",
        Spanish = "es",
        Dutch = "nl",
    }
}

impl Language {
    /// All, with their names in themselves.
    pub const ALL: [(Self, &'static str); 5] = [
        (Self::German, "Deutsch"),
        (Self::English, "English"),
        (Self::Spanish, "Español"),
        (Self::French, "Français"),
        (Self::Dutch, "Nederlands"),
    ];

    /// The language of a locale, if it is one of ours.
    pub fn of(locale: &Locale) -> Option<Self> {
        Self::of_tag(locale.as_str())
    }

    fn of_tag(tag: &str) -> Option<Self> {
        let language = tag.split('-').next().unwrap_or_default();
        let mut all = Self::ALL.into_iter().map(|(ours, _)| ours);
        all.find(|ours| ours.as_str().eq_ignore_ascii_case(language))
    }

    /// The one to write to somebody in: their own, or else the one that their client likes best.
    pub fn choose(locale: Option<&Locale>, request: &HttpRequest) -> Self {
        let liked = || {
            let header = request.headers().get(header::ACCEPT_LANGUAGE)?;
            Self::preferred(header.to_str().ok()?)
        };
        locale
            .and_then(Self::of)
            .or_else(liked)
            .unwrap_or(Self::English)
    }

    /// The best of ours in an `Accept-Language` (RFC 9110 §12.5.4).
    fn preferred(header: &str) -> Option<Self> {
        let ranges = header.split(',').take(30).filter_map(|range| {
            let mut parts = range.split(';').map(str::trim);
            let language = Self::of_tag(parts.next()?)?;
            let weight = parts.find_map(|part| part.strip_prefix("q="));
            let weight = weight.map_or(Some(1.0), |weight| weight.parse::<f32>().ok())?;
            (weight > 0.0).then_some((language, weight))
        });
        // Of equals the first.
        ranges
            .reduce(|best, next| if next.1 > best.1 { next } else { best })
            .map(|(language, _)| language)
    }

    /// Its words.
    pub fn words(self) -> &'static Words {
        match self {
            Self::English => &en::WORDS,
            Self::French => &fr::WORDS,
            Self::German => &de::WORDS,
            Self::Spanish => &es::WORDS,
            Self::Dutch => &nl::WORDS,
        }
    }
}

impl Words {
    /// All of them by name, with the site's name where it belongs.
    pub fn for_site(&self, site: &str) -> Value {
        let mut words = serde_json::to_value(self).unwrap_or_default();
        if let Value::Object(members) = &mut words {
            for word in members.values_mut() {
                if let Value::String(text) = word {
                    *text = text.replace("{site}", site);
                }
            }
        }
        words
    }
}

/// Everything that is said, `{site}` standing for the site's name.
#[derive(Debug, Serialize)]
pub struct Words {
    pub confirm_title: &'static str,
    pub confirm_text: &'static str,
    pub confirm_button: &'static str,
    pub confirm_not_you: &'static str,
    pub confirmed_title: &'static str,
    pub confirmed_text: &'static str,
    pub used_title: &'static str,
    pub used_text: &'static str,
    pub expired_title: &'static str,
    pub expired_text: &'static str,
    pub unknown_title: &'static str,
    pub unknown_text: &'static str,
    pub preferences_title: &'static str,
    pub status_confirmed: &'static str,
    pub status_pending: &'static str,
    pub status_paused: &'static str,
    pub status_left: &'static str,
    pub name: &'static str,
    pub topics: &'static str,
    pub language: &'static str,
    pub time_zone: &'static str,
    pub no_choice: &'static str,
    pub save: &'static str,
    pub saved: &'static str,
    pub pause_title: &'static str,
    pub pause_text: &'static str,
    pub pause_until: &'static str,
    pub pause_button: &'static str,
    pub resume_button: &'static str,
    pub unsubscribe_title: &'static str,
    pub unsubscribe_text: &'static str,
    pub unsubscribe_button: &'static str,
    pub unsubscribed_title: &'static str,
    pub unsubscribed_text: &'static str,
    pub data_title: &'static str,
    pub data_text: &'static str,
    pub data_button: &'static str,
    pub erase_title: &'static str,
    pub erase_text: &'static str,
    pub erase_button: &'static str,
    pub erase_question: &'static str,
    pub erase_warning: &'static str,
    pub erase_yes: &'static str,
    pub erase_no: &'static str,
    pub erased_title: &'static str,
    pub erased_text: &'static str,
    pub step_title: &'static str,
    pub step_text: &'static str,
    pub step_button: &'static str,
    pub wrong: &'static str,
    pub wrong_email: &'static str,
    pub wrong_date: &'static str,
    pub wrong_field: &'static str,
    pub try_again_title: &'static str,
    pub try_again_text: &'static str,
    pub mail_subject: &'static str,
    pub mail_asked: &'static str,
    pub mail_open: &'static str,
    pub mail_button: &'static str,
    pub mail_good_for: &'static str,
    pub mail_not_you: &'static str,
    pub mail_why: &'static str,
    pub mail_preferences: &'static str,
    pub mail_unsubscribe: &'static str,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::Parse;

    #[test]
    fn the_best_of_ours_is_chosen() {
        for (header, expected) in [
            ("de-AT,de;q=0.9,en;q=0.8", Some(Language::German)),
            ("it, en;q=0.3, nl;q=0.7", Some(Language::Dutch)),
            ("FR", Some(Language::French)),
            ("de;q=0, es", Some(Language::Spanish)),
            ("it, *;q=0.5", None),
            ("en;q=x", None),
            ("", None),
        ] {
            assert_eq!(Language::preferred(header), expected, "{header}");
        }
        let brazilian = Locale::parse("pt-BR").unwrap();
        assert_eq!(Language::of(&brazilian), None);
        let swiss = Locale::parse("fr-CH").unwrap();
        assert_eq!(Language::of(&swiss), Some(Language::French));
    }

    #[test]
    fn every_language_says_everything_and_names_the_site_at_the_same_places() {
        let said = |language: Language| serde_json::to_value(language.words()).unwrap();
        let english = said(Language::English);
        for (language, _) in Language::ALL {
            for (name, text) in said(language).as_object().unwrap() {
                let text = text.as_str().unwrap();
                let holes = |text: &str| ["{site}", "{date}"].map(|hole| text.contains(hole));
                assert!(!text.trim().is_empty(), "{language:?} {name}");
                let expected = holes(english[name].as_str().unwrap());
                assert_eq!(holes(text), expected, "{language:?} {name}");
            }
        }
    }
}
