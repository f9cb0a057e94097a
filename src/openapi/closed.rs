//! Request bodies take no members but those that are named.

use std::collections::BTreeSet;

use utoipa::openapi::path::Operation;
use utoipa::openapi::schema::{AdditionalProperties, ArrayItems};
use utoipa::openapi::{Components, RefOr, Schema};

/// Says so of everything that a request body is made of.
pub fn close_bodies<'a>(
    components: &mut Components,
    operations: impl Iterator<Item = &'a Operation>,
) {
    let mut reached = BTreeSet::new();
    for operation in operations {
        let Some(RefOr::T(body)) = &operation.request_body else {
            continue;
        };
        for content in body.content.values() {
            if let RefOr::T(content) = content
                && let Some(schema) = &content.schema
            {
                reach(schema, components, &mut reached);
            }
        }
    }
    for name in reached {
        if let Some(RefOr::T(Schema::Object(object))) = components.schemas.get_mut(&name)
            && !object.properties.is_empty()
        {
            object.additional_properties = Some(Box::new(AdditionalProperties::FreeForm(false)));
        }
    }
}

/// Notes the names of all components that a schema is made of.
fn reach(schema: &RefOr<Schema>, components: &Components, reached: &mut BTreeSet<String>) {
    match schema {
        RefOr::Ref(reference) => {
            let name = component_of(&reference.ref_location).to_owned();
            if let Some(schema) = components.schemas.get(&name)
                && reached.insert(name)
            {
                reach(schema, components, reached);
            }
        }
        RefOr::T(Schema::Object(object)) => {
            for property in object.properties.values() {
                reach(property, components, reached);
            }
            if let Some(AdditionalProperties::RefOr(entry)) =
                object.additional_properties.as_deref()
            {
                reach(entry, components, reached);
            }
        }
        RefOr::T(Schema::Array(array)) => {
            if let ArrayItems::RefOrSchema(item) = &array.items {
                reach(item, components, reached);
            }
        }
        RefOr::T(Schema::OneOf(choice)) => {
            for item in &choice.items {
                reach(item, components, reached);
            }
        }
        RefOr::T(_) => {}
    }
}

/// The name of the component that a reference leads to.
pub fn component_of(location: &str) -> &str {
    location.rsplit('/').next().unwrap_or(location)
}
