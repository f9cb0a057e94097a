use actix_web::{HttpResponse, get};

use super::dto::{Facets, Hit, SearchResults, Suggestions};
use super::filter::{Search, SearchParams, Suggest, SuggestParams};
use super::queries::{self, Found};
use super::suggestions;
use crate::delivery::dto::Around;
use crate::platform::config::Config;
use crate::rest::cached::Answer;
use crate::rest::query::Canonical;
use crate::rest::ranked::{RankedPaging, RankedParams};
use crate::rest::reply::to_value;
use crate::rest::{Delivery, Problem, Query};

/// Search published articles
///
/// Best first: words in titles count more than in excerpts, those more than in tags, those more than in texts, and new
/// articles more than old ones. When nothing has the words, similar ones are searched for, and `corrected` tells which.
/// The newest 200 hits of a language are ranked and counted; narrow the search for older ones. Paging is by `page` alone.
#[utoipa::path(
    tag = "delivery",
    security(()),
    params(SearchParams, RankedParams),
    responses((status = 200, description = "A page of hits", body = SearchResults<Hit>)),
)]
#[get("/search")]
pub async fn search_published_articles(
    delivery: Delivery,
    query: Query<Search>,
) -> Result<HttpResponse, Problem> {
    let Query(search, canonical) = query;
    let config = &delivery.platform.config;
    delivery
        .answer(
            canonical.as_str(),
            async |source| {
                queries::search(&source.conn, &search.filter, search.paging, source.moment).await
            },
            async |found| results(found, &search, delivery.path(), &canonical, config),
        )
        .await
}

fn results(
    found: Found,
    search: &Search,
    path: &str,
    canonical: &Canonical,
    config: &Config,
) -> Result<Answer, Problem> {
    let around = Around::of_labelled(found.hits.iter().map(|hit| &hit.publication));
    let facets = Facets::from(found.facets);
    let ids = found
        .hits
        .iter()
        .map(|hit| format!("article:{}", hit.publication.row.article_id));
    let mut named: Vec<String> = around.cache_tags();
    named.extend(facets.cache_tags());
    named.sort_unstable();
    named.dedup();
    let cache_tags = ["articles".to_owned()]
        .into_iter()
        .chain(ids)
        .chain(named)
        .collect();
    let pagination = search.paging.pagination(found.total);
    let links = RankedPaging::links(path, canonical.as_str(), &pagination);
    let hits = found
        .hits
        .into_iter()
        .map(|hit| Hit::of(hit, &around, config));
    let corrected = found.corrected;
    let answer = if search.fields.is_everything() {
        let data: Vec<Hit> = hits.collect();
        Answer::json(
            &SearchResults {
                data,
                pagination,
                corrected,
                facets,
            },
            cache_tags,
        )?
    } else {
        let kept = hits.map(|hit| Ok(search.fields.keep(to_value(&hit)?)));
        let data = kept.collect::<Result<Vec<_>, Problem>>()?;
        Answer::json(
            &SearchResults {
                data,
                pagination,
                corrected,
                facets,
            },
            cache_tags,
        )?
    };
    Ok(answer.with_links(links))
}

/// Suggest searches
///
/// For a search box, while somebody types: tags and titles that have all the words, the last of which may be unfinished.
/// At most 10, tags first, then the newest articles.
#[utoipa::path(
    tag = "delivery",
    security(()),
    params(SuggestParams),
    responses((status = 200, description = "What may be meant", body = Suggestions)),
)]
#[get("/search/suggest")]
pub async fn suggest_searches(
    delivery: Delivery,
    query: Query<Suggest>,
) -> Result<HttpResponse, Problem> {
    let Query(suggest, canonical) = query;
    delivery
        .answer(
            canonical.as_str(),
            async |source| suggestions::suggest(&source.conn, &suggest.typed, source.moment).await,
            async |data| {
                let named = data
                    .iter()
                    .map(|suggestion| format!("{}:{}", suggestion.kind, suggestion.id));
                let all = ["articles".to_owned(), "tags".to_owned()];
                let cache_tags = all.into_iter().chain(named).collect();
                Answer::json(&Suggestions { data }, cache_tags)
            },
        )
        .await
}
