//! The consent ledger: who asked, was asked, agreed and withdrew, when, and to which words. It is only ever added to, and
//! each entry's hash covers the one before, so that a change, a gap or an insertion shows (`masthead consent verify`).
//!
//! It tells nobody's address and nobody's name. What the settings may add of a client (address, program) stands apart from
//! the chain, which covers a salted digest of it: so it can be erased without breaking the chain.

mod canonical;
mod entry;
mod queries;
mod verify;

use chrono::{DateTime, SubsecRound, Utc};
use diesel::QueryResult;
use diesel_async::AsyncPgConnection;

pub use entry::{ConsentAction, ConsentSource, EntryRow, Evidence, NewEntry, Worded};
pub use queries::{forget_evidence, forget_evidence_of, list};
pub use verify::{Verdict, verify};

/// How many entries are written by one statement.
const BATCH: usize = 5000;

/// Adds entries, in their order. Call it **last** in a transaction: from here to its end, all others who write into the
/// ledger wait, and whoever waited for a row meanwhile could wait for ever.
pub async fn append(
    conn: &mut AsyncPgConnection,
    now: DateTime<Utc>,
    entries: &[NewEntry],
) -> QueryResult<()> {
    if entries.is_empty() {
        return Ok(());
    }
    // As fine as the database keeps it: the hash must come out the same when it is read back.
    let now = now.trunc_subsecs(6);
    let (mut number, mut hash) = queries::lock(conn).await?;
    for batch in entries.chunks(BATCH) {
        let rows = canonical::chained(number, &hash, now, batch);
        queries::insert(conn, &rows).await?;
        if let Some(last) = rows.last() {
            (number, hash) = (last.number, last.hash.clone());
        }
    }
    Ok(())
}
