use std::sync::OnceLock;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderMap, HeaderValue};
use actix_web::{HttpResponse, HttpResponseBuilder};
use bytes::Bytes;

use super::coding::{Coding, Effort};
use crate::rest::conditional::{content_tag, is_unchanged};

/// Larger bodies are compressed quickly, in bytes.
const MOST_WORTH_THE_BEST: usize = 128 * 1024;

/// An answer that stays the same as long as the program runs: it is worth being compressed well.
pub struct Fixed {
    content_type: &'static str,
    cache_control: &'static str,
    body: Bytes,
    /// Without its closing quote.
    tag: String,
    codings: [OnceLock<Bytes>; 4],
}

impl Fixed {
    /// Makes one of its bytes.
    pub fn new(content_type: &'static str, cache_control: &'static str, body: String) -> Self {
        let mut tag = content_tag(body.as_bytes());
        tag.pop();
        Self {
            content_type,
            cache_control,
            body: body.into(),
            tag,
            codings: Default::default(),
        }
    }

    /// The answer to a client who sent these headers.
    pub fn respond(&self, headers: &HeaderMap) -> HttpResponse {
        let coding = Coding::best(headers, self.body.len());
        let etag = format!("{}{}\"", self.tag, coding.suffix());
        let unchanged = is_unchanged(headers, &etag);
        let mut response = HttpResponseBuilder::new(if unchanged {
            StatusCode::NOT_MODIFIED
        } else {
            StatusCode::OK
        });
        response
            .insert_header((header::ETAG, etag))
            .insert_header((header::CACHE_CONTROL, self.cache_control))
            .insert_header((header::VARY, HeaderValue::from_static("Accept-Encoding")));
        if unchanged {
            return response.finish();
        }
        response.insert_header((header::CONTENT_TYPE, self.content_type));
        if let Some(name) = coding.header() {
            response.insert_header((header::CONTENT_ENCODING, name));
        }
        response.body(self.coded(coding))
    }

    fn coded(&self, coding: Coding) -> Bytes {
        // The best takes a second for a large one, and everybody else waits.
        let effort = if self.body.len() > MOST_WORTH_THE_BEST {
            Effort::Quick
        } else {
            Effort::Best
        };
        let coded = self.codings[coding as usize].get_or_init(|| {
            let coded = coding.encode(&self.body, effort);
            coded.map_or_else(|| self.body.clone(), Bytes::from)
        });
        coded.clone()
    }
}
