pub mod feeds;
pub mod sitemaps;
