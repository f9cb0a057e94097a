//! What every handler of one article begins and ends with.

use chrono::{DateTime, Utc};
use diesel_async::AsyncPgConnection;
use futures::try_join;
use serde_json::{Value, json};

use crate::articles::content::{Content, ContentPatch, Differences};
use crate::articles::opened::{self, Open};
use crate::articles::{queries, shown};
use crate::platform::Platform;
use crate::rest::conditional::IfMatch;
use crate::rest::reply::Reply;
use crate::rest::{Identity, Problem};
use crate::types::{ArticleId, Role};

/// Takes up an article that the caller may see. Somebody else's is as unknown to an author as one that never was.
pub async fn open(
    conn: &mut AsyncPgConnection,
    id: ArticleId,
    who: Identity,
) -> Result<Open, Problem> {
    let open = opened::load(conn, id)
        .await?
        .ok_or(Problem::NotFound("article"))?;
    let is_own =
        open.row.created_by == Some(who.user) || open.content.authors.contains(&who.author);
    if !is_own && !who.role.covers(Role::Editor) {
        return Err(Problem::NotFound("article"));
    }
    Ok(open)
}

impl Open {
    /// Refuses to touch what lies in the trash.
    pub fn not_trashed(self) -> Result<Self, Problem> {
        match self.row.trashed_at {
            None => Ok(self),
            Some(_) => Err(Problem::conflict(
                "trashed",
                "the article is in the trash; restore it first",
            )),
        }
    }

    /// What the caller had read when they named these versions, and how it differs from what is there now; `patch` is what
    /// they want to change. Nothing when the versions are none of this article's.
    pub async fn differences(
        &self,
        conn: &mut AsyncPgConnection,
        if_match: &IfMatch,
        patch: Option<ContentPatch>,
    ) -> Result<Option<Differences>, Problem> {
        let IfMatch::Versions(versions) = if_match else {
            return Ok(None);
        };
        let Some(version) = versions
            .iter()
            .copied()
            .filter(|version| *version < self.row.version)
            .max()
        else {
            return Ok(None);
        };
        let Some(base) = queries::find_snapshot_at_version(conn, self.row.id, version).await?
        else {
            return Ok(None);
        };
        // A snapshot from before a rule was tightened may not parse any more: then there is nothing to compare.
        let Ok(content) = serde_json::from_value::<Content>(base.clone()) else {
            return Ok(None);
        };
        let yours = match patch {
            None => base.clone(),
            Some(patch) => match patch.over(content) {
                Ok(yours) => yours.snapshot(),
                Err(_) => return Ok(None),
            },
        };
        Ok(Some(Differences::between(
            &base,
            &yours,
            &self.content.snapshot(),
        )))
    }

    /// Lets a step pass when nobody has changed the article since the caller read it; 428 or 412 otherwise.
    pub async fn check(
        self,
        conn: &mut AsyncPgConnection,
        if_match: &IfMatch,
        platform: &Platform,
    ) -> Result<Self, Problem> {
        if if_match.clone().required()?.allows(self.row.version) {
            return Ok(self);
        }
        let differences = self.differences(conn, if_match, None).await?;
        Err(stale(conn, &self, differences.as_ref(), platform).await?)
    }
}

/// The 412 that tells who changed what.
pub async fn stale(
    conn: &mut AsyncPgConnection,
    open: &Open,
    differences: Option<&Differences>,
    platform: &Platform,
) -> Result<Problem, Problem> {
    let etag = reply(conn, open.row.id, platform)
        .await?
        .etag
        .unwrap_or_default();
    let names =
        queries::list_names(conn, &open.row.updated_by.into_iter().collect::<Vec<_>>()).await?;
    let by = names
        .into_iter()
        .next()
        .map(|(id, _, name)| json!({ "id": id, "name": name }));
    let changes = differences.map_or(Value::Null, |differences| {
        let mut changes = differences.to_json();
        changes["changed_by"] = json!(by);
        changes["changed_at"] = json!(open.row.updated_at);
        changes
    });
    Ok(Problem::Stale { etag, changes })
}

/// The article as it is now.
pub async fn reply(
    conn: &mut AsyncPgConnection,
    id: ArticleId,
    platform: &Platform,
) -> Result<Reply, Problem> {
    let now = now_for_reading(platform);
    let (row, bodies) = try_join!(
        queries::find(conn, id),
        queries::with_body(conn, std::slice::from_ref(&id))
    )?;
    let row = row.ok_or(Problem::NotFound("article"))?;
    let body = bodies.into_iter().next().map(|(_, body)| body);
    let version = row.version;
    let article = shown::assemble(conn, vec![(row, body)], &platform.config, now)
        .await?
        .pop();
    Reply::shown(version, &article.ok_or(Problem::NotFound("article"))?)
}

/// The instant at which a status is judged for people to read. What readers see is judged by the database alone.
pub fn now_for_reading(platform: &Platform) -> DateTime<Utc> {
    platform.clock.now()
}
