use super::elements::is_any;
use super::html::{Lexer, Piece, Side};

/// Finds where the picture ends that text starts with: `<img>`, maybe in a link.
pub fn picture_end(html: &str) -> Option<usize> {
    let mut lexer = Lexer::new(html);
    let mut end = None;
    while let Some(piece) = lexer.next() {
        match piece {
            Piece::Text(text) if text.trim().is_empty() => {}
            Piece::Tag(tag) if is_any(tag.name, &["img"]) && end.is_none() => {
                end = Some(lexer.position());
            }
            Piece::Tag(tag) if is_any(tag.name, &["a"]) => match (tag.side, end) {
                (Side::Open, None) => {}
                (Side::Close, Some(_)) => return Some(lexer.position()),
                _ => return end,
            },
            _ => return end,
        }
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_may_stand_in_a_link() {
        let table = [
            ("<img src=a> words", Some(11)),
            (" <a href=b> <img src=a> </a> words", Some(28)),
            ("<a href=b><img src=a> words</a>", Some(21)),
            ("<img src=a> <img src=b>", Some(11)),
            ("words <img src=a>", None),
            ("<p><img src=a></p>", None),
            ("", None),
        ];
        for (html, expected) in table {
            assert_eq!(picture_end(html), expected, "{html}");
        }
    }
}
