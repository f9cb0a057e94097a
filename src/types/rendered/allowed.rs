//! What readers may get: the elements, attributes and addresses that the sanitiser lets through.
//!
//! | what | rule |
//! | --- | --- |
//! | addresses of links | `http`, `https`, `mailto`, `tel`, or relative |
//! | addresses of images and citations | `http`, `https`, or relative |
//! | `class` | `language-*` of code, and the classes of footnotes |
//! | `id` | of headings; of footnotes, as `fn-*` and `fnref-*`; `name` never |
//! | `input` | a disabled checkbox: the box of a task list |
//! | `div data-masthead-form` | an id or a slug, else a bare `div` |

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::LazyLock;

use ammonia::Url;
use ammonia::url::ParseError;

use super::is_dropped_control;

const LINK_SCHEMES: [&str; 4] = ["http", "https", "mailto", "tel"];
const WEB_SCHEMES: [&str; 2] = ["http", "https"];
const GLOBAL_ATTRIBUTES: [&str; 2] = ["lang", "dir"];

/// Every element readers may get, with its attributes.
const ELEMENTS: &[(&str, &[&str])] = &[
    (
        "a",
        &[
            "href",
            "hreflang",
            "title",
            "rel",
            "id",
            "class",
            "aria-label",
        ],
    ),
    ("abbr", &["title"]),
    ("b", &[]),
    ("bdi", &[]),
    ("bdo", &[]),
    ("blockquote", &["cite"]),
    ("br", &[]),
    ("caption", &[]),
    ("cite", &[]),
    ("code", &["class"]),
    ("col", &["span"]),
    ("colgroup", &["span"]),
    ("dd", &[]),
    ("del", &["cite", "datetime"]),
    ("details", &["open"]),
    ("dfn", &["title"]),
    ("div", &["data-masthead-form"]),
    ("dl", &[]),
    ("dt", &[]),
    ("em", &[]),
    ("figcaption", &[]),
    ("figure", &[]),
    ("h1", &["id"]),
    ("h2", &["id"]),
    ("h3", &["id"]),
    ("h4", &["id"]),
    ("h5", &["id"]),
    ("h6", &["id"]),
    ("hr", &[]),
    ("i", &[]),
    (
        "img",
        &[
            "src", "srcset", "sizes", "alt", "title", "width", "height", "loading", "decoding",
        ],
    ),
    ("input", &["type", "checked", "disabled"]),
    ("ins", &["cite", "datetime"]),
    ("kbd", &[]),
    ("li", &["id", "value"]),
    ("mark", &[]),
    ("ol", &["start", "reversed", "type"]),
    ("p", &[]),
    ("pre", &["class"]),
    ("q", &["cite"]),
    ("rp", &[]),
    ("rt", &[]),
    ("ruby", &[]),
    ("s", &[]),
    ("samp", &[]),
    ("section", &["class"]),
    ("small", &[]),
    ("strong", &[]),
    ("sub", &[]),
    ("summary", &[]),
    ("sup", &["class"]),
    ("table", &[]),
    ("tbody", &[]),
    ("td", &["colspan", "rowspan", "align"]),
    ("tfoot", &[]),
    ("th", &["colspan", "rowspan", "align", "scope", "abbr"]),
    ("thead", &[]),
    ("time", &["datetime"]),
    ("tr", &[]),
    ("u", &[]),
    ("ul", &[]),
    ("var", &[]),
    ("wbr", &[]),
];

static SANITISER: LazyLock<ammonia::Builder<'static>> = LazyLock::new(|| {
    let mut builder = ammonia::Builder::empty();
    builder
        .tags(ELEMENTS.iter().map(|(element, _)| *element).collect())
        .clean_content_tags(HashSet::from(["script", "style"]))
        .tag_attributes(
            ELEMENTS
                .iter()
                .map(|(element, attributes)| (*element, attributes.iter().copied().collect()))
                .collect(),
        )
        .generic_attributes(HashSet::from(GLOBAL_ATTRIBUTES))
        .set_tag_attribute_value("input", "type", "checkbox")
        .set_tag_attribute_value("input", "disabled", "")
        .url_schemes(HashSet::from(LINK_SCHEMES))
        .link_rel(None)
        .attribute_filter(allowed_value);
    builder
});

/// Drops everything that readers may not get.
pub(super) fn sanitise(html: &str) -> String {
    SANITISER.clean(html).to_string()
}

pub(super) fn is_known_attribute(element: &str, attribute: &str) -> bool {
    let known = ELEMENTS.binary_search_by_key(&element, |(name, _)| name);
    let attributes = known.ok().and_then(|at| ELEMENTS.get(at));
    GLOBAL_ATTRIBUTES.contains(&attribute)
        || attributes.is_some_and(|(_, attributes)| attributes.contains(&attribute))
}

/// Answers the value that an attribute gets, or `None` where the attribute goes.
fn allowed_value<'v>(element: &str, attribute: &str, value: &'v str) -> Option<Cow<'v, str>> {
    // `java&#1;script:` is no scheme until somebody drops the control character.
    if value.contains(is_dropped_control) {
        return None;
    }
    let is_allowed = match (element, attribute) {
        (_, "alt" | "title" | "aria-label" | "abbr" | "datetime" | "sizes" | "rel" | "href") => {
            true
        }
        (_, "src" | "cite") => has_scheme_of(value, &WEB_SCHEMES),
        (_, "srcset") => value.split(',').all(|candidate| {
            let address = candidate.split_ascii_whitespace().next();
            address.is_none_or(|address| has_scheme_of(address, &WEB_SCHEMES))
        }),
        ("ol", "type") => matches!(value, "1" | "a" | "A" | "i" | "I"),
        ("input", "type") => true,
        (_, "width" | "height" | "colspan" | "rowspan" | "span") => value.parse::<u16>().is_ok(),
        (_, "start" | "value") => value.parse::<i32>().is_ok(),
        (_, "loading") => matches!(value, "lazy" | "eager"),
        (_, "decoding") => matches!(value, "async" | "sync" | "auto"),
        (_, "dir") => matches!(value, "ltr" | "rtl" | "auto"),
        (_, "align") => matches!(value, "left" | "center" | "right"),
        (_, "scope") => matches!(value, "row" | "col" | "rowgroup" | "colgroup"),
        (_, "lang" | "hreflang") => is_name(value, "-", 35),
        (_, "data-masthead-form") => is_name(value, "-_", 64),
        (_, "class") => return allowed_class(element, value).map(Cow::Borrowed),
        (_, "id") => is_allowed_id(element, value),
        (_, "open" | "reversed" | "checked" | "disabled") => return Some(Cow::Borrowed("")),
        _ => false,
    };
    is_allowed.then_some(Cow::Borrowed(value))
}

fn allowed_class<'v>(element: &str, value: &'v str) -> Option<&'v str> {
    value.split_ascii_whitespace().find(|class| match element {
        "code" | "pre" => class
            .strip_prefix("language-")
            .is_some_and(|language| is_name(language, "-_+#.", 40)),
        "section" => *class == "footnotes",
        "sup" => *class == "footnote-ref",
        "a" => *class == "footnote-backref",
        _ => false,
    })
}

/// Ids of headings pass as they are: they get their final form once all of them are known.
fn is_allowed_id(element: &str, value: &str) -> bool {
    let footnote = match element {
        "li" => value.strip_prefix("fn-"),
        "a" => value.strip_prefix("fnref-"),
        _ => return true,
    };
    footnote.is_some_and(|name| {
        !name.is_empty()
            && name
                .chars()
                .all(|c| c.is_alphanumeric() || "-_%.".contains(c))
    })
}

fn is_name(value: &str, marks: &str, max_bytes: usize) -> bool {
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || marks.contains(c);
    (1..=max_bytes).contains(&value.len()) && value.chars().all(is_allowed)
}

/// Says whether an address is relative or of one of the schemes, reading it as browsers do.
fn has_scheme_of(address: &str, schemes: &[&str]) -> bool {
    match Url::parse(address) {
        Ok(url) => schemes.contains(&url.scheme()),
        // `jav ascript:` is relative to a browser, and to nobody's taste.
        Err(ParseError::RelativeUrlWithoutBase) => {
            let first_segment = address.split(['/', '?', '#']).next();
            first_segment.is_none_or(|segment| !segment.contains(':'))
        }
        Err(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_elements_are_in_order() {
        assert!(ELEMENTS.is_sorted_by_key(|(element, _)| *element));
    }

    #[test]
    fn addresses_are_read_as_browsers_read_them() {
        for relative in ["a.jpg", "/a", "//e.org/a", "?a=b:c", "#a:b", "", "./a:b"] {
            assert!(has_scheme_of(relative, &WEB_SCHEMES), "{relative}");
        }
        let hostile = [
            "javascript:x",
            "\u{1}javascript:x",
            "java\nscript:x",
            " JaVaScRiPt:x",
            "data:,x",
            "vbscript:x",
            "jav ascript:x",
            "blob:x",
            "file:///x",
            "http://[",
            "mailto:a@b.org",
        ];
        for address in hostile {
            assert!(!has_scheme_of(address, &WEB_SCHEMES), "{address}");
        }
    }
}
