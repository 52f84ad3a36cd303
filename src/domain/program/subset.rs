//! The checked subset of jq: parses a program and refuses what could run for ever, answer differently tomorrow or
//! elsewhere, or reach outside. Says where and why. What is not refused here may still fail on an input.

use std::ops::Range;

use jaq_core::compile::Undefined;
use jaq_core::load::lex::{StrPart, Tok, Token};
use jaq_core::load::parse::{BinaryOp, Def, Pattern, Term};
use jaq_core::load::{Lexer, Parser, lex, span};
use jaq_core::path::Part;

use super::{ProgramError, prelude, shape};

/// Functions that jq has and programs of a domain file have not, with the reason.
static REFUSED: &[(&[&str], &str)] = &[
    (
        &[
            "recurse",
            "recurse_down",
            "repeat",
            "while",
            "until",
            "walk",
            "paths",
            "leaf_paths",
            "flatten",
            "combinations",
            "tostream",
            "fromstream",
            "truncate_stream",
        ],
        "may go on for ever, or as deep as the data. Use reduce, foreach, map or .[] instead",
    ),
    (
        &[
            "now",
            "localtime",
            "strflocaltime",
            "mktime",
            "gmtime",
            "strftime",
            "strptime",
            "todate",
            "fromdate",
            "todateiso8601",
            "fromdateiso8601",
            "date",
            "dateadd",
            "datesub",
        ],
        "depends on the clock, the time zone or the locale. Times are text in the data; compare them as text",
    ),
    (
        &["env", "get_search_list", "input_filename", "input_line_number", "modulemeta"],
        "depends on the machine it runs on",
    ),
    (&["input", "inputs"], "reads another input; a program has one"),
    (&["halt", "halt_error"], "would end the program that runs it. Use error(…) to fail"),
    (&["debug", "stderr"], "writes to a terminal that nobody looks at"),
    (
        &[
            "infinite",
            "nan",
            "isinfinite",
            "isnan",
            "isnormal",
            "sqrt",
            "pow",
            "pow10",
            "log",
            "log2",
            "log10",
            "log1p",
            "exp",
            "exp2",
            "exp10",
            "expm1",
            "sin",
            "cos",
            "tan",
            "asin",
            "acos",
            "atan",
            "atan2",
            "sinh",
            "cosh",
            "tanh",
            "cbrt",
            "gamma",
            "lgamma",
            "tgamma",
            "significand",
            "logb",
            "ldexp",
            "scalb",
            "frexp",
            "modf",
            "hypot",
            "fma",
            "trunc",
            "rint",
            "nearbyint",
            "fabs",
            "drem",
            "copysign",
        ],
        "is a function of floating-point numbers, which differ between machines. Amounts are whole numbers",
    ),
    (
        &[
            "test",
            "match",
            "capture",
            "scan",
            "splits",
            "sub",
            "gsub",
            "ascii",
            "@base64",
            "@base64d",
            "@uri",
            "@urid",
            "@html",
            "@htmld",
            "@csv",
            "@tsv",
            "@sh",
            "fromjson",
            "tonumber",
            "toboolean",
            "transpose",
            "toarray",
        ],
        "is not available in a domain file",
    ),
];

/// The syntax tree of a program that keeps to the subset.
pub(super) fn parse(text: &str) -> Result<Term<&str>, ProgramError> {
    shape::check(text)?;
    let tokens = Lexer::new(text).lex().map_err(|errors| match errors.first() {
        Some((expected, rest)) => lexical(text, expected, rest),
        None => ProgramError::whole(text, "This cannot be read as a jq program."),
    })?;
    let parsed = Parser::new(&tokens).parse(Parser::term);
    let term = parsed.map_err(|errors| match errors.first() {
        Some((expected, found)) => {
            let found = Token::opt_as_str(*found, text);
            let there = match found.chars().next() {
                None => "the program ends".to_owned(),
                Some('(' | '[' | '{') => format!("there is {:?}", &found[..1]),
                Some(_) => format!("there is {found:?}"),
            };
            let place = within(text, found);
            error(
                &(place.start..place.start + found.len().min(20)),
                format!("Expected {}, but {there}.", expected.as_str()),
            )
        }
        None => ProgramError::whole(text, "This cannot be read as a jq program."),
    })?;
    if let Some(place) = descent(text, &tokens) {
        return Err(error(&place, "The subset of jq for domain files has no .., for it goes as deep as the data. Name the path instead.".to_owned()));
    }
    Walk { text, scope: Vec::new(), known: prelude::names() }.term(&term)?;
    Ok(term)
}

fn lexical(text: &str, expected: &lex::Expect<&str>, rest: &str) -> ProgramError {
    let start = within(text, rest).start;
    let found = rest.chars().next();
    let what = match (expected, found) {
        (lex::Expect::Token, Some(char)) => format!("{char:?} means nothing in a jq program."),
        _ => format!("Expected {} here.", expected.as_str()),
    };
    error(&(start..start + found.map_or(0, char::len_utf8)), what)
}

/// A name that nothing defines.
pub(super) fn undefined(text: &str, name: &str, kind: &Undefined) -> ProgramError {
    error(&within(text, name), format!("There is no {} {name} here.", kind.as_str()))
}

/// Where `part` lies in `text`; all of it when it is no part.
fn within(text: &str, part: &str) -> Range<usize> {
    let (whole, start) = (text.as_ptr() as usize, part.as_ptr() as usize);
    if start >= whole && start + part.len() <= whole + text.len() { span(text, part) } else { 0..text.len() }
}

fn error(place: &Range<usize>, reason: String) -> ProgramError {
    ProgramError { at: place.start, len: place.len(), reason }
}

/// The first `..`; the syntax tree does not say where it stood.
fn descent(text: &str, tokens: &[Token<&str>]) -> Option<Range<usize>> {
    tokens.iter().find_map(|Token(spelled, kind)| match kind {
        Tok::Sym if *spelled == ".." => Some(within(text, spelled)),
        Tok::Block(inner) => descent(text, inner),
        Tok::Str(parts) => parts.iter().find_map(|part| match part {
            StrPart::Term(token) => descent(text, std::slice::from_ref(token)),
            StrPart::Str(_) | StrPart::Char(_) => None,
        }),
        _ => None,
    })
}

/// What a name means inside a definition.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Meaning {
    /// A definition that is complete.
    Defined,
    /// A definition whose body is being read: to call it would be recursion.
    Open,
    /// A parameter.
    Parameter,
}

struct Walk<'t> {
    text: &'t str,
    scope: Vec<(&'t str, usize, Meaning)>,
    known: Vec<(&'static str, usize)>,
}

type Checked = Result<(), ProgramError>;

impl<'t> Walk<'t> {
    fn terms<'a>(&mut self, terms: impl IntoIterator<Item = &'a Term<&'t str>>) -> Checked
    where
        't: 'a,
    {
        terms.into_iter().try_for_each(|term| self.term(term))
    }

    fn term(&mut self, term: &Term<&'t str>) -> Checked {
        match term {
            Term::Id | Term::Num(_) | Term::Break(_) | Term::Arr(None) | Term::Recurse => Ok(()),
            Term::Var(name) => self.variable(name),
            Term::Str(format, parts) => {
                if let Some(format) = format {
                    self.call(format, 0)?;
                }
                for part in parts {
                    if let StrPart::Term(term) = part {
                        self.term(term)?;
                    }
                }
                Ok(())
            }
            Term::Arr(Some(inner)) | Term::Neg(inner) | Term::Label(_, inner) => self.term(inner),
            Term::Obj(entries) => {
                self.terms(entries.iter().flat_map(|(key, value)| std::iter::once(key).chain(value)))
            }
            Term::BinOp(left, op, right) => {
                self.term(left)?;
                if let BinaryOp::Pipe(Some(pattern)) = op {
                    self.pattern(pattern)?;
                }
                self.term(right)
            }
            Term::Fold(_, source, pattern, arguments) => {
                self.term(source)?;
                self.pattern(pattern)?;
                self.terms(arguments)
            }
            Term::TryCatch(inner, handler) => {
                self.term(inner)?;
                self.terms(handler.as_deref())
            }
            Term::IfThenElse(branches, otherwise) => {
                self.terms(branches.iter().flat_map(|(condition, then)| [condition, then]))?;
                self.terms(otherwise.as_deref())
            }
            Term::Path(head, path) => {
                self.term(head)?;
                for (part, _) in &path.0 {
                    match part {
                        Part::Index(index) => self.term(index)?,
                        Part::Range(from, to) => self.terms(from.iter().chain(to))?,
                    }
                }
                Ok(())
            }
            Term::Def(definitions, body) => {
                let depth = self.scope.len();
                for definition in definitions {
                    self.definition(definition)?;
                }
                self.term(body)?;
                self.scope.truncate(depth);
                Ok(())
            }
            Term::Call(name, arguments) => {
                self.call(name, arguments.len())?;
                if *name == "range"
                    && let Some(Term::Num(step)) = arguments.get(2)
                    && step.bytes().all(|byte| byte == b'0')
                {
                    return Err(error(
                        &within(self.text, step),
                        "A range that steps by 0 never ends.".to_owned(),
                    ));
                }
                self.terms(arguments)
            }
        }
    }

    fn definition(&mut self, definition: &Def<&'t str>) -> Checked {
        let depth = self.scope.len();
        let arity = definition.args.len();
        self.scope.push((definition.name, arity, Meaning::Open));
        for parameter in &definition.args {
            self.scope.push((parameter, 0, Meaning::Parameter));
        }
        self.term(&definition.body)?;
        self.scope.truncate(depth);
        self.scope.push((definition.name, arity, Meaning::Defined));
        Ok(())
    }

    fn pattern(&mut self, pattern: &Pattern<&'t str>) -> Checked {
        match pattern {
            Pattern::Var(_) => Ok(()),
            Pattern::Arr(patterns) => patterns.iter().try_for_each(|pattern| self.pattern(pattern)),
            Pattern::Obj(entries) => entries.iter().try_for_each(|(key, pattern)| {
                self.term(key)?;
                self.pattern(pattern)
            }),
        }
    }

    fn variable(&self, name: &str) -> Checked {
        if name == "$ENV" {
            let reason = "The subset of jq for domain files has no $ENV, for it depends on the machine.";
            return Err(error(&within(self.text, name), reason.to_owned()));
        }
        Ok(())
    }

    fn call(&self, name: &'t str, arity: usize) -> Checked {
        let place = within(self.text, name);
        let meaning = self.scope.iter().rev().find(|(other, takes, _)| *other == name && *takes == arity);
        match meaning {
            Some((_, _, Meaning::Open)) => {
                let reason =
                    format!("{name} calls itself, so it may never end. Use reduce, foreach or map instead.");
                return Err(error(&place, reason));
            }
            Some(_) => return Ok(()),
            None if self.known.contains(&(name, arity)) => return Ok(()),
            None => {}
        }
        if let Some((_, reason)) = REFUSED.iter().find(|(names, _)| names.contains(&name)) {
            return Err(error(
                &place,
                format!("The subset of jq for domain files has no {name}: it {reason}."),
            ));
        }
        let takes: Vec<usize> =
            self.known.iter().filter(|(known, _)| *known == name).map(|(_, takes)| *takes).collect();
        let reason = match takes.first() {
            Some(takes) => format!("{name} takes {takes} arguments, not {arity}."),
            None => format!("There is no function {name} in the subset of jq for domain files."),
        };
        Err(error(&place, reason))
    }
}
