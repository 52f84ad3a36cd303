//! What a program may call: the definitions in jq, and the interpreter's own functions that they and programs use.
//! What is not here does not exist for a program.

use jaq_core::load::parse::Def;
use jaq_core::native::{Fun, run, v};
use jaq_core::{Cv, Error, Exn, ValXs};
use jaq_json::{Num, Val};

use super::Data;

/// Functions in terms of others; each leaves after finitely many steps, and none calls itself.
const DEFINITIONS: &str = r#"
def empty: {}[] as $x | .;
def error: error_empty as $x | .;
def error(msgs): (msgs | error_empty) as $x | .;
def null: [][0];
def true: 0 == 0;
def false: 0 != 0;
def not: if . then false else true end;
def select(f): if f then . else empty end;
def tostring: "\(.)";
def @text: "\(.)";
def @json: tojson;
def range(from; to): range(from; to; 1);
def range(to): range(0; to; 1);
def map(f): [.[] | f];
def map_values(f): .[] |= f;
def del(f): f |= empty;
def getpath($path): reduce $path[] as $p (.; .[$p]);
def setpath($path; $x): getpath($path) = $x;
def first: .[0];
def last: .[-1];
def nth(n): .[n];
def nth(n; g): first(skip(n; g));
def join($s): .[] |= tostring | .[:-1][] += $s | reduce .[] as $x (""; . + $x);
def to_entries: [key_values[] as [$key, $value] | {$key, $value}];
def from_entries: reduce (.[] | {(.key): .value}) as $x ({}; . + $x);
def with_entries(f): to_entries | map(f) | from_entries;
def isempty(g): first((g | false), true);
def all(g; cond): isempty(g | cond and empty);
def any(g; cond): isempty(g | cond or empty) | not;
def all(cond): all(.[]; cond);
def any(cond): any(.[]; cond);
def all: all(.[]; .);
def any: any(.[]; .);
def isboolean: . == true or . == false;
def isnumber: . > true and . < "";
def isstring: . >= "" and . < [];
def isarray: . >= [] and . < {};
def isobject: . >= {};
def abs: if . < 0 then -. end;
def type:
    if . == null then "null"
  elif isboolean then "boolean"
  elif . < "" then "number"
  elif . < [] then "string"
  elif . < {} then "array"
  else "object" end;
def values: select(. != null);
def nulls: select(. == null);
def booleans: select(isboolean);
def numbers: select(isnumber);
def strings: select(isstring);
def arrays: select(isarray);
def objects: select(isobject);
def iterables: select(. >= []);
def scalars: select(. < []);
def add(f): reduce f as $x (null; . + $x);
def add: add(.[]);
def min_by(f): reduce min_by_or_empty(f) as $x (null; $x);
def max_by(f): reduce max_by_or_empty(f) as $x (null; $x);
def min: min_by(.);
def max: max_by(.);
def unique_by(f): [group_by(f)[] | .[0]];
def unique: unique_by(.);
def keys: keys_unsorted | sort;
def pick(f):
  reduce path_value(f) as [$path, $value] ({}; . *
    reduce ($path | reverse[]) as $p ($value; {($p): .})
  );
def in(xs): . as $x | xs | has($x);
def inside(xs): . as $x | xs | contains($x);
def index($i): indices($i)[0];
def rindex($i): indices($i)[-1];
def split($sep):
  if isstring and ($sep | isstring) then . / $sep
  else error("split input and separator must be strings") end;
"#;

/// Values that one `range` gives at most.
const RANGE_MAX: usize = 100_000;

/// Functions of the interpreter: total, and functions of their input alone.
const NATIVE: &[&str] = &[
    "error_empty",
    "path",
    "path_value",
    "keys_unsorted",
    "key_values",
    "first",
    "last",
    "limit",
    "skip",
    "floor",
    "round",
    "ceil",
    "utf8bytelength",
    "explode",
    "implode",
    "ascii_downcase",
    "ascii_upcase",
    "reverse",
    "sort",
    "sort_by",
    "group_by",
    "min_by_or_empty",
    "max_by_or_empty",
    "startswith",
    "endswith",
    "ltrimstr",
    "rtrimstr",
    "trim",
    "ltrim",
    "rtrim",
    "tojson",
    "length",
    "contains",
    "has",
    "indices",
    "bsearch",
];

/// The definitions, parsed.
pub(super) fn defs() -> Vec<Def<&'static str>> {
    jaq_core::load::parse(DEFINITIONS, |parser| parser.defs()).expect("the definitions are jq")
}

/// The interpreter's functions that exist for a program.
pub(super) fn funs() -> impl Iterator<Item = Fun<Data>> {
    let all = jaq_core::funs().chain(jaq_std::base_funs()).chain(jaq_json::funs());
    all.filter(|(name, _, _): &Fun<Data>| NATIVE.contains(name)).chain([run::<Data>(("range", v(3), range))])
}

/// `range` that ends: over whole numbers, and not over too many.
fn range<'a>(mut given: Cv<'a, Data>) -> ValXs<'a, Val> {
    let [by, to, from] = [(); 3].map(|()| given.0.pop_var());
    let fail =
        |message: &str| -> ValXs<'a, Val> { Box::new(std::iter::once(Err(Exn::from(Error::str(message))))) };
    let (Val::Num(Num::Int(from)), Val::Num(Num::Int(to)), Val::Num(Num::Int(by))) = (from, to, by) else {
        return fail("range goes over whole numbers only");
    };
    if by == 0 {
        return fail("a range that steps by 0 never ends");
    }
    let steps =
        (0_usize..).map_while(move |step| from.checked_add(by.checked_mul(isize::try_from(step).ok()?)?));
    let values: Vec<isize> = steps
        .take_while(|value| if by > 0 { *value < to } else { *value > to })
        .take(RANGE_MAX + 1)
        .collect();
    if values.len() > RANGE_MAX {
        return fail("this range has more than 100,000 values");
    }
    Box::new(values.into_iter().map(|value| Ok(Val::from(value))))
}

/// Names that a program can call, with the number of their arguments.
pub(super) fn names() -> Vec<(&'static str, usize)> {
    let mut names: Vec<_> = defs().iter().map(|def| (def.name, def.args.len())).collect();
    names.extend(funs().map(|(name, args, _)| (name, args.len())));
    names
}
