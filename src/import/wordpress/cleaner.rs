use std::collections::HashMap;

use super::body::CleanBody;
use super::elements::{holds_words_only, is_block};
use super::entities;
use super::html::{Lexer, Piece, Side, Tag, escape};
use super::known::{Standing, encloses_code, is_media, standing};
use super::output::Output;
use super::picture::picture_end;
use super::shortcode::{
    Arguments, Bracket, Closers, Form, bracket_at, is_address, is_escaped_shortcode, is_shortcode,
};
use super::text::plain;

/// Replaces comments and shortcodes, and leaves the rest as it is.
pub fn replace_notation(source: &str) -> CleanBody {
    let mut cleaner = Cleaner {
        source,
        lexer: Lexer::new(source),
        closers: Closers::find(source),
        open: HashMap::new(),
        out: Output::default(),
    };
    cleaner.run();
    cleaner.out.finish()
}

struct Cleaner<'a> {
    source: &'a str,
    lexer: Lexer<'a>,
    closers: Closers<'a>,
    /// How many of each removed opening bracket still want their closing one.
    open: HashMap<&'a str, usize>,
    out: Output,
}

impl<'a> Cleaner<'a> {
    fn run(&mut self) {
        let mut start = 0;
        while let Some(piece) = self.lexer.next() {
            match piece {
                Piece::Text(text) => self.text(start, text),
                Piece::Comment(text) => self.comment(text.trim()),
                Piece::Tag(tag) => self.tag(tag),
                Piece::Verbatim(verbatim) => {
                    if !verbatim.is_inline() {
                        self.out.end_paragraph();
                    }
                    self.out.push(verbatim.raw);
                }
            }
            start = self.lexer.position();
        }
    }

    fn text(&mut self, start: usize, text: &str) {
        let end = start + text.len();
        let mut from = start;
        if text.starts_with('<') {
            self.out.push("&lt;");
            from += 1;
        }
        while let Some(offset) = self.source[from..end].find('[') {
            let at = from + offset;
            self.out.push(&self.source[from..at]);
            from = self.shortcode(at).unwrap_or_else(|| {
                self.out.push("[");
                at + 1
            });
            // A shortcode may hold tags and so end in a later piece.
            if from >= end {
                return self.lexer.skip_to(from);
            }
        }
        self.out.push(&self.source[from..end]);
    }

    fn comment(&mut self, text: &str) {
        self.out.lose_something();
        let is_more = text
            .strip_prefix("more")
            .is_some_and(|label| label.is_empty() || label.starts_with(char::is_whitespace));
        if is_more {
            self.out.end_excerpt();
        }
        if is_more || text == "nextpage" {
            return self.out.push("\n\n");
        }
        let block = text.strip_prefix("wp:");
        if let Some(block) = block.and_then(|block| block.strip_suffix('/')) {
            self.block_without_html(block);
        }
        let is_line_start = self.out.html().is_empty() || self.out.html().ends_with('\n');
        let after = self.lexer.position();
        if is_line_start && self.source[after..].starts_with('\n') {
            self.lexer.skip_to(after + 1);
        }
    }

    fn block_without_html(&mut self, block: &str) {
        let (name, attributes) = block.split_once(char::is_whitespace).unwrap_or((block, ""));
        if name == "mailchimp-for-wp/form" {
            let value = attributes.split_once("\"id\"").map(|(_, value)| value);
            let id = value.map(|value| value.trim_start_matches([':', ' ', '"']));
            let end = id.and_then(|id| id.find(|next: char| !next.is_ascii_digit()));
            return self.out.form(id.zip(end).map(|(id, end)| &id[..end]));
        }
        self.out.drop(&format!("wp:{name}"), 1);
    }

    fn tag(&mut self, tag: Tag<'a>) {
        let is_words = holds_words_only(tag.name);
        let ends_after = is_words && tag.side == Side::Close;
        if is_block(tag.name) && !ends_after {
            self.out.end_paragraph();
        }
        if is_words && tag.side == Side::Open {
            self.out.start_paragraph();
        }
        self.out.push(tag.raw);
        if ends_after {
            self.out.end_paragraph();
        }
    }

    /// Replaces the shortcode at a byte offset, and gives the offset to go on from.
    fn shortcode(&mut self, at: usize) -> Option<usize> {
        let bracket = bracket_at(self.source, at)?;
        let arguments = Arguments::parse(bracket.arguments);
        match bracket.form {
            Form::Escaped => {
                is_escaped_shortcode(&bracket, &arguments).then_some(())?;
                self.out.push(&self.source[at + 1..bracket.end - 1]);
            }
            Form::Close => self.close(bracket.name)?,
            Form::Open | Form::SelfClosing => {
                let closer = match bracket.form {
                    Form::Open => self.closers.after(bracket.name, bracket.end),
                    _ => None,
                };
                is_shortcode(&bracket, &arguments, closer).then_some(())?;
                self.out.lose_something();
                return Some(self.replace(bracket, &arguments, closer));
            }
        }
        Some(bracket.end)
    }

    fn close(&mut self, name: &str) -> Option<()> {
        let open = self.open.get_mut(name).filter(|open| **open > 0);
        let is_known = matches!(standing(name), Standing::Core | Standing::Plugin);
        match open {
            Some(open) => *open -= 1,
            None if is_known => {}
            None => return None,
        }
        Some(())
    }

    fn replace(
        &mut self,
        bracket: Bracket<'a>,
        arguments: &Arguments,
        closer: Option<usize>,
    ) -> usize {
        let name = bracket.name;
        if matches!(name, "mc4wp_form" | "mc4wp-form") {
            self.out.form(arguments.get("id"));
            return bracket.end;
        }
        if let Some(closer) = closer {
            let inner = &self.source[bracket.end..closer];
            let after = bracket_at(self.source, closer).map_or(closer, |closing| closing.end);
            // A second opening inside means that this one's own end is missing.
            let is_whole = !inner.contains(&format!("[{name}"));
            if is_whole && self.enclosing(name, arguments, inner).is_some() {
                return after;
            }
            *self.open.entry(name).or_default() += 1;
        }
        match arguments.address_of_media().filter(|_| is_media(name)) {
            Some(address) => self.out.link(address),
            None => self.out.drop(name, 1),
        }
        bracket.end
    }

    /// Replaces a shortcode together with what it encloses, where that has a meaning of its own.
    fn enclosing(&mut self, name: &str, arguments: &Arguments, inner: &str) -> Option<()> {
        match name {
            "caption" | "wp_caption" => {
                let end = picture_end(inner)?;
                self.figure(&inner[..end], &inner[end..], arguments);
            }
            "embed" => {
                let address = entities::decode(inner.trim());
                is_address(&address).then(|| self.out.link(&address))?;
            }
            _ if encloses_code(name) => self.out.drop(name, 1),
            _ => return None,
        }
        Some(())
    }

    fn figure(&mut self, picture: &str, words: &str, arguments: &Arguments) {
        let inner = replace_notation(words);
        let words = match (inner.html.trim(), arguments.get("caption")) {
            ("", Some(caption)) => escape(&plain(caption)),
            (words, _) => words.to_owned(),
        };
        let caption = match words.as_str() {
            "" => String::new(),
            words => format!("<figcaption>{words}</figcaption>"),
        };
        let picture = picture.trim();
        self.out
            .block(&format!("<figure>{picture}{caption}</figure>"));
        self.out.absorb(inner);
    }
}
