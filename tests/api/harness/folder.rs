use std::path::{Path, PathBuf};

use super::smtp::Received;

/// A data folder of its own, that goes when it is dropped.
pub struct TestFolder(PathBuf);

impl TestFolder {
    /// Names a folder; whoever needs it makes it.
    pub fn new() -> Self {
        let name = uuid::Uuid::now_v7().simple().to_string();
        Self(
            Path::new(env!("CARGO_TARGET_TMPDIR"))
                .join("data")
                .join(name),
        )
    }

    /// Where it is.
    pub fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }

    /// Writes a file below it.
    pub fn write(&self, path: &str, text: &str) {
        let path = self.0.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// The names of the mails in its outbox, oldest first.
    pub fn mail_names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.0.join("outbox"));
        let mut names: Vec<String> = entries
            .into_iter()
            .flatten()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name.ends_with(".eml"))
            .collect();
        names.sort();
        names
    }

    /// The mails in its outbox, oldest first.
    pub fn mails(&self) -> Vec<Received> {
        let read = |name: String| {
            let raw = std::fs::read_to_string(self.0.join("outbox").join(name)).unwrap();
            let mut mail = Received {
                from: String::new(),
                to: Vec::new(),
                parameters: String::new(),
                raw,
            };
            mail.to.extend(mail.header("to"));
            mail
        };
        self.mail_names().into_iter().map(read).collect()
    }
}

impl Drop for TestFolder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
