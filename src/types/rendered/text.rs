//! Plain text out of markup, and what is counted in it.

use std::borrow::Cow;

use unicode_normalization::char::is_combining_mark;

use super::elements::is_inline;
use super::tokens::{Token, tokens};

const WORDS_PER_MINUTE: u64 = 230;
const CJK_CHARS_PER_MINUTE: u64 = 500;
const ELLIPSIS: char = '…';

/// Answers the words of sanitised markup: one line for each block, cells of a row side by side,
/// without the marks that lead to footnotes and back.
pub(super) fn plain_text(html: &str) -> String {
    let mut text = Folded::default();
    let mut in_footnote_mark = false;
    for token in tokens(html) {
        match token {
            Token::Text(_) if in_footnote_mark => {}
            Token::Text(escaped) => unescaped(escaped).chars().for_each(|c| text.push(c)),
            Token::Start(tag) if tag.name == "a" => {
                let href = tag.attribute("href").unwrap_or_default();
                in_footnote_mark = href.starts_with("#fn-") || href.starts_with("#fnref-");
            }
            Token::End(name) if name == "a" => in_footnote_mark = false,
            Token::Start(tag) => text.pass(&tag.name),
            Token::End(name) => text.pass(&name),
        }
    }
    text.text
}

/// Text with its white space folded; ends of lines come from the markup alone.
#[derive(Default)]
struct Folded {
    text: String,
    gap: Option<char>,
}

impl Folded {
    fn push(&mut self, c: char) {
        if c.is_whitespace() {
            self.gap = self.gap.or(Some(' '));
            return;
        }
        if let Some(gap) = self.gap.take().filter(|_| !self.text.is_empty()) {
            self.text.push(gap);
        }
        self.text.push(c);
    }

    fn pass(&mut self, element: &str) {
        match element {
            "td" | "th" => self.gap = self.gap.or(Some(' ')),
            "br" => self.gap = Some('\n'),
            _ if is_inline(element) => {}
            _ => self.gap = Some('\n'),
        }
    }
}

/// Decodes the five entities that the sanitiser writes.
pub(super) fn unescaped(escaped: &str) -> Cow<'_, str> {
    if !escaped.contains('&') {
        return Cow::Borrowed(escaped);
    }
    let text = escaped
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&nbsp;", "\u{a0}")
        .replace("&amp;", "&");
    Cow::Owned(text)
}

/// Cuts text to at most `max_chars` characters, as one line, between words where it can.
///
/// Where the last space is far back, as in scripts without spaces, it cuts between characters. A cut text ends in an
/// ellipsis, which counts.
pub fn excerpt(text: &str, max_chars: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().nth(max_chars).is_none() {
        return line;
    }
    let Some(max_words_chars) = max_chars.checked_sub(1) else {
        return String::new();
    };
    let room: usize = line.chars().take(max_words_chars).map(char::len_utf8).sum();
    let (head, tail) = line.split_at(room);
    let words = if tail.starts_with(' ') {
        Some(head)
    } else {
        head.rsplit_once(' ').map(|(words, _)| words)
    };
    let kept = words
        .filter(|words| words.len() * 4 >= head.len())
        .unwrap_or_else(|| whole_characters(head, tail));
    let is_loose_end = |c: char| c.is_whitespace() || ",;:.–—-".contains(c);
    format!("{}{ELLIPSIS}", kept.trim_end_matches(is_loose_end))
}

/// Takes the last character off `head` where `tail` begins with marks that belong to it.
fn whole_characters<'t>(head: &'t str, tail: &str) -> &'t str {
    let continues = |c: char| is_combining_mark(c) || matches!(c, '\u{200d}' | '\u{fe0f}');
    if !tail.starts_with(continues) {
        return head;
    }
    let base = head.trim_end_matches(continues);
    let last = base.char_indices().next_back();
    last.map_or("", |(at, _)| base.get(..at).unwrap_or_default())
}

/// What is read of a text: words of scripts that put spaces between them, and characters of Chinese
/// and Japanese, which put none; each of those counts as a word.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Length {
    words: u64,
    cjk_chars: u64,
}

impl Length {
    pub(super) fn of(text: &str) -> Length {
        let mut length = Length::default();
        for run in text.split(|c: char| c.is_whitespace() || matches!(c, '—' | '…')) {
            length.cjk_chars += run.chars().filter(|c| is_cjk(*c)).count() as u64;
            let words = run.split(is_cjk);
            length.words += words
                .filter(|word| word.contains(char::is_alphanumeric))
                .count() as u64;
        }
        length
    }

    pub(super) fn word_count(&self) -> i32 {
        i32::try_from(self.words + self.cjk_chars).unwrap_or(i32::MAX)
    }

    /// Answers the minutes that reading takes, rounded up.
    pub(super) fn reading_time_minutes(&self) -> i32 {
        let work = self.words * CJK_CHARS_PER_MINUTE + self.cjk_chars * WORDS_PER_MINUTE;
        let minutes = work.div_ceil(WORDS_PER_MINUTE * CJK_CHARS_PER_MINUTE);
        i32::try_from(minutes).unwrap_or(i32::MAX)
    }
}

/// Says whether a character is a Han ideograph or a kana.
fn is_cjk(c: char) -> bool {
    matches!(c,
        '\u{3005}'..='\u{3007}'
        | '\u{3041}'..='\u{309f}'
        | '\u{30a1}'..='\u{30fa}'
        | '\u{30fc}'..='\u{30ff}'
        | '\u{31f0}'..='\u{31ff}'
        | '\u{3400}'..='\u{4dbf}'
        | '\u{4e00}'..='\u{9fff}'
        | '\u{f900}'..='\u{faff}'
        | '\u{ff66}'..='\u{ff9d}'
        | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_has_a_line_for_each_block_and_no_markup() {
        let html = "<h2>A  &amp; b</h2>\n<p>c<br>d<b>e</b>&nbsp;f</p><table><tbody><tr><td>1</td>\
                    <td>2</td></tr></tbody></table><ul><li>&amp;lt;</li></ul>";
        assert_eq!(plain_text(html), "A & b\nc\nde f\n1 2\n&lt;");
    }

    #[test]
    fn marks_of_footnotes_are_not_text() {
        let html = "<p>Fact<sup><a href=\"#fn-1\">1</a></sup>. <a href=\"/x\">More</a></p>";
        assert_eq!(plain_text(html), "Fact. More");
    }

    #[test]
    fn words_are_counted_in_any_script() {
        let counted = |text| Length::of(text).word_count();
        assert_eq!(
            counted("Well-known: it doesn't – no, can't – stop—ever."),
            7
        );
        assert_eq!(counted("東京タワー"), 5);
        assert_eq!(counted("Rust は楽しい 2026"), 6);
        assert_eq!(counted("안녕 세상"), 2);
        assert_eq!(counted("… — !"), 0);
    }

    #[test]
    fn reading_time_is_rounded_up() {
        let minutes = |text: &str| Length::of(text).reading_time_minutes();
        assert_eq!(minutes(&"word ".repeat(230)), 1);
        assert_eq!(minutes(&"word ".repeat(231)), 2);
        assert_eq!(minutes(&"字".repeat(500)), 1);
        assert_eq!(minutes(&("字".repeat(500) + &" word".repeat(230))), 2);
        assert_eq!(minutes(""), 0);
    }

    #[test]
    fn excerpts_end_between_words() {
        let text = "The quick, brown\nfox jumps";
        assert_eq!(excerpt(text, 100), "The quick, brown fox jumps");
        assert_eq!(excerpt(text, 12), "The quick…");
        assert_eq!(excerpt(text, 9), "The…");
        assert_eq!(excerpt(text, 1), "…");
        assert_eq!(excerpt(text, 0), "");
    }

    #[test]
    fn excerpts_cut_long_words_between_characters() {
        assert_eq!(excerpt("東京は日本の首都です", 5), "東京は日…");
        assert_eq!(excerpt("xe\u{301}xxxx", 3), "x…");
    }
}
