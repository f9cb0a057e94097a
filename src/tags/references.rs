//! Looking up what a body names, where there is more wrong with it than that.

use diesel_async::AsyncPgConnection;

use super::queries;
use crate::authors;
use crate::platform::pool::Db;
use crate::rest::Problem;
use crate::rest::body::{Body, Referring, Refused};
use crate::rest::problem::ValueFault;
use crate::types::{AuthorId, Fault, Named, Reference, TagId};

/// What is said of a tag that isn't there.
pub fn unknown_tag() -> Fault {
    Fault::new("unknown_tag", "there is no such tag; make it first")
}

/// What is said of an author who isn't there.
pub fn unknown_author() -> Fault {
    Fault::new("unknown_author", "there is no such author")
}

/// Takes a body whose values are right; of any other it tells all faults together, tags and authors that don't exist
/// among them.
pub async fn settle<T>(db: &Db, body: Referring<T>) -> Result<Body<T>, Problem> {
    match body.0 {
        Ok(body) => Ok(body),
        Err(refused) if refused.named.is_empty() => Err(Problem::Invalid(refused.faults)),
        Err(refused) => Err(told(&mut *db.get().await?, refused).await?),
    }
}

/// All faults of a body together, names of things that don't exist among them.
pub async fn told(conn: &mut AsyncPgConnection, refused: Refused) -> diesel::QueryResult<Problem> {
    let Refused { mut faults, named } = refused;
    find_unknown(conn, named, &mut faults).await?;
    Ok(Problem::Invalid(faults))
}

async fn find_unknown(
    conn: &mut AsyncPgConnection,
    named: Vec<(String, Named)>,
    faults: &mut Vec<ValueFault>,
) -> diesel::QueryResult<()> {
    let mut tags: (Vec<String>, Vec<Reference<TagId>>) = Default::default();
    let mut authors: (Vec<String>, Vec<Reference<AuthorId>>) = Default::default();
    for (pointer, named) in named {
        match named {
            Named::Tag(tag) => tags.extend([(pointer, tag)]),
            Named::Author(author) => authors.extend([(pointer, author)]),
        }
    }
    let found = queries::resolve(conn, &tags.1).await?;
    faults.extend(missing(&tags.0, &found, &unknown_tag()));
    let found = authors::queries::resolve(conn, &authors.1).await?;
    faults.extend(missing(&authors.0, &found, &unknown_author()));
    Ok(())
}

fn missing<'a, Row>(
    pointers: &'a [String],
    found: &'a [Option<Row>],
    fault: &'a Fault,
) -> impl Iterator<Item = ValueFault> {
    pointers
        .iter()
        .zip(found)
        .filter(|(_, row)| row.is_none())
        .map(|(pointer, _)| ValueFault::at(pointer, fault.clone()))
}
