//! Request bodies: JSON, read strictly, all faults told at once.

mod collections;
mod json;
mod media_type;
mod members;

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest};
use futures::StreamExt;
use serde_json::{Map, Value};

use super::envelope::Deadline;
use super::problem::{Problem, ValueFault};
use crate::platform::token::sha256;
use crate::types::Named;
use media_type::Taken;
use members::Faults;

pub use collections::{AtMost, Keyed, Raw};
pub use members::{Flag, Member, Members, Place};
pub(crate) use members::{from_body, object_member};

/// A parsed body, and what tells it from another.
pub struct Body<T> {
    pub value: T,
    /// SHA-256 of the bytes as they came.
    pub fingerprint: Vec<u8>,
}

/// A body that names things which must exist. What is wrong with its values waits until the names were looked up, so that
/// the names without a thing can be told with it.
pub struct Referring<T>(pub Result<Body<T>, Refused>);

/// What is wrong with the values of a body, and what the others name, each with its pointer.
pub struct Refused {
    pub faults: Vec<ValueFault>,
    pub named: Vec<(String, Named)>,
}

/// A body that a page sends on its way out (`navigator.sendBeacon`), where it must call JSON plain text.
pub struct Beacon<T>(pub T);

/// No body, or an empty object: for steps that need none. Anything more is refused, since nobody would read it.
pub struct NoBody;

/// What can be read from a JSON object.
pub trait FromBody: Sized + 'static {
    /// Largest body in bytes.
    const LIMIT: usize = 1024 * 1024;

    /// Takes every member it knows out of `members`; `None` after a fault, which `members` keeps.
    fn from_body(members: &mut Members<'_>) -> Option<Self>;
}

impl FromBody for NoBody {
    fn from_body(_: &mut Members<'_>) -> Option<Self> {
        Some(Self)
    }
}

type Reading<T> = Pin<Box<dyn Future<Output = Result<T, Problem>>>>;

impl<T: FromBody> FromRequest for Body<T> {
    type Error = Problem;
    type Future = Reading<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let referring = Referring::from_request(request, payload);
        Box::pin(async move {
            referring
                .await?
                .0
                .map_err(|refused| Problem::Invalid(refused.faults))
        })
    }
}

impl<T: FromBody> FromRequest for Referring<T> {
    type Error = Problem;
    type Future = Reading<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            media_type::check(&request, Taken::Json)?;
            let bytes = read(&request, payload, T::LIMIT).await?;
            let body = |value| Body {
                value,
                fingerprint: sha256(&bytes),
            };
            Ok(Self(parse(&bytes)?.map(body)))
        })
    }
}

impl<T: FromBody> FromRequest for Beacon<T> {
    type Error = Problem;
    type Future = Reading<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            media_type::check(&request, Taken::JsonOrText)?;
            let bytes = read(&request, payload, T::LIMIT).await?;
            let value = parse(&bytes)?.map_err(|refused| Problem::Invalid(refused.faults))?;
            Ok(Self(value))
        })
    }
}

impl FromRequest for NoBody {
    type Error = Problem;
    type Future = Reading<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let bytes = read(&request, payload, Self::LIMIT).await?;
            if bytes.trim_ascii().is_empty() {
                return Ok(Self);
            }
            media_type::check(&request, Taken::Json)?;
            parse(&bytes)?.map_err(|refused| Problem::Invalid(refused.faults))
        })
    }
}

/// Reads the body's bytes.
pub async fn read(
    request: &HttpRequest,
    mut payload: Payload,
    limit: usize,
) -> Result<Vec<u8>, Problem> {
    let announced = request
        .headers()
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > limit) {
        return Err(Problem::TooLarge(limit));
    }
    let mut bytes = Vec::with_capacity(announced.unwrap_or_default());
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| malformed("the body ended early".to_owned()))?;
        if bytes.len() + chunk.len() > limit {
            return Err(Problem::TooLarge(limit));
        }
        bytes.extend_from_slice(&chunk);
    }
    Deadline::body_has_arrived(request);
    Ok(bytes)
}

/// Parses a JSON object into a request type. What can't be read at all is a problem; what is read, but not right, is
/// refused.
fn parse<T: FromBody>(bytes: &[u8]) -> Result<Result<T, Refused>, Problem> {
    let text =
        std::str::from_utf8(bytes).map_err(|_| malformed("the body must be UTF-8".to_owned()))?;
    let value =
        json::read(text).map_err(|fault| malformed(format!("the body must be JSON: {fault}")))?;
    let Value::Object(object) = value else {
        return Err(malformed("the body must be a JSON object".to_owned()));
    };
    read_members(object)
}

/// Reads a request type from members that are JSON already, such as a resource with a patch applied to it.
pub fn read_members<T: FromBody>(
    object: Map<String, Value>,
) -> Result<Result<T, Refused>, Problem> {
    let mut faults = Faults::default();
    let value = members::read_all(object, &mut faults);
    let Faults {
        mut unknown,
        mut invalid,
        named,
    } = faults;
    if !unknown.is_empty() {
        unknown.append(&mut invalid);
        return Err(Problem::malformed(unknown));
    }
    Ok(match value {
        Some(value) if invalid.is_empty() => Ok(value),
        _ => Err(Refused {
            faults: invalid,
            named,
        }),
    })
}

fn malformed(detail: String) -> Problem {
    Problem::Malformed {
        detail: detail.into(),
        errors: Vec::new(),
    }
}
