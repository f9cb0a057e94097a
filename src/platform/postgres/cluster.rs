use super::{
    data,
    home::Home,
    lease::{self, Lease},
    probe::{self, Answer, USER},
    programs, socket,
    watcher::{self, Watcher},
};
use anyhow::{Context, Result, bail, ensure};
use std::{
    ffi::OsString,
    fmt::Write,
    fs::{self, File},
    os::unix::ffi::OsStrExt,
    path::PathBuf,
    thread,
    time::{Duration, Instant},
};

/// How long somebody else may take to start or stop the cluster: `initdb` on a slow disk, say.
const TURN_PATIENCE: Duration = Duration::from_secs(120);
/// How long a server may take until it lets somebody in; after a crash it reads its log first.
const START_PATIENCE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(20);

/// Says whether an acknowledged write must survive a power cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// It must.
    Full,
    /// It need not: faster, for tests alone.
    Relaxed,
}

/// Names the directories a cluster needs to know of.
#[derive(Clone, Debug)]
pub struct Locations {
    /// Where the cluster lives; created when it is missing.
    pub root: PathBuf,
    /// The directory with `postgres` and `initdb` (`MASTHEAD_PG_BIN`), or `None` to search.
    pub programs: Option<PathBuf>,
    /// `PATH`, where the search begins.
    pub path: Option<OsString>,
    /// `XDG_RUNTIME_DIR`, preferred to `/tmp` for the socket.
    pub runtime_dir: Option<PathBuf>,
}

/// Keeps a private PostgreSQL server running.
///
/// Dropped, it lets go like [`Cluster::stop`]. A process that is killed lets go as well: the
/// watcher notices within eight seconds.
#[derive(Debug)]
pub struct Cluster {
    home: Home,
    socket: PathBuf,
    lease: Option<Lease>,
}

impl Cluster {
    /// Starts the cluster, or joins the one that runs there; blocks, for seconds the first time.
    ///
    /// A cluster keeps the durability it was made with: who can do with less gets more, and who
    /// needs more is refused.
    ///
    /// # Errors
    /// [`NoPrograms`](super::NoPrograms) when no server is installed; else what went wrong, with
    /// the end of the server's log.
    pub fn start(locations: &Locations, durability: Durability) -> Result<Self> {
        let home = Home::prepare(&locations.root, locations.path.as_deref())?;
        let mut cluster = Self {
            home,
            socket: PathBuf::new(),
            lease: None,
        };
        // Declared after the cluster, so given back before the cluster lets go when this fails.
        let _turn = cluster.home.lock(TURN_PATIENCE)?;
        let has_data = data::version(&cluster.home)?.is_some();
        ensure!(
            !has_data
                || durability == Durability::Relaxed
                || data::durability(&cluster.home) == Durability::Full,
            "the data in {} was made for tests, and would not survive a power cut: \
             use another directory, or remove this one",
            cluster.home.root.display()
        );
        cluster.lease = Some(Lease::take(&cluster.home.leases())?);
        cluster.socket = bring_up(&cluster.home, locations, durability)?;
        Ok(cluster)
    }

    /// Returns the URL of a database in the cluster; `postgres` is always there.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        let host = percent_encode(self.socket.as_os_str().as_bytes());
        format!(
            "postgres://{USER}@localhost/{}?host={host}",
            percent_encode(database.as_bytes())
        )
    }

    /// Lets go of the cluster; its last user stops the server, and waits until it is down.
    pub fn stop(mut self) -> Result<()> {
        self.let_go()
    }

    fn let_go(&mut self) -> Result<()> {
        let Some(lease) = self.lease.take() else {
            return Ok(());
        };
        let _turn = self.home.lock(TURN_PATIENCE)?;
        drop(lease);
        if lease::any_held(&self.home.leases())? {
            return Ok(());
        }
        match watcher::look(&self.home)? {
            Watcher::Running(Some(running)) => watcher::stop(&self.home, &running),
            // It has hardly begun, and will find no lease.
            Watcher::Running(None) => Ok(()),
            Watcher::Gone(_) => match data::find_orphan(&self.home)? {
                Some(orphan) => {
                    watcher::stop_orphan(&self.home, &orphan)?;
                    let _ = fs::remove_dir(&self.socket);
                    Ok(())
                }
                None => Ok(()),
            },
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Err(error) = self.let_go() {
            tracing::warn!(error = format!("{error:#}"), "could not stop Postgres");
        }
    }
}

/// Waits for a server that lets us in, starting one when there is none; returns its socket's directory.
fn bring_up(home: &Home, locations: &Locations, durability: Durability) -> Result<PathBuf> {
    let mut log_start = None;
    let mut deadline = Instant::now() + START_PATIENCE;
    loop {
        // Looked at before knocking: a server that works may refuse others, and logs that too.
        let failed = log_start.is_some_and(|from| watcher::has_failed(home, from));
        match watcher::look(home)? {
            Watcher::Gone(lock) if log_start.is_none() => {
                log_start = Some(launch(home, locations, durability, lock)?);
                deadline = Instant::now() + START_PATIENCE;
            }
            Watcher::Running(Some(running)) if probe::ask(&running.socket) == Answer::Ready => {
                return Ok(running.socket);
            }
            Watcher::Running(_) if !failed && Instant::now() < deadline => {}
            _ => bail!(
                "PostgreSQL did not start. {}",
                watcher::log_tail(home, log_start.unwrap_or(0))
            ),
        }
        thread::sleep(PAUSE);
    }
}

/// Starts a watcher and a server, on new data when there is none; returns where its log begins.
fn launch(home: &Home, locations: &Locations, durability: Durability, lock: File) -> Result<u64> {
    let found = programs::list(locations.programs.as_deref(), locations.path.as_deref())?;
    let programs = match data::version(home)? {
        Some(version) => programs::matching(found, version, home)?,
        None => {
            let preferred = found.into_iter().next().context("no programs")?;
            data::init(home, &preferred, durability)?;
            preferred
        }
    };
    let log_start = watcher::rotate_log(home)?;
    let orphan = data::find_orphan(home)?;
    let directory = match &orphan {
        Some(orphan) => orphan.socket.clone(),
        None => {
            let directory = socket::make_dir(home, locations.runtime_dir.as_deref())?;
            socket::clear(&directory)?;
            directory
        }
    };
    let mut server = vec![programs.postgres().into_os_string()];
    server.extend(data::server_arguments(home, &directory));
    watcher::spawn(
        home,
        lock,
        orphan.map(|orphan| orphan.pid),
        &directory,
        &server,
    )?;
    Ok(log_start)
}

fn percent_encode(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(byte) {
            text.push(char::from(*byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(text, "%{byte:02X}");
        }
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_directory_fits_into_a_url() {
        assert_eq!(percent_encode(b"/tmp/masthead-0f"), "%2Ftmp%2Fmasthead-0f");
        assert_eq!(percent_encode("né".as_bytes()), "n%C3%A9");
    }
}
