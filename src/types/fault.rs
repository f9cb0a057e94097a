use std::borrow::Cow;

use super::Named;

/// Says what is wrong with one value, and what would be right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// For programs, such as `too_long`. Codes never change.
    pub code: &'static str,
    /// For people.
    pub detail: Cow<'static, str>,
}

impl Fault {
    /// Makes a fault with a fixed or a formatted explanation.
    pub fn new(code: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code,
            detail: detail.into(),
        }
    }

    /// The value is not there, or is blank.
    pub fn required() -> Self {
        Self::new("required", "a value is required")
    }
}

/// The one door through which text becomes a value.
pub trait Parse: Sized {
    /// Reads the value from text as a client wrote it.
    fn parse(text: &str) -> Result<Self, Fault>;

    /// The thing that the value names, if that is what it is for. Whether there is such a thing, the database knows.
    fn named(&self) -> Option<Named> {
        None
    }
}

impl Parse for String {
    fn parse(text: &str) -> Result<Self, Fault> {
        Ok(text.to_owned())
    }
}

impl Parse for chrono::DateTime<chrono::Utc> {
    /// Reads an RFC 3339 instant with its offset, from year 1 to year 9999.
    fn parse(text: &str) -> Result<Self, Fault> {
        use chrono::Datelike;
        let fault = || {
            Fault::new(
                "invalid_time",
                "must be an RFC 3339 time with its offset, such as 2026-05-01T08:00:00Z",
            )
        };
        let instant = chrono::DateTime::parse_from_rfc3339(text)
            .map_err(|_| fault())?
            .to_utc();
        let leap_second = instant.timestamp_subsec_nanos() >= 1_000_000_000;
        if leap_second || !(1..=9999).contains(&instant.year()) {
            return Err(fault());
        }
        Ok(instant)
    }
}
