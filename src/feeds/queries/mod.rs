//! Every statement of feeds and sitemaps. Those of one answer go down one connection together, and the last asks what the
//! database says of itself.

mod feeds;
mod sitemaps;

pub use feeds::read_feed;
pub use sitemaps::{list_addresses, list_news, list_parts};
