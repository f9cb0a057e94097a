//! Cuts HTML into tags and text, in one linear pass.
//!
//! Nothing is decoded and nothing is judged here. It differs from a browser where a browser would
//! lose an author's words: an unclosed `<script>`, `<style>` or comment costs only its own tag,
//! and markup that the end of the text cuts off is text.

/// One piece of markup; values and text are as written, entities and all.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    Text(&'a str),
    Start(Tag<'a>),
    End(String),
}

/// A start tag: the name in lower case, every attribute in order of writing.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Tag<'a> {
    pub(super) name: String,
    pub(super) attributes: Vec<(String, &'a str)>,
}

impl<'a> Tag<'a> {
    pub(super) fn bare(name: &str) -> Tag<'static> {
        Tag {
            name: name.to_owned(),
            attributes: Vec::new(),
        }
    }

    /// Finds the value of an attribute; the first of that name counts, as in browsers.
    pub(super) fn attribute(&self, name: &str) -> Option<&'a str> {
        let found = self.attributes.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| *value)
    }
}

/// Cuts `html` into tokens; script, style and comments are left out with what they hold.
pub(super) fn tokens(html: &str) -> Tokens<'_> {
    Tokens {
        rest: html,
        absent: Vec::new(),
    }
}

pub(super) struct Tokens<'a> {
    rest: &'a str,
    /// Terminators that don't occur any more, so that looking for them stays linear.
    absent: Vec<&'static str>,
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        while !self.rest.is_empty() {
            let text_bytes = self.rest.find('<').unwrap_or(self.rest.len());
            if text_bytes > 0 {
                return Some(Token::Text(self.take(text_bytes)));
            }
            if let Some(token) = self.markup() {
                return Some(token);
            }
        }
        None
    }
}

impl<'a> Tokens<'a> {
    /// What is still to be cut.
    pub(super) fn rest(&self) -> &'a str {
        self.rest
    }

    fn take(&mut self, bytes: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at(bytes);
        self.rest = rest;
        taken
    }

    /// Reads what a `<` begins; `None` for what is left out.
    fn markup(&mut self) -> Option<Token<'a>> {
        let after = self.rest.get(1..).unwrap_or_default();
        if after.starts_with(|c: char| c.is_ascii_alphabetic()) {
            return self.start_tag();
        }
        if let Some(name) = after.strip_prefix('/')
            && name.starts_with(|c: char| c.is_ascii_alphabetic())
        {
            return Some(self.end_tag());
        }
        if after.starts_with("!--") {
            // From the dashes on: `<!-->` is a whole comment.
            self.take("<!".len());
            let closed = self.skip_to("-->");
            self.take(if closed { "-->".len() } else { "--".len() });
            return None;
        }
        if after.starts_with(['!', '?', '/']) && self.skip_to(">") {
            self.take(">".len());
            return None;
        }
        Some(Token::Text(self.take(1)))
    }

    fn start_tag(&mut self) -> Option<Token<'a>> {
        let Some((tag, bytes)) = read_tag(self.rest, "<".len()) else {
            return Some(Token::Text(self.take(self.rest.len())));
        };
        self.take(bytes);
        let terminator = match tag.name.as_str() {
            "script" => "</script",
            "style" => "</style",
            _ => return Some(Token::Start(tag)),
        };
        self.skip_to(terminator);
        None
    }

    fn end_tag(&mut self) -> Token<'a> {
        match read_tag(self.rest, "</".len()) {
            Some((tag, bytes)) => {
                self.take(bytes);
                Token::End(tag.name)
            }
            None => Token::Text(self.take(self.rest.len())),
        }
    }

    /// Moves to the next `terminator` if there is one, and says so.
    fn skip_to(&mut self, terminator: &'static str) -> bool {
        if self.absent.contains(&terminator) {
            return false;
        }
        let found = find_ignoring_case(self.rest, terminator);
        match found {
            Some(at) => {
                self.take(at);
            }
            None => self.absent.push(terminator),
        }
        found.is_some()
    }
}

/// Finds an ASCII needle whose first byte is no letter.
fn find_ignoring_case(haystack: &str, needle: &str) -> Option<usize> {
    let first = needle.chars().next()?;
    haystack.match_indices(first).map(|(at, _)| at).find(|at| {
        let candidate = haystack.as_bytes().get(*at..at + needle.len());
        candidate.is_some_and(|bytes| bytes.eq_ignore_ascii_case(needle.as_bytes()))
    })
}

/// Reads a tag whose name begins at `name_at`; answers it and its length in bytes, or `None` where
/// the source ends inside of it.
fn read_tag(source: &str, name_at: usize) -> Option<(Tag<'_>, usize)> {
    let mut cursor = Cursor {
        source,
        at: name_at,
    };
    let name = cursor.take_until(is_name_end).to_ascii_lowercase();
    let mut attributes = Vec::new();
    loop {
        cursor.take_until(|byte| !is_space(byte) && byte != b'/');
        if cursor.peek()? == b'>' {
            return Some((Tag { name, attributes }, cursor.at + 1));
        }
        let attribute = cursor.attribute_name().to_ascii_lowercase();
        cursor.take_until(|byte| !is_space(byte));
        let value = if cursor.peek()? == b'=' {
            cursor.at += 1;
            cursor.attribute_value()?
        } else {
            ""
        };
        attributes.push((attribute, value));
    }
}

struct Cursor<'a> {
    source: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    fn peek(&self) -> Option<u8> {
        self.source.as_bytes().get(self.at).copied()
    }

    /// Takes bytes up to one that `is_end` holds of, which has to be ASCII.
    fn take_until(&mut self, is_end: impl Fn(u8) -> bool) -> &'a str {
        let rest = self.source.get(self.at..).unwrap_or_default();
        let bytes = rest.bytes().position(is_end).unwrap_or(rest.len());
        self.at += bytes;
        rest.get(..bytes).unwrap_or_default()
    }

    /// Takes at least one character: a name may begin with `=`.
    fn attribute_name(&mut self) -> &'a str {
        let from = self.at;
        if self.peek() == Some(b'=') {
            self.at += 1;
        }
        self.take_until(|byte| is_name_end(byte) || byte == b'=');
        self.source.get(from..self.at).unwrap_or_default()
    }

    fn attribute_value(&mut self) -> Option<&'a str> {
        self.take_until(|byte| !is_space(byte));
        let quote = self.peek()?;
        if quote != b'"' && quote != b'\'' {
            return Some(self.take_until(|byte| is_space(byte) || byte == b'>'));
        }
        self.at += 1;
        let value = self.take_until(|byte| byte == quote);
        self.peek()?;
        self.at += 1;
        Some(value)
    }
}

fn is_space(byte: u8) -> bool {
    byte.is_ascii_whitespace()
}

fn is_name_end(byte: u8) -> bool {
    is_space(byte) || byte == b'/' || byte == b'>'
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Writes tokens compactly: `+a[href=x]`, `-a`, and text as it is.
    fn shown(html: &str) -> Vec<String> {
        let show = |token| match token {
            Token::Text(text) => text.to_owned(),
            Token::End(name) => format!("-{name}"),
            Token::Start(tag) => {
                let attributes: Vec<_> = tag
                    .attributes
                    .iter()
                    .map(|(name, value)| format!("{name}={value}"))
                    .collect();
                format!("+{}[{}]", tag.name, attributes.join(","))
            }
        };
        tokens(html).map(show).collect()
    }

    #[test]
    fn tags_are_read_in_any_spelling() {
        assert_eq!(
            shown("<A HREF='x>y' b=c/ d = \"e\" f/>t</A >"),
            ["+a[href=x>y,b=c/,d=e,f=]", "t", "-a"]
        );
        assert_eq!(shown("<a =b c>"), ["+a[=b=,c=]"]);
    }

    #[test]
    fn a_lone_angle_is_text() {
        assert_eq!(shown("1 < 2 <3"), ["1 ", "<", " 2 ", "<", "3"]);
        assert_eq!(shown("x <b y='z"), ["x ", "<b y='z"]);
    }

    #[test]
    fn comments_declarations_and_scripts_leave_nothing() {
        assert_eq!(
            shown("a<!-- <b> -->b<!-->c<?php x?>d<!DOCTYPE e>"),
            ["a", "b", "c", "d"]
        );
        assert_eq!(
            shown("a<script>if (1 < 2) '<b>'</SCRIPT >b"),
            ["a", "-script", "b"]
        );
    }

    #[test]
    fn what_is_never_closed_costs_only_itself() {
        assert_eq!(shown("a<!-- b"), ["a", " b"]);
        assert_eq!(shown("the <script> tag"), ["the ", " tag"]);
    }
}
