//! Words of a filter put in and taken out by a click, leaving everything else that was typed as it is. Text for
//! text: two spellings of one term are two words.

/// What a click asks of a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Only this: replaces other words of the same field, which together would match nothing.
    Only,
    /// Not this.
    Exclude,
}

/// The filter with a word put in, or taken out where it is there already.
pub fn toggled(filter: &str, term: &str, wish: Wish) -> String {
    let excluded = format!("-{term}");
    let field = &term[..=term.find(':').unwrap_or(0)];
    let words = words(filter);
    let (own, opposite) = match wish {
        Wish::Only => (term, &*excluded),
        Wish::Exclude => (&*excluded, term),
    };
    let was_there = words.contains(&own);
    let replaced = |word: &str| {
        let is_same_field = word.get(..field.len()).is_some_and(|start| start.eq_ignore_ascii_case(field));
        wish == Wish::Only && !was_there && is_same_field
    };
    let mut kept: Vec<&str> =
        words.into_iter().filter(|word| *word != own && *word != opposite && !replaced(word)).collect();
    if !was_there {
        kept.push(own);
    }
    kept.join(" ")
}

/// The words of a filter: separated by blanks but for those in quotes.
fn words(filter: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = filter.trim_start();
    while !rest.is_empty() {
        let end = end_of_word(rest);
        words.push(&rest[..end]);
        rest = rest[end..].trim_start();
    }
    words
}

fn end_of_word(text: &str) -> usize {
    let mut quoted = false;
    let mut escaped = false;
    let mut before = ':';
    for (at, letter) in text.char_indices() {
        if quoted {
            if escaped {
                escaped = false;
            } else if letter == '\\' {
                escaped = true;
            } else if letter == '"' {
                quoted = false;
            }
        } else if letter.is_whitespace() {
            return at;
        } else if letter == '"' && (before == ':' || before == '-') {
            // A quotation mark inside a word is a letter like others.
            quoted = true;
        }
        before = letter;
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::type_term;

    fn check(filter: &str, name: &str, wish: Wish, expected: &str) {
        assert_eq!(toggled(filter, &type_term(name), wish), expected, "{filter}");
    }

    #[test]
    fn a_click_puts_a_word_in_and_the_next_takes_it_out() {
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
}
