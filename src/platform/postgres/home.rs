use super::user::{self, User};
use anyhow::{Context, Result, bail, ensure};
use std::{
    ffi::{OsStr, OsString},
    fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError},
    io::ErrorKind,
    os::unix::{
        ffi::OsStrExt,
        fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt, chown, fchown, lchown},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// Where clusters of root live when the server's user cannot reach the directory asked for.
const SYSTEM_ROOT: &str = "/var/lib/masthead";

/// The directory of a cluster, and the user its server runs as.
#[derive(Debug)]
pub(super) struct Home {
    pub(super) root: PathBuf,
    /// `None` when the server runs as this process does.
    pub(super) user: Option<User>,
    pub(super) own_uid: u32,
    path: OsString,
}

impl Home {
    /// Makes the directory ready, or another one when root's server could not get into it.
    pub(super) fn prepare(root: &Path, path: Option<&OsStr>) -> Result<Self> {
        let mut search = path.map_or_else(OsString::new, OsString::from);
        search.push(":/usr/local/bin:/usr/bin:/bin");
        let own_uid = user::own_uid()?;
        let asked = std::path::absolute(root).context("finding the current directory")?;
        let mut home = Self {
            root: asked,
            user: None,
            own_uid,
            path: search,
        };
        if own_uid == 0 {
            home.settle_as_root()?;
        } else {
            home.settle_as_user()?;
        }
        home.root = fs::canonicalize(&home.root).with_context(|| at("resolving", &home.root))?;
        home.make_dir(&home.leases())?;
        Ok(home)
    }

    pub(super) fn data(&self) -> PathBuf {
        self.root.join("data")
    }

    pub(super) fn leases(&self) -> PathBuf {
        self.root.join("leases")
    }

    pub(super) fn log(&self) -> PathBuf {
        self.root.join("postgres.log")
    }

    /// A program to run as the server's user, with nothing of our environment but the search path.
    pub(super) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("PATH", &self.path)
            .env(
                "LC_ALL",
                if cfg!(target_os = "macos") {
                    "C"
                } else {
                    "C.UTF-8"
                },
            )
            .current_dir("/")
            .stdin(Stdio::null());
        if let Some(user) = self.user {
            command.uid(user.uid).gid(user.gid);
        }
        command
    }

    /// Opens a file directly below the root, creating it when it is missing.
    pub(super) fn open(&self, name: &str) -> Result<File> {
        self.open_with(name, OpenOptions::new().read(true).write(true))
    }

    pub(super) fn open_log(&self) -> Result<File> {
        self.open_with("postgres.log", OpenOptions::new().append(true))
    }

    fn open_with(&self, name: &str, options: &mut OpenOptions) -> Result<File> {
        let path = self.root.join(name);
        let file = options
            .create(true)
            .mode(0o600)
            .custom_flags(libc::O_NOFOLLOW | libc::O_CLOEXEC)
            .open(&path)
            .with_context(|| at("opening", &path))?;
        // The server's user reads the watcher's script, and may start the cluster itself one day.
        if let Some(user) = self.user {
            let found = file.metadata().with_context(|| at("looking at", &path))?;
            if found.uid() != user.uid {
                ensure!(
                    found.is_file() && found.nlink() == 1,
                    "{} is not ours",
                    path.display()
                );
                fchown(&file, Some(user.uid), Some(user.gid))
                    .with_context(|| at("giving away", &path))?;
            }
        }
        Ok(file)
    }

    /// Waits until no other process starts or stops the cluster.
    pub(super) fn lock(&self, patience: Duration) -> Result<File> {
        let file = self.open("lock")?;
        if !lock_within(&file, patience)? {
            bail!(
                "another process has been starting or stopping the cluster in {} for {} s",
                self.root.display(),
                patience.as_secs()
            );
        }
        Ok(file)
    }

    /// Makes a directory that belongs to the server's user alone; one that exists is left as it is.
    pub(super) fn make_dir(&self, path: &Path) -> Result<()> {
        match DirBuilder::new().mode(0o700).create(path) {
            Ok(()) => match self.user {
                Some(user) => lchown(path, Some(user.uid), Some(user.gid))
                    .with_context(|| at("giving away", path)),
                None => Ok(()),
            },
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
            Err(error) => Err(error).with_context(|| at("creating", path)),
        }
    }

    fn settle_as_user(&self) -> Result<()> {
        fs::create_dir_all(&self.root).with_context(|| at("creating", &self.root))?;
        let owner = fs::metadata(&self.root)
            .with_context(|| at("looking at", &self.root))?
            .uid();
        ensure!(
            owner == self.own_uid,
            "{} belongs to uid {owner}, but this is uid {}: run as that user, or remove the directory",
            self.root.display(),
            self.own_uid
        );
        fs::set_permissions(&self.root, Permissions::from_mode(0o700))
            .with_context(|| at("closing", &self.root))
    }

    fn settle_as_root(&mut self) -> Result<()> {
        if self.root_is_usable()? {
            return Ok(());
        }
        ensure!(
            !self.data().exists(),
            "the server's user can no longer enter {}: give the directories above it the mode 0711 again",
            self.root.display()
        );
        let resolved = fs::canonicalize(&self.root).unwrap_or_else(|_| self.root.clone());
        // Only goes when it is empty, that is, when it was made just now.
        let _ = fs::remove_dir(&self.root);
        let system = Path::new(SYSTEM_ROOT);
        fs::create_dir_all(system).with_context(|| at("creating", system))?;
        fs::set_permissions(system, Permissions::from_mode(0o711))
            .with_context(|| at("opening up", system))?;
        let replacement = system.join(format!("{:016x}", fnv1a(resolved.as_os_str().as_bytes())));
        tracing::info!(
            asked = %self.root.display(),
            root = %replacement.display(),
            "the server's user cannot enter the directory asked for: Postgres lives elsewhere"
        );
        self.root = replacement;
        ensure!(
            self.root_is_usable()?,
            "PostgreSQL cannot run as root, and its user can enter neither {} nor {}",
            resolved.display(),
            self.root.display()
        );
        Ok(())
    }

    /// Chooses the server's user, readies the root for it, and tries whether it can get there.
    fn root_is_usable(&mut self) -> Result<bool> {
        fs::create_dir_all(&self.root).with_context(|| at("creating", &self.root))?;
        let found = fs::metadata(&self.root).with_context(|| at("looking at", &self.root))?;
        if found.uid() == 0 {
            let user = match fs::metadata(self.data()) {
                Ok(data) => User {
                    uid: data.uid(),
                    gid: data.gid(),
                },
                Err(_) => user::unprivileged()?,
            };
            // Stays with root, so that nothing in it can be swapped for a link to elsewhere.
            chown(&self.root, Some(0), Some(user.gid)).with_context(|| at("giving", &self.root))?;
            fs::set_permissions(&self.root, Permissions::from_mode(0o710))
                .with_context(|| at("closing", &self.root))?;
            self.user = Some(user);
        } else {
            self.user = Some(User {
                uid: found.uid(),
                gid: found.gid(),
            });
        }
        let status = self
            .command("/bin/sh")
            .args([
                OsStr::new("-c"),
                OsStr::new("cd \"$1\""),
                OsStr::new("sh"),
                self.root.as_os_str(),
            ])
            .stderr(Stdio::null())
            .status()
            .context("running /bin/sh")?;
        Ok(status.success())
    }
}

/// Tries to lock a file until the patience is over; tells whether it did.
pub(super) fn lock_within(file: &File, patience: Duration) -> Result<bool> {
    let deadline = Instant::now() + patience;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(true),
            Err(TryLockError::WouldBlock) if Instant::now() < deadline => {
                thread::sleep(Duration::from_millis(5));
            }
            Err(TryLockError::WouldBlock) => return Ok(false),
            Err(TryLockError::Error(error)) => return Err(error).context("locking a file"),
        }
    }
}

pub(super) fn at(doing: &str, path: &Path) -> String {
    format!("{doing} {}", path.display())
}

/// Hashes a path to a name that stays the same in every release.
pub(super) fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_of_a_path_never_changes() {
        assert_eq!(fnv1a(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a(b"foobar"), 0x8594_4171_f739_67e8);
    }
}
