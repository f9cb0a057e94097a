use std::sync::Arc;

use actix_web::http::header;
use actix_web::{HttpResponse, get};
use utoipa_swagger_ui::Config;

use crate::rest::query::NoParams;
use crate::rest::{Problem, Query, Segment};

/// The documentation
///
/// Leads to the interactive page, which works without any network but this server.
#[utoipa::path(tag = "site", security(()), responses((status = 308, description = "The page is at /docs/")))]
#[get("/docs")]
pub async fn docs(_: Query<NoParams>) -> HttpResponse {
    HttpResponse::PermanentRedirect()
        .insert_header((header::LOCATION, "/docs/"))
        .finish()
}

/// The documentation's page
///
/// The page itself (with an empty file name), and its scripts and styles.
#[utoipa::path(tag = "site", security(()), params(("file" = String, Path, description = "A file of the page; empty for the page itself", example = "index.html")), responses((status = 200, description = "The file", body = String, content_type = "text/html")))]
#[get("/docs/{file:[A-Za-z0-9._-]*}")]
pub async fn docs_asset(
    file: Segment<String>,
    _: Query<NoParams>,
) -> Result<HttpResponse, Problem> {
    // The default asks a validator elsewhere; the page must work with no network.
    let config = Config::new(["/openapi.json"])
        .validator_url("none")
        .persist_authorization(true)
        .try_it_out_enabled(true)
        .filter(true);
    let found = utoipa_swagger_ui::serve(&file.0, Arc::new(config))
        .map_err(|fault| anyhow::anyhow!("the documentation is unreadable: {fault}"))?;
    let found = found.ok_or(Problem::NotFound("file"))?;
    Ok(HttpResponse::Ok()
        .content_type(found.content_type)
        .insert_header((
            header::CONTENT_SECURITY_POLICY,
            "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:",
        ))
        .insert_header((header::CACHE_CONTROL, "public, max-age=300"))
        .body(found.bytes.into_owned()))
}
