//! Everything that is published at one instant, one article after the other.

use std::sync::Arc;

use diesel::result::QueryResult;
use diesel_async::AsyncPgConnection;
use futures::StreamExt;

use super::dto::{Around, Article};
use super::filter::{PublishedKind, SeveralPublishedKind};
use super::queries::{self, Kinds};
use crate::platform::clock::Moment;
use crate::platform::config::Config;
use crate::rest::query::from_query;

/// How many articles' tags and bylines are read together.
const BATCH: i64 = 250;

/// Which articles an export is about.
pub struct ExportFilter {
    kind: Vec<PublishedKind>,
}
from_query!(ExportFilter { many kind });

/// The parameters of an export, for the OpenAPI document.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes parameters; `ExportFilter` reads them")]
pub struct ExportParams {
    /// Only articles, or only pages; both by default.
    #[param(value_type = Option<SeveralPublishedKind>, inline, style = Form, explode = false)]
    kind: Option<String>,
}

/// How far an export has come. The connection must show one snapshot all the time.
pub struct Export {
    kinds: Kinds,
    at: Moment,
    config: Arc<Config>,
    last: i64,
}

impl Export {
    /// Begins.
    pub fn new(filter: &ExportFilter, at: Moment, config: Arc<Config>) -> Self {
        let kinds = if filter.kind.is_empty() {
            Kinds::Both
        } else {
            Kinds::of(&filter.kind)
        };
        Self {
            kinds,
            at,
            config,
            last: 0,
        }
    }

    /// Hands the next articles to `take`, one by one; says whether there were any.
    pub async fn next<E: From<diesel::result::Error>>(
        &mut self,
        conn: &mut AsyncPgConnection,
        mut take: impl AsyncFnMut(Article) -> Result<(), E>,
    ) -> Result<Progress, E> {
        let numbers = self.numbers(conn).await?;
        let Some(last) = numbers.last() else {
            return Ok(Progress::Finished);
        };
        self.last = *last;
        let around = Around::of(queries::around(conn, &numbers).await?);
        let mut articles = std::pin::pin!(queries::each_of(conn, &numbers).await?);
        while let Some(article) = articles.next().await {
            take(around.article(article?, &self.config)).await?;
        }
        Ok(Progress::GoesOn)
    }

    async fn numbers(&self, conn: &AsyncPgConnection) -> QueryResult<Vec<i64>> {
        queries::numbers_after(conn, self.kinds, self.last, BATCH, self.at).await
    }
}

/// Whether an export has come to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    GoesOn,
    Finished,
}
