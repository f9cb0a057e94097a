//! What readers are answered with: cacheable, with a strong entity tag for each encoding, compressed where the client can
//! read it.

use std::io::Write;

use actix_web::http::header::{self, HeaderMap};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse, Responder};
use chrono::{DateTime, Utc};
use serde::Serialize;
use xxhash_rust::xxh3::xxh3_128;

use super::conditional::is_unchanged;
use super::problem::Problem;
use super::reply::to_json;
use crate::platform::config::Config;

/// Bodies smaller than this are not worth compressing.
const WORTH_COMPRESSING: usize = 860;

/// A finished delivery answer.
pub struct Delivered {
    body: Vec<u8>,
    cache_control: String,
    cache_tags: String,
    link: Option<String>,
}

/// What a delivery answer depends on, besides its bytes.
pub struct Freshness {
    pub now: DateTime<Utc>,
    /// When something that readers see changes by itself: a story goes live, or ends.
    pub next_change: Option<DateTime<Utc>>,
}

impl Delivered {
    /// Writes the content. `cache_tags` name everything that the answer shows.
    pub fn new<T: Serialize>(
        content: &T,
        config: &Config,
        freshness: &Freshness,
        cache_tags: &[String],
    ) -> Result<Self, Problem> {
        let shared = config.shared_max_age.as_secs();
        let until_change = freshness
            .next_change
            .map(|at| (at - freshness.now).num_seconds().max(0).unsigned_abs());
        // A shared cache must not outlive the next scheduled change, and must not hand out what it had before it.
        let (shared, stale) = match until_change {
            Some(seconds) if seconds < shared + config.stale_while_revalidate.as_secs() => {
                (shared.min(seconds), seconds.saturating_sub(shared))
            }
            _ => (shared, config.stale_while_revalidate.as_secs()),
        };
        let cache_control =
            format!("public, max-age=0, s-maxage={shared}, stale-while-revalidate={stale}");
        Ok(Self {
            body: to_json(content)?,
            cache_control,
            cache_tags: cache_tags.join(","),
            link: None,
        })
    }

    /// Adds the `Link` header of a list.
    pub fn with_links(self, links: String) -> Self {
        Self {
            link: Some(links),
            ..self
        }
    }
}

impl Responder for Delivered {
    type Body = actix_web::body::BoxBody;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse {
        let coding = if self.body.len() < WORTH_COMPRESSING {
            Coding::Identity
        } else {
            Coding::preferred(request.headers())
        };
        let etag = format!("\"{:x}{}\"", xxh3_128(&self.body), coding.suffix());
        let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
        let unchanged = is_read && is_unchanged(request.headers(), &etag);
        let mut response = HttpResponse::build(if unchanged {
            StatusCode::NOT_MODIFIED
        } else {
            StatusCode::OK
        });
        response.insert_header((header::ETAG, etag));
        response.insert_header((header::CACHE_CONTROL, self.cache_control));
        response.insert_header((header::VARY, "Accept-Encoding"));
        response.insert_header(("Cache-Tag", self.cache_tags));
        if let Some(link) = self.link {
            response.insert_header((header::LINK, link));
        }
        if unchanged {
            return response.finish();
        }
        response.content_type("application/json");
        match coding.encode(&self.body) {
            Some(encoded) => {
                response.insert_header((header::CONTENT_ENCODING, coding.name()));
                response.body(encoded)
            }
            None => response.body(self.body),
        }
    }
}

/// A content coding (RFC 9110 §8.4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Coding {
    Identity,
    Brotli,
    Zstandard,
    Gzip,
}

impl Coding {
    /// The best that the client takes; ours, when several are equally welcome.
    fn preferred(headers: &HeaderMap) -> Self {
        let accepted = headers
            .get(header::ACCEPT_ENCODING)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        let weight_of = |name: &str| {
            let mut any = None;
            for part in accepted.split(',') {
                let mut parameters = part.split(';').map(str::trim);
                let coding = parameters.next().unwrap_or_default();
                let weight = parameters
                    .find_map(|parameter| parameter.strip_prefix("q="))
                    .map_or(1.0, |q| q.parse::<f32>().unwrap_or(0.0));
                if coding.eq_ignore_ascii_case(name) {
                    return weight;
                }
                if coding == "*" {
                    any = Some(weight);
                }
            }
            any.unwrap_or(0.0)
        };
        let ours = [
            (Self::Brotli, "br"),
            (Self::Zstandard, "zstd"),
            (Self::Gzip, "gzip"),
        ];
        let mut best = (Self::Identity, 0.0);
        for (coding, name) in ours {
            let weight = weight_of(name);
            if weight > best.1 {
                best = (coding, weight);
            }
        }
        best.0
    }

    fn name(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Brotli => "br",
            Self::Zstandard => "zstd",
            Self::Gzip => "gzip",
        }
    }

    /// Bytes that differ need a strong tag that differs (RFC 9110 §8.8.3.3).
    fn suffix(self) -> &'static str {
        match self {
            Self::Identity => "",
            Self::Brotli => "-br",
            Self::Zstandard => "-zst",
            Self::Gzip => "-gz",
        }
    }

    fn encode(self, body: &[u8]) -> Option<Vec<u8>> {
        match self {
            Self::Identity => None,
            Self::Brotli => {
                let mut writer = brotli::CompressorWriter::new(Vec::new(), 16 * 1024, 4, 20);
                writer.write_all(body).ok()?;
                Some(writer.into_inner())
            }
            Self::Zstandard => zstd::bulk::compress(body, 3).ok(),
            Self::Gzip => {
                let mut writer =
                    flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(5));
                writer.write_all(body).ok()?;
                writer.finish().ok()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::header::HeaderValue;

    fn preferred(accepted: &'static str) -> Coding {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(accepted));
        Coding::preferred(&headers)
    }

    #[test]
    fn the_client_decides_and_ties_go_to_the_smallest() {
        assert_eq!(preferred("gzip, br"), Coding::Brotli);
        assert_eq!(preferred("gzip;q=1.0, br;q=0.5"), Coding::Gzip);
        assert_eq!(preferred("br;q=0, gzip"), Coding::Gzip);
        assert_eq!(preferred("*"), Coding::Brotli);
        assert_eq!(preferred("br;q=0"), Coding::Identity);
        assert_eq!(preferred(""), Coding::Identity);
    }

    #[test]
    fn an_encoded_body_can_be_read_back() {
        let body = b"local news ".repeat(200);
        let packed = Coding::Zstandard.encode(&body).unwrap();
        assert_eq!(zstd::bulk::decompress(&packed, body.len()).unwrap(), body);
        assert!(Coding::Brotli.encode(&body).unwrap().len() < body.len());
    }
}
