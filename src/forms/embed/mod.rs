//! The script that shows forms on pages.
//!
//! It is written by hand, without dependencies or a build, in the files beside this one, each a part of its own. They are
//! put together here, and are served without the comments and the indentation that only their authors need. What is
//! enough for other answers is not for this one, which every page of a site loads: it is compressed once, and well.

use std::sync::LazyLock;

use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, get};

use crate::rest::Query;
use crate::rest::cached::Fixed;
use crate::rest::query::NoParams;

/// The parts; the last begins the work. In another order they do the same, but are less alike in a row, and weigh more.
const PARTS: &str = concat!(
    include_str!("memory.js"),
    include_str!("proof.js"),
    include_str!("page.js"),
    include_str!("colours.js"),
    include_str!("view.js"),
    include_str!("submit.js"),
    include_str!("show.js"),
    include_str!("words.js"),
    include_str!("style.js"),
    include_str!("triggers.js"),
    include_str!("start.js"),
);

/// An hour, so that a mended script reaches pages the same day, and nobody ever waits for it.
const CACHE_CONTROL: &str = "public, max-age=3600, stale-while-revalidate=604800";

static SCRIPT: LazyLock<Fixed> =
    LazyLock::new(|| Fixed::new("text/javascript; charset=utf-8", CACHE_CONTROL, script()));

/// The script for pages
///
/// Shows forms on pages of any website: `<script src="…/embed.js" data-form="314" async></script>`, and
/// `<div data-masthead-form="314"></div>` where one belongs into the text. Sets no cookies, and asks nobody but this server.
#[utoipa::path(tag = "site", security(()), responses((status = 200, description = "The script", body = String, content_type = "text/javascript"), (status = 304, description = "Unchanged since the entity tag of `If-None-Match`")))]
#[get("/embed.js")]
pub async fn embed_script(request: HttpRequest, _: Query<NoParams>) -> HttpResponse {
    let mut response = SCRIPT.respond(request.headers());
    // Pages that insist on it (`Cross-Origin-Embedder-Policy`) may load it, too.
    response.headers_mut().insert(
        header::CROSS_ORIGIN_RESOURCE_POLICY,
        HeaderValue::from_static("cross-origin"),
    );
    response
}

/// The script as it is served, in a scope of its own.
fn script() -> String {
    let mut script = String::from("(() => {\n\"use strict\";\n");
    let lines = PARTS.lines().map(str::trim);
    for line in lines.filter(|line| !line.is_empty() && !line.starts_with("//")) {
        script.push_str(line);
        script.push('\n');
    }
    script.push_str("})();\n");
    script
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_stay_here_and_code_does_not() {
        let script = script();
        assert!(!script.contains("\n//") && !script.contains("\n\n") && !script.contains("\n "));
        assert!(script.contains("window.masthead = {"));
        // A comment behind code would be served, and one with a quote in it would be hard to tell from text.
        let behind = PARTS.lines().find(|line| line.contains("; //"));
        assert_eq!(behind, None);
    }

    #[test]
    fn nothing_in_it_needs_a_looser_policy() {
        for forbidden in [
            "eval(",
            "new Function",
            "innerHTML",
            "document.write",
            "setAttribute(\"style\"",
        ] {
            assert!(!PARTS.contains(forbidden), "{forbidden}");
        }
    }
}
