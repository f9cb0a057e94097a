//! The members of JSON objects, taken out one by one; what is wrong with them is kept until all were read.

use serde_json::{Map, Number, Value};

use super::FromBody;
use crate::rest::problem::ValueFault;
use crate::types::{Fault, JsonObject, Named, Parse, Patch, Whole};

/// What is wrong with a body: names that mean nothing make it malformed, values only invalid. Whether the things that it
/// names exist is not known yet.
#[derive(Default)]
pub struct Faults {
    pub unknown: Vec<ValueFault>,
    pub invalid: Vec<ValueFault>,
    pub named: Vec<(String, Named)>,
}

/// Reads a whole body, and notes all that is wrong with it.
pub fn read_all<T: FromBody>(object: Map<String, Value>, faults: &mut Faults) -> Option<T> {
    let value = Value::Object(object);
    refuse_unstorable(
        &value,
        &mut Place {
            pointer: String::new(),
            faults,
        },
    );
    Place {
        pointer: String::new(),
        faults,
    }
    .object(value)
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

    fn note(&mut self, named: Option<Named>) {
        let named = named.map(|named| (self.pointer.clone(), named));
        self.faults.named.extend(named);
    }

    /// The place of an entry of the value at this place.
    pub fn below(&mut self, name: &str) -> Place<'_> {
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

    /// Gives up what was not read yet: it can't be told what it would have meant.
    pub fn pass_over_rest(&mut self) {
        self.object.clear();
    }

    fn refuse_unknown(&mut self) {
        let known = if self.known.is_empty() {
            "none".to_owned()
        } else {
            self.known.join(", ")
        };
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
}

/// Refuses, wherever it stands, what can't be stored and read back as it came: NUL in text, which Postgres does not
/// hold; numbers beyond 64 bits, which are read as the nearest of few; names that the JSON library takes for its own.
fn refuse_unstorable(value: &Value, place: &mut Place<'_>) {
    let nul = || Fault::new("nul", "must not contain the character NUL");
    match value {
        Value::String(text) if text.contains('\0') => {
            place.refuse::<()>(nul());
        }
        Value::Number(number) if is_rounded(number) => {
            place.refuse::<()>(Fault::new(
                "out_of_range",
                "is a number beyond 64 bits, which would be rounded; send it as text",
            ));
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                refuse_unstorable(item, &mut place.below(&index.to_string()));
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                if name.contains('\0') {
                    place.refuse::<()>(nul());
                }
                if name.starts_with("$serde_json::private::") {
                    place.refuse::<()>(Fault::new("reserved", "has a name that is reserved"));
                }
                refuse_unstorable(member, &mut place.below(name));
            }
        }
        _ => {}
    }
}

/// Whether a number was too large to be read as a whole one.
fn is_rounded(number: &Number) -> bool {
    const BEYOND_U64: f64 = 18_446_744_073_709_551_616.0;
    const BELOW_I64: f64 = -9_223_372_036_854_775_808.0;
    let is_beyond = |number: f64| number >= BEYOND_U64 || number <= BELOW_I64;
    number.is_f64() && number.as_f64().is_some_and(is_beyond)
}

impl<T: Parse> Member for T {
    fn from_value(value: Value, place: &mut Place<'_>) -> Option<Self> {
        match value {
            Value::String(text) => match T::parse(&text) {
                Ok(value) => {
                    place.note(value.named());
                    Some(value)
                }
                Err(fault) => place.refuse(fault),
            },
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

impl<const MIN: i64, const MAX: i64> Member for Whole<MIN, MAX> {
    fn from_value(value: Value, place: &mut Place<'_>) -> Option<Self> {
        let number = match &value {
            Value::Number(number) => number.as_i64(),
            _ => return place.refuse(Fault::new("wrong_type", "must be a whole number")),
        };
        let taken = number.map_or_else(|| Err(Self::out_of_range()), Self::new);
        taken.map_err(|fault| place.refuse::<()>(fault)).ok()
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
