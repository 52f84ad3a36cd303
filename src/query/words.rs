//! Parts of a query put in and taken out by a click, leaving everything else that was typed as it is.

use super::ast::{Expr, Query, Term};
use super::parse::Outline;

/// What a click asks of a term.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Only this: replaces other terms of the same field, which together would match nothing.
    Only,
    /// Not this.
    Exclude,
}

/// The query with a term put in, or taken out where it is there already. One that cannot be understood is replaced.
pub fn toggled(query: &str, term: &str, wish: Wish) -> String {
    let excluded = format!("-{term}");
    let own = if wish == Wish::Only { term } else { &excluded };
    let (Ok(outline), Some(asked)) = (Outline::of(query), single(term)) else { return own.to_owned() };
    let opposite = Expr::Not(Box::new(asked.clone()));
    let own_part = if wish == Wish::Only { &asked } else { &opposite };
    let was_there = outline.parts.iter().any(|(_, part)| part == own_part);
    let is_replaced = |part: &Expr| {
        wish == Wish::Only
            && !was_there
            && field_of(part).is_some_and(|field| field_of(&asked) == Some(field))
    };
    let kept =
        outline.parts.iter().filter(|(_, part)| *part != asked && *part != opposite && !is_replaced(part));
    let mut texts: Vec<String> = kept.map(|(at, _)| bound(&query[at.clone()], outline.is_any)).collect();
    if !was_there {
        texts.push(own.to_owned());
    }
    with_stage(texts.join(" "), &query[outline.end..])
}

/// The filter of a query without what is counted; one that cannot be understood as it is.
pub fn without_stage(query: &str) -> &str {
    Outline::of(query).map_or(query, |outline| query[..outline.end].trim_end())
}

impl Query {
    /// Whether it asks for just this term beside whatever else it asks. Reads the term alone: lists ask it for every
    /// row that they draw.
    pub fn has_term(&self, term: &str) -> bool {
        let Some(asked) = single(term) else { return false };
        match &self.filter {
            Some(Expr::All(parts)) => parts.contains(&asked),
            Some(one) => *one == asked,
            None => false,
        }
    }
}

/// The query with one more term; a term that is there already is not repeated. One that cannot be understood is
/// replaced.
pub(super) fn with(query: &str, term: &str) -> String {
    let query = query.trim();
    let Ok(outline) = Outline::of(query) else { return term.to_owned() };
    if single(term).is_some_and(|asked| outline.parts.iter().any(|(_, part)| *part == asked)) {
        return query.to_owned();
    }
    let filter = bound(query[..outline.end].trim_end(), outline.is_any);
    let filter = if filter.is_empty() { term.to_owned() } else { format!("{filter} {term}") };
    with_stage(filter, &query[outline.end..])
}

/// In parentheses, where beside another part it would mean something else.
fn bound(text: &str, is_any: bool) -> String {
    if is_any { format!("({})", text.trim()) } else { text.to_owned() }
}

fn with_stage(filter: String, stage: &str) -> String {
    match (filter.is_empty(), stage.is_empty()) {
        (_, true) => filter,
        (true, false) => stage.to_owned(),
        (false, false) => format!("{filter} {stage}"),
    }
}

fn single(term: &str) -> Option<Expr> {
    Outline::of(term).ok()?.query.filter
}

fn field_of(part: &Expr) -> Option<&super::ast::Field> {
    match part {
        Expr::Term(Term { field, .. }) => Some(field),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::type_term;

    fn check(query: &str, name: &str, wish: Wish, expected: &str) {
        assert_eq!(toggled(query, &type_term(name), wish), expected, "{query}");
    }

    #[test]
    fn a_click_puts_a_term_in_and_the_next_takes_it_out() {
        check("", "Paid", Wish::Only, "type:Paid");
        check("type:Paid", "Paid", Wish::Only, "");
        check("", "Paid", Wish::Exclude, "-type:Paid");
        check("a -type:Paid b", "Paid", Wish::Exclude, "a b");
    }

    #[test]
    fn only_replaces_its_field_and_nothing_else() {
        check("corr:8f* type:Placed \"two words\"", "Paid", Wish::Only, "corr:8f* \"two words\" type:Paid");
        check("-type:Paid -type:Lost", "Paid", Wish::Only, "-type:Lost type:Paid");
        check("type:Paid", "Lost", Wish::Exclude, "type:Paid -type:Lost");
        check("type:Paid", "Paid", Wish::Exclude, "-type:Paid");
        check("stream:\"a b\" 5\"x y", "Paid", Wish::Only, "stream:\"a b\" 5\"x y type:Paid");
    }

    #[test]
    fn what_is_bound_by_or_stays_together() {
        check("a or b", "Paid", Wish::Only, "(a or b) type:Paid");
        check("(a or type:Lost) c", "Paid", Wish::Only, "(a or type:Lost) c type:Paid");
        assert_eq!(with("a or b", "c"), "(a or b) c");
    }

    #[test]
    fn a_term_is_known_beside_others_and_not_inside_them() {
        for (query, expected) in [
            ("type:Paid", true),
            ("a type:Paid | count", true),
            ("-type:Paid", false),
            ("a or type:Paid", false),
            ("", false),
        ] {
            assert_eq!(Query::parse(query).unwrap().has_term("type:Paid"), expected, "{query}");
        }
    }

    #[test]
    fn a_stage_stays_at_the_end() {
        check("a | count by type", "Paid", Wish::Only, "a type:Paid | count by type");
        check("type:Paid | count", "Paid", Wish::Only, "| count");
        assert_eq!(with("| count", "a"), "a | count");
    }
}
