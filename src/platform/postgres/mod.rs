//! A private PostgreSQL for whoever has none: found, initialised, started, shared and stopped.
//!
//! Below the root lie `data` (the cluster), `leases` (one file per user of it), `postgres.log`,
//! `lock` (held while somebody starts or stops) and `watcher` (held by the watcher, with its pid
//! and the socket directory in it). A POSIX-sh watcher is the server's parent: it starts it again
//! when it dies, and stops it when the last lease is gone, however its holder ended.
//!
//! The server listens on a Unix socket in a directory only its own user can enter; there is no
//! password and no TCP port. Started by root, it runs as `postgres`, else as `nobody`.

mod cluster;
mod data;
mod home;
mod lease;
mod probe;
mod programs;
mod socket;
mod user;
mod watcher;

pub use cluster::{Cluster, Durability, Locations};
pub use programs::{NoPrograms, has_programs};
