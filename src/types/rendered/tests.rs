//! What `render` promises, tried from outside.

use super::*;

fn html(source: &str) -> String {
    render(BodyFormat::Html, source).unwrap().html
}

fn markdown(source: &str) -> String {
    render(BodyFormat::Markdown, source).unwrap().html
}

/// Renders on a stack as small as a worker's.
fn render_on_a_small_stack(format: BodyFormat, source: String) -> Result<Rendered, RenderError> {
    std::thread::Builder::new()
        .stack_size(2 << 20)
        .spawn(move || render(format, &source))
        .unwrap()
        .join()
        .unwrap()
}

#[test]
fn markdown_has_tables_tasks_footnotes_strikethrough_and_bare_links() {
    let source = "~~a~~ http://e.org/\n\n- [x] b\n\n|c|\n|:-:|\n|d|\n\ne[^1]\n\n[^1]: f\n";
    let rendered = markdown(source);
    for wanted in [
        "<del>a</del>",
        "<a href=\"http://e.org/\" rel=\"noopener noreferrer\">http://e.org/</a>",
        "<li><input type=\"checkbox\" checked=\"\" disabled=\"\"> b</li>",
        "<td align=\"center\">d</td>",
        "<sup class=\"footnote-ref\"><a href=\"#fn-1\" id=\"fnref-1\">1</a></sup>",
        "<section class=\"footnotes\">",
        "<li id=\"fn-1\">",
        "<a href=\"#fnref-1\" class=\"footnote-backref\"",
    ] {
        assert!(rendered.contains(wanted), "{wanted} in {rendered}");
    }
}

#[test]
fn what_is_allowed_stays() {
    for kept in [
        "<figure><img src=\"/a.jpg\" srcset=\"/a.jpg 1x, https://e.org/b.jpg 2x\" alt=\"a\" \
         width=\"640\" height=\"480\" loading=\"lazy\"><figcaption>b</figcaption></figure>",
        "<pre><code class=\"language-c++\">\na &lt; b</code></pre>",
        "<table><caption>a</caption><colgroup><col span=\"2\"></colgroup><tbody><tr>\
         <th scope=\"row\">b</th><td colspan=\"2\">c</td></tr></tbody></table>",
        "<dl><dt>a</dt><dd>b</dd></dl>",
        "<details><summary>a</summary>b</details>",
        "<p><mark>a</mark> <kbd>b</kbd> <time datetime=\"2026-01-01\">c</time><wbr></p>",
        "<ol start=\"3\"><li>a</li></ol>",
        "<p lang=\"ja\"><ruby>漢<rt>かん</rt></ruby></p>",
        "<div data-masthead-form=\"news_1-a\"></div>",
        "<b><p>a</p></b>",
    ] {
        assert_eq!(html(kept), kept);
    }
}

#[test]
fn what_is_not_allowed_goes() {
    for (source, rendered) in [
        (
            "<p style=\"x\" onclick=\"x\" class=\"x\" id=\"x\">a</p>",
            "<p>a</p>",
        ),
        ("a<script>b</script><style>c</style>d", "ad"),
        (
            "<svg><title>a</title></svg><math><mi>b</mi></math>",
            "\na\nb",
        ),
        ("<iframe src=\"//e.org\"></iframe>a", "\n\na"),
        (
            "<form action=\"/\"><input type=\"text\" name=\"a\">b</form>",
            "\nb\n",
        ),
        (
            "<!-- wp:paragraph {\"a\":1} --><p>a</p><!-- /wp:paragraph -->",
            "<p>a</p>",
        ),
        (
            "<a href=\"javascript:x\">a</a><a href=\"data:,x\">b</a>",
            "<a>a</a><a>b</a>",
        ),
        ("<a href=\"java&#1;script:x\">a</a>", "<a>a</a>"),
        ("<img src=\"data:,x\" alt=\"a\">b", "b"),
        (
            "<img src=\"a\" srcset=\"b 1x, javascript:c 2x\">",
            "<img src=\"a\">",
        ),
        ("<div data-masthead-form=\"a b\"></div>", "<div></div>"),
        ("<p data-masthead-form=\"a\"></p>", "<p></p>"),
        ("a\u{0}b\u{b}c&#0;d&#x1b;e\r\nf\rg", "abc\u{fffd}de\nf\ng"),
    ] {
        assert_eq!(html(source), rendered, "{source:?}");
    }
}

#[test]
fn links_to_other_sites_tell_them_nothing() {
    assert_eq!(
        html("<a href=\"//e.org\" target=\"_blank\" rel=\"Sponsored opener\">a</a>"),
        "<a href=\"//e.org\" rel=\"noopener noreferrer sponsored\">a</a>"
    );
    assert_eq!(
        html("<a href=\"/a\" rel=\"author\">a</a>"),
        "<a href=\"/a\">a</a>"
    );
}

#[test]
fn headings_have_unique_ids_that_the_contents_name() {
    let rendered = render(BodyFormat::Markdown, "# A *b*\n## A b\n### &amp;\n##\n").unwrap();
    let toc: Vec<_> = rendered
        .toc
        .iter()
        .map(|entry| (entry.level, entry.id.as_str(), entry.text.as_str()))
        .collect();
    assert_eq!(
        toc,
        [
            (1, "h-a-b", "A b"),
            (2, "h-a-b-2", "A b"),
            (3, "h-and", "&")
        ]
    );
    assert_eq!(
        rendered.html,
        "<h1 id=\"h-a-b\">A <em>b</em></h1>\n<h2 id=\"h-a-b-2\">A b</h2>\n\
         <h3 id=\"h-and\">&amp;</h3>\n<h2></h2>\n"
    );
}

#[test]
fn own_ids_stay_where_they_are_safe_and_unique() {
    assert_eq!(
        html(
            "<h2>x y</h2><h2 id=\"h-x-y\">b</h2><h2 id=\"h-x-y\">c</h2><h2 id=\"über-uns\">d</h2>"
        ),
        "<h2 id=\"h-x-y-2\">x y</h2><h2 id=\"h-x-y\">b</h2><h2 id=\"h-c\">c</h2>\
         <h2 id=\"über-uns\">d</h2>"
    );
}

#[test]
fn links_inside_of_a_document_follow_its_headings() {
    assert_eq!(
        html(
            "<h2 id=\"location\">Where</h2><a href=\"#location\">a</a><a href=\"#comments\">b</a>"
        ),
        "<h2 id=\"h-location\">Where</h2><a href=\"#h-location\">a</a><a href=\"#comments\">b</a>"
    );
    assert!(markdown("[a](#über-uns)\n\n# Über uns\n").contains("<a href=\"#h-uber-uns\">"));
}

#[test]
fn ids_of_anything_else_go() {
    assert_eq!(
        html(
            "<li id=\"fn-1\">a<a id=\"fnref-1\" name=\"b\">c</a></li><a id=\"fnref-1\">d</a><a id=\"e-f\">g</a>"
        ),
        "<li id=\"fn-1\">a<a id=\"fnref-1\">c</a></li><a>d</a><a>g</a>"
    );
}

#[test]
fn misnested_markup_is_closed_in_order() {
    for (source, rendered) in [
        ("<p><b>a<div>b</div>", "<p><b>a</b></p><div>b</div>"),
        ("<ul><li>a<li>b</ul>c", "<ul><li>a</li><li>b</li></ul>c"),
        (
            "<a href=\"1\">a<a href=\"2\">b",
            "<a href=\"1\">a</a><a href=\"2\">b</a>",
        ),
        (
            "<table>a<td>b",
            "<table><tbody><tr><td>a</td><td>b</td></tr></tbody></table>",
        ),
        ("<td>a</td>", "a"),
        (
            "<h2>a<h3>b</h2>c",
            "<h2 id=\"h-a\">a</h2><h3 id=\"h-b\">b</h3>c",
        ),
        ("<h2><div>a</div></h2>", "<h2 id=\"h-a\">\na</h2>"),
        ("<pre>\n\n&#10;a</pre>", "<pre>a</pre>"),
    ] {
        assert_eq!(html(source), rendered, "{source}");
    }
}

#[test]
fn rendering_what_was_rendered_changes_nothing() {
    for source in [
        "<a><object><a>b</object></a>c",
        "<b><b><b><b><p>a</b></b>c",
        "<table><a><tr><td><a>b<table><caption><p>c",
        "<svg></p><style><a id=\"</style><img src=1 onerror=x>\">",
        "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1>\">",
        "<noscript><p title=\"</noscript><img src=x onerror=x>\">",
        "<form><math><mtext></form><form><mglyph><style></math><img src onerror=x>",
        "<ruby><p>a<rt>b<pre>\n<span>\n",
        "&amp;lt;script&gt; &#60;b&#62; &nbsp; \u{a0} &notit; &",
        "<h2 id=\"a\">b</h2><h2 id=\"h-a\">c</h2><h2>b</h2><a href=\"#a\">d</a>",
        "<!--[if IE]><p>a<![endif]-->b<![CDATA[c]]>d<?e?>f</>g</ h>i<!-- j",
    ] {
        for format in [BodyFormat::Html, BodyFormat::Markdown] {
            let rendered = render(format, source).unwrap();
            assert_eq!(
                render(BodyFormat::Html, &rendered.html).unwrap(),
                rendered,
                "{source}"
            );
        }
    }
}

#[test]
fn deep_nesting_is_refused_without_recursion() {
    for (format, source) in [
        (BodyFormat::Html, "<div>".repeat(100_000)),
        (BodyFormat::Html, "<blockquote>".repeat(100_000)),
        (BodyFormat::Markdown, ">".repeat(50_000)),
    ] {
        assert_eq!(
            render_on_a_small_stack(format, source),
            Err(RenderError::TooDeep)
        );
    }
    let deepest = format!("{}a{}", "<div>".repeat(100), "</div>".repeat(100));
    assert_eq!(html(&deepest), deepest);
}

#[test]
fn crowds_are_refused_and_the_rest_is_linear() {
    let crowd = render_on_a_small_stack(BodyFormat::Html, "<p>".repeat(100_001));
    assert_eq!(crowd, Err(RenderError::TooCrowded));
    let attributes: String = (0..20_000).map(|n| format!(" a{n}=b")).collect();
    assert_eq!(html(&format!("<p{attributes}>a</p>")), "<p>a</p>");
    for (format, source) in [
        (BodyFormat::Markdown, "[".repeat(50_000)),
        (BodyFormat::Markdown, "*".repeat(50_000)),
        (BodyFormat::Html, "«&".repeat(50_000)),
        (BodyFormat::Html, "<!--".repeat(50_000)),
        (BodyFormat::Html, "<script>".repeat(50_000)),
    ] {
        assert!(render_on_a_small_stack(format, source).is_ok());
    }
}

#[test]
fn too_much_markdown_is_refused() {
    let error = render(BodyFormat::Markdown, &"a".repeat(1_048_577)).unwrap_err();
    assert_eq!(error.as_code(), "too_long");
    assert_eq!(
        error.to_string(),
        "is 1048577 bytes of Markdown; at most 1048576 are rendered"
    );
}

#[test]
fn what_grows_too_large_on_the_way_is_refused() {
    let caption = format!("<a title=\"{}\">a</a>", "&".repeat(200));
    let error = render_on_a_small_stack(BodyFormat::Html, caption.repeat(4_200)).unwrap_err();
    assert!(matches!(error, RenderError::TooMuchHtml { .. }), "{error}");
    assert_eq!(error.as_code(), "too_long");
}

#[test]
fn an_empty_body_takes_no_time_to_read() {
    let minutes = |source| {
        render(BodyFormat::Markdown, source)
            .unwrap()
            .reading_time_minutes
    };
    assert_eq!((minutes(" \n"), minutes("!"), minutes("a")), (0, 1, 1));
}
