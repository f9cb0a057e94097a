use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::appearance::{Style, WrittenStyle};
use super::copy::{Copy, WrittenCopy, WrittenTexts};
use super::key::VariantKey;
use super::placement::{DescribedTrigger, FormDisplay, FormPosition, Trigger};
use crate::rest::body::{FromBody, Members, object_member};
use crate::types::{Fault, Whole};

/// How often a variant is shown, in proportion to the others.
pub type Weight = Whole<0, 1000>;

/// Another way to show the form: what is `null` is as in the form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = FormVariant)]
pub struct Variant {
    pub key: VariantKey,
    #[schema(inline)]
    pub weight: Weight,
    pub display: Option<FormDisplay>,
    pub position: Option<FormPosition>,
    pub trigger: Option<Trigger>,
    /// What it lacks is as in the form.
    pub style: Option<WrittenStyle>,
    /// What it lacks is as in the form.
    #[schema(value_type = Option<std::collections::BTreeMap<String, WrittenTexts>>)]
    pub copy: Option<WrittenCopy>,
}

impl FromBody for Variant {
    fn from_body(members: &mut Members<'_>) -> Option<Self> {
        let key = members.required::<VariantKey>("key");
        let weight = members.optional("weight");
        let display = members.optional("display");
        let position = members.optional("position");
        let trigger = members.optional("trigger");
        let style = members.optional("style");
        let copy = members.optional("copy");
        let key = key?;
        if key.is_form_itself() {
            let fault = Fault::new("reserved", "`a` is the form itself; call it something else");
            return members.refuse("key", fault);
        }
        Some(Self {
            key,
            weight: match weight? {
                Some(weight) => weight,
                None => Whole::new(1).ok()?,
            },
            display: display?,
            position: position?,
            trigger: trigger?,
            style: style?,
            copy: copy?,
        })
    }
}
object_member!(Variant);

/// Another way to show the form: what is absent is as in the form.
#[derive(ToSchema)]
#[schema(as = WrittenVariant)]
#[expect(dead_code, reason = "describes a member; `Variant` reads it")]
pub struct DescribedVariant {
    /// Not `a`, which is the form itself.
    key: VariantKey,
    /// How often it is shown, in proportion to the others: 1 when absent.
    #[schema(inline)]
    weight: Option<Weight>,
    display: Option<FormDisplay>,
    position: Option<FormPosition>,
    trigger: Option<DescribedTrigger>,
    style: Option<WrittenStyle>,
    /// In languages that the form has.
    copy: Option<std::collections::BTreeMap<String, WrittenTexts>>,
}

/// Another way to show the form. Only what differs is there, and that is whole: put it in the place of the form's own.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ShownVariant {
    pub key: VariantKey,
    #[schema(inline)]
    pub weight: Weight,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display: Option<FormDisplay>,
    /// Goes with `display`: `null` where that is `inline`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<Option<FormPosition>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trigger: Option<Trigger>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub style: Option<Style>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<std::collections::BTreeMap<String, super::Texts>>)]
    pub copy: Option<Copy>,
}
