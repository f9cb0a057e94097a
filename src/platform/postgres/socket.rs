use super::home::{Home, at, fnv1a};
use anyhow::{Context, Result, ensure};
use std::{
    fs::{self, Permissions},
    os::unix::{
        ffi::OsStrExt,
        fs::{MetadataExt, PermissionsExt, lchown},
    },
    path::{Path, PathBuf},
};

/// The name Postgres gives its socket, after the port that every URL without one means.
pub(super) const NAME: &str = ".s.PGSQL.5432";
/// Longest path of a socket's directory, in bytes: with the name it must stay below 104 (macOS).
const DIR_MAX: usize = 85;

/// Makes the socket's directory: short, and closed to everybody else, for there is no password.
pub(super) fn make_dir(home: &Home, runtime_dir: Option<&Path>) -> Result<PathBuf> {
    // The inode, so that a cluster made anew in the same place never meets the old one's server.
    let inode = fs::metadata(home.data())
        .with_context(|| at("looking at", &home.data()))?
        .ino();
    let name = format!(
        "masthead-{:016x}",
        fnv1a(home.root.as_os_str().as_bytes()) ^ inode
    );
    let path = base(home, runtime_dir, name.len()).join(name);
    home.make_dir(&path)?;
    let found = fs::symlink_metadata(&path).with_context(|| at("looking at", &path))?;
    let owner = home.user.map_or(home.own_uid, |user| user.uid);
    // Root may have been killed before it gave the directory away.
    if home.own_uid == 0 && found.is_dir() && found.uid() == 0 {
        let gid = home.user.map(|user| user.gid);
        lchown(&path, Some(owner), gid).with_context(|| at("giving away", &path))?;
    } else {
        ensure!(
            found.is_dir() && found.uid() == owner,
            "{} is in the way: it is not a directory of uid {owner}; remove it",
            path.display()
        );
    }
    fs::set_permissions(&path, Permissions::from_mode(0o700))
        .with_context(|| at("closing", &path))?;
    Ok(path)
}

/// Chooses `XDG_RUNTIME_DIR` where it will do; root's is closed to the server's user.
fn base<'a>(home: &Home, runtime_dir: Option<&'a Path>, name_len: usize) -> &'a Path {
    runtime_dir
        .filter(|dir| home.user.is_none() && dir.is_absolute() && dir.is_dir())
        .filter(|dir| dir.as_os_str().len() + 1 + name_len <= DIR_MAX)
        .unwrap_or(Path::new("/tmp"))
}

/// Removes the socket of a server that is gone: its lock file would be trusted like the pid file.
pub(super) fn clear(dir: &Path) -> Result<()> {
    super::data::remove_if_there(&dir.join(NAME))?;
    super::data::remove_if_there(&dir.join(format!("{NAME}.lock")))
}
