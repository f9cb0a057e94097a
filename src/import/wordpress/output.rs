use super::body::CleanBody;
use super::html::{escape, is_blank};
use super::text::plain;

/// The form that `[mc4wp_form]` shows when it names none.
const DEFAULT_FORM: &str = "default";

/// Writes a body, and keeps blocks out of its paragraphs and headings.
#[derive(Default)]
pub struct Output {
    body: CleanBody,
    paragraph: Option<Paragraph>,
    excerpt_end: Option<usize>,
}

/// A `<p>` or a heading that is open.
struct Paragraph {
    start: usize,
    state: State,
    /// Blocks that were found inside.
    after: String,
}

#[derive(PartialEq, Eq)]
enum State {
    Whole,
    LostSomething,
}

impl Output {
    /// Gives the HTML written so far.
    pub fn html(&self) -> &str {
        &self.body.html
    }

    /// Ends what is open and gives the body.
    pub fn finish(mut self) -> CleanBody {
        self.end_paragraph();
        let before = self.excerpt_end.map(|end| plain(&self.body.html[..end]));
        self.body.more_excerpt = before.filter(|text| !text.is_empty());
        self.body
    }

    /// Writes HTML as it is.
    pub fn push(&mut self, html: &str) {
        self.body.html.push_str(html);
    }

    /// Marks the place where a paragraph or a heading starts.
    pub fn start_paragraph(&mut self) {
        self.paragraph = Some(Paragraph {
            start: self.body.html.len(),
            state: State::Whole,
            after: String::new(),
        });
    }

    /// Notes that the paragraph may be empty now.
    pub fn lose_something(&mut self) {
        if let Some(paragraph) = &mut self.paragraph {
            paragraph.state = State::LostSomething;
        }
    }

    /// Ends a paragraph: drops it if what it lost was all it had, then writes its blocks.
    pub fn end_paragraph(&mut self) {
        let Some(paragraph) = self.paragraph.take() else {
            return;
        };
        let lost_something = paragraph.state == State::LostSomething;
        if lost_something && is_blank(&self.body.html[paragraph.start..]) {
            self.body.html.truncate(paragraph.start);
            self.excerpt_end = self.excerpt_end.map(|end| end.min(paragraph.start));
        }
        self.push(&paragraph.after);
    }

    /// Writes a block, after the paragraph if one is open.
    pub fn block(&mut self, html: &str) {
        match &mut self.paragraph {
            Some(paragraph) => paragraph.after.push_str(&format!("\n{html}\n")),
            None => self.push(&format!("\n\n{html}\n\n")),
        }
    }

    /// Writes the place of a sign-up form.
    pub fn form(&mut self, id: Option<&str>) {
        let is_plain = |id: &&str| {
            let is_key = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
            !id.is_empty() && id.bytes().all(is_key)
        };
        let key = id.map(str::trim).filter(is_plain).unwrap_or(DEFAULT_FORM);
        self.block(&format!("<div data-masthead-form=\"{key}\"></div>"));
        self.body.forms.push(key.to_owned());
    }

    /// Writes a link that shows its address.
    pub fn link(&mut self, address: &str) {
        let address = escape(address);
        self.push(&format!("<a href=\"{address}\">{address}</a>"));
    }

    /// Counts what is left out.
    pub fn drop(&mut self, name: &str, times: usize) {
        *self.body.dropped.entry(name.to_owned()).or_default() += times;
    }

    /// Takes what is written so far as the excerpt, the first time.
    pub fn end_excerpt(&mut self) {
        self.excerpt_end.get_or_insert(self.body.html.len());
    }

    /// Takes over what was found in a part that was cleaned apart.
    pub fn absorb(&mut self, part: CleanBody) {
        for (name, times) in part.dropped {
            self.drop(&name, times);
        }
        self.body.forms.extend(part.forms);
    }
}
