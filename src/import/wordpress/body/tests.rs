use std::time::{Duration, Instant};

use super::super::text::plain;
use super::*;

fn html(content: &str) -> String {
    clean(content).html
}

fn dropped(content: &str) -> Vec<(String, usize)> {
    clean(content).dropped.into_iter().collect()
}

#[test]
fn block_comments_are_removed_and_blocks_stay() {
    let content = "<!-- wp:paragraph {\"align\":\"left\"} -->\n<p>Frost\nis due.</p>\n\
                   <!-- /wp:paragraph -->\n\n<!-- wp:separator -->\n<hr/>\n<!-- /wp:separator -->\n\
                   <!-- a note -->\n<!-- wp:latest-posts {\"n\":3} /-->";
    assert_eq!(html(content), "<p>Frost\nis due.</p>\n\n<hr/>");
    assert_eq!(dropped(content), [("wp:latest-posts".to_owned(), 1)]);
}

#[test]
fn a_sign_up_form_becomes_a_block_whatever_its_quotes() {
    let block = "<div data-masthead-form=\"314\"></div>";
    for shortcode in [
        "[mc4wp_form id=\"314\"]",
        "[mc4wp_form id=314]",
        "[mc4wp_form id='314' /]",
        "[mc4wp_form element_id=\"side\" id=\"314\"]",
        "[mc4wp_form id=&#8220;314&#8221;]",
        "[mc4wp_form id=”314″]",
        "[mc4wp_form&nbsp;id=&quot;314&quot;]",
        "<p>[mc4wp_form id=\"314\"]</p>",
        "<p style='x'><strong>[mc4wp_form id=\"314\"]</strong>&nbsp;</p>",
        "<!-- wp:shortcode -->\n[mc4wp_form id=\"314\"]\n<!-- /wp:shortcode -->",
        "<!-- wp:mailchimp-for-wp/form {\"id\":314} /-->",
    ] {
        let body = clean(shortcode);
        assert_eq!(body.html, block, "{shortcode}");
        assert_eq!(body.forms, ["314"], "{shortcode}");
        assert!(body.dropped.is_empty());
    }
}

#[test]
fn a_form_without_a_proper_id_is_the_default_one() {
    for shortcode in [
        "[mc4wp_form]",
        "[mc4wp_form id=\"\"]",
        "[mc4wp_form id=\"3 onload=x\"]",
    ] {
        let body = clean(shortcode);
        assert_eq!(body.html, "<div data-masthead-form=\"default\"></div>");
        assert_eq!(body.forms, ["default"]);
    }
}

#[test]
fn a_form_leaves_the_paragraph_it_stands_in() {
    assert_eq!(
        html("<p>Before [mc4wp_form id=1] after</p><p>End</p>"),
        "<p>Before  after</p>\n<div data-masthead-form=\"1\"></div>\n<p>End</p>"
    );
    assert_eq!(
        html("Before [mc4wp_form id=1] after"),
        "<p>Before</p>\n<div data-masthead-form=\"1\"></div>\n<p>after</p>"
    );
    assert_eq!(
        clean("[mc4wp_form id=1][mc4wp_form id=2][mc4wp_form id=1]").forms,
        ["1", "2"]
    );
}

#[test]
fn a_caption_becomes_a_figure() {
    let picture = "<a href=\"/b\"><img src=\"bees.jpg\" /></a>";
    assert_eq!(
        html(&format!(
            "[caption id=\"a_1\" width=\"300\"]{picture} Bees in <em>May</em> [sic] [ads id=1][/caption]"
        )),
        format!("<figure>{picture}<figcaption>Bees in <em>May</em> [sic]</figcaption></figure>")
    );
    assert_eq!(
        html(&format!(
            "<p>[caption caption=\"Our <em>bees</em>\"]{picture}[/caption]</p>"
        )),
        format!("<figure>{picture}<figcaption>Our bees</figcaption></figure>")
    );
    assert_eq!(
        html("[caption]<img src=a>[/caption]\n\n[caption]Words only[/caption]"),
        "<figure><img src=a></figure>\n<p>Words only</p>"
    );
    assert_eq!(
        html("[caption]<img src=a> A [caption]<img src=b> B[/caption]"),
        "<p><img src=a> A</p>\n<figure><img src=b><figcaption>B</figcaption></figure>"
    );
}

#[test]
fn embeds_and_media_become_links() {
    let link =
        "<p><a href=\"https://example.com/?a=1&amp;b\">https://example.com/?a=1&amp;b</a></p>";
    for content in [
        "[embed width=\"5\"]https://example.com/?a=1&amp;b[/embed]",
        "[youtube=https://example.com/?a=1&b]",
        "[video mp4=\"https://example.com/?a=1&b\"][/video]",
        "https://example.com/?a=1&amp;b",
    ] {
        assert_eq!(html(content), link, "{content}");
        assert_eq!(dropped(content), []);
    }
}

#[test]
fn other_shortcodes_leave_their_content_and_are_counted() {
    let content = "[vc_row][vc_column width=\"1/2\"]Soil[/vc_column][/vc_row] and [spoiler]seed[/spoiler]\
                   [gallery ids=\"1,2\"][/et_pb_row][vc_raw_html]JTNDYg==[/vc_raw_html]";
    assert_eq!(html(content), "<p>Soil and seed</p>");
    let names: Vec<_> = dropped(content).into_iter().map(|(name, _)| name).collect();
    assert_eq!(
        names,
        ["gallery", "spoiler", "vc_column", "vc_raw_html", "vc_row"]
    );
    assert_eq!(dropped("[ads id=1] [ads id=2]"), [("ads".to_owned(), 2)]);
    assert_eq!(
        html("<p>A</p><p>[gallery]</p><p><!-- note --></p><p>B</p>"),
        "<p>A</p>\n<p>B</p>"
    );
}

#[test]
fn ordinary_brackets_survive() {
    let text = "<p>He said [sic] it [1], [top], [a link](/x), array[0], [[1]], [[Some page]], [/end], [</p>";
    assert_eq!(html(text), text);
    for code in [
        "<pre>[gallery] <!-- wp:x --> [caption]</pre>",
        "<p><code>[mc4wp_form id=\"1\"]</code></p>",
    ] {
        assert_eq!(html(code), code);
    }
    assert_eq!(
        html("<p>[[gallery ids=\"1\"]] [[escaped]]</p>"),
        "<p>[gallery ids=\"1\"] [escaped]</p>"
    );
    let attribute = "<p><a title=\"[gallery]\">x</a></p>";
    assert_eq!(html(attribute), attribute);
}

#[test]
fn text_before_more_is_the_excerpt() {
    let body = clean(
        "The <b>river</b> &amp; bridge.\n<!--more Read on-->\nThe rest.<!--nextpage-->Page two.",
    );
    assert_eq!(body.more_excerpt.as_deref(), Some("The river & bridge."));
    assert_eq!(
        body.html,
        "<p>The <b>river</b> &amp; bridge.</p>\n<p>The rest.</p>\n<p>Page two.</p>"
    );
    assert_eq!(clean("<!--more-->x").more_excerpt, None);
    assert_eq!(clean("<!--moreover-->x").more_excerpt, None);
}

#[test]
fn broken_markup_is_shown_and_hides_nothing() {
    assert_eq!(
        html("a <!-- b\n\nc < d"),
        "<p>a &lt;!-- b</p>\n<p>c &lt; d</p>"
    );
    assert_eq!(html("a <b"), "<p>a &lt;b</p>");
    assert_eq!(html("line\r\n\r\nline"), "<p>line</p>\n<p>line</p>");
    assert_eq!(html(""), "");
}

const HOSTILE: &str = "\
    [ ]|<!--|<|[[|]|<a |<pre>|<code>|</|[a |[gallery |[a]|[/a]|[a][/a]|[caption]|[caption]<img>|\
    [embed]|[embed]http://|[embed] |&|\n| \n|<p>|<div>|<p>[mc4wp_form]|[mc4wp_form id=1 |\
    <!-- wp:x /-->|[vc_raw_html]|<br>\n|<table>|[wp_caption]|[caption]<a>|<!-->|<p>[a/]|<em>|\
    <textarea></|[a b=\"|[a b='c\"|<!--more-->|\n<!--more-->|<p><!--more-->[gallery]</p>|<a><h2>|\
    [caption]<img>[wp_caption]<img>|[caption][/caption]|[a]<|[video src=http://x]|<li>|</div>|\
    [mc4wp_form id=1]|&amp|<p>&nbsp;[a/]</p>|[caption]<img>[/caption]|<h2>[embed]";

#[test]
fn hostile_bodies_take_linear_time() {
    let size = if cfg!(debug_assertions) {
        1 << 16
    } else {
        1 << 20
    };
    let ends = "]-->\">'[/caption][/wp_caption][/embed][/a][/vc_raw_html][/gallery]</p></pre>";
    for piece in HOSTILE.split('|') {
        let repeated = piece.repeat(size / piece.len());
        for content in [
            &repeated,
            &format!("{repeated}{ends}"),
            &format!("<p>{repeated}{ends}"),
        ] {
            let start = Instant::now();
            clean(content);
            let elapsed = start.elapsed();
            assert!(
                elapsed < Duration::from_secs(2),
                "{piece:?} took {elapsed:?}"
            );
        }
    }
}

#[test]
fn any_mix_of_notation_is_cleaned_without_a_panic() {
    let pieces: Vec<&str> = HOSTILE
        .split('|')
        .chain(["é", "“", "ß]", "/]", "]]", "&#8220;"])
        .collect();
    let mut seed = 7_u64;
    for _ in 0..5_000 {
        let mut content = String::new();
        for _ in 0..20 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            content.push_str(pieces[(seed >> 33) as usize % pieces.len()]);
        }
        clean(&content);
        plain(&content);
    }
}
