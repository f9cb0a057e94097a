//! What commands say to the person who typed them. The only place that prints.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "this is the command line's voice"
)]

use crate::platform::secret::Secret;

/// One line of output.
pub fn line(text: &str) {
    println!("{text}");
}

/// A password that we made, shown this once.
pub fn password(made: Option<&Secret>) {
    if let Some(password) = made {
        println!("Password (shown only now): {}", password.expose());
    }
}

/// Why a command failed: the whole chain of causes, each fault of the settings on a line of its own.
pub fn fault(fault: &anyhow::Error) {
    let text = format!("{fault:#}");
    if text.starts_with("masthead:") {
        eprintln!("{text}");
        return;
    }
    for line in text.lines() {
        eprintln!("masthead: {line}");
    }
}
