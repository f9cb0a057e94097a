//! What crosses the wire.

mod list;
mod read;
mod write;

pub use list::{ListArticles, ListArticlesParams};
pub use read::{EDITED_MEMBERS, EditedArticle, Person};
pub use write::{CreateArticle, PublishArticle, UpdateArticle, UpdateParams};
