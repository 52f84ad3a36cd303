//! What queries are read as, and what is said of wrong ones.

use super::super::ast::{Bound, Name, Near, Term, Test};
use super::*;

/// A query as nested words, so that trees can be compared by eye.
fn shown(expr: &Expr) -> String {
    let parts = |parts: &[Expr]| parts.iter().map(shown).collect::<Vec<_>>().join(" ");
    match expr {
        Expr::All(all) => format!("all({})", parts(all)),
        Expr::Any(any) => format!("any({})", parts(any)),
        Expr::Not(inner) => format!("not({})", shown(inner)),
        Expr::Term(Term { field, test }) => format!("{field}{}", asked(test)),
    }
}

fn asked(test: &Test) -> String {
    let end = |bound: &Option<Bound>| match bound {
        None => String::new(),
        Some(Bound::At(at)) => at.to_string(),
        Some(Bound::BeforeEnd(length)) => format!("end-{length}"),
        Some(Bound::AfterStart(length)) => format!("start+{length}"),
    };
    match test {
        Test::Text(needle) => format!("[{needle}]"),
        Test::Name { like, equal } => {
            let like = match like {
                Name::Glob(glob) => format!(":{glob}"),
                Name::Exact(exact) => format!("={exact}"),
                Name::Regex(pattern) => format!("~{}", pattern.0),
            };
            if *equal { like } else { format!("!{like}") }
        }
        Test::Between { from, to, inside } => {
            format!("{}{}..{}", if *inside { "" } else { "!" }, end(from), end(to))
        }
        Test::Word(word) => format!(":{word}"),
        Test::Value(value) => format!("{}{}", value.op.spelling(), value.text),
        Test::Among(inner) => format!("({})", shown(inner)),
        Test::Near { to: Near::Event(row), hops } => format!("({row})/{hops}"),
        Test::Near { to: Near::Matching(inner), hops } => format!("({})/{hops}", shown(inner)),
    }
}

fn check(input: &str, expected: &str) {
    let query = Query::parse(input).unwrap_or_else(|error| panic!("{input}: {error} at {:?}", error.at));
    assert_eq!(query.filter.as_ref().map_or(String::new(), shown), expected, "{input}");
}

#[test]
fn terms_are_bound_by_or_and_not_and_parentheses() {
    check("", "");
    check("  ", "");
    check("type:payment.*", "type:payment.*");
    check("-type:*.heartbeat ord", "all(not(type:*.heartbeat) text[ord])");
    check("a b or c d", "any(all(text[a] text[b]) all(text[c] text[d]))");
    check("a (b or c)", "all(text[a] any(text[b] text[c]))");
    check("a AND not b OR -(c d)", "any(all(text[a] not(text[b])) not(all(text[c] text[d])))");
    check("\"or\" \"and\"", "all(text[or] text[and])");
    check("--a", "not(not(text[a]))");
    check("order android nothing", "all(text[order] text[android] text[nothing])");
}

#[test]
fn values_are_read_as_the_field_takes_them() {
    check("stream:\"my order\" corr:8f…", "all(stream:my order corr:8f…)");
    check("type=a type!=b type~^c\\d$", "all(type=a type!=b type~^c\\d$)");
    check("type:(a or b*)", "any(type:a type:b*)");
    check("(type~^(a|b)$ or c)", "any(type~^(a|b)$ text[c])");
    check("-type:(a or \"b c\")", "not(any(type:a type:b c))");
    check(
        "version<3 version:2..5 version:..5 version!=2",
        "all(version..2 version2..5 version..5 version!2..2)",
    );
    check("wait>2s wait<=1.5h", "all(wait2000000001.. wait..5400000000000)");
    check("size>=10kB", "size10000..");
    check("after:10m before:+1h", "all(afterend-600000000000.. before..start+3599999999999)");
    check("time:1970-01-01", "time0..86399999999999");
    check("data.total>100 meta.userId=7", "all(data.total>100 meta.userId=7)");
    check("data.items[*].\"odd key\":x*", "data.items[*].\"odd key\":x*");
    check("data.status:(paid or open)", "any(data.status:paid data.status:open)");
    check("has:data.coupon exists:cause", "all(has.coupon:data has:cause)");
    check("kind:COMMAND is:failure", "all(kind:command is:failure)");
    check("correlation.events>3 stream.events:1", "all(corr.events4.. stream.events1..1)");
    check("stream.has:(type:a or b)", "stream.has(any(type:a text[b]))");
    check("cause:42 effect:#2:7/3", "all(cause(#42)/4294967295 effect(#2:7)/3)");
    check("cause:(is:failure x)/2", "cause(all(is:failure text[x]))/2");
    check("row:#2:12", "row1099511627788..1099511627788");
    check("saga:stuck saga.retries>=3", "all(saga:stuck saga.retries3..)");
}

#[test]
fn what_is_no_field_is_text() {
    check("12:30 - a=", "all(text[12:30] text[-] text[a=])");
    check("http://x/y?z=1 std::vec a==b", "all(text[http://x/y?z=1] text[std::vec] text[a==b])");
    check(
        "\"a \\\" b\" 5\"x data stream type",
        "all(text[a \" b] text[5\"x] text[data] text[stream] text[type])",
    );
}

#[test]
fn a_stage_stands_behind_a_bar() {
    for (input, expected) in [
        ("a | count", (None, None)),
        ("a|count by type", (Some("type"), None)),
        ("| top 20 stream", (Some("stream"), Some(20))),
        ("a | TOP data.items[*].sku", (Some("data.items[*].sku"), Some(10))),
    ] {
        let stage = Query::parse(input).unwrap().stage.unwrap();
        let group = stage.group.map(|group| group.to_string());
        assert_eq!((group.as_deref(), stage.top), expected, "{input}");
    }
}

#[test]
fn errors_have_a_place_and_say_what_was_expected() {
    for (input, at, says) in [
        ("ok colour:red", 3..9, "There is no field colour. In the payload it is data.colour"),
        ("ok typ:red", 3..6, "Did you mean type?"),
        ("total>100", 0..5, "In the payload it is data.total"),
        ("stream.evnts>3", 0..12, "Did you mean stream.events?"),
        ("type:", 0..5, "A value is expected here"),
        ("\"open", 0..5, "The closing quotation mark is missing"),
        ("a -stream:", 3..10, "A value is expected here"),
        ("(a or b", 0..7, "The closing ) is missing"),
        ("a)", 1..2, "There is no ( for this )"),
        ("a or", 2..4, "A term is expected after or"),
        ("()", 0..2, "A term is expected in the parentheses"),
        ("version:x", 8..9, "A whole number is expected"),
        ("version~1", 8..9, "version cannot be compared by ~"),
        ("after:soon", 6..10, "A time is expected"),
        ("wait>5", 5..6, "A length of time is expected"),
        ("kind:evnt", 5..9, "Did you mean event?"),
        ("is:red", 3..6, "is is one of failure, repaired, first, last"),
        ("type:a(b", 6..7, "A blank is expected before ("),
        ("type~a(b", 5..8, "This regular expression cannot be read"),
        ("type~[", 5..6, "This regular expression cannot be read"),
        ("data.a", 0..6, "What is asked of it is expected here"),
        ("data.a[x]:1", 7..8, "A number or * is expected here"),
        ("data.§", 5..7, "The name of a member is expected here"),
        ("a -|count", 2..3, "A term is expected after -"),
        ("data.v==1", 7..8, "The value begins with an operator"),
        ("has:colour", 4..10, "A path like data.coupon is expected"),
        ("cause:x", 6..7, "The row of an event or a query in parentheses"),
        ("cause:(a)/0", 9..11, "A number of hops is expected after /"),
        ("stream.has:x", 11..12, "A query in parentheses is expected"),
        ("a | sort", 4..8, "There is no stage sort"),
        ("a |", 2..3, "count, count by … or top … is expected after |"),
        ("a | count by", 10..12, "What is counted by is expected"),
        ("a | count by colour", 13..19, "Nothing can be counted by colour"),
        ("a | top 0 type", 8..9, "A number of groups from 1 on"),
        ("a | count by type x", 18..19, "Nothing more is expected here"),
    ] {
        let error = Query::parse(input).expect_err(input);
        assert_eq!(error.at, at, "{input}: {error}");
        assert!(error.message.contains(says), "{input}: {error}");
    }
}

#[test]
fn deep_nesting_is_an_error_and_no_crash() {
    let deep = format!("{}a{}", "(".repeat(5_000), ")".repeat(5_000));
    assert_eq!(
        Query::parse(&deep).unwrap_err().message,
        "Too many parentheses or negations inside each other"
    );
    assert!(Query::parse(&format!("{}a", "-".repeat(5_000))).is_err());
    assert!(Query::parse(&"a ".repeat(20_000)).is_err());
}
