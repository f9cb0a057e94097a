//! `masthead import subscribers` and `masthead export subscribers`.

use std::fs::File;
use std::io::{BufWriter, ErrorKind, Write};

use anyhow::Context;

use super::report;
use crate::platform::Platform;
use crate::subscriber_imports::{self as imports, ExportOptions, ImportOptions};

/// Imports a file, and says what became of it.
pub async fn import(platform: &Platform, options: &ImportOptions) -> anyhow::Result<()> {
    let told = imports::import(platform, options).await?;
    report::line(&told);
    Ok(())
}

/// Exports the list into a file, or to standard output. A reader that has had enough, such as `head`, is no fault.
pub async fn export(platform: &Platform, options: &ExportOptions) -> anyhow::Result<()> {
    let mut out: Box<dyn Write> = match &options.output {
        Some(path) => {
            let file = File::create(path);
            let file = file.with_context(|| format!("{} can't be written", path.display()))?;
            Box::new(BufWriter::new(file))
        }
        None => Box::new(report::output()),
    };
    let exported = imports::export(platform, options, &mut *out).await;
    let is_enough = |fault: &anyhow::Error| {
        let fault = fault.downcast_ref::<std::io::Error>();
        fault.is_some_and(|fault| fault.kind() == ErrorKind::BrokenPipe)
    };
    match exported {
        Err(fault) if is_enough(&fault) => Ok(()),
        other => other,
    }
}
