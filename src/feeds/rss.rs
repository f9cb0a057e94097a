//! RSS 2.0, with the usual modules: the whole text (`content`), names of authors (`dc`), its own address (`atom`).

use std::io;

use chrono::{DateTime, Utc};
use quick_xml::escape::partial_escape;

use super::feed::{Feed, id_of};
use super::xml::Xml;
use crate::delivery::Article;
use crate::rest::Problem;

/// What the feed is called, wherever it stands.
pub const FILE: &str = "feed.xml";
pub const MEDIA_TYPE: &str = "application/rss+xml; charset=utf-8";

/// Writes the feed.
pub fn write(feed: &Feed) -> Result<Vec<u8>, Problem> {
    let attributes = [
        ("version", "2.0"),
        ("xmlns:atom", "http://www.w3.org/2005/Atom"),
        ("xmlns:content", "http://purl.org/rss/1.0/modules/content/"),
        ("xmlns:dc", "http://purl.org/dc/elements/1.1/"),
    ];
    Xml::document("rss", &attributes, |xml| {
        xml.element("channel", &[], |xml| channel(xml, feed))
    })
}

fn channel(xml: &mut Xml, feed: &Feed) -> io::Result<()> {
    xml.text("title", &feed.title)?;
    xml.text("link", &format!("{}/", feed.site_url))?;
    xml.text("description", &partial_escape(feed.description.as_str()))?;
    if let Some(language) = feed.language() {
        xml.text("language", language.as_str())?;
    }
    if let Some(at) = feed.changed_at {
        xml.text("lastBuildDate", &date(at))?;
    }
    xml.text("generator", "Masthead")?;
    let own = feed.address(FILE);
    let own = [
        ("rel", "self"),
        ("type", "application/rss+xml"),
        ("href", own.as_str()),
    ];
    xml.empty("atom:link", &own)?;
    if let Some(hub) = feed.hub() {
        xml.empty("atom:link", &[("rel", "hub"), ("href", hub)])?;
    }
    feed.articles
        .iter()
        .try_for_each(|article| item(xml, article))
}

fn item(xml: &mut Xml, article: &Article) -> io::Result<()> {
    // Addresses in the text are meant from where the article stands.
    xml.element("item", &[("xml:base", &article.url)], |xml| {
        xml.text("title", &article.title)?;
        xml.text("link", &article.url)?;
        xml.text_with("guid", &[("isPermaLink", "false")], &id_of(article))?;
        xml.text("pubDate", &date(article.published_at))?;
        for author in &article.authors {
            xml.text("dc:creator", &author.name)?;
        }
        for tag in &article.tags {
            xml.text("category", &tag.name)?;
        }
        xml.text("dc:language", article.locale.as_str())?;
        if let Some(excerpt) = &article.excerpt {
            // Programs take a description for HTML.
            xml.text("description", &partial_escape(excerpt.as_str()))?;
        }
        if let Some(body) = &article.body_html {
            xml.text("content:encoded", body)?;
        }
        Ok(())
    })
}

/// The way mails write it (RFC 5322).
fn date(at: DateTime<Utc>) -> String {
    at.format("%a, %d %b %Y %H:%M:%S +0000").to_string()
}
