//! How well a typed text matches a name: every word must be found, at best as a part of the name, else as the
//! beginnings of its words, else letter by letter close together. No state.

/// A match: the better the higher; and which letters matched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Match {
    pub(super) score: i32,
    /// Numbers of the letters, ascending.
    pub(super) letters: Vec<usize>,
}

/// A typed text, ready to be compared with many names.
#[derive(Clone, Debug)]
pub(super) struct Needle {
    words: Vec<Vec<char>>,
}

impl Needle {
    pub(super) fn new(text: &str) -> Self {
        let words = text.split_whitespace().map(|word| word.chars().map(lower).collect());
        Self { words: words.collect() }
    }

    /// How well `name` matches; an empty text matches everything alike.
    pub(super) fn find(&self, name: &str) -> Option<Match> {
        let original: Vec<char> = name.chars().collect();
        let letters: Vec<char> = original.iter().copied().map(lower).collect();
        let starts: Vec<bool> = (0..original.len()).map(|at| is_word_start(&original, at)).collect();
        let mut found = Match { score: 0, letters: Vec::new() };
        for word in &self.words {
            let one = part(word, &letters, &starts)
                .or_else(|| initials(word, &letters, &starts))
                .or_else(|| scattered(word, &letters))?;
            found.score += one.score;
            found.letters.extend(one.letters);
        }
        // Of two names that match alike, the shorter one was more likely meant.
        found.score -= (letters.len() / 8) as i32;
        found.letters.sort_unstable();
        found.letters.dedup();
        Some(found)
    }
}

fn lower(letter: char) -> char {
    letter.to_lowercase().next().unwrap_or(letter)
}

fn is_word_start(letters: &[char], at: usize) -> bool {
    let Some(before) = at.checked_sub(1).map(|before| letters[before]) else { return true };
    let here = letters[at];
    here.is_alphanumeric() && (!before.is_alphanumeric() || (here.is_uppercase() && before.is_lowercase()))
}

/// The word as it is, somewhere in the name.
fn part(word: &[char], letters: &[char], starts: &[bool]) -> Option<Match> {
    let places = (0..=letters.len().checked_sub(word.len())?).filter(|at| letters[*at..].starts_with(word));
    let at = places.min_by_key(|at| (!starts[*at..].first().copied().unwrap_or_default(), *at))?;
    let mut score = 100;
    if starts.get(at) == Some(&true) {
        score += 40;
    }
    if at == 0 {
        score += 20;
    }
    if word.len() == letters.len() {
        score += 40;
    }
    Some(Match { score, letters: (at..at + word.len()).collect() })
}

/// Letters that each go on from the one before or begin a word: `nofc` in "Next of the same correlation".
fn initials(word: &[char], letters: &[char], starts: &[bool]) -> Option<Match> {
    fn from(word: &[char], at: usize, letters: &[char], starts: &[bool], taken: &mut Vec<usize>) -> bool {
        let Some((first, rest)) = word.split_first() else { return true };
        (at..letters.len()).any(|place| {
            let continues = taken.last().is_some_and(|last| last + 1 == place);
            if letters[place] != *first || !(starts[place] || continues) {
                return false;
            }
            taken.push(place);
            from(rest, place + 1, letters, starts, taken) || {
                taken.pop();
                false
            }
        })
    }
    // Backtracking over a long text of equal letters would take for ever, and nobody means it.
    if word.len() > 12 || letters.len() > 120 {
        return None;
    }
    let mut taken = Vec::with_capacity(word.len());
    from(word, 0, letters, starts, &mut taken).then_some(Match { score: 60, letters: taken })
}

/// Letters in order and close together: `p301` in `pay-00301`.
fn scattered(word: &[char], letters: &[char]) -> Option<Match> {
    if word.len() < 3 {
        return None;
    }
    let mut taken = Vec::with_capacity(word.len());
    let mut at = 0;
    for letter in word {
        let place = at + letters[at..].iter().position(|other| other == letter)?;
        taken.push(place);
        at = place + 1;
    }
    let span = taken.last()? - taken.first()? + 1;
    let gaps = (span - word.len()) as i32;
    (span <= word.len() * 2 + 3).then(|| Match { score: 30 - gaps, letters: taken })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn matched(needle: &str, name: &str) -> Option<String> {
        let found = Needle::new(needle).find(name)?;
        Some(name.chars().enumerate().filter(|(at, _)| found.letters.contains(at)).map(|(_, c)| c).collect())
    }

    #[test]
    fn parts_initials_and_close_letters_match() {
        for (needle, name, expected) in [
            ("play", "Play or pause", Some("Play")),
            ("or pl", "Play or pause", Some("Plor")),
            ("nosc", "Next of the same correlation", Some("Nosc")),
            ("pd", "PaymentDeclined", Some("PD")),
            ("p301", "pay-00301", Some("p301")),
            ("xyz", "Play or pause", None),
            ("lmp", "a lonely name in a tramp", None),
            ("", "anything", Some("")),
            ("straße", "Straße", Some("Straße")),
        ] {
            assert_eq!(matched(needle, name).as_deref(), expected, "{needle} in {name}");
        }
    }

    #[test]
    fn what_was_meant_comes_first() {
        let best = |needle: &str, names: &[&'static str]| {
            let needle = Needle::new(needle);
            names.iter().copied().max_by_key(|name| needle.find(name).map(|found| found.score))
        };
        assert_eq!(best("open", &["Reopen", "Open…", "Open by path…"]), Some("Open…"));
        assert_eq!(best("ord-1", &["ord-11", "ord-1", "word-1"]), Some("ord-1"));
        assert_eq!(best("log", &["Catalog", "Show log"]), Some("Show log"));
    }

    proptest! {
        #[test]
        fn every_part_of_a_name_finds_it(name in "\\PC{1,40}", from in 0..20_usize, len in 1..8_usize) {
            let part: String = name.chars().skip(from).take(len).collect();
            prop_assume!(!part.trim().is_empty());
            prop_assert!(Needle::new(&part).find(&name).is_some());
        }

        #[test]
        fn matched_letters_are_in_the_name(needle in "[a-c ]{0,6}", name in "[a-cA-C -]{0,30}") {
            if let Some(found) = Needle::new(&needle).find(&name) {
                prop_assert!(found.letters.iter().all(|at| *at < name.chars().count()));
                prop_assert!(found.letters.is_sorted());
            }
        }
    }
}
