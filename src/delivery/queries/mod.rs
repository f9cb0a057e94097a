//! Every statement of delivery. Those of one answer are sent down one connection together (pipelined): one round trip.

mod articles;
mod authors;
mod export;
mod labels;
mod linked;
mod live;
mod newest;
mod page;
mod tags;

pub use articles::{Bodies, BoxedIds, Wanted, find, find_name, id_of, list};
pub use authors::{find_author, list_authors};
pub use export::{around, each_of, numbers_after};
pub use live::{IsLive, Kinds, seen};
pub use newest::{NewestOf, newest};
pub use tags::{find_tag, list_tags};
