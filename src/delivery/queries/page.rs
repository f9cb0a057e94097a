use diesel::BoxableExpression;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::Bool;

use super::articles::Boxed;
use super::linked::{AmongAllLinked, AmongNewestLinked, IsLinked, Links};
use super::live::{Contains, IsLive, Kinds};
use crate::delivery::filter::PublicationFilter;
use crate::platform::clock::Moment;
use crate::platform::keyset::{After, Slice};
use crate::schema::publications;
use crate::types::Locale;

/// Something that a publication must meet.
pub type Condition<'a> = Box<dyn BoxableExpression<publications::table, Pg, SqlType = Bool> + 'a>;

/// Those publications of a list that stand on one page of it.
pub fn page_of<'a>(
    filter: &'a PublicationFilter,
    slice: Slice,
    after: Option<After>,
    now: Moment,
) -> Boxed<'a> {
    let query = publications::table.into_boxed();
    let (first, conditions) = conditions(filter, now);
    let Some(links) = first else {
        return cut(met(query, conditions), slice, after);
    };
    let laid = AmongNewestLinked::new(links.clone(), conditions, &slice, after.clone());
    match laid {
        Some(page) => query.filter(page).order(slice.order),
        None => cut(all_of(filter, now), slice, after),
    }
}

/// All publications of a list.
pub fn all_of(filter: &PublicationFilter, now: Moment) -> Boxed<'_> {
    let (first, conditions) = conditions(filter, now);
    let query = met(publications::table.into_boxed(), conditions);
    match first {
        Some(links) => query.filter(AmongAllLinked(links)),
        None => query,
    }
}

fn cut(query: Boxed<'_>, slice: Slice, after: Option<After>) -> Boxed<'_> {
    let query = query.order(slice);
    match after {
        Some(after) => query.filter(after),
        None => query,
    }
}

fn met<'a>(query: Boxed<'a>, conditions: Vec<Condition<'a>>) -> Boxed<'a> {
    conditions
        .into_iter()
        .fold(query, |query, condition| query.filter(condition))
}

/// What a publication must be linked to first of all, if anything, and what else it must meet.
fn conditions(filter: &PublicationFilter, now: Moment) -> (Option<Links>, Vec<Condition<'_>>) {
    let mut all: Vec<Condition<'_>> = vec![Box::new(IsLive {
        at: now,
        kinds: Kinds::of(&filter.kinds),
    })];
    if !filter.locales.is_empty() {
        all.push(Box::new(publications::locale.eq_any(&filter.locales)));
    }
    if let Some(featured) = filter.featured {
        all.push(Box::new(publications::featured.eq(featured)));
    }
    if let Some(after) = filter.published_after {
        all.push(Box::new(publications::published_at.gt(after)));
    }
    if let Some(before) = filter.published_before {
        all.push(Box::new(publications::published_at.lt(before)));
    }
    if let Some(words) = &filter.words {
        let locale = filter.locales.first().cloned();
        let locale = locale.unwrap_or_else(Locale::default);
        all.push(Box::new(Contains {
            words: words.as_text().clone(),
            locale: locale.as_str().to_owned(),
        }));
    }
    if !filter.tags_not.is_empty() {
        let unwanted = Links::to_tags(&filter.tags_not);
        all.push(Box::new(IsLinked::No(unwanted)));
    }
    let mut links = links(filter).into_iter();
    let first = links.next();
    for more in links {
        all.push(Box::new(IsLinked::Yes(more)));
    }
    (first, all)
}

fn links(filter: &PublicationFilter) -> Vec<Links> {
    let mut all = Vec::new();
    for tag in &filter.tags_all {
        all.push(Links::to_tags(std::slice::from_ref(tag)));
    }
    if !filter.tags.is_empty() {
        all.push(Links::to_tags(&filter.tags));
    }
    if !filter.authors.is_empty() {
        all.push(Links::to_authors(&filter.authors));
    }
    all
}
