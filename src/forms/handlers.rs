use actix_web::web::Data;
use actix_web::{delete, get, patch, post};
use diesel_async::{AsyncConnection, AsyncPgConnection};

use super::dto::{
    CreateForm, Form, FormVersion, ListForms, ListFormsParams, ListVersions, ListVersionsParams,
    UpdateForm,
};
use super::model::{FormSort, VersionRow, VersionSort, WholeForm};
use super::values::FormReference;
use super::{events, queries, writing};
use crate::platform::Platform;
use crate::rest::body::{NoBody, Referring, read_members};
use crate::rest::conditional::{IfMatch, IfMatchHeader};
use crate::rest::idempotency::{Idempotency, IdempotencyKeyHeader};
use crate::rest::page::{List, PagingParams};
use crate::rest::query::NoParams;
use crate::rest::reply::{Listed, NoContent, Reply};
use crate::rest::{Body, Editor, Problem, Query, Segment};
use crate::tags::references;
use crate::types::FormId;

/// List forms
///
/// All forms, by name unless sorted otherwise.
#[utoipa::path(tag = "forms", params(ListFormsParams, PagingParams), responses((status = 200, description = "A page of forms", body = List<Form>)))]
#[get("/forms")]
pub async fn list_forms(
    _: Editor,
    platform: Data<Platform>,
    query: Query<ListForms>,
) -> Result<Listed<Form>, Problem> {
    let conn = platform.db.get().await?;
    let paging = &query.0.paging.paging;
    let (rows, total) = queries::list(&conn, query.0.filter(), paging).await?;
    let (rows, pagination) = paging.page::<FormSort, _>(rows, total, WholeForm::key);
    let data = rows.into_iter().map(Form::of).collect::<Result<_, _>>()?;
    Ok(Listed(List { data, pagination }))
}

/// Create a form
///
/// `key`, `name` and `display` are enough: all else has a default. The key is what placeholders in texts name, and may be
/// the number that a form had elsewhere.
#[utoipa::path(tag = "forms", params(IdempotencyKeyHeader), request_body = super::dto::DescribedCreateForm, responses((status = 201, description = "The new form", body = Form)))]
#[post("/forms")]
pub async fn create_form(
    editor: Editor,
    platform: Data<Platform>,
    idempotency: Idempotency,
    _: Query<NoParams>,
    body: Referring<CreateForm>,
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
        let form = writing::create(tx, FormId::mint(), input, Some(editor.0.user)).await?;
        let path = format!("/api/v1/editor/forms/{}", form.row.id);
        let reply = shown(form)?.created_at(platform.config.api_url(&path));
        idempotency.keep(tx, &fingerprint, now, &reply).await?;
        Ok(reply)
    })
    .await
}

/// Read a form
///
/// One form by its id or its key.
#[utoipa::path(tag = "forms", params(("id" = String, Path, description = "The form's id or key", example = "314")), responses((status = 200, description = "The form", body = Form)))]
#[get("/forms/{id}")]
pub async fn read_form(
    _: Editor,
    platform: Data<Platform>,
    id: Segment<FormReference>,
    _: Query<NoParams>,
) -> Result<Reply, Problem> {
    let conn = platform.db.get().await?;
    let form = queries::find(&conn, &id.0).await?;
    shown(form.ok_or(Problem::NotFound("form"))?)
}

/// Change a form
///
/// A JSON merge patch. `If-Match` is optional, and honoured when sent. Whatever changes what the form says makes a new
/// version of its wording.
#[utoipa::path(tag = "forms", params(("id" = String, Path, description = "The form's id or key", example = "314"), IfMatchHeader), request_body = super::dto::DescribedUpdateForm, responses((status = 200, description = "The form, changed", body = Form)))]
#[patch("/forms/{id}")]
pub async fn update_form(
    editor: Editor,
    platform: Data<Platform>,
    id: Segment<FormReference>,
    if_match: IfMatch,
    _: Query<NoParams>,
    body: Body<UpdateForm>,
) -> Result<Reply, Problem> {
    let mut conn = platform.db.get().await?;
    conn.transaction(async |tx| {
        let old = lock(tx, &id.0, &if_match).await?;
        // What is right depends on the whole, so the whole is read again.
        let input = match read_members::<CreateForm>(body.value.over(events::members(&old)))? {
            Ok(input) => input,
            Err(refused) => return Err(references::told(tx, refused).await?),
        };
        shown(writing::update(tx, &old, input, editor.0.user).await?)
    })
    .await
}

/// Delete a form
///
/// Pages that name it show nothing in its place. Its subscribers stay, and so do all its wordings: they are the proof of
/// what was agreed to.
#[utoipa::path(tag = "forms", params(("id" = String, Path, description = "The form's id or key", example = "314"), IfMatchHeader), responses((status = 204, description = "The form is gone")))]
#[delete("/forms/{id}")]
pub async fn delete_form(
    editor: Editor,
    platform: Data<Platform>,
    id: Segment<FormReference>,
    if_match: IfMatch,
    _: Query<NoParams>,
    _: NoBody,
) -> Result<NoContent, Problem> {
    let mut conn = platform.db.get().await?;
    conn.transaction(async |tx| {
        let old = lock(tx, &id.0, &if_match).await?;
        queries::delete(tx, old.row.id).await?;
        events::record(tx, Some(editor.0.user), "form.deleted", Some(&old), None).await?;
        Ok(NoContent)
    })
    .await
}

/// List the wordings of a form
///
/// Everything that it ever said, newest first. The wordings of a form that was deleted are still there, by its id.
#[utoipa::path(tag = "forms", params(("id" = String, Path, description = "The form's id or key", example = "314"), ListVersionsParams, PagingParams), responses((status = 200, description = "A page of wordings", body = List<FormVersion>)))]
#[get("/forms/{id}/versions")]
pub async fn list_form_versions(
    _: Editor,
    platform: Data<Platform>,
    id: Segment<FormReference>,
    query: Query<ListVersions>,
) -> Result<Listed<FormVersion>, Problem> {
    let conn = platform.db.get().await?;
    let id = match id.0 {
        FormReference::Id(id) => id,
        FormReference::Key(_) => {
            let form = queries::find(&conn, &id.0).await?;
            form.ok_or(Problem::NotFound("form"))?.row.id
        }
    };
    let paging = &query.0.paging.paging;
    let (rows, total) = queries::list_versions(&conn, id, paging).await?;
    if rows.is_empty() && !queries::has_versions(&conn, id).await? {
        return Err(Problem::NotFound("form"));
    }
    let (rows, pagination) = paging.page::<VersionSort, _>(rows, total, VersionRow::key);
    let data = rows.into_iter().map(FormVersion::from).collect();
    Ok(Listed(List { data, pagination }))
}

async fn lock(
    conn: &mut AsyncPgConnection,
    wanted: &FormReference,
    if_match: &IfMatch,
) -> Result<WholeForm, Problem> {
    let form = queries::lock(conn, wanted)
        .await?
        .ok_or(Problem::NotFound("form"))?;
    if if_match.allows(form.row.version) {
        return Ok(form);
    }
    Err(Problem::Stale {
        etag: shown(form)?.etag.unwrap_or_default(),
        changes: serde_json::Value::Null,
    })
}

fn shown(form: WholeForm) -> Result<Reply, Problem> {
    Reply::shown(form.row.version, &Form::of(form)?)
}
