pub mod lifecycle;
pub mod list;
mod open;
pub mod write;
