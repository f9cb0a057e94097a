use std::time::Duration;

use actix_web::http::header;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, get};
use diesel::IntoSql;
use diesel_async::RunQueryDsl;
use serde::Serialize;
use utoipa::ToSchema;

use super::Documents;
use crate::platform::Platform;
use crate::platform::token::JsonWebKey;
use crate::rest::problem::KINDS;
use crate::rest::query::NoParams;
use crate::rest::{Problem, Query, Segment};

/// How long readiness waits for the database.
const READY_WITHIN: Duration = Duration::from_secs(1);

/// The OpenAPI document as JSON
///
/// This document.
#[utoipa::path(tag = "site", security(()), responses((status = 200, description = "OpenAPI 3.1", body = Object)))]
#[get("/openapi.json")]
pub async fn openapi_json(
    documents: Data<Documents>,
    request: HttpRequest,
    _: Query<NoParams>,
) -> HttpResponse {
    documents.json.respond(request.headers())
}

/// The OpenAPI document as YAML
///
/// This document, for people.
#[utoipa::path(tag = "site", security(()), responses((status = 200, description = "OpenAPI 3.1", body = Object, content_type = "application/yaml")))]
#[get("/openapi.yaml")]
pub async fn openapi_yaml(
    documents: Data<Documents>,
    request: HttpRequest,
    _: Query<NoParams>,
) -> HttpResponse {
    documents.yaml.respond(request.headers())
}

/// Keys that verify access tokens (RFC 7517).
#[derive(Serialize, ToSchema)]
pub struct JsonWebKeySet {
    pub keys: Vec<JsonWebKey>,
}

/// Keys that verify access tokens
///
/// The public halves of all signing keys in use, as a JWK Set (RFC 7517).
#[utoipa::path(tag = "site", security(()), responses((status = 200, description = "The keys", body = JsonWebKeySet)))]
#[get("/.well-known/jwks.json")]
pub async fn jwks(platform: Data<Platform>, _: Query<NoParams>) -> HttpResponse {
    let keys = JsonWebKeySet {
        keys: platform.access_tokens.public_keys(),
    };
    HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "public, max-age=300"))
        .json(keys)
}

/// How the service is.
#[derive(Serialize, ToSchema)]
pub struct Health {
    #[schema(value_type = String, examples("ok"))]
    pub status: &'static str,
}

/// Is the process alive?
///
/// Asks nothing of the database: for a supervisor that restarts what hangs.
#[utoipa::path(tag = "site", security(()), responses((status = 200, description = "It is", body = Health)))]
#[get("/health/live")]
pub async fn live(_: Query<NoParams>) -> HttpResponse {
    HttpResponse::Ok().json(Health { status: "ok" })
}

/// Can it answer?
///
/// Asks the database, for a second at most: for a load balancer that chooses among instances.
#[utoipa::path(tag = "site", security(()), responses((status = 200, description = "It can", body = Health), (status = 503, description = "It can't: the database does not answer")))]
#[get("/health/ready")]
pub async fn ready(platform: Data<Platform>, _: Query<NoParams>) -> Result<HttpResponse, Problem> {
    let asked = async {
        let mut conn = platform.db.get().await?;
        let _: i32 = diesel::select(1.into_sql::<diesel::sql_types::Integer>())
            .get_result(&mut conn)
            .await?;
        Ok::<_, Problem>(())
    };
    tokio::time::timeout(READY_WITHIN, asked)
        .await
        .map_err(|_| Problem::Unavailable)??;
    Ok(HttpResponse::Ok().json(Health { status: "ok" }))
}

/// What a kind of problem means
///
/// Where the `type` of every problem leads: what it means, and how to mend it.
#[utoipa::path(tag = "site", security(()), params(("kind" = String, Path, description = "The kind's name", example = "validation")), responses((status = 200, description = "A page for people", body = String, content_type = "text/html")))]
#[get("/problems/{kind}")]
pub async fn explain_problem(
    kind: Segment<String>,
    _: Query<NoParams>,
) -> Result<HttpResponse, Problem> {
    let kind = KINDS
        .iter()
        .find(|known| known.name == kind.0)
        .ok_or(Problem::NotFound("kind of problem"))?;
    let remedy: String = kind
        .remedy
        .split('`')
        .enumerate()
        .map(|(index, part)| {
            if index % 2 == 1 {
                format!("<code>{part}</code>")
            } else {
                part.to_owned()
            }
        })
        .collect();
    let page = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>{title}</title><style>body{{font:1.1rem/1.6 system-ui;max-width:40rem;margin:4rem auto;padding:0 1rem}}</style>\
         <h1>{status} {title}</h1><p>{remedy}</p><p><a href=\"/docs/\">All of the API</a></p></html>",
        title = kind.title,
        status = kind.status.as_u16(),
    );
    Ok(HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header((
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'",
        ))
        .insert_header((header::CACHE_CONTROL, "public, max-age=3600"))
        .body(page))
}
