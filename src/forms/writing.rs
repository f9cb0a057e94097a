//! Making and changing forms: what is written, what becomes a new wording, what is told.

use diesel_async::AsyncPgConnection;
use serde_json::{Map, Value};

use super::dto::{CreateForm, unshowable};
use super::model::{WholeForm, WritableForm};
use super::values::{FormReference, Wording};
use super::{events, queries};
use crate::rest::Problem;
use crate::rest::body::read_members;
use crate::rest::problem::ValueFault;
use crate::tags;
use crate::tags::references::{told, unknown_tag};
use crate::types::{FormId, Reference, TagId, UserId};

/// Makes a form.
pub async fn create(
    conn: &mut AsyncPgConnection,
    id: FormId,
    input: CreateForm,
    by: Option<UserId>,
) -> Result<WholeForm, Problem> {
    let topics = resolve_topics(conn, &input.topics).await?;
    let wording = wording_of(&input)?;
    let form = writable(input, 1);
    queries::insert(conn, id, &form)
        .await
        .map_err(key_taken().on_violation_of("forms_key_key"))?;
    queries::insert_version(conn, id, form.wording_version, &wording, by).await?;
    put_topics(conn, id, &topics).await?;
    let made = reread(conn, id).await?;
    events::record(conn, by, "form.created", None, Some(&made)).await?;
    Ok(made)
}

/// Makes a form out of members as the API takes them, unless its key is taken.
pub async fn make_unless_there(
    conn: &mut AsyncPgConnection,
    members: Map<String, Value>,
) -> Result<(), Problem> {
    let input = match read_members::<CreateForm>(members)? {
        Ok(input) => input,
        Err(refused) => return Err(told(conn, refused).await?),
    };
    let taken = queries::find(conn, &FormReference::Key(input.key.clone())).await?;
    if taken.is_none() {
        create(conn, FormId::mint(), input, None).await?;
    }
    Ok(())
}

/// Changes a form that is locked. What it says makes a new version when it says something else.
pub async fn update(
    conn: &mut AsyncPgConnection,
    old: &WholeForm,
    input: CreateForm,
    by: UserId,
) -> Result<WholeForm, Problem> {
    let id = old.row.id;
    let topics = resolve_topics(conn, &input.topics).await?;
    let wording = wording_of(&input)?;
    let is_reworded = !wording.says_the_same_as(&old.wording);
    let number = old.row.wording_version + i32::from(is_reworded);
    let form = writable(input, number);
    if is_reworded {
        queries::insert_version(conn, id, number, &wording, Some(by)).await?;
    }
    queries::update(conn, id, &form)
        .await
        .map_err(key_taken().on_violation_of("forms_key_key"))?;
    if !old
        .topics
        .iter()
        .map(|tag| tag.id)
        .eq(topics.iter().copied())
    {
        put_topics(conn, id, &topics).await?;
    }
    let new = reread(conn, id).await?;
    events::record(conn, Some(by), "form.updated", Some(old), Some(&new)).await?;
    Ok(new)
}

fn key_taken() -> Problem {
    Problem::conflict("key_taken", "another form has this key")
}

fn wording_of(input: &CreateForm) -> Result<Wording, Problem> {
    input.settings.wording().map_err(unshowable)
}

fn writable(input: CreateForm, wording_version: i32) -> WritableForm {
    WritableForm {
        key: input.key,
        name: input.name.as_str().to_owned(),
        active: input.active,
        settings: input.settings,
        wording_version,
    }
}

async fn reread(conn: &mut AsyncPgConnection, id: FormId) -> Result<WholeForm, Problem> {
    let form = queries::find(conn, &FormReference::Id(id)).await?;
    form.ok_or(Problem::NotFound("form"))
}

/// Looks tags up. One that is named twice counts once.
async fn resolve_topics(
    conn: &mut AsyncPgConnection,
    named: &[Reference<TagId>],
) -> Result<Vec<TagId>, Problem> {
    let (mut ids, mut faults) = (Vec::new(), Vec::new());
    let found = tags::queries::resolve(conn, named).await?;
    for (index, tag) in found.into_iter().enumerate() {
        match tag {
            Some(tag) if ids.contains(&tag.id) => {}
            Some(tag) => ids.push(tag.id),
            None => faults.push(ValueFault::at(&format!("/topics/{index}"), unknown_tag())),
        }
    }
    if faults.is_empty() {
        Ok(ids)
    } else {
        Err(Problem::Invalid(faults))
    }
}

async fn put_topics(
    conn: &mut AsyncPgConnection,
    id: FormId,
    topics: &[TagId],
) -> Result<(), Problem> {
    let gone = || Problem::Invalid(vec![ValueFault::at("/topics", unknown_tag())]);
    queries::replace_topics(conn, id, topics)
        .await
        .map_err(gone().on_violation_of("form_topics_tag_id_fkey"))
}
