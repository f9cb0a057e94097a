use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::words::{Choice, FieldName};
use crate::rest::body::{AtMost, Flag, FromBody, Members, object_member};
use crate::types::{Fault, closed_set};

closed_set! {
    /// What can be entered in a field.
    pub enum FieldKind {
        /// The reader's name. Its field is called `name`.
        Name = "name",
        /// Some of the form's topics. Its field is called `topics`.
        Topics = "topics",
        /// One line.
        Text = "text",
        /// One of the `options`.
        Select = "select",
        /// Yes or no.
        Checkbox = "checkbox",
    }
}

/// Names that mean something else in a sign-up.
const RESERVED: [&str; 10] = [
    "name",
    "topics",
    "email",
    "website",
    "consent",
    "form_id",
    "challenge",
    "nonce",
    "locale",
    "variant",
];

/// A field besides the address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = FormField)]
pub struct Field {
    pub name: FieldName,
    pub kind: FieldKind,
    /// Whether the form can't be sent without it. A checkbox that is required must be ticked.
    pub required: bool,
    /// The values of a `select`; empty for any other.
    #[schema(value_type = Vec<Choice>)]
    pub options: AtMost<Choice, 50>,
}

impl FromBody for Field {
    fn from_body(members: &mut Members<'_>) -> Option<Self> {
        let name = members.required::<FieldName>("name");
        let kind = members.required::<FieldKind>("kind");
        let required = members.optional::<Flag>("required");
        let options = members.optional::<AtMost<Choice, 50>>("options");
        let (name, kind) = (name?, kind?);
        let (required, options) = (required?, options?.unwrap_or_default());
        let own_name = matches!(kind, FieldKind::Name | FieldKind::Topics).then(|| kind.as_str());
        let is_named_well = match own_name {
            Some(own) => name.as_str() == own,
            None => !RESERVED.contains(&name.as_str()),
        };
        if !is_named_well {
            let detail = match own_name {
                Some(own) => format!("a field of this kind is called `{own}`"),
                None => format!("`{}` means something else in a sign-up", name.as_str()),
            };
            return members.refuse("name", Fault::new("reserved", detail));
        }
        let distinct: HashSet<&str> = options.0.iter().map(Choice::as_str).collect();
        let fault = match kind {
            FieldKind::Select if options.0.is_empty() => Some(Fault::required()),
            FieldKind::Select if distinct.len() < options.0.len() => {
                Some(Fault::new("repeated", "has a value twice"))
            }
            FieldKind::Select => None,
            _ if options.0.is_empty() => None,
            _ => Some(Fault::new("conflicting", "only a `select` has options")),
        };
        if let Some(fault) = fault {
            return members.refuse("options", fault);
        }
        Some(Self {
            name,
            kind,
            required: required.is_some_and(|Flag(required)| required),
            options,
        })
    }
}
object_member!(Field);

/// Whether all fields have names of their own; else the first that has not.
pub fn repeated(fields: &[Field]) -> Option<usize> {
    let mut seen = HashSet::new();
    fields
        .iter()
        .position(|field| !seen.insert(field.name.as_str()))
}

/// A field besides the address, which is always there.
#[derive(ToSchema)]
#[schema(as = WrittenField)]
#[expect(dead_code, reason = "describes a member; `Field` reads it")]
pub struct DescribedField {
    name: FieldName,
    kind: FieldKind,
    /// `false` when absent.
    required: Option<bool>,
    /// The values of a `select`, which needs some; no other kind has any.
    #[schema(max_items = 50)]
    options: Option<Vec<Choice>>,
}
