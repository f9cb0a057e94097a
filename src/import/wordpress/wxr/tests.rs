use std::io::BufReader;

use chrono::{TimeZone, Utc};

use super::super::entry::{Domain, Item, PostType, Status, Stickiness};
use super::*;

const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" ?>\n\
    <rss version=\"2.0\" xmlns:excerpt=\"http://wordpress.org/export/1.2/excerpt/\"\n\
    xmlns:content=\"http://purl.org/rss/1.0/modules/content/\"\n\
    xmlns:dc=\"http://purl.org/dc/elements/1.1/\" xmlns:wp=\"http://wordpress.org/export/1.2/\">\n\
    <channel>\n<title>Valley Gazette &amp;amp; Garden</title>\n";

fn export(channel: &str) -> String {
    format!("{HEAD}{channel}\n</channel>\n</rss>\n")
}

fn records(xml: &str) -> Vec<Record> {
    // One byte at a time, so that every piece of markup is split somewhere.
    let reader = BufReader::with_capacity(1, xml.as_bytes());
    read(reader).map(|record| record.unwrap()).collect()
}

fn item(inner: &str) -> Item {
    match records(&export(&format!("<item>{inner}</item>"))).pop() {
        Some(Record::Item(item)) => *item,
        other => panic!("{other:?} is no item"),
    }
}

fn error(xml: &str) -> WxrError {
    let all: Vec<_> = read(xml.as_bytes()).collect();
    let errors = all.iter().filter(|record| record.is_err()).count();
    assert_eq!(errors, 1);
    all.into_iter().last().unwrap().unwrap_err()
}

#[test]
fn records_come_in_the_order_of_the_file_after_the_site() {
    let told = records(&export(
        "<link>https://example.com</link><image><title>Logo</title></image>\
         <wp:wxr_version>1.2</wp:wxr_version><wp:base_blog_url>https://example.com/b</wp:base_blog_url>\
         <wp:author><wp:author_login><![CDATA[ada]]></wp:author_login>\
         <wp:author_display_name><![CDATA[Ada &amp; Co]]></wp:author_display_name></wp:author>\
         <wp:category><wp:category_nicename>soil</wp:category_nicename><wp:category_parent/>\
         <wp:cat_name><![CDATA[Soil]]></wp:cat_name></wp:category>\
         <wp:tag><wp:tag_slug>bees</wp:tag_slug><wp:tag_name>Bees</wp:tag_name></wp:tag>\
         <wp:term><wp:term_taxonomy>nav_menu</wp:term_taxonomy><wp:term_parent>top</wp:term_parent></wp:term>\
         <item><title>Frost</title></item>",
    ));
    let [
        Record::Site(site),
        Record::Author(author),
        Record::Category(category),
        Record::Tag(tag),
        Record::Term(term),
        Record::Item(item),
    ] = told.as_slice()
    else {
        panic!("{told:?}");
    };
    assert_eq!(site.title, "Valley Gazette & Garden");
    assert_eq!(
        (site.link.as_str(), site.wxr_version.as_str()),
        ("https://example.com", "1.2")
    );
    assert_eq!(site.base_blog_url, "https://example.com/b");
    assert_eq!(
        (author.login.as_str(), author.display_name.as_str()),
        ("ada", "Ada & Co")
    );
    assert_eq!((category.name.as_str(), &category.parent), ("Soil", &None));
    assert_eq!(tag.slug, "bees");
    assert_eq!(
        (term.taxonomy.as_str(), term.parent.as_deref()),
        ("nav_menu", Some("top"))
    );
    assert_eq!((item.title.as_str(), item.line), ("Frost", 7));
}

#[test]
fn an_item_has_all_its_fields() {
    let item = item(
        "<title>Bees &amp;#8217;26</title><link>https://example.com/?p=7&amp;x</link>\
         <dc:creator><![CDATA[ada]]></dc:creator><guid isPermaLink=\"false\">https://example.com/?p=7</guid>\
         <content:encoded><![CDATA[<p>a]]]]><![CDATA[>b</p>]]></content:encoded>\
         <excerpt:encoded><![CDATA[Short]]></excerpt:encoded><wp:post_id>7</wp:post_id>\
         <wp:post_date>2026-05-01 10:00:00</wp:post_date><wp:post_date_gmt>2026-05-01 08:00:00</wp:post_date_gmt>\
         <wp:post_modified>2026-05-02 10:00:00</wp:post_modified>\
         <wp:comment><wp:comment_id>1</wp:comment_id><title>no</title></wp:comment><wp:comment/>\
         <wp:status>private</wp:status><wp:post_type>page</wp:post_type><wp:post_name>bees</wp:post_name>\
         <wp:post_parent>3</wp:post_parent><wp:post_password>hive</wp:post_password><wp:is_sticky>1</wp:is_sticky>\
         <category domain=\"post_tag\" nicename=\"bees-wasps\"><![CDATA[Bees &amp; wasps]]></category>\
         <wp:postmeta><wp:meta_key>_edit_last</wp:meta_key><wp:meta_value>5</wp:meta_value></wp:postmeta>\
         <wp:postmeta><wp:meta_key>_thumbnail_id</wp:meta_key><wp:meta_value>12</wp:meta_value></wp:postmeta>",
    );
    assert_eq!(
        (item.title.as_str(), item.content.as_str()),
        ("Bees ’26", "<p>a]]>b</p>")
    );
    assert_eq!(
        (item.link.as_str(), item.excerpt.as_str()),
        ("https://example.com/?p=7&x", "Short")
    );
    assert_eq!(
        (item.id, item.parent_id, item.thumbnail_id),
        (Some(7), Some(3), Some(12))
    );
    assert_eq!(
        (item.creator.as_str(), item.post_name.as_str()),
        ("ada", "bees")
    );
    assert_eq!(
        (item.status, item.post_type),
        (Status::Private, PostType::Page)
    );
    assert_eq!(
        (item.password.as_deref(), item.stickiness),
        (Some("hive"), Stickiness::Sticky)
    );
    assert_eq!(
        item.published_at,
        Utc.with_ymd_and_hms(2026, 5, 1, 8, 0, 0).single()
    );
    assert_eq!(
        item.modified_at,
        Utc.with_ymd_and_hms(2026, 5, 2, 10, 0, 0).single()
    );
    assert_eq!(item.comment_count, 2);
    assert_eq!(item.categories[0].domain, Domain::Tag);
    assert_eq!(item.categories[0].name, "Bees & wasps");
}

#[test]
fn an_old_export_with_other_prefixes_is_read() {
    let told = records(
        "\n<?xml version=\"1.0\"?><rss xmlns:w=\"https://wordpress.org/export/1.0/\">\
         <channel xmlns:c=\"http://purl.org/rss/1.0/modules/content/\"><item>\
         <w:post_id>0</w:post_id><c:encoded>Salt & pepper &nbsp; R&D;</c:encoded>\
         <category>Soil</category><category domain=\"category\" nicename=\"soil\">Soil</category>\
         </item></channel></rss><!-- made in a second -->",
    );
    let Some(Record::Item(item)) = told.last() else {
        panic!("{told:?}")
    };
    assert_eq!(item.id, None);
    assert_eq!(item.content, "Salt & pepper &nbsp; R&D;");
    assert_eq!(item.categories.len(), 1);
}

#[test]
fn control_characters_are_dropped_from_text_and_cdata() {
    let item = item(
        "<title>A\u{8}B&#11;&#0;C</title><content:encoded><![CDATA[x\u{0}\u{1b}y\r\nz]]></content:encoded>",
    );
    assert_eq!(
        (item.title.as_str(), item.content.as_str()),
        ("ABC", "xy\nz")
    );
}

#[test]
fn a_broken_export_is_refused_with_its_line() {
    let table = [
        (
            export("<item>\n<title>a</link>\n</item>"),
            8,
            "</link> stands where <title> of line 8",
        ),
        (
            export("<item>\n\n<title>a < b</title></item>"),
            9,
            "starts no tag",
        ),
        (
            export("<item>\n<!ELEMENT x></item>"),
            8,
            "comment nor a CDATA",
        ),
        (
            export("</item>"),
            7,
            "</item> stands where <channel> of line 5",
        ),
        (
            export("<item></item></channel></rss>\n<rss>"),
            8,
            "<rss> follows </rss>",
        ),
        (
            export("") + "<?xml version=\"1.0\"?>",
            10,
            "second XML document",
        ),
        (
            format!("{HEAD}<item>\n<title>a"),
            8,
            "inside <title> of line 8",
        ),
        (
            format!("{HEAD}<item>\n<title><![CDATA[a\nb]]"),
            9,
            "inside <title> of line 8",
        ),
        (format!("{HEAD}<item"), 7, "inside <channel> of line 5"),
        (format!("{HEAD}</channel>\n"), 8, "inside <rss> of line 2"),
        ("<rss>\n</rss>".to_owned(), 1, "no <channel>"),
        ("<?xml version=\"1.0\"?>\n".to_owned(), 2, "before <rss>"),
        (export(&"<a>".repeat(70)), 7, "deeper than 64"),
    ];
    for (xml, line, reason) in table {
        let error = error(&xml);
        assert!(error.reason.contains(reason), "{error}");
        assert_eq!(error.line, line, "{error}");
    }
}

#[test]
fn a_document_type_is_refused() {
    let bomb = "<?xml version=\"1.0\"?>\n<!DOCTYPE rss [\n<!ENTITY a \"b\">\n]>\n<rss/>";
    let error = error(bomb);
    assert_eq!((error.line, error.reason.contains("DTD")), (2, true));
}

#[test]
fn what_is_no_export_is_named() {
    let table = [
        (
            "<feed xmlns=\"http://www.w3.org/2005/Atom\"/>",
            "an Atom feed",
        ),
        ("<br />\n<b>Warning</b>", "a PHP warning"),
        ("<!-- note --> words <rss>", "text stands before"),
        (
            "<rss><channel><item/></channel></rss>",
            "an RSS feed, not a WordPress export",
        ),
        (
            "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><rss/>",
            "encoded in ISO-8859-1",
        ),
        ("{}", "JSON"),
        ("", "empty"),
    ];
    for (xml, reason) in table {
        let error = error(xml);
        assert!(error.reason.contains(reason), "{error}");
    }
}

#[test]
fn bytes_that_are_not_utf8_are_refused_with_their_line() {
    let mut bytes = export("<item>\n<title>a\nb\n?</title></item>").into_bytes();
    let at = bytes.iter().rposition(|byte| *byte == b'?').unwrap();
    bytes[at] = 0xe9;
    let last = read(bytes.as_slice()).last().unwrap();
    assert_eq!(
        last.unwrap_err().to_string(),
        "line 10: a byte is not UTF-8, save the file as UTF-8"
    );
}

#[test]
fn a_record_larger_than_allowed_is_refused() {
    let long = "x".repeat(3000);
    let parts = [
        format!("<item>\n<title><![CDATA[{long}]]></title></item>"),
        format!(
            "<item>\n<title>{}</title></item>",
            "<![CDATA[xxxxxxxxxx]]>".repeat(300)
        ),
        format!("<item>\n{}</item>", "<category>a</category>".repeat(300)),
    ];
    for part in parts {
        let last = read_within(BufReader::with_capacity(64, export(&part).as_bytes()), 2000).last();
        let error = last.unwrap().unwrap_err();
        assert_eq!(
            (error.line, error.reason.contains("larger than 2000")),
            (8, true),
            "{error}"
        );
    }
    let many = export(&"<item><title>A short title</title></item>".repeat(500));
    assert_eq!(
        read_within(many.as_bytes(), 2000)
            .filter(Result::is_ok)
            .count(),
        501
    );
}

#[test]
fn the_position_grows_to_the_length_of_the_file() {
    let xml = export("<item><title>Frost</title></item>");
    let mut records = read(xml.as_bytes());
    while records.next().is_some() {}
    assert_eq!(records.position(), xml.len() as u64);
    assert!(records.next().is_none());
}
