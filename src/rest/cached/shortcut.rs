use std::cell::Cell;
use std::future::{Ready, ready};
use std::pin::Pin;

use actix_web::body::BoxBody;
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform};
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderValue};
use actix_web::web::Data;
use actix_web::{Error, HttpResponse};
use futures::future::Either;

use super::{PREVIEW, Store};
use crate::platform::Platform;
use crate::rest::{cors, envelope};

/// Middleware, outermost: hands out what is kept before anything else looks at the request. It adds the headers that
/// the envelope would add.
pub struct Shortcut {
    pub platform: Data<Platform>,
    pub store: Data<Store>,
}

/// [`Shortcut`] in front of the service.
pub struct Shortened<S> {
    service: S,
    platform: Data<Platform>,
    store: Data<Store>,
}

impl<S> Transform<S, ServiceRequest> for Shortcut
where
    S: Service<ServiceRequest, Response = ServiceResponse<BoxBody>, Error = Error>,
    S::Future: 'static,
{
    type Response = ServiceResponse<BoxBody>;
    type Error = Error;
    type Transform = Shortened<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, service: S) -> Self::Future {
        ready(Ok(Shortened {
            service,
            platform: self.platform.clone(),
            store: self.store.clone(),
        }))
    }
}

type Answered<F> = Either<Ready<Result<ServiceResponse<BoxBody>, Error>>, Pin<Box<F>>>;

impl<S> Service<ServiceRequest> for Shortened<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<BoxBody>, Error = Error>,
    S::Future: 'static,
{
    type Response = ServiceResponse<BoxBody>;
    type Error = Error;
    type Future = Answered<S::Future>;

    actix_web::dev::forward_ready!(service);

    fn call(&self, request: ServiceRequest) -> Self::Future {
        match self.kept(&request) {
            Some(response) => Either::Left(ready(Ok(request.into_response(response)))),
            None => Either::Right(Box::pin(self.service.call(request))),
        }
    }
}

impl<S> Shortened<S> {
    fn kept(&self, request: &ServiceRequest) -> Option<HttpResponse> {
        let headers = request.headers();
        if !matches!(*request.method(), Method::GET | Method::HEAD)
            || headers.contains_key(PREVIEW)
            || !envelope::accepts_ours(request)
        {
            return None;
        }
        let target = request.uri().path_and_query()?.as_str();
        let edition = self.store.edition()?;
        let now = self.platform.clock.elapsed();
        let entry = self.store.find(target, edition, now)?;
        let mut response = entry.respond(headers, now);
        let answered = response.headers_mut();
        answered.insert(
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        );
        answered.insert(envelope::REQUEST_ID, request_id(request));
        if headers.contains_key(header::ORIGIN) {
            cors::allow(answered);
        }
        tracing::debug!(path = target, request_id = ?answered.get(envelope::REQUEST_ID), "answered from memory");
        Some(response)
    }
}

/// The client's id when sane, else one of ours: unique, and cheaper than a UUID.
fn request_id(request: &ServiceRequest) -> HeaderValue {
    thread_local! {
        static SEED: u64 = uuid::Uuid::new_v4().as_u64_pair().0;
        static COUNT: Cell<u64> = const { Cell::new(0) };
    }
    if let Some(given) = envelope::given_request_id(request.headers()) {
        return given.clone();
    }
    let count = COUNT.get();
    COUNT.set(count.wrapping_add(1));
    let mut text = [0; 32];
    let value = (u128::from(SEED.with(|seed| *seed)) << 64) | u128::from(count);
    for (index, digit) in text.iter_mut().enumerate() {
        let nibble = (value >> (124 - 4 * index)) & 0xf;
        *digit = b"0123456789abcdef"[usize::try_from(nibble).unwrap_or_default()];
    }
    HeaderValue::from_bytes(&text).unwrap_or_else(|_| HeaderValue::from_static("-"))
}
