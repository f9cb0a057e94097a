//! The public side of people: name, slug and a few words. Bylines point here. Accounts point here too, so that nothing
//! that readers see has to touch a table with addresses and password hashes in it.

mod dto;
pub mod events;
mod model;
pub mod queries;

use diesel_async::AsyncPgConnection;

pub use dto::AuthorSummary;
pub use model::AuthorRow;

use crate::rest::Problem;
use crate::types::{AuthorId, Slug};

/// Inserts a person under the first free slug made from the name.
pub async fn create(conn: &mut AsyncPgConnection, name: &str) -> Result<AuthorId, Problem> {
    let id = AuthorId::mint();
    let slug = Slug::from_title(name, "author");
    for number in 1..=1000 {
        let candidate = if number == 1 {
            slug.clone()
        } else {
            slug.numbered(number)
        };
        if queries::insert(conn, id, &candidate, name).await? {
            return Ok(id);
        }
    }
    Err(Problem::conflict(
        "slug_taken",
        "a thousand authors have this name",
    ))
}
