//! Request bodies: JSON, read strictly, all faults told at once.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use futures::StreamExt;
use serde_json::{Map, Value};

use super::envelope::Deadline;
use super::problem::{Problem, ValueFault};
use crate::platform::token::sha256;
use crate::types::{Fault, JsonObject, Parse, Patch};

/// A parsed body, and what tells it from another.
pub struct Body<T> {
    pub value: T,
    /// SHA-256 of the bytes as they came.
    pub fingerprint: Vec<u8>,
}

/// What can be read from a JSON object.
pub trait FromBody: Sized + 'static {
    /// Largest body in bytes.
    const LIMIT: usize = 1024 * 1024;

    /// Takes every member it knows out of `members`; `None` after a fault, which `members` keeps.
    fn from_body(members: &mut Members<'_>) -> Option<Self>;
}

impl<T: FromBody> FromRequest for Body<T> {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let bytes = read(&request, payload, T::LIMIT).await?;
            let value = parse(&bytes)?;
            Ok(Self {
                value,
                fingerprint: sha256(&bytes),
            })
        })
    }
}

/// Reads the body's bytes, once their form is known to be right.
async fn read(
    request: &HttpRequest,
    mut payload: Payload,
    limit: usize,
) -> Result<Vec<u8>, Problem> {
    let media_type = request.content_type();
    let is_json = media_type == "application/json" || media_type == "application/merge-patch+json";
    if !is_json {
        return Err(Problem::UnsupportedMediaType(
            "send `Content-Type: application/json`",
        ));
    }
    let is_compressed = request
        .headers()
        .get(header::CONTENT_ENCODING)
        .is_some_and(|coding| coding != "identity");
    if is_compressed {
        return Err(Problem::UnsupportedMediaType(
            "send the body without `Content-Encoding`",
        ));
    }
    let announced = request
        .headers()
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > limit) {
        return Err(Problem::TooLarge(limit));
    }
    let mut bytes = Vec::with_capacity(announced.unwrap_or_default());
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| Problem::Malformed {
            detail: "the body ended early".into(),
            errors: Vec::new(),
        })?;
        if bytes.len() + chunk.len() > limit {
            return Err(Problem::TooLarge(limit));
        }
        bytes.extend_from_slice(&chunk);
    }
    Deadline::body_has_arrived(request);
    Ok(bytes)
}

/// Parses a JSON object into a request type.
pub fn parse<T: FromBody>(bytes: &[u8]) -> Result<T, Problem> {
    let malformed = |detail: String| Problem::Malformed {
        detail: detail.into(),
        errors: Vec::new(),
    };
    let text =
        std::str::from_utf8(bytes).map_err(|_| malformed("the body must be UTF-8".to_owned()))?;
    let value: Value = serde_json::from_str(text)
        .map_err(|fault| malformed(format!("the body must be JSON: {fault}")))?;
    let Value::Object(object) = value else {
        return Err(malformed("the body must be a JSON object".to_owned()));
    };
    let mut faults = Faults::default();
    let mut members = Members {
        object,
        pointer: String::new(),
        known: Vec::new(),
        faults: &mut faults,
    };
    members.refuse_nul();
    let value = T::from_body(&mut members);
    members.refuse_unknown();
    if !faults.unknown.is_empty() {
        faults.unknown.append(&mut faults.invalid);
        return Err(Problem::malformed(faults.unknown));
    }
    match value {
        Some(value) if faults.invalid.is_empty() => Ok(value),
        _ => Err(Problem::Invalid(faults.invalid)),
    }
}

/// What is wrong with a body: names that mean nothing make it malformed, values only invalid.
#[derive(Default)]
pub struct Faults {
    unknown: Vec<ValueFault>,
    invalid: Vec<ValueFault>,
}

/// The members of one object in a body, and what was found wrong with them.
pub struct Members<'a> {
    object: Map<String, Value>,
    pointer: String,
    known: Vec<&'static str>,
    faults: &'a mut Faults,
}

/// What a member's value can become.
pub trait Member: Sized {
    /// Reads the value; `None` after a fault, which `place` keeps.
    fn from_value(value: Value, place: &mut Place<'_>) -> Option<Self>;
}

/// Where in the body a value stands.
pub struct Place<'a> {
    pointer: String,
    faults: &'a mut Faults,
}

impl Place<'_> {
    /// Notes a fault of the value at this place.
    pub fn refuse<T>(&mut self, fault: Fault) -> Option<T> {
        self.faults
            .invalid
            .push(ValueFault::at(&self.pointer, fault));
        None
    }

    fn below(&mut self, name: &str) -> Place<'_> {
        let escaped = name.replace('~', "~0").replace('/', "~1");
        Place {
            pointer: format!("{}/{escaped}", self.pointer),
            faults: self.faults,
        }
    }

    /// Reads an object that stands here.
    pub fn object<T: FromBody>(&mut self, value: Value) -> Option<T> {
        let Value::Object(object) = value else {
            return self.refuse(Fault::new("wrong_type", "must be an object"));
        };
        let mut members = Members {
            object,
            pointer: self.pointer.clone(),
            known: Vec::new(),
            faults: self.faults,
        };
        let read = T::from_body(&mut members);
        members.refuse_unknown();
        read
    }
}

impl Members<'_> {
    fn take<T: Member>(&mut self, name: &'static str) -> Option<Option<T>> {
        self.known.push(name);
        match self.object.remove(name) {
            None => Some(None),
            Some(value) => T::from_value(value, &mut self.place(name)).map(Some),
        }
    }

    fn place(&mut self, name: &str) -> Place<'_> {
        Place {
            pointer: format!("{}/{name}", self.pointer),
            faults: self.faults,
        }
    }

    /// A member that must be there.
    pub fn required<T: Member>(&mut self, name: &'static str) -> Option<T> {
        match self.take(name)? {
            Some(value) => Some(value),
            None => self.place(name).refuse(Fault::required()),
        }
    }

    /// A member that may be absent or `null`.
    pub fn optional<T: Member>(&mut self, name: &'static str) -> Option<Option<T>> {
        if self.object.get(name).is_some_and(Value::is_null) {
            self.object.remove(name);
        }
        self.take(name)
    }

    /// A member of a merge patch that can be changed, but not taken away.
    pub fn change<T: Member>(&mut self, name: &'static str) -> Option<Option<T>> {
        if self.object.get(name).is_some_and(Value::is_null) {
            self.known.push(name);
            self.object.remove(name);
            return self
                .place(name)
                .refuse(Fault::new("required", "can be changed, but not taken away"));
        }
        self.take(name)
    }

    /// A member of a merge patch that may be taken away with `null`.
    pub fn patch<T: Member>(&mut self, name: &'static str) -> Option<Patch<T>> {
        if self.object.get(name).is_some_and(Value::is_null) {
            self.known.push(name);
            self.object.remove(name);
            return Some(Patch::Clear);
        }
        Some(self.take(name)?.map_or(Patch::Keep, Patch::Set))
    }

    /// Notes a fault of the object itself.
    pub fn refuse<T>(&mut self, name: &str, fault: Fault) -> Option<T> {
        self.place(name).refuse(fault)
    }

    fn refuse_unknown(&mut self) {
        let known = self.known.join(", ");
        let unknown: Vec<String> = self
            .object
            .keys()
            .filter(|name| !self.known.contains(&name.as_str()))
            .take(20)
            .cloned()
            .collect();
        for name in unknown {
            let escaped = name.replace('~', "~0").replace('/', "~1");
            let fault = Fault::new(
                "unknown_member",
                format!("is not known here; known are: {known}"),
            );
            self.faults.unknown.push(ValueFault::at(
                &format!("{}/{escaped}", self.pointer),
                fault,
            ));
        }
    }

    /// Postgres can't hold NUL in text: refused wherever it stands, custom fields and names included.
    fn refuse_nul(&mut self) {
        let object = std::mem::take(&mut self.object);
        let value = Value::Object(object);
        find_nul(
            &value,
            &mut Place {
                pointer: self.pointer.clone(),
                faults: self.faults,
            },
        );
        if let Value::Object(object) = value {
            self.object = object;
        }
    }
}

fn find_nul(value: &Value, place: &mut Place<'_>) {
    let nul = || Fault::new("nul", "must not contain the character NUL");
    match value {
        Value::String(text) if text.contains('\0') => {
            place.refuse::<()>(nul());
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                find_nul(item, &mut place.below(&index.to_string()));
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                if name.contains('\0') {
                    place.refuse::<()>(nul());
                }
                find_nul(member, &mut place.below(name));
            }
        }
        _ => {}
    }
}

impl<T: Parse> Member for T {
    fn from_value(value: Value, place: &mut Place<'_>) -> Option<Self> {
        match value {
            Value::String(text) => T::parse(&text)
                .map_err(|fault| place.refuse::<()>(fault))
                .ok(),
            _ => place.refuse(Fault::new("wrong_type", "must be a string")),
        }
    }
}

/// A member that is `true` or `false`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[serde(transparent)]
pub struct Flag(pub bool);

impl Member for Flag {
    fn from_value(value: Value, place: &mut Place<'_>) -> Option<Self> {
        match value {
            Value::Bool(flag) => Some(Self(flag)),
            _ => place.refuse(Fault::new("wrong_type", "must be true or false")),
        }
    }
}

impl Member for JsonObject {
    fn from_value(value: Value, place: &mut Place<'_>) -> Option<Self> {
        Self::parse(value)
            .map_err(|fault| place.refuse::<()>(fault))
            .ok()
    }
}

/// Most entries that a list in a body may have.
const LONGEST_LIST: usize = 100;

impl<T: Member> Member for Vec<T> {
    fn from_value(value: Value, place: &mut Place<'_>) -> Option<Self> {
        let Value::Array(items) = value else {
            return place.refuse(Fault::new("wrong_type", "must be an array"));
        };
        if items.len() > LONGEST_LIST {
            return place.refuse(Fault::new(
                "too_many",
                format!(
                    "has {} entries; at most {LONGEST_LIST} are allowed",
                    items.len()
                ),
            ));
        }
        let read: Vec<Option<T>> = items
            .into_iter()
            .enumerate()
            .map(|(index, item)| T::from_value(item, &mut place.below(&index.to_string())))
            .collect();
        read.into_iter().collect()
    }
}

/// Reads a request type member by member: `from_body!(CreateTag { required name, optional slug })`. All members are read
/// before the first fault ends it, so that all faults are told.
macro_rules! from_body {
    ($type:ident $(<= $limit:expr;)? { $($how:ident $member:ident),+ $(,)? }) => {
        impl $crate::rest::body::FromBody for $type {
            $(const LIMIT: usize = $limit;)?

            fn from_body(members: &mut $crate::rest::body::Members<'_>) -> Option<Self> {
                $(let $member = members.$how(stringify!($member));)+
                Some(Self { $($member: $member?),+ })
            }
        }
    };
}
pub(crate) use from_body;

/// Lets an object be a member of another body.
macro_rules! object_member {
    ($type:ident) => {
        impl $crate::rest::body::Member for $type {
            fn from_value(
                value: serde_json::Value,
                place: &mut $crate::rest::body::Place<'_>,
            ) -> Option<Self> {
                place.object(value)
            }
        }
    };
}
pub(crate) use object_member;
