//! What a type's name says by itself: its family, and whether it tells of a failure.
//! Used where no domain file says more; the window calls it inferred.

/// Words that name a failure when they are a word of an event type's name.
const FAILURE_WORDS: [&str; 22] = [
    "abort",
    "aborted",
    "declined",
    "denied",
    "dead",
    "error",
    "errored",
    "expired",
    "failed",
    "failure",
    "fault",
    "insufficient",
    "invalid",
    "lost",
    "refused",
    "reject",
    "rejected",
    "stuck",
    "timeout",
    "timedout",
    "unavailable",
    "unreachable",
];

/// Whether the name of an event type says that something failed: `PaymentDeclined`, `payment.failed.v1`.
pub fn is_failure_type(event_type: &str) -> bool {
    let words = words(event_type);
    words.iter().any(|word| FAILURE_WORDS.contains(&word.as_str()))
        || words.windows(2).any(|pair| pair[0] == "timed" && pair[1] == "out")
        || words.windows(2).any(|pair| pair[0] == "out" && pair[1] == "of")
}

/// The family that gives a type its hue: what stands before the first dot (`payment` of `payment.failed.v1`),
/// after a reverse-domain prefix, else the name's first word (`Payment` of `PaymentDeclined`). Lower case.
pub fn type_family(event_type: &str) -> String {
    let words = words(event_type);
    let dotted = event_type.contains('.');
    // com.shop.PaymentDeclined: a prefix of known top-level domains names the owner, not the family.
    let reverse_domain =
        dotted && words.len() > 2 && matches!(words[0].as_str(), "com" | "org" | "net" | "io" | "dev");
    words.into_iter().nth(if reverse_domain { 2 } else { 0 }).unwrap_or_default()
}

/// The lower-case words of a name in any of the usual spellings.
pub fn words(name: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut previous_lower = false;
    for letter in name.chars() {
        let boundary = !letter.is_alphanumeric();
        if (boundary || (letter.is_uppercase() && previous_lower)) && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        if !boundary {
            word.extend(letter.to_lowercase());
        }
        previous_lower = letter.is_lowercase() || letter.is_numeric();
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_are_told_by_their_name() {
        for name in [
            "PaymentDeclined",
            "payment.failed.v1",
            "order_rejected",
            "ShipmentLost",
            "TaskTimedOut",
            "OutOfStock",
        ] {
            assert!(is_failure_type(name), "{name}");
        }
        for name in
            ["PaymentAuthorized", "OrderCancelled", "order.created.v1", "DeadlineMoved", "StockReleased", ""]
        {
            assert!(!is_failure_type(name), "{name}");
        }
    }

    #[test]
    fn the_family_is_the_noun() {
        for (name, family) in [
            ("payment.failed.v1", "payment"),
            ("PaymentDeclined", "payment"),
            ("com.shop.PaymentDeclined", "payment"),
            ("order_placed", "order"),
            ("", ""),
        ] {
            assert_eq!(type_family(name), family, "{name}");
        }
    }
}
