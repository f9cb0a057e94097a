//! Lists that are ranked rather than sorted: by page number alone, and only so deep. A cursor would mean nothing in them,
//! because every new entry may change the order.

use super::page::{Limit, Pagination, links};
use super::query::Params;
use crate::types::{Fault, Parse};

/// Which page of a ranked list is wanted.
#[derive(Debug, Clone, Copy)]
pub struct RankedPaging {
    pub limit: i64,
    page: i64,
    depth: i64,
}

struct Page(i64);

impl Parse for Page {
    fn parse(text: &str) -> Result<Self, Fault> {
        match text.parse() {
            Ok(page @ 1..=1000) => Ok(Self(page)),
            _ => Err(Fault::new(
                "out_of_range",
                "must be a whole number from 1 to 1000",
            )),
        }
    }
}

impl RankedPaging {
    /// Reads `limit` and `page` of a list that ranks at most `depth` entries.
    pub fn from_query(params: &mut Params, depth: i64) -> Option<Self> {
        let limit = params.one::<Limit>("limit");
        let page = params.one::<Page>("page");
        let limit = limit?.map_or(20, |Limit(limit)| limit);
        let page = page?.map_or(1, |Page(page)| page);
        let paging = Self { limit, page, depth };
        if paging.offset() < depth {
            return Some(paging);
        }
        let reason = format!("is beyond the {depth} entries that are ranked; narrow the search");
        params.fault("page", Fault::new("out_of_range", reason));
        None
    }

    /// How many entries to pass over.
    pub fn offset(&self) -> i64 {
        (self.page - 1) * self.limit
    }

    /// Where the answer stands. `found` may be more than is ranked.
    pub fn pagination(&self, found: i64) -> Pagination {
        let total = found.min(self.depth);
        Pagination {
            limit: self.limit,
            next_cursor: None,
            prev_cursor: None,
            page: Some(self.page),
            pages: Some((total + self.limit - 1) / self.limit),
            total: Some(total),
        }
    }

    /// The `Link` header: pages have numbers, whether or not the query says which one it wants.
    pub fn links(path: &str, query: &str, pagination: &Pagination) -> String {
        links(path, &format!("{query}&page="), pagination)
    }
}

/// What a ranked list takes, for the OpenAPI document.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes parameters; `RankedPaging` reads them")]
pub struct RankedParams {
    /// How many entries to answer with.
    #[param(minimum = 1, maximum = 100, default = 20)]
    limit: Option<i64>,
    /// Number of the page, from 1. Only so many entries are ranked; a page beyond them is refused.
    #[param(minimum = 1, maximum = 1000, default = 1)]
    page: Option<i64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_linked_even_when_nobody_asked_for_one() {
        let paging = RankedPaging {
            limit: 20,
            page: 1,
            depth: 500,
        };
        let links = RankedPaging::links("/search", "q=frost", &paging.pagination(45));
        assert!(
            links.contains("</search?q=frost&page=2>; rel=\"next\""),
            "{links}"
        );
        assert!(
            links.contains("</search?q=frost&page=3>; rel=\"last\""),
            "{links}"
        );
        assert!(!links.contains("prev"), "{links}");
    }

    #[test]
    fn no_more_is_promised_than_is_ranked() {
        let paging = RankedPaging {
            limit: 20,
            page: 1,
            depth: 500,
        };
        assert_eq!(paging.pagination(900).pages, Some(25));
    }
}
