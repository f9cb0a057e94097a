//! Requests from scripts of other origins (CORS, as the Fetch standard has it).
//!
//! Any website may read the public API, and an editor's desk may stand on any origin: what counts is the token, and the
//! API has no cookies that a stranger's page could ride on. So the answer is the same for every origin, and caches need
//! not tell them apart.

use actix_web::HttpResponse;
use actix_web::dev::ServiceRequest;
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderMap, HeaderValue};

use super::envelope::EXPOSED_HEADERS;

/// The methods that the API has.
const METHODS: &str = "GET, HEAD, POST, PATCH, DELETE";
/// For how long browsers may remember what is allowed, in seconds.
const REMEMBERED: &str = "3600";

/// The answer to a browser that asks before it sends, if that is what a request is.
pub fn preflight(request: &ServiceRequest) -> Option<HttpResponse> {
    let headers = request.headers();
    let asks = request.method() == Method::OPTIONS
        && headers.contains_key(header::ORIGIN)
        && headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    if !asks {
        return None;
    }
    let mut response = HttpResponse::NoContent();
    response
        .insert_header((header::ACCESS_CONTROL_ALLOW_METHODS, METHODS))
        .insert_header((header::ACCESS_CONTROL_MAX_AGE, REMEMBERED));
    if let Some(wanted) = headers.get(header::ACCESS_CONTROL_REQUEST_HEADERS) {
        response.insert_header((header::ACCESS_CONTROL_ALLOW_HEADERS, wanted.clone()));
    }
    Some(response.finish())
}

/// Lets scripts read an answer to a request of theirs.
pub fn allow(answer: &mut HeaderMap) {
    answer.insert(
        header::ACCESS_CONTROL_ALLOW_ORIGIN,
        HeaderValue::from_static("*"),
    );
    answer.insert(
        header::ACCESS_CONTROL_EXPOSE_HEADERS,
        HeaderValue::from_static(EXPOSED_HEADERS),
    );
}
