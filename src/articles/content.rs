//! What an editor writes of an article, how it is patched, and how two people's changes are told apart.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::types::{
    AuthorId, BodyFormat, Fault, JsonObject, Line, Locale, Patch, Prose, Seo, Slug, TagId,
    WebAddress, closed_set,
};

/// A title: one line of at most 300 characters.
pub type Title = Line<300>;
/// An excerpt: at most 2,000 characters.
pub type Excerpt = Prose<2000>;

closed_set! {
    /// What kind of text it is.
    pub enum Kind {
        /// Part of the news: in lists, feeds and newsletters.
        Article = "article",
        /// Stands by itself, such as an imprint: out of lists unless asked for.
        Page = "page",
    }
}

/// A body as it was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Source {
    pub format: BodyFormat,
    #[schema(examples("Frost is *likely* before dawn."))]
    pub source: String,
}

/// Everything of an article that is written rather than derived. Its JSON form is what a revision keeps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Content {
    pub kind: Kind,
    pub slug: Slug,
    pub title: Title,
    pub excerpt: Option<Excerpt>,
    pub body: Source,
    pub locale: Locale,
    pub featured: bool,
    pub seo: Seo,
    pub custom: JsonObject,
    /// In order.
    pub tags: Vec<TagId>,
    /// The byline, in order. Never empty.
    pub authors: Vec<AuthorId>,
}

/// Changes to a content: a merge patch whose references have been looked up.
#[derive(Debug, Clone)]
pub struct ContentPatch {
    pub kind: Option<Kind>,
    pub slug: Option<Slug>,
    pub title: Option<Title>,
    pub excerpt: Patch<Excerpt>,
    pub body: Option<BodyPatch>,
    pub locale: Patch<Locale>,
    pub featured: Option<bool>,
    pub seo: Patch<SeoPatch>,
    pub custom: Patch<JsonObject>,
    pub tags: Option<Vec<TagId>>,
    pub authors: Option<Vec<AuthorId>>,
}

/// Changes to a body: what is absent stays.
#[derive(Debug, Clone, utoipa::ToSchema)]
pub struct BodyPatch {
    #[schema(nullable = false)]
    pub format: Option<BodyFormat>,
    #[schema(
        nullable = false,
        pattern = r"^[^\x00]*$",
        examples("Frost is *likely* before dawn.")
    )]
    pub source: Option<String>,
}

/// Changes to what search engines are told: what is absent stays, `null` takes away.
#[derive(Debug, Clone, utoipa::ToSchema)]
pub struct SeoPatch {
    /// Title for search results; `null`: the article's own.
    #[schema(value_type = Option<Line<300>>, inline)]
    pub title: Patch<Line<300>>,
    /// Description for search results; `null`: the excerpt.
    #[schema(value_type = Option<Prose<1000>>, inline)]
    pub description: Patch<Prose<1000>>,
    /// Address of the original, for a text that was first published elsewhere.
    #[schema(value_type = Option<WebAddress>)]
    pub canonical_url: Patch<WebAddress>,
    /// Address of the picture for link previews.
    #[schema(value_type = Option<WebAddress>)]
    pub image: Patch<WebAddress>,
    /// Asks search engines to leave the article out.
    #[schema(value_type = Option<bool>)]
    pub noindex: Patch<bool>,
}

impl SeoPatch {
    /// The values after the patch.
    pub fn over(self, current: Seo) -> Seo {
        Seo {
            title: self.title.over(current.title),
            description: self.description.over(current.description),
            canonical_url: self.canonical_url.over(current.canonical_url),
            image: self.image.over(current.image),
            noindex: self.noindex.over_or(current.noindex, false),
        }
    }
}

impl ContentPatch {
    /// The content after the patch. Only custom fields can fail: by growing too large.
    pub fn over(self, current: Content) -> Result<Content, Fault> {
        let body = match self.body {
            None => current.body,
            Some(patch) => Source {
                format: patch.format.unwrap_or(current.body.format),
                source: patch.source.unwrap_or(current.body.source),
            },
        };
        let custom = match self.custom {
            Patch::Keep => current.custom,
            Patch::Clear => JsonObject::default(),
            Patch::Set(patch) => current.custom.merged(&patch)?,
        };
        let seo = match self.seo {
            Patch::Keep => current.seo,
            Patch::Clear => Seo::default(),
            Patch::Set(patch) => patch.over(current.seo),
        };
        Ok(Content {
            kind: self.kind.unwrap_or(current.kind),
            slug: self.slug.unwrap_or(current.slug),
            title: self.title.unwrap_or(current.title),
            excerpt: self.excerpt.over(current.excerpt),
            body,
            locale: self.locale.over_or(current.locale, Locale::default()),
            featured: self.featured.unwrap_or(current.featured),
            seo,
            custom,
            tags: self.tags.unwrap_or(current.tags),
            authors: self.authors.unwrap_or(current.authors),
        })
    }
}

impl Content {
    /// The JSON that a revision keeps, and that differences are told in.
    pub fn snapshot(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }
}

/// Two people's changes to one base, member by member.
#[derive(Debug, Default, PartialEq)]
pub struct Differences {
    only_yours: Map<String, Value>,
    only_theirs: Map<String, Value>,
    both: Map<String, Value>,
}

impl Differences {
    /// Tells apart what you changed and what others changed. Members that both changed to the same value count as theirs:
    /// there is nothing left to do.
    pub fn between(base: &Value, yours: &Value, current: &Value) -> Self {
        let mut differences = Self::default();
        let names = yours
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, _)| name);
        for name in names {
            let (base, yours, current) = (&base[name], &yours[name], &current[name]);
            let (by_you, by_them) = (yours != base, current != base);
            if by_you && by_them && yours != current {
                differences.both.insert(
                    name.clone(),
                    json!({ "base": base, "current": current, "yours": yours }),
                );
            } else if by_them {
                differences
                    .only_theirs
                    .insert(name.clone(), json!({ "base": base, "current": current }));
            } else if by_you {
                differences
                    .only_yours
                    .insert(name.clone(), json!({ "base": base, "yours": yours }));
            }
        }
        differences
    }

    /// The current snapshot with the members that only you changed; `None` when there is nothing of yours that could be
    /// applied without a clash.
    pub fn merged(&self, current: &Value) -> Option<Value> {
        if self.only_yours.is_empty() && !self.both.is_empty() {
            return None;
        }
        let mut merged = current.clone();
        for (name, change) in &self.only_yours {
            merged[name] = change["yours"].clone();
        }
        Some(merged)
    }

    /// Names of the members that both changed.
    pub fn clashes(&self) -> impl Iterator<Item = &str> {
        self.both.keys().map(String::as_str)
    }

    /// The differences as a client sees them.
    pub fn to_json(&self) -> Value {
        json!({ "only_yours": self.only_yours, "only_theirs": self.only_theirs, "both": self.both })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_told_apart_by_who_made_them() {
        let base = json!({"title": "A", "excerpt": "B", "featured": false, "slug": "s"});
        let yours = json!({"title": "A1", "excerpt": "B1", "featured": true, "slug": "s"});
        let current = json!({"title": "A2", "excerpt": "B", "featured": true, "slug": "t"});
        let differences = Differences::between(&base, &yours, &current);
        assert_eq!(
            differences.to_json(),
            json!({
                "only_yours": {"excerpt": {"base": "B", "yours": "B1"}},
                "only_theirs": {
                    "featured": {"base": false, "current": true},
                    "slug": {"base": "s", "current": "t"},
                },
                "both": {"title": {"base": "A", "current": "A2", "yours": "A1"}},
            })
        );
        assert_eq!(
            differences.merged(&current).unwrap(),
            json!({"title": "A2", "excerpt": "B1", "featured": true, "slug": "t"})
        );
    }

    #[test]
    fn when_all_of_yours_clashes_nothing_is_merged() {
        let differences =
            Differences::between(&json!({"a": 1}), &json!({"a": 2}), &json!({"a": 3}));
        assert!(differences.merged(&json!({"a": 3})).is_none());
    }
}
