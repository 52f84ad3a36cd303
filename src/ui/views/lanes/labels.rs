//! Which words stand beside marks: the whole type where there is room, else without its family, else none.
//! Pure arithmetic; widths come from whoever can measure.

/// How much of a type's name is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wording {
    Full,
    /// Without the family.
    Short,
    None,
}

/// Between a mark's middle and its label, and between a label and what comes next.
pub(super) const BEFORE: f32 = 9.0;
pub(super) const AFTER: f32 = 5.0;

/// The longest wording that ends before what comes next on the lane. `middle` and `next_left` in points.
pub(super) fn wording(middle: f32, next_left: f32, full: f32, short: Option<f32>) -> Wording {
    let room = next_left - AFTER - (middle + BEFORE);
    if full <= room {
        Wording::Full
    } else if short.is_some_and(|short| short <= room) {
        Wording::Short
    } else {
        Wording::None
    }
}

/// `Declined` of `PaymentDeclined`, `failed.v1` of `payment.failed.v1`; `None` where nothing would be left.
pub(in crate::ui::views) fn without_family<'a>(name: &'a str, family: &str) -> Option<&'a str> {
    let (start, end) = family_in(name, family)?;
    let rest = name[end..].trim_start_matches(|letter: char| !letter.is_alphanumeric());
    let is_first = name[..start].chars().all(|letter| !letter.is_uppercase());
    (is_first && !rest.is_empty() && rest.len() < name.len()).then_some(rest)
}

/// The family as the name spells it: `Payment` of `PaymentDeclined`.
pub(super) fn family_as_written<'a>(name: &'a str, family: &'a str) -> &'a str {
    family_in(name, family).map_or(family, |(start, end)| &name[start..end])
}

/// Where the family stands in a name, without regard to case.
fn family_in(name: &str, family: &str) -> Option<(usize, usize)> {
    if family.is_empty() {
        return None;
    }
    name.char_indices().find_map(|(start, _)| {
        let mut wanted = family.chars();
        for (at, letter) in name[start..].char_indices() {
            for lower in letter.to_lowercase() {
                if wanted.next() != Some(lower) {
                    return None;
                }
            }
            if wanted.as_str().is_empty() {
                return Some((start, start + at + letter.len_utf8()));
            }
        }
        None
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::type_family;

    #[test]
    fn a_type_is_shortened_by_its_family() {
        for (name, short) in [
            ("PaymentDeclined", Some("Declined")),
            ("payment.failed.v1", Some("failed.v1")),
            ("com.shop.payment.failed", Some("failed")),
            ("order_created", Some("created")),
            ("Started", None),
            ("", None),
            ("ŻółćZmieniona", Some("Zmieniona")),
        ] {
            assert_eq!(without_family(name, &type_family(name)), short, "{name}");
        }
        assert_eq!(family_as_written("PaymentDeclined", "payment"), "Payment");
        assert_eq!(family_as_written("payment.failed", "payment"), "payment");
        assert_eq!(family_as_written("42", "payment"), "payment");
    }

    proptest! {
        #[test]
        fn labels_give_way_to_what_comes_next(
            places in prop::collection::vec(0.0..2_000.0_f32, 1..40),
            widths in prop::collection::vec((20.0..160.0_f32, 10.0..20.0_f32), 40),
        ) {
            let mut places = places;
            places.sort_by(f32::total_cmp);
            let mut written_to = f32::MIN;
            for (n, middle) in places.iter().enumerate() {
                prop_assert!(written_to <= middle - 5.0, "a label lies under a mark");
                let next = places.get(n + 1).map_or(2_000.0, |next| next - 5.0);
                let (full, short) = widths[n];
                let width = match wording(*middle, next, full, Some(short)) {
                    Wording::Full => full,
                    Wording::Short => short,
                    Wording::None => continue,
                };
                written_to = middle + BEFORE + width;
            }
        }
    }
}
