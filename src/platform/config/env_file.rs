//! Reads `.env`: one `NAME=value` a line. Values are literal, so that no character of a password means anything.

use std::collections::BTreeMap;

/// What a `.env` says, and what is wrong with it.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct EnvFile {
    pub settings: BTreeMap<String, String>,
    pub faults: Vec<LineFault>,
}

/// A line that can't be read. Its text is not kept: it may hold a secret.
#[derive(Debug, PartialEq, Eq)]
pub struct LineFault {
    /// Counted from 1.
    pub line: usize,
    /// The setting that the line names, where it names one.
    pub name: Option<String>,
    pub detail: String,
}

impl EnvFile {
    /// Reads the bytes of a file, all of its lines, whatever is wrong with some.
    pub fn parse(bytes: &[u8]) -> Self {
        let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
        let mut file = Self::default();
        let mut first_seen: BTreeMap<String, usize> = BTreeMap::new();
        for (index, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
            let line_number = index + 1;
            let read = read_line(line).and_then(|setting| match setting {
                Some((name, _)) if first_seen.contains_key(name) => {
                    let detail = format!("stands in line {} already", first_seen[name]);
                    Err((Some(name), detail))
                }
                setting => Ok(setting),
            });
            match read {
                Ok(None) => {}
                Ok(Some((name, value))) => {
                    first_seen.insert(name.to_owned(), line_number);
                    file.settings.insert(name.to_owned(), value.to_owned());
                }
                Err((name, detail)) => file.faults.push(LineFault {
                    line: line_number,
                    name: name.map(str::to_owned),
                    detail,
                }),
            }
        }
        file
    }
}

impl std::fmt::Display for LineFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, ".env, line {}: ", self.line)?;
        if let Some(name) = &self.name {
            write!(f, "{name}: ")?;
        }
        f.write_str(&self.detail)
    }
}

type Refusal<'a> = (Option<&'a str>, String);

/// Name and value of a line; `None` for a comment or a blank one.
fn read_line(line: &[u8]) -> Result<Option<(&str, &str)>, Refusal<'_>> {
    let (head, is_text) = match std::str::from_utf8(line) {
        Ok(text) => (text, true),
        Err(fault) => {
            let readable = line.get(..fault.valid_up_to()).unwrap_or_default();
            (std::str::from_utf8(readable).unwrap_or_default(), false)
        }
    };
    let head = head.trim();
    if head.starts_with('#') || (head.is_empty() && is_text) {
        return Ok(None);
    }
    let Some((name, value)) = head.split_once('=') else {
        return Err((None, "must be NAME=value, or begin with #".to_owned()));
    };
    let name = name.strip_prefix("export ").unwrap_or(name).trim();
    if !is_name(name) {
        // Not shown: it may be the second line of something secret.
        let detail = "what stands before the = must be a name of A-Z, a-z, 0-9 and _";
        return Err((None, detail.to_owned()));
    }
    if !is_text {
        return Err((Some(name), "is not UTF-8".to_owned()));
    }
    match unquoted(value.trim()) {
        Ok(value) => Ok(Some((name, value))),
        Err(detail) => Err((Some(name), detail)),
    }
}

fn is_name(name: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    name.bytes().all(is_allowed) && name.starts_with(|c: char| !c.is_ascii_digit())
}

/// Takes off the quotes around a value that begins with one.
fn unquoted(value: &str) -> Result<&str, String> {
    let Some(quote) = value.chars().next().filter(|c| matches!(c, '"' | '\'')) else {
        return Ok(value);
    };
    value[1..].strip_suffix(quote).ok_or_else(|| {
        format!(
            "begins with {quote} and must end with it, on the same line and with nothing behind"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value_of(line: &str) -> String {
        let mut file = EnvFile::parse(line.as_bytes());
        assert_eq!(file.faults, [], "{line}");
        file.settings.remove("A").unwrap()
    }

    #[test]
    fn values_are_literal_to_the_end_of_the_line() {
        for (line, value) in [
            ("A=six$green-apples-x", "six$green-apples-x"),
            ("A=Two words", "Two words"),
            ("A=${HOME}\\n`id`", "${HOME}\\n`id`"),
            ("A=b # no comment", "b # no comment"),
            ("A=c2hvcnQ=", "c2hvcnQ="),
            ("A=it's", "it's"),
            ("A=", ""),
            ("  export A =\t b \r", "b"),
            ("\u{feff}A=b", "b"),
        ] {
            assert_eq!(value_of(line), value, "{line}");
        }
    }

    #[test]
    fn quotes_around_a_value_are_taken_off_and_nothing_else() {
        for (line, value) in [
            (r#"A="b c""#, "b c"),
            ("A=' b '", " b "),
            (r#"A="$b\n""#, r"$b\n"),
            (r#"A='"b"'"#, r#""b""#),
            (r#"A="it"s""#, r#"it"s"#),
            ("A=''", ""),
        ] {
            assert_eq!(value_of(line), value, "{line}");
        }
    }

    #[test]
    fn comments_and_blank_lines_say_nothing() {
        assert_eq!(
            EnvFile::parse(b"\n  \n# A=b\n   #\xff\n"),
            EnvFile::default()
        );
    }

    #[test]
    fn a_bad_line_is_told_by_number_and_name_and_never_by_its_text() {
        let text = b"A=1\nhunter2\nB='hunter2\nC=\"hunter2\" # c\nhunter 2=x\nD=hunter2\xff\n2E=hunter2\nF='\n\xff\nA=hunter2\nG=2";
        let file = EnvFile::parse(text);
        let faults: Vec<String> = file.faults.iter().map(LineFault::to_string).collect();
        let begins: Vec<&str> = faults.iter().map(|fault| &fault[..15]).collect();
        assert_eq!(
            begins,
            [
                ".env, line 2: m",
                ".env, line 3: B",
                ".env, line 4: C",
                ".env, line 5: w",
                ".env, line 6: D",
                ".env, line 7: w",
                ".env, line 8: F",
                ".env, line 9: m",
                ".env, line 10: ",
            ]
        );
        assert!(faults.iter().all(|fault| !fault.contains("hunter")));
        assert_eq!(file.settings.len(), 2, "the good lines are read");
    }
}
