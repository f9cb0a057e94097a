//! Every error of the API in one shape: RFC 9457, `application/problem+json`.

use std::borrow::Cow;
use std::time::Duration;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, ResponseError};
use diesel::result::Error as DbError;
use serde::Serialize;
use serde_json::Value;

use crate::platform::pool::Unavailable;
use crate::types::Fault;

/// The media type of every error.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// One thing that is wrong with a request.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct ValueFault {
    /// Where in the body: a JSON Pointer (RFC 6901) as a URI fragment.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(examples("#/title"))]
    pub pointer: Option<String>,
    /// Which query or path parameter.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub parameter: Option<String>,
    /// For programs: never changes.
    #[schema(value_type = String, examples("too_long"))]
    pub code: &'static str,
    /// For people: what was wrong, and what would be right.
    #[schema(value_type = String)]
    pub detail: Cow<'static, str>,
}

impl ValueFault {
    /// A fault of the member that `pointer` (without `#`) leads to.
    pub fn at(pointer: &str, fault: Fault) -> Self {
        Self {
            pointer: Some(format!("#{pointer}")),
            parameter: None,
            code: fault.code,
            detail: fault.detail,
        }
    }

    /// A fault of a parameter.
    pub fn of(parameter: &str, fault: Fault) -> Self {
        Self {
            pointer: None,
            parameter: Some(parameter.to_owned()),
            code: fault.code,
            detail: fault.detail,
        }
    }
}

/// What a failed request is answered with. A new conflict is a new `code`; a new variant is a new kind, and rare.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// 400: can't be parsed.
    #[error("{detail}")]
    Malformed {
        detail: Cow<'static, str>,
        errors: Vec<ValueFault>,
    },
    /// 401: no bearer token, or one that is not good (any more).
    #[error("{0}")]
    Unauthenticated(&'static str),
    /// 403: the caller is known and may not do this.
    #[error("{0}")]
    Forbidden(&'static str),
    /// 404: names the kind of thing that is missing.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// 405: `Allow` says what would do.
    #[error("this address does not take that method")]
    MethodNotAllowed { allow: String },
    /// 406: the answer is JSON, and the client takes none.
    #[error("this address answers with application/json only")]
    NotAcceptable,
    /// 408: the body took too long to arrive.
    #[error("the body took too long to arrive")]
    TooSlow,
    /// 409: clashes with what is stored.
    #[error("{detail}")]
    Conflict {
        code: &'static str,
        detail: Cow<'static, str>,
    },
    /// 410: it was here, and is not kept any more.
    #[error("{0}")]
    Gone(&'static str),
    /// 412: someone changed the resource meanwhile.
    #[error("the resource has changed since it was read")]
    Stale { etag: String, changes: Value },
    /// 413: with the limit in bytes.
    #[error("the body is larger than {0} bytes")]
    TooLarge(usize),
    /// 415: the body is in a form that is not taken here.
    #[error("{0}")]
    UnsupportedMediaType(&'static str),
    /// 422: parsed, but invalid.
    #[error("one or more values are invalid")]
    Invalid(Vec<ValueFault>),
    /// 428: this change needs `If-Match`.
    #[error("send `If-Match` with the `ETag` you read, or `*` to overwrite whatever is there")]
    PreconditionRequired,
    /// 429: over the allowance.
    #[error("too many requests; wait before the next")]
    Throttled {
        retry_after: Duration,
        policy: Option<String>,
    },
    /// 500: a bug or a broken dependency. Logged, never shown.
    #[error("something went wrong on our side")]
    Internal(#[from] anyhow::Error),
    /// 503: as many are at it as this instance can bear.
    #[error("{detail}")]
    Busy {
        detail: &'static str,
        retry_after: Duration,
    },
    /// 503: no database in time.
    #[error("the service can't answer just now; try again shortly")]
    Unavailable,
}

/// A problem as clients see it.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = Problem)]
pub struct ProblemBody {
    /// Leads to the page that explains this kind.
    #[serde(rename = "type")]
    #[schema(examples("/problems/validation"), format = "uri-reference")]
    pub kind: String,
    /// The kind in words.
    #[schema(value_type = String, examples("Invalid values"))]
    pub title: &'static str,
    /// The HTTP status.
    #[schema(minimum = 400, maximum = 599)]
    pub status: u16,
    /// For programs: the same as the kind, or which conflict it is, such as `slug_taken`.
    #[schema(value_type = String, examples("slug_taken"))]
    pub code: &'static str,
    /// For people: what was wrong, and what would be right.
    pub detail: String,
    /// The path of the request.
    pub instance: String,
    /// Finds the request in the log.
    pub request_id: String,
    /// All faults at once.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<ValueFault>,
    /// With 412: the current entity tag.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub etag: Option<String>,
    /// With 412 on an article: per member, who changed what since the version you read.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Object, nullable = false)]
    pub changes: Option<Value>,
    /// For the log alone, where the envelope writes it beside the request's id.
    #[serde(skip)]
    pub cause: Option<String>,
}

/// What a kind of problem is called, and how it is mended: the page at `/problems/{name}`.
pub struct Kind {
    pub name: &'static str,
    pub title: &'static str,
    pub status: StatusCode,
    pub remedy: &'static str,
}

macro_rules! kinds {
    ($($constant:ident $name:literal $status:ident $title:literal $remedy:literal;)+) => {
        $(const $constant: Kind = Kind { name: $name, title: $title, status: StatusCode::$status, remedy: $remedy };)+
        /// Every kind there is.
        pub const KINDS: &[Kind] = &[$($constant),+];
    };
}

kinds! {
    MALFORMED "malformed" BAD_REQUEST "Malformed request" "The request can't be parsed: broken JSON, an unknown member or parameter, a parameter out of its range, a cursor from elsewhere. `errors` names every fault.";
    UNAUTHENTICATED "unauthenticated" UNAUTHORIZED "Not authenticated" "Send `Authorization: Bearer …` with an access token from `POST /api/v1/auth/token`. Tokens live for 15 minutes; `POST /api/v1/auth/refresh` gives a new one.";
    FORBIDDEN "forbidden" FORBIDDEN "Not allowed" "You are known, but this needs a higher role, or is somebody else's.";
    NOT_FOUND "not-found" NOT_FOUND "Not found" "There is nothing at this address, or nothing that you may see.";
    METHOD_NOT_ALLOWED "method-not-allowed" METHOD_NOT_ALLOWED "Method not allowed" "The header `Allow` lists the methods that this address takes.";
    NOT_ACCEPTABLE "not-acceptable" NOT_ACCEPTABLE "Not acceptable" "Accept `application/json`, or leave the header `Accept` out.";
    TOO_SLOW "too-slow" REQUEST_TIMEOUT "Too slow" "The body did not arrive in time. Send it again over a better line.";
    CONFLICT "conflict" CONFLICT "Conflict" "The request clashes with what is stored: `code` says how. A slug or an address may be taken, or a state does not allow the step.";
    GONE "gone" GONE "Gone" "What you ask for was here, and is not kept any more. For a change token that means to start over: read everything that is published from `GET /api/v1/articles.ndjson`, and go on from its `X-Change-Token`.";
    STALE "stale" PRECONDITION_FAILED "Changed meanwhile" "Someone saved after you read. `changes` says, per member, who changed what; read again, or send `merge=non_conflicting` to apply what does not clash.";
    TOO_LARGE "too-large" PAYLOAD_TOO_LARGE "Too large" "JSON bodies may have 1 MiB, articles 4 MiB.";
    UNSUPPORTED_MEDIA_TYPE "unsupported-media-type" UNSUPPORTED_MEDIA_TYPE "Unsupported media type" "Send `Content-Type: application/json` (or `application/merge-patch+json` with PATCH), uncompressed, in UTF-8.";
    VALIDATION "validation" UNPROCESSABLE_ENTITY "Invalid values" "The body is well-formed, but some values are not right. `errors` points at every one of them.";
    PRECONDITION_REQUIRED "precondition-required" PRECONDITION_REQUIRED "Precondition required" "Read the resource, and send its `ETag` back as `If-Match`: so nobody's work is overwritten unseen.";
    THROTTLED "throttled" TOO_MANY_REQUESTS "Too many requests" "Wait for as many seconds as `Retry-After` says.";
    INTERNAL "internal" INTERNAL_SERVER_ERROR "Internal error" "It is our fault. Tell us the `request_id`: it finds the cause in the log.";
    BUSY "busy" SERVICE_UNAVAILABLE "Busy" "As many clients do this at the same time as this instance can bear. Try again after `Retry-After` seconds, or ask another instance.";
    UNAVAILABLE "unavailable" SERVICE_UNAVAILABLE "Unavailable" "The database does not answer. Try again after `Retry-After` seconds.";
}

impl Problem {
    /// A request whose query or body can't be parsed.
    pub fn malformed(errors: Vec<ValueFault>) -> Self {
        Self::Malformed {
            detail: Cow::Borrowed("the request can't be parsed; see `errors`"),
            errors,
        }
    }

    /// A conflict with what is stored.
    pub fn conflict(code: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self::Conflict {
            code,
            detail: detail.into(),
        }
    }

    /// One invalid member; `pointer` is without `#`.
    pub fn invalid(
        pointer: &str,
        code: &'static str,
        detail: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self::Invalid(vec![ValueFault::at(pointer, Fault::new(code, detail))])
    }

    /// For `map_err`: this problem if `constraint` refused the row, whatever else it was otherwise.
    pub fn on_violation_of(self, constraint: &'static str) -> impl FnOnce(DbError) -> Self {
        move |error| match &error {
            DbError::DatabaseError(_, details) if details.constraint_name() == Some(constraint) => {
                self
            }
            _ => error.into(),
        }
    }

    /// The cause, for whoever has nobody to answer.
    pub fn into_cause(self) -> anyhow::Error {
        match self {
            Self::Internal(cause) => cause,
            Self::Invalid(faults) => {
                let place = |fault: &ValueFault| fault.pointer.clone().or(fault.parameter.clone());
                let told = faults
                    .iter()
                    .map(|fault| format!("{} {}", place(fault).unwrap_or_default(), fault.detail));
                anyhow::anyhow!(told.collect::<Vec<_>>().join("; "))
            }
            other => anyhow::Error::new(other),
        }
    }

    fn kind(&self) -> &'static Kind {
        match self {
            Self::Malformed { .. } => &MALFORMED,
            Self::Unauthenticated(_) => &UNAUTHENTICATED,
            Self::Forbidden(_) => &FORBIDDEN,
            Self::NotFound(_) => &NOT_FOUND,
            Self::MethodNotAllowed { .. } => &METHOD_NOT_ALLOWED,
            Self::NotAcceptable => &NOT_ACCEPTABLE,
            Self::TooSlow => &TOO_SLOW,
            Self::Conflict { .. } => &CONFLICT,
            Self::Gone(_) => &GONE,
            Self::Stale { .. } => &STALE,
            Self::TooLarge(_) => &TOO_LARGE,
            Self::UnsupportedMediaType(_) => &UNSUPPORTED_MEDIA_TYPE,
            Self::Invalid(_) => &VALIDATION,
            Self::PreconditionRequired => &PRECONDITION_REQUIRED,
            Self::Throttled { .. } => &THROTTLED,
            Self::Internal(_) => &INTERNAL,
            Self::Busy { .. } => &BUSY,
            Self::Unavailable => &UNAVAILABLE,
        }
    }

    fn body(&self) -> ProblemBody {
        let kind = self.kind();
        let mut body = ProblemBody {
            kind: format!("/problems/{}", kind.name),
            title: kind.title,
            status: kind.status.as_u16(),
            code: kind.name,
            detail: self.to_string(),
            instance: String::new(),
            request_id: String::new(),
            errors: Vec::new(),
            etag: None,
            changes: None,
            cause: None,
        };
        match self {
            Self::Malformed { errors, .. } | Self::Invalid(errors) => {
                body.errors.clone_from(errors)
            }
            Self::Conflict { code, .. } => body.code = code,
            Self::Internal(cause) => body.cause = Some(format!("{cause:#}")),
            Self::Stale { etag, changes } => {
                body.etag = Some(etag.clone());
                body.changes = Some(changes.clone()).filter(|changes| !changes.is_null());
            }
            _ => {}
        }
        body
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.kind().status
    }

    /// The answer without `instance` and `request_id`, which the envelope adds: it knows the request.
    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status_code());
        response
            .content_type(MEDIA_TYPE)
            .insert_header((header::CACHE_CONTROL, "no-store"));
        match self {
            Self::Unauthenticated(_) => {
                response.insert_header((header::WWW_AUTHENTICATE, "Bearer realm=\"masthead\""));
            }
            Self::MethodNotAllowed { allow } => {
                response.insert_header((header::ALLOW, allow.as_str()));
            }
            Self::Stale { etag, .. } => {
                response.insert_header((header::ETAG, etag.as_str()));
            }
            Self::Throttled {
                retry_after,
                policy,
            } => {
                // Rounded up: a client that comes back on time must not be refused again.
                let seconds = retry_after.as_secs() + 1;
                response.insert_header((header::RETRY_AFTER, seconds));
                if let Some(policy) = policy {
                    response.insert_header(("RateLimit-Policy", policy.as_str()));
                    response.insert_header(("RateLimit", format!("\"default\";r=0;t={seconds}")));
                }
            }
            Self::Busy { retry_after, .. } => {
                response.insert_header((header::RETRY_AFTER, retry_after.as_secs()));
            }
            Self::Unavailable => {
                response.insert_header((header::RETRY_AFTER, 5));
            }
            Self::TooLarge(_) | Self::TooSlow => {
                // What is left of the body is not worth reading.
                response.force_close();
            }
            _ => {}
        }
        let body = self.body();
        let text = serde_json::to_string(&body).unwrap_or_default();
        let mut response = response.body(text);
        response.extensions_mut().insert(body);
        response
    }
}

impl From<DbError> for Problem {
    fn from(error: DbError) -> Self {
        match &error {
            DbError::DatabaseError(diesel::result::DatabaseErrorKind::ClosedConnection, _) => {
                tracing::warn!("a database connection was lost: {error}");
                Self::Unavailable
            }
            DbError::DatabaseError(diesel::result::DatabaseErrorKind::UnableToSendCommand, _) => {
                Self::Unavailable
            }
            DbError::BrokenTransactionManager => Self::Unavailable,
            DbError::DatabaseError(_, details) if is_shutdown(details.message()) => {
                Self::Unavailable
            }
            _ => Self::Internal(
                anyhow::Error::new(error).context("the database refused a statement"),
            ),
        }
    }
}

/// What Postgres says to a session that it ends, and while it starts or stops; the client library gives no code.
fn is_shutdown(message: &str) -> bool {
    [
        "terminating connection",
        "the database system is",
        "connection closed",
        "too many clients",
    ]
    .iter()
    .any(|said| message.contains(said))
}

impl From<Unavailable> for Problem {
    fn from(cause: Unavailable) -> Self {
        tracing::warn!("{cause}");
        Self::Unavailable
    }
}
