use super::elements::is_any;
use super::html::{Lexer, Piece, Side};

/// Elements that show or do something other than words. A picture goes when it has no address that readers may get.
const ACTIVE: [&str; 17] = [
    "applet", "audio", "button", "canvas", "embed", "form", "iframe", "img", "input", "map",
    "math", "object", "script", "select", "svg", "textarea", "video",
];

/// Tells which things a body had and its readers will not get, with how many; empty where all are kept.
pub fn lost_things(before: &str, after: &str) -> Vec<String> {
    let lost = ACTIVE.iter().filter_map(|name| {
        let missing = count(before, name).saturating_sub(count(after, name));
        (missing > 0).then(|| format!("{missing} {name}"))
    });
    lost.collect()
}

fn count(html: &str, name: &str) -> usize {
    Lexer::new(html)
        .filter(|piece| match piece {
            Piece::Tag(tag) => tag.side == Side::Open && is_any(tag.name, &[name]),
            Piece::Verbatim(verbatim) => is_any(verbatim.name, &[name]),
            Piece::Text(_) | Piece::Comment(_) => false,
        })
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::{BodyFormat, render};

    fn lost(html: &str) -> Vec<String> {
        lost_things(html, &render(BodyFormat::Html, html).unwrap().html)
    }

    #[test]
    fn what_readers_will_not_get_is_counted() {
        let html = r#"<p>See <IFRAME src="https://example.com/a"></IFRAME></p><iframe src="b"/></iframe>
            <script>x("<iframe>")</script><video controls></video><img alt="a" src="data:image/png;base64,x">"#;
        assert_eq!(lost(html), ["2 iframe", "1 img", "1 script", "1 video"]);
    }

    #[test]
    fn what_readers_will_get_is_not() {
        let html = r#"<figure><img src="https://example.com/a.jpg" alt=" src="><figcaption>A</figcaption></figure>
            <ul><li><input type="checkbox" checked> done</li></ul><p>a &lt;iframe&gt; <span>b</span></p>
            <div data-masthead-form="314"></div><pre><code>&lt;script&gt;</code></pre>"#;
        assert!(lost(html).is_empty());
    }
}
