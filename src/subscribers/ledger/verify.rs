use diesel::QueryResult;
use diesel_async::AsyncPgConnection;

use super::canonical::{GENESIS, digest_of, hash_after};
use super::entry::EntryRow;
use super::queries;

/// How many entries are held at once.
const BATCH: i64 = 2000;

/// What has become of the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Every entry follows from the one before.
    Whole { count: i64, head: Vec<u8> },
    /// The first entry that doesn't.
    Broken { number: i64, reason: &'static str },
}

/// Walks the ledger from its first entry to its last, however long it is, in constant memory.
pub async fn verify(conn: &mut AsyncPgConnection) -> QueryResult<Verdict> {
    let (mut count, mut head) = (0, GENESIS.to_vec());
    loop {
        let entries = queries::after(conn, count, BATCH).await?;
        if entries.is_empty() {
            return Ok(Verdict::Whole { count, head });
        }
        for entry in entries {
            if let Some(reason) = fault(count + 1, &head, &entry) {
                let number = entry.number.min(count + 1);
                return Ok(Verdict::Broken { number, reason });
            }
            (count, head) = (entry.number, entry.hash);
        }
    }
}

fn fault(number: i64, previous: &[u8], entry: &EntryRow) -> Option<&'static str> {
    if entry.number != number {
        return Some("is missing");
    }
    if hash_after(previous, entry) != entry.hash {
        return Some("is not as it was written, or does not follow the one before");
    }
    let is_as_shown = match (&entry.private, &entry.private_digest) {
        (Some(private), Some(digest)) => digest_of(private) == *digest,
        (Some(_), None) => false,
        (None, _) => true,
    };
    (!is_as_shown).then_some("tells something else of its client than when it was written")
}
