//! The kinds of elements that HTML parsers tell apart.

pub(super) fn is_heading(name: &str) -> bool {
    matches!(name, "h1" | "h2" | "h3" | "h4" | "h5" | "h6")
}

pub(super) fn is_inline(name: &str) -> bool {
    matches!(
        name,
        "a" | "abbr" | "b" | "bdi" | "bdo" | "br" | "cite" | "code" | "del" | "dfn" | "em" | "i"
    ) || matches!(
        name,
        "img" | "input" | "ins" | "kbd" | "mark" | "q" | "rp" | "rt" | "ruby" | "s" | "samp"
    ) || matches!(
        name,
        "small" | "strong" | "sub" | "sup" | "time" | "u" | "var" | "wbr"
    )
}

pub(super) fn is_block(name: &str) -> bool {
    is_heading(name)
        || matches!(
            name,
            "blockquote" | "dd" | "details" | "div" | "dl" | "dt" | "figcaption" | "figure" | "hr"
        )
        || matches!(
            name,
            "li" | "ol" | "p" | "pre" | "section" | "summary" | "table" | "ul"
        )
}

pub(super) fn is_row_group(name: &str) -> bool {
    matches!(name, "thead" | "tbody" | "tfoot")
}

pub(super) fn is_cell(name: &str) -> bool {
    matches!(name, "td" | "th")
}

pub(super) fn is_table_part(name: &str) -> bool {
    is_row_group(name) || is_cell(name) || matches!(name, "caption" | "col" | "colgroup" | "tr")
}

pub(super) fn is_void(name: &str) -> bool {
    matches!(name, "br" | "col" | "hr" | "img" | "input" | "wbr")
}

/// Says whether the parser looks no further outward than this for what a tag closes.
pub(super) fn is_boundary(name: &str) -> bool {
    is_cell(name) || matches!(name, "caption" | "table")
}

/// Dropped elements that begin a line: their words must not run into their neighbours'.
pub(super) fn is_dropped_block(name: &str) -> bool {
    matches!(
        name,
        "address" | "article" | "aside" | "button" | "center" | "dialog" | "dir" | "fieldset"
    ) || matches!(
        name,
        "footer" | "form" | "header" | "hgroup" | "iframe" | "legend" | "main" | "menu" | "nav"
    ) || matches!(
        name,
        "object" | "option" | "select" | "textarea" | "title" | "video" | "audio"
    )
}

/// Says whether an open element keeps what follows from closing an `item` around it.
pub(super) fn ends_item_scope(open: &str, item: &str) -> bool {
    let is_list = if item == "li" {
        matches!(open, "ol" | "ul")
    } else {
        open == "dl"
    };
    is_list || is_boundary(open)
}
