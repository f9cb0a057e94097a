//! How many confirmation mails may be sent: nobody can use us to fill somebody else's mailbox. Counted in the database, so
//! that instances agree, by keyed hashes, so that nobody can be read out of it.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Bytea, Nullable, Timestamptz};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::platform::config::RateLimits;
use crate::platform::installation::{Keys, Purpose};
use crate::schema::confirmation_mails;
use crate::types::{EmailAddress, WishId};

/// How many mails one address gets within a day, and how long after the one before each may follow.
const GAPS: [TimeDelta; 3] = [
    TimeDelta::zero(),
    TimeDelta::minutes(2),
    TimeDelta::minutes(30),
];
const DAY: TimeDelta = TimeDelta::hours(24);
const HOUR: TimeDelta = TimeDelta::hours(1);
/// How many mails one mailbox gets within a day, whatever stands behind a `+`; how many one client causes within an hour.
const PER_MAILBOX: i64 = 10;
const PER_CLIENT: i64 = 60;
/// How many go out within an hour to one domain and altogether. What is more goes out later.
const PER_DOMAIN: i64 = 2_000;
const ALTOGETHER: i64 = 20_000;
/// How much later.
const LATER: TimeDelta = TimeDelta::minutes(10);
/// How long it is known what was sent.
const KEPT: TimeDelta = TimeDelta::hours(48);

/// What may be done about one wish.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Allowance {
    /// A mail may be sent, and is counted; or it was counted, but perhaps not sent, at an earlier attempt.
    Granted,
    /// It was sent at an earlier attempt.
    Spent,
    /// Too much is under way; ask again after this instant.
    Later(DateTime<Utc>),
    /// They had enough.
    Refused,
}

/// By what mails are counted.
#[derive(Debug, Clone)]
pub struct Recipient {
    address: Vec<u8>,
    mailbox: Vec<u8>,
    domain: Vec<u8>,
    client: Vec<u8>,
}

/// What a client is known by here.
pub fn client_hash(keys: &Keys, client: &str) -> Vec<u8> {
    hash(keys, "client", client)
}

fn hash(keys: &Keys, what: &str, text: &str) -> Vec<u8> {
    // No address has a NUL in it, so these are never the hash by which one is suppressed.
    keys.mac(Purpose::Suppression, format!("{what}\0{text}").as_bytes())
        .to_vec()
}

impl Recipient {
    /// Whoever has this address, as asked for by a client.
    pub fn new(keys: &Keys, email: &EmailAddress, client_hash: &[u8]) -> Self {
        let (local, domain) = (email.local_part(), email.domain());
        let mailbox = local.split('+').next().unwrap_or_default();
        Self {
            address: hash(keys, "address", email.as_str()),
            mailbox: hash(keys, "mailbox", &format!("{mailbox}@{domain}")),
            domain: hash(keys, "domain", domain),
            client: client_hash.to_vec(),
        }
    }
}

diesel::define_sql_function! {
    /// Takes a lock until the end of the transaction, as soon as nobody else holds it.
    fn pg_advisory_xact_lock(key: BigInt) -> Text;
}

/// By which number whoever counts is known to the others.
const COUNTING: i64 = 4_183_076_025_118_639_402;

/// Whether a mail may be sent to somebody for a wish; counts it if so. Whoever counts holds a lock until the end of their
/// transaction, so that nobody counts meanwhile what is not there yet: take no other after it.
pub async fn claim(
    conn: &mut AsyncPgConnection,
    wish: WishId,
    to: &Recipient,
    limits: RateLimits,
    now: DateTime<Utc>,
) -> QueryResult<Allowance> {
    let earlier: Option<Option<DateTime<Utc>>> = confirmation_mails::table
        .find(wish)
        .select(confirmation_mails::sent_at)
        .first(conn)
        .await
        .optional()?;
    match earlier {
        Some(Some(_)) => return Ok(Allowance::Spent),
        Some(None) => return Ok(Allowance::Granted),
        None => {}
    }
    diesel::select(pg_advisory_xact_lock(COUNTING))
        .execute(conn)
        .await?;
    let counting = Counting {
        to,
        day: now - DAY,
        hour: now - HOUR,
    };
    let counts: Counts = counting.get_result(conn).await?;
    let allowance = judge(&counts, limits, now);
    if allowance == Allowance::Granted {
        forget_old(conn, now).await?;
        insert(conn, wish, to, now).await?;
    }
    Ok(allowance)
}

fn judge(counts: &Counts, limits: RateLimits, now: DateTime<Utc>) -> Allowance {
    let (to_address, last, to_mailbox, by_client, to_domain, altogether) = *counts;
    let gap = usize::try_from(to_address)
        .ok()
        .and_then(|sent| GAPS.get(sent));
    let Some(gap) = gap else {
        return Allowance::Refused;
    };
    if last.is_some_and(|last| now < last + *gap) {
        return Allowance::Refused;
    }
    if limits == RateLimits::Off {
        return Allowance::Granted;
    }
    if to_mailbox >= PER_MAILBOX || by_client >= PER_CLIENT {
        Allowance::Refused
    } else if to_domain >= PER_DOMAIN || altogether >= ALTOGETHER {
        Allowance::Later(now + LATER)
    } else {
        Allowance::Granted
    }
}

/// To the address within a day, and when last; to the mailbox within a day; by the client, to the domain and altogether
/// within an hour. None is counted further than it matters.
type Counts = (i64, Option<DateTime<Utc>>, i64, i64, i64, i64);

struct Counting<'a> {
    to: &'a Recipient,
    day: DateTime<Utc>,
    hour: DateTime<Utc>,
}

impl QueryFragment<Pg> for Counting<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let (day, hour) = (&self.day, &self.hour);
        out.push_sql("select of_address.count, of_address.last, ");
        count(&mut out, Some(("mailbox_hash", &self.to.mailbox)), day)?;
        out.push_sql(", ");
        count(&mut out, Some(("client_hash", &self.to.client)), hour)?;
        out.push_sql(", ");
        count(&mut out, Some(("domain_hash", &self.to.domain)), hour)?;
        out.push_sql(", ");
        count(&mut out, None, hour)?;
        out.push_sql(
            " from (select count(*) as count, max(admitted_at) as last from confirmation_mails where address_hash = ",
        );
        out.push_bind_param::<Bytea, _>(&self.to.address)?;
        out.push_sql(" and admitted_at > ");
        out.push_bind_param::<Timestamptz, _>(day)?;
        out.push_sql(") of_address");
        Ok(())
    }
}

/// How many mails, none counted beyond the largest allowance.
fn count<'b>(
    out: &mut AstPass<'_, 'b, Pg>,
    which: Option<(&'static str, &'b Vec<u8>)>,
    since: &'b DateTime<Utc>,
) -> QueryResult<()> {
    out.push_sql("(select count(*) from (select from confirmation_mails where ");
    if let Some((column, hash)) = which {
        out.push_sql(column);
        out.push_sql(" = ");
        out.push_bind_param::<Bytea, _>(hash)?;
        out.push_sql(" and ");
    }
    out.push_sql("admitted_at > ");
    out.push_bind_param::<Timestamptz, _>(since)?;
    out.push_sql(" limit ");
    out.push_bind_param::<BigInt, _>(&ALTOGETHER)?;
    out.push_sql(") counted)");
    Ok(())
}

impl QueryId for Counting<'_> {
    type QueryId = Counting<'static>;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl Query for Counting<'_> {
    type SqlType = (
        BigInt,
        Nullable<Timestamptz>,
        BigInt,
        BigInt,
        BigInt,
        BigInt,
    );
}

async fn insert(
    conn: &mut AsyncPgConnection,
    wish: WishId,
    to: &Recipient,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::insert_into(confirmation_mails::table)
        .values((
            confirmation_mails::wish_id.eq(wish),
            confirmation_mails::address_hash.eq(&to.address),
            confirmation_mails::mailbox_hash.eq(&to.mailbox),
            confirmation_mails::domain_hash.eq(&to.domain),
            confirmation_mails::client_hash.eq(&to.client),
            confirmation_mails::admitted_at.eq(now),
        ))
        .execute(conn)
        .await
        .map(|_| ())
}

async fn forget_old(conn: &mut AsyncPgConnection, now: DateTime<Utc>) -> QueryResult<()> {
    diesel::delete(confirmation_mails::table.filter(confirmation_mails::admitted_at.lt(now - KEPT)))
        .execute(conn)
        .await
        .map(|_| ())
}

/// Notes that the mail for a wish was sent.
pub async fn spend(
    conn: &mut AsyncPgConnection,
    wish: WishId,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::update(confirmation_mails::table.find(wish))
        .set(confirmation_mails::sent_at.eq(now))
        .execute(conn)
        .await
        .map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap()
    }

    fn judged(counts: Counts) -> Allowance {
        judge(&counts, RateLimits::On, now())
    }

    #[test]
    fn an_address_gets_three_mails_a_day_with_growing_gaps() {
        let ago = |minutes| Some(now() - TimeDelta::minutes(minutes));
        for (sent, last, expected) in [
            (0, None, Allowance::Granted),
            (1, ago(1), Allowance::Refused),
            (1, ago(2), Allowance::Granted),
            (2, ago(29), Allowance::Refused),
            (2, ago(30), Allowance::Granted),
            (3, ago(600), Allowance::Refused),
        ] {
            for limits in [RateLimits::On, RateLimits::Off] {
                let counts = (sent, last, 0, 0, 0, 0);
                assert_eq!(judge(&counts, limits, now()), expected, "{sent} {last:?}");
            }
        }
    }

    #[test]
    fn who_asks_too_often_is_refused_and_what_is_too_much_waits() {
        assert_eq!(judged((0, None, 10, 0, 0, 0)), Allowance::Refused);
        assert_eq!(judged((0, None, 0, 60, 0, 0)), Allowance::Refused);
        let later = Allowance::Later(now() + LATER);
        assert_eq!(judged((0, None, 0, 0, 2_000, 0)), later);
        assert_eq!(judged((0, None, 0, 0, 0, 20_000)), later);
        assert_eq!(judged((0, None, 9, 59, 1_999, 19_999)), Allowance::Granted);
        let off = judge(&(0, None, 99, 99, 9_999, 99_999), RateLimits::Off, now());
        assert_eq!(off, Allowance::Granted);
    }
}
