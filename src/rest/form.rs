//! What a browser sends when a form is submitted.

use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest};

use super::body::read;
use super::problem::Problem;

/// Largest form in bytes.
const LIMIT: usize = 64 * 1024;

/// The fields of a form (`application/x-www-form-urlencoded`), in their order. One that is sent twice is there twice.
#[derive(Debug, Default)]
pub struct Form(Vec<(String, String)>);

impl Form {
    /// What was put into a field, without outer white space; `None` where that is nothing.
    pub fn one(&self, name: &str) -> Option<&str> {
        let value = self.all(name).next()?.trim();
        (!value.is_empty()).then_some(value)
    }

    /// All that was put into fields of one name.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        let named = self.0.iter().filter(move |(field, _)| field == name);
        named.map(|(_, value)| value.as_str())
    }
}

impl FromRequest for Form {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let media = request.headers().get(header::CONTENT_TYPE);
            let media = media
                .and_then(|media| media.to_str().ok())
                .unwrap_or_default();
            let essence = media.split(';').next().unwrap_or_default().trim();
            let is_form = essence.eq_ignore_ascii_case("application/x-www-form-urlencoded");
            let bytes = read(&request, payload, LIMIT).await?;
            if !is_form && !bytes.is_empty() {
                return Err(Problem::UnsupportedMediaType(
                    "send `Content-Type: application/x-www-form-urlencoded`, as browsers do",
                ));
            }
            let fields = form_urlencoded::parse(&bytes);
            // Postgres holds no NUL.
            let clean = |text: std::borrow::Cow<'_, str>| text.replace('\0', "");
            Ok(Self(
                fields
                    .map(|(name, value)| (clean(name), clean(value)))
                    .collect(),
            ))
        })
    }
}
