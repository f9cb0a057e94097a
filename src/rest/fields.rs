//! `fields=id,slug,tags.slug`: just these members, inside included things too.

use serde_json::{Map, Value};

use super::query::Params;
use crate::types::{Fault, closed_set};

closed_set! {
    /// What `include` adds to an answer that would leave it out.
    pub enum Included {
        Body = "body",
        /// Always there.
        Authors = "authors",
        /// Always there.
        Tags = "tags",
    }
}

/// Which members an answer should keep. Without `fields`, all.
#[derive(Debug, Clone, Default)]
pub struct Fields(Option<Vec<String>>);

impl Fields {
    /// Reads the parameter; names outside `known` are refused. A name with a dot reaches into a member.
    pub fn from_query(params: &mut Params, known: &[&str]) -> Option<Self> {
        let names = params.many::<String>("fields")?;
        let unknown: Vec<&String> = names
            .iter()
            .filter(|name| !known.contains(&name.as_str()))
            .collect();
        if let Some(name) = unknown.as_slice().first() {
            params.fault(
                "fields",
                Fault::new(
                    "unknown_value",
                    format!("has no `{name}`; known are: {}", known.join(", ")),
                ),
            );
            return None;
        }
        Some(Self((!names.is_empty()).then_some(names)))
    }

    /// Whether anything is to be left out.
    pub fn is_everything(&self) -> bool {
        self.0.is_none()
    }

    /// Whether a member was asked for by name.
    pub fn names(&self, member: &str) -> bool {
        self.0
            .iter()
            .flatten()
            .any(|name| name == member || name.split('.').next() == Some(member))
    }

    /// Keeps of an object what was asked for, in the object's own order.
    pub fn keep(&self, value: Value) -> Value {
        match (&self.0, value) {
            (Some(names), Value::Object(object)) => {
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                Value::Object(keep(object, &names))
            }
            (_, value) => value,
        }
    }
}

fn keep(object: Map<String, Value>, names: &[&str]) -> Map<String, Value> {
    object
        .into_iter()
        .filter_map(|(name, value)| kept(&name, value, names).map(|value| (name, value)))
        .collect()
}

fn kept(name: &str, value: Value, names: &[&str]) -> Option<Value> {
    if names.contains(&name) {
        return Some(value);
    }
    let inner: Vec<&str> = names
        .iter()
        .filter_map(|wanted| wanted.strip_prefix(name)?.strip_prefix('.'))
        .collect();
    if inner.is_empty() {
        return None;
    }
    Some(match value {
        Value::Object(object) => Value::Object(keep(object, &inner)),
        Value::Array(items) => Value::Array(
            items
                .into_iter()
                .map(|item| match item {
                    Value::Object(object) => Value::Object(keep(object, &inner)),
                    other => other,
                })
                .collect(),
        ),
        other => other,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn members_are_kept_at_any_depth() {
        let fields = Fields(Some(vec!["id".to_owned(), "tags.slug".to_owned()]));
        let value = json!({"id": 1, "title": "T", "tags": [{"id": 2, "slug": "a"}]});
        assert_eq!(
            fields.keep(value),
            json!({"id": 1, "tags": [{"slug": "a"}]})
        );
    }
}
