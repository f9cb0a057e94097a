//! The query string, read strictly: unknown and repeated parameters are refused, and all faults are told at once.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};

use super::problem::{Problem, ValueFault};
use crate::types::{Fault, Parse};

/// Most values that a parameter may have.
pub const MOST_VALUES: usize = 50;

/// A handler's query parameters, and the query in one form for all ways to write it: known parameters by name, values of a
/// set sorted.
pub struct Query<T>(pub T, pub Canonical);

/// A query string in its canonical form.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Canonical(String);

impl Canonical {
    /// The text, without a question mark.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What can be read from a query string.
pub trait FromQuery: Sized {
    /// Takes every parameter it knows out of `params`; `None` after a fault, which `params` keeps.
    fn from_query(params: &mut Params) -> Option<Self>;
}

impl<T: FromQuery> FromRequest for Query<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(parse(request.query_string()))
    }
}

/// Reads a query string.
pub fn parse<T: FromQuery>(query: &str) -> Result<Query<T>, Problem> {
    let mut params = Params::new(query);
    let value = T::from_query(&mut params);
    params.refuse_unknown();
    match value {
        Some(value) if params.faults.is_empty() => Ok(Query(value, params.canonical())),
        _ => Err(Problem::malformed(params.faults)),
    }
}

/// The parameters of one request, and what was found wrong with them.
pub struct Params {
    given: Vec<(String, String)>,
    known: Vec<&'static str>,
    faults: Vec<ValueFault>,
    read: Vec<(&'static str, String)>,
}

impl Params {
    fn new(query: &str) -> Self {
        let mut params = Self {
            given: Vec::new(),
            known: Vec::new(),
            faults: Vec::new(),
            read: Vec::new(),
        };
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            if name.contains('\0') || value.contains(['\0', '\u{fffd}']) {
                params.fault(
                    &name.replace('\0', ""),
                    Fault::new("invalid_text", "must be UTF-8 without NUL"),
                );
            }
            params.given.push((name.into_owned(), value.into_owned()));
        }
        params
    }

    /// Notes a fault.
    pub fn fault(&mut self, name: &str, fault: Fault) {
        self.faults.push(ValueFault::of(name, fault));
    }

    /// The one value of a parameter. The outer `None` is a fault.
    pub fn one<T: Parse>(&mut self, name: &'static str) -> Option<Option<T>> {
        let values = self.take(name);
        match values.as_slice() {
            [] => Some(None),
            [text] => {
                self.read.push((name, text.clone()));
                self.parsed(name, text).map(Some)
            }
            _ => {
                self.fault(name, Fault::new("repeated", "must be given once"));
                None
            }
        }
    }

    /// A parameter's values, repeated or separated by commas, at most 50. They are a set: their order means nothing.
    pub fn many<T: Parse>(&mut self, name: &'static str) -> Option<Vec<T>> {
        self.values(name, Order::Meaningless)
    }

    /// The same, where the order matters.
    pub fn many_in_order<T: Parse>(&mut self, name: &'static str) -> Option<Vec<T>> {
        self.values(name, Order::Kept)
    }

    fn values<T: Parse>(&mut self, name: &'static str, order: Order) -> Option<Vec<T>> {
        let values = self.take(name);
        let parts: Vec<&str> = values
            .iter()
            .flat_map(|value| value.split(','))
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .collect();
        if parts.len() > MOST_VALUES {
            self.fault(name, Fault::new("too_many", "has more than 50 values"));
            return None;
        }
        if parts.is_empty() && !values.is_empty() {
            self.fault(name, Fault::required());
            return None;
        }
        let mut written = parts.clone();
        if order == Order::Meaningless {
            written.sort_unstable();
            written.dedup();
        }
        if !written.is_empty() {
            self.read.push((name, written.join(",")));
        }
        let parsed: Vec<Option<T>> = parts
            .into_iter()
            .map(|part| self.parsed(name, part))
            .collect();
        parsed.into_iter().collect()
    }

    fn parsed<T: Parse>(&mut self, name: &str, text: &str) -> Option<T> {
        T::parse(text).map_err(|fault| self.fault(name, fault)).ok()
    }

    fn take(&mut self, name: &'static str) -> Vec<String> {
        self.known.push(name);
        self.given
            .iter()
            .filter(|(given, _)| given == name)
            .map(|(_, value)| value.clone())
            .collect()
    }

    fn canonical(mut self) -> Canonical {
        self.read.sort_unstable();
        let pairs = self
            .read
            .iter()
            .map(|(name, value)| (*name, value.as_str()));
        Canonical(
            form_urlencoded::Serializer::new(String::new())
                .extend_pairs(pairs)
                .finish(),
        )
    }

    fn refuse_unknown(&mut self) {
        let mut unknown: Vec<String> = self
            .given
            .iter()
            .map(|(name, _)| name.clone())
            .filter(|name| !self.known.contains(&name.as_str()))
            .collect();
        unknown.sort_unstable();
        unknown.dedup();
        let known = if self.known.is_empty() {
            "none".to_owned()
        } else {
            self.known.join(", ")
        };
        for name in unknown.into_iter().take(20) {
            self.fault(
                &name,
                Fault::new(
                    "unknown_parameter",
                    format!("is not known here; known are: {known}"),
                ),
            );
        }
    }
}

/// Whether the order of a parameter's values means something.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Order {
    Kept,
    Meaningless,
}

/// No parameters at all.
pub struct NoParams;

impl FromQuery for NoParams {
    fn from_query(_: &mut Params) -> Option<Self> {
        Some(Self)
    }
}

impl Parse for bool {
    fn parse(text: &str) -> Result<Self, Fault> {
        match text {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => Err(Fault::new("unknown_value", "must be true or false")),
        }
    }
}

/// Reads a request type member by member: `from_query!(ListTags { one q, many ids, all paging })`. All members are read
/// before the first fault ends it, so that all faults are told. `all` hands over to another type that is part of this one.
macro_rules! from_query {
    ($type:ident { $($how:ident $member:ident),+ $(,)? }) => {
        impl $crate::rest::query::FromQuery for $type {
            fn from_query(params: &mut $crate::rest::query::Params) -> Option<Self> {
                $(let $member = $crate::rest::query::from_query!(@read $how params $member);)+
                Some(Self { $($member: $member?),+ })
            }
        }
    };
    (@read all $params:ident $member:ident) => { $crate::rest::query::FromQuery::from_query($params) };
    (@read $how:ident $params:ident $member:ident) => { $params.$how(stringify!($member)) };
}
pub(crate) use from_query;
