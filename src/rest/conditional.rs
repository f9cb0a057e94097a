//! Entity tags and conditional requests (RFC 9110 §13).

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::{self, HeaderMap};
use actix_web::{FromRequest, HttpRequest};
use xxhash_rust::xxh3::xxh3_128;

use super::problem::Problem;

/// The entity tag of an editor resource: its version, for `If-Match`, and a hash of what is shown, for `If-None-Match`. A
/// renamed tag changes how an article looks, but is no save of the article.
pub fn entity_tag(version: i64, body: &[u8]) -> String {
    format!("\"{version}-{:x}\"", xxh3_128(body))
}

/// The entity tag of an answer without a version, such as a list.
pub fn content_tag(body: &[u8]) -> String {
    format!("\"{:x}\"", xxh3_128(body))
}

/// Whether `If-None-Match` names this tag: compared weakly, as a read should be.
pub fn is_unchanged(headers: &HeaderMap, etag: &str) -> bool {
    headers
        .get_all(header::IF_NONE_MATCH)
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag)
}

/// What `If-Match` asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IfMatch {
    /// The header is not there.
    Absent,
    /// `*`: overwrite whatever is there.
    Any,
    /// Only if one of these versions is current. What is no tag of ours stands for none.
    Versions(Vec<i64>),
}

impl IfMatch {
    fn read(headers: &HeaderMap) -> Self {
        let values: Vec<&str> = headers
            .get_all(header::IF_MATCH)
            .map(|value| value.to_str().unwrap_or_default())
            .collect();
        if values.is_empty() {
            return Self::Absent;
        }
        let tags = || {
            values
                .iter()
                .flat_map(|value| value.split(','))
                .map(str::trim)
        };
        if tags().any(|tag| tag == "*") {
            return Self::Any;
        }
        // Weak tags never match here: If-Match compares strongly.
        Self::Versions(
            tags()
                .filter_map(|tag| tag.strip_prefix('"')?.split_once('-')?.0.parse().ok())
                .collect(),
        )
    }

    /// For resources that may not be changed unseen: 428 unless the header is there.
    pub fn required(self) -> Result<Self, Problem> {
        if self == Self::Absent {
            Err(Problem::PreconditionRequired)
        } else {
            Ok(self)
        }
    }

    /// Whether a change of a resource at `version` may go on.
    pub fn allows(&self, version: i64) -> bool {
        match self {
            Self::Absent | Self::Any => true,
            Self::Versions(versions) => versions.contains(&version),
        }
    }
}

impl FromRequest for IfMatch {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self::read(request.headers())))
    }
}

/// The header `If-Match`, for the OpenAPI document.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "describes a header; `IfMatch` reads it")]
pub struct IfMatchHeader {
    /// The `ETag` you read: the change is made only if nobody else has made one since. `*` overwrites whatever is there.
    #[param(rename = "If-Match", min_length = 1, example = "*")]
    if_match: Option<String>,
}

/// The header `If-Match` where it has to be there, for the OpenAPI document.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "describes a header; `IfMatch` reads it")]
pub struct RequiredIfMatchHeader {
    /// The `ETag` you read: the change is made only if nobody else has made one since. `*` overwrites whatever is there.
    /// Without it the answer is 428.
    #[param(rename = "If-Match", min_length = 1, example = "*")]
    if_match: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::header::HeaderValue;

    fn headers(name: header::HeaderName, value: &'static str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(name, HeaderValue::from_static(value));
        headers
    }

    #[test]
    fn if_match_compares_versions_alone() {
        let tag = entity_tag(7, b"shown");
        assert!(tag.starts_with("\"7-"));
        assert_eq!(
            IfMatch::read(&headers(header::IF_MATCH, "\"7-abc\", \"9-def\"")),
            IfMatch::Versions(vec![7, 9])
        );
        assert_eq!(IfMatch::read(&headers(header::IF_MATCH, "*")), IfMatch::Any);
        assert_eq!(IfMatch::read(&HeaderMap::new()), IfMatch::Absent);
    }

    #[test]
    fn weak_and_foreign_tags_never_match_a_change() {
        for value in ["W/\"7-abc\"", "\"elsewhere\"", "7-abc", "nonsense"] {
            assert!(
                !IfMatch::read(&headers(header::IF_MATCH, value)).allows(7),
                "{value} matched"
            );
        }
    }

    #[test]
    fn a_read_is_unchanged_by_any_listed_tag() {
        for value in ["\"a\"", "\"b\", W/\"a\"", "*"] {
            assert!(
                is_unchanged(&headers(header::IF_NONE_MATCH, value), "\"a\""),
                "{value}"
            );
        }
        assert!(!is_unchanged(
            &headers(header::IF_NONE_MATCH, "\"b\""),
            "\"a\""
        ));
    }
}
