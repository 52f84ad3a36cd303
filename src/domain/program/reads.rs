//! Which fields of its input a program reads: by walking the syntax tree from the root. When in doubt, all.

use std::collections::BTreeSet;

use jaq_core::load::lex::StrPart;
use jaq_core::load::parse::{BinaryOp, Pattern, Term};
use jaq_core::path::Part;

/// Fields of the input that are read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Reads {
    any: bool,
    names: BTreeSet<String>,
}

impl Reads {
    pub(super) fn contains(&self, name: &str) -> bool {
        self.any || self.names.contains(name)
    }

    pub(super) fn names(&self) -> Option<&BTreeSet<String>> {
        (!self.any).then_some(&self.names)
    }
}

/// What `term` reads when it is given the input itself.
pub(super) fn of(term: &Term<&str>) -> Reads {
    let mut reads = Reads::default();
    reads.walk(term);
    reads
}

impl Reads {
    /// `term` is given the input itself. Terms that are given something made from it are not walked: what they
    /// were made from has been counted.
    fn walk(&mut self, term: &Term<&str>) {
        match term {
            Term::Num(_) | Term::Var(_) | Term::Break(_) | Term::Arr(None) => {}
            Term::Str(_, parts) => self.parts(parts),
            Term::Arr(Some(inner)) | Term::Neg(inner) | Term::Label(_, inner) => self.walk(inner),
            Term::Obj(entries) => {
                for (key, value) in entries {
                    match (key, value) {
                        (key, Some(value)) => {
                            self.walk(key);
                            self.walk(value);
                        }
                        (Term::Var(_), None) => {}
                        (key, None) => self.field(key),
                    }
                }
            }
            Term::BinOp(left, BinaryOp::Pipe(None), _) => {
                // A left side that gives the input on has read all of it.
                self.walk(left);
            }
            Term::BinOp(left, BinaryOp::Pipe(Some(pattern)), right) => {
                self.walk(left);
                self.pattern(pattern);
                self.walk(right);
            }
            // An update gives the whole input back.
            Term::BinOp(
                _,
                BinaryOp::Assign | BinaryOp::Update | BinaryOp::UpdateMath(_) | BinaryOp::UpdateAlt,
                _,
            ) => self.any = true,
            Term::BinOp(left, _, right) => {
                self.walk(left);
                self.walk(right);
            }
            Term::Fold(_, source, pattern, arguments) => {
                self.walk(source);
                self.pattern(pattern);
                // The first is given the input; the others what is folded so far.
                if let Some(initial) = arguments.first() {
                    self.walk(initial);
                }
            }
            Term::TryCatch(inner, handler) => {
                self.walk(inner);
                if let Some(handler) = handler {
                    self.walk(handler);
                }
            }
            Term::IfThenElse(branches, otherwise) => {
                for (condition, then) in branches {
                    self.walk(condition);
                    self.walk(then);
                }
                match otherwise {
                    Some(otherwise) => self.walk(otherwise),
                    None => self.any = true,
                }
            }
            Term::Path(head, path) => {
                let mut parts = path.0.iter();
                match (&**head, parts.next()) {
                    (Term::Id, Some((Part::Index(key), _))) => self.field(key),
                    _ => self.walk(head),
                }
                // Indexes inside brackets are given the input, not the value they index.
                for (part, _) in &path.0 {
                    match part {
                        Part::Index(index) => self.walk(index),
                        Part::Range(from, to) => {
                            for bound in [from, to].into_iter().flatten() {
                                self.walk(bound);
                            }
                        }
                    }
                }
            }
            Term::Call("empty" | "true" | "false" | "null", arguments) if arguments.is_empty() => {}
            Term::Id | Term::Recurse | Term::Call(..) | Term::Def(..) => self.any = true,
        }
    }

    /// `.key` of the input.
    fn field(&mut self, key: &Term<&str>) {
        match key {
            Term::Str(None, parts) => {
                let mut name = String::new();
                for part in parts {
                    match part {
                        StrPart::Str(text) => name.push_str(text),
                        StrPart::Char(char) => name.push(*char),
                        StrPart::Term(_) => self.any = true,
                    }
                }
                self.names.insert(name);
            }
            _ => self.any = true,
        }
    }

    fn parts(&mut self, parts: &[StrPart<&str, Term<&str>>]) {
        for part in parts {
            if let StrPart::Term(term) = part {
                self.walk(term);
            }
        }
    }

    /// Keys of a pattern may be computed from the input.
    fn pattern(&mut self, pattern: &Pattern<&str>) {
        match pattern {
            Pattern::Var(_) => {}
            Pattern::Arr(patterns) => patterns.iter().for_each(|pattern| self.pattern(pattern)),
            Pattern::Obj(entries) => {
                for (key, pattern) in entries {
                    self.walk(key);
                    self.pattern(pattern);
                }
            }
        }
    }
}
