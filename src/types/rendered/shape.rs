//! Gives markup a shape that every HTML parser reads the same way.
//!
//! Tags that readers never get are dropped here, each element is closed inside the one that holds
//! it, tables get their rows and cells, and what HTML would close or move by itself is closed or
//! moved beforehand. So the sanitiser behind it finds nothing to repair: its answer parses back to
//! itself, and neither nesting nor misnesting can make it slow.

use super::RenderError;
use super::elements::{
    ends_item_scope, is_block, is_boundary, is_cell, is_dropped_block, is_heading, is_inline,
    is_row_group, is_table_part, is_void,
};
use super::output::Output;
use super::tokens::{Tag, Token, tokens};

/// Far beyond any article; a parser's work grows with it.
pub(super) const MAX_DEPTH: usize = 100;

/// Rewrites `html` as well-nested markup of allowed elements, entities left as they are.
///
/// # Errors
///
/// More than [`MAX_DEPTH`] elements inside each other, or more than [`Output`] takes.
pub(super) fn reshape(html: &str) -> Result<String, RenderError> {
    let mut shaper = Shaper {
        output: Output::default(),
        open: Vec::new(),
    };
    for token in tokens(html) {
        match token {
            Token::Text(text) => shaper.text(text)?,
            Token::Start(tag) => shaper.start(&tag)?,
            Token::End(name) => shaper.end(&name),
        }
    }
    shaper.close_to(0);
    Ok(shaper.output.into_html())
}

struct Shaper {
    output: Output,
    open: Vec<String>,
}

impl Shaper {
    fn text(&mut self, text: &str) -> Result<(), RenderError> {
        if !text.trim_ascii().is_empty() {
            self.leave_table_structure()?;
        }
        self.output.text(text)
    }

    fn start(&mut self, tag: &Tag) -> Result<(), RenderError> {
        let name = tag.name.as_str();
        if is_table_part(name) {
            return self.start_table_part(tag);
        }
        if is_block(name) {
            return self.start_block(tag);
        }
        let is_other_input = name == "input"
            && !tag
                .attribute("type")
                .is_some_and(|kind| kind.eq_ignore_ascii_case("checkbox"));
        if is_other_input || !is_inline(name) {
            self.break_line_at(name);
            return Ok(());
        }
        self.start_inline(tag)
    }

    fn start_inline(&mut self, tag: &Tag) -> Result<(), RenderError> {
        self.leave_table_structure()?;
        match tag.name.as_str() {
            "a" => {
                let outer = self.nearest(|name| name == "a", is_boundary);
                match (
                    outer,
                    self.nearest(|name| name == "a", |name| !is_inline(name)),
                ) {
                    (None, _) => {}
                    (Some(_), Some(at)) => self.close_to(at),
                    (Some(_), None) => return Ok(()),
                }
            }
            "rt" | "rp" => match self.nearest(|name| name == "ruby", |name| !is_inline(name)) {
                Some(ruby) => self.close_to(ruby + 1),
                None => return Ok(()),
            },
            _ => {}
        }
        self.open(tag)
    }

    fn start_block(&mut self, tag: &Tag) -> Result<(), RenderError> {
        let name = tag.name.as_str();
        if let Some(heading) = self.nearest(is_heading, is_boundary) {
            if !is_heading(name) {
                self.output.line_break();
                return Ok(());
            }
            self.close_to(heading);
        }
        self.leave_table_structure()?;
        let sibling = match name {
            "li" => self.nearest(|open| open == "li", |open| ends_item_scope(open, "li")),
            "dt" | "dd" => self.nearest(
                |open| matches!(open, "dt" | "dd"),
                |open| ends_item_scope(open, "dd"),
            ),
            _ => None,
        };
        if let Some(at) = sibling {
            self.close_to(at);
        }
        if let Some(paragraph) = self.nearest(|open| open == "p", is_boundary) {
            self.close_to(paragraph);
        }
        self.open(tag)
    }

    /// Opens a part of the innermost table at its place, with the row and group it needs.
    fn start_table_part(&mut self, tag: &Tag) -> Result<(), RenderError> {
        let Some(table) = self.open.iter().rposition(|name| name == "table") else {
            return Ok(());
        };
        let group = table + 1;
        let row = table + 2;
        let name = tag.name.as_str();
        match name {
            "col" if self.is_open_at(group, |open| open == "colgroup") => self.close_to(row),
            "tr" | "td" | "th" if self.is_open_at(group, is_row_group) => {
                let keeps_row = name != "tr" && self.is_open_at(row, |open| open == "tr");
                self.close_to(if keeps_row { row + 1 } else { row });
            }
            _ => self.close_to(group),
        }
        if name == "col" && self.open.len() == group {
            self.open_bare("colgroup")?;
        }
        if matches!(name, "tr" | "td" | "th") && self.open.len() == group {
            self.open_bare("tbody")?;
        }
        if is_cell(name) && self.open.len() == row {
            self.open_bare("tr")?;
        }
        self.open(tag)
    }

    /// Opens a cell where only rows and cells may stand, so that nothing is moved out of the table.
    fn leave_table_structure(&mut self) -> Result<(), RenderError> {
        let structural = self.open.last().is_some_and(|name| {
            let is_inner_part = is_table_part(name) && !is_boundary(name);
            name == "table" || is_inner_part
        });
        if structural {
            self.start_table_part(&Tag::bare("td"))?;
        }
        Ok(())
    }

    fn end(&mut self, name: &str) {
        if is_void(name) {
            return;
        }
        let found = if is_inline(name) {
            self.nearest(|open| open == name, |open| !is_inline(open) && open != "p")
        } else if is_heading(name) {
            self.nearest(is_heading, is_boundary)
        } else if is_table_part(name) {
            self.nearest(|open| open == name, |open| open == "table")
        } else if name == "table" {
            self.open.iter().rposition(|open| open == "table")
        } else if name == "li" {
            self.nearest(|open| open == name, |open| ends_item_scope(open, "li"))
        } else {
            self.nearest(|open| open == name, is_boundary)
        };
        match found {
            Some(at) => self.close_to(at),
            None => self.break_line_at(name),
        }
    }

    fn break_line_at(&mut self, name: &str) {
        if is_dropped_block(name) {
            self.output.line_break();
        }
    }

    fn is_open_at(&self, index: usize, is_wanted: impl Fn(&str) -> bool) -> bool {
        self.open.get(index).is_some_and(|name| is_wanted(name))
    }

    /// Finds the innermost open element that is wanted, looking outward up to one that ends the
    /// search.
    fn nearest(
        &self,
        is_wanted: impl Fn(&str) -> bool,
        is_end: impl Fn(&str) -> bool,
    ) -> Option<usize> {
        for (at, name) in self.open.iter().enumerate().rev() {
            if is_wanted(name) {
                return Some(at);
            }
            if is_end(name) {
                return None;
            }
        }
        None
    }

    fn open_bare(&mut self, name: &str) -> Result<(), RenderError> {
        self.open(&Tag::bare(name))
    }

    fn open(&mut self, tag: &Tag) -> Result<(), RenderError> {
        if self.open.len() >= MAX_DEPTH {
            return Err(RenderError::TooDeep);
        }
        self.output.start(tag)?;
        if !is_void(&tag.name) {
            self.open.push(tag.name.clone());
        }
        Ok(())
    }

    fn close_to(&mut self, depth: usize) {
        while self.open.len() > depth
            && let Some(name) = self.open.pop()
        {
            self.output.end(&name);
        }
    }
}
