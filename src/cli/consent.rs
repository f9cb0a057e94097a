//! `masthead consent`: whether the record of who agreed to what is whole.

use clap::Subcommand;

use super::report;
use crate::platform::Platform;
use crate::subscribers::ledger::{self, Verdict};

#[derive(Subcommand)]
pub enum ConsentAction {
    /// Walk the consent ledger from its first entry to its last: prints how many there are and the hash of the last, or the number of the first that is not as it was written, and then exits with 1
    Verify,
}

/// Does what was asked for.
pub async fn run(platform: &Platform, action: ConsentAction) -> anyhow::Result<()> {
    match action {
        ConsentAction::Verify => verify(platform).await,
    }
}

async fn verify(platform: &Platform) -> anyhow::Result<()> {
    let mut conn = platform.db.get().await?;
    match ledger::verify(&mut conn).await? {
        Verdict::Whole { count: 0, .. } => report::line("The consent ledger is empty."),
        Verdict::Whole { count, head } => {
            let head: String = head.iter().map(|byte| format!("{byte:02x}")).collect();
            report::line(&format!(
                "The consent ledger is whole: {count} entries, the last with hash {head}."
            ));
        }
        Verdict::Broken { number, reason } => {
            anyhow::bail!("the consent ledger is broken: entry {number} {reason}")
        }
    }
    Ok(())
}
