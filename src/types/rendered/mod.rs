//! What readers get of a body, derived once, when it is written.
//!
//! Four steps, each pure: Markdown becomes HTML ([comrak]), the HTML gets a shape that every parser
//! reads alike (`shape`), the sanitiser drops what is not allowed (`allowed`, [ammonia]), and
//! headings get their ids (`anchors`). Rendering what was rendered changes no byte.

mod allowed;
mod anchors;
mod elements;
mod markdown;
mod output;
mod shape;
#[cfg(test)]
mod tests;
mod text;
mod tokens;

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::closed_set;

pub use text::excerpt;

/// As much as a body may have that is sent as HTML, so that what readers get can be sent again.
const MAX_HTML_BYTES: usize = 4 << 20;

closed_set! {
    /// How the source of a body is written.
    pub enum BodyFormat {
        Markdown = "markdown",
        Html = "html",
    }
}

/// What readers get of a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// Safe to put into a page as it is.
    pub html: String,
    /// The words alone, a line for each block: for search and excerpts.
    pub text: String,
    pub toc: Vec<TocEntry>,
    /// Each Han ideograph and kana counts as a word.
    pub word_count: i32,
    /// At 230 words or 500 ideographs a minute, rounded up; 0 only where there is no text.
    pub reading_time_minutes: i32,
}

/// A heading that has text, `h1` to `h6`, in the order of the document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TocEntry {
    #[schema(minimum = 1, maximum = 6)]
    pub level: u8,
    /// The heading's `id` in the body: `#id` leads to it.
    pub id: String,
    pub text: String,
}

/// Why a body can't be rendered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    clippy::enum_variant_names,
    reason = "a body can only be too much of something"
)]
pub enum RenderError {
    TooLong { bytes: usize },
    TooMuchHtml { bytes: usize },
    TooDeep,
    TooCrowded,
}

impl RenderError {
    pub fn as_code(self) -> &'static str {
        match self {
            RenderError::TooLong { .. } | RenderError::TooMuchHtml { .. } => "too_long",
            RenderError::TooDeep => "too_deep",
            RenderError::TooCrowded => "too_crowded",
        }
    }
}

impl fmt::Display for RenderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RenderError::TooLong { bytes } => write!(
                f,
                "is {bytes} bytes of Markdown; at most {} are rendered",
                markdown::MAX_BYTES
            ),
            RenderError::TooMuchHtml { bytes } => write!(
                f,
                "becomes {bytes} bytes of HTML; at most {MAX_HTML_BYTES} are kept"
            ),
            RenderError::TooDeep => write!(
                f,
                "holds elements more than {} levels deep; at most that many are rendered",
                shape::MAX_DEPTH
            ),
            RenderError::TooCrowded => write!(
                f,
                "holds more than {} elements, or {} characters such as < and &, or thousands of addresses with no space between them",
                output::MAX_TAGS,
                output::MAX_ENTITIES
            ),
        }
    }
}

impl std::error::Error for RenderError {}

/// Renders the source of a body.
///
/// # Errors
///
/// Markdown beyond 1 MiB, what becomes more than 4 MiB of HTML, and markup nested or crowded as no article is. What was
/// rendered before is never refused as HTML.
pub fn render(format: BodyFormat, source: &str) -> Result<Rendered, RenderError> {
    let source = without_controls(source);
    let (html, toc) = match format {
        BodyFormat::Html => settled(&source)?,
        BodyFormat::Markdown => settled(&markdown::to_html(&source)?)?,
    };
    if html.len() > MAX_HTML_BYTES {
        return Err(RenderError::TooMuchHtml { bytes: html.len() });
    }
    let text = text::plain_text(&html);
    let length = text::Length::of(&text);
    Ok(Rendered {
        word_count: length.word_count(),
        reading_time_minutes: length
            .reading_time_minutes()
            .max(i32::from(!text.is_empty())),
        html,
        text,
        toc,
    })
}

fn settled(markup: &str) -> Result<(String, Vec<TocEntry>), RenderError> {
    let shaped = shape::reshape(markup)?;
    let allowed = allowed::sanitise(&shaped);
    // Again, for entities such as `&#1;` are characters by now.
    Ok(anchors::anchored(&without_controls(&allowed)))
}

/// Drops control characters other than tabs and ends of lines, which become `\n`.
fn without_controls(text: &str) -> Cow<'_, str> {
    if !text.contains(is_dropped_control) {
        return Cow::Borrowed(text);
    }
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    Cow::Owned(text.replace(is_dropped_control, ""))
}

fn is_dropped_control(c: char) -> bool {
    c.is_control() && c != '\n' && c != '\t'
}
