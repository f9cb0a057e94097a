/// Says what a file is, from its first bytes, when these can't begin a WordPress export.
pub fn of_first_bytes(first: &[u8]) -> Option<&'static str> {
    if first.is_empty() {
        return Some("the file is empty");
    }
    if first.starts_with(&[0x1f, 0x8b]) {
        return Some("the file is a gzip archive, unpack it first");
    }
    if first.starts_with(b"PK\x03\x04") {
        return Some("the file is a zip archive, unpack it first");
    }
    let is_utf16 = [&b"\xff\xfe"[..], b"\xfe\xff", b"<\0", b"\0<"]
        .iter()
        .any(|mark| first.starts_with(mark));
    if is_utf16 {
        return Some("the file is encoded in UTF-16, save it as UTF-8");
    }
    let text = first
        .strip_prefix(b"\xef\xbb\xbf")
        .unwrap_or(first)
        .trim_ascii_start();
    of_text(text)
}

fn of_text(text: &[u8]) -> Option<&'static str> {
    let starts_with = |prefix: &str| {
        text.get(..prefix.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(prefix.as_bytes()))
    };
    if text.is_empty() {
        return None;
    }
    if starts_with("<!doctype html") || starts_with("<html") {
        return Some("the file is an HTML page, not an export; was a login page saved instead?");
    }
    if starts_with("{") || starts_with("[") {
        return Some("the file looks like JSON, a WordPress export is XML");
    }
    if starts_with("-- ") || starts_with("/*!") || starts_with("create table") {
        return Some("the file looks like an SQL dump, a WordPress export is XML");
    }
    if !starts_with("<") {
        return Some("the file is not XML: it doesn't start with <");
    }
    None
}

/// Says what a document is, from its root element, when it is not RSS.
pub fn of_root(name: &str) -> String {
    let looks_like = match name {
        "feed" => "an Atom feed",
        "rdf:RDF" => "an RSS 1.0 feed",
        "opml" => "a list of feeds (OPML)",
        "urlset" | "sitemapindex" => "a sitemap",
        "html" => "an HTML page",
        "br" | "b" => "a PHP warning before the export",
        _ => "another kind of document",
    };
    format!("the root element is <{name}> ({looks_like}), a WordPress export's is <rss>")
}

/// Says what is wrong with a declared encoding.
pub fn of_encoding(name: &str) -> Option<String> {
    let is_utf8 = ["utf-8", "utf8", "us-ascii"]
        .iter()
        .any(|known| known.eq_ignore_ascii_case(name));
    (!is_utf8).then(|| format!("the file is encoded in {name}, save it as UTF-8"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_an_export_is_named() {
        let table: [(&[u8], &str); 9] = [
            (b"", "empty"),
            (b"\x1f\x8b\x08", "gzip"),
            (b"PK\x03\x04", "zip"),
            (b"\xff\xfe<\0", "UTF-16"),
            (b"\n <!DOCTYPE HTML>", "HTML"),
            (b"{\"db\": []}", "JSON"),
            (b"-- MySQL dump", "SQL"),
            (b"id,title\n", "not XML"),
            (b"\xef\xbb\xbfPlain words", "not XML"),
        ];
        for (bytes, expected) in table {
            let reason = of_first_bytes(bytes).unwrap_or("nothing");
            assert!(reason.contains(expected), "{reason}");
        }
    }

    #[test]
    fn xml_after_a_mark_or_blank_lines_passes() {
        assert_eq!(of_first_bytes(b"\xef\xbb\xbf<?xml version"), None);
        assert_eq!(of_first_bytes(b"\n\n<rss>"), None);
        assert_eq!(of_first_bytes(b"\n\n"), None);
    }
}
