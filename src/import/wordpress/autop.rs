use std::borrow::Cow;

use super::elements::{holds_paragraphs, is_any, is_block};
use super::html::{Lexer, Piece, Side, Tag, escape, is_blank};
use super::shortcode::is_address;

/// Makes paragraphs of a classic post, where a blank line ends one and a newline is a break.
///
/// Existing blocks stay as they are; only `div`, `blockquote` and their like are looked into.
pub fn autop(html: &str) -> String {
    let mut writer = Writer {
        out: String::with_capacity(html.len() + html.len() / 8),
        ..Writer::default()
    };
    for piece in Lexer::new(html) {
        writer.piece(piece);
    }
    writer.end_run();
    writer.out
}

#[derive(Default)]
struct Writer<'a> {
    out: String,
    paragraph: String,
    /// How many paragraphs ended since the last block.
    ended: usize,
    /// The first of them, in a container that may turn out to hold no other.
    first: String,
    newlines: usize,
    containers: Vec<&'a str>,
    closed: Option<Closed<'a>>,
}

/// A block whose inside is left alone, and how many of its name are open.
struct Closed<'a> {
    name: &'a str,
    depth: usize,
}

impl<'a> Writer<'a> {
    fn piece(&mut self, piece: Piece<'a>) {
        if self.closed.is_some() {
            return self.inside_closed(piece);
        }
        match piece {
            Piece::Text(text) => self.text(text),
            Piece::Comment(_) => {}
            Piece::Verbatim(verbatim) if verbatim.is_inline() => self.inline(verbatim.raw),
            Piece::Verbatim(verbatim) => self.block(verbatim.raw),
            Piece::Tag(tag) if is_block(tag.name) => self.block_tag(tag),
            Piece::Tag(tag) => self.inline(tag.raw),
        }
    }

    fn inside_closed(&mut self, piece: Piece<'a>) {
        let Some(closed) = &mut self.closed else {
            return;
        };
        match piece {
            Piece::Tag(tag) if tag.name.eq_ignore_ascii_case(closed.name) => {
                match tag.side {
                    Side::Open if !is_any(tag.name, &["p"]) => closed.depth += 1,
                    Side::Open => {}
                    Side::Close => closed.depth -= 1,
                }
                self.out.push_str(tag.raw);
                if closed.depth == 0 {
                    self.closed = None;
                    self.out.push('\n');
                }
            }
            // A paragraph without an end tag ends at the next block.
            Piece::Tag(tag) if is_any(closed.name, &["p"]) && is_block(tag.name) => {
                self.closed = None;
                self.block_tag(tag);
            }
            Piece::Tag(tag) => self.out.push_str(tag.raw),
            Piece::Text(text) => self.out.push_str(text),
            Piece::Verbatim(verbatim) => self.out.push_str(verbatim.raw),
            Piece::Comment(_) => {}
        }
    }

    fn block_tag(&mut self, tag: Tag<'a>) {
        self.end_run();
        let is_void = is_any(tag.name, &["hr", "col"]) || tag.raw.ends_with("/>");
        match tag.side {
            _ if is_void => {}
            Side::Open if holds_paragraphs(tag.name) => self.containers.push(tag.name),
            Side::Open => {
                let name = tag.name;
                self.closed = Some(Closed { name, depth: 1 });
            }
            Side::Close => {
                let innermost = self.containers.last();
                if innermost.is_some_and(|name| name.eq_ignore_ascii_case(tag.name)) {
                    self.containers.pop();
                }
            }
        }
        self.out.push_str(tag.raw);
        if is_void || tag.side == Side::Close {
            self.out.push('\n');
        }
    }

    fn block(&mut self, raw: &str) {
        self.end_run();
        self.out.push_str(raw);
        self.out.push('\n');
    }

    fn text(&mut self, text: &str) {
        for (index, line) in text.split('\n').enumerate() {
            if index > 0 {
                self.newlines += 1;
            }
            let is_empty = line.trim().is_empty();
            if is_empty && self.newlines == 0 {
                self.paragraph.push_str(line);
            } else if !is_empty {
                let is_first = self.newlines > 0;
                self.settle();
                let words = if is_first { line.trim_start() } else { line };
                self.paragraph.push_str(words);
            }
        }
    }

    fn inline(&mut self, raw: &str) {
        self.settle();
        self.paragraph.push_str(raw);
    }

    /// Decides what the newlines before the next words mean.
    fn settle(&mut self) {
        let newlines = std::mem::take(&mut self.newlines);
        if newlines > 1 {
            self.end_paragraph();
        }
        let written = self.paragraph.trim_end();
        if newlines == 1 && !written.is_empty() {
            let has_break = ends_with_break(written);
            self.paragraph.truncate(written.len());
            self.paragraph
                .push_str(if has_break { "\n" } else { "<br />\n" });
        }
    }

    /// Writes the paragraph in `<p>`, unless it may stay the only one of a `div`.
    fn end_paragraph(&mut self) {
        let paragraph = std::mem::take(&mut self.paragraph);
        let words = paragraph.trim();
        if words.is_empty() {
            return;
        }
        self.ended += 1;
        let container = self.containers.last();
        let is_wrapping = container.is_none_or(|name| is_any(name, &["blockquote"]));
        if self.ended == 1 && !is_wrapping {
            self.first = words.to_owned();
            return;
        }
        let first = std::mem::take(&mut self.first);
        self.wrap(&first);
        self.wrap(words);
    }

    fn end_run(&mut self) {
        self.end_paragraph();
        self.newlines = 0;
        self.ended = 0;
        let only = std::mem::take(&mut self.first);
        self.out.push_str(&only);
    }

    fn wrap(&mut self, words: &str) {
        if is_blank(words) {
            self.out.extend(tags_of(words));
        } else {
            let words = linked(words);
            self.out.push_str(&format!("<p>{words}</p>\n"));
        }
    }
}

fn ends_with_break(text: &str) -> bool {
    let tail = &text.as_bytes()[text.len().saturating_sub(6)..];
    [&b"<br>"[..], b"<br/>", b"<br />"]
        .iter()
        .any(|mark| tail.to_ascii_lowercase().ends_with(mark))
}

/// Gives the tags of a run without words, since one may enclose the next block.
fn tags_of(blank: &str) -> impl Iterator<Item = &str> {
    Lexer::new(blank).filter_map(|piece| match piece {
        Piece::Tag(tag) if !is_any(tag.name, &["br"]) => Some(tag.raw),
        _ => None,
    })
}

/// Links an address that stands alone, which WordPress would have embedded.
fn linked(paragraph: &str) -> Cow<'_, str> {
    if !is_address(paragraph) {
        return Cow::Borrowed(paragraph);
    }
    let address = escape(&paragraph.replace("&amp;", "&"));
    Cow::Owned(format!("<a href=\"{address}\">{address}</a>"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blank_lines_make_paragraphs_and_newlines_make_breaks() {
        assert_eq!(
            autop("The river rose.\nBy noon it fell.\n \nThe <em>bridge</em>\nstayed shut.\n\n\n"),
            "<p>The river rose.<br />\nBy noon it fell.</p>\n\
             <p>The <em>bridge</em><br />\nstayed shut.</p>\n"
        );
        assert_eq!(autop("one<br>\ntwo"), "<p>one<br>\ntwo</p>\n");
        assert_eq!(autop("a &lt; b"), "<p>a &lt; b</p>\n");
        assert_eq!(autop(" \n\n"), "");
    }

    #[test]
    fn existing_blocks_are_left_alone() {
        let html = "<p>One\ntwo</p>\n<ul>\n<li>a\n\nb</li>\n</ul>\n<pre>x\n\ny</pre>\n<hr />\n";
        assert_eq!(autop(html), html);
        let nested = "<table><tr><td><table>a\n\nb</table>c\n\nd</table>\n";
        assert_eq!(autop(nested), nested);
    }

    #[test]
    fn text_around_blocks_becomes_paragraphs() {
        assert_eq!(
            autop("Before\n<h2>Soil</h2>\nafter <img src=\"a.jpg\">\n<hr>\nend"),
            "<p>Before</p>\n<h2>Soil</h2>\n<p>after <img src=\"a.jpg\"></p>\n<hr>\n<p>end</p>\n"
        );
    }

    #[test]
    fn containers_are_looked_into() {
        assert_eq!(
            autop("<blockquote>Rain is due.\n\nSoon.</blockquote>"),
            "<blockquote><p>Rain is due.</p>\n<p>Soon.</p>\n</blockquote>\n"
        );
        assert_eq!(
            autop("<div>Rain\nis due.</div>"),
            "<div>Rain<br />\nis due.</div>\n"
        );
        assert_eq!(
            autop("<div>Rain.\n\nSun.</div>"),
            "<div><p>Rain.</p>\n<p>Sun.</p>\n</div>\n"
        );
    }

    #[test]
    fn an_unclosed_paragraph_ends_at_the_next_block() {
        assert_eq!(
            autop("<p>One\n<p>two\n<div>a\n\nb</div>"),
            "<p>One\n<p>two\n<div><p>a</p>\n<p>b</p>\n</div>\n"
        );
    }

    #[test]
    fn an_address_alone_becomes_a_link() {
        assert_eq!(
            autop("https://example.com/?a=1&amp;b=2"),
            "<p><a href=\"https://example.com/?a=1&amp;b=2\">https://example.com/?a=1&amp;b=2</a></p>\n"
        );
    }

    #[test]
    fn a_link_around_a_block_and_spacing_are_no_paragraphs() {
        assert_eq!(
            autop("<a href=\"/x\"><h2>Seeds</h2></a>\n\n&nbsp;\n\nEnd"),
            "<a href=\"/x\"><h2>Seeds</h2>\n</a><p>End</p>\n"
        );
    }
}
