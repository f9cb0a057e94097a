//! The API from outside: every test starts the real server on a real Postgres with a database of its own, and speaks HTTP
//! as some named kind of person.
#![expect(clippy::unwrap_used, reason = "a test that can't go on must fail")]
#![expect(clippy::too_many_lines, reason = "a story is told in one piece")]

mod articles;
mod auth;
mod bodies;
mod delivery;
mod demo;
mod harness;
mod import;
mod migrations;
mod openapi;
mod requests;
mod subscribers;
mod subscriptions;
mod tags;
