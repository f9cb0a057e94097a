use chrono::{DateTime, Utc};
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::sql_types::{Timestamptz, Uuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures::try_join;

use crate::delivery::{IsLive, Kinds, seen};
use crate::feeds::model::{AddressRow, AddressSql, NewsRow, NewsSql, PartRow, PartSql};
use crate::feeds::part::Part;
use crate::platform::clock::Moment;
use crate::rest::cached::Read;
use crate::types::ArticleId;

/// How many addresses a part has at most. The protocol allows 50,000; a fifth of it is made, packed and sent in a fifth of
/// the time.
const PART_SIZE: &str = "10000";

/// The parts that the sitemap has, in their order.
pub async fn list_parts(conn: &AsyncPgConnection, now: Moment) -> QueryResult<Read<Vec<PartRow>>> {
    let parts = Parts(live(Kinds::Both, now));
    let (found, seen) = try_join!(parts.load(&mut &*conn), seen(conn, now))?;
    Ok(Read { found, seen })
}

/// The addresses in a part, in their order.
pub async fn list_addresses(
    conn: &AsyncPgConnection,
    part: &Part,
    now: Moment,
) -> QueryResult<Read<Vec<AddressRow>>> {
    let (from_date, from_article) = part.start();
    let addresses = Addresses {
        live: live(Kinds::Both, now),
        from_date,
        from_article,
        end: part.end(),
    };
    let (found, seen) = try_join!(addresses.load(&mut &*conn), seen(conn, now))?;
    Ok(Read { found, seen })
}

/// The articles of the last two days, newest first, at most as many as the sitemap of news may have.
pub async fn list_news(conn: &AsyncPgConnection, now: Moment) -> QueryResult<Read<Vec<NewsRow>>> {
    let news = News(live(Kinds::Articles, now));
    let (found, seen) = try_join!(news.load(&mut &*conn), seen(conn, now))?;
    Ok(Read { found, seen })
}

fn live(kinds: Kinds, at: Moment) -> IsLive {
    IsLive { at, kinds }
}

/// `from publications`, those that readers see and search engines may know of. In the words of `publications_sitemap_idx`.
fn from_listed<'b>(live: &'b IsLive, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
    out.push_sql(" from publications where ");
    live.walk_ast(out.reborrow())?;
    out.push_sql(" and (publications.seo -> 'noindex') is distinct from 'true'::jsonb");
    Ok(())
}

/// Walks from each part's beginning to the next one's, and finds the newest change on the way. It reads the index alone,
/// and once.
#[derive(Debug)]
struct Parts(IsLive);

/// It is cached by its text, in which the instant may stand.
impl QueryId for Parts {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl QueryFragment<Pg> for Parts {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(
            "with recursive part (month, at, article, changed_at, next_at, next_article) as (\
             select start.*, rest.* from (\
             select date_trunc('month', published_at at time zone 'UTC') as month, published_at as at, article_id as article",
        );
        from_listed(&self.0, out.reborrow())?;
        out.push_sql(" order by published_at, article_id limit 1) start, lateral (");
        self.walk_part(out.reborrow())?;
        out.push_sql(
            ") rest union all select start.*, rest.* from (\
             select date_trunc('month', next_at at time zone 'UTC') as month, next_at as at, next_article as article \
             from part where next_at is not null) start, lateral (",
        );
        self.walk_part(out.reborrow())?;
        out.push_sql(
            ") rest) select month, case when goes_on then at end, case when goes_on then article end, changed_at \
             from (select *, lag(month) over (order by at, article) is not distinct from month as goes_on from part) named \
             order by at, article",
        );
        Ok(())
    }
}

impl Parts {
    /// Of the part that begins at `start`: its newest change, and where the next one begins. That is so many articles
    /// further in the same month, or else at the first of a later month.
    fn walk_part<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let in_month = " and (published_at, article_id) >= (start.at, start.article) \
             and published_at < (start.month + interval '1 month') at time zone 'UTC' \
             order by published_at, article_id limit ";
        out.push_sql(
            "select changed_at, next.at, next.article from (\
             select max(updated_at) as changed_at, count(*) as size from (select updated_at",
        );
        from_listed(&self.0, out.reborrow())?;
        out.push_sql(in_month);
        out.push_sql(PART_SIZE);
        out.push_sql(
            ") listed) whole left join lateral ((select published_at as at, article_id as article",
        );
        from_listed(&self.0, out.reborrow())?;
        out.push_sql(" and whole.size = ");
        out.push_sql(PART_SIZE);
        out.push_sql(in_month);
        out.push_sql("1 offset ");
        out.push_sql(PART_SIZE);
        out.push_sql(") union all (select published_at, article_id");
        from_listed(&self.0, out.reborrow())?;
        out.push_sql(
            " and published_at >= (start.month + interval '1 month') at time zone 'UTC' \
             order by published_at, article_id limit 1) order by at limit 1) next on true",
        );
        Ok(())
    }
}

impl Query for Parts {
    type SqlType = PartSql;
}

/// The addresses from … until …, as many as a part has.
#[derive(Debug)]
struct Addresses {
    live: IsLive,
    from_date: DateTime<Utc>,
    from_article: ArticleId,
    end: DateTime<Utc>,
}

/// It is cached by its text, in which the instant may stand.
impl QueryId for Addresses {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl QueryFragment<Pg> for Addresses {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("select slug, locale, updated_at");
        from_listed(&self.live, out.reborrow())?;
        out.push_sql(" and (published_at, article_id) >= (");
        out.push_bind_param::<Timestamptz, _>(&self.from_date)?;
        out.push_sql(", ");
        out.push_bind_param::<Uuid, _>(&self.from_article)?;
        // Says nothing new, but tells the planner how narrow the part is.
        out.push_sql(") and published_at >= ");
        out.push_bind_param::<Timestamptz, _>(&self.from_date)?;
        out.push_sql(" and published_at < ");
        out.push_bind_param::<Timestamptz, _>(&self.end)?;
        out.push_sql(" order by published_at, article_id limit ");
        out.push_sql(PART_SIZE);
        Ok(())
    }
}

impl Query for Addresses {
    type SqlType = AddressSql;
}

/// What news sites may announce: two days, and a thousand articles.
#[derive(Debug)]
struct News(IsLive);

/// It is cached by its text, in which the instant may stand.
impl QueryId for News {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl QueryFragment<Pg> for News {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("select slug, locale, title, published_at");
        from_listed(&self.0, out.reborrow())?;
        out.push_sql(" and published_at > ");
        self.0.at.walk_ast(out.reborrow())?;
        out.push_sql(" - interval '48 hours' order by published_at desc, id desc limit 1000");
        Ok(())
    }
}

impl Query for News {
    type SqlType = NewsSql;
}
