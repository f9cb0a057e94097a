use serde_json::{Map, Value};

use super::Fault;

/// Largest size of an object in bytes, written as compact JSON.
pub const MAX_BYTES: usize = 64 * 1024;

/// A JSON object that the API keeps and hands out as it is: an article's custom fields, a subscriber's attributes.
#[derive(
    Debug,
    Clone,
    Default,
    PartialEq,
    serde::Serialize,
    serde::Deserialize,
    diesel::expression::AsExpression,
    diesel::deserialize::FromSqlRow,
    utoipa::ToSchema,
)]
#[diesel(sql_type = diesel::sql_types::Jsonb)]
#[serde(transparent)]
#[schema(value_type = Object)]
pub struct JsonObject(Map<String, Value>);

impl JsonObject {
    /// Takes an object of at most 64 KiB whose numbers Postgres can hold.
    pub fn parse(value: Value) -> Result<Self, Fault> {
        let Value::Object(members) = value else {
            return Err(Fault::new("wrong_type", "must be a JSON object"));
        };
        let object = Self(members);
        let size = serde_json::to_string(&object.0).map_or(usize::MAX, |text| text.len());
        if size > MAX_BYTES {
            return Err(Fault::new(
                "too_long",
                format!("is {size} bytes of JSON; at most {MAX_BYTES} are allowed"),
            ));
        }
        Ok(object)
    }

    /// The members.
    pub fn members(&self) -> &Map<String, Value> {
        &self.0
    }

    /// Applies a JSON Merge Patch (RFC 7396): `null` takes members away, objects are merged at any depth.
    pub fn merged(&self, patch: &Self) -> Result<Self, Fault> {
        let mut target = Value::Object(self.0.clone());
        merge(&mut target, &Value::Object(patch.0.clone()));
        Self::parse(target)
    }

    /// Puts a member in the place of an older one.
    pub fn set(&mut self, name: &str, value: Value) {
        self.0.insert(name.to_owned(), value);
    }
}

super::sql::stored_as_json!(JsonObject);

/// Applies a JSON Merge Patch (RFC 7396) to a value.
pub fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(changes) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Value::Object(members) = target else {
        return;
    };
    for (name, change) in changes {
        if change.is_null() {
            members.remove(name);
        } else {
            merge(members.entry(name.clone()).or_insert(Value::Null), change);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_merge_patch_reaches_any_depth() {
        let object = JsonObject::parse(json!({"a": {"b": 1, "c": 2}, "d": 3})).unwrap();
        let patch =
            JsonObject::parse(json!({"a": {"b": null, "e": {"f": null, "g": 4}}, "d": [5]}))
                .unwrap();
        let merged = object.merged(&patch).unwrap();
        assert_eq!(
            Value::Object(merged.members().clone()),
            json!({"a": {"c": 2, "e": {"g": 4}}, "d": [5]})
        );
    }
}
