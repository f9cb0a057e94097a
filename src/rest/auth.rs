//! Who is asking, and what they may do. A handler that names [`Author`], [`Editor`] or [`Admin`] among its
//! arguments can not be entered by less: that it stands there is the proof. It goes first, so that the right is decided before the body
//! is read.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest};

use super::problem::Problem;
use crate::types::{AuthorId, Role, SessionId, UserId};

/// A person whose token was good when the request came in, with the role they have now.
#[derive(Debug, Clone, Copy)]
pub struct Identity {
    pub user: UserId,
    pub author: AuthorId,
    pub session: SessionId,
    pub role: Role,
}

/// Anybody with an account.
pub struct Author(pub Identity);

/// An editor or an admin.
pub struct Editor(pub Identity);

/// An admin.
pub struct Admin(pub Identity);

macro_rules! needs_role {
    ($type:ident, $role:expr, $refusal:literal) => {
        impl FromRequest for $type {
            type Error = Problem;
            type Future = Ready<Result<Self, Problem>>;

            fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
                ready(match request.extensions().get::<Identity>() {
                    None => Err(Problem::Unauthenticated("this needs an access token")),
                    Some(identity) if identity.role.covers($role) => Ok(Self(*identity)),
                    Some(_) => Err(Problem::Forbidden($refusal)),
                })
            }
        }
    };
}

needs_role!(Author, Role::Author, "this needs an account");
needs_role!(Editor, Role::Editor, "this needs the role editor");
needs_role!(Admin, Role::Admin, "this needs the role admin");

/// The token of an `Authorization: Bearer …` header (RFC 6750). Tokens in the query or in a body are not looked for.
pub fn bearer_token(
    header: Option<&actix_web::http::header::HeaderValue>,
) -> Result<&str, Problem> {
    let header = header.ok_or(Problem::Unauthenticated(
        "this needs an access token; send `Authorization: Bearer …`",
    ))?;
    let text = header.to_str().unwrap_or_default();
    let (scheme, token) = text.split_once(' ').unwrap_or((text, ""));
    match (scheme.eq_ignore_ascii_case("bearer"), token.trim()) {
        (true, "") => Err(Problem::Unauthenticated(
            "there is no token behind `Bearer`; `POST /api/v1/auth/token` gives one",
        )),
        (true, token) => Ok(token),
        _ => Err(Problem::Unauthenticated(
            "the header must read `Authorization: Bearer …`",
        )),
    }
}
