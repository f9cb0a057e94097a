use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::rest::body::{Keyed, from_body, object_member};
use crate::types::{Line, Locale, Prose};

/// The welcome mail, by language.
pub type Letters = Keyed<Locale, Letter, 20>;

/// A mail in plain text: ends of lines stay, and blank lines make paragraphs. It is never taken for a template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = FormLetter)]
pub struct Letter {
    #[schema(inline, examples("Welcome"))]
    pub subject: Line<200>,
    #[schema(inline, examples("Good to have you with us."))]
    pub text: Prose<10_000>,
}
from_body!(Letter { required subject, required text });
object_member!(Letter);

/// A mail in plain text: ends of lines stay, and blank lines make paragraphs. It is never taken for a template.
#[derive(ToSchema)]
#[schema(as = WrittenLetter)]
#[expect(dead_code, reason = "describes a member; `Letter` reads it")]
pub struct DescribedLetter {
    #[schema(inline, examples("Welcome"))]
    subject: Line<200>,
    #[schema(inline, examples("Good to have you with us."))]
    text: Prose<10_000>,
}
