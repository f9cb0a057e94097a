use quick_xml::errors::{Error, IllFormedError, SyntaxError};

/// Says where an export is broken, and how.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct WxrError {
    /// Counted from 1.
    pub line: u64,
    /// For people, without a full stop.
    pub reason: String,
}

impl WxrError {
    pub(super) fn new(line: u64, reason: impl Into<String>) -> Self {
        let reason = reason.into();
        Self { line, reason }
    }
}

/// Reads bytes that start on the given line as UTF-8.
pub fn utf8(bytes: &[u8], line: u64) -> Result<&str, WxrError> {
    std::str::from_utf8(bytes).map_err(|error| {
        let valid = &bytes[..error.valid_up_to()];
        let newlines = valid.iter().filter(|byte| **byte == b'\n').count();
        let reason = "a byte is not UTF-8, save the file as UTF-8";
        WxrError::new(line + newlines as u64, reason)
    })
}

/// Explains what the XML reader says of a line, unless it says that the file is cut off.
pub fn of_xml(error: &Error, line: u64, open_line: u64) -> Option<WxrError> {
    let reason = match error {
        Error::Io(error) => format!("could not be read: {error}"),
        Error::Syntax(SyntaxError::InvalidBangMarkup) => {
            "a <! starts neither a comment nor a CDATA section".to_owned()
        }
        Error::Syntax(_) => return None,
        Error::IllFormed(IllFormedError::MismatchedEndTag { expected, found }) => {
            format!("</{found}> stands where <{expected}> of line {open_line} must end")
        }
        other => other.to_string(),
    };
    Some(WxrError::new(line, reason))
}
