use actix_web::web::Data;
use actix_web::{CustomizeResponder, Responder, patch, post};
use diesel_async::{AsyncConnection, AsyncPgConnection};

use super::open::{open, reply, stale};
use crate::articles::content::{Content, ContentPatch, Kind, Source};
use crate::articles::drafting::{self, Change, NewArticle, SlugChoice};
use crate::articles::dto::{CreateArticle, EditedArticle, UpdateArticle, UpdateParams};
use crate::articles::opened::Open;
use crate::articles::references::{resolve_authors, resolve_tags};
use crate::platform::Platform;
use crate::rest::body::Referring;
use crate::rest::conditional::{IfMatch, RequiredIfMatchHeader};
use crate::rest::idempotency::{Idempotency, IdempotencyKeyHeader};
use crate::rest::problem::ValueFault;
use crate::rest::query::NoParams;
use crate::rest::reply::Reply;
use crate::rest::{Author, Body, Identity, Problem, Query, Segment};
use crate::tags::references;
use crate::types::{ArticleId, BodyFormat, Patch, Rendered, Seo, Slug};

/// Create an article
///
/// Makes a draft, its first revision. The slug is made from the title unless you give one; one that you give and that is
/// taken is a conflict. Markdown and HTML are sanitised for readers.
#[utoipa::path(
    tag = "articles",
    params(IdempotencyKeyHeader),
    request_body = CreateArticle,
    responses((status = 201, description = "The new draft", body = EditedArticle)),
)]
#[post("/articles")]
pub async fn create_article(
    me: Author,
    platform: Data<Platform>,
    idempotency: Idempotency,
    _: Query<NoParams>,
    body: Referring<CreateArticle>,
) -> Result<Reply, Problem> {
    let Body {
        value: input,
        fingerprint,
    } = references::settle(&platform.db, body).await?;
    let now = platform.clock.now();
    let source = input.body.clone().unwrap_or(Source {
        format: BodyFormat::Markdown,
        source: String::new(),
    });
    let rendered = drafting::rendered(&source).await;
    let mut conn = platform.db.get().await?;
    conn.transaction(async |tx| {
        if let Some(reply) = idempotency.replay(tx, &fingerprint, now).await? {
            return Ok(reply);
        }
        let new = new_article(tx, input, source, rendered, me.0).await?;
        let saved = drafting::create(tx, new).await?;
        let location = platform
            .config
            .api_url(&format!("/api/v1/editor/articles/{}", saved.id));
        let reply = reply(tx, saved.id, &platform).await?.created_at(location);
        idempotency.keep(tx, &fingerprint, now, &reply).await?;
        Ok(reply)
    })
    .await
}

/// Change an article
///
/// A JSON merge patch of the working copy; every change is a revision. Readers see it at the next `publish`. Needs
/// `If-Match`: when somebody has saved since you read, the answer is 412 and tells, per member, who changed what.
#[utoipa::path(
    tag = "articles",
    params(("id" = ArticleId, Path, description = "The article's id"), RequiredIfMatchHeader, UpdateParams),
    request_body = UpdateArticle,
    responses(
        (status = 200, description = "The article, changed", body = EditedArticle),
        (status = 428, description = "`If-Match` is missing"),
    ),
)]
#[patch("/articles/{id}")]
pub async fn update_article(
    me: Author,
    platform: Data<Platform>,
    id: Segment<ArticleId>,
    if_match: IfMatch,
    query: Query<UpdateParams>,
    body: Referring<UpdateArticle>,
) -> Result<CustomizeResponder<Reply>, Problem> {
    let if_match = if_match.required()?;
    let body = references::settle(&platform.db, body).await?;
    let mut conn = platform.db.get().await?;
    conn.transaction(async |tx| {
        let open = open(tx, id.0, me.0).await?.not_trashed()?;
        let patch = resolved(tx, body.value).await?;
        let merged = if if_match.allows(open.row.version) {
            Merged {
                content: over(patch, open.content.clone())?,
                clashes: String::new(),
            }
        } else {
            let differences = open.differences(tx, &if_match, Some(patch)).await?;
            let merged = differences
                .as_ref()
                .filter(|_| query.0.merge.is_some())
                .and_then(|differences| {
                    let content =
                        serde_json::from_value(differences.merged(&open.content.snapshot())?)
                            .ok()?;
                    Some(Merged {
                        content,
                        clashes: differences.clashes().collect::<Vec<_>>().join(", "),
                    })
                });
            match merged {
                Some(merged) => merged,
                None => return Err(stale(tx, &open, differences.as_ref(), &platform).await?),
            }
        };
        save(tx, &open, &merged.content, me.0).await?;
        let answer = reply(tx, id.0, &platform).await?.customize();
        let has_clashes = !merged.clashes.is_empty();
        Ok(if has_clashes {
            answer.insert_header(("Masthead-Merge-Conflicts", merged.clashes))
        } else {
            answer
        })
    })
    .await
}

/// What a patch makes of an article, and the members that it had to leave.
struct Merged {
    content: Content,
    clashes: String,
}

/// Saves, unless nothing has changed: an editor that saves by itself must not fill the history.
async fn save(
    conn: &mut AsyncPgConnection,
    open: &Open,
    after: &Content,
    who: Identity,
) -> Result<(), Problem> {
    if *after == open.content {
        return Ok(());
    }
    let rendered = if after.body == open.content.body {
        open.rendered()
    } else {
        drafting::rendered(&after.body).await?
    };
    let change = Change {
        before: &open.content,
        after,
        rendered,
        revision: open.row.revision + 1,
        by: Some(who.user),
    };
    drafting::save(conn, open.row.id, change).await?;
    Ok(())
}

async fn new_article(
    conn: &mut AsyncPgConnection,
    input: CreateArticle,
    body: Source,
    rendered: Result<Rendered, Problem>,
    who: Identity,
) -> Result<NewArticle, Problem> {
    let (rendered, mut faults) = match rendered {
        Ok(rendered) => (Some(rendered), Vec::new()),
        Err(Problem::Invalid(faults)) => (None, faults),
        Err(problem) => return Err(problem),
    };
    let tags = resolve_tags(conn, &input.tags.unwrap_or_default(), &mut faults).await?;
    let mut authors =
        resolve_authors(conn, &input.authors.unwrap_or_default(), &mut faults).await?;
    let Some(rendered) = rendered.filter(|_| faults.is_empty()) else {
        return Err(Problem::Invalid(faults));
    };
    if authors.is_empty() {
        authors.push(who.author);
    }
    let made = Slug::from_title(input.title.as_str(), "article");
    let slug = input
        .slug
        .map_or(SlugChoice::Like(made.clone()), SlugChoice::Exactly);
    let content = Content {
        kind: input.kind.unwrap_or(Kind::Article),
        slug: made,
        title: input.title,
        excerpt: input.excerpt,
        body,
        locale: input.locale.unwrap_or_default(),
        featured: input.featured.unwrap_or(false),
        seo: input
            .seo
            .map_or_else(Seo::default, |seo| seo.over(Seo::default())),
        custom: input.custom.unwrap_or_default(),
        tags,
        authors,
    };
    Ok(NewArticle {
        content,
        slug,
        rendered,
        by: Some(who.user),
        created_at: None,
    })
}

async fn resolved(
    conn: &mut AsyncPgConnection,
    input: UpdateArticle,
) -> Result<ContentPatch, Problem> {
    let mut faults = Vec::new();
    let tags = match &input.tags {
        Patch::Keep => None,
        Patch::Clear => Some(Vec::new()),
        Patch::Set(tags) => Some(resolve_tags(conn, tags, &mut faults).await?),
    };
    let authors = match &input.authors {
        None => None,
        Some(authors) => Some(resolve_authors(conn, authors, &mut faults).await?),
    };
    if faults.is_empty() {
        Ok(input.resolved(tags, authors))
    } else {
        Err(Problem::Invalid(faults))
    }
}

fn over(patch: ContentPatch, content: Content) -> Result<Content, Problem> {
    patch
        .over(content)
        .map_err(|fault| Problem::Invalid(vec![ValueFault::at("/custom", fault)]))
}
