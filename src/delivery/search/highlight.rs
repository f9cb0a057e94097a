//! Highlights: text in which the database has marked the words that were searched for, as HTML that can be shown.
//!
//! The database marks with control characters, which no published text can say by itself: it takes them out first. It
//! also puts one in the place of `<`, or it would read the text as HTML and leave tags out.

const LESS_THAN: char = '\u{1}';
const MARK: char = '\u{2}';
const UNMARK: char = '\u{3}';

/// How far into a piece the rest of a cut word may reach. Languages without spaces have no words to tidy up.
const CUT_WORD: usize = 30;

/// HTML in which only `<mark>` is markup.
pub fn html(marked: &str) -> String {
    let mut html = String::with_capacity(marked.len() + 32);
    let mut is_open = false;
    for c in marked.chars() {
        match c {
            MARK if !is_open => {
                html.push_str("<mark>");
                is_open = true;
            }
            UNMARK if is_open => {
                html.push_str("</mark>");
                is_open = false;
            }
            MARK | UNMARK => {}
            LESS_THAN | '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '&' => html.push_str("&amp;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            c => html.push(c),
        }
    }
    if is_open {
        html.push_str("</mark>");
    }
    html
}

/// The same for a piece out of a longer text: with `…` where it was cut, and no halves of words there.
pub fn piece_html(marked: &str) -> String {
    let mut piece = marked.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some(rest) = piece.strip_prefix('…') {
        let whole = rest
            .split_once(' ')
            .filter(|(cut, _)| is_rest_of_word(cut))
            .map_or(rest, |(_, whole)| whole);
        piece = format!("… {whole}");
    }
    if let Some(rest) = piece.strip_suffix('…') {
        let whole = rest
            .rsplit_once(' ')
            .filter(|(_, cut)| is_rest_of_word(cut))
            .map_or(rest, |(whole, _)| whole);
        piece = format!("{whole} …");
    }
    html(&piece)
}

fn is_rest_of_word(text: &str) -> bool {
    text.chars().count() <= CUT_WORD && !text.contains([MARK, UNMARK])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_marks_are_markup() {
        let text = "\u{1}script>alert(\"\u{2}frost\u{3}\") & 'b' <i>";
        assert_eq!(
            html(text),
            "&lt;script&gt;alert(&quot;<mark>frost</mark>&quot;) &amp; &#39;b&#39; &lt;i&gt;"
        );
    }

    #[test]
    fn marks_are_always_closed_and_never_nested() {
        assert_eq!(html("a \u{2}b \u{2}c"), "a <mark>b c</mark>");
        assert_eq!(html("a\u{3} b"), "a b");
    }

    #[test]
    fn a_piece_begins_and_ends_with_whole_words() {
        assert_eq!(
            piece_html("…dening in \u{2}frost\u{3}\n and sn…"),
            "… in <mark>frost</mark> and …"
        );
        assert_eq!(piece_html("all of it"), "all of it");
    }

    #[test]
    fn a_marked_word_at_the_cut_stays() {
        assert_eq!(
            piece_html("…\u{2}frost\u{3} came"),
            "… <mark>frost</mark> came"
        );
    }
}
