use masthead::platform::mail::Templates;
use masthead::types::{Locale, Parse};
use serde_json::json;

use crate::harness::{TestApp, TestFolder};

const HELLO_HTML: &str = "{% extends \"layout.html\" %}
{% from \"parts.html\" import button %}
{% block content %}
{% for paragraph in text | paragraphs %}
<p>{{ paragraph }}</p>
{% endfor %}
{{ button(url, label, site) }}
{% endblock %}
{% block footer %}<p>{{ reason }}</p>{% endblock %}
";
const HELLO_TXT: &str = "{% extends \"layout.txt\" %}
{% block content %}
{{ text }}

{{ url }}
{% endblock %}
{% block footer %}{{ reason }}{% endblock %}
";

/// An app with one more template than are built in.
async fn started(folder: &TestFolder) -> TestApp {
    folder.write("templates/hello.html", HELLO_HTML);
    folder.write("templates/hello.txt", HELLO_TXT);
    folder.write("templates/notes.md", "{{ not one of ours");
    TestApp::start_with(&[
        ("MASTHEAD_DATA_DIR", folder.path()),
        ("MASTHEAD_SITE_NAME", "Tom & Jo's <Paper>"),
        ("MASTHEAD_SITE_COLOUR", "#ffd700"),
    ])
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_people_write_is_data_and_never_a_template() {
    let folder = TestFolder::new();
    let app = started(&folder).await;
    let hostile = "{{7*7}} {% include 'x' %} {{ site.url }}\n\n<script>alert(1)</script> \"'&";
    let values = json!({
        "subject": "Hi </title><b>", "text": hostile, "url": "https://e.org/?a=1&b=\"><b>", "label": "<i>Go</i>",
        "reason": "{{ 7 * 7 }}",
    });

    let rendered = app
        .platform
        .templates
        .render("hello", &Locale::default(), &values)
        .unwrap();

    assert!(rendered.text.contains(hostile), "{}", rendered.text);
    let html = &rendered.html;
    assert!(
        html.contains("<p>{{7*7}} {% include &#x27;x&#x27; %} {{ site.url }}</p>"),
        "{html}"
    );
    assert!(
        html.contains("<p>&lt;script&gt;alert(1)&lt;&#x2f;script&gt; &quot;&#x27;&amp;</p>"),
        "{html}"
    );
    assert!(html.contains("Tom &amp; Jo&#x27;s &lt;Paper&gt;"), "{html}");
    for smuggled in ["<script", "<i>", "<b>", "49"] {
        assert!(!html.contains(smuggled), "{smuggled} in {html}");
    }
    assert!(!rendered.text.contains("49"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_is_in_its_language_and_in_the_colour_of_the_site() {
    let folder = TestFolder::new();
    let app = started(&folder).await;
    let values = json!({ "subject": "Hi", "text": "a", "url": "https://e.org", "label": "Go", "reason": "because" });
    let in_locale = |locale: &str| {
        let locale = Locale::parse(locale).unwrap();
        app.platform
            .templates
            .render("hello", &locale, &values)
            .unwrap()
    };

    let rendered = in_locale("ar");
    assert!(
        rendered.html.contains("<html lang=\"ar\" dir=\"rtl\">"),
        "{}",
        rendered.html
    );
    let rendered = in_locale("pt-BR");
    assert!(
        rendered.html.contains("<html lang=\"pt-BR\" dir=\"ltr\">"),
        "{}",
        rendered.html
    );
    assert!(
        rendered
            .html
            .contains("background: #ffd700; color: #000000"),
        "{}",
        rendered.html
    );
    assert_eq!(
        rendered.text,
        "a\n\nhttps://e.org\n\n-- \nbecause\nTom & Jo's <Paper>\nhttps://news.example.com"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_layout_can_be_another() {
    let folder = TestFolder::new();
    folder.write(
        "templates/layout.html",
        "<title>mine</title>{% block content %}{% endblock %}",
    );
    let app = started(&folder).await;
    let values = json!({ "text": "a", "url": "u", "label": "l", "reason": "r" });

    let rendered = app
        .platform
        .templates
        .render("hello", &Locale::default(), &values)
        .unwrap();
    assert!(
        rendered.html.starts_with("<title>mine</title>"),
        "{}",
        rendered.html
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_that_is_missing_is_a_fault_and_not_a_hole_in_a_mail() {
    let folder = TestFolder::new();
    let app = started(&folder).await;
    let templates = &app.platform.templates;

    let fault = templates
        .render("hello", &Locale::default(), &json!({}))
        .unwrap_err();
    assert_eq!(format!("{fault:#}").lines().count(), 1);
    assert!(
        format!("{fault:#}").starts_with("the template hello.txt can't be filled"),
        "{fault:#}"
    );
    templates
        .render("nothing", &Locale::default(), &json!({}))
        .unwrap_err();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_template_is_told_at_the_start_in_one_line() {
    let app = TestApp::start().await;
    app.folder
        .write("templates/confirm.html", "<p>\n{{ url }</p>");

    let fault = Templates::new(&app.platform.config).err().unwrap();
    let told = format!("{fault:#}");
    assert_eq!(told.lines().count(), 1, "{told}");
    assert!(
        told.contains("templates/confirm.html is no template") && told.contains("line 2"),
        "{told}"
    );
}
