//! Sitemaps (<https://www.sitemaps.org>), and the extension for news.

use chrono::{DateTime, SecondsFormat, Utc};

use super::model::{AddressRow, NewsRow, PartRow};
use super::part::Part;
use super::xml::Xml;
use crate::platform::config::Config;
use crate::rest::Problem;
use crate::types::Locale;

pub const MEDIA_TYPE: &str = "application/xml; charset=utf-8";

const NAMESPACE: &str = "http://www.sitemaps.org/schemas/sitemap/0.9";

/// Writes the list of parts.
pub fn write_index(parts: &[PartRow], config: &Config) -> Result<Vec<u8>, Problem> {
    Xml::document("sitemapindex", &[("xmlns", NAMESPACE)], |xml| {
        parts.iter().try_for_each(|part| {
            xml.element("sitemap", &[], |xml| {
                let address = config.api_url(&format!("/sitemaps/{}.xml", Part::from(part)));
                xml.text("loc", &address)?;
                part.changed_at
                    .map_or(Ok(()), |at| xml.text("lastmod", &date(at)))
            })
        })
    })
}

/// Writes one part.
pub fn write_part(addresses: &[AddressRow], config: &Config) -> Result<Vec<u8>, Problem> {
    Xml::document("urlset", &[("xmlns", NAMESPACE)], |xml| {
        addresses.iter().try_for_each(|row| {
            xml.element("url", &[], |xml| {
                xml.text(
                    "loc",
                    &config.url_of(row.slug.as_str(), row.locale.as_str()),
                )?;
                xml.text("lastmod", &date(row.updated_at))
            })
        })
    })
}

/// Writes the sitemap of news.
pub fn write_news(news: &[NewsRow], config: &Config) -> Result<Vec<u8>, Problem> {
    let attributes = [
        ("xmlns", NAMESPACE),
        (
            "xmlns:news",
            "http://www.google.com/schemas/sitemap-news/0.9",
        ),
    ];
    Xml::document("urlset", &attributes, |xml| {
        news.iter().try_for_each(|row| {
            xml.element("url", &[], |xml| {
                xml.text(
                    "loc",
                    &config.url_of(row.slug.as_str(), row.locale.as_str()),
                )?;
                xml.element("news:news", &[], |xml| {
                    xml.element("news:publication", &[], |xml| {
                        xml.text("news:name", &config.site_name)?;
                        xml.text("news:language", news_language(&row.locale))
                    })?;
                    xml.text("news:publication_date", &date(row.published_at))?;
                    xml.text("news:title", &row.title)
                })
            })
        })
    })
}

/// A language without script or region, except that news know two kinds of Chinese.
fn news_language(locale: &Locale) -> &str {
    let tag = locale.as_str();
    let mut subtags = tag.split('-');
    match subtags.next() {
        Some("zh") if subtags.any(|subtag| matches!(subtag, "Hant" | "TW" | "HK" | "MO")) => {
            "zh-tw"
        }
        Some("zh") => "zh-cn",
        Some(language) => language,
        None => tag,
    }
}

fn date(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::Parse;

    #[test]
    fn news_know_bare_languages_and_two_kinds_of_chinese() {
        for (locale, language) in [
            ("en", "en"),
            ("pt-BR", "pt"),
            ("zh", "zh-cn"),
            ("zh-Hans-SG", "zh-cn"),
            ("zh-Hant", "zh-tw"),
            ("zh-HK", "zh-tw"),
        ] {
            assert_eq!(news_language(&Locale::parse(locale).unwrap()), language);
        }
    }
}
