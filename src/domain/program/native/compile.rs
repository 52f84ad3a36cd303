//! From the syntax tree of a program to a simple one, where it is simple enough; `None` where it is not. Answers
//! nothing itself.

use jaq_core::load::lex::StrPart;
use jaq_core::load::parse::{BinaryOp, Pattern, Term};
use jaq_core::ops::Math;
use jaq_core::path::{self, Opt};
use serde_json::Value;

use super::{Node, Piece, integer_text};

/// `program` as a simple one, if it is.
pub(in crate::domain::program) fn compile(program: &Term<&str>) -> Option<Node> {
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
            match elements(inner, scope, &mut items) {
                Some(()) if items.iter().all(Node::is_one) => Node::Array(items),
                _ => Node::Collect(boxed(inner, scope)?),
            }
        }
        Term::Obj(entries) => {
            Node::Object(entries.iter().map(|entry| field(entry, scope)).collect::<Option<_>>()?)
        }
        Term::Path(head, path) => {
            let mut node = node(head, scope)?;
            for part in &path.0 {
                let index = match part {
                    (path::Part::Index(index), Opt::Essential) => index,
                    (path::Part::Range(None, None), Opt::Essential) => {
                        node = Node::Each(Box::new(node));
                        continue;
                    }
                    _ => return None,
                };
                node = match index {
                    Term::Str(None, parts) if plain(parts).is_some() => {
                        Node::Field(Box::new(node), plain(parts)?)
                    }
                    Term::Num(digits) => {
                        Node::Element(Box::new(node), usize::try_from(integer_text(digits)?).ok()?)
                    }
                    computed => Node::Member(Box::new(node), boxed(computed, scope)?),
                };
            }
            node
        }
        Term::Fold("reduce", source, Pattern::Var(name), arguments) => {
            let [initial, update] = arguments.as_slice() else { return None };
            let (source, initial) = (boxed(source, scope)?, boxed(initial, scope)?);
            scope.push(name);
            let update = boxed(update, scope);
            scope.pop();
            update.filter(|update| update.adds_one()).map(|update| Node::Reduce(source, initial, update))?
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
            "empty" => Node::Empty,
            "max" => Node::Max,
            "to_entries" => Node::Entries,
            _ => return None,
        },
        Term::Call("select", arguments) => match arguments.as_slice() {
            [condition] => Node::Select(boxed(condition, scope)?),
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
    if let BinaryOp::UpdateAlt = op {
        let Node::Field(of, name) = node(left, scope)? else { return None };
        let Node::Input = *of else { return None };
        return Some(Node::Default(name, boxed(right, scope)?));
    }
    let (left, right) = (boxed(left, scope)?, boxed(right, scope)?);
    if let BinaryOp::Update = op {
        let mut fields = Vec::new();
        let mut place = *left;
        while let Node::Field(of, name) = place {
            fields.insert(0, name);
            place = *of;
        }
        let is_place = matches!(place, Node::Input) && !fields.is_empty() && right.is_one();
        return is_place.then_some(Node::Update(fields, right));
    }
    if let BinaryOp::Assign = op {
        return match *left {
            Node::Member(of, name) if matches!(*of, Node::Input) => Some(Node::Assign(name, right)),
            Node::Field(of, name) if matches!(*of, Node::Input) => {
                Some(Node::Assign(Box::new(Node::Literal(Value::String(name))), right))
            }
            _ => None,
        };
    }
    Some(match op {
        BinaryOp::Comma => Node::Both(left, right),
        BinaryOp::Pipe(None) => match *left {
            Node::Object(members) if are_distinct(&members) => Node::Members(members, right),
            left => Node::Pipe(Box::new(left), right),
        },
        BinaryOp::Alt => Node::Alternative(left, right),
        BinaryOp::And => Node::Logic(left, true, right),
        BinaryOp::Or => Node::Logic(left, false, right),
        BinaryOp::Math(math @ (Math::Add | Math::Sub | Math::Mul)) => Node::Math(left, *math, right),
        BinaryOp::Cmp(cmp) => Node::Compare(left, *cmp, right),
        _ => return None,
    })
}

fn are_distinct(members: &[(String, Node)]) -> bool {
    let mut names = members.iter().enumerate();
    names.all(|(index, (name, _))| members[..index].iter().all(|(other, _)| other != name))
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
