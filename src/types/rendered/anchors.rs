//! Gives headings their ids, and points links at them.
//!
//! An id is global to the page that shows it, so it must not be what a script there calls its own
//! (DOM clobbering): only headings and footnotes have ids, and each id holds a hyphen, which no
//! JavaScript name does. A heading keeps such an id where it is the first to have it. Any other
//! becomes `h-` and words, of the old id or of the heading; links to the old one follow.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use ammonia::Url;
use percent_encoding::percent_decode_str;

use super::TocEntry;
use super::elements::is_heading;
use super::text::{plain_text, unescaped};
use super::tokens::{Tag, Token, tokens};
use crate::types::slug::words_of;

const MAX_ID_CHARS: usize = 100;
const KEPT_RELS: [&str; 3] = ["nofollow", "sponsored", "ugc"];

/// Finishes sanitised markup: ids, the table of contents, links inside of the document, `rel`.
///
/// Links to other sites get `noopener noreferrer`; `nofollow`, `sponsored` and `ugc` stay on any
/// link. An image without a source goes.
pub(super) fn anchored(html: &str) -> (String, Vec<TocEntry>) {
    let headings = headings(html);
    let mut writer = Writer {
        html: String::with_capacity(html.len() + html.len() / 16),
        heading_ids: headings.iter().map(|heading| heading.id.as_str()).collect(),
        footnote_ids: HashSet::new(),
        pre_begins_at: None,
    };
    let mut next_heading = headings.iter();
    for token in tokens(html) {
        match token {
            Token::Text(text) => writer.text(text),
            Token::End(name) => writer.end(&name),
            Token::Start(tag) if is_heading(&tag.name) => {
                let id = next_heading.next().map_or("", |heading| &heading.id);
                writer.heading(&tag, id);
            }
            Token::Start(tag) => writer.start(&tag),
        }
    }
    let html = writer.html;
    let is_entry = |heading: &TocEntry| !heading.text.is_empty();
    (html, headings.into_iter().filter(is_entry).collect())
}

/// Lists all headings with their final ids; the id of an empty heading may be empty.
fn headings(html: &str) -> Vec<TocEntry> {
    let mut headings = Vec::new();
    let mut own_ids = Vec::new();
    let mut taken = HashSet::new();
    let mut pieces = tokens(html);
    while let Some(piece) = pieces.next() {
        let Token::Start(tag) = piece else { continue };
        let Some(level) = heading_level(&tag.name) else {
            continue;
        };
        let inner = pieces
            .rest()
            .split_once("</h")
            .map_or("", |(inner, _)| inner);
        let own_id = unescaped(tag.attribute("id").unwrap_or_default()).into_owned();
        let keeps_id = is_safe_id(&own_id) && taken.insert(own_id.clone());
        headings.push(TocEntry {
            level,
            id: if keeps_id {
                own_id.clone()
            } else {
                String::new()
            },
            text: plain_text(inner).replace('\n', " "),
        });
        own_ids.push(own_id);
    }
    let mut numbers = HashMap::new();
    for (heading, own_id) in headings.iter_mut().zip(&own_ids) {
        if heading.id.is_empty() {
            heading.id = made_id(own_id, &heading.text)
                .map(|base| numbered(base, &mut taken, &mut numbers))
                .unwrap_or_default();
        }
    }
    headings
}

fn heading_level(name: &str) -> Option<u8> {
    is_heading(name)
        .then(|| name.get(1..)?.parse().ok())
        .flatten()
}

fn is_safe_id(id: &str) -> bool {
    id.contains('-')
        && !is_footnote_id(id)
        && id.chars().count() <= MAX_ID_CHARS
        && id
            .chars()
            .all(|c| c.is_alphanumeric() || c == '-' || c == '_')
}

fn is_footnote_id(id: &str) -> bool {
    id.starts_with("fn-") || id.starts_with("fnref-")
}

fn made_id(own_id: &str, text: &str) -> Option<String> {
    let source = if is_safe_id(own_id) { "" } else { own_id };
    let words = [source, text].map(words_of);
    if let Some(words) = words.into_iter().find(|words| !words.is_empty()) {
        return Some(format!("h-{words}"));
    }
    (!text.is_empty()).then(|| "h-section".to_owned())
}

fn numbered(
    base: String,
    taken: &mut HashSet<String>,
    numbers: &mut HashMap<String, u32>,
) -> String {
    let mut id = base.clone();
    while !taken.insert(id.clone()) {
        let number = numbers.entry(base.clone()).or_insert(1);
        *number += 1;
        id = format!("{base}-{number}");
    }
    id
}

struct Writer<'a> {
    html: String,
    heading_ids: HashSet<&'a str>,
    footnote_ids: HashSet<String>,
    pre_begins_at: Option<usize>,
}

impl Writer<'_> {
    fn text(&mut self, text: &str) {
        // A parser drops the line break that a `pre` begins with: one less at each reading.
        let begins_pre = self.pre_begins_at == Some(self.html.len());
        self.html.push_str(if begins_pre {
            text.trim_start_matches('\n')
        } else {
            text
        });
    }

    fn end(&mut self, name: &str) {
        self.html.push_str("</");
        self.html.push_str(name);
        self.html.push('>');
    }

    fn heading(&mut self, tag: &Tag, id: &str) {
        self.begin(&tag.name);
        if !id.is_empty() {
            self.attribute("id", id);
        }
        for (name, value) in tag.attributes.iter().filter(|(name, _)| name != "id") {
            self.attribute(name, value);
        }
        self.html.push('>');
    }

    fn start(&mut self, tag: &Tag) {
        let is_sourceless_image = tag.name == "img"
            && tag.attribute("src").is_none()
            && tag.attribute("srcset").is_none();
        if is_sourceless_image {
            return;
        }
        self.begin(&tag.name);
        for (name, value) in &tag.attributes {
            match name.as_str() {
                "rel" => {}
                "id" if !self.footnote_ids.insert((*value).to_owned()) => {}
                "href" => {
                    let target = self.target(value);
                    self.attribute("href", &target);
                }
                _ => self.attribute(name, value),
            }
        }
        if tag.name == "a" {
            self.rel(tag);
        }
        self.html.push('>');
        if tag.name == "pre" {
            self.pre_begins_at = Some(self.html.len());
        }
    }

    fn begin(&mut self, name: &str) {
        self.html.push('<');
        self.html.push_str(name);
    }

    fn attribute(&mut self, name: &str, value: &str) {
        self.html.push(' ');
        self.html.push_str(name);
        self.html.push_str("=\"");
        self.html.push_str(value);
        self.html.push('"');
    }

    fn rel(&mut self, link: &Tag) {
        let mut rels = Vec::new();
        if link.attribute("href").is_some_and(leaves_the_site) {
            rels.extend(["noopener", "noreferrer"]);
        }
        let written = link
            .attribute("rel")
            .unwrap_or_default()
            .to_ascii_lowercase();
        let is_written = |rel: &&str| written.split_ascii_whitespace().any(|word| word == *rel);
        rels.extend(KEPT_RELS.into_iter().filter(is_written));
        if !rels.is_empty() {
            self.attribute("rel", &rels.join(" "));
        }
    }

    /// Answers the address a link gets: another only where a heading of that name got another id.
    fn target<'v>(&self, href: &'v str) -> Cow<'v, str> {
        let Some(fragment) = href.strip_prefix('#') else {
            return Cow::Borrowed(href);
        };
        let name = unescaped(fragment);
        let name = percent_decode_str(&name).decode_utf8_lossy();
        let is_final = self.heading_ids.contains(name.as_ref()) || is_footnote_id(&name);
        let renamed = format!("h-{}", words_of(&name));
        if !is_final && self.heading_ids.contains(renamed.as_str()) {
            return Cow::Owned(format!("#{renamed}"));
        }
        Cow::Borrowed(href)
    }
}

fn leaves_the_site(href: &str) -> bool {
    let href = unescaped(href);
    match Url::parse(&href) {
        Ok(url) => url.has_host(),
        Err(_) => {
            href.trim_start().starts_with(['/', '\\'])
                && href
                    .trim_start()
                    .get(1..)
                    .is_some_and(|rest| rest.starts_with(['/', '\\']))
        }
    }
}
