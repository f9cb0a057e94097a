//! Writes the shaped markup, and says when it is more than an article can hold.

use super::RenderError;
use super::allowed::is_known_attribute;
use super::tokens::Tag;

/// About one tag for every ten bytes of a long book's chapter.
pub(super) const MAX_TAGS: usize = 100_000;
/// Of `<`, `>`, `&` and what else the serialiser stops at; C++ has one in twenty characters.
pub(super) const MAX_ENTITIES: usize = 1_000_000;
/// No address or caption is longer; some parsers of addresses are slow beyond it.
const MAX_ATTRIBUTE_BYTES: usize = 8_192;
/// html5ever 0.40 writes a piece of text in time quadratic in its entities; so long ones are cut by
/// an element that the sanitiser drops.
const MAX_RUN_BYTES: usize = 4_096;
const RUN_BREAK: &str = "<span></span>";

#[derive(Default)]
pub(super) struct Output {
    html: String,
    tags: usize,
    entities: usize,
}

impl Output {
    pub(super) fn into_html(self) -> String {
        self.html
    }

    /// Writes text as it is, but for angles; entities in it stay entities.
    pub(super) fn text(&mut self, text: &str) -> Result<(), RenderError> {
        let mut run_bytes = 0;
        let mut rest = text;
        while let Some(at) = rest.find(is_written_as_entity) {
            let (plain, special) = rest.split_at(at);
            self.html.push_str(plain);
            self.entities += 1;
            if self.entities > MAX_ENTITIES {
                return Err(RenderError::TooCrowded);
            }
            run_bytes += plain.len() + 1;
            if run_bytes > MAX_RUN_BYTES {
                self.html.push_str(RUN_BREAK);
                run_bytes = 0;
            }
            let mut chars = special.chars();
            match chars.next() {
                Some('<') => self.html.push_str("&lt;"),
                Some('>') => self.html.push_str("&gt;"),
                other => self.html.extend(other),
            }
            rest = chars.as_str();
        }
        self.html.push_str(rest);
        Ok(())
    }

    pub(super) fn line_break(&mut self) {
        self.html.push('\n');
    }

    /// Writes a start tag with those of its attributes that readers may get.
    pub(super) fn start(&mut self, tag: &Tag) -> Result<(), RenderError> {
        self.tags += 1;
        if self.tags > MAX_TAGS {
            return Err(RenderError::TooCrowded);
        }
        self.html.push('<');
        self.html.push_str(&tag.name);
        let mut written: Vec<&str> = Vec::new();
        for (name, value) in &tag.attributes {
            let is_wanted = is_known_attribute(&tag.name, name)
                && value.len() <= MAX_ATTRIBUTE_BYTES
                && !written.contains(&name.as_str());
            if is_wanted {
                written.push(name);
                self.attribute(name, value);
            }
        }
        self.html.push('>');
        Ok(())
    }

    fn attribute(&mut self, name: &str, value: &str) {
        self.html.push(' ');
        self.html.push_str(name);
        self.html.push_str("=\"");
        self.html.push_str(&value.replace('"', "&quot;"));
        self.html.push('"');
    }

    pub(super) fn end(&mut self, name: &str) {
        self.html.push_str("</");
        self.html.push_str(name);
        self.html.push('>');
    }
}

/// Says whether the serialiser stops at a character; it does at each that begins with byte C2.
fn is_written_as_entity(c: char) -> bool {
    matches!(c, '<' | '>' | '&' | '\u{80}'..='\u{bf}')
}
