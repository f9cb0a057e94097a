use super::elements::is_any;

/// One piece of HTML, as it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Text, which starts with `<` only where that begins no tag.
    Text(&'a str),
    /// What stands between `<!--` and `-->`.
    Comment(&'a str),
    /// A tag.
    Tag(Tag<'a>),
    /// An element in which nothing is changed: `pre`, `code`, `script`, `style`, `textarea`.
    Verbatim(Verbatim<'a>),
}

/// A tag with its angle brackets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tag<'a> {
    pub raw: &'a str,
    pub name: &'a str,
    pub side: Side,
}

/// Tells a start tag from an end tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Open,
    Close,
}

/// An element from its start tag to its end tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verbatim<'a> {
    pub raw: &'a str,
    pub name: &'a str,
}

impl<'a> Verbatim<'a> {
    /// Gives what stands between the two tags.
    pub fn inner(&self) -> &'a str {
        let start = self.raw.find('>').map_or(0, |at| at + 1);
        let end = self.raw.rfind("</").unwrap_or(self.raw.len());
        self.raw.get(start..end).unwrap_or_default()
    }

    /// Says whether readers see the text.
    pub fn is_shown(&self) -> bool {
        !is_any(self.name, &["script", "style"])
    }

    /// Says whether it stands within a line of text.
    pub fn is_inline(&self) -> bool {
        is_any(self.name, &["code", "textarea"])
    }
}

const VERBATIM: [&str; 5] = ["pre", "code", "script", "style", "textarea"];

/// Cuts HTML into pieces, in linear time whatever the text; as in WordPress a tag ends at `>`.
pub struct Lexer<'a> {
    source: &'a str,
    at: usize,
    comments_end: bool,
    tags_end: bool,
    unclosed: [bool; VERBATIM.len()],
}

impl<'a> Lexer<'a> {
    /// Starts at the beginning of the text.
    pub fn new(source: &'a str) -> Self {
        Self {
            source,
            at: 0,
            comments_end: true,
            tags_end: true,
            unclosed: [false; VERBATIM.len()],
        }
    }

    /// Gives the byte offset of the next piece.
    pub fn position(&self) -> usize {
        self.at
    }

    /// Goes forward to a byte offset.
    pub fn skip_to(&mut self, at: usize) {
        self.at = at;
    }

    fn comment(&mut self) -> Option<Piece<'a>> {
        let rest = &self.source[self.at..];
        if !self.comments_end || !rest.starts_with("<!--") {
            return None;
        }
        // From the third byte, because `<!-->` is a whole comment too.
        let Some(end) = rest[2..].find("-->").map(|end| end + 2) else {
            self.comments_end = false;
            return None;
        };
        self.at += end + 3;
        Some(Piece::Comment(rest.get(4..end).unwrap_or_default()))
    }

    fn tag(&mut self) -> Option<Piece<'a>> {
        let rest = &self.source[self.at..];
        let (side, name_at) = match rest.as_bytes() {
            [b'<', b'/', letter, ..] if letter.is_ascii_alphabetic() => (Side::Close, 2),
            [b'<', b'!' | b'?', ..] => (Side::Open, 2),
            [b'<', letter, ..] if letter.is_ascii_alphabetic() => (Side::Open, 1),
            _ => return None,
        };
        if !self.tags_end || rest.starts_with("<!--") {
            return None;
        }
        let Some(end) = rest.find('>').map(|end| end + 1) else {
            self.tags_end = false;
            return None;
        };
        let start = self.at;
        self.at += end;
        let name = name_of(&rest[name_at..]);
        let raw = &rest[..end];
        if side == Side::Open
            && !raw.ends_with("/>")
            && let Some(verbatim) = self.verbatim(start, name)
        {
            return Some(Piece::Verbatim(verbatim));
        }
        Some(Piece::Tag(Tag { raw, name, side }))
    }

    fn verbatim(&mut self, start: usize, name: &'a str) -> Option<Verbatim<'a>> {
        let kind = VERBATIM
            .iter()
            .position(|known| known.eq_ignore_ascii_case(name))?;
        if self.unclosed[kind] {
            return None;
        }
        let mut from = self.at;
        while let Some(found) = self.source[from..].find("</") {
            from += found + 2;
            if name_of(&self.source[from..]).eq_ignore_ascii_case(name) {
                let end = self.source[from..].find('>').map(|end| from + end + 1);
                self.at = end.unwrap_or(self.source.len());
                let raw = &self.source[start..self.at];
                return Some(Verbatim { raw, name });
            }
        }
        self.unclosed[kind] = true;
        None
    }

    fn text(&mut self) -> Piece<'a> {
        let rest = &self.source[self.at..];
        let past_first = usize::from(rest.starts_with('<'));
        let end = rest[past_first..]
            .find('<')
            .map_or(rest.len(), |at| at + past_first);
        self.at += end;
        Piece::Text(&rest[..end])
    }
}

impl<'a> Iterator for Lexer<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        if self.at >= self.source.len() {
            return None;
        }
        let markup = self.comment().or_else(|| self.tag());
        Some(markup.unwrap_or_else(|| self.text()))
    }
}

fn name_of(text: &str) -> &str {
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'-';
    let end = text.as_bytes().iter().position(|byte| !is_name(byte));
    &text[..end.unwrap_or(text.len())]
}

/// Says whether HTML shows nothing: neither words nor pictures.
pub fn is_blank(html: &str) -> bool {
    const PLAIN: [&str; 19] = [
        "p", "h1", "h2", "h3", "h4", "h5", "h6", "span", "strong", "em", "b", "i", "u", "a", "br",
        "small", "font", "sup", "sub",
    ];
    Lexer::new(html).all(|piece| match piece {
        Piece::Text(text) => {
            let shown = text.replace("&nbsp;", "").replace("&#160;", "");
            shown.trim().is_empty()
        }
        Piece::Comment(_) => true,
        Piece::Tag(tag) => is_any(tag.name, &PLAIN),
        Piece::Verbatim(_) => false,
    })
}

/// Writes text so that it is safe as HTML text and as an attribute in double quotes.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(html: &str) -> Vec<String> {
        let tell = |piece| match piece {
            Piece::Text(text) => format!("text {text}"),
            Piece::Comment(text) => format!("comment {text}"),
            Piece::Tag(tag) => format!("{:?} {}", tag.side, tag.name),
            Piece::Verbatim(verbatim) => format!("verbatim {}", verbatim.inner()),
        };
        Lexer::new(html).map(tell).collect()
    }

    #[test]
    fn html_is_cut_into_pieces() {
        assert_eq!(
            told("a<P class='x'>b</P><!--c--><CODE>[<b>]</Code>d"),
            [
                "text a",
                "Open P",
                "text b",
                "Close P",
                "comment c",
                "verbatim [<b>]",
                "text d"
            ]
        );
    }

    #[test]
    fn what_never_ends_is_text() {
        assert_eq!(told("a < b"), ["text a ", "text < b"]);
        assert_eq!(told("<!-- a <b> c"), ["text <!-- a ", "Open b", "text  c"]);
        assert_eq!(told("<a href=x"), ["text <a href=x"]);
        assert_eq!(told("<pre>a"), ["Open pre", "text a"]);
        assert_eq!(told("<!-->a"), ["comment ", "text a"]);
    }

    #[test]
    fn blank_is_what_shows_nothing() {
        assert!(is_blank("<p class=x><strong> &nbsp;\n</strong><br/></p>"));
        assert!(!is_blank("<p><img src=x></p>"));
        assert!(!is_blank("<p>.</p>"));
    }
}
