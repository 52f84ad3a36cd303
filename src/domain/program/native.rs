//! The quick way for simple programs: paths, literals, objects, arithmetic on whole numbers, comparisons,
//! conditions, variables and text, evaluated on JSON directly. The simulator runs such programs millions of times,
//! and handing JSON to the interpreter and back costs more than they do.
//!
//! It never answers differently: whatever is not simple, in the program or in the input, is left to the
//! interpreter, by giving no answer. A property test compares the two.

use std::borrow::Cow;
use std::cmp::Ordering;

use jaq_core::load::lex::StrPart;
use jaq_core::load::parse::{BinaryOp, Pattern, Term};
use jaq_core::ops::{Cmp, Math};
use jaq_core::path::{Opt, Part};
use serde_json::{Map, Value};

use super::value;

/// A simple program.
#[derive(Clone, Debug)]
pub(super) enum Node {
    Input,
    /// So many binders up.
    Variable(usize),
    Literal(Value),
    Field(Box<Node>, String),
    Element(Box<Node>, usize),
    Object(Vec<(String, Node)>),
    Array(Vec<Node>),
    Text(Vec<Piece>),
    Pipe(Box<Node>, Box<Node>),
    Bind(Box<Node>, Box<Node>),
    Math(Box<Node>, Math, Box<Node>),
    Compare(Box<Node>, Cmp, Box<Node>),
    /// Both, or either one.
    Logic(Box<Node>, bool, Box<Node>),
    Not,
    Alternative(Box<Node>, Box<Node>),
    If(Box<Node>, Box<Node>, Box<Node>),
}

/// A part of an interpolated text.
#[derive(Clone, Debug)]
pub(super) enum Piece {
    Plain(String),
    Computed(Node),
}

/// `program` as a simple one, if it is.
pub(super) fn compile(program: &Term<&str>) -> Option<Node> {
    node(program, &mut Vec::new())
}

fn boxed<'t>(term: &Term<&'t str>, scope: &mut Vec<&'t str>) -> Option<Box<Node>> {
    node(term, scope).map(Box::new)
}

fn node<'t>(term: &Term<&'t str>, scope: &mut Vec<&'t str>) -> Option<Node> {
    Some(match term {
        Term::Id => Node::Input,
        Term::Num(digits) => Node::Literal(Value::from(integer_text(digits)?)),
        Term::Var(name) => variable(name, scope)?,
        Term::Str(None, parts) => text(parts, scope)?,
        Term::Arr(None) => Node::Literal(Value::Array(Vec::new())),
        Term::Arr(Some(inner)) => {
            let mut items = Vec::new();
            elements(inner, scope, &mut items)?;
            Node::Array(items)
        }
        Term::Obj(entries) => {
            Node::Object(entries.iter().map(|entry| field(entry, scope)).collect::<Option<_>>()?)
        }
        Term::Path(head, path) => {
            let mut node = node(head, scope)?;
            for part in &path.0 {
                let (Part::Index(index), Opt::Essential) = part else { return None };
                node = match index {
                    Term::Str(None, parts) => Node::Field(Box::new(node), plain(parts)?),
                    Term::Num(digits) => {
                        Node::Element(Box::new(node), usize::try_from(integer_text(digits)?).ok()?)
                    }
                    _ => return None,
                };
            }
            node
        }
        Term::BinOp(left, op, right) => binary(left, op, right, scope)?,
        Term::IfThenElse(branches, otherwise) => {
            let last = otherwise.as_ref().map_or(Some(Node::Input), |otherwise| node(otherwise, scope));
            branches.iter().rev().try_fold(last?, |otherwise, (condition, then)| {
                Some(Node::If(boxed(condition, scope)?, boxed(then, scope)?, Box::new(otherwise)))
            })?
        }
        Term::Call(name, arguments) if arguments.is_empty() => match *name {
            "null" => Node::Literal(Value::Null),
            "true" => Node::Literal(Value::Bool(true)),
            "false" => Node::Literal(Value::Bool(false)),
            "not" => Node::Not,
            _ => return None,
        },
        _ => return None,
    })
}

fn binary<'t>(
    left: &Term<&'t str>,
    op: &BinaryOp<&'t str>,
    right: &Term<&'t str>,
    scope: &mut Vec<&'t str>,
) -> Option<Node> {
    if let BinaryOp::Pipe(Some(pattern)) = op {
        let source = node(left, scope)?;
        return bind(source, pattern, right, scope);
    }
    let (left, right) = (boxed(left, scope)?, boxed(right, scope)?);
    Some(match op {
        BinaryOp::Pipe(None) => Node::Pipe(left, right),
        BinaryOp::Alt => Node::Alternative(left, right),
        BinaryOp::And => Node::Logic(left, true, right),
        BinaryOp::Or => Node::Logic(left, false, right),
        BinaryOp::Math(math @ (Math::Add | Math::Sub | Math::Mul)) => Node::Math(left, *math, right),
        BinaryOp::Cmp(cmp) => Node::Compare(left, *cmp, right),
        _ => return None,
    })
}

/// `source as $x | body`, and `source as {$x, y: $z} | body` for plain keys.
fn bind<'t>(
    source: Node,
    pattern: &Pattern<&'t str>,
    body: &Term<&'t str>,
    scope: &mut Vec<&'t str>,
) -> Option<Node> {
    let depth = scope.len();
    let bound = match pattern {
        Pattern::Var(name) => {
            scope.push(name);
            boxed(body, scope).map(|body| Node::Bind(Box::new(source), body))
        }
        Pattern::Obj(entries) => {
            // The source is bound first, under a name that no program can write.
            scope.push("");
            let mut fields = Vec::new();
            for (count, (key, pattern)) in entries.iter().enumerate() {
                let (Term::Str(None, parts), Pattern::Var(name)) = (key, pattern) else { return None };
                fields.push(Node::Field(Box::new(Node::Variable(count)), plain(parts)?));
                scope.push(name);
            }
            let body = node(body, scope);
            body.map(|body| {
                let inner = fields
                    .into_iter()
                    .rev()
                    .fold(body, |body, field| Node::Bind(Box::new(field), Box::new(body)));
                Node::Bind(Box::new(source), Box::new(inner))
            })
        }
        Pattern::Arr(_) => None,
    };
    scope.truncate(depth);
    bound
}

fn variable(name: &str, scope: &[&str]) -> Option<Node> {
    scope.iter().rev().position(|known| *known == name).map(Node::Variable)
}

fn field<'t>(
    (key, value): &(Term<&'t str>, Option<Term<&'t str>>),
    scope: &mut Vec<&'t str>,
) -> Option<(String, Node)> {
    match (key, value) {
        (Term::Str(None, parts), Some(value)) => Some((plain(parts)?, node(value, scope)?)),
        (Term::Str(None, parts), None) => {
            let name = plain(parts)?;
            Some((name.clone(), Node::Field(Box::new(Node::Input), name)))
        }
        (Term::Var(name), None) => Some((name.strip_prefix('$')?.to_owned(), variable(name, scope)?)),
        _ => None,
    }
}

fn elements<'t>(term: &Term<&'t str>, scope: &mut Vec<&'t str>, items: &mut Vec<Node>) -> Option<()> {
    if let Term::BinOp(left, BinaryOp::Comma, right) = term {
        elements(left, scope, items)?;
        return elements(right, scope, items);
    }
    items.push(node(term, scope)?);
    Some(())
}

fn text<'t>(parts: &[StrPart<&'t str, Term<&'t str>>], scope: &mut Vec<&'t str>) -> Option<Node> {
    if let Some(plain) = plain(parts) {
        return Some(Node::Literal(Value::String(plain)));
    }
    let pieces = parts.iter().map(|part| {
        Some(match part {
            StrPart::Str(text) => Piece::Plain((*text).to_owned()),
            StrPart::Char(char) => Piece::Plain(char.to_string()),
            StrPart::Term(term) => Piece::Computed(node(term, scope)?),
        })
    });
    pieces.collect::<Option<_>>().map(Node::Text)
}

/// A text without interpolations.
fn plain(parts: &[StrPart<&str, Term<&str>>]) -> Option<String> {
    let mut plain = String::new();
    for part in parts {
        match part {
            StrPart::Str(text) => plain.push_str(text),
            StrPart::Char(char) => plain.push(*char),
            StrPart::Term(_) => return None,
        }
    }
    Some(plain)
}

/// A whole number of 64 bits in its usual spelling.
fn integer_text(text: &str) -> Option<i64> {
    let number: i64 = text.parse().ok()?;
    let digits = text.strip_prefix('-').unwrap_or(text);
    let usual = digits == "0" && text != "-0" || !digits.starts_with(['0', '+']);
    usual.then_some(number)
}

fn integer(value: &Value) -> Option<i64> {
    value.as_number().and_then(|number| integer_text(number.as_str()))
}

/// Variables, the innermost first.
#[derive(Clone, Copy)]
struct Bound<'v> {
    value: &'v Value,
    outer: Option<&'v Bound<'v>>,
}

/// The answer, if it is simple to give.
pub(super) fn run(node: &Node, input: &Value) -> Option<Value> {
    let output = node.eval(input, None)?;
    value::is_small(&output).then(|| output.into_owned())
}

impl Node {
    fn eval<'v>(&self, input: &'v Value, bound: Option<&'v Bound<'v>>) -> Option<Cow<'v, Value>> {
        Some(match self {
            Self::Input => Cow::Borrowed(input),
            Self::Variable(up) => {
                let mut bound = bound?;
                for _ in 0..*up {
                    bound = bound.outer?;
                }
                Cow::Borrowed(bound.value)
            }
            Self::Literal(value) => Cow::Owned(value.clone()),
            Self::Field(of, name) => match of.eval(input, bound)? {
                Cow::Borrowed(Value::Object(fields)) => {
                    fields.get(name).map_or(Cow::Owned(Value::Null), Cow::Borrowed)
                }
                Cow::Owned(Value::Object(mut fields)) => {
                    Cow::Owned(fields.swap_remove(name).unwrap_or(Value::Null))
                }
                of if of.is_null() => of,
                _ => return None,
            },
            Self::Element(of, index) => match of.eval(input, bound)? {
                Cow::Borrowed(Value::Array(items)) => {
                    items.get(*index).map_or(Cow::Owned(Value::Null), Cow::Borrowed)
                }
                Cow::Owned(Value::Array(mut items)) if *index < items.len() => {
                    Cow::Owned(items.swap_remove(*index))
                }
                Cow::Owned(Value::Array(_)) => Cow::Owned(Value::Null),
                of if of.is_null() => of,
                _ => return None,
            },
            Self::Object(entries) => {
                let mut fields = Map::with_capacity(entries.len());
                for (name, value) in entries {
                    fields.insert(name.clone(), value.eval(input, bound)?.into_owned());
                }
                Cow::Owned(Value::Object(fields))
            }
            Self::Array(items) => {
                let items = items.iter().map(|item| item.eval(input, bound).map(Cow::into_owned));
                Cow::Owned(Value::Array(items.collect::<Option<_>>()?))
            }
            Self::Text(pieces) => {
                let mut text = String::new();
                for piece in pieces {
                    match piece {
                        Piece::Plain(plain) => text.push_str(plain),
                        Piece::Computed(node) => push_text(&mut text, &*node.eval(input, bound)?)?,
                    }
                }
                Cow::Owned(Value::String(text))
            }
            Self::Pipe(left, right) => match left.eval(input, bound)? {
                Cow::Borrowed(left) => right.eval(left, bound)?,
                Cow::Owned(left) => Cow::Owned(right.eval(&left, bound)?.into_owned()),
            },
            Self::Bind(source, body) => match source.eval(input, bound)? {
                Cow::Borrowed(value) => {
                    Cow::Owned(body.eval(input, Some(&Bound { value, outer: bound }))?.into_owned())
                }
                Cow::Owned(value) => {
                    Cow::Owned(body.eval(input, Some(&Bound { value: &value, outer: bound }))?.into_owned())
                }
            },
            Self::Math(left, math, right) => {
                // The interpreter looks at the right side first; it matters only for which error is reported.
                let right = right.eval(input, bound)?;
                arithmetic(left.eval(input, bound)?, *math, right)?
            }
            Self::Compare(left, cmp, right) => {
                let right = right.eval(input, bound)?;
                let ordering = compare(&*left.eval(input, bound)?, &right)?;
                Cow::Owned(Value::Bool(match cmp {
                    Cmp::Lt => ordering == Ordering::Less,
                    Cmp::Le => ordering != Ordering::Greater,
                    Cmp::Gt => ordering == Ordering::Greater,
                    Cmp::Ge => ordering != Ordering::Less,
                    Cmp::Eq => ordering == Ordering::Equal,
                    Cmp::Ne => ordering != Ordering::Equal,
                }))
            }
            Self::Logic(left, both, right) => {
                let left = truth(&*left.eval(input, bound)?);
                let answer = if left == *both { truth(&*right.eval(input, bound)?) } else { left };
                Cow::Owned(Value::Bool(answer))
            }
            Self::Not => Cow::Owned(Value::Bool(!truth(input))),
            Self::Alternative(left, right) => {
                let left = left.eval(input, bound)?;
                if truth(&left) { left } else { right.eval(input, bound)? }
            }
            Self::If(condition, then, otherwise) => {
                let branch = if truth(&*condition.eval(input, bound)?) { then } else { otherwise };
                branch.eval(input, bound)?
            }
        })
    }
}

fn truth(value: &Value) -> bool {
    !matches!(value, Value::Null | Value::Bool(false))
}

fn push_text(text: &mut String, value: &Value) -> Option<()> {
    match value {
        Value::String(part) => text.push_str(part),
        Value::Number(number) => {
            integer_text(number.as_str())?;
            text.push_str(number.as_str());
        }
        Value::Null => text.push_str("null"),
        Value::Bool(truth) => text.push_str(if *truth { "true" } else { "false" }),
        Value::Array(_) | Value::Object(_) => return None,
    }
    Some(())
}

fn arithmetic<'v>(left: Cow<'v, Value>, math: Math, right: Cow<'v, Value>) -> Option<Cow<'v, Value>> {
    if let (Some(left), Some(right)) = (integer(&left), integer(&right)) {
        let number = match math {
            Math::Add => left.checked_add(right),
            Math::Sub => left.checked_sub(right),
            Math::Mul => left.checked_mul(right),
            Math::Div | Math::Rem => None,
        };
        return number.map(|number| Cow::Owned(Value::from(number)));
    }
    if math != Math::Add {
        return None;
    }
    match (left, right) {
        (left, right) if left.is_null() => Some(right),
        (left, right) if right.is_null() => Some(left),
        (left, right) if left.is_object() && right.is_object() => {
            let (Value::Object(mut fields), right) = (left.into_owned(), right) else { return None };
            match right {
                Cow::Owned(Value::Object(more)) => fields.extend(more),
                Cow::Borrowed(Value::Object(more)) => {
                    fields.extend(more.iter().map(|(name, value)| (name.clone(), value.clone())));
                }
                _ => return None,
            }
            Some(Cow::Owned(Value::Object(fields)))
        }
        (left, right) => match (&*left, &*right) {
            (Value::String(left), Value::String(right)) => {
                Some(Cow::Owned(Value::String(format!("{left}{right}"))))
            }
            _ => None,
        },
    }
}

/// The order of jq: null, false, true, numbers, texts; what is no scalar is only told from scalars.
fn compare(left: &Value, right: &Value) -> Option<Ordering> {
    let rank = |value: &Value| match value {
        Value::Null => 0,
        Value::Bool(false) => 1,
        Value::Bool(true) => 2,
        Value::Number(_) => 3,
        Value::String(_) => 4,
        Value::Array(_) => 5,
        Value::Object(_) => 6,
    };
    match (left, right) {
        (Value::Number(_), Value::Number(_)) => Some(integer(left)?.cmp(&integer(right)?)),
        (Value::String(left), Value::String(right)) => Some(left.as_bytes().cmp(right.as_bytes())),
        _ => match rank(left).cmp(&rank(right)) {
            Ordering::Equal if rank(left) >= 5 => None,
            ordering => Some(ordering),
        },
    }
}
