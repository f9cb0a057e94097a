use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};

use super::problem::{Problem, ValueFault};
use crate::types::Parse;

/// The last variable segment of the path, such as the id in `/tags/{id}`: parsed, or a 400 that names it. One with a NUL
/// in it names nothing, whatever it is for: Postgres holds none.
pub struct Segment<T>(pub T);

impl<T: Parse> FromRequest for Segment<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let Some((name, text)) = request.match_info().iter().last() else {
            return ready(Err(Problem::NotFound("address")));
        };
        if text.contains('\0') {
            return ready(Err(Problem::NotFound("address")));
        }
        let fault = |fault| Problem::malformed(vec![ValueFault::of(name, fault)]);
        ready(T::parse(text).map(Self).map_err(fault))
    }
}
