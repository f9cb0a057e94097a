//! Members that hold several values of a kind.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use super::{Member, Place};
use crate::types::custom::merge;
use crate::types::{Fault, Parse};

/// A list of at most `MAX` values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AtMost<T, const MAX: usize>(pub Vec<T>);

impl<T, const MAX: usize> Default for AtMost<T, MAX> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Member, const MAX: usize> Member for AtMost<T, MAX> {
    fn from_value(value: Value, place: &mut Place<'_>) -> Option<Self> {
        match value.as_array().map(Vec::len) {
            Some(given) if given > MAX => place.refuse(too_many(given, MAX)),
            _ => Vec::from_value(value, place).map(Self),
        }
    }
}

fn too_many(given: usize, allowed: usize) -> Fault {
    Fault::new(
        "too_many",
        format!("has {given} entries; at most {allowed} are allowed"),
    )
}

/// An object of at most `MAX` members whose names are values of a kind, such as languages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keyed<K, V, const MAX: usize>(pub Vec<(K, V)>);

impl<K, V, const MAX: usize> Default for Keyed<K, V, MAX> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<K: PartialEq, V, const MAX: usize> Keyed<K, V, MAX> {
    /// The value with this name.
    pub fn get(&self, key: &K) -> Option<&V> {
        self.0
            .iter()
            .find(|(known, _)| known == key)
            .map(|(_, value)| value)
    }
}

impl<K: Parse + PartialEq, V: Member, const MAX: usize> Member for Keyed<K, V, MAX> {
    fn from_value(value: Value, place: &mut Place<'_>) -> Option<Self> {
        let Value::Object(members) = value else {
            return place.refuse(Fault::new("wrong_type", "must be an object"));
        };
        if members.len() > MAX {
            return place.refuse(too_many(members.len(), MAX));
        }
        let (mut read, mut is_whole) = (Vec::new(), true);
        for (name, member) in members {
            let mut place = place.below(&name);
            let key = match K::parse(&name) {
                Ok(key) if read.iter().any(|(known, _)| *known == key) => {
                    place.refuse(Fault::new("repeated", "is named twice, in two spellings"))
                }
                Ok(key) => Some(key),
                Err(fault) => place.refuse(fault),
            };
            match (key, V::from_value(member, &mut place)) {
                (Some(key), Some(value)) => read.push((key, value)),
                _ => is_whole = false,
            }
        }
        is_whole.then_some(Self(read))
    }
}

impl<K: AsRef<str>, V: Serialize, const MAX: usize> Serialize for Keyed<K, V, MAX> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, value)| (key.as_ref(), value)))
    }
}

impl<'de, K: Parse, V: Deserialize<'de>, const MAX: usize> Deserialize<'de> for Keyed<K, V, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries<K, V>(std::marker::PhantomData<(K, V)>);
        impl<'de, K: Parse, V: Deserialize<'de>> serde::de::Visitor<'de> for Entries<K, V> {
            type Value = Vec<(K, V)>;

            fn expecting(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                out.write_str("an object")
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(
                self,
                mut members: A,
            ) -> Result<Self::Value, A::Error> {
                let mut read = Vec::new();
                while let Some(name) = members.next_key::<String>()? {
                    let key =
                        K::parse(&name).map_err(|fault| serde::de::Error::custom(fault.detail))?;
                    read.push((key, members.next_value()?));
                }
                Ok(read)
            }
        }
        deserializer
            .deserialize_map(Entries(std::marker::PhantomData))
            .map(Self)
    }
}

/// A member as it came, to be read later.
#[derive(Debug, Clone, PartialEq)]
pub struct Raw(pub Value);

impl Member for Raw {
    fn from_value(value: Value, _: &mut Place<'_>) -> Option<Self> {
        Some(Self(value))
    }
}

impl Raw {
    /// Applies it to a value as a merge patch (RFC 7396).
    pub fn merge_into(self, target: &mut Value) {
        merge(target, &self.0);
    }
}
