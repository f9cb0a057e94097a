//! Which topics are meant, and which of them somebody may choose. The page of a subscription, its API and every way to sign
//! up ask here, so that what one of them offers no other refuses.

use diesel_async::AsyncPgConnection;

use super::dto::Topics;
use super::model::FollowingSubscriber;
use super::{queries, terms};
use crate::rest::Problem;
use crate::rest::problem::ValueFault;
use crate::tags::{self, TagRow, references};
use crate::types::{Fault, SubscriberId, TagId};

/// The tags that are meant, each once; every one that isn't there is a fault.
pub async fn resolve(conn: &mut AsyncPgConnection, topics: &Topics) -> Result<Vec<TagId>, Problem> {
    resolve_if(conn, topics, |_| true).await
}

/// The same; every one that is not on offer is a fault as well.
pub async fn resolve_among(
    conn: &mut AsyncPgConnection,
    topics: &Topics,
    offered: &[TagRow],
) -> Result<Vec<TagId>, Problem> {
    resolve_if(conn, topics, |id| offered.iter().any(|tag| tag.id == id)).await
}

async fn resolve_if(
    conn: &mut AsyncPgConnection,
    topics: &Topics,
    is_offered: impl Fn(TagId) -> bool,
) -> Result<Vec<TagId>, Problem> {
    let found = tags::queries::resolve(conn, &topics.0).await?;
    let (mut ids, mut faults) = (Vec::new(), Vec::new());
    for (index, tag) in found.into_iter().enumerate() {
        let fault = match tag {
            Some(tag) if ids.contains(&tag.id) => continue,
            Some(tag) if is_offered(tag.id) => {
                ids.push(tag.id);
                continue;
            }
            Some(_) => Fault::new(
                "not_offered",
                "is no topic to choose here; `topics` of the form says which there are",
            ),
            None => references::unknown_tag(),
        };
        faults.push(ValueFault::at(&format!("/topics/{index}"), fault));
    }
    if faults.is_empty() {
        Ok(ids)
    } else {
        Err(Problem::Invalid(faults))
    }
}

/// What somebody may choose of their own subscription: what they follow, and what the form by which they came offers.
pub async fn offered_to(
    conn: &mut AsyncPgConnection,
    subscriber: &FollowingSubscriber,
) -> Result<Vec<TagRow>, Problem> {
    let mut offered = subscriber.topics.clone();
    let of_form = terms::topics(conn, subscriber.row.arrival.form_id).await?;
    let is_new = |tag: &TagRow| subscriber.topics.iter().all(|topic| topic.id != tag.id);
    offered.extend(of_form.into_iter().filter(is_new));
    Ok(offered)
}

/// Gives a subscriber these topics, if there is the subscriber.
pub async fn put(
    conn: &mut AsyncPgConnection,
    id: SubscriberId,
    topics: &[TagId],
) -> Result<(), Problem> {
    let gone = Problem::invalid("/topics", "unknown_tag", "one of these tags is just going");
    queries::insert_topics(conn, id, topics)
        .await
        .map_err(gone.on_violation_of("subscriber_topics_tag_id_fkey"))
}
