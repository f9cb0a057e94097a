use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::{Array, Uuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::types::{ArticleId, AuthorId, TagId};

/// Links an article to things in their order. One statement for any number of them: with a row of values for each, it would
/// be another statement for each number, and prepared anew every time.
struct InOrder {
    insert: &'static str,
    article: uuid::Uuid,
    linked: Vec<uuid::Uuid>,
}

impl QueryFragment<Pg> for InOrder {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(self.insert);
        out.push_sql(" select ");
        out.push_bind_param::<Uuid, _>(&self.article)?;
        out.push_sql(", linked, place - 1 from unnest(");
        out.push_bind_param::<Array<Uuid>, _>(&self.linked)?;
        out.push_sql(") with ordinality as in_order (linked, place)");
        Ok(())
    }
}

impl QueryId for InOrder {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

/// Puts tags on an article that has none.
pub async fn insert_tags(
    conn: &AsyncPgConnection,
    id: ArticleId,
    tags: &[TagId],
) -> QueryResult<()> {
    if tags.is_empty() {
        return Ok(());
    }
    let links = InOrder {
        insert: "insert into article_tags (article_id, tag_id, position)",
        article: id.as_uuid(),
        linked: tags.iter().map(|tag| tag.as_uuid()).collect(),
    };
    links.execute(&mut &*conn).await.map(|_| ())
}

/// Puts a byline on an article that has none.
pub async fn insert_authors(
    conn: &AsyncPgConnection,
    id: ArticleId,
    authors: &[AuthorId],
) -> QueryResult<()> {
    let links = InOrder {
        insert: "insert into article_authors (article_id, author_id, position)",
        article: id.as_uuid(),
        linked: authors.iter().map(|author| author.as_uuid()).collect(),
    };
    links.execute(&mut &*conn).await.map(|_| ())
}
