//! Reads a WordPress export (WXR) without a database: records from the file, and bodies cleaned.
//!
//! Memory is constant: one record at a time, and a record of more than 64 MiB of kept text is
//! refused. Cleaned HTML is tidy, not safe: it still goes through the sanitiser.
//!
//! Deliberately absent: the text of comments, menus, custom fields, and DTDs of any kind.

mod autop;
mod body;
mod categories;
mod cleaner;
mod date;
mod elements;
mod entities;
mod entry;
mod error;
mod html;
mod item;
mod known;
mod lookalike;
mod lost;
mod meter;
mod output;
mod picture;
mod prefixes;
mod shortcode;
mod terms;
mod text;
mod wxr;
mod xml;

pub use body::{CleanBody, clean};
pub use entry::{
    Author, Category, Domain, Item, PostType, Record, Site, Status, Stickiness, Tag, decoded,
};
pub use error::WxrError;
pub use lost::lost_things;
pub use text::plain;
pub use wxr::read;
