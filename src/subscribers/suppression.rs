//! Who must not be written to, though nobody can tell any more who it is: a keyed hash of the address outlives its row.
//!
//! Nobody in here is made active by an editor, a program, an import or a form: only by their own confirmation, by a link
//! that was mailed to them. So whoever makes somebody active asks here **after** the row was written and before the end of
//! the transaction, because a deletion may have suppressed them in the moment between.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::state::SubscriberStatus;
use crate::platform::installation::{Keys, Purpose};
use crate::schema::suppressions;
use crate::types::{EmailAddress, closed_set};

closed_set! {
    /// Why somebody must not be written to.
    pub enum SuppressionReason {
        /// They said no.
        Unsubscribed = "unsubscribed",
        /// Their mailbox takes no mail.
        Bounced = "bounced",
        /// They told their provider that our mail is unwanted.
        Complained = "complained",
        /// They had everything erased.
        Erased = "erased",
    }
}

impl SuppressionReason {
    /// The reason that comes with a status; `None` where mail is welcome, or not yet refused.
    pub fn of(status: SubscriberStatus) -> Option<Self> {
        match status {
            SubscriberStatus::Pending | SubscriberStatus::Confirmed => None,
            SubscriberStatus::Unsubscribed => Some(Self::Unsubscribed),
            SubscriberStatus::Bounced => Some(Self::Bounced),
            SubscriberStatus::Complained => Some(Self::Complained),
        }
    }
}

/// What an address is known by when it is not known any more.
pub fn hash_of(keys: &Keys, email: &EmailAddress) -> Vec<u8> {
    keys.mac(Purpose::Suppression, email.as_str().as_bytes())
        .to_vec()
}

/// The reasons for which these hashes are suppressed; who is not in the answer may be written to.
pub async fn among(
    conn: &AsyncPgConnection,
    hashes: &[impl AsRef<[u8]>],
) -> QueryResult<HashMap<Vec<u8>, SuppressionReason>> {
    let hashes: Vec<&[u8]> = hashes.iter().map(AsRef::as_ref).collect();
    let found: Vec<(Vec<u8>, SuppressionReason)> = suppressions::table
        .filter(suppressions::email_hash.eq_any(hashes))
        .select((suppressions::email_hash, suppressions::reason))
        .load(&mut &*conn)
        .await?;
    Ok(found.into_iter().collect())
}

/// Why this address is suppressed, if it is.
pub async fn find(
    conn: &mut AsyncPgConnection,
    hash: &[u8],
) -> QueryResult<Option<SuppressionReason>> {
    Ok(among(conn, &[hash]).await?.remove(hash))
}

/// Suppresses addresses. Who is suppressed already stays so, for the reason that there was.
pub async fn suppress(
    conn: &AsyncPgConnection,
    hashes: &[(Vec<u8>, SuppressionReason)],
    now: DateTime<Utc>,
) -> QueryResult<()> {
    // 65,535 parameters are the most that a statement takes.
    for batch in hashes.chunks(10_000) {
        let rows: Vec<_> = batch
            .iter()
            .map(|(hash, reason)| {
                (
                    suppressions::email_hash.eq(hash.as_slice()),
                    suppressions::reason.eq(reason),
                    suppressions::at.eq(now),
                )
            })
            .collect();
        diesel::insert_into(suppressions::table)
            .values(&rows)
            .on_conflict_do_nothing()
            .execute(&mut &*conn)
            .await?;
    }
    Ok(())
}

/// Suppresses an address of which everything was erased, whatever the reason was before.
pub async fn suppress_erased(
    conn: &mut AsyncPgConnection,
    hash: &[u8],
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let erased = suppressions::reason.eq(SuppressionReason::Erased);
    diesel::insert_into(suppressions::table)
        .values((
            suppressions::email_hash.eq(hash),
            erased,
            suppressions::at.eq(now),
        ))
        .on_conflict(suppressions::email_hash)
        .do_update()
        .set(erased)
        .execute(conn)
        .await
        .map(|_| ())
}

/// Lets somebody be written to again, because they confirmed it themselves. Nothing else may call this.
pub(super) async fn lift(conn: &mut AsyncPgConnection, hash: &[u8]) -> QueryResult<()> {
    diesel::delete(suppressions::table.find(hash))
        .execute(conn)
        .await
        .map(|_| ())
}
