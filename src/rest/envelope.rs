//! What every exchange has, whatever it is about: a request id, a deadline, safe headers, a line in the log.

use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use actix_web::body::{self, BodySize, BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpRequest, HttpResponse};

use super::cors;
use super::problem::{Problem, ProblemBody};

/// How long a body may take to arrive, and how long the answer may take then.
const BODY_TIME: Duration = Duration::from_secs(30);
const ANSWER_TIME: Duration = Duration::from_secs(10);

/// The header with a request's id.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Headers that scripts of other origins may read.
pub const EXPOSED_HEADERS: &str = "etag, link, location, retry-after, x-request-id, idempotent-replayed, ratelimit, \
     ratelimit-policy, cache-tag, x-change-token, masthead-merge-conflicts";

/// Streams, and what they answer with instead of JSON.
const STREAMS: [(&str, &str); 4] = [
    ("/api/v1/events", "text/event-stream"),
    ("/api/v1/articles.ndjson", "application/x-ndjson"),
    ("/api/v1/editor/subscribers/export", "text/csv"),
    ("/api/v1/editor/subscribers/export", "application/x-ndjson"),
];

/// Where a path goes on with a token: it is shown to nobody, and nobody is told where a visitor came from.
const TOKENS_BELOW: [&str; 3] = [
    "/api/v1/subscriptions/",
    "/subscriptions/",
    "/api/v1/previews/",
];

/// A path without the token in it, if there is one.
fn without_token(path: &str) -> Option<String> {
    let below = |folder: &&'static str| Some((*folder, path.strip_prefix(*folder)?));
    let (folder, rest) = TOKENS_BELOW.iter().find_map(below)?;
    let end = rest.find('/').unwrap_or(rest.len());
    // Shorter ones are no tokens, such as the challenge of a form.
    (end > 16).then(|| format!("{folder}{{token}}{}", &rest[end..]))
}

/// When a request is given up. A frozen database must not hold a client for longer than this.
pub struct Deadline {
    at: Cell<Instant>,
    phase: Cell<Phase>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Body,
    Answer,
}

impl Deadline {
    fn for_request(request: &ServiceRequest) -> Rc<Self> {
        let has_body = [header::CONTENT_LENGTH, header::TRANSFER_ENCODING]
            .iter()
            .any(|name| request.headers().contains_key(name));
        let (time, phase) = if has_body {
            (BODY_TIME, Phase::Body)
        } else {
            (ANSWER_TIME, Phase::Answer)
        };
        Rc::new(Self {
            at: Cell::new(Instant::now() + time),
            phase: Cell::new(phase),
        })
    }

    /// Starts the time for the answer.
    pub fn body_has_arrived(request: &HttpRequest) {
        if let Some(deadline) = request.extensions().get::<Rc<Self>>() {
            deadline.at.set(Instant::now() + ANSWER_TIME);
            deadline.phase.set(Phase::Answer);
        }
    }

    /// Starts the time for the body anew, for one that comes in many pieces.
    pub fn body_goes_on(request: &HttpRequest) {
        if let Some(deadline) = request.extensions().get::<Rc<Self>>() {
            deadline.at.set(Instant::now() + BODY_TIME);
        }
    }

    async fn passed(&self) -> Problem {
        while Instant::now() < self.at.get() {
            tokio::time::sleep_until(self.at.get().into()).await;
        }
        match self.phase.get() {
            Phase::Body => Problem::TooSlow,
            Phase::Answer => Problem::Unavailable,
        }
    }
}

/// What of a request goes into its answer, whatever that is.
struct Caller {
    /// The client's id for the request when sane, else ours.
    id: String,
    /// A script of another origin, perhaps.
    has_origin: bool,
    /// Came by a path with a token in it.
    has_token: bool,
}

impl Caller {
    fn of(request: &ServiceRequest) -> Self {
        let headers = request.headers();
        let given = given_request_id(headers).and_then(|value| value.to_str().ok());
        Self {
            id: given.map_or_else(|| uuid::Uuid::now_v7().to_string(), str::to_owned),
            has_origin: headers.contains_key(header::ORIGIN),
            has_token: without_token(request.path()).is_some(),
        }
    }
}

/// The id that the client gave its request, if it is sane.
pub fn given_request_id(headers: &HeaderMap) -> Option<&HeaderValue> {
    headers.get(REQUEST_ID).filter(|id| {
        (1..=64).contains(&id.len())
            && id
                .as_bytes()
                .iter()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
    })
}

/// The outermost middleware.
pub async fn envelope<B: MessageBody + 'static>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let started = Instant::now();
    let caller = Caller::of(&request);
    let path = without_token(request.path()).unwrap_or_else(|| request.path().to_owned());
    let method = request.method().clone();
    let trace = trace_id(request.headers());
    if method == Method::HEAD {
        // Whatever answers GET answers HEAD; the connection knows not to send the body.
        request.head_mut().method = Method::GET;
    }
    let deadline = Deadline::for_request(&request);
    request.extensions_mut().insert(deadline.clone());
    if let Some(allowed) = cors::preflight(&request) {
        let mut response = request.into_response(allowed);
        finish_headers(response.headers_mut(), &caller);
        return Ok(response);
    }
    let outcome = if accepts_ours(&request) {
        tokio::select! {
            outcome = next.call(request) => outcome,
            problem = deadline.passed() => Err(problem.into()),
        }
    } else {
        // A client that takes no JSON is told so before any work.
        Err(Problem::NotAcceptable.into())
    };
    let log = |pattern: Option<&str>, status| {
        log(&method, pattern, status, started, &caller, trace.as_deref());
    };
    match outcome {
        Ok(response) => {
            let pattern = response.request().match_pattern();
            let mut response = response.map_into_boxed_body();
            if method == Method::HEAD && response.response().body().size() == BodySize::Stream {
                // Nobody would take what a stream sends: it would go on for nothing.
                response = response.map_body(|_, _| BoxBody::new(body::None::new()));
            }
            log(pattern.as_deref(), response.status());
            finish_headers(response.headers_mut(), &caller);
            let Some(body) = response
                .response_mut()
                .extensions_mut()
                .remove::<ProblemBody>()
            else {
                return Ok(response);
            };
            Ok(response.map_body(|head, _| complete(head.headers_mut(), body, &path, &caller)))
        }
        Err(error) => {
            let mut response: HttpResponse = error.as_response_error().error_response();
            log(None, response.status());
            finish_headers(response.headers_mut(), &caller);
            let body = response.extensions_mut().remove::<ProblemBody>();
            if let Some(body) = body {
                response =
                    response.map_body(|head, _| complete(head.headers_mut(), body, &path, &caller));
            }
            Err(InternalError::from_response(error, response).into())
        }
    }
}

/// Adds to a problem what only the envelope knows.
fn complete(
    headers: &mut HeaderMap,
    mut body: ProblemBody,
    path: &str,
    caller: &Caller,
) -> BoxBody {
    if let Some(cause) = &body.cause {
        tracing::error!(request_id = caller.id, cause, "request failed");
    }
    headers.remove(header::CONTENT_LENGTH);
    body.instance = path.to_owned();
    body.request_id.clone_from(&caller.id);
    BoxBody::new(serde_json::to_string(&body).unwrap_or_default())
}

fn finish_headers(headers: &mut HeaderMap, caller: &Caller) {
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    if let Ok(value) = HeaderValue::from_str(&caller.id) {
        headers.insert(REQUEST_ID, value);
    }
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    if caller.has_token {
        for (name, value) in [
            (header::REFERRER_POLICY, "no-referrer"),
            (HeaderName::from_static("x-robots-tag"), "noindex"),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
    }
    if caller.has_origin {
        cors::allow(headers);
    }
}

/// Whether the client takes what this address answers with: the API answers in JSON, and in streams.
pub fn accepts_ours(request: &ServiceRequest) -> bool {
    let Some(accept) = request.headers().get(header::ACCEPT) else {
        return true;
    };
    let Ok(accept) = accept.to_str() else {
        return true;
    };
    if accept == "*/*" || !request.path().starts_with("/api/") {
        return true;
    }
    let streams = STREAMS.iter().filter(|(path, _)| *path == request.path());
    let others: Vec<&str> = streams.map(|(_, media)| *media).collect();
    accepts(accept, &others)
}

/// Whether JSON is taken, or what else an address answers with.
fn accepts(accept: &str, others: &[&str]) -> bool {
    accept.split(',').any(|range| {
        let mut parts = range.split(';').map(str::trim);
        let media = parts.next().unwrap_or_default().to_ascii_lowercase();
        let is_refused =
            parts.any(|parameter| matches!(parameter, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"));
        let matches = matches!(
            media.as_str(),
            "" | "*/*" | "application/*" | "application/json" | "application/problem+json"
        );
        (matches || others.contains(&media.as_str())) && !is_refused
    })
}

/// The trace that the caller is part of (W3C Trace Context).
fn trace_id(headers: &HeaderMap) -> Option<String> {
    let parent = headers.get("traceparent")?.to_str().ok()?;
    let id = parent.split('-').nth(1)?;
    let is_valid = id.len() == 32
        && id
            .bytes()
            .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    is_valid.then(|| id.to_owned())
}

/// One line per request, with the pattern of its path: paths themselves may hold tokens.
fn log(
    method: &Method,
    pattern: Option<&str>,
    status: StatusCode,
    started: Instant,
    caller: &Caller,
    trace: Option<&str>,
) {
    let elapsed_ms = started.elapsed().as_millis();
    let pattern = pattern.unwrap_or("(unmatched)");
    let is_delivery =
        method == Method::GET && status.is_success() && !pattern.starts_with("/api/v1/editor");
    if is_delivery {
        tracing::debug!(%method, path = pattern, status = status.as_u16(), elapsed_ms, request_id = caller.id, trace_id = trace, "answered");
    } else {
        tracing::info!(%method, path = pattern, status = status.as_u16(), elapsed_ms, request_id = caller.id, trace_id = trace, "answered");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_left_out_of_a_path() {
        let token = "m_AZqWw0b1cQ2GnXh8sDkL4wAAAAE";
        for (path, shown) in [
            (format!("/subscriptions/{token}"), "/subscriptions/{token}"),
            (
                format!("/api/v1/subscriptions/{token}/confirm"),
                "/api/v1/subscriptions/{token}/confirm",
            ),
            (
                format!("/api/v1/previews/{token}"),
                "/api/v1/previews/{token}",
            ),
        ] {
            assert_eq!(without_token(&path).unwrap(), shown);
        }
        for path in [
            "/api/v1/subscriptions",
            "/api/v1/subscriptions/challenge",
            "/api/v1/articles/a-slug-that-is-rather-long",
        ] {
            assert_eq!(without_token(path), None, "{path}");
        }
    }
}
