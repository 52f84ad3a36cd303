//! The nearest known name to a misspelled one, for error messages. Letters only; knows nothing of what is named.

/// The name that is closest to `wrong` by single-letter edits, the first where several are equally close; `None`
/// where even the closest shares too little to be what was meant.
pub fn nearest<'a>(wrong: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let allowed = (wrong.chars().count() / 3).max(1);
    known
        .into_iter()
        .map(|name| (distance(wrong, name), name))
        .filter(|(edits, name)| *edits <= allowed || is_start_of(wrong, name))
        .min_by_key(|(edits, _)| *edits)
        .map(|(_, name)| name)
}

/// `comp` for `compensated`: three letters and more are enough to tell.
fn is_start_of(wrong: &str, name: &str) -> bool {
    wrong.chars().count() >= 3 && name.starts_with(wrong)
}

/// Edits of one letter (insert, remove, replace, swap two neighbours) from `a` to `b`.
fn distance(a: &str, b: &str) -> usize {
    let a: Vec<char> = a.chars().flat_map(char::to_lowercase).collect();
    let b: Vec<char> = b.chars().flat_map(char::to_lowercase).collect();
    let mut rows = vec![(0..=b.len()).collect::<Vec<usize>>()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let replaced = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut least = replaced.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_finds_the_name_and_a_stranger_finds_none() {
        let known = ["process-payment", "reserve-inventory", "timeout", "lost", "crash-before-commit"];
        for (wrong, expected) in [
            ("timout", Some("timeout")),
            ("tiemout", Some("timeout")),
            ("Lost", Some("lost")),
            ("los", Some("lost")),
            ("crash", Some("crash-before-commit")),
            ("proces-payement", Some("process-payment")),
            ("meteor", None),
            ("", None),
        ] {
            assert_eq!(nearest(wrong, known), expected, "{wrong}");
        }
        let keys = ["success", "failure", "compensate", "compensated", "on"];
        for (wrong, expected) in [
            ("succses", Some("success")),
            ("compensates", Some("compensate")),
            ("no", Some("on")),
            ("timeout", None),
        ] {
            assert_eq!(nearest(wrong, keys), expected, "{wrong}");
        }
        assert_eq!(nearest("x", []), None);
    }
}
