use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};

use super::autop::autop;
use super::cleaner::replace_notation;

/// A body without WordPress' own notation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CleanBody {
    /// Not yet sanitised.
    pub html: String,
    /// How often each shortcode, or block without HTML (`wp:…`), was left out.
    pub dropped: BTreeMap<String, usize>,
    /// The forms that are shown, in order, each once.
    pub forms: Vec<String>,
    /// The plain text before `<!--more-->`.
    pub more_excerpt: Option<String>,
}

/// Turns a body as WordPress keeps it into plain HTML.
///
/// Sign-up forms become `<div data-masthead-form="314"></div>`, with `default` where no id is
/// given. Classic posts, which are those without block comments, get their paragraphs.
pub fn clean(content: &str) -> CleanBody {
    let source = match content.contains('\r') {
        true => Cow::Owned(content.replace("\r\n", "\n")),
        false => Cow::Borrowed(content),
    };
    let mut body = replace_notation(&source);
    if !source.contains("<!-- wp:") {
        body.html = autop(&body.html);
    }
    body.html = body.html.trim().to_owned();
    let mut seen = HashSet::new();
    body.forms.retain(|form| seen.insert(form.clone()));
    body
}

#[cfg(test)]
mod tests;
