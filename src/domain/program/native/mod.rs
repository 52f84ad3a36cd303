//! The quick way for simple programs: paths, literals, objects, arithmetic on whole numbers, comparisons,
//! conditions, variables and text, evaluated on JSON directly. The simulator runs such programs millions of times,
//! and handing JSON to the interpreter and back costs more than they do.
//!
//! It never answers differently: whatever is not simple, in the program or in the input, is left to the
//! interpreter, by giving no answer. A property test compares the two.

mod compile;

use std::borrow::Cow;
use std::cmp::Ordering;

use jaq_core::ops::{Cmp, Math};
use serde_json::{Map, Value};

use super::{Part, value};

pub(in crate::domain::program) use compile::compile;

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
    /// A member whose name is computed from the input.
    Member(Box<Node>, Box<Node>),
    /// The input with this member set.
    Assign(Box<Node>, Box<Node>),
    /// The input with another answer in this place.
    Update(Vec<String>, Box<Node>),
    /// An object that the second looks into: it is never put together.
    Members(Vec<(String, Node)>, Box<Node>),
    /// The list of all that comes.
    Collect(Box<Node>),
    /// From the second for each that comes from the first, the last answer as input.
    Reduce(Box<Node>, Box<Node>, Box<Node>),
    /// The largest of a list of whole numbers.
    Max,
    // What gives any number of answers, and is asked by `each` alone.
    Each(Box<Node>),
    Entries,
    Select(Box<Node>),
    Empty,
    Both(Box<Node>, Box<Node>),
    /// The input, with this member where it has none.
    Default(String, Box<Node>),
    If(Box<Node>, Box<Node>, Box<Node>),
}

/// A part of an interpolated text.
#[derive(Clone, Debug)]
pub(super) enum Piece {
    Plain(String),
    Computed(Node),
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

/// A value on its way: as it was given, or computed.
enum Seen<'v> {
    Given(Part<'v>),
    Owned(Value),
}

impl<'v> Seen<'v> {
    const NULL: Self = Self::Owned(Value::Null);

    /// As it lies in another value.
    fn of(value: Option<&'v Value>) -> Self {
        value.map_or(Self::NULL, |value| Self::Given(Part::Value(value)))
    }

    fn into_owned(self) -> Value {
        match self {
            Self::Given(given) => given.to_value(),
            Self::Owned(value) => value,
        }
    }

    /// As one JSON value, to be looked into; built where it was given in parts.
    fn whole(&self) -> Cow<'_, Value> {
        match self {
            Self::Given(given) => given.whole(),
            Self::Owned(value) => Cow::Borrowed(value),
        }
    }

    fn part(&self) -> Part<'_> {
        match self {
            Self::Given(given) => *given,
            Self::Owned(value) => Part::Value(value),
        }
    }

    fn is_true(&self) -> bool {
        match self {
            Self::Given(Part::Value(value)) => truth(value),
            Self::Given(_) => true,
            Self::Owned(value) => truth(value),
        }
    }

    /// A member of an object; null where there is none. What is no object is left to the interpreter.
    fn field(self, name: &str) -> Option<Self> {
        Some(match self {
            Self::Given(Part::Value(Value::Object(fields))) => Self::of(fields.get(name)),
            Self::Given(object @ (Part::Object(_) | Part::Tree(_))) => {
                object.member(name).map_or(Self::NULL, Self::Given)
            }
            Self::Owned(Value::Object(mut fields)) => {
                Self::Owned(fields.swap_remove(name).unwrap_or(Value::Null))
            }
            Self::Given(Part::Value(Value::Null)) | Self::Owned(Value::Null) => Self::NULL,
            _ => return None,
        })
    }

    fn element(self, index: usize) -> Option<Self> {
        Some(match self {
            Self::Given(Part::Value(Value::Array(items))) => Self::of(items.get(index)),
            Self::Owned(Value::Array(mut items)) if index < items.len() => {
                Self::Owned(items.swap_remove(index))
            }
            Self::Owned(Value::Array(_) | Value::Null) | Self::Given(Part::Value(Value::Null)) => Self::NULL,
            _ => return None,
        })
    }
}

/// Takes the answers of a program that may have several; no answer ends it.
type Take<'t> = dyn FnMut(Seen<'_>) -> Option<()> + 't;

/// Name and value of every member of an object.
fn entries(object: Part<'_>, take: &mut Take<'_>) -> Option<()> {
    let mut entry = |name: &str, value: Part<'_>| {
        take(Seen::Given(Part::Object(&[("key", Part::Text(name)), ("value", value)])))
    };
    match object {
        Part::Value(Value::Object(fields)) => {
            fields.iter().try_for_each(|(name, value)| entry(name, Part::Value(value)))
        }
        Part::Object(members) => members.iter().try_for_each(|(name, value)| entry(name, *value)),
        Part::Tree(members) => members.iter().try_for_each(|(name, value)| entry(name, Part::Value(value))),
        _ => None,
    }
}

/// Variables, the innermost first.
#[derive(Clone, Copy)]
struct Bound<'v> {
    value: Part<'v>,
    outer: Option<&'v Bound<'v>>,
}

/// The answer, if it is simple to give.
pub(super) fn run(node: &Node, input: Part<'_>) -> Option<Value> {
    let output = node.eval(input, None)?.into_owned();
    value::is_small(&output).then_some(output)
}

impl Node {
    fn eval<'v>(&'v self, input: Part<'v>, bound: Option<&'v Bound<'v>>) -> Option<Seen<'v>> {
        Some(match self {
            Self::Input => Seen::Given(input),
            Self::Variable(up) => {
                let mut bound = bound?;
                for _ in 0..*up {
                    bound = bound.outer?;
                }
                Seen::Given(bound.value)
            }
            Self::Literal(value) => Seen::of(Some(value)),
            Self::Field(of, name) => of.eval(input, bound)?.field(name)?,
            Self::Element(of, index) => of.eval(input, bound)?.element(*index)?,
            Self::Object(entries) => {
                let mut fields = Map::with_capacity(entries.len());
                for (name, value) in entries {
                    fields.insert(name.clone(), value.eval(input, bound)?.into_owned());
                }
                Seen::Owned(Value::Object(fields))
            }
            Self::Array(items) => {
                let items = items.iter().map(|item| item.eval(input, bound).map(Seen::into_owned));
                Seen::Owned(Value::Array(items.collect::<Option<_>>()?))
            }
            Self::Text(pieces) => {
                let mut text = String::new();
                for piece in pieces {
                    match piece {
                        Piece::Plain(plain) => text.push_str(plain),
                        Piece::Computed(node) => push_text(&mut text, &node.eval(input, bound)?)?,
                    }
                }
                Seen::Owned(Value::String(text))
            }
            Self::Pipe(left, right) => match left.eval(input, bound)? {
                Seen::Given(left) => right.eval(left, bound)?,
                Seen::Owned(left) => Seen::Owned(right.eval_within(Part::Value(&left), bound)?),
            },
            Self::Bind(source, body) => {
                let source = source.eval(input, bound)?;
                Seen::Owned(body.eval_within(input, Some(&Bound { value: source.part(), outer: bound }))?)
            }
            Self::Math(left, math, right) => {
                // The interpreter looks at the right side first; it matters only for which error is reported.
                let right = right.eval(input, bound)?;
                arithmetic(left.eval(input, bound)?, *math, right)?
            }
            Self::Compare(left, cmp, right) => {
                let right = right.eval(input, bound)?;
                let ordering = compare(&left.eval(input, bound)?.whole(), &right.whole())?;
                Seen::Owned(Value::Bool(match cmp {
                    Cmp::Lt => ordering == Ordering::Less,
                    Cmp::Le => ordering != Ordering::Greater,
                    Cmp::Gt => ordering == Ordering::Greater,
                    Cmp::Ge => ordering != Ordering::Less,
                    Cmp::Eq => ordering == Ordering::Equal,
                    Cmp::Ne => ordering != Ordering::Equal,
                }))
            }
            Self::Logic(left, both, right) => {
                let left = left.eval(input, bound)?.is_true();
                let answer = if left == *both { right.eval(input, bound)?.is_true() } else { left };
                Seen::Owned(Value::Bool(answer))
            }
            Self::Not => Seen::Owned(Value::Bool(!Seen::Given(input).is_true())),
            Self::Alternative(left, right) => {
                let left = left.eval(input, bound)?;
                if left.is_true() { left } else { right.eval(input, bound)? }
            }
            Self::If(condition, then, otherwise) => {
                let branch = if condition.eval(input, bound)?.is_true() { then } else { otherwise };
                branch.eval(input, bound)?
            }
            _ => return self.eval_as_whole(input, bound),
        })
    }

    /// What looks at an object or a list as a whole.
    fn eval_as_whole<'v>(&'v self, input: Part<'v>, bound: Option<&'v Bound<'v>>) -> Option<Seen<'v>> {
        Some(match self {
            Self::Member(of, name) => {
                let of = of.eval(input, bound)?;
                match &*name.eval(input, bound)?.whole() {
                    Value::String(name) => of.field(name)?,
                    _ => return None,
                }
            }
            Self::Update(place, change) => {
                let known = place.iter().try_fold(input, |part, name| part.member(name))?;
                match change.eval(known, bound)? {
                    Seen::Given(new) if new.is_same(known) => Seen::Given(input),
                    new => {
                        let (new, mut all) = (new.into_owned(), input.to_value());
                        let spot = place.iter().try_fold(&mut all, |value, name| value.get_mut(name))?;
                        *spot = new;
                        Seen::Owned(all)
                    }
                }
            }
            Self::Members(members, inside) => {
                let seen = Self::members(members, input, bound)?;
                let parts: Vec<_> = seen.iter().map(|(name, seen)| (*name, seen.part())).collect();
                Seen::Owned(inside.eval_within(Part::Object(&parts), bound)?)
            }
            Self::Assign(..) => Seen::Owned(self.update(input.to_value(), bound)?),
            Self::Collect(inner) => {
                let mut items = Vec::new();
                inner.each(input, bound, &mut |item| {
                    items.push(item.into_owned());
                    Some(())
                })?;
                Seen::Owned(Value::Array(items))
            }
            Self::Reduce(source, initial, update) => {
                let mut folded = initial.eval_within(input, bound)?;
                source.each(input, bound, &mut |item| {
                    let bound = Bound { value: item.part(), outer: bound };
                    folded = update.update(std::mem::take(&mut folded), Some(&bound))?;
                    Some(())
                })?;
                Seen::Owned(folded)
            }
            Self::Max => {
                let Value::Array(items) = &*input.whole() else { return None };
                let numbers = items.iter().map(integer).collect::<Option<Vec<_>>>()?;
                Seen::Owned(Value::from(numbers.into_iter().max()?))
            }
            Self::Default(name, value) => {
                let known = Seen::Given(input).field(name)?;
                if known.is_true() {
                    return Some(Seen::Given(input));
                }
                let value = value.eval(input, bound)?.into_owned();
                let Value::Object(mut fields) = input.to_value() else { return None };
                fields.insert(name.clone(), value);
                Seen::Owned(Value::Object(fields))
            }
            _ => return None,
        })
    }

    fn members<'v>(
        members: &'v [(String, Self)],
        input: Part<'v>,
        bound: Option<&'v Bound<'v>>,
    ) -> Option<Vec<(&'v str, Seen<'v>)>> {
        members.iter().map(|(name, value)| Some((&**name, value.eval(input, bound)?))).collect()
    }

    /// Whether it gives one answer always; what may give another number is no part of an expression.
    fn is_one(&self) -> bool {
        match self {
            Self::Each(_) | Self::Entries | Self::Select(_) | Self::Empty | Self::Both(..) => false,
            Self::Pipe(left, right) | Self::Bind(left, right) => left.is_one() && right.is_one(),
            Self::Members(_, inside) => inside.is_one(),
            Self::If(_, then, otherwise) => then.is_one() && otherwise.is_one(),
            Self::Field(of, _) | Self::Element(of, _) | Self::Member(of, _) => of.is_one(),
            _ => true,
        }
    }

    /// Whether it changes at most one member of its input, to something that is not made of the input. Whatever else
    /// is folded may double with every item, where the interpreter shares what is equal.
    fn adds_one(&self) -> bool {
        match self {
            Self::Input => true,
            Self::If(_, then, otherwise) => then.adds_one() && otherwise.adds_one(),
            Self::Assign(_, value) => value.is_free(),
            _ => false,
        }
    }

    /// Whether it is made of variables and literals alone.
    fn is_free(&self) -> bool {
        match self {
            Self::Variable(_) | Self::Literal(_) => true,
            Self::Field(of, _) | Self::Element(of, _) => of.is_free(),
            Self::Math(left, _, right) | Self::Alternative(left, right) => left.is_free() && right.is_free(),
            _ => false,
        }
    }

    /// Hands every answer to `take`, in order.
    fn each(&self, input: Part<'_>, bound: Option<&Bound<'_>>, take: &mut Take<'_>) -> Option<()> {
        match self {
            Self::Each(of) if matches!(**of, Self::Entries) => entries(input, take),
            Self::Each(of) => match &*of.eval(input, bound)?.whole() {
                Value::Array(items) => items.iter().try_for_each(|item| take(Seen::of(Some(item)))),
                Value::Object(fields) => fields.values().try_for_each(|value| take(Seen::of(Some(value)))),
                _ => None,
            },
            Self::Select(condition) => {
                if condition.eval(input, bound)?.is_true() {
                    take(Seen::Given(input))?;
                }
                Some(())
            }
            Self::Empty => Some(()),
            Self::Both(left, right) => {
                left.each(input, bound, take)?;
                right.each(input, bound, take)
            }
            Self::Pipe(left, right) => {
                left.each(input, bound, &mut |left| right.each(left.part(), bound, take))
            }
            Self::Bind(source, body) => source.each(input, bound, &mut |source| {
                body.each(input, Some(&Bound { value: source.part(), outer: bound }), take)
            }),
            Self::Members(members, inside) => {
                let seen = Self::members(members, input, bound)?;
                let parts: Vec<_> = seen.iter().map(|(name, seen)| (*name, seen.part())).collect();
                inside.each(Part::Object(&parts), bound, take)
            }
            Self::If(condition, then, otherwise) => {
                let branch = if condition.eval(input, bound)?.is_true() { then } else { otherwise };
                branch.each(input, bound, take)
            }
            _ => take(self.eval(input, bound)?),
        }
    }

    /// The answer for an input that nobody else needs: it is changed, not copied.
    fn update(&self, input: Value, bound: Option<&Bound<'_>>) -> Option<Value> {
        match self {
            Self::Input => Some(input),
            Self::If(condition, then, otherwise) => {
                let branch =
                    if condition.eval(Part::Value(&input), bound)?.is_true() { then } else { otherwise };
                branch.update(input, bound)
            }
            Self::Assign(name, value) => {
                let name = name.eval_within(Part::Value(&input), bound)?;
                let value = value.eval_within(Part::Value(&input), bound)?;
                let (Value::Object(mut fields), Value::String(name)) = (input, name) else { return None };
                fields.insert(name, value);
                Some(Value::Object(fields))
            }
            _ => self.eval_within(Part::Value(&input), bound),
        }
    }

    /// The same, for an input or variables that do not live as long as the answer.
    fn eval_within<'v>(&'v self, input: Part<'v>, bound: Option<&'v Bound<'v>>) -> Option<Value> {
        self.eval(input, bound).map(Seen::into_owned)
    }
}

fn truth(value: &Value) -> bool {
    !matches!(value, Value::Null | Value::Bool(false))
}

fn push_text(text: &mut String, seen: &Seen<'_>) -> Option<()> {
    if let Seen::Given(Part::Text(part)) = seen {
        text.push_str(part);
        return Some(());
    }
    match &*seen.whole() {
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

fn arithmetic<'v>(left: Seen<'v>, math: Math, right: Seen<'v>) -> Option<Seen<'v>> {
    let (one, other) = (left.whole(), right.whole());
    if let (Some(one), Some(other)) = (integer(&one), integer(&other)) {
        let number = match math {
            Math::Add => one.checked_add(other),
            Math::Sub => one.checked_sub(other),
            Math::Mul => one.checked_mul(other),
            Math::Div | Math::Rem => None,
        };
        return number.map(|number| Seen::Owned(Value::from(number)));
    }
    if math != Math::Add {
        return None;
    }
    let joined = match (&*one, &*other) {
        (Value::Null, _) => {
            drop((one, other));
            return Some(right);
        }
        (_, Value::Null) => {
            drop((one, other));
            return Some(left);
        }
        (Value::String(one), Value::String(other)) => {
            return Some(Seen::Owned(Value::String([one.as_str(), other].concat())));
        }
        (Value::Object(_), Value::Object(_)) => {
            drop((one, other));
            (left.into_owned(), right)
        }
        _ => return None,
    };
    let (Value::Object(mut fields), right) = joined else { return None };
    match right {
        Seen::Owned(Value::Object(more)) => fields.extend(more),
        right => {
            let Value::Object(more) = &*right.whole() else { return None };
            fields.extend(more.iter().map(|(name, value)| (name.clone(), value.clone())));
        }
    }
    Some(Seen::Owned(Value::Object(fields)))
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
        (Value::Array(left), Value::Array(right)) if left.is_empty() || right.is_empty() => {
            Some(left.len().cmp(&right.len()))
        }
        _ => match rank(left).cmp(&rank(right)) {
            Ordering::Equal if rank(left) >= 5 => None,
            ordering => Some(ordering),
        },
    }
}
