use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::defaults::BuiltIn;
use super::fields::{Field, FieldKind};
use super::words::{Choice, FieldName, OptionalLine, OptionalProse};
use crate::rest::body::{Keyed, from_body, object_member};
use crate::types::{Line, Locale, Prose};

/// What a form says, by language, as editors wrote it.
pub type WrittenCopy = Keyed<Locale, WrittenTexts, 20>;
/// What a form says, by language, whole.
pub type Copy = Keyed<Locale, Texts, 20>;

/// What a form says in one language. All of it is plain text, never HTML.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = FormTexts)]
pub struct Texts {
    #[schema(examples("Get our newsletter"))]
    pub title: String,
    /// May be empty.
    pub text: String,
    #[schema(examples("Subscribe"))]
    pub button: String,
    #[schema(examples("Email address"))]
    pub email_label: String,
    /// May be empty.
    pub email_placeholder: String,
    /// Empty where there is no such field.
    pub name_label: String,
    /// Empty where there is no such field.
    pub topics_label: String,
    /// What a reader agrees to by sending the form.
    pub consent: String,
    pub success_title: String,
    pub success_text: String,
    /// What leads away from the form.
    #[schema(examples("Not now"))]
    pub dismiss: String,
    /// What belongs to the form's own fields.
    #[schema(value_type = std::collections::BTreeMap<String, FieldTexts>)]
    pub fields: Keyed<FieldName, FieldTexts, 20>,
}

impl Texts {
    /// Gives labels to fields that lack them: those of the usual language, or else their names.
    pub fn label(&mut self, fields: &[Field], usual: Option<&Keyed<FieldName, FieldTexts, 20>>) {
        let own = fields
            .iter()
            .filter(|field| !matches!(field.kind, FieldKind::Name | FieldKind::Topics));
        for field in own {
            let usual = usual.and_then(|texts| texts.get(&field.name));
            if self.fields.get(&field.name).is_none() {
                let new = (field.name.clone(), FieldTexts::default());
                self.fields.0.push(new);
            }
            let Some((_, texts)) = self
                .fields
                .0
                .iter_mut()
                .find(|(name, _)| *name == field.name)
            else {
                continue;
            };
            if texts.label.is_none() {
                let usual = usual.and_then(|usual| usual.label.clone());
                texts.label = usual.or_else(|| field.name.as_label());
            }
            for (choice, label) in usual.into_iter().flat_map(|usual| &usual.options.0) {
                if texts.options.get(choice).is_none() {
                    texts.options.0.push((choice.clone(), label.clone()));
                }
            }
        }
    }
}

/// What a form says at one of its fields.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = FormFieldTexts)]
pub struct FieldTexts {
    /// Where there is none, the label in the form's `default_locale`, or else the field's name, as in `Favourite garden` for
    /// `favourite_garden`.
    #[schema(inline)]
    pub label: Option<Line<200>>,
    #[schema(inline)]
    pub placeholder: Option<Line<200>>,
    /// What is shown for each value of a `select`. Where there is nothing, the same in the form's `default_locale`, or else
    /// the value itself.
    #[schema(value_type = std::collections::BTreeMap<String, String>)]
    pub options: Keyed<Choice, Line<200>, 50>,
}

impl crate::rest::body::FromBody for FieldTexts {
    fn from_body(members: &mut crate::rest::body::Members<'_>) -> Option<Self> {
        let label = members.optional("label");
        let placeholder = members.optional("placeholder");
        let options = members.optional("options");
        Some(Self {
            label: label?,
            placeholder: placeholder?,
            options: options?.unwrap_or_default(),
        })
    }
}
object_member!(FieldTexts);

/// What a form says at one of its fields.
#[derive(ToSchema)]
#[schema(as = WrittenFieldTexts)]
#[expect(dead_code, reason = "describes a member; `FieldTexts` reads it")]
pub struct DescribedFieldTexts {
    /// The field's name when absent.
    #[schema(inline)]
    label: Option<Line<200>>,
    #[schema(inline)]
    placeholder: Option<Line<200>>,
    /// What is shown for each value of a `select`; the value itself where there is nothing.
    options: Option<std::collections::BTreeMap<String, String>>,
}

/// What a form says in one language, in plain text. What is absent is filled in; in languages other than English, French,
/// German, Spanish and Dutch there is nothing to fill it with, so that there only `text` and `email_placeholder` may be
/// absent, and the labels of fields that the form does not have.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WrittenTexts {
    #[schema(inline)]
    pub title: Option<Line<200>>,
    pub text: Option<OptionalProse>,
    #[schema(inline)]
    pub button: Option<Line<80>>,
    #[schema(inline)]
    pub email_label: Option<Line<100>>,
    pub email_placeholder: Option<OptionalLine>,
    #[schema(inline)]
    pub name_label: Option<Line<100>>,
    #[schema(inline)]
    pub topics_label: Option<Line<100>>,
    /// What a reader agrees to by sending the form.
    #[schema(inline)]
    pub consent: Option<Prose<2000>>,
    #[schema(inline)]
    pub success_title: Option<Line<200>>,
    #[schema(inline)]
    pub success_text: Option<Prose<2000>>,
    #[schema(inline)]
    pub dismiss: Option<Line<80>>,
    /// By the field's name.
    #[schema(value_type = Option<std::collections::BTreeMap<String, DescribedFieldTexts>>)]
    pub fields: Option<Keyed<FieldName, FieldTexts, 20>>,
}
from_body!(WrittenTexts {
    optional title, optional text, optional button, optional email_label, optional email_placeholder,
    optional name_label, optional topics_label, optional consent, optional success_title, optional success_text,
    optional dismiss, optional fields
});
object_member!(WrittenTexts);

/// Which texts a form can't be without, besides those that all need.
#[derive(Debug, Clone, Copy, Default)]
pub struct Needed {
    pub name_label: Need,
    pub topics_label: Need,
}

/// Whether a text is shown at all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Need {
    Shown,
    #[default]
    Hidden,
}

impl WrittenTexts {
    /// This, and what it lacks from another.
    pub fn over(&self, other: &Self) -> Self {
        macro_rules! whole {
            ($($member:ident),+) => {
                Self { $($member: self.$member.clone().or_else(|| other.$member.clone())),+ }
            };
        }
        whole!(
            title,
            text,
            button,
            email_label,
            email_placeholder,
            name_label,
            topics_label,
            consent,
            success_title,
            success_text,
            dismiss,
            fields
        )
    }

    /// What readers see: what is lacking comes from the built-in texts. The error names the members that nothing fills.
    pub fn filled(
        &self,
        built_in: Option<&BuiltIn>,
        needed: Needed,
    ) -> Result<Texts, Vec<&'static str>> {
        let mut missing = Vec::new();
        let mut fill =
            |name: &'static str, written: Option<&str>, ours: Option<&str>, need: Need| {
                let text = written.or(ours).unwrap_or_default();
                if text.is_empty() && need == Need::Shown {
                    missing.push(name);
                }
                text.to_owned()
            };
        macro_rules! texts {
            ($($member:ident $need:expr),+ $(,)?) => {
                Texts {
                    $($member: fill(
                        stringify!($member),
                        self.$member.as_ref().map(|text| text.as_str()),
                        built_in.map(|texts| texts.$member),
                        $need,
                    ),)+
                    fields: self.fields.clone().unwrap_or_default(),
                }
            };
        }
        let texts = texts! {
            title Need::Shown,
            text Need::Hidden,
            button Need::Shown,
            email_label Need::Shown,
            email_placeholder Need::Hidden,
            name_label needed.name_label,
            topics_label needed.topics_label,
            consent Need::Shown,
            success_title Need::Shown,
            success_text Need::Shown,
            dismiss Need::Shown,
        };
        if missing.is_empty() {
            Ok(texts)
        } else {
            Err(missing)
        }
    }
}
