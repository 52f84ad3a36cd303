//! The architecture as a test: every file of src/ keeps the rules that `architecture/rules.rs` holds as data.
//! A break is reported with file, line and rule. The test has a test of itself.

#[path = "architecture/checks.rs"]
mod checks;
#[path = "architecture/itself.rs"]
mod itself;
#[path = "architecture/lexer.rs"]
mod lexer;
#[path = "architecture/paths.rs"]
mod paths;
#[path = "architecture/rules.rs"]
mod rules;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

fn src() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// Every source file below src/, by its name from there with `/`.
fn sources() -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut folders = vec![src()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("src/ can be read") {
            let path = entry.expect("src/ can be read").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(src()).expect("found below src/");
                let name = name.to_string_lossy().replace('\\', "/");
                found.insert(name, std::fs::read_to_string(&path).expect("sources are UTF-8"));
            }
        }
    }
    assert!(found.len() > 10, "src/ was found");
    found
}

/// Modules that their parents declare for tests only.
fn test_modules(sources: &BTreeMap<String, String>) -> BTreeSet<Vec<String>> {
    let of_file = |(file, source): (&String, &String)| {
        let parent = checks::module_path(file);
        let declared = checks::test_modules(source).into_iter();
        declared.map(|name| parent.iter().cloned().chain([name]).collect()).collect::<Vec<_>>()
    };
    sources.iter().flat_map(of_file).collect()
}

fn rooms(sources: &BTreeMap<String, String>) -> BTreeSet<String> {
    sources.keys().filter_map(|file| checks::module_path(file).first().cloned()).collect()
}

#[test]
fn every_source_file_keeps_the_rules() {
    let sources = sources();
    let tests = test_modules(&sources);
    let breaks: Vec<String> = sources
        .iter()
        .flat_map(|(file, source)| {
            let module = checks::module_path(file);
            let is_test = (1..=module.len()).any(|len| tests.contains(&module[..len]));
            checks::check(file, source, is_test)
        })
        .map(|found| found.to_string())
        .collect();
    assert!(breaks.is_empty(), "\n{}\n", breaks.join("\n"));
}

#[test]
fn every_module_is_in_the_code_map() {
    let page = std::fs::read_to_string(src().join("ARCHITECTURE.md")).expect("src/ARCHITECTURE.md is there");
    for room in rooms(&sources()) {
        let line = format!("| `{room}` |");
        assert!(page.contains(&line), "src/ARCHITECTURE.md: the code map has no line beginning with {line}");
    }
}

#[test]
fn every_exception_is_still_needed() {
    let sources = sources();
    for (file, what, _) in rules::EXCEPTIONS {
        let Some(source) = sources.get(*file) else { continue };
        let found = paths::paths(&lexer::tokens(source), &checks::module_path(file));
        let needed = found.iter().any(|path| path.segments.join("::").starts_with(what));
        assert!(needed, "{file} no longer needs its exception for {what}");
    }
}
