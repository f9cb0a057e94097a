//! The OpenAPI document tells the truth.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::Value;

use crate::harness::TestApp;

/// What may be called without a token. Everything else is closed.
const PUBLIC: &[&str] = &[
    "confirm_subscription",
    "count_form_event",
    "create_token",
    "docs",
    "docs_asset",
    "download_own_data",
    "embed_script",
    "end_subscription",
    "explain_problem",
    "export_articles",
    "form_page",
    "issue_challenge",
    "jwks",
    "list_changes",
    "list_published_articles",
    "list_published_authors",
    "list_published_tags",
    "list_related_articles",
    "live",
    "openapi_json",
    "openapi_yaml",
    "read_atom",
    "read_author_atom",
    "read_author_json_feed",
    "read_author_rss",
    "read_json_feed",
    "read_news_sitemap",
    "read_published_article",
    "read_published_author",
    "read_published_form",
    "read_published_tag",
    "read_rss",
    "read_sitemap",
    "read_sitemap_part",
    "read_subscription",
    "read_tag_atom",
    "read_tag_json_feed",
    "read_tag_rss",
    "ready",
    "refresh_token",
    "request_subscription",
    "search_published_articles",
    "send_form_page",
    "stream_events",
    "subscription_action",
    "subscription_page",
    "suggest_searches",
    "unsubscribe_by_one_click",
    "unsubscribe_page",
    "update_subscription",
];

struct Operation {
    method: Method,
    path: String,
    spec: Value,
}

impl Operation {
    fn id(&self) -> &str {
        self.spec["operationId"].as_str().unwrap_or_default()
    }

    /// The path with something in the place of every variable, as the harness's client takes it.
    fn address(&self) -> String {
        let path = self
            .path
            .replace("{id}", "0192e4a0-7b1c-7c3e-9d55-3f1f6a2b8c4d")
            .replace("{slug}", "story")
            .replace("{part}", "2026-11");
        format!(
            "@{}",
            path.replace("{kind}", "validation")
                .replace("{file}", "index.html")
        )
    }
}

fn document() -> Value {
    serde_json::from_str(&masthead::openapi::document().to_json().unwrap()).unwrap()
}

fn operations() -> Vec<Operation> {
    let document = document();
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, spec) in item.as_object().unwrap() {
            let method = method.to_uppercase().parse().unwrap();
            operations.push(Operation {
                method,
                path: path.clone(),
                spec: spec.clone(),
            });
        }
    }
    operations
}

#[test]
fn the_committed_files_are_what_the_code_says() {
    let document = masthead::openapi::document();
    for (file, now, command) in [
        (
            "masthead.json",
            document.to_pretty_json().unwrap(),
            "cargo run -- openapi",
        ),
        (
            "masthead.yaml",
            document.to_yaml().unwrap(),
            "cargo run -- openapi --format yaml",
        ),
    ] {
        let path = format!("{}/openapi/{file}", env!("CARGO_MANIFEST_DIR"));
        let committed = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            committed.trim_end() == now.trim_end(),
            "stale: `{command} > openapi/{file}`"
        );
    }
}

#[test]
fn every_reference_leads_somewhere() {
    fn references(value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::Object(members) => {
                if let Some(Value::String(target)) = members.get("$ref") {
                    found.insert(target.clone());
                }
                members
                    .values()
                    .for_each(|member| references(member, found));
            }
            Value::Array(items) => items.iter().for_each(|item| references(item, found)),
            _ => {}
        }
    }
    let (document, mut found) = (document(), BTreeSet::new());
    references(&document, &mut found);
    let dangling: Vec<_> = found
        .iter()
        .filter(|target| document.pointer(target.trim_start_matches('#')).is_none())
        .collect();
    assert!(dangling.is_empty() && !found.is_empty(), "{dangling:?}");
    for kind in ["schemas", "responses"] {
        for name in document["components"][kind].as_object().unwrap().keys() {
            let reference = format!("#/components/{kind}/{name}");
            assert!(found.contains(&reference), "nothing leads to {reference}");
        }
    }
}

/// The parameter of an operation that has this name.
fn parameter<'a>(operation: &'a Operation, name: &str) -> Option<&'a Value> {
    let parameters = operation.spec["parameters"].as_array()?;
    parameters
        .iter()
        .find(|parameter| parameter["name"] == name)
}

#[test]
fn request_bodies_name_every_member_that_they_may_have() {
    fn closed(document: &Value, schema: &Value, seen: &mut BTreeSet<String>) {
        if let Some(target) = schema["$ref"].as_str() {
            if seen.insert(target.to_owned()) {
                let target = document.pointer(target.trim_start_matches('#')).unwrap();
                closed(document, target, seen);
            }
            return;
        }
        if let Some(members) = schema["properties"].as_object() {
            assert_eq!(schema["additionalProperties"], false, "{schema}");
            members
                .values()
                .for_each(|member| closed(document, member, seen));
        }
        for choice in schema["oneOf"].as_array().into_iter().flatten() {
            closed(document, choice, seen);
        }
    }
    let (document, mut seen) = (document(), BTreeSet::new());
    for operation in operations() {
        let content = &operation.spec["requestBody"]["content"];
        for content in content.as_object().into_iter().flatten() {
            closed(&document, &content.1["schema"], &mut seen);
        }
    }
    assert!(seen.len() > 10, "{seen:?}");
    // What answers show may grow; so nothing of it is closed.
    for name in ["Article", "EditedArticle", "Seo", "Source", "Consent"] {
        assert!(document["components"]["schemas"][name]["additionalProperties"].is_null());
    }
}

#[test]
fn if_match_is_required_where_it_has_to_be_there() {
    let operations = operations();
    let named = operations
        .iter()
        .filter_map(|operation| Some((operation, parameter(operation, "If-Match")?)));
    let mut required = Vec::new();
    for (operation, header) in named {
        assert_eq!(header["example"], "*", "{}", operation.id());
        let needs_it = !operation.spec["responses"]["428"].is_null();
        assert_eq!(header["required"], needs_it, "{}", operation.id());
        required.extend(needs_it.then_some(operation.id()));
    }
    required.sort_unstable();
    assert_eq!(
        required,
        [
            "publish_article",
            "restore_article",
            "submit_article",
            "trash_article",
            "unpublish_article",
            "update_article"
        ]
    );
}

#[test]
fn answers_to_fields_need_no_member() {
    let document = document();
    let mut count = 0;
    for operation in operations() {
        let Some(fields) = parameter(&operation, "fields") else {
            continue;
        };
        let known = fields["schema"]["items"]["enum"].as_array().unwrap();
        assert!(known.contains(&Value::from("tags.slug")), "{known:?}");
        let answer = &operation.spec["responses"]["200"]["content"]["application/json"];
        let forms = answer["schema"]["anyOf"].as_array().unwrap();
        let part = forms[1]["$ref"].as_str().unwrap();
        let part = document.pointer(part.trim_start_matches('#')).unwrap();
        let entry = part["properties"]["data"]["items"]["$ref"].as_str();
        let part = entry.map_or(part, |entry| {
            document.pointer(entry.trim_start_matches('#')).unwrap()
        });
        assert!(part["required"].is_null(), "{part}");
        let tags = &part["properties"]["tags"]["items"];
        assert_eq!(tags["$ref"], "#/components/schemas/SomeTagSummary");
        count += 1;
    }
    assert!(count >= 3, "only {count} operations take fields");
}

#[test]
fn every_operation_is_described_and_named_once() {
    let (operations, mut ids) = (operations(), BTreeSet::new());
    for operation in &operations {
        let spec = &operation.spec;
        assert!(
            ids.insert(operation.id().to_owned()),
            "{} is used twice",
            operation.id()
        );
        for member in ["operationId", "summary", "description"] {
            assert!(
                spec[member].as_str().is_some_and(|text| !text.is_empty()),
                "{}: no {member}",
                operation.path
            );
        }
        let answers: Vec<&String> = spec["responses"].as_object().unwrap().keys().collect();
        assert!(
            answers.iter().any(|status| status.starts_with(['2', '3'])),
            "{}: no success",
            operation.id()
        );
        let has_body = spec.get("requestBody").is_some();
        let needs_body = operation.method == Method::PATCH || operation.id().starts_with("create_");
        assert!(
            has_body || !needs_body,
            "{}: the body is not documented",
            operation.id()
        );
        let is_closed = !PUBLIC.contains(&operation.id());
        assert_eq!(
            answers.iter().any(|status| *status == "401") || operation.id() == "log_out",
            is_closed || ["create_token", "refresh_token"].contains(&operation.id()),
            "{}",
            operation.id()
        );
        assert_eq!(
            spec["security"].is_null(),
            is_closed,
            "{}: security",
            operation.id()
        );
    }
    for id in PUBLIC {
        assert!(
            ids.contains(*id),
            "{id} is on the public list, but not in the document"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_closed_operation_refuses_strangers_before_it_reads_the_body() {
    let app = TestApp::start().await;
    let (anonymous, forged) = (app.anonymous(), app.bearer("eyJhbGciOiJub25lIn0.e30."));
    for operation in operations()
        .iter()
        .filter(|operation| !PUBLIC.contains(&operation.id()))
    {
        for client in [&anonymous, &forged] {
            let broken = Some(b"{broken".to_vec());
            let refused = client
                .send(operation.method.clone(), &operation.address(), broken)
                .await;
            assert_eq!(
                refused.status, 401,
                "{} {}",
                operation.method, operation.path
            );
            assert_eq!(refused.header("content-type"), "application/problem+json");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_author_is_refused_what_only_editors_may_before_the_body_is_read() {
    let app = TestApp::start().await;
    let author = app.author().await;
    let for_editors = |id: &str| {
        id.contains("_tag")
            || id.contains("_form")
            || id.contains("_job")
            || id.contains("subscriber")
            || id.contains("publish_article")
    };
    let operations = operations();
    let closed = operations
        .iter()
        .filter(|operation| operation.path.contains("/editor/") && for_editors(operation.id()));
    let mut count = 0;
    for operation in closed {
        let refused = author
            .send(
                operation.method.clone(),
                &operation.address(),
                Some(b"{broken".to_vec()),
            )
            .await;
        assert_eq!(
            refused.status, 403,
            "{} {}",
            operation.method, operation.path
        );
        count += 1;
    }
    assert!(count >= 12, "only {count} operations were tried");
}

#[tokio::test(flavor = "multi_thread")]
async fn other_methods_are_refused_with_those_that_would_do() {
    let app = TestApp::start().await;
    let editor = app.editor().await;
    for operation in operations() {
        let refused = editor
            .send(Method::PUT, &operation.address(), None)
            .await
            .expect(405);
        assert!(
            refused.header("allow").contains(operation.method.as_str()),
            "{}",
            operation.path
        );
        assert_eq!(refused.text_of("type"), "/problems/method-not-allowed");
        editor
            .send(Method::TRACE, &operation.address(), None)
            .await
            .expect(405);
    }
    let unknown = app.anonymous().get("@/wp-admin").await.expect(404);
    assert_eq!(
        (
            unknown.text_of("type").as_str(),
            unknown.header("x-content-type-options")
        ),
        ("/problems/not-found", "nosniff")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn no_spelling_of_a_path_opens_a_closed_route() {
    let app = TestApp::start().await;
    let anonymous = app.anonymous();
    for path in [
        "/api/v1/editor/tags/",
        "/api/v1/editor//tags",
        "//api/v1/editor/tags",
        "/API/v1/editor/tags",
        "/api/v1/Editor/tags",
        "/api/v1/./editor/tags",
        "/api/v1/x/../editor/tags",
        "/api/v1/%65ditor/tags",
        "/api/v1/editor%2ftags",
        "/api/v1/editor/tags;x",
        "/api/v1/editor/tags.json",
        "/api/v1/editor/tags%00",
        "/api/v1/editor/%2e/tags",
        "/api/v1/editor/tags%20",
        "/api/v1/editor/tags?_method=GET",
        "/api/v1;/editor/tags",
    ] {
        let refused = anonymous.get(&format!("@{path}")).await;
        assert!(
            [400, 401, 404].contains(&refused.status),
            "{path}: {}",
            refused.status
        );
    }
    for header in ["x-http-method-override", "x-original-url", "x-rewrite-url"] {
        anonymous
            .with(header, "/api/v1/articles")
            .get("/editor/tags")
            .await
            .expect(401);
    }
}
