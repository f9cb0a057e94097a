use super::{
    data::{self, Orphan},
    home::{self, Home},
};
use anyhow::{Context, Result, ensure};
use std::{
    ffi::OsString,
    fs::{self, File, TryLockError},
    io::{Read, Seek, SeekFrom, Write},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

const SCRIPT: &str = include_str!("watcher.sh");
/// The log is put aside at a start when it is larger than this, in bytes.
const LOG_MAX: u64 = 10 << 20;
/// Lines of the log that an error shows.
const TAIL_LINES: usize = 15;
/// How long a fast shutdown may take; it writes everything unsaved to disk.
const STOP_PATIENCE: Duration = Duration::from_secs(60);

/// What became of the watcher.
#[derive(Debug)]
pub(super) enum Watcher {
    /// It runs; `None` when it has not said yet where its server listens.
    Running(Option<Running>),
    /// There is none; the lock is ours, for the next one.
    Gone(File),
}

/// A running watcher, in its own words.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Running {
    pub(super) pid: u32,
    pub(super) socket: PathBuf,
}

/// Looks for the watcher; only to be called under the lock of the home.
pub(super) fn look(home: &Home) -> Result<Watcher> {
    let mut file = home.open("watcher")?;
    match file.try_lock() {
        Ok(()) => {
            file.set_len(0).context("clearing the watcher's file")?;
            Ok(Watcher::Gone(file))
        }
        Err(TryLockError::WouldBlock) => {
            let mut text = String::new();
            file.read_to_string(&mut text)
                .context("reading the watcher's file")?;
            Ok(Watcher::Running(parse(&text)))
        }
        Err(TryLockError::Error(error)) => Err(error).context("locking the watcher's file"),
    }
}

/// Starts a watcher, and with it a server, unless there is one to adopt.
pub(super) fn spawn(
    home: &Home,
    lock: File,
    adopted: Option<u32>,
    socket: &Path,
    server: &[OsString],
) -> Result<()> {
    let script = home.root.join("watcher.sh");
    let mut file = home.open("watcher.sh")?;
    file.set_len(0)
        .and_then(|()| file.write_all(SCRIPT.as_bytes()))
        .with_context(|| format!("writing {}", script.display()))?;
    let log = home.open_log()?;
    let mut child = home
        .command("/bin/sh")
        .arg(&script)
        .arg(adopted.unwrap_or(0).to_string())
        .arg(home.leases())
        .arg(socket)
        .args(server)
        // Out of reach of the terminal's Ctrl-C.
        .process_group(0)
        .stdin(lock)
        .stdout(log.try_clone().context("opening the log twice")?)
        .stderr(log)
        .spawn()
        .context("running /bin/sh")?;
    // Somebody has to collect it when it ends, or it stays as a zombie.
    thread::Builder::new()
        .name("postgres-watcher".to_owned())
        .spawn(move || child.wait())
        .context("starting a thread")?;
    Ok(())
}

/// Tells a watcher to stop its server and itself, and waits until both have.
pub(super) fn stop(home: &Home, watcher: &Running) -> Result<()> {
    // It may have gone by itself; the lock tells.
    signal(home, "TERM", watcher.pid)?;
    let down = home::lock_within(&home.open("watcher")?, STOP_PATIENCE)?;
    ensure!(
        down,
        "PostgreSQL has not stopped within {} s (watcher {}). {}",
        STOP_PATIENCE.as_secs(),
        watcher.pid,
        log_tail(home, 0)
    );
    Ok(())
}

/// Stops a server whose watcher is gone, and waits until it is down.
pub(super) fn stop_orphan(home: &Home, orphan: &Orphan) -> Result<()> {
    signal(home, "INT", orphan.pid)?;
    let deadline = Instant::now() + STOP_PATIENCE;
    while data::find_orphan(home)?.is_some() {
        ensure!(
            Instant::now() < deadline,
            "PostgreSQL {} does not stop",
            orphan.pid
        );
        thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

/// Sends a signal with the rights of the server's user, whoever the pid turns out to be.
fn signal(home: &Home, name: &str, pid: u32) -> Result<()> {
    let script = format!("kill -{name} {pid}");
    home.command("/bin/sh")
        .arg("-c")
        .arg(script)
        .output()
        .context("running /bin/sh")?;
    Ok(())
}

fn parse(text: &str) -> Option<Running> {
    // The line break at the end shows that all of it has been written.
    let (pid, socket) = text.strip_suffix('\n')?.split_once('\n')?;
    Some(Running {
        pid: pid.parse().ok()?,
        socket: PathBuf::from(socket),
    })
}

/// Puts a long log aside, and returns where the next lines will begin, in bytes.
pub(super) fn rotate_log(home: &Home) -> Result<u64> {
    let path = home.log();
    let length = home
        .open_log()?
        .metadata()
        .context("measuring the log")?
        .len();
    if length <= LOG_MAX {
        return Ok(length);
    }
    fs::rename(&path, path.with_extension("log.1"))
        .with_context(|| format!("renaming {}", path.display()))?;
    Ok(0)
}

/// Whether the server has said, since that place in the log, that it cannot start.
pub(super) fn has_failed(home: &Home, from: u64) -> bool {
    read_log(home, from).lines().any(is_failure)
}

/// Returns the last lines of the log, indented, with its path above.
pub(super) fn log_tail(home: &Home, from: u64) -> String {
    let text = read_log(home, from);
    let lines: Vec<&str> = text.lines().collect();
    let tail = &lines[lines.len().saturating_sub(TAIL_LINES)..];
    format!(
        "{} ends with:\n  {}",
        home.log().display(),
        tail.join("\n  ")
    )
}

fn read_log(home: &Home, from: u64) -> String {
    let mut bytes = Vec::new();
    if let Ok(mut log) = File::open(home.log()) {
        let length = log.metadata().map_or(0, |log| log.len());
        let start = from.max(length.saturating_sub(16 << 10));
        let _ = log
            .seek(SeekFrom::Start(start))
            .and_then(|_| log.read_to_end(&mut bytes));
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Tells a failed start from a server that is busy, or that waits for its predecessor's backends.
fn is_failure(line: &str) -> bool {
    let passing = [
        "is still in use",
        "already exists",
        "the database system is",
        "terminating connection",
    ];
    line.contains("FATAL:") && !passing.iter().any(|words| line.contains(words))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_half_written_file_says_nothing() {
        let running = Running {
            pid: 12,
            socket: PathBuf::from("/tmp/masthead-1"),
        };
        assert_eq!(parse("12\n/tmp/masthead-1\n"), Some(running));
        assert_eq!(parse("12\n/tmp/mast"), None);
        assert_eq!(parse(""), None);
    }

    #[test]
    fn a_predecessor_that_is_still_going_is_no_failure() {
        assert!(is_failure(
            "x [1] FATAL:  configuration file \"y\" contains errors"
        ));
        assert!(!is_failure(
            "x [1] FATAL:  lock file \"postmaster.pid\" already exists"
        ));
        assert!(!is_failure(
            "FATAL:  pre-existing shared memory block (key 1, ID 2) is still in use"
        ));
        assert!(!is_failure("FATAL:  the database system is starting up"));
        assert!(!is_failure("LOG:  database system is shut down"));
    }
}
