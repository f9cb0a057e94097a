use std::collections::BTreeMap;
use std::fmt;

use crate::types::Slug;

/// What an import did, and what it left and why.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    pub imported: u64,
    pub updated: u64,
    pub unchanged: u64,
    pub tags_made: u64,
    /// Slugs of tags and categories that are others here, in pairs: as they were, and as they are.
    pub tags_renamed: Vec<(String, Slug)>,
    /// Edited here since the last import: left as they are.
    pub kept: Vec<Note>,
    /// Not taken, and why.
    pub skipped: Vec<Note>,
    /// Taken, but not as readers saw them.
    pub changed: Vec<Note>,
    pub comments: u64,
    /// Things that are no text, by kind.
    pub others: BTreeMap<String, u64>,
    /// Shortcodes and dynamic blocks that were taken out, by name.
    pub shortcodes: BTreeMap<String, u64>,
    /// Form placeholders that were kept.
    pub forms: u64,
}

/// Something to say of one item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Where the item begins in the file.
    pub line: u64,
    pub title: String,
    pub reason: String,
}

/// Something in an export that is counted and left.
#[derive(Debug, Clone, Copy)]
pub enum Seen {
    Term,
}

impl Report {
    /// Counts something that is left.
    pub fn count(&mut self, seen: Seen) {
        match seen {
            Seen::Term => self.count_other("other taxonomy terms"),
        }
    }

    /// Counts something that is left, by its kind.
    pub fn count_other(&mut self, kind: &str) {
        *self.others.entry(kind.to_owned()).or_default() += 1;
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Imported   {:>7}", self.imported)?;
        writeln!(f, "Updated    {:>7}", self.updated)?;
        writeln!(f, "Unchanged  {:>7}   (imported before)", self.unchanged)?;
        writeln!(f, "Kept       {:>7}   (edited here since)", self.kept.len())?;
        writeln!(f, "Skipped    {:>7}", self.skipped.len())?;
        writeln!(f, "New tags   {:>7}", self.tags_made)?;
        write!(
            f,
            "Comments   {:>7}   (counted, not imported)",
            self.comments
        )?;
        for (kind, count) in &self.others {
            write!(f, "\nLeft out   {count:>7}   {kind}")?;
        }
        if self.forms > 0 {
            write!(f, "\nForms      {:>7}   (placeholders kept)", self.forms)?;
        }
        for (name, count) in &self.shortcodes {
            write!(f, "\nTaken out  {count:>7}   [{name}]")?;
        }
        for (had, got) in &self.tags_renamed {
            write!(f, "\nNote: tag `{had}` has the slug `{got}` here")?;
        }
        let notes = [
            ("Kept", &self.kept),
            ("Skipped", &self.skipped),
            ("Note", &self.changed),
        ];
        for (label, notes) in notes {
            for note in notes {
                write!(
                    f,
                    "\n{label}: line {}, “{}”: {}",
                    note.line, note.title, note.reason
                )?;
            }
        }
        Ok(())
    }
}
