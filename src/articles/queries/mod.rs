//! Every statement on the articles' tables.

mod links;
mod publications;
mod read;
mod revisions;
mod transitions;
mod write;

pub use links::{insert_authors, insert_tags};
pub use publications::{
    NewPublication, SpanUpdate, end_current, forget_pending, hold_tag_names, insert_publication,
    list_labels, list_live, set_span,
};
pub use read::{find, list, list_authors, list_names, list_tags, lock, with_body};
pub use revisions::{find_snapshot_at_version, insert_revision};
pub use transitions::{find_live_slug, find_next_untold, list_untold, lock_untold, set_told};
pub use write::{
    WorkingCopy, claim_slug, delete_authors, delete_tags, free_slug, insert, set_in_review,
    set_trashed, update,
};
