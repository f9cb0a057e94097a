//! Search: what readers type, and what they may have meant.
//!
//! Hits are ranked by where the words stand (title, excerpt, tags, text) and by age. How much one search costs has a bound
//! that does not grow with the archive: at most [`RANKED`](statement::RANKED) hits of a language are ranked, the newest.
//! They are found by looking into eras of growing size (see the migration), newest first, until there are enough.

mod dto;
mod filter;
mod handlers;
mod highlight;
mod mending;
mod queries;
mod statement;
mod suggestions;

pub use handlers::{search_published_articles, suggest_searches};
