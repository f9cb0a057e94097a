//! What crosses the wire.

mod list;
mod read;
mod write;

pub use list::{ListArticles, ListArticlesParams};
pub use read::{EditedArticle, Person};
pub use write::{CreateArticle, PublishArticle, UpdateArticle, UpdateParams};
