use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::forms::values::{
    DescribedField, DescribedFrequency, DescribedLetter, DescribedSuccess, DescribedTargeting,
    DescribedTrigger, DescribedVariant, FormDisplay, FormKey, FormPosition, Settings, Weight,
    WrittenStyle, WrittenTexts,
};
use crate::rest::body::{AtMost, Flag, FromBody, Members, Raw};
use crate::types::{Line, Locale, Patch, Reference, TagId};

// The document knows types without parameters alone.
type TagReference = Reference<TagId>;
type Copies = std::collections::BTreeMap<String, WrittenTexts>;
type Mails = std::collections::BTreeMap<String, DescribedLetter>;

/// A new form, or one with a patch applied.
pub struct CreateForm {
    pub key: FormKey,
    pub name: Line<200>,
    pub active: bool,
    pub topics: Vec<Reference<TagId>>,
    pub settings: Settings,
}

impl FromBody for CreateForm {
    fn from_body(members: &mut Members<'_>) -> Option<Self> {
        let key = members.required("key");
        let name = members.required("name");
        let active = members.optional::<Flag>("active");
        let topics = members.optional::<AtMost<Reference<TagId>, 50>>("topics");
        let settings = Settings::from_body(members);
        Some(Self {
            key: key?,
            name: name?,
            active: active?.is_none_or(|Flag(active)| active),
            topics: topics?.unwrap_or_default().0,
            settings: settings?,
        })
    }
}

/// The members of a form that can be written, for the OpenAPI document.
macro_rules! described {
    ($(#[$attribute:meta])* $name:ident as $title:ident { $($(#[$own:meta])* $member:ident: $type:ty,)+ }) => {
        #[derive(ToSchema)]
        $(#[$attribute])*
        #[schema(as = $title)]
        #[expect(dead_code, reason = "describes a body; `Settings` reads it")]
        pub struct $name {
            $($(#[$own])* $member: $type,)+
            /// In which place of its display it stands: `slide_in` knows `bottom_right` (the usual), `bottom_left`,
            /// `center_right` and `center_left`; `bar` knows `bottom` (the usual) and `top`; `modal` knows `center`; `inline`
            /// none.
            position: Option<FormPosition>,
            /// When absent: `immediate` for `inline`, 60 % of the page for `slide_in` and `bar`, `exit_intent` for `modal`.
            trigger: Option<DescribedTrigger>,
            frequency: Option<DescribedFrequency>,
            targeting: Option<DescribedTargeting>,
            /// By language, at most 20. When absent it speaks English, French, German, Spanish and Dutch by itself.
            copy: Option<Copies>,
            /// The language for pages in none of those that it speaks; one of those of `copy`. English when absent, or the
            /// first.
            default_locale: Option<Locale>,
            /// The fields besides the address, which is always there.
            #[schema(max_items = 20)]
            fields: Option<Vec<DescribedField>>,
            /// Slugs or ids of the tags that it subscribes to, or offers where it has a field of the kind `topics`.
            #[schema(value_type = Option<Vec<TagReference>>, inline, max_items = 50)]
            topics: Option<Vec<TagReference>>,
            style: Option<WrittenStyle>,
            /// A message when absent.
            success: Option<DescribedSuccess>,
            /// By language, at most 20. None when absent.
            welcome_mail: Option<Mails>,
            /// Whether subscribers are asked by mail whether it was really them: `true` when absent.
            double_opt_in: Option<bool>,
            /// Whether readers get it: `true` when absent.
            active: Option<bool>,
            /// How often the form itself is shown, which is variant `a`, in proportion to the others: 1 when absent.
            #[schema(inline)]
            weight: Option<Weight>,
            /// Other ways to show it.
            #[schema(max_items = 8)]
            variants: Option<Vec<DescribedVariant>>,
        }
    };
}

described! {
    /// A new form. Only `key`, `name` and `display` are required.
    DescribedCreateForm as CreateForm {
        /// Not like an id.
        #[schema(value_type = String, min_length = 1, max_length = 64, pattern = "^[A-Za-z0-9_-]+$", examples("314"))]
        key: FormKey,
        #[schema(inline, examples("Slide-in below articles"))]
        name: Line<200>,
        display: FormDisplay,
    }
}

described! {
    /// Changes to a form: a JSON merge patch, where `null` puts the default back. Lists are replaced whole, and so are
    /// `trigger` and `success` where the patch has their `kind`.
    DescribedUpdateForm as UpdateForm {
        /// Not like an id.
        #[schema(value_type = Option<String>, nullable = false, min_length = 1, max_length = 64, pattern = "^[A-Za-z0-9_-]+$", examples("314"))]
        key: Option<FormKey>,
        #[schema(nullable = false, inline, examples("Slide-in below articles"))]
        name: Option<Line<200>>,
        #[schema(value_type = FormDisplay, required = false)]
        display: Option<FormDisplay>,
    }
}

const MEMBERS: [&str; 18] = [
    "key",
    "name",
    "display",
    "position",
    "trigger",
    "frequency",
    "targeting",
    "copy",
    "default_locale",
    "fields",
    "topics",
    "style",
    "success",
    "welcome_mail",
    "double_opt_in",
    "active",
    "weight",
    "variants",
];

/// Changes to a form, to be read once they are applied: what is right depends on the whole.
pub struct UpdateForm(Vec<(&'static str, Patch<Raw>)>);

impl FromBody for UpdateForm {
    fn from_body(members: &mut Members<'_>) -> Option<Self> {
        let changes = MEMBERS.map(|name| Some((name, members.patch(name)?)));
        changes.into_iter().collect::<Option<_>>().map(Self)
    }
}

impl UpdateForm {
    /// The members after the patch.
    pub fn over(self, mut form: Map<String, Value>) -> Map<String, Value> {
        for (name, change) in self.0 {
            match change {
                Patch::Keep => {}
                Patch::Clear => drop(form.remove(name)),
                Patch::Set(Raw(value)) => {
                    let is_another =
                        matches!(name, "trigger" | "success") && value.get("kind").is_some();
                    let target = form.entry(name).or_insert(Value::Null);
                    if is_another {
                        *target = value;
                    } else {
                        Raw(value).merge_into(target);
                    }
                }
            }
        }
        form
    }
}
