//! Masthead: a headless CMS for newsrooms and magazines.
//!
//! # Floors
//!
//! The modules below stand in the order of their floors. A module may use what stands below it, or to its left on its own
//! floor, which is to say: **what comes earlier in this file**. Never what comes later. `tests/architecture` reads this
//! file and sees to it.
//!
//! # Invariants
//!
//! - Readers see `publications`, `tags` and `authors`, and nothing else: `delivery` can't name the tables that editors
//!   work on.
//! - Every change writes one event, in its own transaction. What must happen upwards happens because someone reads events.
//! - Value types are valid by construction. A handler that runs has parsed input and a caller with the right role.
//! - Handlers open transactions; queries never do. The connection is taken after the body has arrived.
//!
//! # Deliberately absent
//!
//! No webhooks, no media: `cover` is always `null`.

// Ground: values.
mod schema;
pub mod types;

// First floor: the machine room.
pub mod platform;

// Second floor: the HTTP vocabulary.
mod rest;

// Third floor: features, from left to right. The blank lines keep rustfmt from sorting them by name.
mod authors;

mod users;

mod tags;

mod articles;

mod previews;

mod delivery;

mod changes;

mod feeds;

mod forms;

mod subscribers;

mod subscriber_imports;

mod import;

mod demo;

mod jobs;

mod site;

// Fourth floor: wiring, from left to right.
mod routes;

pub mod openapi;

mod worker;

pub mod app;

pub mod cli;

pub use demo::{Loaded, load as load_demo};
pub use import::{Mode as ImportMode, Report as ImportReport, wordpress as import_wordpress};
pub use users::accounts;
