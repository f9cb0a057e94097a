//! Tags, and the exemplar: the next resource is a copy of this folder (see CONTRIBUTING).
//!
//! A tag has a name, a slug that is its address, and perhaps a parent: categories of other systems become tags that keep
//! their hierarchy. Its number of articles counts what readers find under it.

mod dto;
pub mod events;
mod handlers;
mod model;
pub mod queries;
pub mod references;

use utoipa_actix_web::service_config::ServiceConfig;

pub use dto::{ListTags, ListTagsParams, Tag, TagSummary};
pub use model::{TagFilter, TagRow, TagSort, TagWithParent, WritableTag};

/// Adds the routes below `/api/v1/editor`.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(handlers::list_tags)
        .service(handlers::create_tag)
        .service(handlers::read_tag)
        .service(handlers::update_tag)
        .service(handlers::delete_tag);
}
