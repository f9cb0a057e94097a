use std::time::Duration;

use actix_web::http::header::HeaderValue;
use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::platform::epoch::Position;
use crate::rest::Problem;
use crate::rest::reply::to_json;

/// What the database said of itself while it was read.
#[derive(Debug, Clone, Copy)]
pub struct Seen {
    /// The newest change that the reading can show. Asked for after everything else.
    pub position: Position,
    pub now: DateTime<Utc>,
    /// When something that readers see changes by itself: a story goes live, or ends.
    pub next_change: Option<DateTime<Utc>>,
}

impl Seen {
    /// When what was read ends by itself, on the same clock as `read_at`, which is when reading began.
    pub fn ends_at(&self, read_at: Duration) -> Option<Duration> {
        self.next_change
            .map(|at| read_at + (at - self.now).to_std().unwrap_or_default())
    }
}

/// What was read in one round trip.
#[derive(Debug)]
pub struct Read<T> {
    pub found: T,
    pub seen: Seen,
}

/// What readers are answered with, before it is known how the client wants it.
pub struct Answer {
    pub body: Vec<u8>,
    pub content_type: HeaderValue,
    /// Name everything that the answer shows.
    pub cache_tags: Vec<String>,
    pub link: Option<String>,
    /// Set where the thing is at another address.
    pub moved_to: Option<String>,
    pub last_modified: Option<DateTime<Utc>>,
}

impl Answer {
    /// An answer of this type.
    pub fn of_type(content_type: &'static str, body: Vec<u8>, cache_tags: Vec<String>) -> Self {
        Self {
            body,
            content_type: HeaderValue::from_static(content_type),
            cache_tags,
            link: None,
            moved_to: None,
            last_modified: None,
        }
    }

    /// Content as JSON.
    pub fn json<T: Serialize>(content: &T, cache_tags: Vec<String>) -> Result<Self, Problem> {
        Ok(Self::of_type(
            "application/json",
            to_json(content)?,
            cache_tags,
        ))
    }

    /// The way to where the thing is now (301).
    pub fn moved(location: String, cache_tags: Vec<String>) -> Self {
        Self {
            moved_to: Some(location),
            ..Self::of_type("application/json", Vec::new(), cache_tags)
        }
    }

    /// Writes every `<` of a JSON body as `\u003c`, which means the same: no part of it can end the script element that it
    /// is pasted into, or begin a comment there.
    pub fn safe_in_scripts(mut self) -> Self {
        let mut pieces = self.body.split(|byte| *byte == b'<');
        let mut body = pieces.next().unwrap_or_default().to_vec();
        for piece in pieces {
            body.extend_from_slice(b"\\u003c");
            body.extend_from_slice(piece);
        }
        self.body = body;
        self
    }

    /// Adds the `Link` header.
    pub fn with_links(self, links: String) -> Self {
        Self {
            link: Some(links),
            ..self
        }
    }
}
