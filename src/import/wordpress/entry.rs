use chrono::{DateTime, Utc};

/// One thing an export tells, in the order of the file.
#[derive(Debug, Clone, PartialEq)]
pub enum Record {
    Site(Site),
    Author(Author),
    Category(Category),
    Tag(Tag),
    Term(Term),
    Item(Box<Item>),
}

/// The site that was exported; it comes first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Site {
    pub title: String,
    pub description: String,
    pub link: String,
    pub language: String,
    pub wxr_version: String,
    pub base_site_url: String,
    pub base_blog_url: String,
}

/// A user who may have written items.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Author {
    /// What `Item::creator` names.
    pub login: String,
    pub email: String,
    pub display_name: String,
    pub first_name: String,
    pub last_name: String,
}

/// A category; `parent` is the nicename of another one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Category {
    pub nicename: String,
    pub parent: Option<String>,
    pub name: String,
    pub description: String,
}

/// A tag.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tag {
    pub slug: String,
    pub name: String,
    pub description: String,
}

/// A term of any other taxonomy, such as a menu or a post format.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Term {
    pub taxonomy: String,
    pub slug: String,
    pub parent: Option<String>,
    pub name: String,
    pub description: String,
}

/// A post, a page, an attachment, or another thing with a title and a body.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Item {
    /// Where `<item>` starts in the file.
    pub line: u64,
    /// `wp:post_id`, absent in old exports.
    pub id: Option<i64>,
    pub guid: String,
    pub link: String,
    /// Plain text.
    pub title: String,
    /// The login of an author.
    pub creator: String,
    /// HTML as WordPress keeps it; see `clean`.
    pub content: String,
    /// HTML as WordPress keeps it; see `plain`.
    pub excerpt: String,
    pub post_name: String,
    pub status: Status,
    pub post_type: PostType,
    /// Absent when empty.
    pub password: Option<String>,
    pub stickiness: Stickiness,
    pub published_at: Option<DateTime<Utc>>,
    pub modified_at: Option<DateTime<Utc>>,
    pub categories: Vec<ItemCategory>,
    pub comment_count: u64,
    pub parent_id: Option<i64>,
    /// The attachment that is the cover.
    pub thumbnail_id: Option<i64>,
    /// The file of an attachment.
    pub attachment_url: Option<String>,
    /// The alternative text of an attachment.
    pub image_alt: Option<String>,
}

impl Item {
    /// The slug as people read it, or nothing.
    pub fn slug(&self) -> String {
        decoded(&self.post_name)
    }

    /// Names the item for a later import of the same site, with what the export offers best.
    ///
    /// It is unique within one site only.
    pub fn source_key(&self) -> String {
        if let Some(id) = self.id {
            return format!("id:{id}");
        }
        if !self.guid.is_empty() {
            return format!("guid:{}", self.guid);
        }
        if !self.link.is_empty() {
            return format!("link:{}", self.link);
        }
        let date = self.published_at.map(|date| date.to_rfc3339());
        format!("title:{}:{}", date.unwrap_or_default(), self.title)
    }
}

/// Reads a slug that WordPress wrote, which is percent-encoded where it is no ASCII.
pub fn decoded(slug: &str) -> String {
    let decoded = percent_encoding::percent_decode_str(slug).decode_utf8_lossy();
    decoded.trim().to_owned()
}

/// Where an item is in its life; an unnamed status is a draft, so that nothing leaks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Status {
    Publish,
    #[default]
    Draft,
    Pending,
    Future,
    Private,
    Trash,
    Inherit,
    AutoDraft,
    Other(String),
}

impl From<&str> for Status {
    fn from(word: &str) -> Self {
        match word.trim() {
            "publish" => Self::Publish,
            "draft" | "" => Self::Draft,
            "pending" => Self::Pending,
            "future" => Self::Future,
            "private" => Self::Private,
            "trash" => Self::Trash,
            "inherit" => Self::Inherit,
            "auto-draft" => Self::AutoDraft,
            other => Self::Other(other.to_owned()),
        }
    }
}

/// What an item is; an unnamed type is a post.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum PostType {
    #[default]
    Post,
    Page,
    Attachment,
    NavMenuItem,
    Revision,
    Other(String),
}

impl PostType {
    /// The word for it in an export.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Post => "post",
            Self::Page => "page",
            Self::Attachment => "attachment",
            Self::NavMenuItem => "nav_menu_item",
            Self::Revision => "revision",
            Self::Other(word) => word,
        }
    }
}

impl From<&str> for PostType {
    fn from(word: &str) -> Self {
        match word.trim() {
            "post" | "" => Self::Post,
            "page" => Self::Page,
            "attachment" => Self::Attachment,
            "nav_menu_item" => Self::NavMenuItem,
            "revision" => Self::Revision,
            other => Self::Other(other.to_owned()),
        }
    }
}

/// Tells whether a post stays on top of the front page.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Stickiness {
    #[default]
    Normal,
    Sticky,
}

impl From<&str> for Stickiness {
    fn from(word: &str) -> Self {
        match word.trim() {
            "1" => Self::Sticky,
            _ => Self::Normal,
        }
    }
}

/// A category, a tag or another term of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemCategory {
    pub domain: Domain,
    /// Absent in old exports.
    pub nicename: Option<String>,
    /// Plain text.
    pub name: String,
}

/// The taxonomy of a term.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Domain {
    Category,
    Tag,
    Other(String),
}

impl From<&str> for Domain {
    fn from(word: &str) -> Self {
        match word {
            "category" | "" => Self::Category,
            "post_tag" | "tag" => Self::Tag,
            other => Self::Other(other.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_is_named_by_the_best_that_is_there() {
        let mut item = Item {
            title: "Frost".to_owned(),
            ..Item::default()
        };
        assert_eq!(item.source_key(), "title::Frost");
        item.published_at = DateTime::from_timestamp(0, 0);
        assert_eq!(item.source_key(), "title:1970-01-01T00:00:00+00:00:Frost");
        item.link = "https://example.com/frost".to_owned();
        assert_eq!(item.source_key(), "link:https://example.com/frost");
        item.guid = "https://example.com/?p=7".to_owned();
        assert_eq!(item.source_key(), "guid:https://example.com/?p=7");
        item.id = Some(7);
        assert_eq!(item.source_key(), "id:7");
    }

    #[test]
    fn an_item_without_a_status_is_a_draft_and_without_a_type_a_post() {
        assert_eq!(Status::from(""), Status::Draft);
        assert_eq!(Status::from("publish\n"), Status::Publish);
        assert_eq!(Status::from("spam"), Status::Other("spam".to_owned()));
        assert_eq!(PostType::from(""), PostType::Post);
        assert_eq!(
            PostType::from("recipe"),
            PostType::Other("recipe".to_owned())
        );
    }
}
