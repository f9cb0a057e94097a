//! Objects out of JSON that may not be all there yet: one a line, or in an array.

/// What stands at the beginning of some bytes.
#[derive(Debug, PartialEq, Eq)]
pub struct Found {
    /// Where the object begins, and ends; equal where there is none.
    pub begin: usize,
    pub end: usize,
    /// How many bytes it takes with what stands before and behind.
    pub length: usize,
}

/// The next line, without white space around it; `None` when no whole one is there.
pub fn line(bytes: &[u8], is_all: bool) -> Option<Found> {
    let length = match bytes.iter().position(|byte| *byte == b'\n') {
        Some(end) => end + 1,
        None if is_all && !bytes.is_empty() => bytes.len(),
        None => return None,
    };
    let line = &bytes[..length];
    let begin = length - line.trim_ascii_start().len();
    let end = begin + line[begin..].trim_ascii_end().len();
    Some(Found { begin, end, length })
}

/// The next element of an array: an object, or whatever else stands before the next one. Commas and the brackets of the
/// array itself are passed over. An object that the file ends in is given as far as it goes.
pub fn element(bytes: &[u8], is_all: bool) -> Option<Found> {
    let is_between = |byte: &u8| byte.is_ascii_whitespace() || b",[]".contains(byte);
    let Some(begin) = bytes.iter().position(|byte| !is_between(byte)) else {
        let length = bytes.len();
        return (is_all && length > 0).then_some(Found {
            begin: length,
            end: length,
            length,
        });
    };
    let rest = &bytes[begin..];
    let length = if rest.first() == Some(&b'{') {
        object(rest)
    } else {
        rest.iter().position(|byte| *byte == b'{')
    };
    match length {
        Some(length) => Some(Found {
            begin,
            end: begin + length,
            length: begin + length,
        }),
        None if is_all => Some(Found {
            begin,
            end: bytes.len(),
            length: bytes.len(),
        }),
        None => None,
    }
}

/// How long the object is that begins here.
fn object(bytes: &[u8]) -> Option<usize> {
    let (mut depth, mut is_text, mut is_escaped) = (0_usize, false, false);
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_text => is_escaped = true,
            b'"' => is_text = !is_text,
            b'{' if !is_text => depth += 1,
            b'}' if !is_text => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn elements(text: &str) -> Vec<String> {
        let (mut rest, mut all) = (text.as_bytes(), Vec::new());
        while let Some(found) = element(rest, true) {
            all.push(String::from_utf8(rest[found.begin..found.end].to_vec()).unwrap());
            rest = &rest[found.length..];
        }
        all
    }

    #[test]
    fn objects_are_found_whatever_they_hold() {
        assert_eq!(
            elements(r#"[{"a": "}\"{"}, {"b": {"c": []}} , 7, {"d": 1}]  "#),
            [
                r#"{"a": "}\"{"}"#,
                r#"{"b": {"c": []}}"#,
                "7, ",
                r#"{"d": 1}"#,
                ""
            ]
        );
    }

    #[test]
    fn an_object_that_is_not_whole_waits_for_more() {
        assert_eq!(element(br#"[{"a": {"#, false), None);
        assert_eq!(elements(r#"[{"a": "#), [r#"{"a": "#]);
    }

    #[test]
    fn lines_are_trimmed() {
        let found = line(b"  {}\r\n{}", false).unwrap();
        assert_eq!((found.begin, found.end, found.length), (2, 4, 6));
        assert_eq!(line(b"{}", false), None);
        assert_eq!(line(b"{}", true).unwrap().end, 2);
    }
}
