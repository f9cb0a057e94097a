use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::words::{Colour, SafeAddress};
use crate::rest::body::{FromBody, Members, from_body, object_member};
use crate::types::{Fault, Parse, Whole, closed_set};

closed_set! {
    /// The letters of a form.
    pub enum FormFont {
        /// Those of the reader's system.
        System = "system",
        Serif = "serif",
        Sans = "sans",
        /// Those of the page.
        Inherit = "inherit",
    }
}

closed_set! {
    /// Light or dark.
    pub enum FormScheme {
        /// As the reader's system is set.
        Auto = "auto",
        Light = "light",
        Dark = "dark",
    }
}

/// Radius of the corners, in CSS pixels.
type Radius = Whole<0, 40>;

/// How a form looks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = FormStyle)]
pub struct Style {
    /// The colour of the button.
    pub accent: Colour,
    /// `null`: by the scheme.
    pub background: Option<Colour>,
    /// `null`: by the scheme.
    pub text: Option<Colour>,
    pub font: FormFont,
    #[schema(inline)]
    pub radius: Radius,
    /// Address of a picture.
    pub image: Option<SafeAddress>,
    pub scheme: FormScheme,
}

/// How a form looks, as it was written: what is absent has a default.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WrittenStyle {
    /// The colour of the button.
    pub accent: Option<Colour>,
    /// By the scheme when absent.
    pub background: Option<Colour>,
    /// By the scheme when absent.
    pub text: Option<Colour>,
    pub font: Option<FormFont>,
    /// Of the corners, in CSS pixels.
    #[schema(inline)]
    pub radius: Option<Radius>,
    /// Address of a picture.
    pub image: Option<SafeAddress>,
    pub scheme: Option<FormScheme>,
}
from_body!(WrittenStyle {
    optional accent, optional background, optional text, optional font, optional radius, optional image, optional scheme
});
object_member!(WrittenStyle);

impl WrittenStyle {
    /// This, and what it lacks from another.
    pub fn over(&self, other: &Self) -> Self {
        Self {
            accent: self.accent.clone().or_else(|| other.accent.clone()),
            background: self.background.clone().or_else(|| other.background.clone()),
            text: self.text.clone().or_else(|| other.text.clone()),
            font: self.font.or(other.font),
            radius: self.radius.or(other.radius),
            image: self.image.clone().or_else(|| other.image.clone()),
            scheme: self.scheme.or(other.scheme),
        }
    }

    /// What readers see. Fails if a default of ours is no value, which it is.
    pub fn shown(&self) -> Result<Style, Fault> {
        let accent = match &self.accent {
            Some(colour) => colour.clone(),
            None => Colour::parse("#0b6e4f")?,
        };
        Ok(Style {
            accent,
            background: self.background.clone(),
            text: self.text.clone(),
            font: self.font.unwrap_or(FormFont::System),
            radius: match self.radius {
                Some(radius) => radius,
                None => Radius::new(12)?,
            },
            image: self.image.clone(),
            scheme: self.scheme.unwrap_or(FormScheme::Auto),
        })
    }
}

closed_set! {
    /// What follows a sign-up.
    pub enum SuccessKind {
        /// A message in the place of the form.
        Message = "message",
        /// Another page.
        Redirect = "redirect",
    }
}

/// What follows a sign-up.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[schema(as = FormSuccess)]
pub enum Success {
    #[default]
    Message,
    Redirect {
        url: SafeAddress,
    },
}

impl FromBody for Success {
    fn from_body(members: &mut Members<'_>) -> Option<Self> {
        let Some(kind) = members.required("kind") else {
            members.pass_over_rest();
            return None;
        };
        Some(match kind {
            SuccessKind::Message => Self::Message,
            SuccessKind::Redirect => Self::Redirect {
                url: members.required("url")?,
            },
        })
    }
}
object_member!(Success);

/// What follows a sign-up. `redirect` needs a `url`.
#[derive(ToSchema)]
#[schema(as = WrittenSuccess)]
#[expect(dead_code, reason = "describes a member; `Success` reads it")]
pub struct DescribedSuccess {
    kind: SuccessKind,
    #[schema(nullable = false)]
    url: Option<SafeAddress>,
}
