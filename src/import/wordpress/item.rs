use std::io::BufRead;

use super::categories::{self, RawCategory};
use super::date;
use super::entry::{Domain, Item, PostType, Status, Stickiness};
use super::error::WxrError;
use super::text::{filled, plain, word};
use super::xml::Xml;

/// What a category costs beside its text, so that many short ones are bounded too.
const CATEGORY_BYTES: usize = 256;

#[derive(Default)]
struct Dates {
    gmt: String,
    local: String,
    rss: String,
    modified_gmt: String,
    modified: String,
}

/// Reads `<item>`.
pub fn read(xml: &mut Xml<impl BufRead>) -> Result<Item, WxrError> {
    let mut item = Item {
        line: xml.start_line(),
        ..Item::default()
    };
    let mut dates = Dates::default();
    let mut categories = Vec::new();
    while let Some(name) = xml.child()? {
        match name.as_str() {
            "title" => item.title = plain(&xml.text()?),
            "link" => item.link = word(&xml.text()?),
            "guid" => item.guid = word(&xml.text()?),
            "dc:creator" => item.creator = word(&xml.text()?),
            "content:encoded" => item.content = xml.text()?,
            "excerpt:encoded" => item.excerpt = xml.text()?,
            "wp:post_id" => item.id = number(&xml.text()?),
            "wp:post_parent" => item.parent_id = number(&xml.text()?),
            "wp:post_name" => item.post_name = word(&xml.text()?),
            "wp:status" => item.status = Status::from(xml.text()?.as_str()),
            "wp:post_type" => item.post_type = PostType::from(xml.text()?.as_str()),
            "wp:post_password" => item.password = filled(xml.text()?),
            "wp:is_sticky" => item.stickiness = Stickiness::from(xml.text()?.as_str()),
            "wp:attachment_url" => item.attachment_url = filled(word(&xml.text()?)),
            "wp:post_date_gmt" => dates.gmt = xml.text()?,
            "wp:post_date" => dates.local = xml.text()?,
            "pubDate" => dates.rss = xml.text()?,
            "wp:post_modified_gmt" => dates.modified_gmt = xml.text()?,
            "wp:post_modified" => dates.modified = xml.text()?,
            "category" => categories.extend(category(xml)?),
            "wp:postmeta" => custom_field(xml, &mut item)?,
            "wp:comment" => {
                item.comment_count += 1;
                xml.skip()?;
            }
            _ => xml.skip()?,
        }
    }
    item.published_at = date::first_of(&dates.gmt, &dates.local, &dates.rss);
    item.modified_at = date::first_of(&dates.modified_gmt, &dates.modified, "");
    item.categories = categories::fold(categories);
    Ok(item)
}

fn category(xml: &mut Xml<impl BufRead>) -> Result<Option<RawCategory>, WxrError> {
    let domain = xml.attribute("domain").and_then(filled);
    let nicename = xml.attribute("nicename").and_then(filled);
    xml.keep(CATEGORY_BYTES)?;
    let name = plain(&xml.text()?);
    if name.is_empty() {
        return Ok(None);
    }
    let domain = domain.map(|domain| Domain::from(domain.as_str()));
    Ok(Some(RawCategory {
        domain,
        nicename,
        name,
    }))
}

fn custom_field(xml: &mut Xml<impl BufRead>, item: &mut Item) -> Result<(), WxrError> {
    let mut key = String::new();
    while let Some(name) = xml.child()? {
        match (name.as_str(), key.as_str()) {
            ("wp:meta_key", _) => key = word(&xml.text()?),
            ("wp:meta_value", "_thumbnail_id") => {
                item.thumbnail_id = number(&xml.text()?);
            }
            ("wp:meta_value", "_wp_attachment_image_alt") => {
                item.image_alt = filled(plain(&xml.text()?));
            }
            _ => xml.skip()?,
        }
    }
    Ok(())
}

fn number(text: &str) -> Option<i64> {
    text.trim().parse().ok().filter(|number| *number > 0)
}
