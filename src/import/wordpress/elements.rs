/// Says whether a name is one of the list, whatever its case.
pub fn is_any(name: &str, list: &[&str]) -> bool {
    list.iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// Says whether an element may hold paragraphs of its own.
pub fn holds_paragraphs(name: &str) -> bool {
    const FLOW: [&str; 11] = [
        "div",
        "blockquote",
        "section",
        "article",
        "aside",
        "main",
        "header",
        "footer",
        "nav",
        "center",
        "details",
    ];
    is_any(name, &FLOW)
}

/// Says whether an element holds words, and never a block.
pub fn holds_words_only(name: &str) -> bool {
    is_any(name, &["p", "h1", "h2", "h3", "h4", "h5", "h6"])
}

/// Says whether an element ends the line of text before it.
pub fn is_block(name: &str) -> bool {
    const OTHERS: [&str; 30] = [
        "pre",
        "script",
        "style",
        "table",
        "thead",
        "tbody",
        "tfoot",
        "tr",
        "td",
        "th",
        "caption",
        "colgroup",
        "col",
        "ul",
        "ol",
        "li",
        "dl",
        "dt",
        "dd",
        "figure",
        "figcaption",
        "form",
        "fieldset",
        "legend",
        "address",
        "hr",
        "svg",
        "math",
        "summary",
        "noscript",
    ];
    holds_paragraphs(name) || holds_words_only(name) || is_any(name, &OTHERS)
}
