//! The pages behind the links in mails, for people: plain HTML without scripts, in their language. To open one changes
//! nothing, whoever or whatever does it; a button does.

mod actions;
mod hosted;
mod linked;
mod page;
mod preferences;

pub use actions::*;
pub use hosted::{form_page, send_form_page};
