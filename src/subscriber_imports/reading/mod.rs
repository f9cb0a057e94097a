//! Files as they come, turned into rows: encodings, delimiters, formats and columns.

mod columns;
mod csv;
mod draft;
mod json;
mod layout;
mod row;
mod times;

use serde_json::{Map, Value};

pub use columns::Role;
pub use layout::{Column, Encoding, FileFormat, ImportMediaType, Layout, Told};
pub use row::{Incoming, Remark, Rower, Topics, Wish};

/// How long a row may be, in bytes.
const LONGEST: usize = 256 * 1024;

/// Whether some bytes are all there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    Part,
    All,
}

/// A place in a file: all before it has been read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    pub bytes: u64,
    pub lines: u64,
    pub rows: u64,
}

/// A row that was told from its neighbours.
#[derive(Debug)]
pub struct RawRow {
    /// From 1, without the header.
    pub number: u64,
    /// On which line of the file it begins, from 1.
    pub line: u64,
    pub cells: Result<Cells, Remark>,
}

impl RawRow {
    /// How many values stand in it.
    pub fn values(&self) -> usize {
        match &self.cells {
            Ok(Cells::Texts(texts)) => texts.len(),
            Ok(Cells::Members(members)) => members.len(),
            Err(_) => 0,
        }
    }
}

/// What stands in a row.
#[derive(Debug)]
pub enum Cells {
    Texts(Vec<String>),
    Members(Map<String, Value>),
}

/// Tells rows from each other, in bytes that are fed to it piece by piece.
pub struct Reader {
    media_type: ImportMediaType,
    encoding: Encoding,
    delimiter: u8,
    width: usize,
    buffer: Vec<u8>,
    begin: usize,
    is_all: bool,
    place: Place,
}

impl Reader {
    /// Begins at a place.
    pub fn new(layout: &Layout, place: Place) -> Self {
        Self {
            media_type: layout.media_type,
            encoding: layout.encoding,
            delimiter: layout
                .delimiter
                .and_then(|c| u8::try_from(c).ok())
                .unwrap_or(b','),
            width: layout.columns.len(),
            buffer: Vec::new(),
            begin: 0,
            is_all: false,
            place,
        }
    }

    /// Where it has come to.
    pub fn place(&self) -> Place {
        self.place
    }

    /// Adds the bytes that come next.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.buffer.drain(..self.begin);
        self.begin = 0;
        self.buffer.extend_from_slice(bytes);
    }

    /// There are no more bytes.
    pub fn end(&mut self) {
        self.is_all = true;
    }

    /// Whether nothing can come any more.
    pub fn is_done(&self) -> bool {
        self.is_all && self.begin == self.buffer.len()
    }

    /// The next row; `None` when more bytes are needed, or there are none.
    pub fn next(&mut self) -> Option<RawRow> {
        loop {
            let before = self.place.lines;
            let (blank_lines, found) = match self.media_type {
                ImportMediaType::Csv => (0, self.csv_row()?),
                ImportMediaType::Ndjson | ImportMediaType::Json => self.json_row()?,
            };
            if let Some(cells) = found {
                self.place.rows += 1;
                return Some(RawRow {
                    number: self.place.rows,
                    line: before + blank_lines + 1,
                    cells,
                });
            }
        }
    }

    /// A row, or nothing of importance.
    fn csv_row(&mut self) -> Option<Option<Result<Cells, Remark>>> {
        let rest = &self.buffer[self.begin..];
        let record = csv::record(rest, self.delimiter, self.extent(rest.len()))?;
        if record
            .fields
            .iter()
            .all(|field| field.trim_ascii().is_empty())
            && !record.is_open
        {
            self.pass(record.length, record.lines);
            return Some(None);
        }
        let fault = if record.is_open || record.length > LONGEST {
            Some(Remark::new(
                "open_quote",
                "a quotation mark is opened and not closed, or the row is far too long",
            ))
        } else if record.fields.len() != self.width {
            let detail = match record.fields.len() {
                1 => format!("has one column; the first line has {}", self.width),
                count => format!("has {count} columns; the first line has {}", self.width),
            };
            Some(Remark::new("wrong_column_count", detail))
        } else {
            None
        };
        if let Some(fault) = fault {
            // Only the line is given up: a stray quotation mark must not swallow those that follow.
            self.pass(record.first_line, 1);
            return Some(Some(Err(fault)));
        }
        let cells = record
            .fields
            .iter()
            .map(|field| decoded(field, self.encoding));
        let cells = Cells::Texts(cells.collect());
        self.pass(record.length, record.lines);
        Some(Some(Ok(cells)))
    }

    /// The same, and how many lines stand before it.
    fn json_row(&mut self) -> Option<(u64, Option<Result<Cells, Remark>>)> {
        let rest = &self.buffer[self.begin..];
        let extent = self.extent(rest.len());
        let found = match self.media_type {
            ImportMediaType::Json => json::element(rest, extent),
            _ => json::line(rest, extent),
        }?;
        let object = &rest[found.begin..found.end];
        let lines = |part: &[u8]| part.iter().filter(|byte| **byte == b'\n').count() as u64;
        let (before, lines) = (lines(&rest[..found.begin]), lines(&rest[..found.length]));
        let cells = if object.is_empty() {
            None
        } else {
            let read = if found.length > LONGEST {
                Err(Remark::new("too_long", "is far too long"))
            } else {
                let text = decoded(object, self.encoding);
                serde_json::from_str(&text)
                    .map(Cells::Members)
                    .map_err(|_| Remark::new("invalid_json", "is no JSON object"))
            };
            Some(read)
        };
        self.pass(found.length, lines);
        Some((before, cells))
    }

    /// No row is waited for that is longer than any may be.
    fn extent(&self, length: usize) -> Extent {
        if self.is_all || length > LONGEST {
            Extent::All
        } else {
            Extent::Part
        }
    }

    fn pass(&mut self, bytes: usize, lines: u64) {
        self.begin += bytes;
        self.place.bytes += bytes as u64;
        self.place.lines += lines;
    }
}

/// The text of some bytes.
fn decoded(bytes: &[u8], encoding: Encoding) -> String {
    match encoding {
        Encoding::Utf8 => String::from_utf8_lossy(bytes).into_owned(),
        Encoding::Windows1252 => bytes.iter().map(|byte| windows_1252(*byte)).collect(),
    }
}

/// The letter of a byte: as in Latin-1, but for those that are control characters there.
fn windows_1252(byte: u8) -> char {
    const LETTERS: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž',
        '\u{8f}', '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}',
        'ž', 'Ÿ',
    ];
    match byte {
        0x80..=0x9f => LETTERS[usize::from(byte - 0x80)],
        _ => char::from(byte),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(encoding: Encoding, width: usize) -> Layout {
        Layout {
            media_type: ImportMediaType::Csv,
            encoding,
            delimiter: Some(','),
            format: FileFormat::Generic,
            all_are: None,
            columns: (0..width)
                .map(|number| Column {
                    name: number.to_string(),
                    role: Role::Ignored,
                })
                .collect(),
            begin: 0,
            begin_lines: 0,
        }
    }

    const START: Place = Place {
        bytes: 0,
        lines: 0,
        rows: 0,
    };

    fn rows(bytes: &[u8], piece: usize) -> Vec<String> {
        let mut reader = Reader::new(&layout(Encoding::Windows1252, 2), START);
        let mut rows = Vec::new();
        let mut pieces = bytes.chunks(piece);
        loop {
            while let Some(row) = reader.next() {
                let cells = match row.cells {
                    Ok(Cells::Texts(texts)) => texts.join("|"),
                    Ok(Cells::Members(_)) => unreachable!(),
                    Err(remark) => remark.code.to_owned(),
                };
                rows.push(format!("{}:{} {cells}", row.number, row.line));
            }
            match pieces.next() {
                Some(piece) => reader.feed(piece),
                None if reader.is_all => break,
                None => reader.end(),
            }
        }
        assert!(reader.is_done());
        assert_eq!(reader.place().bytes, bytes.len() as u64);
        rows
    }

    #[test]
    fn rows_are_the_same_however_the_bytes_come() {
        let text = b"a,\"b\r\nb\"\r\n\r\n,\nc\nd,\x80\xfc";
        for piece in 1..text.len() {
            assert_eq!(
                rows(text, piece),
                ["1:1 a|b\r\nb", "2:5 wrong_column_count", "3:6 d|€ü"],
                "{piece}"
            );
        }
    }

    #[test]
    fn a_stray_quotation_mark_costs_one_line() {
        assert_eq!(
            rows(b"a,b\nc,\"d\ne,f\ng,h\n", 4),
            ["1:1 a|b", "2:2 open_quote", "3:3 e|f", "4:4 g|h"]
        );
        assert_eq!(
            rows(b"c,\"d\ne,\"f\ng,h\n", 4),
            ["1:1 open_quote", "2:2 open_quote", "3:3 g|h"]
        );
    }
}
