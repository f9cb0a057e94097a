pub mod articles;
pub mod authors;
pub mod tags;
