//! What answers look like when `fields` chooses their members: none of them has to be there.

use std::collections::BTreeSet;

use utoipa::openapi::path::{Operation, Parameter};
use utoipa::openapi::schema::{AnyOfBuilder, ArrayItems, Object};
use utoipa::openapi::{Components, Ref, RefOr, Schema};

use super::closed::component_of;

/// How components of lists are called, before the name of their entries.
const LISTS: [&str; 2] = ["List_", "SearchResults_"];
/// The member of a list that holds its entries.
const ENTRIES: &str = "data";
/// How a component is called whose members may all be missing, before its name.
const SOME: &str = "Some";

/// Says what lists are of by name, where the whole entry was written out.
pub fn name_entries(components: &mut Components) {
    for (name, schema) in &mut components.schemas {
        if let Some(entry) = entry_of(name)
            && let RefOr::T(Schema::Object(list)) = schema
        {
            set_entries(list, entry);
        }
    }
}

/// What a list is of, if it is one.
fn entry_of(name: &str) -> Option<&str> {
    LISTS.iter().find_map(|list| name.strip_prefix(list))
}

fn set_entries(list: &mut Object, entry: &str) {
    if let Some(RefOr::T(Schema::Array(entries))) = list.properties.get_mut(ENTRIES) {
        let entry = Ref::from_schema_name(entry);
        entries.items = ArrayItems::RefOrSchema(Box::new(entry.into()));
    }
}

/// Adds, to the answer of an operation that takes `fields`, the form it has then.
pub fn describe_chosen(components: &mut Components, operation: &mut Operation) {
    let parameters = operation.parameters.iter().flatten();
    let fields = parameters.filter_map(|parameter| match parameter {
        RefOr::T(parameter) => (parameter.name == "fields").then_some(parameter),
        RefOr::Ref(_) => None,
    });
    let Some(opened) = fields.map(opened_members).next() else {
        return;
    };
    let Some(RefOr::T(answer)) = operation.responses.responses.get_mut("200") else {
        return;
    };
    for content in answer.content.values_mut() {
        if let RefOr::T(content) = content
            && let Some(RefOr::Ref(whole)) = &content.schema
            && let name = component_of(&whole.ref_location).to_owned()
            && let Some(part) = chosen(components, &name, &opened)
        {
            let either = AnyOfBuilder::new()
                .item(Ref::from_schema_name(name))
                .item(Ref::from_schema_name(part));
            content.schema = Some(either.into());
        }
    }
}

/// The members that `fields` can reach into: those with a dot behind them.
fn opened_members(fields: &Parameter) -> BTreeSet<String> {
    let Some(RefOr::T(Schema::Array(names))) = &fields.schema else {
        return BTreeSet::new();
    };
    let ArrayItems::RefOrSchema(name) = &names.items else {
        return BTreeSet::new();
    };
    let RefOr::T(Schema::Object(name)) = name.as_ref() else {
        return BTreeSet::new();
    };
    let known = name.enum_values.iter().flatten();
    known
        .filter_map(|name| name.as_str()?.split_once('.'))
        .map(|(outer, _)| outer.to_owned())
        .collect()
}

/// Makes the component whose members may all be missing, and answers its name. Of a list, its entries are meant.
fn chosen(components: &mut Components, name: &str, opened: &BTreeSet<String>) -> Option<String> {
    let part = format!("{SOME}{name}");
    let mut object = whole(components, components.schemas.get(name)?)?;
    if let Some(entry) = entry_of(name) {
        set_entries(&mut object, &chosen(components, entry, opened)?);
    } else {
        let told = object.description.unwrap_or_default();
        object.description = Some(format!(
            "{told} Only the members that `fields` names are there."
        ));
        object.required.clear();
        for (name, member) in &mut object.properties {
            if opened.contains(name) {
                choose_inside(components, member);
            }
        }
    }
    components
        .schemas
        .insert(part.clone(), RefOr::T(Schema::Object(object)));
    Some(part)
}

/// A schema as one object, where it is made of several.
fn whole(components: &Components, schema: &RefOr<Schema>) -> Option<Object> {
    match schema {
        RefOr::Ref(reference) => {
            let name = component_of(&reference.ref_location);
            whole(components, components.schemas.get(name)?)
        }
        RefOr::T(Schema::Object(object)) => Some(object.clone()),
        RefOr::T(Schema::AllOf(parts)) => {
            let mut all = Object::new();
            for part in &parts.items {
                let part = whole(components, part)?;
                all.properties.extend(part.properties);
                all.required.extend(part.required);
            }
            all.description.clone_from(&parts.description);
            Some(all)
        }
        RefOr::T(_) => None,
    }
}

fn choose_inside(components: &mut Components, member: &mut RefOr<Schema>) {
    match member {
        RefOr::Ref(reference) => {
            let name = component_of(&reference.ref_location).to_owned();
            if let Some(part) = chosen(components, &name, &BTreeSet::new()) {
                reference.ref_location = Ref::from_schema_name(part).ref_location;
            }
        }
        RefOr::T(Schema::Array(list)) => {
            if let ArrayItems::RefOrSchema(item) = &mut list.items {
                choose_inside(components, item);
            }
        }
        RefOr::T(_) => {}
    }
}
