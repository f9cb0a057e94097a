//! What else to read: by shared tags (a rare tag says more than a common one), then by words, then by age.

mod handlers;
mod statement;

pub use handlers::list_related_articles;
