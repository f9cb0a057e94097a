//! The OpenAPI document: collected from the handlers, completed by rules that hold for every operation.

mod chosen;
mod closed;

use actix_web::App;
use actix_web::dev::ResourceDef;
use utoipa::Modify;
use utoipa::OpenApi;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{Operation, ParameterBuilder, ParameterIn, PathItem};
use utoipa::openapi::response::{Response, ResponseBuilder};
use utoipa::openapi::schema::{Object, ObjectBuilder, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ContentBuilder, OpenApi as Document, Ref, RefOr, Required};
use utoipa_actix_web::AppExt;

use crate::rest::problem::{KINDS, MEDIA_TYPE, ProblemBody};
use crate::routes::routes;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Masthead",
        description = "A headless CMS for newsrooms and magazines.\n\n**Try it:** call `POST /api/v1/auth/token` below with your e-mail and password, copy `access_token`, press *Authorize* and paste it.\n\n**Two surfaces.** *Delivery* (`/api/v1/…`) is for readers: anonymous, cacheable, published things only. *Editor* (`/api/v1/editor/…`) is for people and machines with a token.\n\n**Errors** are RFC 9457 problem documents; `type` leads to a page that says how to mend it. A method that an address does not take is answered with 405 and a header `Allow` that lists those it takes; `OPTIONS` lists them too, and `HEAD` goes wherever `GET` does.\n\n**Reads** of resources carry an `ETag`. Send it as `If-None-Match`, and what has not changed is not sent again (304).",
        license(name = "Apache-2.0 OR MIT", identifier = "Apache-2.0 OR MIT"),
        contact(name = "Masthead", url = "https://example.com/masthead"),
    ),
    servers((url = "/", description = "This server")),
    tags(
        (name = "articles", description = "Write and publish: the editors' side of articles and pages."),
        (name = "previews", description = "Links that show the site at another instant."),
        (name = "tags", description = "The editors' side of tags."),
        (name = "forms", description = "The editors' side of the forms in which readers subscribe."),
        (name = "subscribers", description = "The editors' side of the mailing list."),
        (name = "delivery", description = "What readers' frontends call."),
        (name = "feeds", description = "For readers' programs and search engines: RSS, Atom, JSON Feed, sitemaps."),
        (name = "subscriptions", description = "What readers themselves may do with the mailing list."),
        (name = "jobs", description = "What is to be done later, such as mails: for admins."),
        (name = "auth", description = "Log-in, tokens, your account."),
        (name = "site", description = "Documents, keys, health."),
    ),
    components(schemas(ProblemBody)),
    security(("bearer" = [])),
    modifiers(&Bearer),
)]
struct Base;

struct Bearer;

impl Modify for Bearer {
    fn modify(&self, document: &mut Document) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("JWT")
            .description(Some(
                "An access token from `POST /api/v1/auth/token`. It lives for 15 minutes.",
            ))
            .build();
        document
            .components
            .get_or_insert_default()
            .add_security_scheme("bearer", SecurityScheme::Http(scheme));
    }
}

/// The whole document.
pub fn document() -> Document {
    let (_, mut document) = App::new()
        .into_utoipa_app()
        .openapi(Base::openapi())
        .configure(routes)
        .split_for_parts();
    let components = document.components.get_or_insert_default();
    for (path, item) in &mut document.paths.paths {
        for read in item.get.iter_mut() {
            chosen::describe_chosen(components, read);
            add_not_modified(path, read);
            add_preview(read);
        }
        for change in [&mut item.post, &mut item.patch, &mut item.delete] {
            for operation in change.iter_mut() {
                add_problems(
                    operation,
                    &["too-slow", "too-large", "unsupported-media-type"],
                );
            }
        }
        for operation in operations_mut(item) {
            complete(path, operation);
            add_headers(path, operation);
        }
    }
    chosen::name_entries(components);
    let operations = document.paths.paths.values().flat_map(operations);
    closed::close_bodies(components, operations.clone());
    let answers = operations.flat_map(|operation| operation.responses.responses.values());
    for answer in answers {
        if let RefOr::Ref(reference) = answer
            && let name = closed::component_of(&reference.ref_location)
            && let Some(kind) = KINDS.iter().find(|kind| component_name(kind.name) == name)
        {
            let response = RefOr::T(problem_response(kind));
            components.responses.insert(name.to_owned(), response);
        }
    }
    document
}

/// Which methods each documented path takes, for `Allow`.
pub struct AllowedMethods(Vec<(ResourceDef, String)>);

impl AllowedMethods {
    /// Reads them off the document: there is no second list.
    pub fn of(document: &Document) -> Self {
        let allow = |item: &PathItem| {
            let mut methods = Vec::new();
            for (name, operation) in [
                ("GET, HEAD", &item.get),
                ("POST", &item.post),
                ("PATCH", &item.patch),
                ("DELETE", &item.delete),
            ] {
                if operation.is_some() {
                    methods.push(name);
                }
            }
            methods.push("OPTIONS");
            methods.join(", ")
        };
        Self(
            document
                .paths
                .paths
                .iter()
                .map(|(path, item)| (ResourceDef::new(path.as_str()), allow(item)))
                .collect(),
        )
    }

    /// The value of `Allow` for a path; `None` where there is nothing.
    pub fn at(&self, path: &str) -> Option<String> {
        self.0
            .iter()
            .find(|(pattern, _)| pattern.is_match(path))
            .map(|(_, allow)| allow.clone())
    }
}

fn operations(item: &PathItem) -> impl Iterator<Item = &Operation> + Clone {
    [&item.get, &item.post, &item.patch, &item.delete]
        .into_iter()
        .flatten()
}

fn operations_mut(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [
        &mut item.get,
        &mut item.post,
        &mut item.patch,
        &mut item.delete,
    ]
    .into_iter()
    .flatten()
}

fn component_name(kind: &str) -> String {
    kind.split('-')
        .map(|word| word[..1].to_uppercase() + &word[1..])
        .collect()
}

fn problem_response(kind: &crate::rest::problem::Kind) -> Response {
    let example = serde_json::json!({
        "type": format!("/problems/{}", kind.name),
        "title": kind.title,
        "status": kind.status.as_u16(),
        "code": kind.name,
        "detail": "What was wrong with this request, and what would be right.",
        "instance": "/api/v1/articles",
        "request_id": "0192e4a0-7b1c-7c3e-9d55-3f1f6a2b8c4d",
    });
    let content = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name("Problem")))
        .example(Some(example))
        .build();
    ResponseBuilder::new()
        .description(format!("{}. {}", kind.title, kind.remedy))
        .content(MEDIA_TYPE, content)
        .build()
}

/// Adds what follows from the shape of an operation: which problems it can answer with, and which headers come along.
fn complete(path: &str, operation: &mut Operation) {
    let parameters = operation.parameters.clone().unwrap_or_default();
    let has_header = |name: &str| {
        parameters.iter().any(|parameter| {
            matches!(parameter, RefOr::T(known) if known.parameter_in == ParameterIn::Header && known.name == name)
        })
    };
    let is_open = operation
        .security
        .as_ref()
        .is_some_and(|needed| !needed.is_empty());
    let mut kinds = vec!["malformed", "internal"];
    if path.starts_with("/api/") {
        kinds.extend(["not-acceptable", "unavailable"]);
    }
    if !is_open {
        kinds.extend(["unauthenticated", "forbidden"]);
    }
    if path.contains('{') {
        kinds.push("not-found");
    }
    if operation.request_body.is_some() {
        kinds.push("validation");
        // What creates or changes can clash with what is stored; logging in can not.
        if !path.starts_with("/api/v1/auth/") {
            kinds.push("conflict");
        }
    }
    if has_header("Idempotency-Key") {
        kinds.extend(["conflict", "validation"]);
    }
    if has_header("If-Match") {
        kinds.push("stale");
    }
    add_problems(operation, &kinds);
    // Statuses that a handler documents by itself have the same shape as all others.
    for kind in KINDS {
        if operation
            .responses
            .responses
            .contains_key(kind.status.as_str())
        {
            insert_problem(operation, kind);
        }
    }
}

fn add_problems(operation: &mut Operation, kinds: &[&str]) {
    for kind in KINDS.iter().filter(|kind| kinds.contains(&kind.name)) {
        insert_problem(operation, kind);
    }
}

/// Adds what reads of resources do with `If-None-Match`.
fn add_not_modified(path: &str, operation: &mut Operation) {
    if !has_entity_tags(path) {
        return;
    }
    add_header(
        operation,
        "If-None-Match",
        "The `ETag` you have: what has not changed is not sent again.",
    );
    let unchanged = ResponseBuilder::new()
        .description("It has not changed since the version that `If-None-Match` names.")
        .build();
    operation
        .responses
        .responses
        .insert("304".to_owned(), RefOr::T(unchanged));
}

/// Adds the header that shows the site at another instant.
fn add_preview(operation: &mut Operation) {
    let tags = operation.tags.iter().flatten();
    let shows_the_site = tags
        .into_iter()
        .any(|tag| matches!(tag.as_str(), "delivery" | "feeds"));
    let follows_changes = operation
        .operation_id
        .as_deref()
        .is_some_and(|id| matches!(id, "list_changes" | "stream_events"));
    if shows_the_site && !follows_changes {
        add_header(
            operation,
            "Masthead-Preview",
            "The token of a preview link: the answer is as of its instant, and never kept.",
        );
    }
}

fn add_header(operation: &mut Operation, name: &str, description: &str) {
    let text = ObjectBuilder::new().schema_type(Type::String);
    let header = ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(description))
        .schema(Some(text))
        .build();
    let parameters = operation.parameters.get_or_insert_default();
    parameters.push(RefOr::T(header));
}

/// Whether what is read there has an entity tag.
fn has_entity_tags(path: &str) -> bool {
    let is_account = path.starts_with("/api/v1/auth/") && path != "/api/v1/auth/me";
    let is_made_anew = path == "/api/v1/subscriptions/challenge" || path.ends_with("/stats");
    path.starts_with("/api/v1/") && !is_account && !is_made_anew
}

fn insert_problem(operation: &mut Operation, kind: &crate::rest::problem::Kind) {
    let reference = RefOr::Ref(Ref::new(format!(
        "#/components/responses/{}",
        component_name(kind.name)
    )));
    let described = operation
        .responses
        .responses
        .entry(kind.status.as_str().to_owned())
        .or_insert(reference);
    if let RefOr::T(response) = described
        && response.content.is_empty()
    {
        response.content = problem_response(kind).content;
    }
}

fn add_headers(path: &str, operation: &mut Operation) {
    let text = |description: &str| {
        RefOr::T(
            HeaderBuilder::new()
                .schema(Some(Object::with_type(Type::String)))
                .description(Some(description))
                .build(),
        )
    };
    for (status, response) in &mut operation.responses.responses {
        let RefOr::T(response) = response else {
            continue;
        };
        response.headers.insert(
            "X-Request-Id".to_owned(),
            text("Finds the request in the log."),
        );
        if status == "201" {
            response
                .headers
                .insert("Location".to_owned(), text("Where the new resource is."));
        }
        let is_stream = ["text/event-stream", "application/x-ndjson"]
            .iter()
            .any(|media| response.content.contains_key(*media));
        let can_be_tagged = matches!(status.as_str(), "200" | "201" | "304");
        if has_entity_tags(path) && can_be_tagged && !is_stream {
            response.headers.insert(
                "ETag".to_owned(),
                text("Send it back as `If-None-Match`, or as `If-Match` with a change."),
            );
        }
    }
}
