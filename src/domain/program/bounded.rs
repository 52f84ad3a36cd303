//! Keeps what a program builds on the way within bounds. The interpreter has no limit of its own: a text doubled
//! sixty times, or repeated 2⁶³ times, would end the process for want of memory, and a list nested without end
//! would overflow the stack when it is dropped. Every term that can make a value larger than what it was made of is
//! followed by a look at the size of what it made. It does not bound time.

use jaq_core::load::lex::StrPart;
use jaq_core::load::parse::{BinaryOp, Def, Pattern, Term};
use jaq_core::native::{Fun, run, v};
use jaq_core::ops::Math;
use jaq_core::path::Part;
use jaq_core::{Bind, Cv, Error, Exn, ValXs};
use jaq_json::{Num, Val};

use super::Data;
use super::value::{OUTPUT_DEPTH_MAX, OUTPUT_SIZE_MAX};

const TOO_LARGE: &str = "the result is too large";
const TOO_DEEP: &str = "the result is nested too deeply";

/// Names that no program can write.
const BOUNDED: &str = "!bounded";
const PRODUCT: &str = "!product";
const WITHIN: &str = "!within";
const RIGHT: &str = "$!right";

/// Functions that give more text than they get: each quotation mark of theirs is escaped by the next.
const GROWING: &[&str] = &["tojson"];

/// The same program, bounded.
pub(super) fn term<'t>(term: Term<&'t str>) -> Term<&'t str> {
    let boxed = |inner: Box<Term<&'t str>>| Box::new(self::term(*inner));
    match term {
        Term::Id | Term::Recurse | Term::Num(_) | Term::Break(_) | Term::Var(_) | Term::Arr(None) => term,
        Term::Str(format, parts) => {
            let grows = parts.iter().any(|part| matches!(part, StrPart::Term(_)));
            let parts = parts.into_iter().map(|part| match part {
                StrPart::Term(inner) => StrPart::Term(self::term(inner)),
                other => other,
            });
            let text = Term::Str(format, parts.collect());
            if grows { checked(text) } else { text }
        }
        Term::Arr(Some(inner)) => {
            checked(Term::Arr(Some(Box::new(Term::Call(WITHIN, vec![self::term(*inner)])))))
        }
        Term::Obj(entries) if entries.is_empty() => Term::Obj(entries),
        Term::Obj(entries) => checked(Term::Obj(
            entries.into_iter().map(|(key, value)| (self::term(key), value.map(self::term))).collect(),
        )),
        Term::Neg(inner) => Term::Neg(boxed(inner)),
        Term::Label(name, inner) => Term::Label(name, boxed(inner)),
        Term::BinOp(left, op, right) => operation(self::term(*left), op, self::term(*right)),
        Term::Fold(name, source, pattern, arguments) => Term::Fold(
            name,
            boxed(source),
            self::pattern(pattern),
            arguments.into_iter().map(self::term).collect(),
        ),
        Term::TryCatch(inner, handler) => Term::TryCatch(boxed(inner), handler.map(boxed)),
        Term::IfThenElse(branches, otherwise) => Term::IfThenElse(
            branches.into_iter().map(|(when, then)| (self::term(when), self::term(then))).collect(),
            otherwise.map(boxed),
        ),
        Term::Def(definitions, body) => {
            Term::Def(definitions.into_iter().map(definition).collect(), boxed(body))
        }
        Term::Call(name, arguments) => {
            let call = Term::Call(name, arguments.into_iter().map(self::term).collect());
            if GROWING.contains(&name) { checked(call) } else { call }
        }
        Term::Path(head, mut path) => {
            for (part, _) in &mut path.0 {
                let inside: Vec<&mut Term<&str>> = match part {
                    Part::Index(index) => vec![index],
                    Part::Range(from, to) => from.iter_mut().chain(to).collect(),
                };
                for inner in inside {
                    *inner = self::term(std::mem::take(inner));
                }
            }
            Term::Path(boxed(head), path)
        }
    }
}

/// The same definition, bounded.
pub(super) fn definition(definition: Def<&str>) -> Def<&str> {
    Def { body: term(definition.body), ..definition }
}

/// The functions that bounded programs call.
pub(super) fn funs() -> impl Iterator<Item = Fun<Data>> {
    let filter: Box<[Bind]> = Box::new([Bind::Fun(())]);
    [
        run::<Data>((BOUNDED, v(0), bounded)),
        run::<Data>((PRODUCT, v(2), product)),
        run::<Data>((WITHIN, filter, within)),
    ]
    .into_iter()
}

fn checked(term: Term<&str>) -> Term<&str> {
    Term::BinOp(Box::new(term), BinaryOp::Pipe(None), Box::new(Term::Call(BOUNDED, Vec::new())))
}

fn operation<'t>(left: Term<&'t str>, op: BinaryOp<&'t str>, right: Term<&'t str>) -> Term<&'t str> {
    match op {
        // A product is refused before it is made.
        BinaryOp::Math(Math::Mul) => Term::Call(PRODUCT, vec![left, right]),
        BinaryOp::UpdateMath(Math::Mul) => {
            let product = Term::Call(PRODUCT, vec![Term::Id, Term::Var(RIGHT)]);
            let update = operation(left, BinaryOp::Update, product);
            Term::BinOp(Box::new(right), BinaryOp::Pipe(Some(Pattern::Var(RIGHT))), Box::new(update))
        }
        BinaryOp::Pipe(Some(pattern)) => {
            let bound = BinaryOp::Pipe(Some(self::pattern(pattern)));
            Term::BinOp(Box::new(left), bound, Box::new(right))
        }
        BinaryOp::Math(Math::Add)
        | BinaryOp::Assign
        | BinaryOp::Update
        | BinaryOp::UpdateMath(_)
        | BinaryOp::UpdateAlt => checked(Term::BinOp(Box::new(left), op, Box::new(right))),
        _ => Term::BinOp(Box::new(left), op, Box::new(right)),
    }
}

fn pattern(pattern: Pattern<&str>) -> Pattern<&str> {
    match pattern {
        Pattern::Var(_) => pattern,
        Pattern::Arr(inner) => Pattern::Arr(inner.into_iter().map(self::pattern).collect()),
        Pattern::Obj(entries) => {
            Pattern::Obj(entries.into_iter().map(|(key, inner)| (term(key), self::pattern(inner))).collect())
        }
    }
}

fn fail<'a>(reason: &str) -> ValXs<'a, Val> {
    Box::new(std::iter::once(Err(Exn::from(Error::str(reason)))))
}

/// Its input, or an error when that is larger than an output may be.
fn bounded(given: Cv<'_, Data>) -> ValXs<'_, Val> {
    let mut left = OUTPUT_SIZE_MAX;
    match measure(&given.1, &mut left, 0) {
        Ok(()) => Box::new(std::iter::once(Ok(given.1))),
        Err(reason) => fail(reason),
    }
}

/// What a filter gives as long as all of it together is no larger than an output may be: a list is refused while it is
/// made, for each of its values may be as large as one may be.
fn within(mut given: Cv<'_, Data>) -> ValXs<'_, Val> {
    let (filter, context) = given.0.pop_fun();
    let mut left = OUTPUT_SIZE_MAX;
    Box::new(filter.run((context, given.1)).map(move |value| {
        let value = value?;
        measure(&value, &mut left, 0).map_err(|reason| Exn::from(Error::str(reason)))?;
        Ok(value)
    }))
}

/// Takes the nodes and the bytes of text of `value` from `left`.
fn measure(value: &Val, left: &mut usize, depth: usize) -> Result<(), &'static str> {
    let weight = match value {
        Val::TStr(text) | Val::BStr(text) => text.len() + 1,
        Val::Num(number) => size(number),
        _ => 1,
    };
    *left = left.checked_sub(weight).ok_or(TOO_LARGE)?;
    if depth > OUTPUT_DEPTH_MAX {
        return Err(TOO_DEEP);
    }
    match value {
        Val::Arr(items) => items.iter().try_for_each(|item| measure(item, left, depth + 1)),
        Val::Obj(fields) => fields.iter().try_for_each(|(key, value)| {
            measure(key, left, depth + 1)?;
            measure(value, left, depth + 1)
        }),
        _ => Ok(()),
    }
}

/// Bytes of a number, or 1 for one of machine size.
fn size(number: &Num) -> usize {
    match number {
        Num::BigInt(integer) => usize::try_from(integer.bits() / 8).unwrap_or(usize::MAX),
        Num::Dec(text) => text.len(),
        Num::Int(_) | Num::Float(_) => 1,
    }
}

/// The product of its arguments, or an error when that would be too large.
fn product(mut given: Cv<'_, Data>) -> ValXs<'_, Val> {
    let [right, left] = [(); 2].map(|()| given.0.pop_var());
    let size = match (&left, &right) {
        (Val::TStr(text) | Val::BStr(text), Val::Num(times))
        | (Val::Num(times), Val::TStr(text) | Val::BStr(text)) => match times {
            Num::Int(times) => text.len().saturating_mul(usize::try_from(*times).unwrap_or(0)),
            Num::BigInt(_) if !text.is_empty() => usize::MAX,
            _ => 0,
        },
        (Val::Num(left), Val::Num(right)) => size(left).saturating_add(size(right)),
        // Merging objects: their sum at most.
        _ => 0,
    };
    if size > OUTPUT_SIZE_MAX {
        return fail(TOO_LARGE);
    }
    let merged = (left * right).map_err(Exn::from);
    let Ok(merged) = merged else { return Box::new(std::iter::once(merged)) };
    given.1 = merged;
    bounded(given)
}
