//! Records of RFC 4180, out of bytes that may not be all there yet, and as lenient as spreadsheets are.

/// One record.
#[derive(Debug, PartialEq, Eq)]
pub struct Record {
    pub fields: Vec<Vec<u8>>,
    /// How many bytes it takes with its line end.
    pub length: usize,
    /// How many lines it takes.
    pub lines: u64,
    /// How many bytes its first line takes.
    pub first_line: usize,
    /// It ended inside quotation marks, or such as were opened on one line and closed on another in the middle of a field.
    pub is_open: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Start,
    Plain,
    Quoted,
    /// Behind a quotation mark inside quotation marks: the end of the field, or the first of two.
    Closing,
}

/// The record at the beginning of some bytes; `None` when they hold no whole one. Lines end with CR, LF or both; what stands
/// behind a closing quotation mark belongs to the field.
pub fn record(bytes: &[u8], delimiter: u8, is_all: bool) -> Option<Record> {
    let (mut fields, mut field) = (Vec::new(), Vec::new());
    let (mut lines, mut first_line, mut at) = (0, 0, 0);
    let (mut state, mut is_torn) = (State::Start, false);
    while let Some(&byte) = bytes.get(at) {
        at += 1;
        match (state, byte) {
            (State::Start, b'"') => state = State::Quoted,
            (State::Quoted, b'"') => state = State::Closing,
            (State::Closing, b'"') => {
                field.push(b'"');
                state = State::Quoted;
            }
            (State::Quoted, _) => {
                field.push(byte);
                if byte == b'\n' {
                    lines += 1;
                    if first_line == 0 {
                        first_line = at;
                    }
                }
            }
            (_, b'\n' | b'\r') => {
                match bytes.get(at) {
                    Some(b'\n') if byte == b'\r' => at += 1,
                    None if byte == b'\r' && !is_all => return None,
                    _ => {}
                }
                fields.push(field);
                return Some(Record {
                    fields,
                    length: at,
                    lines: lines + 1,
                    first_line: if first_line == 0 { at } else { first_line },
                    is_open: is_torn,
                });
            }
            (_, byte) if byte == delimiter => {
                fields.push(std::mem::take(&mut field));
                state = State::Start;
            }
            (before, byte) => {
                is_torn |= before == State::Closing && lines > 0;
                field.push(byte);
                state = State::Plain;
            }
        }
    }
    if !is_all || at == 0 {
        return None;
    }
    fields.push(field);
    Some(Record {
        fields,
        length: at,
        lines: lines + 1,
        first_line: if first_line == 0 { at } else { first_line },
        is_open: is_torn || state == State::Quoted,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(text: &str) -> Vec<Vec<String>> {
        let (mut rest, mut all) = (text.as_bytes(), Vec::new());
        while let Some(record) = record(rest, b',', true) {
            let text = |field: &Vec<u8>| String::from_utf8(field.clone()).unwrap();
            all.push(record.fields.iter().map(text).collect());
            rest = &rest[record.length..];
        }
        all
    }

    #[test]
    fn quoted_fields_hold_delimiters_quotes_and_line_ends() {
        assert_eq!(
            fields("a,\"b,\"\"c\"\"\r\nd\",\r\n\"e\"f,g\"h\rlast"),
            [
                vec!["a", "b,\"c\"\r\nd", ""],
                vec!["ef", "g\"h"],
                vec!["last"]
            ]
        );
    }

    #[test]
    fn a_record_is_whole_or_waits_for_more() {
        for part in ["a,b", "a,\"b\n", "a\r", "\"a\""] {
            assert_eq!(record(part.as_bytes(), b',', false), None, "{part:?}");
        }
        assert!(record(b"a\"\n", b',', false).is_some());
        assert_eq!(record(b"", b',', true), None);
    }

    #[test]
    fn a_quotation_mark_that_is_never_closed_shows() {
        let open = record(b"a,\"b\nc\nd", b',', true).unwrap();
        assert!(open.is_open);
        assert_eq!((open.lines, open.first_line), (3, 5));
    }
}
