use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Date, Nullable, Text, Timestamptz, Uuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::TopicStats;
use crate::schema::{subscriber_topics, subscribers, tags};
use crate::subscribers::model::SubscriberSource;
use crate::subscribers::state::SubscriberStatus;
use crate::tags::{TagRow, TagSummary};
use crate::types::FormId;

/// How many have one status, came in one way, or by one form: the other two are `None`.
#[derive(Debug, QueryableByName)]
pub struct Group {
    #[diesel(sql_type = Nullable<Text>)]
    pub status: Option<SubscriberStatus>,
    #[diesel(sql_type = Nullable<Text>)]
    pub source: Option<SubscriberSource>,
    #[diesel(sql_type = Nullable<Uuid>)]
    pub form_id: Option<FormId>,
    #[diesel(sql_type = BigInt)]
    pub subscribers: i64,
    #[diesel(sql_type = BigInt)]
    pub confirmed: i64,
    #[diesel(sql_type = BigInt)]
    pub paused: i64,
}

/// All groups, in one pass.
pub async fn groups(conn: &AsyncPgConnection, now: DateTime<Utc>) -> QueryResult<Vec<Group>> {
    diesel::sql_query(
        "select status, source, form_id, count(*) as subscribers,
            count(*) filter (where status = 'confirmed') as confirmed,
            count(*) filter (where status = 'confirmed' and paused_until > $1) as paused
        from subscribers group by grouping sets ((status), (source), (form_id)) order by source",
    )
    .bind::<Timestamptz, _>(now)
    .load(&mut &*conn)
    .await
}

/// The tags that most who are confirmed follow.
pub async fn topics(conn: &AsyncPgConnection) -> QueryResult<Vec<TopicStats>> {
    let counted: Vec<(TagRow, i64)> = subscriber_topics::table
        .inner_join(tags::table)
        .inner_join(subscribers::table.on(subscribers::id.eq(subscriber_topics::subscriber_id)))
        .filter(subscribers::status.eq(SubscriberStatus::Confirmed))
        .group_by(tags::all_columns)
        .select((TagRow::as_select(), diesel::dsl::count_star()))
        .order((diesel::dsl::count_star().desc(), tags::id))
        .limit(100)
        .load(&mut &*conn)
        .await?;
    let topic = |(tag, confirmed): (TagRow, i64)| TopicStats {
        topic: TagSummary::from(&tag),
        confirmed,
    };
    Ok(counted.into_iter().map(topic).collect())
}

/// What happened on one day; `None` is all time before the first.
#[derive(Debug, QueryableByName)]
pub struct Day {
    #[diesel(sql_type = Nullable<Date>)]
    pub day: Option<NaiveDate>,
    #[diesel(sql_type = BigInt)]
    pub requested: i64,
    #[diesel(sql_type = BigInt)]
    pub joined: i64,
    #[diesel(sql_type = BigInt)]
    pub left: i64,
    /// Of these, who had joined before the first day.
    #[diesel(sql_type = BigInt)]
    pub left_of_before: i64,
}

/// What happened day by day, in one pass over the list.
pub async fn days(
    conn: &AsyncPgConnection,
    from: DateTime<Utc>,
    until: DateTime<Utc>,
) -> QueryResult<Vec<Day>> {
    diesel::sql_query(
        "select case when at >= $1 then (at at time zone 'UTC')::date end as day,
            count(*) filter (where what = 1) as requested,
            count(*) filter (where what = 2) as joined,
            count(*) filter (where what = 3) as left,
            count(*) filter (where what = 3 and confirmed_at < $1) as left_of_before
        from subscribers cross join lateral (values
            (created_at, 1),
            (confirmed_at, 2),
            (case when confirmed_at is not null then least(unsubscribed_at, bounced_at, complained_at) end, 3)
        ) as happened (at, what)
        where at < $2 group by 1",
    )
    .bind::<Timestamptz, _>(from)
    .bind::<Timestamptz, _>(until)
    .load(&mut &*conn)
    .await
}
