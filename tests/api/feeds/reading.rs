//! Reads feeds the way programs do, and refuses XML that is not well-formed.

use chrono::{DateTime, Utc};
use roxmltree::{Document, Node};
use serde_json::Value;

use crate::harness::Reply;

const ATOM: &str = "http://www.w3.org/2005/Atom";
const CONTENT: &str = "http://purl.org/rss/1.0/modules/content/";
const CREATORS: &str = "http://purl.org/dc/elements/1.1/";

/// What every format tells.
#[derive(Debug)]
pub struct Feed {
    pub title: String,
    pub own_address: String,
    pub entries: Vec<Entry>,
}

#[derive(Debug)]
pub struct Entry {
    pub id: String,
    pub address: String,
    pub title: String,
    pub authors: Vec<String>,
    pub categories: Vec<String>,
    /// HTML in RSS, plain text elsewhere.
    pub summary: Option<String>,
    pub body_html: Option<String>,
    pub published: DateTime<Utc>,
    pub language: String,
}

/// Reads an answer in any of the formats.
pub fn parsed(reply: &Reply) -> Feed {
    match reply.header("content-type").split(';').next() {
        Some("application/rss+xml") => rss(&reply.text),
        Some("application/atom+xml") => atom(&reply.text),
        Some("application/feed+json") => json(&reply.body),
        other => panic!("{other:?} is no feed: {}", reply.text),
    }
}

fn rss(text: &str) -> Feed {
    let document = Document::parse(text).unwrap();
    assert_eq!(document.root_element().attribute("version"), Some("2.0"));
    let channel = child(document.root_element(), "channel");
    assert!(!text_of(channel, "link").is_empty() && !text_of(channel, "description").is_empty());
    let items = channel
        .children()
        .filter(|node| node.has_tag_name("item"))
        .map(|item| Entry {
            id: text_of(item, "guid"),
            address: text_of(item, "link"),
            title: text_of(item, "title"),
            authors: texts(item, (CREATORS, "creator")),
            categories: texts(item, "category"),
            summary: texts(item, "description").pop(),
            body_html: texts(item, (CONTENT, "encoded")).pop(),
            published: DateTime::parse_from_rfc2822(&text_of(item, "pubDate"))
                .unwrap()
                .to_utc(),
            language: text_of(item, (CREATORS, "language")),
        });
    Feed {
        title: text_of(channel, "title"),
        own_address: link(channel, "self"),
        entries: items.collect(),
    }
}

fn atom(text: &str) -> Feed {
    let document = Document::parse(text).unwrap();
    let feed = document.root_element();
    assert!(feed.has_tag_name((ATOM, "feed")));
    for needed in ["id", "updated"] {
        assert!(!text_of(feed, (ATOM, needed)).is_empty(), "{needed}");
    }
    let entries = feed
        .children()
        .filter(|node| node.has_tag_name((ATOM, "entry")))
        .map(|entry| Entry {
            id: text_of(entry, (ATOM, "id")),
            address: link(entry, "alternate"),
            title: text_of(entry, (ATOM, "title")),
            authors: entry
                .children()
                .filter(|node| node.has_tag_name((ATOM, "author")))
                .map(|author| text_of(author, (ATOM, "name")))
                .collect(),
            categories: entry
                .children()
                .filter_map(|node| Some(node.attribute("label")?.to_owned()))
                .collect(),
            summary: texts(entry, (ATOM, "summary")).pop(),
            body_html: texts(entry, (ATOM, "content")).pop(),
            published: text_of(entry, (ATOM, "published")).parse().unwrap(),
            language: entry
                .attribute(("http://www.w3.org/XML/1998/namespace", "lang"))
                .unwrap()
                .to_owned(),
        });
    Feed {
        title: text_of(feed, (ATOM, "title")),
        own_address: link(feed, "self"),
        entries: entries.collect(),
    }
}

fn json(feed: &Value) -> Feed {
    assert_eq!(feed["version"], "https://jsonfeed.org/version/1.1");
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let each = |values: &Value| values.as_array().unwrap().clone();
    let items = each(&feed["items"]).into_iter().map(|item| Entry {
        id: text(&item["id"]),
        address: text(&item["url"]),
        title: text(&item["title"]),
        authors: each(&item["authors"])
            .iter()
            .map(|author| text(&author["name"]))
            .collect(),
        categories: each(&item["tags"]).iter().map(text).collect(),
        summary: item["summary"].as_str().map(str::to_owned),
        body_html: item["content_html"].as_str().map(str::to_owned),
        published: text(&item["date_published"]).parse().unwrap(),
        language: text(&item["language"]),
    });
    Feed {
        title: text(&feed["title"]),
        own_address: text(&feed["feed_url"]),
        entries: items.collect(),
    }
}

fn child<'a, 'n, 'm>(
    node: Node<'a, 'a>,
    name: impl Into<roxmltree::ExpandedName<'n, 'm>>,
) -> Node<'a, 'a> {
    let name = name.into();
    node.children()
        .find(|node| node.tag_name() == name)
        .unwrap_or_else(|| panic!("no {name:?} in {node:?}"))
}

fn text_of<'n, 'm>(node: Node<'_, '_>, name: impl Into<roxmltree::ExpandedName<'n, 'm>>) -> String {
    texts(node, name).pop().unwrap()
}

fn texts<'n, 'm>(
    node: Node<'_, '_>,
    name: impl Into<roxmltree::ExpandedName<'n, 'm>>,
) -> Vec<String> {
    let name = name.into();
    node.children()
        .filter(|node| node.tag_name() == name)
        .map(|node| node.text().unwrap_or_default().to_owned())
        .collect()
}

fn link(node: Node<'_, '_>, relation: &str) -> String {
    let link = node
        .children()
        .find(|node| node.has_tag_name((ATOM, "link")) && node.attribute("rel") == Some(relation));
    link.unwrap().attribute("href").unwrap().to_owned()
}
