//! An article taken up to be worked on.

use diesel_async::AsyncPgConnection;
use futures::try_join;

use super::content::{Content, Source};
use super::model::{ArticleRow, BodyRow};
use super::queries;
use crate::types::{ArticleId, Rendered};

/// An article with everything that is written of it, locked until the transaction ends.
pub struct Open {
    pub row: ArticleRow,
    pub body: BodyRow,
    pub content: Content,
}

/// Locks an article, whoever asks.
pub async fn load(
    conn: &mut AsyncPgConnection,
    id: ArticleId,
) -> diesel::QueryResult<Option<Open>> {
    let Some((row, body)) = queries::lock(conn, id).await? else {
        return Ok(None);
    };
    let ids = [id];
    let (tags, authors) = try_join!(
        queries::list_tags(conn, &ids),
        queries::list_authors(conn, &ids)
    )?;
    let content = Content {
        kind: row.kind,
        slug: row.slug.clone(),
        title: row.title.clone(),
        excerpt: row.excerpt.clone(),
        body: Source {
            format: body.body_format,
            source: body.body_source.clone(),
        },
        locale: row.locale.clone(),
        featured: row.featured,
        seo: row.seo.clone(),
        custom: row.custom.clone(),
        tags: tags.into_iter().map(|(_, tag)| tag.id).collect(),
        authors: authors.into_iter().map(|(_, author)| author.id).collect(),
    };
    Ok(Some(Open { row, body, content }))
}

impl Open {
    /// What is derived from the body as it stands.
    pub fn rendered(&self) -> Rendered {
        Rendered {
            html: self.body.body_html.clone(),
            text: self.body.body_text.clone(),
            toc: serde_json::from_value(self.row.toc.clone()).unwrap_or_default(),
            word_count: self.row.word_count,
            reading_time_minutes: self.row.reading_time_minutes,
        }
    }
}
