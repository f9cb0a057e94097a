use super::elements::{is_any, is_block};
use super::entities;
use super::html::{Lexer, Piece};

/// Turns HTML of a title, a name or an excerpt into one line of plain text.
pub fn plain(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    for piece in Lexer::new(html) {
        match piece {
            Piece::Text(text) => out.push_str(text),
            Piece::Tag(tag) if is_block(tag.name) || is_any(tag.name, &["br"]) => out.push(' '),
            Piece::Verbatim(verbatim) if verbatim.is_shown() => {
                let inner = verbatim.inner();
                out.extend(Lexer::new(inner).filter_map(|piece| match piece {
                    Piece::Text(text) => Some(text),
                    _ => None,
                }));
            }
            Piece::Tag(_) | Piece::Comment(_) | Piece::Verbatim(_) => {}
        }
    }
    let decoded = entities::decode(&out);
    let words: Vec<&str> = decoded.split_ascii_whitespace().collect();
    let mut line = words.join(" ");
    line.retain(|character| !character.is_control());
    line.trim().to_owned()
}

/// Appends text as XML sees it: line ends are `\n`, and characters XML 1.0 forbids are dropped.
pub fn push_xml_text(out: &mut String, text: &str) {
    let mut rest = text;
    while let Some(at) = rest.find(|character| character == '\r' || is_forbidden(character)) {
        out.push_str(&rest[..at]);
        let is_return = rest.as_bytes()[at] == b'\r';
        rest = &rest[at..];
        rest = &rest[rest.chars().next().map_or(0, char::len_utf8)..];
        if is_return && !rest.starts_with('\n') {
            out.push('\n');
        }
    }
    out.push_str(rest);
}

/// Says whether XML 1.0 forbids a character, as it does most control characters.
pub fn is_forbidden(character: char) -> bool {
    let is_control = character < ' ' && !matches!(character, '\t' | '\n' | '\r');
    is_control || matches!(character, '\u{fffe}' | '\u{ffff}')
}

/// Trims text that is a word: a slug, an address, a login.
pub fn word(text: &str) -> String {
    text.trim().to_owned()
}

/// Takes empty text as absent.
pub fn filled(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_plain_text() {
        assert_eq!(
            plain(" The <em>mayor</em>&#8217;s\n bees &amp; trees "),
            "The mayor’s bees & trees"
        );
        assert_eq!(plain("a < b &lt;i&gt;"), "a < b <i>");
        assert_eq!(
            plain("<p>One</p><p>two<br>three</p><script>x()</script>"),
            "One two three"
        );
        assert_eq!(
            plain("Use <code>cargo <b>fmt</b></code>&#0;"),
            "Use cargo fmt"
        );
    }

    #[test]
    fn control_characters_are_dropped_and_line_ends_are_one_kind() {
        let mut out = String::new();
        push_xml_text(&mut out, "a\u{b}b\r\nc\rd\u{ffff}\te\u{1}");
        assert_eq!(out, "ab\nc\nd\te");
    }
}
