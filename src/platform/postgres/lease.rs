use anyhow::{Context, Result};
use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::ErrorKind,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    process,
    sync::atomic::{AtomicU64, Ordering},
};

static NEXT: AtomicU64 = AtomicU64::new(0);

/// One user's claim on the cluster: a file named after this process, locked while it lives.
///
/// The lock tells us, and the name tells the watcher (a shell cannot look at locks).
#[derive(Debug)]
pub(super) struct Lease {
    path: PathBuf,
    _locked: File,
}

impl Lease {
    pub(super) fn take(leases: &Path) -> Result<Self> {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let began = fs::read_to_string("/proc/self/stat")
            .ok()
            .and_then(|stat| start_time(&stat));
        // Without /proc there is no cheap start time, and the watcher compares none.
        let path = leases.join(format!("{}-{}-{number}", process::id(), began.unwrap_or(0)));
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&path)
            .with_context(|| format!("creating the lease {}", path.display()))?;
        file.lock()
            .with_context(|| format!("locking the lease {}", path.display()))?;
        Ok(Self {
            path,
            _locked: file,
        })
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

/// Whether somebody holds a lease.
pub(super) fn any_held(leases: &Path) -> Result<bool> {
    let entries = fs::read_dir(leases).with_context(|| format!("listing {}", leases.display()))?;
    for entry in entries {
        let path = entry
            .with_context(|| format!("listing {}", leases.display()))?
            .path();
        match OpenOptions::new()
            .read(true)
            .custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK)
            .open(&path)
        {
            Ok(file) if matches!(file.try_lock(), Err(TryLockError::WouldBlock)) => {
                return Ok(true);
            }
            // Its holder is dead; the watcher clears it away.
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            // One of root's, seen by a plain user: the watcher knows better.
            Err(_) => return Ok(true),
        }
    }
    Ok(false)
}

/// Reads the start time, in clock ticks since boot, out of `/proc/<pid>/stat`.
fn start_time(stat: &str) -> Option<u64> {
    // The name stands in parentheses and may hold spaces and parentheses itself.
    let (_, rest) = stat.rsplit_once(')')?;
    rest.split_whitespace().nth(19)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_start_time_is_found_behind_a_strange_name() {
        let stat = "42 (a) b ) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 8812 20 21";
        assert_eq!(start_time(stat), Some(8812));
        assert_eq!(start_time("42"), None);
    }
}
