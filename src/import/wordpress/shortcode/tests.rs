use super::*;

fn told(text: &str) -> Option<(Form, &str, &str)> {
    bracket_at(text, 0).map(|bracket| (bracket.form, bracket.name, bracket.arguments))
}

#[test]
fn brackets_have_four_forms() {
    assert_eq!(told("[seed-list]"), Some((Form::Open, "seed-list", "")));
    assert_eq!(told("[a b=\"c\"]d"), Some((Form::Open, "a", " b=\"c\"")));
    assert_eq!(
        told("[a b='c' /]"),
        Some((Form::SelfClosing, "a", " b='c' "))
    );
    assert_eq!(told("[a/]"), Some((Form::SelfClosing, "a", "")));
    assert_eq!(told("[/a ]"), Some((Form::Close, "a", " ")));
    assert_eq!(told("[[a b]]"), Some((Form::Escaped, "a", " b")));
    let address = " https://example.com/a/";
    assert_eq!(
        told("[youtube https://example.com/a/]"),
        Some((Form::Open, "youtube", address))
    );
}

#[test]
fn other_brackets_have_no_form() {
    for text in [
        "[1]", "[", "[]", "[a", "[ a]", "[é]", "[a [b]", "[/a b]", "[[a]", "[a.b]", "[a](b)",
        "[a\n\nb]",
    ] {
        assert_eq!(told(text), None, "{text}");
    }
}

#[test]
fn arguments_are_read_with_any_quotes() {
    for text in [
        "id=\"31\"",
        "id='31'",
        "id=31",
        "id=“31”",
        "id=&#8220;31&#8243;",
        "id=&quot;31&quot;",
        "element_id=\"x\" id=&#8217;31&#8217;",
        "ID = \"31\"",
        "&nbsp;id=31",
    ] {
        assert_eq!(Arguments::parse(text).get("id"), Some("31"), "{text}");
    }
    assert_eq!(Arguments::parse("id=\"31").get("id"), Some("\"31"));
    assert_eq!(Arguments::parse("=").get("id"), None);
}

#[test]
fn addresses_are_found_in_arguments() {
    for text in [
        "https://example.com/v?a=1&amp;b=2",
        "=https://example.com/v?a=1&b=2",
        "\"https://example.com/v?a=1&b=2\"",
        "poster=\"x.jpg\" mp4=\"https://example.com/v?a=1&b=2\"",
    ] {
        let arguments = Arguments::parse(text);
        let expected = Some("https://example.com/v?a=1&b=2");
        assert_eq!(arguments.address_of_media(), expected, "{text}");
    }
    let poster = "poster=\"https://example.com/p\" src=\"https://example.com/v\"";
    assert_eq!(
        Arguments::parse(poster).address_of_media(),
        Some("https://example.com/v")
    );
}

#[test]
fn prose_in_brackets_is_no_shortcode() {
    let table = [
        ("[sic]", false),
        ("[top]", false),
        ("[the mayor of a town]", false),
        ("[note x=5]", false),
        ("[video of the match]", false),
        ("[see <a href=\"/x\">page</a>]", false),
        ("[button]", false),
        ("[Q&A]", false),
        ("[video]", true),
        ("[gallery ids=1]", true),
        ("[vc_row whatever it is]", true),
        ("[youtube https://example.com/v]", true),
        ("[vimeo 123]", true),
        ("[button link=/x]", true),
        ("[recipe title=“Soup”]", true),
        ("[recipe/]", true),
        ("[caption caption=\"A <em>hill</em>\"]", true),
    ];
    for (text, expected) in table {
        let bracket = bracket_at(text, 0).unwrap();
        let arguments = Arguments::parse(bracket.arguments);
        assert_eq!(is_shortcode(&bracket, &arguments, None), expected, "{text}");
    }
}

#[test]
fn a_bracket_that_is_closed_later_is_a_shortcode() {
    let text = "[spoiler]Rain[/spoiler] <code>[/tip]</code>";
    let closers = Closers::find(text);
    assert_eq!(closers.after("spoiler", 9), Some(13));
    assert_eq!(closers.after("spoiler", 14), None);
    assert_eq!(closers.after("tip", 0), None);
}
