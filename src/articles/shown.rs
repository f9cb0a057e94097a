//! Putting an article together from its rows: what editors are shown.

use chrono::{DateTime, Utc};
use diesel_async::AsyncPgConnection;
use futures::try_join;

use super::content::Source;
use super::dto::{EditedArticle, Person};
use super::model::{ArticleRow, BodyRow, LiveRow};
use super::publishing::pending;
use super::queries;
use super::state::ArticleStatus;
use crate::authors::{AuthorRow, AuthorSummary};
use crate::platform::config::Config;
use crate::tags::{TagRow, TagSummary};
use crate::types::{ArticleId, AuthorId, UserId};

/// Puts articles together, in the order given. The statements are as many for a page as for one, and
/// go down the connection together.
pub async fn assemble(
    conn: &AsyncPgConnection,
    rows: Vec<(ArticleRow, Option<BodyRow>)>,
    config: &Config,
    now: DateTime<Utc>,
) -> diesel::QueryResult<Vec<EditedArticle>> {
    let ids: Vec<ArticleId> = rows.iter().map(|(row, _)| row.id).collect();
    let people: Vec<UserId> = rows
        .iter()
        .flat_map(|(row, _)| [row.created_by, row.updated_by])
        .flatten()
        .collect();
    let (tags, authors, live, names) = try_join!(
        queries::list_tags(conn, &ids),
        queries::list_authors(conn, &ids),
        queries::list_live(conn, &ids),
        queries::list_names(conn, &people),
    )?;
    let around = Around {
        tags,
        authors,
        live,
        names,
    };
    Ok(rows
        .into_iter()
        .map(|(row, body)| around.shown(row, body, config, now))
        .collect())
}

/// What stands around the articles of one page.
struct Around {
    tags: Vec<(ArticleId, TagRow)>,
    authors: Vec<(ArticleId, AuthorRow)>,
    live: Vec<LiveRow>,
    names: Vec<(UserId, AuthorId, String)>,
}

impl Around {
    fn person(&self, id: Option<UserId>) -> Option<Person> {
        let id = id?;
        self.names
            .iter()
            .find(|(user, ..)| *user == id)
            .map(|(_, _, name)| Person {
                id,
                name: name.clone(),
            })
    }

    fn shown(
        &self,
        row: ArticleRow,
        body: Option<BodyRow>,
        config: &Config,
        now: DateTime<Utc>,
    ) -> EditedArticle {
        let live: Vec<LiveRow> = self
            .live
            .iter()
            .filter(|live| live.article_id == row.id)
            .cloned()
            .collect();
        let status = row.status(now);
        let is_out = matches!(status, ArticleStatus::Published | ArticleStatus::Scheduled);
        let tags = self
            .tags
            .iter()
            .filter(|(id, _)| *id == row.id)
            .map(|(_, tag)| TagSummary::from(tag));
        let authors = self
            .authors
            .iter()
            .filter(|(id, _)| *id == row.id)
            .map(|(_, author)| AuthorSummary::from(author));
        EditedArticle {
            url: config.url_of(row.slug.as_str(), row.locale.as_str()),
            status,
            published_at: row.published_at(now),
            published_revision: live
                .iter()
                .find(|live| live.is_live(now))
                .map(|live| live.revision),
            has_unpublished_changes: is_out
                && row
                    .published_revision
                    .is_some_and(|published| published < row.revision),
            publish_at: pending(&live, now),
            unpublish_at: row.live_until.filter(|until| *until > now),
            authors: authors.collect(),
            tags: tags.collect(),
            created_by: self.person(row.created_by),
            updated_by: self.person(row.updated_by),
            body_html: body.as_ref().map(|body| body.body_html.clone()),
            body: body.map(|body| Source {
                format: body.body_format,
                source: body.body_source,
            }),
            id: row.id,
            kind: row.kind,
            slug: row.slug,
            title: row.title,
            excerpt: row.excerpt,
            toc: row.toc,
            locale: row.locale,
            translations: [],
            featured: row.featured,
            cover: None,
            seo: row.seo,
            custom: row.custom,
            word_count: row.word_count,
            reading_time_minutes: row.reading_time_minutes,
            updated_at: row.updated_at,
            revision: row.revision,
            created_at: row.created_at,
            trashed_at: row.trashed_at,
        }
    }
}
