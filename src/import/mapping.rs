//! What an item of a WordPress export becomes.

use chrono::{DateTime, Utc};
use serde_json::json;

use super::wordpress::{CleanBody, Item, PostType, Status, Stickiness, clean, plain};
use crate::articles::content::{Excerpt, Kind, Source, Title};
use crate::platform::token::sha256;
use crate::types::{BodyFormat, JsonObject, Slug};

/// Where an imported article should stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    Draft,
    InReview,
    /// Dated then; to come: scheduled.
    Published(Option<DateTime<Utc>>),
}

/// An item as an article, before tags and authors are looked up.
pub struct Planned {
    pub kind: Kind,
    pub slug: Slug,
    pub title: Title,
    pub excerpt: Option<Excerpt>,
    pub body: Source,
    pub featured: bool,
    pub custom: JsonObject,
    pub standing: Standing,
    pub created_at: Option<DateTime<Utc>>,
    /// What must be said of it in the report.
    pub remark: Option<&'static str>,
}

/// What is to be done with an item.
pub enum Plan {
    Take(Box<Planned>, CleanBody),
    /// Counted under this name, and left.
    Leave(String),
}

/// Decides what becomes of an item.
pub fn plan(item: &Item) -> Plan {
    let kind = match &item.post_type {
        PostType::Post => Kind::Article,
        PostType::Page => Kind::Page,
        PostType::Attachment => return Plan::Leave("attachments".to_owned()),
        PostType::NavMenuItem => return Plan::Leave("menu items".to_owned()),
        other => return Plan::Leave(format!("of the type {}", other.as_str())),
    };
    if matches!(
        item.status,
        Status::Trash | Status::Inherit | Status::AutoDraft
    ) {
        return Plan::Leave("in the trash, or never saved".to_owned());
    }
    let body = clean(&item.content);
    let text = plain(&body.html);
    let first_words: String = text.chars().take(80).collect();
    let title = Title::clipped(&item.title)
        .or_else(|| Title::clipped(&first_words))
        .unwrap_or_else(Title::untitled);
    let decoded = percent_encoding::percent_decode_str(&item.post_name).decode_utf8_lossy();
    let named = if decoded.trim().is_empty() {
        title.as_str()
    } else {
        &decoded
    };
    let excerpt = Excerpt::clipped(&plain(&item.excerpt))
        .or_else(|| Excerpt::clipped(&plain(body.more_excerpt.as_deref().unwrap_or_default())));
    let (standing, remark) = standing(item);
    let planned = Planned {
        kind,
        slug: Slug::from_title(named, "article"),
        title,
        excerpt,
        body: Source {
            format: BodyFormat::Html,
            source: body.html.clone(),
        },
        featured: item.stickiness == Stickiness::Sticky,
        custom: origin(item),
        standing,
        created_at: item.published_at,
        remark,
    };
    Plan::Take(Box::new(planned), body)
}

fn standing(item: &Item) -> (Standing, Option<&'static str>) {
    if item.password.is_some() {
        return (
            Standing::Draft,
            Some("was behind a password, and is a draft now"),
        );
    }
    match item.status {
        Status::Publish | Status::Future => (Standing::Published(item.published_at), None),
        Status::Pending => (Standing::InReview, None),
        Status::Private => (Standing::Draft, Some("was private, and is a draft now")),
        _ => (Standing::Draft, None),
    }
}

/// The id and the address in WordPress, for redirects from the old site.
fn origin(item: &Item) -> JsonObject {
    JsonObject::parse(json!({ "wordpress": { "id": item.id, "link": item.link } }))
        .unwrap_or_default()
}

impl Planned {
    /// Equal for an item that has not changed between two exports.
    pub fn fingerprint(&self, tags: &[Slug], author: &str) -> Vec<u8> {
        let standing = match self.standing {
            Standing::Draft => "draft".to_owned(),
            Standing::InReview => "in_review".to_owned(),
            Standing::Published(at) => format!(
                "published {}",
                at.map(|at| at.to_rfc3339()).unwrap_or_default()
            ),
        };
        let all = json!([
            self.kind,
            self.slug,
            self.title,
            self.excerpt,
            self.body,
            self.featured,
            self.custom,
            standing,
            tags,
            author
        ]);
        sha256(all.to_string().as_bytes())
    }
}
