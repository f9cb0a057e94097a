use diesel_async::AsyncPgConnection;

use crate::rest::problem::ValueFault;
use crate::tags::references::{unknown_author, unknown_tag};
use crate::types::{AuthorId, Fault, Reference, TagId};
use crate::{authors, tags};

/// Looks tags up; those that don't exist become faults. A tag that is named twice counts once.
pub async fn resolve_tags(
    conn: &mut AsyncPgConnection,
    references: &[Reference<TagId>],
    faults: &mut Vec<ValueFault>,
) -> diesel::QueryResult<Vec<TagId>> {
    let found = tags::queries::resolve(conn, references).await?;
    let ids = found.into_iter().map(|tag| tag.map(|tag| tag.id));
    Ok(known(ids, faults, "/tags", unknown_tag()))
}

/// Looks authors up; those that don't exist become faults.
pub async fn resolve_authors(
    conn: &mut AsyncPgConnection,
    references: &[Reference<AuthorId>],
    faults: &mut Vec<ValueFault>,
) -> diesel::QueryResult<Vec<AuthorId>> {
    let found = authors::queries::resolve(conn, references).await?;
    let ids = found
        .into_iter()
        .map(|author| author.map(|author| author.id));
    Ok(known(ids, faults, "/authors", unknown_author()))
}

fn known<Id: PartialEq>(
    ids: impl Iterator<Item = Option<Id>>,
    faults: &mut Vec<ValueFault>,
    pointer: &str,
    fault: Fault,
) -> Vec<Id> {
    let mut known = Vec::new();
    for (index, id) in ids.enumerate() {
        match id {
            None => faults.push(ValueFault::at(&format!("{pointer}/{index}"), fault.clone())),
            Some(id) if known.contains(&id) => {}
            Some(id) => known.push(id),
        }
    }
    known
}
