//! How often forms are loaded, shown, dismissed, sent and confirmed: by variant and day, and by nothing that leads to a
//! person. Counted in memory, and written every few seconds by every instance; what was counted in the last seconds before
//! a crash is lost.

mod counter;
mod dto;
mod handlers;
mod known;
mod queries;

pub use counter::{Counted, Counter};
pub use handlers::{count_form_event, read_form_stats};
pub use known::KnownForms;
