use super::{Fault, Line, Parse, Prose};

/// What search engines and link previews are told, where it differs from the article itself.
#[derive(
    Debug,
    Clone,
    Default,
    PartialEq,
    Eq,
    serde::Serialize,
    serde::Deserialize,
    diesel::expression::AsExpression,
    diesel::deserialize::FromSqlRow,
    utoipa::ToSchema,
)]
#[diesel(sql_type = diesel::sql_types::Jsonb)]
pub struct Seo {
    /// Title for search results; `null`: the article's own.
    #[schema(inline)]
    pub title: Option<Line<300>>,
    /// Description for search results; `null`: the excerpt.
    #[schema(inline)]
    pub description: Option<Prose<1000>>,
    /// Address of the original, for a text that was first published elsewhere.
    pub canonical_url: Option<WebAddress>,
    /// Address of the picture for link previews.
    pub image: Option<WebAddress>,
    /// Asks search engines to leave the article out.
    pub noindex: bool,
}

/// An absolute `http` or `https` address of at most 2,000 characters.
#[derive(
    Debug,
    Clone,
    PartialEq,
    Eq,
    serde::Serialize,
    diesel::expression::AsExpression,
    diesel::deserialize::FromSqlRow,
    utoipa::ToSchema,
)]
#[diesel(sql_type = diesel::sql_types::Text)]
#[serde(transparent)]
#[schema(value_type = String, format = "uri", max_length = 2000)]
pub struct WebAddress(String);

impl WebAddress {
    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn from_stored(text: String) -> Self {
        Self(text)
    }
}

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

super::sql::read_back_from_text!(WebAddress);
super::sql::stored_as_text!(WebAddress);
super::sql::stored_as_json!(Seo);
