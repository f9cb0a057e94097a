use actix_web::get;
use actix_web::web::Data;
use serde_json::Value;

use super::open::now_for_reading;
use crate::articles::dto::{EditedArticle, ListArticles, ListArticlesParams};
use crate::articles::model::{ArticleRow, ArticleSort, Owner};
use crate::articles::{queries, shown};
use crate::platform::Platform;
use crate::rest::page::{List, PagingParams};
use crate::rest::query::NoParams;
use crate::rest::reply::{Listed, Reply, to_value};
use crate::rest::{Author, Identity, Problem, Query, Segment};
use crate::types::{ArticleId, Role};

/// List articles
///
/// Articles and pages in every state, last changed first. Authors see their own. Lists leave the body out, unless
/// `include=body`.
#[utoipa::path(
    tag = "articles",
    params(ListArticlesParams, PagingParams),
    responses((status = 200, description = "A page of articles", body = List<EditedArticle>)),
)]
#[get("/articles")]
pub async fn list_articles(
    me: Author,
    platform: Data<Platform>,
    query: Query<ListArticles>,
) -> Result<Listed<Value>, Problem> {
    let now = now_for_reading(&platform);
    let paging = &query.0.paging.paging;
    let mut conn = platform.db.get().await?;
    let filter = query.0.filter_for(owner(me.0));
    let (rows, total) = queries::list(&mut conn, &filter, paging, now).await?;
    let (rows, pagination) = paging.page::<ArticleSort, _>(rows, total, ArticleRow::key);
    let ids: Vec<ArticleId> = rows.iter().map(|row| row.id).collect();
    let mut bodies = if query.0.shows_body() {
        queries::with_body(&conn, &ids).await?
    } else {
        Vec::new()
    };
    let rows = rows.into_iter().map(|row| {
        let place = bodies.iter().position(|(id, _)| *id == row.id);
        let body = place.map(|place| bodies.swap_remove(place).1);
        (row, body)
    });
    let articles = shown::assemble(&conn, rows.collect(), &platform.config, now).await?;
    let data = articles
        .iter()
        .map(|article| Ok(query.0.fields.keep(to_value(article)?)));
    Ok(Listed(List {
        data: data.collect::<Result<_, Problem>>()?,
        pagination,
    }))
}

/// Read an article
///
/// The working copy, with its body. An author can read their own.
#[utoipa::path(
    tag = "articles",
    params(("id" = ArticleId, Path, description = "The article's id")),
    responses((status = 200, description = "The article", body = EditedArticle)),
)]
#[get("/articles/{id}")]
pub async fn read_article(
    me: Author,
    platform: Data<Platform>,
    id: Segment<ArticleId>,
    _: Query<NoParams>,
) -> Result<Reply, Problem> {
    let conn = platform.db.get().await?;
    let row = queries::find(&conn, id.0)
        .await?
        .ok_or(Problem::NotFound("article"))?;
    let body = queries::with_body(&conn, &[id.0])
        .await?
        .pop()
        .map(|(_, body)| body);
    let version = row.version;
    let made_by_me = row.created_by == Some(me.0.user);
    let shown = shown::assemble(
        &conn,
        vec![(row, body)],
        &platform.config,
        now_for_reading(&platform),
    )
    .await?
    .pop();
    let article = shown.ok_or(Problem::NotFound("article"))?;
    let bears_my_name = article
        .authors
        .iter()
        .any(|author| author.id == me.0.author);
    if !made_by_me && !bears_my_name && !me.0.role.covers(Role::Editor) {
        return Err(Problem::NotFound("article"));
    }
    Reply::shown(version, &article)
}

/// Authors see their own articles, editors everyone's.
fn owner(who: Identity) -> Option<Owner> {
    (!who.role.covers(Role::Editor)).then_some(Owner {
        user: who.user,
        author: who.author,
    })
}
