use actix_web::web::Data;
use actix_web::{delete, get, patch, post};
use diesel_async::{AsyncConnection, AsyncPgConnection};

use super::dto::{CreateTag, ListTags, ListTagsParams, Tag, UpdateTag};
use super::model::{TagRow, TagSort, TagWithParent, WritableTag};
use super::{events, queries, references};
use crate::platform::Platform;
use crate::platform::clock::Moment;
use crate::platform::token::random_bytes;
use crate::rest::body::{NoBody, Referring};
use crate::rest::conditional::{IfMatch, IfMatchHeader};
use crate::rest::idempotency::{Idempotency, IdempotencyKeyHeader};
use crate::rest::page::{List, PagingParams};
use crate::rest::problem::ValueFault;
use crate::rest::query::NoParams;
use crate::rest::reply::{Listed, NoContent, Reply};
use crate::rest::{Body, Editor, Problem, Query, Segment};
use crate::types::{Patch, Reference, Slug, TagId};

/// List tags
///
/// All tags, by name unless sorted otherwise.
#[utoipa::path(tag = "tags", params(ListTagsParams, PagingParams), responses((status = 200, description = "A page of tags", body = List<Tag>)))]
#[get("/tags")]
pub async fn list_tags(
    _: Editor,
    platform: Data<Platform>,
    query: Query<ListTags>,
) -> Result<Listed<Tag>, Problem> {
    let conn = platform.db.get().await?;
    let paging = &query.0.paging.paging;
    let (rows, total) =
        queries::list(&conn, &query.0.filter(), paging, platform.clock.moment()).await?;
    let (rows, pagination) = paging.page::<TagSort, _>(rows, total, TagWithParent::key);
    let data = rows.into_iter().map(Tag::from).collect();
    Ok(Listed(List { data, pagination }))
}

/// Create a tag
///
/// The slug is made from the name unless you give one. A slug that you give and that is taken is a conflict; a made one
/// gets a number, unless it is a tag of the same name that has it.
#[utoipa::path(tag = "tags", params(IdempotencyKeyHeader), request_body = CreateTag, responses((status = 201, description = "The new tag", body = Tag)))]
#[post("/tags")]
pub async fn create_tag(
    editor: Editor,
    platform: Data<Platform>,
    idempotency: Idempotency,
    _: Query<NoParams>,
    body: Referring<CreateTag>,
) -> Result<Reply, Problem> {
    let Body {
        value: input,
        fingerprint,
    } = references::settle(&platform.db, body).await?;
    let now = platform.clock.now();
    let mut conn = platform.db.get().await?;
    conn.transaction(async |tx| {
        if let Some(reply) = idempotency.replay(tx, &fingerprint, now).await? {
            return Ok(reply);
        }
        let parent_id = resolve_parent(tx, input.parent.as_ref()).await?;
        let made = Slug::from_title(input.name.as_str(), "tag");
        let tag = WritableTag {
            slug: input.slug.clone().unwrap_or(made),
            name: input.name.as_str().to_owned(),
            description: input.description.map(|text| text.as_str().to_owned()),
            parent_id,
        };
        let row = match input.slug {
            Some(_) => queries::insert(tx, TagId::mint(), &tag)
                .await
                .map_err(slug_taken().on_violation_of("tags_slug_key"))?,
            None => insert_under_free_slug(tx, tag).await?,
        };
        let change = (None, Some(&row));
        events::record(tx, Some(editor.0.user), "tag.created", change, &[]).await?;
        let location = platform
            .config
            .api_url(&format!("/api/v1/editor/tags/{}", row.id));
        let reply = shown(tx, row.id, platform.clock.moment())
            .await?
            .created_at(location);
        idempotency.keep(tx, &fingerprint, now, &reply).await?;
        Ok(reply)
    })
    .await
}

/// Read a tag
///
/// One tag by its id.
#[utoipa::path(tag = "tags", params(("id" = TagId, Path, description = "The tag's id")), responses((status = 200, description = "The tag", body = Tag)))]
#[get("/tags/{id}")]
pub async fn read_tag(
    _: Editor,
    platform: Data<Platform>,
    id: Segment<TagId>,
    _: Query<NoParams>,
) -> Result<Reply, Problem> {
    let mut conn = platform.db.get().await?;
    shown(&mut conn, id.0, platform.clock.moment()).await
}

/// Change a tag
///
/// A JSON merge patch. `If-Match` is optional, and honoured when sent. Changing the slug changes the tag's address.
#[utoipa::path(tag = "tags", params(("id" = TagId, Path, description = "The tag's id"), IfMatchHeader), request_body = UpdateTag, responses((status = 200, description = "The tag, changed", body = Tag)))]
#[patch("/tags/{id}")]
pub async fn update_tag(
    editor: Editor,
    platform: Data<Platform>,
    id: Segment<TagId>,
    if_match: IfMatch,
    _: Query<NoParams>,
    body: Referring<UpdateTag>,
) -> Result<Reply, Problem> {
    let body = references::settle(&platform.db, body).await?;
    let moment = platform.clock.moment();
    let mut conn = platform.db.get().await?;
    conn.transaction(async |tx| {
        let old = lock(tx, id.0, &if_match, moment).await?;
        let new = patched(tx, &old, body.value).await?;
        let row =
            queries::update(tx, old.id, &new)
                .await
                .map_err(|error| match constraint(&error) {
                    Some("tags_slug_key") => slug_taken(),
                    Some("tags_parent_is_another" | "tags_parent_is_no_descendant") => {
                        Problem::invalid(
                            "/parent",
                            "below_itself",
                            "a tag can't stand below itself",
                        )
                    }
                    _ => error.into(),
                })?;
        let below = queries::list_below(tx, row.id).await?;
        let change = (Some(&old), Some(&row));
        events::record(tx, Some(editor.0.user), "tag.updated", change, &below).await?;
        shown(tx, row.id, moment).await
    })
    .await
}

/// Delete a tag
///
/// Takes it off every article and every subscriber that has it; tags below it move to the top.
#[utoipa::path(tag = "tags", params(("id" = TagId, Path, description = "The tag's id"), IfMatchHeader), responses((status = 204, description = "The tag is gone")))]
#[delete("/tags/{id}")]
pub async fn delete_tag(
    editor: Editor,
    platform: Data<Platform>,
    id: Segment<TagId>,
    if_match: IfMatch,
    _: Query<NoParams>,
    _: NoBody,
) -> Result<NoContent, Problem> {
    let mut conn = platform.db.get().await?;
    conn.transaction(async |tx| {
        let old = lock(tx, id.0, &if_match, platform.clock.moment()).await?;
        let below = queries::list_below(tx, old.id).await?;
        queries::delete(tx, old.id).await?;
        let change = (Some(&old), None);
        events::record(tx, Some(editor.0.user), "tag.deleted", change, &below).await?;
        Ok(NoContent)
    })
    .await
}

fn slug_taken() -> Problem {
    Problem::conflict("slug_taken", "another tag has this slug")
}

/// Inserts a tag under the first free slug like the one it has. A tag of the same name is no other tag.
async fn insert_under_free_slug(
    conn: &mut AsyncPgConnection,
    mut tag: WritableTag,
) -> Result<TagRow, Problem> {
    let drawn = u32::from_be_bytes(random_bytes()?);
    for candidate in tag.slug.clone().candidates(drawn) {
        tag.slug = candidate;
        let (row, is_new) = queries::insert_unless_there(conn, &tag).await?;
        if is_new {
            return Ok(row);
        }
        if row.name.to_lowercase() == tag.name.to_lowercase() {
            return Err(Problem::conflict(
                "slug_taken",
                "there is a tag of this name; give yours a slug if it is another",
            ));
        }
    }
    Err(slug_taken())
}

fn constraint(error: &diesel::result::Error) -> Option<&str> {
    match error {
        diesel::result::Error::DatabaseError(_, details) => details.constraint_name(),
        _ => None,
    }
}

async fn lock(
    conn: &mut AsyncPgConnection,
    id: TagId,
    if_match: &IfMatch,
    now: Moment,
) -> Result<TagRow, Problem> {
    let row = queries::lock(conn, id)
        .await?
        .ok_or(Problem::NotFound("tag"))?;
    if !if_match.allows(row.version) {
        let etag = shown(conn, id, now).await?.etag.unwrap_or_default();
        return Err(Problem::Stale {
            etag,
            changes: serde_json::Value::Null,
        });
    }
    Ok(row)
}

async fn patched(
    conn: &mut AsyncPgConnection,
    old: &TagRow,
    patch: UpdateTag,
) -> Result<WritableTag, Problem> {
    let name = patch
        .name
        .map_or_else(|| old.name.clone(), |name| name.as_str().to_owned());
    let slug = patch.slug.unwrap_or_else(|| old.slug.clone());
    let description = patch
        .description
        .map(|text| text.as_str().to_owned())
        .over(old.description.clone());
    let parent_id = match patch.parent {
        Patch::Keep => old.parent_id,
        Patch::Clear => None,
        Patch::Set(parent) => resolve_parent(conn, Some(&parent)).await?,
    };
    Ok(WritableTag {
        slug,
        name,
        description,
        parent_id,
    })
}

async fn resolve_parent(
    conn: &mut AsyncPgConnection,
    parent: Option<&Reference<TagId>>,
) -> Result<Option<TagId>, Problem> {
    let Some(reference) = parent else {
        return Ok(None);
    };
    let found = queries::resolve(conn, std::slice::from_ref(reference))
        .await?
        .pop()
        .flatten();
    let unknown = || vec![ValueFault::at("/parent", references::unknown_tag())];
    let parent = found.ok_or_else(|| Problem::Invalid(unknown()))?;
    Ok(Some(parent.id))
}

async fn shown(conn: &mut AsyncPgConnection, id: TagId, now: Moment) -> Result<Reply, Problem> {
    let row = queries::find(conn, &Reference::Id(id), now)
        .await?
        .ok_or(Problem::NotFound("tag"))?;
    Reply::shown(row.tag.version, &Tag::from(row))
}
