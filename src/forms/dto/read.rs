use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::forms::model::WholeForm;
use crate::forms::values::{
    Copy, Field, FormDisplay, FormKey, FormPosition, Frequency, Letter, Letters, ShownVariant,
    Style, Success, Targeting, Texts, Trigger, Variant, Weight,
};
use crate::platform::config::ProofOfWork;
use crate::rest::Problem;
use crate::tags::TagSummary;
use crate::types::{Fault, FormId, Locale};

/// A form, as it is edited.
#[derive(Debug, Serialize, ToSchema)]
pub struct Form {
    pub id: FormId,
    #[schema(value_type = String, examples("314"))]
    pub key: FormKey,
    #[schema(examples("Slide-in below articles"))]
    pub name: String,
    pub display: FormDisplay,
    /// `null` for `inline`.
    pub position: Option<FormPosition>,
    pub trigger: Trigger,
    pub frequency: Frequency,
    pub targeting: Targeting,
    /// By language, built-in texts included.
    #[schema(value_type = std::collections::BTreeMap<String, Texts>)]
    pub copy: Copy,
    /// The language for pages in none of those that it speaks.
    pub default_locale: Locale,
    /// The fields besides the address, which is always there.
    pub fields: Vec<Field>,
    /// The tags that it subscribes to, or offers where it has a field of the kind `topics`.
    pub topics: Vec<TagSummary>,
    pub style: Style,
    pub success: Success,
    /// By language.
    #[schema(value_type = Option<std::collections::BTreeMap<String, Letter>>)]
    pub welcome_mail: Option<Letters>,
    /// Whether subscribers are asked by mail whether it was really them.
    pub double_opt_in: bool,
    /// Whether readers get it.
    pub active: bool,
    /// How often the form itself is shown, which is variant `a`, in proportion to the others.
    #[schema(inline)]
    pub weight: Weight,
    /// Other ways to show it.
    pub variants: Vec<Variant>,
    /// Which wording readers see now.
    #[schema(minimum = 1)]
    pub wording_version: i32,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// A form, as a page needs it.
#[derive(Debug, Serialize, ToSchema)]
pub struct PublicForm {
    pub id: FormId,
    #[schema(value_type = String, examples("314"))]
    pub key: FormKey,
    pub display: FormDisplay,
    /// `null` for `inline`.
    pub position: Option<FormPosition>,
    pub trigger: Trigger,
    pub frequency: Frequency,
    pub targeting: Targeting,
    /// By language, whole.
    #[schema(value_type = std::collections::BTreeMap<String, Texts>)]
    pub copy: Copy,
    /// The language for pages in none of those that it speaks.
    pub default_locale: Locale,
    /// The fields besides the address, which is always there.
    pub fields: Vec<Field>,
    pub topics: Vec<TagSummary>,
    pub style: Style,
    pub success: Success,
    /// Whether a mail follows that asks whether it was really them.
    pub double_opt_in: bool,
    /// How often the form itself is shown, which is variant `a`, in proportion to the others.
    #[schema(inline)]
    pub weight: Weight,
    pub variants: Vec<ShownVariant>,
    /// Which wording this is: send it with the subscription.
    #[schema(minimum = 1)]
    pub wording_version: i32,
    /// Whether subscriptions need a proof of work.
    pub proof_of_work: bool,
}

impl Form {
    /// The form as editors see it.
    pub fn of(form: WholeForm) -> Result<Self, Problem> {
        let WholeForm {
            row,
            wording,
            topics,
        } = form;
        let settings = row.settings;
        Ok(Self {
            id: row.id,
            key: row.key,
            name: row.name,
            display: settings.display,
            position: settings.shown_position(),
            trigger: settings.shown_trigger(),
            copy: wording.copy,
            style: settings.style.shown().map_err(unshowable)?,
            frequency: settings.frequency,
            targeting: settings.targeting,
            default_locale: settings.default_locale,
            fields: settings.fields.0,
            topics: topics.iter().map(TagSummary::from).collect(),
            success: settings.success,
            welcome_mail: settings.welcome_mail,
            double_opt_in: settings.double_opt_in,
            active: row.active,
            weight: settings.weight,
            variants: settings.variants.0,
            wording_version: row.wording_version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

impl PublicForm {
    /// The form as readers see it.
    pub fn of(form: WholeForm, proof: ProofOfWork) -> Result<Self, Problem> {
        let WholeForm {
            row,
            wording,
            topics,
        } = form;
        let settings = row.settings;
        Ok(Self {
            id: row.id,
            key: row.key,
            display: settings.display,
            position: settings.shown_position(),
            trigger: settings.shown_trigger(),
            variants: settings.shown_variants(&wording).map_err(unshowable)?,
            copy: wording.copy,
            style: settings.style.shown().map_err(unshowable)?,
            frequency: settings.frequency,
            targeting: settings.targeting,
            default_locale: settings.default_locale,
            fields: settings.fields.0,
            topics: topics.iter().map(TagSummary::from).collect(),
            success: settings.success,
            double_opt_in: settings.double_opt_in,
            weight: settings.weight,
            wording_version: row.wording_version,
            proof_of_work: proof == ProofOfWork::On,
        })
    }
}

/// What we hold can't be shown: our fault.
pub fn unshowable(fault: Fault) -> Problem {
    anyhow::anyhow!("a form can't be shown: {}", fault.detail).into()
}
