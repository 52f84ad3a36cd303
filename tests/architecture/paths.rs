//! Every path a source file names, made absolute: `use` trees taken apart, `self`, `super` and names brought in
//! by `use` followed.

use std::collections::BTreeMap;

use crate::lexer::{Kind, Token};

/// A path as written somewhere, from its root: `crate`, `std`, another crate or a local name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NamedPath {
    pub(crate) segments: Vec<String>,
    pub(crate) line: usize,
}

/// A path before it is made absolute.
struct Written {
    segments: Vec<String>,
    line: usize,
    /// The name it gets, if it stands in a `use`.
    brings: Option<String>,
    /// Inline modules around it.
    inside: Vec<String>,
}

/// All paths in the file whose module path is `module`. One segment is a path as well: the rules ban words, too.
pub(crate) fn paths(tokens: &[Token], module: &[String]) -> Vec<NamedPath> {
    let written = written(tokens);
    let mut names: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for path in written.iter().filter(|path| path.segments.len() > 1 || path.segments[0] != "self") {
        if let Some(name) = &path.brings {
            names.insert(name.clone(), absolute(path, module));
        }
    }
    written
        .iter()
        .map(|path| {
            let known = (path.brings.is_none() && path.segments.len() > 1)
                .then(|| names.get(&path.segments[0]))
                .flatten();
            let segments = match known {
                Some(begin) => begin.iter().chain(&path.segments[1..]).cloned().collect(),
                None => absolute(path, module),
            };
            NamedPath { segments, line: path.line }
        })
        .collect()
}

fn absolute(path: &Written, module: &[String]) -> Vec<String> {
    let mut rest = path.segments.as_slice();
    let mut base: Vec<String> = module.iter().chain(&path.inside).cloned().collect();
    match rest[0].as_str() {
        "self" | "super" if rest.len() > 1 => {
            while let Some((first, after)) = rest.split_first()
                && (first == "self" || first == "super")
            {
                if first == "super" {
                    base.pop();
                }
                rest = after;
            }
            base.insert(0, "crate".to_owned());
            base.extend_from_slice(rest);
            base
        }
        // The library as its own binary names it.
        "sagascope" => std::iter::once("crate".to_owned()).chain(rest[1..].iter().cloned()).collect(),
        "core" | "alloc" if rest.len() > 1 => {
            std::iter::once("std".to_owned()).chain(rest[1..].iter().cloned()).collect()
        }
        _ => rest.to_vec(),
    }
}

fn written(tokens: &[Token]) -> Vec<Written> {
    let mut reader = Reader { tokens, out: Vec::new(), inside: Vec::new(), depth: 0, in_use: false };
    let mut at = 0;
    while at < tokens.len() {
        at = reader.step(at);
    }
    reader.out
}

struct Reader<'a> {
    tokens: &'a [Token],
    out: Vec<Written>,
    /// Inline modules with the brace depth of their content.
    inside: Vec<(String, usize)>,
    depth: usize,
    in_use: bool,
}

impl Reader<'_> {
    fn step(&mut self, at: usize) -> usize {
        let token = &self.tokens[at];
        match &token.kind {
            Kind::Mark('{') => {
                self.depth += 1;
                // `use {a, b};` goes on; anything else that opens a brace is no longer a `use`.
                self.in_use &= at > 0 && self.tokens[at - 1].is_word("use");
            }
            Kind::Mark('}') => {
                if self.inside.last().is_some_and(|(_, depth)| *depth == self.depth) {
                    self.inside.pop();
                }
                self.depth = self.depth.saturating_sub(1);
            }
            Kind::Mark(';') => self.in_use = false,
            Kind::Word(word) if word == "use" => self.in_use = true,
            Kind::Word(word) if word == "mod" => {
                let name = self.tokens.get(at + 1).and_then(Token::word);
                if let (Some(name), Some(true)) = (name, self.tokens.get(at + 2).map(|next| next.is('{'))) {
                    self.inside.push((name.to_owned(), self.depth + 1));
                }
                return if name.is_some() { at + 2 } else { at + 1 };
            }
            Kind::Word(_) => return self.tree(at, &[]),
            _ => {}
        }
        at + 1
    }

    /// Reads `a::b::{c, d as e}` from its first word; gives the place after it.
    fn tree(&mut self, mut at: usize, prefix: &[String]) -> usize {
        let mut segments = prefix.to_vec();
        while let Some(token) = self.tokens.get(at) {
            let line = token.line;
            match &token.kind {
                Kind::Word(word) => segments.push(word.clone()),
                Kind::Mark('*') if !segments.is_empty() => {
                    segments.push("*".to_owned());
                    self.emit(segments, line, None);
                    return at + 1;
                }
                Kind::Mark('{') if !segments.is_empty() => {
                    at += 1;
                    while let Some(token) = self.tokens.get(at) {
                        at = match &token.kind {
                            Kind::Mark('}') => return at + 1,
                            Kind::Mark(',') => at + 1,
                            _ => self.tree(at, &segments).max(at + 1),
                        };
                    }
                    return at;
                }
                // A turbofish: what is in it is read by itself.
                _ => {
                    if segments.len() > prefix.len() {
                        self.emit(segments, line, None);
                    }
                    return at;
                }
            }
            at += 1;
            if self.tokens.get(at).is_some_and(|next| next.kind == Kind::PathSep) {
                at += 1;
                continue;
            }
            if !self.in_use {
                self.emit(segments, line, None);
                return at;
            }
            let mut name = segments.last().cloned();
            if name.as_deref() == Some("self") && segments.len() > 1 {
                segments.pop();
                name = segments.last().cloned();
            }
            if self.tokens.get(at).is_some_and(|next| next.is_word("as")) {
                name = self.tokens.get(at + 1).and_then(Token::word).map(str::to_owned);
                at += 2;
            }
            self.emit(segments, line, name);
            return at;
        }
        at
    }

    fn emit(&mut self, segments: Vec<String>, line: usize, brings: Option<String>) {
        let inside = self.inside.iter().map(|(name, _)| name.clone()).collect();
        self.out.push(Written { segments, line, brings, inside });
    }
}
