use super::{
    cluster::Durability,
    home::Home,
    probe::{self, Answer, USER},
    programs::{self, Programs},
};
use anyhow::{Context, Result, bail};
use std::{
    ffi::OsString,
    fs::{self, File},
    io::ErrorKind,
    path::{Path, PathBuf},
    process,
};

/// Says below the root that the data need not survive a power cut.
const RELAXED_MARK: &str = "relaxed";
/// How the name of a directory begins in which `initdb` works.
const UNFINISHED: &str = "data.new-";

/// Returns the major version that made the data; `None` when there is no data yet.
pub(super) fn version(home: &Home) -> Result<Option<u32>> {
    let path = home.data().join("PG_VERSION");
    match fs::read_to_string(&path) {
        Ok(text) => programs::major(&text)
            .map(Some)
            .with_context(|| format!("{} holds {text:?}, not a version", path.display())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("reading {}", path.display())),
    }
}

/// Returns what the existing data was made for.
pub(super) fn durability(home: &Home) -> Durability {
    if home.root.join(RELAXED_MARK).exists() {
        Durability::Relaxed
    } else {
        Durability::Full
    }
}

/// Makes the data: beside its place first, so that whatever has the name `data` is complete.
pub(super) fn init(home: &Home, programs: &Programs, durability: Durability) -> Result<()> {
    clear_unfinished(home);
    // Not the same name twice: an `initdb` that outlived its parent may still be writing there.
    let unfinished = home
        .root
        .join(format!("{UNFINISHED}{}", unused_number(home)));
    home.make_dir(&unfinished)?;
    run_initdb(home, programs, durability, &unfinished)?;
    match durability {
        Durability::Full => remove_if_there(&home.root.join(RELAXED_MARK))?,
        Durability::Relaxed => drop(home.open(RELAXED_MARK)?),
    }
    fs::rename(&unfinished, home.data())
        .with_context(|| format!("renaming {} to data", unfinished.display()))?;
    if durability == Durability::Full {
        let root = File::open(&home.root).and_then(|root| root.sync_all());
        root.with_context(|| format!("syncing {}", home.root.display()))?;
    }
    Ok(())
}

fn run_initdb(home: &Home, programs: &Programs, durability: Durability, into: &Path) -> Result<()> {
    let mut command = home.command(programs.initdb());
    command
        .arg("-D")
        .arg(into)
        .args(["-U", USER, "-A", "trust", "-E", "UTF8"]);
    command.args(["--no-locale", "--no-instructions"]);
    if durability == Durability::Relaxed {
        command.arg("--no-sync");
    }
    let output = command
        .output()
        .with_context(|| format!("running {}", programs.initdb().display()))?;
    if output.status.success() {
        return Ok(());
    }
    let _ = fs::remove_dir_all(into);
    let errors = String::from_utf8_lossy(&output.stderr);
    if errors.contains("could not look up effective user ID") {
        bail!(
            "PostgreSQL cannot run as a user without a name: uid {} is missing in /etc/passwd. \
             Run as a user that is there, add this one, or set DATABASE_URL",
            super::user::own_uid()?
        );
    }
    bail!("initdb failed ({}):\n{}", output.status, errors.trim_end());
}

/// Removes what interrupted `initdb`s left; one that still runs makes this fail, and the next start tries again.
fn clear_unfinished(home: &Home) {
    for entry in fs::read_dir(&home.root).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(UNFINISHED) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

fn unused_number(home: &Home) -> u32 {
    let taken = |number: &u32| home.root.join(format!("{UNFINISHED}{number}")).exists();
    (process::id()..).find(|number| !taken(number)).unwrap_or(0)
}

/// A server that works on the data although its watcher is gone.
#[derive(Debug)]
pub(super) struct Orphan {
    pub(super) pid: u32,
    pub(super) socket: PathBuf,
}

/// Finds such a server; the pid file alone proves nothing, for its pid may be another's by now.
pub(super) fn find_orphan(home: &Home) -> Result<Option<Orphan>> {
    let data = home.data();
    let pid_file = data.join("postmaster.pid");
    let Some(orphan) = fs::read_to_string(&pid_file)
        .ok()
        .as_deref()
        .and_then(parse_pid_file)
    else {
        return Ok(None);
    };
    // A server's working directory is its data.
    let proc_entry = PathBuf::from(format!("/proc/{}", orphan.pid));
    if fs::read_link(proc_entry.join("cwd")).is_ok_and(|cwd| cwd == data) {
        return Ok(Some(orphan));
    }
    if !Path::new("/proc/self").exists() {
        let lives = probe::ask(&orphan.socket) != Answer::Silent;
        return Ok(lives.then_some(orphan));
    }
    // Postgres would take whoever has that pid for its predecessor, and refuse to start.
    if proc_entry.exists() {
        remove_if_there(&pid_file)?;
    }
    Ok(None)
}

fn parse_pid_file(text: &str) -> Option<Orphan> {
    let mut lines = text.lines();
    let pid = lines.next()?.trim().parse().ok()?;
    let socket = PathBuf::from(lines.nth(3)?);
    Some(Orphan { pid, socket })
}

pub(super) fn remove_if_there(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).with_context(|| format!("removing {}", path.display()))
        }
        _ => Ok(()),
    }
}

/// The server's command line.
pub(super) fn server_arguments(home: &Home, socket: &Path) -> Vec<OsString> {
    let mut arguments: Vec<OsString> =
        vec!["-D".into(), home.data().into(), "-k".into(), socket.into()];
    let mut settings = vec![
        "listen_addresses=",
        "port=5432",
        "unix_socket_permissions=0700",
        "logging_collector=off",
        // The details of an error quote rows, and with them addresses of people.
        "log_error_verbosity=terse",
        "shared_buffers=128MB",
    ];
    settings.extend_from_slice(match durability(home) {
        Durability::Full => &["max_connections=100"],
        Durability::Relaxed => &[
            "max_connections=200",
            "fsync=off",
            "synchronous_commit=off",
            "full_page_writes=off",
        ],
    });
    arguments.extend(
        settings
            .iter()
            .flat_map(|setting| ["-c".into(), setting.into()]),
    );
    arguments
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pid_file_names_the_server_and_its_socket() {
        let text = "4711\n/srv/data\n1790000000\n5432\n/tmp/masthead-1\n\n 123 4\nready   \n";
        let orphan = parse_pid_file(text).unwrap();
        assert_eq!(
            (orphan.pid, orphan.socket),
            (4711, PathBuf::from("/tmp/masthead-1"))
        );
        assert!(parse_pid_file("4711\n").is_none());
        assert!(parse_pid_file("").is_none());
    }
}
