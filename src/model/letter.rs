//! Where an event that tells of a dead letter keeps what it says of it: our own runs in its data, and a queue's copy
//! of a message, whose data are the message's, in its metadata.

use serde_json::Value;

/// The member of metadata that a reader of queues writes.
pub const LETTER_MEMBER: &str = "dead_letter";

/// The object with `error`, `consumer`, `message_type` and the like.
pub fn letter_facts<'a>(data: &'a Value, metadata: &'a Value) -> &'a Value {
    metadata.get(LETTER_MEMBER).filter(|facts| facts.is_object()).unwrap_or(data)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_queue_says_counts_for_more_than_the_message_it_keeps() {
        let data = json!({"error": "of the business"});
        assert_eq!(letter_facts(&data, &Value::Null)["error"], "of the business");
        assert_eq!(letter_facts(&data, &json!({"dead_letter": {"error": "timeout"}}))["error"], "timeout");
        assert_eq!(letter_facts(&data, &json!({"dead_letter": "x"})), &data);
    }
}
