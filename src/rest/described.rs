//! How parameters look that no single type describes, for the OpenAPI document alone.

use std::borrow::Cow;
use std::marker::PhantomData;

use serde_json::Value;
use utoipa::openapi::schema::{ArrayBuilder, ArrayItems, ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::query::MOST_VALUES;

/// The parameter `sort` of a list: up to three of the set's words, each with a `-` before it or not.
pub struct SortBy<K>(PhantomData<K>);

/// The parameter `fields`: some of the names that are known.
pub struct FieldsOf<K>(PhantomData<K>);

/// Which members `fields` may name.
pub trait KnownMembers {
    /// A name with a dot reaches into a member.
    const MEMBERS: &'static [&'static str];
}

/// A parameter that takes several values of a kind.
pub struct Several<T>(PhantomData<T>);

impl<K: PartialSchema> PartialSchema for SortBy<K> {
    fn schema() -> RefOr<Schema> {
        let words = match K::schema() {
            RefOr::T(Schema::Object(set)) => set.enum_values.unwrap_or_default(),
            _ => Vec::new(),
        };
        let both = |word: &Value| {
            let word = word.as_str().unwrap_or_default();
            [Value::from(word), Value::from(format!("-{word}"))]
        };
        let words = words.iter().flat_map(both).collect();
        several(words_of(words), 3)
    }
}

impl<K: KnownMembers> PartialSchema for FieldsOf<K> {
    fn schema() -> RefOr<Schema> {
        let names = K::MEMBERS.iter().map(|name| Value::from(*name));
        several(words_of(names.collect()), MOST_VALUES)
    }
}

impl<T: PartialSchema> PartialSchema for Several<T> {
    fn schema() -> RefOr<Schema> {
        several(T::schema(), MOST_VALUES)
    }
}

fn several(item: RefOr<Schema>, most: usize) -> RefOr<Schema> {
    ArrayBuilder::new()
        .items(ArrayItems::RefOrSchema(Box::new(item)))
        .min_items(Some(1))
        .max_items(Some(most))
        .into()
}

fn words_of(words: Vec<Value>) -> RefOr<Schema> {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(words))
        .into()
}

macro_rules! inlined {
    ($($type:ident $(<$parameter:ident: $bound:ident>)?;)+) => {$(
        // The names are unused: parameters are described where they stand.
        impl$(<$parameter: $bound>)? ToSchema for $type$(<$parameter>)? {
            fn name() -> Cow<'static, str> {
                Cow::Borrowed(stringify!($type))
            }
        }
    )+};
}
inlined! {
    SortBy<K: PartialSchema>;
    FieldsOf<K: KnownMembers>;
    Several<T: PartialSchema>;
}
