use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use chrono::{DateTime, Utc};

use super::answer::Answer;
use crate::rest::Problem;
use crate::types::ArticleId;

/// The header with a preview's token.
pub const PREVIEW: HeaderName = HeaderName::from_static("masthead-preview");

const ONE_ARTICLE_ALONE: Problem = Problem::Forbidden("this preview is for one article alone");

/// What the holder of a preview link may see. Put into a request by whoever recognised the token.
#[derive(Debug, Clone, Copy)]
pub struct Preview {
    pub as_of: DateTime<Utc>,
    /// `None`: the whole site.
    pub article: Option<ArticleId>,
}

impl Preview {
    /// The instant at which a request wants to see the whole site, unless that is now.
    pub fn of_site(request: &HttpRequest) -> Result<Option<DateTime<Utc>>, Problem> {
        match request.extensions().get::<Self>() {
            Some(preview) if preview.article.is_some() => Err(ONE_ARTICLE_ALONE),
            preview => Ok(preview.map(|preview| preview.as_of)),
        }
    }

    /// Refuses what is not about the article that the preview is for. An answer about one thing names that thing first
    /// among its cache tags.
    pub fn allows(&self, answer: &Answer) -> Result<(), Problem> {
        let Some(article) = self.article else {
            return Ok(());
        };
        let subject = answer.cache_tags.as_slice().first();
        if subject.is_some_and(|tag| *tag == format!("article:{article}")) {
            Ok(())
        } else {
            Err(ONE_ARTICLE_ALONE)
        }
    }
}

/// Makes an answer one for its holder alone.
pub fn for_holder_alone(mut response: HttpResponse) -> HttpResponse {
    let headers = response.headers_mut();
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("private, no-store"),
    );
    headers.insert(
        HeaderName::from_static("x-robots-tag"),
        HeaderValue::from_static("noindex"),
    );
    response
}
