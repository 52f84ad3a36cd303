//! The test of the test: small made-up sources that break each rule are caught at the right line, and sources
//! that keep it pass.

use crate::checks::{check, test_modules};
use crate::rules::{BANS, LEVELS, What, Where};

/// `expected`: the line and a part of the rule, or `None` where nothing is wrong.
fn expect(file: &str, body: &str, expected: Option<(usize, &str)>) {
    let found = check(file, &format!("//! A file.\n{body}"), false);
    match expected {
        None => assert!(found.is_empty(), "{file}: {body}\n{found:?}"),
        Some((line, rule)) => assert!(
            found.iter().any(|found| found.line == line && found.rule.contains(rule)),
            "{file}: {body}\nexpected {rule} in line {line}, found {found:?}"
        ),
    }
}

#[test]
fn imports_from_the_same_or_a_higher_level_are_caught() {
    let upward = Some((2, "index (level 2) must not see query (level 5)"));
    expect("index/log.rs", "use crate::query::Filter;", upward);
    expect("index/log.rs", "use crate::{base::cancel, query::{Filter, select}};", upward);
    expect("index/log.rs", "fn f() -> crate::query::Filter { todo() }", upward);
    expect("index/log.rs", "use super::super::query;", upward);
    expect("index/mod.rs", "use super::query;", upward);
    expect("index/a/b.rs", "pub use super::super::super::query as q;", upward);
    expect("index/log.rs", "use {crate::query::Filter, std::fmt};", upward);
    expect("index/log.rs", "macro_rules! m { () => { $crate::query::select() } }", upward);
    expect("index/log.rs", "type T = Vec::<crate::query::Filter>;", upward);
    expect("index/log.rs", "#[cfg(test)] mod tests { use crate::query::Filter; }", upward);
    expect("index/log.rs", "mod tests { use super::super::super::query::Filter; }", upward);
    expect("index/log.rs", "pub(in crate::query) fn f() {}", upward);
    expect("index/log.rs", "use crate as root; fn f() { root::query::select() }", upward);
    expect("store/mod.rs", "\nuse crate::index;", Some((3, "store (level 2) must not see index (level 2)")));
    expect("cli/mod.rs", "use crate::ui;", Some((2, "cli (level 8) must not see ui (level 8)")));
    expect("cli/mod.rs", "use crate::store::FORMATS;", Some((2, "through the engine")));
    expect("ui/app.rs", "use crate::store::Format;", Some((2, "through the engine")));
    expect("query/mod.rs", "use crate::store;", Some((2, "through the engine")));
    expect("main.rs", "use sagascope::engine::Engine;", Some((2, "main must not see engine")));
    expect("base/mod.rs", "use crate::*;", Some((2, "no module of the design")));
    expect("kitchen/mod.rs", "", Some((1, "knows no module kitchen")));
    expect("index/mod.rs", "use crate::kitchen;", Some((2, "crate::kitchen is no module")));
    expect("lib.rs", "pub mod base;\npub use crate::base::cancel;", Some((3, "only declares modules")));
}

#[test]
fn imports_from_lower_levels_pass() {
    for (file, body) in [
        ("index/log.rs", "use crate::{base::chunks::Chunks, model::{Row, SourceId}};"),
        ("index/log.rs", "use super::order::Order; use self::tests; use super::super::model::Row;"),
        ("index/log.rs", "// use crate::query;\n/* crate::ui /* crate::cli */ crate::sim */"),
        (
            "index/log.rs",
            "const S: &str = \"use crate::query; \\\" crate::ui\"; const R: &str = r#\"crate::\"ui\"#;",
        ),
        ("index/log.rs", "fn f<'a>(q: &'a str) -> char { let _ = b'\\''; '\"' }"),
        ("index/log.rs", "pub(crate) fn query(engine: u8) -> u8 { self.query(engine) }"),
        ("index/log.rs", "mod tests { use super::*; use super::super::tables; }"),
        ("engine/mod.rs", "pub use crate::store::FORMATS; use crate::index;"),
        ("ui/app.rs", "use crate::engine::Engine; use crate::query::Filter; use egui::Ui;"),
        ("main.rs", "fn main() { sagascope::ui::run(); sagascope::cli::run(); }"),
        (
            "lib.rs",
            "#![doc = include_str!(\"ARCHITECTURE.md\")]\npub mod base;\n#[cfg(feature = \"gui\")]\npub mod ui;",
        ),
    ] {
        expect(file, body, None);
    }
}

#[test]
fn forbidden_words_are_caught_where_they_are_forbidden() {
    for (file, body, rule) in [
        ("index/log.rs", "use std::fs;", "std::fs in index"),
        ("ui/app.rs", "use std::{fmt, fs::File};", "std::fs in ui"),
        ("ui/app.rs", "fn f() { ::std::fs::read(p) }", "std::fs in ui"),
        ("ui/app.rs", "use std as s; fn f() { s::fs::read(p) }", "std::fs in ui"),
        ("ui/app.rs", "use std::*;", "std::* in ui"),
        ("ui/app.rs", "fn f() { tempfile::tempdir() }", "tempfile in ui"),
        ("engine/load.rs", "use rusqlite::Connection;", "only store knows SQLite"),
        ("engine/load.rs", "use std::net::TcpStream;", "offline"),
        ("query/select.rs", "use std::{sync::{Arc, Mutex}, fmt};", "Mutex in query"),
        ("model/port.rs", "fn f() { std::sync::RwLock::new(1) }", "RwLock in model"),
        ("replay/fold.rs", "fn f() { std::thread::yield_now() }", "std::thread in replay"),
        ("check/mod.rs", "use crate::base::{cancel, thread::spawn};", "crate::base::thread in check"),
        ("check/mod.rs", "use crate::base; fn f() { base::thread::spawn() }", "crate::base::thread in check"),
        ("sim/mod.rs", "use std::collections::{BTreeMap, HashMap};", "HashMap in sim"),
        ("runtime/mod.rs", "fn f() { std::collections::HashSet::new() }", "HashSet in runtime"),
        ("sim/mod.rs", "fn f(x: u64) -> f64 { x as f64 }", "f64 in sim"),
        ("sim/mod.rs", "const HALF: u8 = (1e0) as u8;", "a float in sim"),
        ("sim/mod.rs", "fn f() { g(0.5) }", "a float in sim"),
        ("sim/mod.rs", "use crate::base::clock::Stopwatch;", "crate::base::clock in sim"),
        ("runtime/mod.rs", "use std::time::{Duration, Instant};", "std::time::Instant in runtime"),
        ("cli/mod.rs", "use eframe::egui;", "eframe in cli"),
        ("engine/mod.rs", "type C = egui::Color32;", "egui in engine"),
        ("engine/mod.rs", "fn f() { println!(\"\") }", "println! in engine"),
        ("cli/mod.rs", "fn f() { todo!() }", "todo! in cli"),
        ("ui/mod.rs", "#[cfg(test)] mod tests { fn f() { unimplemented!() } }", "unimplemented! in ui"),
        ("ui/mod.rs", "fn f() { g().unwrap() }", ".unwrap() in ui"),
        ("ui/mod.rs", "#[cfg(not(test))] fn f() { g().unwrap() }", ".unwrap() in ui"),
        ("ui/mod.rs", "#[cfg(test)] mod tests {} fn f() { g().unwrap() }", ".unwrap() in ui"),
        ("ui/mod.rs", "#[allow(dead_code)] fn f() {}", "#[allow] in ui"),
        ("ui/mod.rs", "#![allow(dead_code)]", "#[allow] in ui"),
        ("ui/mod.rs", "#[cfg(test)] mod tests { #[test] #[ignore] fn f() {} }", "#[ignore] in ui"),
    ] {
        expect(file, body, Some((2, rule)));
    }
}

#[test]
fn words_pass_where_they_are_allowed() {
    for (file, body) in [
        ("store/detect.rs", "use std::fs::File; use rusqlite::Connection;"),
        ("engine/settings.rs", "fn f() { std::fs::read(p) } use std::sync::{Mutex, Condvar};"),
        ("ui/headless/picture.rs", "fn f() { std::fs::write(p, b) }"),
        ("ui/mod.rs", "enum Menu { File, Edit } fn f(fs: u8) -> f32 { 0.5 + menu.fs }"),
        (
            "ui/mod.rs",
            "#[cfg(test)] mod tests { fn f() { g().unwrap() } }\n#[cfg(test)]\nfn h() { g().unwrap() }",
        ),
        ("ui/mod.rs", "fn f() { g().unwrap_or(1); h.unwrap(2) } // .unwrap() todo!()"),
        (
            "sim/mod.rs",
            "fn f() { pair.0.1; 1..2; 0x1e5; 7.pow(2); 1_000usize; 0xf32 } use crate::base::prng::Prng;",
        ),
        ("index/builder.rs", "use std::collections::HashMap; const SHARE: f64 = 0.4;"),
        ("replay/align.rs", "use std::collections::HashMap; use std::sync::Arc;"),
        ("cli/mod.rs", "fn f() { println!(\"\"); if todo != unimplemented {} }"),
        ("model/mod.rs", "#[expect(dead_code, reason = \"allow\")] fn f() {}"),
    ] {
        expect(file, body, None);
    }
}

#[test]
fn a_file_says_what_it_is_for_and_why_it_is_long() {
    assert_eq!(check("model/row.rs", "use std::fmt;", false).len(), 1);
    assert_eq!(check("lib.rs", "pub mod model;", false), []);
    let lines = "// a line\n".repeat(600);
    assert_eq!(check("model/row.rs", &format!("//! A file.\n{lines}"), false).len(), 1);
    for reason in
        ["//! It is long because a table cannot be split.", "//! A file.\n// Long because: one table."]
    {
        assert_eq!(check("model/row.rs", &format!("{reason}\n{lines}"), false), []);
    }
}

#[test]
fn a_module_in_a_file_of_its_own_can_be_a_test() {
    assert_eq!(
        test_modules("mod a;\n#[cfg(test)]\nmod tests;\n#[cfg(test)]\nmod b { mod c; }"),
        ["tests", "c"]
    );
    let source = "//! Tests.\nfn f() { g().unwrap() }";
    assert_eq!(check("index/tests.rs", source, true), []);
    assert_eq!(check("index/tests.rs", source, false).len(), 1);
}

#[test]
fn rules_name_known_modules_only() {
    let known = |room: &str| LEVELS.iter().any(|(name, _)| *name == room);
    for ban in BANS {
        if let Where::In(rooms) | Where::NotIn(rooms) = ban.place {
            assert!(rooms.iter().all(|room| known(room)), "{}", ban.reason);
        }
        for what in ban.what {
            if let What::Path(path) = what
                && let Some(inside) = path.strip_prefix("crate::")
            {
                assert!(inside.split("::").next().is_some_and(known), "{path}");
            }
        }
    }
}
