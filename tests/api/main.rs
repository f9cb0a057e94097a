//! The API from outside: every test starts the real server on a real Postgres with a database of its own, and speaks HTTP
//! as some named kind of person.
#![expect(clippy::unwrap_used, reason = "a test that can't go on must fail")]
#![expect(clippy::too_many_lines, reason = "a story is told in one piece")]

mod articles;
mod auth;
mod bodies;
mod browser;
mod cache;
mod changes;
mod command_line;
mod consent;
mod delivery;
mod demo;
mod events;
mod feeds;
mod forms;
mod harness;
mod import;
mod jobs;
mod mail;
mod migrations;
mod ndjson;
mod openapi;
mod plans;
mod previews;
mod related;
mod requests;
mod search;
mod sitemaps;
mod subscriber_imports;
mod subscribers;
mod subscriptions;
mod tags;
