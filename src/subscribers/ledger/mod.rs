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
use futures::join;

pub use entry::{ConsentAction, ConsentSource, EntryRow, Evidence, NewEntry, Worded};
pub use queries::{forget_evidence, forget_evidence_of, list};
pub use verify::{Verdict, verify};

/// How many entries are written by one statement.
const BATCH: usize = 2500;

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
    let (number, hash) = queries::lock(conn).await?;
    let mut batches = entries.chunks(BATCH);
    let mut rows = canonical::chained(number, &hash, now, batches.next().unwrap_or_default());
    while let Some(last) = rows.last() {
        // While the database writes one batch, the next is chained to it.
        let next = batches.next().unwrap_or_default();
        let chaining = async { canonical::chained(last.number, &last.hash, now, next) };
        let (written, next) = join!(queries::insert(conn, &rows), chaining);
        written?;
        rows = next;
    }
    Ok(())
}
