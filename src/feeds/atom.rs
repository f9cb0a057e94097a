//! Atom (RFC 4287).

use std::io;

use chrono::{DateTime, SecondsFormat, Utc};

use super::feed::{Feed, id_of};
use super::xml::Xml;
use crate::delivery::Article;
use crate::rest::Problem;

/// What the feed is called, wherever it stands.
pub const FILE: &str = "atom.xml";
pub const MEDIA_TYPE: &str = "application/atom+xml; charset=utf-8";

/// Writes the feed.
pub fn write(feed: &Feed) -> Result<Vec<u8>, Problem> {
    let mut attributes = vec![("xmlns", "http://www.w3.org/2005/Atom")];
    attributes.extend(feed.language().map(|locale| ("xml:lang", locale.as_str())));
    Xml::document("feed", &attributes, |xml| {
        xml.text("id", &feed.id)?;
        xml.text("title", &feed.title)?;
        xml.text("subtitle", &feed.description)?;
        // A feed must have a date, also before anything was published.
        xml.text("updated", &date(feed.changed_at.unwrap_or_default()))?;
        // Stands in for the authors of articles that have none.
        xml.element("author", &[], |xml| xml.text("name", &feed.site_name))?;
        xml.text("generator", "Masthead")?;
        let own = feed.address(FILE);
        xml.empty("link", &[("rel", "self"), ("href", &own)])?;
        let site = format!("{}/", feed.site_url);
        xml.empty("link", &[("rel", "alternate"), ("href", &site)])?;
        if let Some(hub) = feed.hub() {
            xml.empty("link", &[("rel", "hub"), ("href", hub)])?;
        }
        feed.articles
            .iter()
            .try_for_each(|article| entry(xml, article))
    })
}

fn entry(xml: &mut Xml, article: &Article) -> io::Result<()> {
    xml.element("entry", &[("xml:lang", article.locale.as_str())], |xml| {
        xml.text("id", &id_of(article))?;
        xml.text("title", &article.title)?;
        xml.empty("link", &[("rel", "alternate"), ("href", &article.url)])?;
        xml.text("published", &date(article.published_at))?;
        xml.text("updated", &date(article.updated_at))?;
        for author in &article.authors {
            xml.element("author", &[], |xml| xml.text("name", &author.name))?;
        }
        for tag in &article.tags {
            let category = [("term", tag.slug.as_str()), ("label", &tag.name)];
            xml.empty("category", &category)?;
        }
        if let Some(excerpt) = &article.excerpt {
            xml.text("summary", excerpt)?;
        }
        if let Some(body) = &article.body_html {
            // Addresses in the text are meant from where the article stands.
            let attributes = [("type", "html"), ("xml:base", &article.url)];
            xml.text_with("content", &attributes, body)?;
        }
        Ok(())
    })
}

fn date(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}
