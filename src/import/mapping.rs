//! What an item of a WordPress export becomes.

use chrono::{DateTime, Utc};
use serde_json::json;
use unicode_normalization::UnicodeNormalization;

use super::wordpress::{CleanBody, Item, PostType, Status, Stickiness, clean, plain};
use crate::articles::content::{Excerpt, Kind, Source, Title};
use crate::platform::token::sha256;
use crate::types::{BodyFormat, JsonObject, Parse, Slug};

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
    pub remarks: Vec<String>,
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
    let mut remarks = Vec::new();
    let title = title(item, &body, &mut remarks);
    let excerpt = [
        plain(&item.excerpt),
        plain(body.more_excerpt.as_deref().unwrap_or_default()),
    ]
    .into_iter()
    .find_map(|text| Excerpt::clipped(&text).map(|excerpt| (text, excerpt)));
    if let Some((text, excerpt)) = &excerpt {
        remarks.extend(cut("excerpt", text, excerpt.as_str()));
    }
    let (standing, remark) = standing(item);
    remarks.extend(remark);
    let planned = Planned {
        kind,
        slug: slug(item, &title),
        title,
        excerpt: excerpt.map(|(_, excerpt)| excerpt),
        body: Source {
            format: BodyFormat::Html,
            source: body.html.clone(),
        },
        featured: item.stickiness == Stickiness::Sticky,
        custom: origin(item),
        standing,
        created_at: item.published_at.or(item.modified_at),
        remarks,
    };
    Plan::Take(Box::new(planned), body)
}

/// The title, or what stands for it where there is none.
fn title(item: &Item, body: &CleanBody, remarks: &mut Vec<String>) -> Title {
    if let Some(title) = Title::clipped(&item.title) {
        remarks.extend(cut("title", &item.title, title.as_str()));
        return title;
    }
    remarks.push("has no title, and is called by its first words".to_owned());
    let first_words: String = plain(&body.html).chars().take(80).collect();
    Title::clipped(&first_words).unwrap_or_else(Title::untitled)
}

/// The slug it had where that is one here too, else one like it or like the title.
fn slug(item: &Item, title: &Title) -> Slug {
    let had = item.slug();
    let named = if had.is_empty() { title.as_str() } else { &had };
    Slug::parse(named).unwrap_or_else(|_| Slug::from_title(named, "article"))
}

/// What to say of text that did not fit.
fn cut(what: &str, had: &str, kept: &str) -> Option<String> {
    let (had, kept) = (had.trim().nfc().count(), kept.chars().count());
    (had > kept).then(|| format!("its {what} of {had} characters was cut to {kept}"))
}

fn standing(item: &Item) -> (Standing, Option<String>) {
    let draft = |why: &str| (Standing::Draft, Some(format!("{why}, and is a draft now")));
    if item.password.is_some() {
        return draft("was behind a password");
    }
    match (&item.status, item.published_at) {
        (Status::Publish | Status::Future, Some(at)) => (Standing::Published(Some(at)), None),
        (Status::Publish, None) => undated(item),
        (Status::Future, None) => draft("was scheduled without a usable date"),
        (Status::Pending, _) => (Standing::InReview, None),
        (Status::Private, _) => draft("was private"),
        (Status::Other(word), _) => draft(&format!("had the status “{word}”")),
        _ => (Standing::Draft, None),
    }
}

/// Where a published item stands that has no usable date of publication.
fn undated(item: &Item) -> (Standing, Option<String>) {
    let remark = match item.modified_at {
        Some(at) => format!(
            "has no usable date of publication, and is dated by its last change, {}",
            at.to_rfc3339()
        ),
        None => "has no usable date at all, and is dated by this import".to_owned(),
    };
    (Standing::Published(item.modified_at), Some(remark))
}

/// The id and the address in WordPress, for redirects from the old site.
fn origin(item: &Item) -> JsonObject {
    JsonObject::parse(json!({ "wordpress": { "id": item.id, "link": item.link } }))
        .unwrap_or_default()
}

impl Planned {
    /// What to say of the slug that a new article has got, where the item had another.
    pub fn remark_on_slug(&self, item: &Item, got: &Slug) -> Option<String> {
        let had = item.slug();
        let wanted = &self.slug;
        if had.is_empty() || had == got.as_str() {
            None
        } else if wanted == got {
            Some(format!("has the slug `{got}`, for `{had}` is none here"))
        } else {
            let text = format!(
                "has the slug `{got}` instead of `{had}`, for another article has `{wanted}`"
            );
            Some(text)
        }
    }

    /// What to say of the slug that an article keeps, where the item has another.
    pub fn remark_on_kept_slug(item: &Item, kept: &Slug) -> Option<String> {
        let has = item.slug();
        let is_other = !has.is_empty() && has != kept.as_str();
        is_other.then(|| format!("keeps the slug `{kept}`; in WordPress it is `{has}`"))
    }

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
