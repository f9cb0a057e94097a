use std::collections::HashMap;

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures::try_join;

use super::model::{FormFilter, FormRow, VersionRow, WholeForm, WritableForm};
use super::values::{FormReference, Wording};
use crate::delivery::seen;
use crate::platform::clock::Moment;
use crate::rest::cached::Read;
use crate::rest::page::{Count, Paging};
use crate::schema::{form_topics, form_versions, forms, tags};
use crate::tags::TagRow;
use crate::types::{FormId, TagId, UserId};

/// Forms with what they say now. A macro, because the type of a join has no bearable name.
macro_rules! with_wording {
    () => {
        forms::table
            .inner_join(
                form_versions::table.on(form_versions::form_id
                    .eq(forms::id)
                    .and(form_versions::number.eq(forms::wording_version))),
            )
            .select((FormRow::as_select(), form_versions::wording))
    };
}

fn filtered(filter: FormFilter) -> forms::BoxedQuery<'static, diesel::pg::Pg> {
    let query = forms::table.into_boxed();
    match filter.active {
        None => query,
        Some(active) => query.filter(forms::active.eq(active)),
    }
}

/// One more form than the page has, and the number of all where it is wanted.
pub async fn list(
    conn: &AsyncPgConnection,
    filter: FormFilter,
    paging: &Paging,
) -> QueryResult<(Vec<WholeForm>, Option<i64>)> {
    let page = filtered(filter)
        .select(forms::id)
        .order(paging.order_by())
        .limit(paging.rows())
        .offset(paging.offset());
    let page = match paging.after() {
        Some(after) => page.filter(after),
        None => page,
    };
    let rows = with_wording!()
        .filter(forms::id.eq_any(page))
        .order(paging.order_by())
        .load(&mut &*conn);
    let total = async {
        match paging.count() {
            Count::Wanted => filtered(filter)
                .count()
                .get_result(&mut &*conn)
                .await
                .map(Some),
            Count::Unwanted => Ok(None),
        }
    };
    let (rows, total) = try_join!(rows, total)?;
    Ok((with_topics(conn, rows).await?, total))
}

async fn with_topics(
    conn: &AsyncPgConnection,
    rows: Vec<(FormRow, Wording)>,
) -> QueryResult<Vec<WholeForm>> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<FormId> = rows.iter().map(|(row, _)| row.id).collect();
    let found: Vec<(FormId, TagRow)> = form_topics::table
        .inner_join(tags::table)
        .filter(form_topics::form_id.eq_any(ids))
        .order(form_topics::position)
        .select((form_topics::form_id, TagRow::as_select()))
        .load(&mut &*conn)
        .await?;
    let mut topics: HashMap<FormId, Vec<TagRow>> = HashMap::new();
    for (id, tag) in found {
        topics.entry(id).or_default().push(tag);
    }
    let whole = |(row, wording): (FormRow, Wording)| WholeForm {
        topics: topics.remove(&row.id).unwrap_or_default(),
        row,
        wording,
    };
    Ok(rows.into_iter().map(whole).collect())
}

/// The form that is meant: one round trip.
pub async fn find(
    conn: &AsyncPgConnection,
    wanted: &FormReference,
) -> QueryResult<Option<WholeForm>> {
    let row = async {
        match wanted {
            FormReference::Id(id) => {
                let form = with_wording!().filter(forms::id.eq(*id));
                form.first(&mut &*conn).await.optional()
            }
            FormReference::Key(key) => {
                let form = with_wording!().filter(forms::key.eq(key));
                form.first(&mut &*conn).await.optional()
            }
        }
    };
    let topics = async {
        let topics = form_topics::table
            .inner_join(tags::table)
            .inner_join(forms::table)
            .order(form_topics::position)
            .select(TagRow::as_select());
        match wanted {
            FormReference::Id(id) => topics.filter(forms::id.eq(*id)).load(&mut &*conn).await,
            FormReference::Key(key) => topics.filter(forms::key.eq(key)).load(&mut &*conn).await,
        }
    };
    let (row, topics) = try_join!(row, topics)?;
    Ok(row.map(|(row, wording)| WholeForm {
        row,
        wording,
        topics,
    }))
}

/// The same, with what the database says of itself: one round trip.
pub async fn read(
    conn: &AsyncPgConnection,
    wanted: &FormReference,
    now: Moment,
) -> QueryResult<Read<Option<WholeForm>>> {
    let (found, seen) = try_join!(find(conn, wanted), seen(conn, now))?;
    Ok(Read { found, seen })
}

/// The form that is meant, locked until the transaction ends.
pub async fn lock(
    conn: &mut AsyncPgConnection,
    wanted: &FormReference,
) -> QueryResult<Option<WholeForm>> {
    let found: Option<FormId> = match wanted {
        FormReference::Id(id) => {
            let form = forms::table.find(*id).select(forms::id).for_update();
            form.first(conn).await.optional()?
        }
        FormReference::Key(key) => {
            let form = forms::table.filter(forms::key.eq(key));
            let form = form.select(forms::id).for_update();
            form.first(conn).await.optional()?
        }
    };
    match found {
        Some(id) => find(conn, &FormReference::Id(id)).await,
        None => Ok(None),
    }
}

/// Inserts a form. Violates `forms_key_key` when the key is taken.
pub async fn insert(
    conn: &mut AsyncPgConnection,
    id: FormId,
    form: &WritableForm,
) -> QueryResult<()> {
    diesel::insert_into(forms::table)
        .values((forms::id.eq(id), form))
        .execute(conn)
        .await
        .map(|_| ())
}

/// Updates a form. Violates what [`insert`] does.
pub async fn update(
    conn: &mut AsyncPgConnection,
    id: FormId,
    form: &WritableForm,
) -> QueryResult<()> {
    diesel::update(forms::table.find(id))
        .set(form)
        .execute(conn)
        .await
        .map(|_| ())
}

/// Keeps what a form says from now on.
pub async fn insert_version(
    conn: &mut AsyncPgConnection,
    id: FormId,
    number: i32,
    wording: &Wording,
    by: Option<UserId>,
) -> QueryResult<()> {
    diesel::insert_into(form_versions::table)
        .values((
            form_versions::form_id.eq(id),
            form_versions::number.eq(number),
            form_versions::wording.eq(wording),
            form_versions::created_by.eq(by),
        ))
        .execute(conn)
        .await
        .map(|_| ())
}

/// Gives a form these topics, in this order, in the place of those it had. Violates `form_topics_tag_id_fkey` when a tag
/// goes at the same moment.
pub async fn replace_topics(
    conn: &mut AsyncPgConnection,
    id: FormId,
    topics: &[TagId],
) -> QueryResult<()> {
    diesel::delete(form_topics::table.filter(form_topics::form_id.eq(id)))
        .execute(conn)
        .await?;
    let rows: Vec<_> = (0..)
        .zip(topics)
        .map(|(position, tag): (i32, &TagId)| {
            (
                form_topics::form_id.eq(id),
                form_topics::tag_id.eq(*tag),
                form_topics::position.eq(position),
            )
        })
        .collect();
    diesel::insert_into(form_topics::table)
        .values(rows)
        .execute(conn)
        .await
        .map(|_| ())
}

/// Deletes a form. What it said stays.
pub async fn delete(conn: &mut AsyncPgConnection, id: FormId) -> QueryResult<()> {
    diesel::delete(forms::table.find(id))
        .execute(conn)
        .await
        .map(|_| ())
}

/// One more wording than the page has, and the number of all where it is wanted. A form that is gone still has its own.
pub async fn list_versions(
    conn: &AsyncPgConnection,
    id: FormId,
    paging: &Paging,
) -> QueryResult<(Vec<VersionRow>, Option<i64>)> {
    let of_form = || form_versions::table.filter(form_versions::form_id.eq(id));
    let page = of_form()
        .select(VersionRow::as_select())
        .order(paging.order_by())
        .limit(paging.rows())
        .offset(paging.offset())
        .into_boxed();
    let page = match paging.after() {
        Some(after) => page.filter(after),
        None => page,
    };
    let total = async {
        match paging.count() {
            Count::Wanted => of_form().count().get_result(&mut &*conn).await.map(Some),
            Count::Unwanted => Ok(None),
        }
    };
    try_join!(page.load(&mut &*conn), total)
}

/// Whether there is or was such a form.
pub async fn has_versions(conn: &AsyncPgConnection, id: FormId) -> QueryResult<bool> {
    let any = form_versions::table.filter(form_versions::form_id.eq(id));
    diesel::select(diesel::dsl::exists(any))
        .get_result(&mut &*conn)
        .await
}

/// One wording of a form, which may be gone.
pub async fn find_wording(
    conn: &mut AsyncPgConnection,
    id: FormId,
    number: i32,
) -> QueryResult<Option<Wording>> {
    form_versions::table
        .find((id, number))
        .select(form_versions::wording)
        .first(conn)
        .await
        .optional()
}
