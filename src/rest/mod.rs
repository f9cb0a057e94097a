//! Second floor: the HTTP vocabulary that every feature speaks. It knows Actix, no feature, and writes no SQL.

pub mod auth;
pub mod body;
pub mod cached;
pub mod client;
pub mod conditional;
pub mod cors;
pub mod described;
pub mod envelope;
pub mod fields;
pub mod form;
pub mod idempotency;
pub mod page;
pub mod path;
pub mod problem;
pub mod query;
pub mod ranked;
pub mod reply;
pub mod streamed;
pub mod throttle;

pub use auth::{Admin, Author, Editor, Identity};
pub use body::Body;
pub use cached::Delivery;
pub use path::Segment;
pub use problem::Problem;
pub use query::Query;
