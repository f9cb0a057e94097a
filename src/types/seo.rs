use super::{Fault, Line, Parse, Prose};

/// What search engines and link previews are told, where it differs from the article itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct Seo {
    /// Title for search results; `null`: the article's own.
    pub title: Option<Line<300>>,
    /// Description for search results; `null`: the excerpt.
    pub description: Option<Prose<1000>>,
    /// Address of the original, for a text that was first published elsewhere.
    pub canonical_url: Option<WebAddress>,
    /// Address of the picture for link previews.
    pub image: Option<WebAddress>,
    /// Asks search engines to leave the article out.
    pub noindex: bool,
}

/// An absolute `http` or `https` address of at most 2,000 characters.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[serde(transparent)]
#[schema(value_type = String, format = "uri", max_length = 2000)]
pub struct WebAddress(String);

impl Parse for WebAddress {
    fn parse(text: &str) -> Result<Self, Fault> {
        let rest = text
            .strip_prefix("https://")
            .or_else(|| text.strip_prefix("http://"));
        let is_address = rest.is_some_and(|rest| {
            let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
            !host.is_empty() && !host.contains('@')
        });
        let is_clean = !text.chars().any(|c| {
            c.is_control() || c.is_whitespace() || matches!(c, '"' | '<' | '>' | '\\' | '`')
        });
        if !is_address || !is_clean || text.chars().count() > 2000 {
            return Err(Fault::new(
                "invalid_url",
                "must be an absolute http or https address of at most 2000 characters",
            ));
        }
        Ok(Self(text.to_owned()))
    }
}

impl Seo {
    /// Reads what the database holds; it went through the door when it was written.
    pub fn from_stored(value: &serde_json::Value) -> Self {
        let text = |name: &str| value.get(name).and_then(serde_json::Value::as_str);
        Self {
            title: text("title").and_then(|t| Line::parse(t).ok()),
            description: text("description").and_then(|t| Prose::parse(t).ok()),
            canonical_url: text("canonical_url").map(|t| WebAddress(t.to_owned())),
            image: text("image").map(|t| WebAddress(t.to_owned())),
            noindex: value
                .get("noindex")
                .and_then(serde_json::Value::as_bool)
                .unwrap_or_default(),
        }
    }
}
