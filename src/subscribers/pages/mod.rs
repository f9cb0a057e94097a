//! The pages behind the links in mails, for people: plain HTML without scripts, in their language. To open one changes
//! nothing, whoever or whatever does it; a button does.

mod actions;
mod page;
mod preferences;

pub use actions::*;
