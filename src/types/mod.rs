//! Ground floor: values that are valid by construction. Nothing here knows HTTP, and of Postgres only how a value is
//! stored.
//!
//! A value type has a private field and one fallible door, [`Parse`]; whoever holds one need not check it again.

mod closed;
pub mod custom;
mod email;
mod fault;
mod id;
mod locale;
mod patch;
mod raw_json;
mod reference;
mod rendered;
mod role;
mod seo;
mod slug;
mod sql;
mod text;
mod time_zone;
mod whole;

pub use custom::JsonObject;
pub use email::EmailAddress;
pub use fault::{Fault, Parse};
pub use id::{
    ArticleId, AuthorId, FormId, ImportId, JobId, PreviewLinkId, PublicationId, SessionId,
    SubscriberId, TagId, UserId, WishId,
};
pub use locale::Locale;
pub use patch::Patch;
pub use raw_json::RawJson;
pub use reference::{Named, Reference};
pub use rendered::{BodyFormat, Rendered, TocEntry, excerpt, render};
pub use role::Role;
pub use seo::{Seo, WebAddress};
pub use slug::Slug;
pub use text::{Line, Prose};
pub use time_zone::TimeZone;
pub use whole::Whole;

pub(crate) use closed::closed_set;
pub(crate) use sql::{read_back_from_text, stored_as_json};
