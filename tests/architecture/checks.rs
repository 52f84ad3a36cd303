//! Holds one source file against the rules.

use std::fmt;

use crate::lexer::{Token, tokens};
use crate::paths::{NamedPath, paths};
use crate::rules::{BANS, Ban, EXCEPTIONS, LEVELS, LINES_MAX, ONLY_SEEN_BY, SEES_ONLY, What, Where};

/// A place where a rule is broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Break {
    pub(crate) file: String,
    pub(crate) line: usize,
    pub(crate) rule: String,
}

impl fmt::Display for Break {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "src/{}:{}: {}", self.file, self.line, self.rule)
    }
}

/// Every break in the file `file`, named from src/ with `/`. `is_test`: its parent declares it for tests only.
pub(crate) fn check(file: &str, source: &str, is_test: bool) -> Vec<Break> {
    let tokens = tokens(source);
    let module = module_path(file);
    let room = module.first().map_or_else(|| file.trim_end_matches(".rs").to_owned(), Clone::clone);
    let mut checked =
        Checked { name: file, room: &room, tests: test_parts(&tokens, is_test), breaks: Vec::new() };
    checked.form(source);
    checked.dependencies(&paths(&tokens, &module));
    for ban in BANS {
        checked.ban(ban, &tokens, &paths(&tokens, &module));
    }
    checked.breaks.sort_by_key(|found| found.line);
    checked.breaks
}

/// `engine/load.rs` → engine, load; `engine/mod.rs` → engine; `lib.rs` → nothing.
pub(crate) fn module_path(file: &str) -> Vec<String> {
    let mut parts: Vec<String> = file.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
    let is_root = parts.len() == 1 && (parts[0] == "lib" || parts[0] == "main");
    if is_root || parts.last().is_some_and(|last| last == "mod") {
        parts.pop();
    }
    parts
}

/// Modules that a file declares for tests only: `#[cfg(test)] mod tests;`.
pub(crate) fn test_modules(source: &str) -> Vec<String> {
    let tokens = tokens(source);
    let parts = test_parts(&tokens, false);
    let declared = tokens
        .windows(3)
        .enumerate()
        .filter(|(at, three)| parts.contains(*at) && three[0].is_word("mod") && three[2].is(';'));
    declared.filter_map(|(_, three)| three[1].word().map(str::to_owned)).collect()
}

/// Which tokens belong to tests, as ranges.
struct TestParts {
    all: bool,
    ranges: Vec<std::ops::Range<usize>>,
}

impl TestParts {
    fn contains(&self, at: usize) -> bool {
        self.all || self.ranges.iter().any(|range| range.contains(&at))
    }
}

fn test_parts(tokens: &[Token], all: bool) -> TestParts {
    let mut ranges = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let (words, end) = attribute(tokens, at);
        if words.first() == Some(&"cfg") && words.contains(&"test") && !words.contains(&"not") {
            let item_end = end_of_item(tokens, end);
            ranges.push(at..item_end);
            at = item_end;
        } else {
            at += 1;
        }
    }
    TestParts { all, ranges }
}

/// Words of the attribute at `at`, and the place after it; no words where there is none.
fn attribute(tokens: &[Token], at: usize) -> (Vec<&str>, usize) {
    let begins = |ahead: usize, mark: char| tokens.get(at + ahead).is_some_and(|token| token.is(mark));
    let open = match (begins(0, '#'), begins(1, '['), begins(1, '!') && begins(2, '[')) {
        (true, true, _) => at + 1,
        (true, _, true) => at + 2,
        _ => return (Vec::new(), at),
    };
    let mut depth = 0;
    for (offset, token) in tokens[open..].iter().enumerate() {
        if token.is('[') {
            depth += 1;
        } else if token.is(']') {
            depth -= 1;
        }
        if depth == 0 {
            let inside = &tokens[open..open + offset];
            return (inside.iter().filter_map(Token::word).collect(), open + offset + 1);
        }
    }
    (Vec::new(), tokens.len())
}

fn end_of_item(tokens: &[Token], from: usize) -> usize {
    let mut depth = 0;
    for (offset, token) in tokens[from..].iter().enumerate() {
        if token.is('{') {
            depth += 1;
        } else if token.is('}') {
            depth -= 1;
            if depth == 0 {
                return from + offset + 1;
            }
        } else if token.is(';') && depth == 0 {
            return from + offset + 1;
        }
    }
    tokens.len()
}

struct Checked<'a> {
    name: &'a str,
    room: &'a str,
    tests: TestParts,
    breaks: Vec<Break>,
}

impl Checked<'_> {
    fn broken(&mut self, line: usize, rule: String) {
        let found = Break { file: self.name.to_owned(), line, rule };
        if !self.breaks.contains(&found) {
            self.breaks.push(found);
        }
    }

    fn form(&mut self, source: &str) {
        if !source.starts_with("//!") && self.room != "lib" && self.room != "main" {
            self.broken(1, "a file begins with //! that says what it is for".to_owned());
        }
        let lines = source.lines().count();
        let says_why = |line: &str| {
            let line = line.trim_start();
            line.starts_with("// Long because: ")
                || (line.starts_with("//!") && line.to_lowercase().contains("long because"))
        };
        if lines > LINES_MAX && !source.lines().any(says_why) {
            let rule = format!(
                "{lines} lines are more than {LINES_MAX}: split it by topic, or say \"// Long because: …\""
            );
            self.broken(lines, rule);
        }
    }

    fn dependencies(&mut self, paths: &[NamedPath]) {
        let level_of = |room: &str| LEVELS.iter().find(|(name, _)| *name == room).map(|(_, level)| *level);
        let own_level = if self.room == "lib" { None } else { level_of(self.room) };
        if own_level.is_none() && self.room != "lib" {
            self.broken(1, format!("the design knows no module {}: add it to LEVELS", self.room));
        }
        for path in paths.iter().filter(|path| path.segments[0] == "crate" && path.segments.len() > 1) {
            let other = path.segments[1].as_str();
            if other == self.room {
                continue;
            }
            if self.room == "lib" {
                self.broken(path.line, "lib.rs only declares modules".to_owned());
                continue;
            }
            let (Some(own), Some(level)) = (own_level, level_of(other)) else {
                self.broken(path.line, format!("{} is no module of the design", path.segments.join("::")));
                continue;
            };
            if level >= own {
                let rule = format!("{} (level {own}) must not see {other} (level {level})", self.room);
                self.broken(path.line, rule);
            }
            for (seen, by, why) in ONLY_SEEN_BY {
                if *seen == other && !by.contains(&self.room) {
                    self.broken(path.line, format!("{} must not see {other}: {why}", self.room));
                }
            }
            for (seer, sees, why) in SEES_ONLY {
                if *seer == self.room && !sees.contains(&other) {
                    self.broken(path.line, format!("{} must not see {other}: {why}", self.room));
                }
            }
        }
    }

    fn ban(&mut self, ban: &Ban, tokens: &[Token], paths: &[NamedPath]) {
        let applies = match ban.place {
            Where::Anywhere | Where::OutsideTests => true,
            Where::In(rooms) => rooms.contains(&self.room),
            Where::NotIn(rooms) => !rooms.contains(&self.room),
        };
        if !applies {
            return;
        }
        for what in ban.what {
            let (name, lines) = places(*what, tokens, paths, |at| {
                matches!(ban.place, Where::OutsideTests) && self.tests.contains(at)
            });
            if EXCEPTIONS.iter().any(|(file, excepted, _)| *file == self.name && *excepted == name) {
                continue;
            }
            for line in lines {
                self.broken(line, format!("{name} in {}: {}", self.room, ban.reason));
            }
        }
    }
}

/// What is banned as it is named in a message, and the lines where it stands.
fn places(
    what: What,
    tokens: &[Token],
    paths: &[NamedPath],
    skipped: impl Fn(usize) -> bool,
) -> (String, Vec<usize>) {
    let is = |at: usize, mark: char| tokens.get(at).is_some_and(|token| token.is(mark));
    let where_token = |wanted: &dyn Fn(usize, &Token) -> bool| -> Vec<usize> {
        let found = tokens.iter().enumerate().filter(|(at, token)| wanted(*at, token) && !skipped(*at));
        found.map(|(_, token)| token.line).collect()
    };
    let where_path = |wanted: &dyn Fn(&[String]) -> bool| -> Vec<usize> {
        paths.iter().filter(|path| wanted(&path.segments)).map(|path| path.line).collect()
    };
    match what {
        What::Path(banned) => {
            let begin: Vec<&str> = banned.split("::").collect();
            // A crate's name alone is a word like any other unless something follows it or `use` brings it.
            let starts = |path: &[String]| {
                (path.len() > 1
                    || tokens.windows(2).any(|two| two[0].is_word("use") && two[1].is_word(&path[0])))
                    && path.len() >= begin.len()
                    && path.iter().zip(&begin).all(|(a, b)| a == b)
            };
            (banned.to_owned(), where_path(&starts))
        }
        What::Word(banned) => {
            (banned.to_owned(), where_path(&|path| path.iter().any(|segment| segment == banned)))
        }
        What::Macro(banned) => {
            let called =
                |at: usize, token: &Token| token.is_word(banned) && is(at + 1, '!') && !is(at + 2, '=');
            (format!("{banned}!"), where_token(&called))
        }
        What::Method(banned) => {
            let called = |at: usize, token: &Token| {
                token.is_word(banned) && at > 0 && is(at + 1, '(') && is(at + 2, ')')
            };
            (format!(".{banned}()"), where_token(&called))
        }
        What::Attribute(banned) => {
            let begins = |at: usize, _: &Token| attribute(tokens, at).0.first() == Some(&banned);
            (format!("#[{banned}]"), where_token(&begins))
        }
        What::Float => {
            let is_float = |_: usize, token: &Token| token.kind == crate::lexer::Kind::Float;
            ("a float".to_owned(), where_token(&is_float))
        }
    }
}
