//! The rules of the house that a machine can check. `docs/architecture.md` says why they are as they are.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that can't go on must fail"
)]

mod source;

use source::{SourceFile, files_below, paths_below, root};

/// Tables that editors work on. Their features have the same names.
const TABLES_OF_EDITORS: [&str; 6] = [
    "articles",
    "article_revisions",
    "article_tags",
    "article_authors",
    "users",
    "subscribers",
];

const MOST_LINES: usize = 500;

/// Fails with one line per violation.
#[track_caller]
fn none(violations: Vec<String>) {
    assert!(violations.is_empty(), "\n{}\n", violations.join("\n"));
}

fn of_src_and_tests() -> impl Iterator<Item = SourceFile> {
    files_below("src").into_iter().chain(files_below("tests"))
}

/// The modules of `src/lib.rs`, in their order.
fn floors() -> Vec<String> {
    let words = SourceFile::read("src/lib.rs").words;
    words
        .windows(3)
        .filter(|words| words[0] == "mod" && words[2] == ";")
        .map(|words| words[1].clone())
        .collect()
}

#[test]
fn a_module_uses_only_what_lib_rs_declares_before_it() {
    let floors = floors();
    let floor_of = |name: &str| floors.iter().position(|known| known == name);
    let mut violations = Vec::new();
    for file in files_below("src") {
        let Some((module, own)) = file
            .module()
            .first()
            .and_then(|module| Some((*module, floor_of(module)?)))
        else {
            continue;
        };
        for used in file.named_below_the_crate() {
            match floor_of(used) {
                Some(floor) if floor <= own => {}
                Some(_) => violations.push(format!(
                    "{}: `{module}` uses `{used}`, which src/lib.rs declares after it",
                    file.path
                )),
                None => violations.push(format!(
                    "{}: `crate::{used}` is no module of src/lib.rs; name the module that has it",
                    file.path
                )),
            }
        }
    }
    none(violations);
}

#[test]
fn the_machine_room_knows_no_actix() {
    none(
        files_below("src/platform")
            .iter()
            .filter(|file| file.mentions("actix"))
            .map(|file| format!("{}: mentions Actix", file.path))
            .collect(),
    );
}

#[test]
fn values_know_neither_actix_nor_the_schema() {
    none(
        files_below("src/types")
            .iter()
            .filter(|file| {
                file.mentions("actix") || file.named_below_the_crate().contains(&"schema")
            })
            .map(|file| format!("{}: mentions Actix or the schema", file.path))
            .collect(),
    );
}

#[test]
fn the_http_vocabulary_builds_no_queries() {
    // Errors are mapped, and connections and transactions handed through; everything else of Diesel builds queries.
    let harmless = [
        "result",
        "QueryResult",
        "AsyncPgConnection",
        "AsyncConnection",
    ];
    let mut violations = Vec::new();
    for file in files_below("src/rest") {
        let diesel = ["diesel", "diesel_async"].map(|library| file.named_below(library));
        for name in diesel.into_iter().flatten() {
            if !harmless.contains(&name) {
                violations.push(format!("{}: uses Diesel's `{name}`", file.path));
            }
        }
        if file.named_below_the_crate().contains(&"schema") {
            violations.push(format!("{}: names tables", file.path));
        }
    }
    none(violations);
}

#[test]
fn delivery_cannot_name_what_editors_work_on() {
    let mut violations = Vec::new();
    let read_by_readers = ["src/delivery", "src/changes", "src/feeds"].map(files_below);
    for file in read_by_readers.into_iter().flatten() {
        let from_schema = file.named_below("schema");
        let from_crate = file.named_below_the_crate();
        for table in TABLES_OF_EDITORS {
            let in_sql = file.literals.iter().any(|literal| reads(literal, table));
            if from_schema.contains(&table) || from_crate.contains(&table) || in_sql {
                violations.push(format!("{}: names `{table}`", file.path));
            }
        }
        let is_renamed = file.says(&["schema", "as"]);
        if is_renamed || from_schema.iter().any(|name| ["*", "self"].contains(name)) {
            violations.push(format!("{}: takes the schema as a whole", file.path));
        }
    }
    none(violations);
}

/// Whether SQL in a literal reads a table.
fn reads(literal: &str, table: &str) -> bool {
    let words: Vec<&str> = literal
        .split(|c: char| !c.is_alphanumeric() && c != '_')
        .filter(|word| !word.is_empty())
        .collect();
    words
        .windows(2)
        .any(|pair| matches!(pair[0], "from" | "join") && pair[1] == table)
}

#[test]
fn no_file_is_longer_than_a_person_reads() {
    none(
        of_src_and_tests()
            .filter(|file| file.path != "src/schema.rs")
            .map(|file| (file.path.clone(), file.text.lines().count()))
            .filter(|(_, lines)| *lines > MOST_LINES)
            .map(|(path, lines)| format!("{path}: has {lines} lines, more than {MOST_LINES}"))
            .collect(),
    );
}

#[test]
fn every_migration_can_be_taken_back() {
    let paths = paths_below("migrations");
    let statements = |path: &str| {
        let text = std::fs::read_to_string(root().join(path)).unwrap_or_default();
        text.lines()
            .filter(|line| !line.trim().is_empty() && !line.trim().starts_with("--"))
            .count()
    };
    let ups: Vec<&String> = paths
        .iter()
        .filter(|path| path.ends_with("/up.sql"))
        .collect();
    assert!(!ups.is_empty(), "there are no migrations");
    none(
        ups.iter()
            .map(|up| up.replace("/up.sql", "/down.sql"))
            .filter(|down| statements(down) == 0)
            .map(|down| format!("{down}: is not there, or empty"))
            .collect(),
    );
}

#[test]
fn nothing_is_left_for_later() {
    // Written in pieces, so that this file doesn't find itself.
    let words = [concat!("TO", "DO"), concat!("FIX", "ME")];
    let code = [
        concat!("to", "do!("),
        concat!("unimplemented", "!("),
        concat!("#[", "ignore"),
    ];
    let mut violations = Vec::new();
    for file in of_src_and_tests() {
        for (index, line) in file.text.lines().enumerate() {
            let is_marked = line
                .split(|c: char| !c.is_alphanumeric() && c != '_')
                .any(|word| words.contains(&word));
            if is_marked || code.iter().any(|left| line.contains(left)) {
                violations.push(format!("{}:{}: {}", file.path, index + 1, line.trim()));
            }
        }
    }
    none(violations);
}

#[test]
fn every_feature_with_routes_is_mounted() {
    let mounting = SourceFile::read("src/routes.rs");
    let mut violations = Vec::new();
    for module in floors().iter().filter(|module| *module != "routes") {
        for file in files_below("src")
            .iter()
            .filter(|file| file.module() == [module.as_str()])
        {
            for routes in route_functions(file) {
                if !mounting.says(&[module, "::", routes]) {
                    violations.push(format!(
                        "{}: src/routes.rs does not mount `{module}::{routes}`",
                        file.path
                    ));
                }
            }
        }
    }
    none(violations);
}

/// Public functions that take nothing but a service configuration.
fn route_functions(file: &SourceFile) -> Vec<&str> {
    file.words
        .windows(10)
        .filter(|words| words[..2] == ["pub", "fn"] && words[7..] == ["mut", "ServiceConfig", ")"])
        .map(|words| words[2].as_str())
        .collect()
}

#[test]
fn every_file_of_api_tests_is_run() {
    let files = files_below("tests/api");
    let main = "tests/api/main.rs";
    none(
        files
            .iter()
            .filter(|file| file.path != main)
            .filter_map(|file| Some((&file.path, *file.module().last()?)))
            .filter(|(_, name)| !files.iter().any(|file| file.says(&["mod", name, ";"])))
            .map(|(path, name)| format!("{path}: nothing says `mod {name};`"))
            .collect(),
    );
}
