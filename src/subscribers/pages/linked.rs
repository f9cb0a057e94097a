use std::fmt::Write;

use minijinja::{HtmlEscape, Value};

/// What editors wrote, escaped, with its addresses made links: as the script for pages shows it (`forms/embed/view.js`).
pub fn linked(text: &Value) -> Value {
    match text.as_str() {
        Some(text) => Value::from_safe_string(html_of(text)),
        None => text.clone(),
    }
}

fn html_of(text: &str) -> String {
    let (mut html, mut rest) = (String::new(), text);
    while let Some((before, address, after)) = next_address(rest) {
        // Writing into a string does not fail.
        let _ = write!(
            html,
            "{}<a href=\"{}\" target=\"_blank\" rel=\"noopener\">{}</a>",
            HtmlEscape(before),
            HtmlEscape(address),
            HtmlEscape(address)
        );
        rest = after;
    }
    let _ = write!(html, "{}", HtmlEscape(rest));
    html
}

/// The first address in a text, what stands before it, and what stands behind.
fn next_address(text: &str) -> Option<(&str, &str, &str)> {
    let starts = text.match_indices("http").filter_map(|(begin, _)| {
        let scheme = ["https://", "http://"];
        let scheme = scheme
            .iter()
            .find(|known| text[begin..].starts_with(*known))?;
        Some((begin, begin + scheme.len()))
    });
    for (begin, host) in starts {
        let ends = |c: char| c.is_whitespace() || "<>\"".contains(c);
        let end = text[host..].find(ends).map_or(text.len(), |end| host + end);
        // A full stop behind an address belongs to the sentence.
        let end = begin
            + text[begin..end]
                .trim_end_matches(['.', ',', ';', ':', '!', '?', ')'])
                .len();
        if end > host {
            return Some((&text[..begin], &text[begin..end], &text[end..]));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_become_links_and_all_else_stays_text() {
        let link = |address: &str| {
            format!("<a href=\"{address}\" target=\"_blank\" rel=\"noopener\">{address}</a>")
        };
        for (text, html) in [
            ("a <b> & c", "a &lt;b&gt; &amp; c".to_owned()),
            ("https:// http", "https:&#x2f;&#x2f; http".to_owned()),
            ("javascript:alert(1)", "javascript:alert(1)".to_owned()),
        ] {
            assert_eq!(html_of(text), html);
        }
        let address = "https://example.com/a?b=1";
        let shown = link(&HtmlEscape(address).to_string());
        assert_eq!(html_of(&format!("({address}).")), format!("({shown})."));
        let quoted = html_of("https://example.com/\"onclick=x");
        let shown = link(&HtmlEscape("https://example.com/").to_string());
        assert_eq!(quoted, format!("{shown}&quot;onclick=x"));
    }
}
