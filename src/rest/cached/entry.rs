use std::sync::OnceLock;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::{HttpResponse, HttpResponseBuilder};
use bytes::Bytes;
use xxhash_rust::xxh3::xxh3_128;

use super::answer::{Answer, Seen};
use super::coding::{Coding, Effort};
use crate::platform::config::Config;
use crate::platform::epoch::Edition;
use crate::rest::Problem;
use crate::rest::conditional::is_unchanged;

/// Codings differ, and previews are not for everybody.
const VARY: HeaderValue = HeaderValue::from_static("Accept-Encoding, Masthead-Preview");
const CACHE_TAG: HeaderName = HeaderName::from_static("cache-tag");

/// A finished answer: bytes in every coding that was asked for so far, and headers that only need to be handed out.
pub struct Entry {
    /// The answer is true as long as this is the newest edition. `None`: it is not all of one piece, and not to be kept.
    pub edition: Option<Edition>,
    /// When it ends by itself, on [`Clock::elapsed`](crate::platform::clock::Clock::elapsed).
    pub ends_at: Option<Duration>,
    status: StatusCode,
    body: Bytes,
    hash: u128,
    content_type: HeaderValue,
    cache_tags: HeaderValue,
    link: Option<HeaderValue>,
    location: Option<HeaderValue>,
    last_modified: Option<HeaderValue>,
    ages: Ages,
    codings: [OnceLock<Coded>; 4],
}

/// The bytes in one coding.
struct Coded {
    bytes: Bytes,
    etag: HeaderValue,
}

/// How long shared caches may keep an answer.
struct Ages {
    shared: Duration,
    stale: Duration,
    usual: HeaderValue,
}

impl Entry {
    /// Finishes an answer. `read_at` is when reading began, on the clock of [`Entry::ends_at`].
    pub fn new(
        answer: Answer,
        seen: Seen,
        edition: Option<Edition>,
        read_at: Duration,
        config: &Config,
    ) -> Result<Self, Problem> {
        let last_modified = answer.last_modified.map(|at| {
            let text = at.format("%a, %d %b %Y %H:%M:%S GMT").to_string();
            header_value(text)
        });
        Ok(Self {
            edition,
            ends_at: seen.ends_at(read_at),
            status: match answer.moved_to {
                Some(_) => StatusCode::MOVED_PERMANENTLY,
                None => StatusCode::OK,
            },
            hash: xxh3_128(&answer.body),
            body: answer.body.into(),
            content_type: answer.content_type,
            cache_tags: header_value(answer.cache_tags.join(","))?,
            link: answer.link.map(header_value).transpose()?,
            location: answer.moved_to.map(header_value).transpose()?,
            last_modified: last_modified.transpose()?,
            ages: Ages::of(config)?,
            codings: Default::default(),
        })
    }

    /// About how much memory it takes, in bytes, once every coding was asked for.
    pub fn weight(&self) -> usize {
        let headers = self.cache_tags.len() + self.link.as_ref().map_or(0, HeaderValue::len);
        2 * self.body.len() + headers + 1024
    }

    /// Whether it still ends in the future.
    pub fn is_current(&self, now: Duration) -> bool {
        self.ends_at.is_none_or(|ends_at| now < ends_at)
    }

    /// The answer to a client who sent these headers, at an instant of the clock of [`Entry::ends_at`].
    pub fn respond(&self, headers: &HeaderMap, now: Duration) -> HttpResponse {
        let coding = Coding::best(headers, self.body.len());
        let coded = self.coded(coding);
        let unchanged = self.status == StatusCode::OK && self.is_unchanged(headers, &coded.etag);
        let mut response = HttpResponseBuilder::new(if unchanged {
            StatusCode::NOT_MODIFIED
        } else {
            self.status
        });
        response
            .insert_header((header::ETAG, coded.etag.clone()))
            .insert_header((header::CACHE_CONTROL, self.cache_control(now)))
            .insert_header((header::VARY, VARY))
            .insert_header((CACHE_TAG, self.cache_tags.clone()));
        let optional = [
            (header::LINK, &self.link),
            (header::LOCATION, &self.location),
            (header::LAST_MODIFIED, &self.last_modified),
        ];
        for (name, value) in optional {
            if let Some(value) = value {
                response.insert_header((name, value.clone()));
            }
        }
        if unchanged {
            return response.finish();
        }
        response.insert_header((header::CONTENT_TYPE, self.content_type.clone()));
        if let Some(name) = coding.header() {
            response.insert_header((header::CONTENT_ENCODING, name));
        }
        response.body(coded.bytes.clone())
    }

    /// `If-None-Match` decides when it is there; `If-Modified-Since` only when it is not (RFC 9110 §13.2.2).
    fn is_unchanged(&self, headers: &HeaderMap, etag: &HeaderValue) -> bool {
        if headers.contains_key(header::IF_NONE_MATCH) {
            return etag.to_str().is_ok_and(|etag| is_unchanged(headers, etag));
        }
        let (Some(modified), Some(since)) =
            (&self.last_modified, headers.get(header::IF_MODIFIED_SINCE))
        else {
            return false;
        };
        let instant = |value: &HeaderValue| {
            let text = value.to_str().ok()?;
            chrono::DateTime::parse_from_rfc2822(text).ok()
        };
        matches!((instant(modified), instant(since)), (Some(modified), Some(since)) if modified <= since)
    }

    fn coded(&self, coding: Coding) -> &Coded {
        self.codings[coding as usize].get_or_init(|| {
            let etag = format!("\"{:x}{}\"", self.hash, coding.suffix());
            Coded {
                bytes: coding
                    .encode(&self.body, Effort::Quick)
                    .map_or_else(|| self.body.clone(), Bytes::from),
                etag: HeaderValue::from_str(&etag)
                    .unwrap_or_else(|_| HeaderValue::from_static("\"\"")),
            }
        })
    }

    /// A shared cache must not outlive the next scheduled change, and must not hand out what it had before it.
    fn cache_control(&self, now: Duration) -> HeaderValue {
        let Ages {
            shared,
            stale,
            usual,
        } = &self.ages;
        match self.ends_at.map(|ends_at| ends_at.saturating_sub(now)) {
            Some(left) if left < *shared + *stale => {
                let shared = left.min(*shared).as_secs();
                let stale = left.as_secs().saturating_sub(shared);
                cache_control(shared, stale).unwrap_or_else(|_| usual.clone())
            }
            _ => usual.clone(),
        }
    }
}

impl Ages {
    fn of(config: &Config) -> Result<Self, Problem> {
        let (shared, stale) = (config.shared_max_age, config.stale_while_revalidate);
        Ok(Self {
            shared,
            stale,
            usual: cache_control(shared.as_secs(), stale.as_secs())?,
        })
    }
}

fn cache_control(shared: u64, stale: u64) -> Result<HeaderValue, Problem> {
    header_value(format!(
        "public, max-age=0, s-maxage={shared}, stale-while-revalidate={stale}"
    ))
}

fn header_value(text: String) -> Result<HeaderValue, Problem> {
    HeaderValue::from_maybe_shared(Bytes::from(text)).map_err(|fault| {
        anyhow::Error::new(fault)
            .context("a header can't be written")
            .into()
    })
}
