use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use chrono::{DateTime, Utc};

use super::{Mail, MailFault};

/// A folder that takes the mails of a place without SMTP, one `.eml` file each. Their names sort by the time they were
/// written, and hold no address.
pub struct Outbox {
    folder: PathBuf,
    written: Arc<AtomicU32>,
}

impl Outbox {
    /// The folder `outbox` below another. It is made when the first mail comes.
    pub fn below(folder: &Path) -> Self {
        Self {
            folder: folder.join("outbox"),
            written: Arc::default(),
        }
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Writes a mail, whole or not at all.
    pub async fn keep(
        &self,
        mail: &Mail,
        now: DateTime<Utc>,
        bytes: Vec<u8>,
    ) -> Result<(), MailFault> {
        let number = self.written.fetch_add(1, Ordering::Relaxed) + 1;
        let name = format!(
            "{}-{number:06}-{}-{}.eml",
            now.format("%Y%m%dT%H%M%SZ"),
            mail.name,
            mail.message_id
        );
        let path = self.folder.join(name);
        let target = path.clone();
        let written = tokio::task::spawn_blocking(move || write(&target, &bytes)).await;
        let written = written.map_err(std::io::Error::other).flatten();
        match written {
            Ok(()) => {
                tracing::info!(
                    "MASTHEAD_SMTP_URL is not set: the mail `{}` is in {}",
                    mail.name,
                    path.display()
                );
                Ok(())
            }
            Err(fault) => Err(MailFault::temporary(format!(
                "the folder for mails can't be written to: {fault}"
            ))),
        }
    }
}

fn write(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)?;
    }
    let draft = path.with_extension("draft");
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&draft)?;
    file.write_all(bytes)?;
    std::fs::rename(&draft, path)
}
