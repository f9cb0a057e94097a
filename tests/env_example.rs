//! `.env.example` is the manual of the settings: it names each, and shows the default.
#![expect(clippy::unwrap_used, reason = "a test that can't go on must fail")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use masthead::platform::config::{Config, EnvFile};

/// What the manual says, uncommented. A setting stands right behind the `#`; prose has a space there.
fn shown() -> BTreeMap<String, String> {
    let manual = fs::read_to_string(at(".env.example")).unwrap();
    let lines: Vec<&str> = manual
        .lines()
        .filter_map(|line| line.strip_prefix('#'))
        .filter(|line| line.starts_with(|c: char| c.is_ascii_uppercase()))
        .collect();
    let read = EnvFile::parse(lines.join("\n").as_bytes());
    assert_eq!(read.faults, [], "a line of .env.example is no setting");
    read.settings
}

/// What the code asks for: every literal of `platform::config` that looks like a setting, outside its tests.
fn asked_for() -> BTreeSet<String> {
    let files = fs::read_dir(at("src/platform/config")).unwrap();
    let sources = files.map(|file| fs::read_to_string(file.unwrap().path()).unwrap());
    sources
        .flat_map(|source| {
            let code = source.split("#[cfg(test)]").next().unwrap();
            let literals = code.split('"').filter(|literal| is_setting(literal));
            literals.map(str::to_owned).collect::<Vec<_>>()
        })
        .collect()
}

fn is_setting(text: &str) -> bool {
    ["MASTHEAD_", "DATABASE_"].iter().any(|prefix| {
        text.strip_prefix(prefix)
            .is_some_and(|rest| !rest.is_empty())
    }) && text.chars().all(|c| c.is_ascii_uppercase() || c == '_')
}

fn at(path: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

#[test]
fn every_setting_is_documented_and_nothing_else_is() {
    let documented: BTreeSet<String> = shown().into_keys().collect();
    let asked_for = asked_for();
    let missing: Vec<_> = asked_for.difference(&documented).collect();
    let invented: Vec<_> = documented.difference(&asked_for).collect();
    assert!(missing.is_empty(), ".env.example lacks {missing:?}");
    assert!(invented.is_empty(), "no code asks for {invented:?}");
}

#[test]
fn every_line_is_prose_or_a_setting() {
    let manual = fs::read_to_string(at(".env.example")).unwrap();
    for line in manual.lines().filter(|line| !line.is_empty()) {
        let is_prose = line == "#" || line.starts_with("# ");
        let name = line
            .strip_prefix('#')
            .and_then(|line| line.split_once('='))
            .map_or("", |(name, _)| name);
        assert!(is_prose || is_setting(name), "not commented out: {line}");
    }
}

#[test]
fn what_is_shown_is_the_default() {
    let default = Config::from_variables(BTreeMap::new()).unwrap();
    for (name, value) in shown() {
        let one = BTreeMap::from([(name.clone(), value)]);
        let config = Config::from_variables(one).expect(&name);
        assert_eq!(
            format!("{config:?}"),
            format!("{default:?}"),
            "the value shown for {name} changes something"
        );
    }
}
