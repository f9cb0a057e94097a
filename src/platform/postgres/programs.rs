use super::home::Home;
use anyhow::{Context, Result, bail, ensure};
use std::{
    env,
    ffi::{OsStr, OsString},
    fmt, fs,
    path::{Path, PathBuf},
};

/// Where packages put their servers: a directory, and how the name of a version in it begins.
const PLACES: [(&str, &str); 6] = [
    ("/usr/lib/postgresql", ""),
    ("/usr", "pgsql-"),
    ("/opt/homebrew/opt", "postgresql@"),
    ("/usr/local/opt", "postgresql@"),
    ("/Library/PostgreSQL", ""),
    ("/Applications/Postgres.app/Contents/Versions", ""),
];

/// Reports that no PostgreSQL server is installed; displayed, it is the whole advice to the user.
#[derive(Debug)]
pub struct NoPrograms;

impl std::error::Error for NoPrograms {}

impl fmt::Display for NoPrograms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(include_str!("no_programs.txt").trim_end())
    }
}

/// A directory with `postgres` and `initdb` in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Programs(PathBuf);

impl Programs {
    pub(super) fn initdb(&self) -> PathBuf {
        self.0.join("initdb")
    }

    pub(super) fn postgres(&self) -> PathBuf {
        self.0.join("postgres")
    }

    /// Asks the server for its major version.
    pub(super) fn major(&self, home: &Home) -> Result<u32> {
        let program = self.postgres();
        let output = home.command(&program).arg("--version").output();
        let output = output.with_context(|| format!("running {}", program.display()))?;
        let text = String::from_utf8_lossy(&output.stdout);
        major(text.trim_start_matches("postgres (PostgreSQL)")).with_context(|| {
            let errors = String::from_utf8_lossy(&output.stderr);
            format!(
                "{} --version printed {text:?} {errors:?}",
                program.display()
            )
        })
    }
}

/// Tells whether a directory holds a server.
pub fn has_programs(dir: &Path) -> bool {
    programs_in(dir).is_some()
}

/// Lists the servers of this machine, the preferred one first, at least one.
pub(super) fn list(explicit: Option<&Path>, path: Option<&OsStr>) -> Result<Vec<Programs>> {
    if let Some(dir) = explicit {
        let found = programs_in(dir).with_context(|| {
            format!(
                "MASTHEAD_PG_BIN is {}, but there is no `postgres` with an `initdb`",
                dir.display()
            )
        })?;
        return Ok(vec![found]);
    }
    let on_path = path
        .into_iter()
        .flat_map(env::split_paths)
        .filter_map(|dir| programs_in(&dir));
    let packaged = PLACES
        .iter()
        .flat_map(|(dir, prefix)| versions_in(Path::new(dir), prefix));
    let mut found: Vec<Programs> = on_path.chain(packaged).collect();
    found.dedup();
    ensure!(!found.is_empty(), NoPrograms);
    Ok(found)
}

/// Picks the servers that can work on data of the given major version.
pub(super) fn matching(found: Vec<Programs>, wanted: u32, home: &Home) -> Result<Programs> {
    let mut others = Vec::new();
    for programs in found {
        match programs.major(home)? {
            major if major == wanted => return Ok(programs),
            major => others.push(format!("{major} ({})", programs.0.display())),
        }
    }
    bail!(
        "the data in {data} was made by PostgreSQL {wanted}, but this machine has PostgreSQL {others}. \
         Do one of these: install PostgreSQL {wanted}; set MASTHEAD_PG_BIN to the directory of its `postgres`; \
         convert the data with pg_upgrade; or, if it can be spared, remove {data}",
        data = home.data().display(),
        others = others.join(", ")
    );
}

fn versions_in(dir: &Path, prefix: &str) -> Vec<Programs> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    let names = entries.map(|entry| entry.file_name());
    newest_first(names, prefix)
        .into_iter()
        .filter_map(|name| programs_in(&dir.join(name).join("bin")))
        .collect()
}

fn newest_first(names: impl Iterator<Item = OsString>, prefix: &str) -> Vec<OsString> {
    let version = |name: &OsString| name.to_str()?.strip_prefix(prefix).and_then(major);
    let mut versions: Vec<_> = names
        .filter_map(|name| Some((version(&name)?, name)))
        .collect();
    versions.sort_by(|a, b| b.cmp(a));
    versions.into_iter().map(|(_, name)| name).collect()
}

/// Follows `postgres` to where it really is, for `initdb` looks for its files beside itself.
fn programs_in(dir: &Path) -> Option<Programs> {
    let postgres = fs::canonicalize(dir.join("postgres")).ok()?;
    let home = postgres.parent()?;
    home.join("initdb")
        .is_file()
        .then(|| Programs(home.to_path_buf()))
}

/// Reads the number a version begins with: `17`, `15.18 (Debian …)`, `18beta1`.
pub(super) fn major(version: &str) -> Option<u32> {
    let version = version.trim_start();
    let end = version
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(version.len());
    version[..end].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_begins_with_its_major_number() {
        assert_eq!(major(" 15.18 (Debian 15.18-0+deb12u1)\n"), Some(15));
        assert_eq!(major("18beta1"), Some(18));
        assert_eq!(major("latest"), None);
    }

    #[test]
    fn versions_are_compared_as_numbers_and_strangers_left_out() {
        let names = [
            "postgresql@9.6",
            "postgresql@17",
            "postgresql@15",
            "postgresql",
            "redis@99",
        ];
        let sorted = newest_first(names.into_iter().map(OsString::from), "postgresql@");
        assert_eq!(sorted, ["postgresql@17", "postgresql@15", "postgresql@9.6"]);
    }

    #[test]
    fn a_directory_without_initdb_is_refused_by_name() {
        let error = list(Some(Path::new("/nowhere")), None).unwrap_err();
        assert!(error.to_string().contains("MASTHEAD_PG_BIN is /nowhere"));
    }

    #[test]
    fn the_advice_is_a_finished_page() {
        let advice = NoPrograms.to_string();
        assert!(advice.starts_with("masthead: no database.\n  DATABASE_URL is not set"));
        assert!(advice.ends_with("points at a server in another place."));
    }
}
