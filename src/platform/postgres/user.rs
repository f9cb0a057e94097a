use anyhow::{Context, Result, ensure};
use std::{fs, path::Path, process::Command};

/// A user and its main group, by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct User {
    pub(super) uid: u32,
    pub(super) gid: u32,
}

/// Returns the effective uid of this process.
pub(super) fn own_uid() -> Result<u32> {
    let output = Command::new("id")
        .arg("-u")
        .output()
        .context("running `id -u`")?;
    ensure!(output.status.success(), "`id -u` failed: {}", output.status);
    let text = String::from_utf8_lossy(&output.stdout);
    text.trim()
        .parse()
        .with_context(|| format!("`id -u` printed {text:?}"))
}

/// Finds whom a server started by root runs as: PostgreSQL refuses to run as root.
pub(super) fn unprivileged() -> Result<User> {
    let passwd = fs::read_to_string(Path::new("/etc/passwd")).context("reading /etc/passwd")?;
    find(&passwd, "postgres")
        .or_else(|| find(&passwd, "nobody"))
        .context(
            "PostgreSQL cannot run as root, and there is neither a user `postgres` nor `nobody`: \
         start masthead as a plain user, or set DATABASE_URL",
        )
}

fn find(passwd: &str, name: &str) -> Option<User> {
    let line = passwd
        .lines()
        .find(|line| line.split(':').next() == Some(name))?;
    let mut numbers = line.split(':').skip(2);
    Some(User {
        uid: number(numbers.next()?)?,
        gid: number(numbers.next()?)?,
    })
}

/// Reads an id; macOS writes `nobody` as -2.
fn number(text: &str) -> Option<u32> {
    text.parse()
        .ok()
        .or_else(|| text.parse::<i32>().ok().map(i32::cast_unsigned))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_are_found_by_their_whole_name() {
        let passwd = "root:x:0:0::/root:/bin/sh\nnobody2:x:7:7::/:\nnobody:*:-2:-2::/:\npostgres:x:101:104::/:";
        assert_eq!(find(passwd, "postgres"), Some(User { uid: 101, gid: 104 }));
        assert_eq!(
            find(passwd, "nobody"),
            Some(User {
                uid: u32::MAX - 1,
                gid: u32::MAX - 1
            })
        );
        assert_eq!(find(passwd, "body"), None);
    }
}
