//! What editor routes answer with.

use actix_web::http::StatusCode;
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, Responder};
use serde::Serialize;

use super::conditional::{content_tag, entity_tag, is_unchanged};
use super::page::{List, links};
use super::problem::Problem;

/// A finished answer: bytes and the headers that belong to them. It can be stored and sent again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    pub status: StatusCode,
    pub location: Option<String>,
    pub etag: Option<String>,
    pub body: Vec<u8>,
    pub origin: Origin,
}

/// Whether an answer was made for this request, or for an earlier one with the same idempotency key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    Fresh,
    Replayed,
}

impl Reply {
    /// 200 with a resource at a version.
    pub fn shown<T: Serialize>(version: i64, resource: &T) -> Result<Self, Problem> {
        let body = to_json(resource)?;
        let etag = Some(entity_tag(version, &body));
        Ok(Self {
            status: StatusCode::OK,
            location: None,
            etag,
            body,
            origin: Origin::Fresh,
        })
    }

    /// The same as 201: a new resource, and where it is.
    pub fn created_at(self, location: String) -> Self {
        Self {
            status: StatusCode::CREATED,
            location: Some(location),
            ..self
        }
    }

    /// An answer that is no resource, such as a receipt.
    pub fn plain<T: Serialize>(status: StatusCode, content: &T) -> Result<Self, Problem> {
        Ok(Self {
            status,
            location: None,
            etag: None,
            body: to_json(content)?,
            origin: Origin::Fresh,
        })
    }
}

impl Responder for Reply {
    type Body = actix_web::body::BoxBody;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse {
        let is_read = request.method() == actix_web::http::Method::GET;
        let unchanged = self
            .etag
            .as_ref()
            .is_some_and(|etag| is_read && is_unchanged(request.headers(), etag));
        let mut response = HttpResponse::build(if unchanged {
            StatusCode::NOT_MODIFIED
        } else {
            self.status
        });
        response.insert_header((header::CACHE_CONTROL, "no-store"));
        if let Some(etag) = self.etag {
            response.insert_header((header::ETAG, etag));
        }
        if let Some(location) = self.location {
            response.insert_header((header::LOCATION, location));
        }
        if self.origin == Origin::Replayed {
            response.insert_header(("Idempotent-Replayed", "true"));
        }
        if unchanged {
            response.finish()
        } else {
            response.content_type("application/json").body(self.body)
        }
    }
}

/// A list on the editor surface.
pub struct Listed<T>(pub List<T>);

impl<T: Serialize> Responder for Listed<T> {
    type Body = actix_web::body::BoxBody;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse {
        let body = match to_json(&self.0) {
            Ok(body) => body,
            Err(problem) => return HttpResponse::from_error(problem),
        };
        let etag = content_tag(&body);
        let unchanged = is_unchanged(request.headers(), &etag);
        let mut response = HttpResponse::build(if unchanged {
            StatusCode::NOT_MODIFIED
        } else {
            StatusCode::OK
        });
        response.insert_header((header::CACHE_CONTROL, "no-store"));
        response.insert_header((header::ETAG, etag));
        response.insert_header((
            header::LINK,
            links(request.path(), request.query_string(), &self.0.pagination),
        ));
        if unchanged {
            response.finish()
        } else {
            response.content_type("application/json").body(body)
        }
    }
}

/// 204: done, and nothing to say.
pub struct NoContent;

impl Responder for NoContent {
    type Body = actix_web::body::BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        HttpResponse::NoContent()
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .finish()
    }
}

/// Writes a value as JSON.
pub fn to_json<T: Serialize>(value: &T) -> Result<Vec<u8>, Problem> {
    serde_json::to_vec(value).map_err(|fault| {
        Problem::Internal(anyhow::Error::new(fault).context("an answer can't be written as JSON"))
    })
}

/// Turns a value into JSON that can still be pruned.
pub fn to_value<T: Serialize>(value: &T) -> Result<serde_json::Value, Problem> {
    serde_json::to_value(value).map_err(|fault| {
        Problem::Internal(anyhow::Error::new(fault).context("an answer can't be written as JSON"))
    })
}
