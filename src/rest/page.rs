//! Pagination: by cursor (keyset: as fast at any depth, and stable while rows are added) or by page number, in one shape
//! of answer.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::Datelike;
use serde::{Deserialize, Serialize};

use super::query::{FromQuery, Params};
use crate::platform::keyset::{After, Direction, KeyValue, OrderBy, Slice, SortColumn};
use crate::types::{Fault, Parse};

/// A list, and where in it we are.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct List<T> {
    pub data: Vec<T>,
    pub pagination: Pagination,
}

/// Where in a list an answer stands. `page`, `pages` and `total` are `null` when paging by cursor, unless `count=true`.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Pagination {
    /// How many entries a page has at most.
    #[schema(minimum = 1, maximum = 100)]
    pub limit: i64,
    /// Send it as `cursor` for what comes next; `null` at the end.
    pub next_cursor: Option<String>,
    /// Send it as `cursor` for what came before; `null` at the beginning.
    pub prev_cursor: Option<String>,
    /// Number of this page, from 1.
    pub page: Option<i64>,
    /// How many pages there are.
    pub pages: Option<i64>,
    /// How many entries there are.
    pub total: Option<i64>,
}

/// How many entries a page has: 1 to 100.
#[derive(Debug, Clone, Copy)]
pub struct Limit(pub(super) i64);

impl Limit {
    /// The number.
    pub fn get(self) -> i64 {
        self.0
    }
}

impl Parse for Limit {
    fn parse(text: &str) -> Result<Self, Fault> {
        match text.parse() {
            Ok(limit @ 1..=100) => Ok(Self(limit)),
            _ => Err(Fault::new(
                "out_of_range",
                "must be a whole number from 1 to 100",
            )),
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct PageNumber(i64);

impl Parse for PageNumber {
    fn parse(text: &str) -> Result<Self, Fault> {
        match text.parse() {
            Ok(page @ 1..=1_000_000) => Ok(Self(page)),
            _ => Err(Fault::new(
                "out_of_range",
                "must be a whole number from 1 to 1000000; go deeper with `cursor`",
            )),
        }
    }
}

/// A place in a list, as it travels: opaque to clients.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Cursor {
    /// The ordering it belongs to: a cursor of another list or another `sort` means nothing here.
    order: u64,
    side: Side,
    values: Vec<KeyValue>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Side {
    After,
    Before,
}

fn broken_cursor() -> Fault {
    Fault::new(
        "broken_cursor",
        "is no cursor of this list and this `sort`; begin without one",
    )
}

impl Parse for Cursor {
    fn parse(text: &str) -> Result<Self, Fault> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| broken_cursor())?;
        let cursor: Self = serde_json::from_slice(&bytes).map_err(|_| broken_cursor())?;
        if cursor.values.iter().all(is_storable) {
            Ok(cursor)
        } else {
            Err(broken_cursor())
        }
    }
}

/// Whether Postgres can hold a value at all: clients may write cursors of their own.
fn is_storable(value: &KeyValue) -> bool {
    match value {
        KeyValue::Text(text) => !text.contains('\0'),
        KeyValue::Time(time) => (1..=9999).contains(&time.year()),
        KeyValue::Id(_) | KeyValue::Number(_) => true,
    }
}

impl Cursor {
    fn text(&self) -> String {
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).unwrap_or_default())
    }
}

/// A closed set of columns that a list can be sorted by.
pub trait SortKey: Parse + Copy + 'static {
    /// Where the list starts when nobody asks for an order.
    const DEFAULT: &'static [(Self, Direction)];
    /// The unique column that settles ties, usually the id.
    const TIE: SortColumn;
    /// Names the list, so that its cursors fit no other.
    const LIST: &'static str;

    /// The column, in a direction.
    fn column(self, direction: Direction) -> SortColumn;
}

/// A key, and which way.
#[derive(Debug, Clone, Copy)]
pub struct Sorted<K>(K, Direction);

impl<K: SortKey> Parse for Sorted<K> {
    fn parse(text: &str) -> Result<Self, Fault> {
        match text.strip_prefix('-') {
            Some(name) => Ok(Self(K::parse(name)?, Direction::Descending)),
            None => Ok(Self(K::parse(text)?, Direction::Ascending)),
        }
    }
}

/// Which part of a list is wanted, in which order.
#[derive(Debug, Clone)]
pub struct Paging {
    pub limit: i64,
    position: Position,
    count: Count,
    columns: Vec<SortColumn>,
}

#[derive(Debug, Clone)]
enum Position {
    Start,
    Page(i64),
    At(Side, Vec<KeyValue>),
}

/// Whether the whole list should be counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Count {
    Wanted,
    Unwanted,
}

/// Reads `limit`, `cursor`, `page`, `count` and `sort`.
pub struct PagingBy<K> {
    pub paging: Paging,
    by: std::marker::PhantomData<K>,
}

impl<K: SortKey> FromQuery for PagingBy<K> {
    fn from_query(params: &mut Params) -> Option<Self> {
        let limit = params.one::<Limit>("limit");
        let cursor = params.one::<Cursor>("cursor");
        let page = params.one::<PageNumber>("page");
        let count = params.one::<bool>("count");
        let sort = params.many_in_order::<Sorted<K>>("sort");
        let (limit, cursor, page, count, sort) = (limit?, cursor?, page?, count?, sort?);
        if sort.len() > 3 {
            params.fault("sort", Fault::new("too_many", "takes at most 3 keys"));
            return None;
        }
        if !sort
            .iter()
            .enumerate()
            .all(|(at, key)| is_new(key, &sort[..at]))
        {
            params.fault("sort", Fault::new("conflicting", "names a key twice"));
            return None;
        }
        let columns = ordering::<K>(&sort);
        let position = match (cursor, page) {
            (Some(_), Some(_)) => {
                params.fault(
                    "page",
                    Fault::new("conflicting", "can't be combined with `cursor`"),
                );
                return None;
            }
            (None, None) => Position::Start,
            (None, Some(PageNumber(page))) => Position::Page(page),
            (Some(cursor), None) => {
                let fits = cursor.order == fingerprint::<K>(&columns)
                    && cursor.values.len() == columns.len()
                    && cursor
                        .values
                        .iter()
                        .zip(&columns)
                        .all(|(value, column)| value.kind() == column.kind);
                if !fits {
                    params.fault("cursor", broken_cursor());
                    return None;
                }
                Position::At(cursor.side, cursor.values)
            }
        };
        let counted = count == Some(true) || matches!(position, Position::Page(_));
        let count = if counted {
            Count::Wanted
        } else {
            Count::Unwanted
        };
        let limit = limit.map_or(20, |Limit(limit)| limit);
        Some(Self {
            paging: Paging {
                limit,
                position,
                count,
                columns,
            },
            by: std::marker::PhantomData,
        })
    }
}

/// Whether a list is not sorted by a key already, the same way or the other.
fn is_new<K: SortKey>(key: &Sorted<K>, before: &[Sorted<K>]) -> bool {
    let column = |Sorted(key, direction): &Sorted<K>| key.column(*direction).sql;
    before.iter().all(|other| column(other) != column(key))
}

/// The columns asked for, and the one that settles ties.
pub fn ordering<K: SortKey>(asked: &[Sorted<K>]) -> Vec<SortColumn> {
    let default: Vec<Sorted<K>> = K::DEFAULT
        .iter()
        .map(|(key, direction)| Sorted(*key, *direction))
        .collect();
    let sorted = if asked.is_empty() { &default } else { asked };
    let mut columns: Vec<SortColumn> = sorted
        .iter()
        .map(|Sorted(key, direction)| key.column(*direction))
        .collect();
    let direction = columns
        .last()
        .map_or(Direction::Descending, |last| last.direction);
    columns.push(SortColumn {
        direction,
        ..K::TIE
    });
    columns
}

fn fingerprint<K: SortKey>(columns: &[SortColumn]) -> u64 {
    let mut text = K::LIST.to_owned();
    for column in columns {
        text.push_str(if column.direction == Direction::Descending {
            "-"
        } else {
            "+"
        });
        text.push_str(column.sql);
    }
    xxhash_rust::xxh3::xxh3_64(text.as_bytes())
}

impl Paging {
    /// The order in which rows must be read.
    pub fn order_by(&self) -> OrderBy {
        OrderBy(self.reading_columns())
    }

    /// The same with the number of rows to read: for lists where the plan matters most.
    pub fn slice(&self) -> Slice {
        Slice {
            order: self.order_by(),
            limit: self.rows(),
            offset: self.offset(),
        }
    }

    /// The condition that skips what the client has seen; `None` at the start and with page numbers.
    pub fn after(&self) -> Option<After> {
        match &self.position {
            Position::At(_, values) => Some(After {
                columns: self.reading_columns(),
                values: values.clone(),
            }),
            _ => None,
        }
    }

    /// How many rows to pass over: page numbers only.
    pub fn offset(&self) -> i64 {
        match self.position {
            Position::Page(page) => (page - 1) * self.limit,
            _ => 0,
        }
    }

    /// How many rows to read: one more than shown tells whether there are more.
    pub fn rows(&self) -> i64 {
        self.limit + 1
    }

    /// Whether the answer should say how many there are.
    pub fn count(&self) -> Count {
        self.count
    }

    fn reading_columns(&self) -> Vec<SortColumn> {
        if !matches!(self.position, Position::At(Side::Before, _)) {
            return self.columns.clone();
        }
        self.columns
            .iter()
            .map(|column| SortColumn {
                direction: column.direction.reversed(),
                ..*column
            })
            .collect()
    }

    /// Turns the rows that were read into a page. `key` gives a row's values in the order of the sort columns.
    pub fn page<K: SortKey, R>(
        &self,
        mut rows: Vec<R>,
        total: Option<i64>,
        key: impl Fn(&R, SortColumn) -> KeyValue,
    ) -> (Vec<R>, Pagination) {
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let more = rows.len() > limit;
        rows.truncate(limit);
        let backwards = matches!(self.position, Position::At(Side::Before, _));
        if backwards {
            rows.reverse();
        }
        let (has_previous, has_next) = match &self.position {
            Position::Start => (false, more),
            Position::Page(page) => (*page > 1, more),
            Position::At(Side::After, _) => (true, more),
            Position::At(Side::Before, _) => (more, true),
        };
        let order = fingerprint::<K>(&self.columns);
        let cursor = |row: &R, side| {
            Cursor {
                order,
                side,
                values: self
                    .columns
                    .iter()
                    .map(|column| key(row, *column))
                    .collect(),
            }
            .text()
        };
        let next_cursor = rows
            .last()
            .filter(|_| has_next)
            .map(|row| cursor(row, Side::After));
        let prev_cursor = rows
            .as_slice()
            .first()
            .filter(|_| has_previous)
            .map(|row| cursor(row, Side::Before));
        let page = match self.position {
            Position::Page(page) => Some(page),
            Position::Start if total.is_some() => Some(1),
            _ => None,
        };
        let pages = total.map(|total| (total + self.limit - 1) / self.limit);
        (
            rows,
            Pagination {
                limit: self.limit,
                next_cursor,
                prev_cursor,
                page,
                pages,
                total,
            },
        )
    }
}

/// The `Link` header of a list at this path with this query (RFC 8288): `first`, and `prev`, `next`, `last` where they are
/// known.
pub fn links(path: &str, query: &str, pagination: &Pagination) -> String {
    let given: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes())
        .filter(|(name, _)| name != "cursor" && name != "page")
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    let by_page = query.split('&').any(|pair| pair.starts_with("page="));
    let link = |relation: &str, place: Option<(&str, &str)>| {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(&given);
        if let Some((name, value)) = place {
            query.append_pair(name, value);
        }
        let query = query.finish();
        let mark = if query.is_empty() { "" } else { "?" };
        format!("<{}{mark}{query}>; rel=\"{relation}\"", path)
    };
    let mut links = Vec::new();
    if by_page {
        let (page, pages) = (
            pagination.page.unwrap_or(1),
            pagination.pages.unwrap_or(1).max(1),
        );
        let mut numbered = |relation: &str, number: i64| {
            links.push(link(relation, Some(("page", &number.to_string()))))
        };
        numbered("first", 1);
        if page > 1 {
            numbered("prev", (page - 1).min(pages));
        }
        if page < pages {
            numbered("next", page + 1);
        }
        numbered("last", pages);
        return links.join(", ");
    }
    links.push(link("first", None));
    if let Some(cursor) = &pagination.prev_cursor {
        links.push(link("prev", Some(("cursor", cursor))));
    }
    if let Some(cursor) = &pagination.next_cursor {
        links.push(link("next", Some(("cursor", cursor))));
    }
    links.join(", ")
}

/// What every list takes, for the OpenAPI document.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes parameters; `PagingBy` reads them")]
pub struct PagingParams {
    /// How many entries to answer with.
    #[param(minimum = 1, maximum = 100, default = 20)]
    limit: Option<i64>,
    /// Continue where `next_cursor` or `prev_cursor` of an earlier answer says.
    #[param(min_length = 1, pattern = "^[A-Za-z0-9_-]+$")]
    cursor: Option<String>,
    /// Number of the page, from 1; can't be combined with `cursor`.
    #[param(minimum = 1, maximum = 1_000_000)]
    page: Option<i64>,
    /// `true` fills `total` when paging by cursor too.
    count: Option<bool>,
}
