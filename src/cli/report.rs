//! What commands say to the person who typed them. The only place that writes to standard output and standard error.

use std::io::{ErrorKind, Write, stderr, stdout};

use anyhow::Context;

use crate::platform::secret::Secret;

/// One line of output. That nobody reads it (any more) ends no command: a server goes on without its terminal.
pub fn line(text: &str) {
    let _ = write(text);
}

/// Output that is the purpose of its command. A reader that has had enough, such as `head`, is no fault; a full disk is.
pub fn document(text: &str) -> anyhow::Result<()> {
    match write(text) {
        Err(fault) if fault.kind() == ErrorKind::BrokenPipe => Ok(()),
        other => other.context("standard output can't be written"),
    }
}

/// Where output goes that is too long to be held.
pub fn output() -> impl Write {
    stdout()
}

/// A password that we made, shown this once.
pub fn password(made: Option<&Secret>) {
    if let Some(password) = made {
        line(&format!("Password (shown only now): {}", password.expose()));
    }
}

/// Why a command failed: the whole chain of causes, each fault of the settings on a line of its own.
pub fn fault(fault: &anyhow::Error) {
    let text = format!("{fault:#}");
    let begin = if text.starts_with("masthead:") {
        ""
    } else {
        "masthead: "
    };
    for line in text.lines() {
        let _ = writeln!(stderr(), "{begin}{line}");
    }
}

fn write(text: &str) -> std::io::Result<()> {
    let mut out = stdout().lock();
    out.write_all(text.as_bytes())?;
    out.write_all(b"\n")?;
    out.flush()
}
