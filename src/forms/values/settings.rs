use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::appearance::{Success, WrittenStyle};
use super::copy::{Copy, Need, Needed, WrittenCopy, WrittenTexts};
use super::defaults::{BuiltIn, LANGUAGES, Next};
use super::fields::{Field, FieldKind, repeated};
use super::key::VariantKey;
use super::placement::{FormDisplay, FormPosition, Trigger};
use super::targeting::Targeting;
use super::variants::{ShownVariant, Variant, Weight};
use super::welcome::Letters;
use crate::rest::body::{AtMost, Flag, FromBody, Keyed, Members, object_member};
use crate::types::{Fault, Locale, Parse, Whole, stored_as_json};

type Hours = Whole<0, 87_600>;

/// How often a reader sees a form. The script on the page remembers it, in the reader's browser alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = FormFrequency)]
pub struct Frequency {
    /// How long it stays away after it was shown.
    #[schema(inline)]
    pub hours_after_shown: Hours,
    /// How long it stays away after it was dismissed.
    #[schema(inline)]
    pub hours_after_dismissed: Hours,
    /// Whether it stays away for good once somebody has subscribed.
    pub hide_once_subscribed: bool,
    /// How often it is shown at most within `per_days`; `null`: no limit.
    #[schema(inline)]
    pub most: Option<Whole<1, 1000>>,
    #[schema(inline)]
    pub per_days: Whole<1, 365>,
}

impl FromBody for Frequency {
    fn from_body(members: &mut Members<'_>) -> Option<Self> {
        let hours_after_shown = members.optional("hours_after_shown");
        let hours_after_dismissed = members.optional("hours_after_dismissed");
        let hide_once_subscribed = members.optional::<Flag>("hide_once_subscribed");
        let most = members.optional("most");
        let per_days = members.optional("per_days");
        let usual = Self::usual()?;
        Some(Self {
            hours_after_shown: hours_after_shown?.unwrap_or(usual.hours_after_shown),
            hours_after_dismissed: hours_after_dismissed?.unwrap_or(usual.hours_after_dismissed),
            hide_once_subscribed: hide_once_subscribed?.is_none_or(|Flag(hides)| hides),
            most: most?,
            per_days: per_days?.unwrap_or(usual.per_days),
        })
    }
}
object_member!(Frequency);

/// How often a reader sees a form: what is absent has a default.
#[derive(ToSchema)]
#[schema(as = WrittenFrequency)]
#[expect(dead_code, reason = "describes a member; `Frequency` reads it")]
pub struct DescribedFrequency {
    /// How long it stays away after it was shown: 0 when absent.
    #[schema(inline)]
    hours_after_shown: Option<Hours>,
    /// How long it stays away after it was dismissed: 336, two weeks, when absent.
    #[schema(inline)]
    hours_after_dismissed: Option<Hours>,
    /// Whether it stays away for good once somebody has subscribed: `true` when absent.
    hide_once_subscribed: Option<bool>,
    /// How often it is shown at most within `per_days`; no limit when absent.
    #[schema(inline)]
    most: Option<Whole<1, 1000>>,
    /// 30 when absent.
    #[schema(inline)]
    per_days: Option<Whole<1, 365>>,
}

/// Everything of a form but its key, its name, its topics and whether it is in use: as it was written.
#[derive(
    Debug,
    Clone,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    diesel::expression::AsExpression,
    diesel::deserialize::FromSqlRow,
)]
#[diesel(sql_type = diesel::sql_types::Jsonb)]
pub struct Settings {
    pub display: FormDisplay,
    /// `None`: the usual one of the display.
    pub position: Option<FormPosition>,
    /// `None`: the usual one of the display.
    pub trigger: Option<Trigger>,
    pub frequency: Frequency,
    pub targeting: Targeting,
    pub copy: WrittenCopy,
    pub default_locale: Locale,
    pub fields: AtMost<Field, 20>,
    pub style: WrittenStyle,
    pub success: Success,
    pub welcome_mail: Option<Letters>,
    pub double_opt_in: bool,
    pub weight: Weight,
    pub variants: AtMost<Variant, 8>,
}
stored_as_json!(Settings);

/// All that a form says, whole: what a version of it keeps.
#[derive(
    Debug,
    Clone,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    diesel::expression::AsExpression,
    diesel::deserialize::FromSqlRow,
)]
#[diesel(sql_type = diesel::sql_types::Jsonb)]
pub struct Wording {
    pub copy: Copy,
    /// What the variants say that say something else.
    pub variants: Keyed<VariantKey, Copy, 8>,
}
stored_as_json!(Wording);

impl Wording {
    /// Whether readers see the same, in whatever order the database keeps it.
    pub fn says_the_same_as(&self, other: &Self) -> bool {
        let text = |wording| serde_json::to_value(wording).ok();
        text(self) == text(other)
    }
}

impl FromBody for Settings {
    fn from_body(members: &mut Members<'_>) -> Option<Self> {
        let display = members.required("display");
        let position = members.optional("position");
        let trigger = members.optional("trigger");
        let frequency = members.optional("frequency");
        let targeting = members.optional("targeting");
        let copy = members.optional("copy");
        let default_locale = members.optional("default_locale");
        let fields = members.optional("fields");
        let style = members.optional("style");
        let success = members.optional("success");
        let welcome_mail = members.optional("welcome_mail");
        let double_opt_in = members.optional::<Flag>("double_opt_in");
        let weight = members.optional("weight");
        let variants = members.optional("variants");
        let (copy, default_locale) = spoken(copy?, default_locale?);
        let settings = Self {
            display: display?,
            position: position?,
            trigger: trigger?,
            frequency: match frequency? {
                Some(frequency) => frequency,
                None => Frequency::usual()?,
            },
            targeting: targeting?.unwrap_or_default(),
            copy,
            default_locale,
            fields: fields?.unwrap_or_default(),
            style: style?.unwrap_or_default(),
            success: success?.unwrap_or_default(),
            welcome_mail: welcome_mail?,
            double_opt_in: double_opt_in?.is_none_or(|Flag(asks)| asks),
            weight: weight?.or(Weight::new(1).ok())?,
            variants: variants?.unwrap_or_default(),
        };
        let faults = settings.faults();
        if faults.is_empty() {
            return Some(settings);
        }
        for (pointer, fault) in faults {
            members.refuse::<()>(&pointer, fault);
        }
        None
    }
}

impl Frequency {
    fn usual() -> Option<Self> {
        Some(Self {
            hours_after_shown: Whole::new(0).ok()?,
            hours_after_dismissed: Whole::new(14 * 24).ok()?,
            hide_once_subscribed: true,
            most: None,
            per_days: Whole::new(30).ok()?,
        })
    }
}

/// The languages of a form, and which it speaks where it does not know the page's. A form that nobody wrote anything for
/// speaks all that it can by itself.
fn spoken(copy: Option<WrittenCopy>, default: Option<Locale>) -> (WrittenCopy, Locale) {
    let mut copy = copy.unwrap_or_default();
    if copy.0.is_empty() {
        let known = LANGUAGES.iter().filter_map(|tag| Locale::parse(tag).ok());
        copy = Keyed(
            known
                .map(|locale| (locale, WrittenTexts::default()))
                .collect(),
        );
        if let Some(wanted) = &default
            && copy.get(wanted).is_none()
        {
            copy.0.push((wanted.clone(), WrittenTexts::default()));
        }
    }
    let english = Locale::default();
    let default = default.unwrap_or_else(|| match (copy.get(&english), copy.0.first()) {
        (None, Some((first, _))) => first.clone(),
        _ => english,
    });
    (copy, default)
}

impl Settings {
    /// Where it stands.
    pub fn shown_position(&self) -> Option<FormPosition> {
        self.position.or(self.display.usual_position())
    }

    /// What makes it appear.
    pub fn shown_trigger(&self) -> Trigger {
        self.trigger
            .clone()
            .unwrap_or_else(|| self.display.usual_trigger())
    }

    /// All that it says. Fails where something is lacking, which [`Settings::from_body`] has seen to.
    pub fn wording(&self) -> Result<Wording, Fault> {
        let usual = self.copy.get(&self.default_locale);
        let whole = |locale: &Locale, texts: &WrittenTexts| {
            let filled = texts.filled(self.built_in(locale).as_ref(), self.needed());
            let mut filled = filled.map_err(|_| Fault::required())?;
            filled.label(
                &self.fields.0,
                usual.and_then(|usual| usual.fields.as_ref()),
            );
            Ok::<_, Fault>(filled)
        };
        let mut copy = Vec::new();
        for (locale, texts) in &self.copy.0 {
            copy.push((locale.clone(), whole(locale, texts)?));
        }
        let mut variants = Vec::new();
        for variant in &self.variants.0 {
            let Some(own) = variant.copy.as_ref().filter(|own| !own.0.is_empty()) else {
                continue;
            };
            let mut copy = Vec::new();
            for (locale, texts) in &self.copy.0 {
                let texts = match own.get(locale) {
                    Some(own) => own.over(texts),
                    None => texts.clone(),
                };
                copy.push((locale.clone(), whole(locale, &texts)?));
            }
            variants.push((variant.key.clone(), Keyed(copy)));
        }
        Ok(Wording {
            copy: Keyed(copy),
            variants: Keyed(variants),
        })
    }

    /// The variants as readers see them, who see this wording.
    pub fn shown_variants(&self, wording: &Wording) -> Result<Vec<ShownVariant>, Fault> {
        let shown = |variant: &Variant| {
            let display = variant.display.unwrap_or(self.display);
            let is_moved = variant.display.is_some() || variant.position.is_some();
            let position = variant.position.or_else(|| match variant.display {
                Some(display) if display != self.display => display.usual_position(),
                _ => self.shown_position(),
            });
            let follows_display = variant.display.is_some() && self.trigger.is_none();
            let usual = follows_display.then(|| display.usual_trigger());
            let style = variant.style.as_ref();
            Ok(ShownVariant {
                key: variant.key.clone(),
                weight: variant.weight,
                display: variant.display,
                position: is_moved.then_some(position),
                trigger: variant.trigger.clone().or(usual),
                style: style.map(|own| own.over(&self.style).shown()).transpose()?,
                copy: wording.variants.get(&variant.key).cloned(),
            })
        };
        self.variants.0.iter().map(shown).collect()
    }

    fn built_in(&self, locale: &Locale) -> Option<BuiltIn> {
        let next = if self.double_opt_in {
            Next::Confirmation
        } else {
            Next::Nothing
        };
        BuiltIn::of(locale, next)
    }

    fn needed(&self) -> Needed {
        let need = |kind: FieldKind| {
            if self.fields.0.iter().any(|field| field.kind == kind) {
                Need::Shown
            } else {
                Need::Hidden
            }
        };
        Needed {
            name_label: need(FieldKind::Name),
            topics_label: need(FieldKind::Topics),
        }
    }

    /// What does not go together, with the pointers of its places.
    fn faults(&self) -> Vec<(String, Fault)> {
        let mut faults = Vec::new();
        if let Err(fault) = self.display.check_position(self.position) {
            faults.push(("position".to_owned(), fault));
        }
        if self.copy.get(&self.default_locale).is_none() {
            let fault = Fault::new("unknown_locale", "must be one of the languages of `copy`");
            faults.push(("default_locale".to_owned(), fault));
        }
        if let Some(index) = repeated(&self.fields.0) {
            let fault = Fault::new("repeated", "another field has this name");
            faults.push((format!("fields/{index}/name"), fault));
        }
        for (locale, texts) in &self.copy.0 {
            let built_in = self.built_in(locale);
            let missing = texts.filled(built_in.as_ref(), self.needed()).err();
            for member in missing.unwrap_or_default() {
                let fault = Fault::new("required", "there is no built-in text in this language");
                faults.push((format!("copy/{}/{member}", locale.as_str()), fault));
            }
        }
        self.variant_faults(&mut faults);
        faults
    }

    fn variant_faults(&self, faults: &mut Vec<(String, Fault)>) {
        let mut total = self.weight.get();
        for (index, variant) in self.variants.0.iter().enumerate() {
            total += variant.weight.get();
            let before = &self.variants.0[..index];
            if before.iter().any(|other| other.key == variant.key) {
                let fault = Fault::new("repeated", "another variant has this key");
                faults.push((format!("variants/{index}/key"), fault));
            }
            let display = variant.display.unwrap_or(self.display);
            if let Err(fault) = display.check_position(variant.position) {
                faults.push((format!("variants/{index}/position"), fault));
            }
            let languages = variant.copy.iter().flat_map(|copy| &copy.0);
            for (locale, _) in languages.filter(|(locale, _)| self.copy.get(locale).is_none()) {
                let fault = Fault::new("unknown_locale", "the form has no copy in this language");
                faults.push((format!("variants/{index}/copy/{}", locale.as_str()), fault));
            }
        }
        if total == 0 {
            let fault = Fault::new("conflicting", "nothing would be shown: all weights are 0");
            faults.push(("weight".to_owned(), fault));
        }
    }
}
