use crate::articles::content::{Kind, Title};

/// One sample: a few header lines, an empty line, Markdown.
pub struct SampleArticle<'a> {
    pub title: Title,
    pub kind: Kind,
    pub tags: Vec<&'a str>,
    pub authors: Vec<&'a str>,
    pub featured: bool,
    /// When it was published; negative: to come. `None`: a draft.
    pub days_ago: Option<i64>,
    pub body: &'a str,
}

impl<'a> SampleArticle<'a> {
    /// Reads a sample. What a header does not say has its plainest value.
    pub fn read(text: &'a str) -> Self {
        let (header, body) = text.split_once("\n\n").unwrap_or((text, ""));
        let value = |name: &str| {
            header
                .lines()
                .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
                .map(str::trim)
        };
        let list = |name: &str| -> Vec<&'a str> {
            let names = value(name).unwrap_or_default().split(',').map(str::trim);
            names.filter(|name| !name.is_empty()).collect()
        };
        Self {
            title: value("title")
                .and_then(Title::clipped)
                .unwrap_or_else(Title::untitled),
            kind: if value("kind") == Some("page") {
                Kind::Page
            } else {
                Kind::Article
            },
            tags: list("tags"),
            authors: list("authors"),
            featured: value("featured") == Some("true"),
            days_ago: value("days_ago").and_then(|days| days.parse().ok()),
            body,
        }
    }
}
