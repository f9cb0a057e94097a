//! Every statement of delivery. Those of one answer are sent down one connection together (pipelined): one round trip.

mod articles;
mod authors;
mod export;
mod live;
mod tags;

pub use articles::{Bodies, Wanted, find, list};
pub use authors::{find_author, list_authors};
pub use export::{around, each_of, ids_after};
pub use live::{Kinds, seen};
pub use tags::{find_tag, list_tags};
