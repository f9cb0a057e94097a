use actix_web::{HttpResponse, get};

use super::statement::{self, Related};
use crate::delivery::dto::{Around, Article};
use crate::delivery::handlers::articles::moved;
use crate::delivery::queries::Wanted;
use crate::platform::config::Config;
use crate::rest::cached::Answer;
use crate::rest::page::{List, Pagination};
use crate::rest::query::{Canonical, FromQuery, Params};
use crate::rest::{Delivery, Problem, Query, Segment};
use crate::types::{Fault, Parse};

/// How many related articles are wanted.
pub struct ListRelated {
    limit: i64,
}

struct Limit(i64);

impl Parse for Limit {
    fn parse(text: &str) -> Result<Self, Fault> {
        match text.parse() {
            Ok(limit @ 1..=20) => Ok(Self(limit)),
            _ => Err(Fault::new(
                "out_of_range",
                "must be a whole number from 1 to 20",
            )),
        }
    }
}

impl FromQuery for ListRelated {
    fn from_query(params: &mut Params) -> Option<Self> {
        let limit = params.one::<Limit>("limit")?;
        Some(Self {
            limit: limit.map_or(5, |Limit(limit)| limit),
        })
    }
}

/// The parameter of related articles, for the OpenAPI document.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes a parameter; `ListRelated` reads it")]
pub struct ListRelatedParams {
    /// How many to answer with at most.
    #[param(minimum = 1, maximum = 20, default = 5)]
    limit: Option<i64>,
}

/// List related articles
///
/// What else to read, nearest first: by shared tags, where a rare tag says more than a common one, then by the words of the
/// title, then by age. In the same language; pages are left out. It may be empty, and has no further pages.
#[utoipa::path(
    tag = "delivery",
    security(()),
    params(("slug" = String, Path, description = "The article's slug or id", example = "frost-in-may"), ListRelatedParams),
    responses(
        (status = 200, description = "Related articles", body = List<Article>),
        (status = 301, description = "The article has another slug now", headers(("Location" = String, description = "Where the list is now"))),
    ),
)]
#[get("/articles/{slug}/related")]
pub async fn list_related_articles(
    delivery: Delivery,
    slug: Segment<String>,
    query: Query<ListRelated>,
) -> Result<HttpResponse, Problem> {
    let Query(list, canonical) = query;
    let wanted = Wanted::of(slug.0);
    let config = &delivery.platform.config;
    delivery
        .answer(
            canonical.as_str(),
            async |source| {
                statement::list_related(&source.conn, &wanted, list.limit, source.moment).await
            },
            async |found| answer(found, &wanted, &list, &canonical, config),
        )
        .await
}

fn answer(
    found: Related,
    wanted: &Wanted,
    list: &ListRelated,
    canonical: &Canonical,
    config: &Config,
) -> Result<Answer, Problem> {
    let (id, slug) = found.origin.ok_or(Problem::NotFound("article"))?;
    let own_tag = format!("article:{id}");
    if wanted.is_former_slug(&slug) {
        return Ok(moved(
            &format!("{slug}/related"),
            canonical,
            config,
            own_tag,
        ));
    }
    let around = Around::of_labelled(&found.articles);
    let ids = found
        .articles
        .iter()
        .map(|one| format!("article:{}", one.row.article_id));
    let cache_tags = ["articles".to_owned(), own_tag]
        .into_iter()
        .chain(ids)
        .chain(around.cache_tags())
        .collect();
    let articles = found.articles.into_iter();
    let data: Vec<Article> = articles
        .map(|one| around.article((one.row, None), config))
        .collect();
    let pagination = Pagination {
        limit: list.limit,
        next_cursor: None,
        prev_cursor: None,
        page: None,
        pages: None,
        total: None,
    };
    Answer::json(&List { data, pagination }, cache_tags)
}
