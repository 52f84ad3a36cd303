//! Records as kcat prints them, and as other tools do.

use super::super::record::decode;
use super::*;

fn event(record: &Value) -> RecordedEvent {
    decode(record.to_string().as_bytes(), false, &Kafka).unwrap()
}

fn metadata(event: &RecordedEvent) -> Value {
    event.metadata.as_ref().unwrap().value()
}

fn order() -> Value {
    json!({
        "topic": "orders", "partition": 2, "offset": 7, "tstype": "create", "ts": 1_772_352_000_123_i64, "broker": 1,
        "headers": ["ce_type", "com.shop.OrderPlaced", "ce_id", "e-1", "ce_time", "2026-03-01T07:59:59.5Z",
            "correlation_id", "c-1", "causation_id", "e-0", "tag", "a", "tag", "b"],
        "key": "ord-1", "payload": "{\"order_id\": \"ord-1\", \"total\": 1.10}",
    })
}

#[test]
fn a_record_of_cloud_events_in_headers_has_every_field() {
    let event = event(&order());
    assert_eq!((event.event_type.as_str(), event.id.as_deref()), ("com.shop.OrderPlaced", Some("e-1")));
    assert_eq!(event.home().unwrap().stream, StreamName::new("orders", "ord-1"));
    assert_eq!((event.home().unwrap().version, event.position), (None, None));
    assert_eq!(event.occurred_at.unwrap().to_string(), "2026-03-01T07:59:59.5Z");
    assert_eq!(event.correlation_id.as_deref(), Some("c-1"));
    assert_eq!(event.causation_id.as_deref(), Some("e-0"));
    assert_eq!(event.data.value().unwrap().to_string(), r#"{"order_id":"ord-1","total":1.10}"#);
    let metadata = metadata(&event);
    assert_eq!((&metadata["partition"], &metadata["offset"]), (&json!(2), &json!(7)));
    assert_eq!(metadata["headers"]["tag"], json!(["a", "b"]));
    assert!(event.warnings.is_empty());
}

#[test]
fn type_and_id_are_taken_from_where_they_are() {
    for (headers, payload, event_type, id) in [
        (json!(["__TypeId__", "com.shop.Paid"]), "{}", "com.shop.Paid", "orders/2/7"),
        (json!(["eventType", "Paid", "id", "i"]), "{}", "Paid", "i"),
        (json!({"event-type": "Paid"}), "{}", "Paid", "orders/2/7"),
        (json!([{"key": "ce-type", "value": "Paid"}]), "{}", "Paid", "orders/2/7"),
        (Value::Null, r#"{"type":"Paid","id":"i","data":{}}"#, "Paid", "i"),
        (Value::Null, r#"{"id":"ord-1"}"#, "orders", "orders/2/7"),
        (json!(["odd"]), "plain", "orders", "orders/2/7"),
    ] {
        let mut record = order();
        record["headers"] = headers;
        record["payload"] = payload.into();
        let event = event(&record);
        assert_eq!((event.event_type.as_str(), event.id.as_deref()), (event_type, Some(id)), "{record}");
    }
}

#[test]
fn ids_are_found_in_the_payload_and_a_trace_stands_in() {
    for (headers, payload, correlation, causation) in [
        (json!([]), r#"{"metadata":{"$correlationId":"c","causation_id":"x"}}"#, Some("c"), Some("x")),
        (json!([]), r#"{"correlationId":"c","causationId":"x"}"#, Some("c"), Some("x")),
        (
            json!(["traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"]),
            "{}",
            Some("0af7651916cd43dd8448eb211c80319c"),
            None,
        ),
        (json!([]), r#"{"processId":"of the business"}"#, None, None),
    ] {
        let mut record = order();
        record["headers"] = headers;
        record["payload"] = payload.into();
        let event = event(&record);
        assert_eq!(
            (event.correlation_id.as_deref(), event.causation_id.as_deref()),
            (correlation, causation),
            "{record}"
        );
    }
}

#[test]
fn records_without_a_payload_a_key_or_a_time_say_so() {
    let tombstone = json!({"topic": "orders", "partition": 0, "offset": 1, "tstype": "unknown", "ts": -1, "key": "ord-1", "payload": null});
    let tombstone = event(&tombstone);
    assert_eq!(
        (tombstone.event_type.as_str(), tombstone.data.value()),
        ("orders.tombstone", Some(Value::Null))
    );
    assert_eq!((tombstone.occurred_at, tombstone.warnings.len()), (None, 0));
    let bare = event(
        &json!({"topic": "orders", "partition": 3, "offset": 1, "tstype": "logappend", "ts": 1_772_352_000_000_i64, "key": null, "payload": "x"}),
    );
    assert_eq!(bare.home().unwrap().stream, StreamName::new("orders", "orders/3"));
    assert_eq!((bare.occurred_at, bare.recorded_at.is_some()), (None, true));
    // Avro is printed as JSON, and so may be a key.
    let avro = event(
        &json!({"topic": "orders", "partition": 3, "offset": 1, "ts": 1, "key": {"id": 7}, "payload": {"total": 2}}),
    );
    assert_eq!(avro.home().unwrap().stream.id, r#"{"id":7}"#);
    assert_eq!(avro.data.value(), Some(json!({"total": 2})));
}

#[test]
fn a_record_of_a_dead_letter_topic_is_a_letter_with_its_reason() {
    let mut record = order();
    record["topic"] = "orders.DLT".into();
    record["headers"] = json!([
        "ce_type",
        "OrderPlaced",
        "ce_id",
        "e-1",
        "correlation_id",
        "c-1",
        "kafka_dlt-original-topic",
        "orders",
        "kafka_dlt-exception-fqcn",
        "java.io.IOException",
        "kafka_dlt-exception-message",
        "no answer",
        "kafka_dlt-original-consumer-group",
        "billing"
    ]);
    let letter = event(&record);
    assert_eq!(letter.event_type, "dead_letter.parked");
    assert_eq!(letter.home().unwrap().stream, StreamName::new("DeadLetter", "dead_letter-orders.DLT-2-7"));
    assert_eq!((letter.id.as_deref(), letter.causation_id.as_deref()), (Some("orders.DLT/2/7"), Some("e-1")));
    assert_eq!(letter.correlation_id.as_deref(), Some("c-1"));
    let facts = &metadata(&letter)["dead_letter"];
    assert_eq!(
        facts,
        &json!({"consumer": "billing", "message_type": "OrderPlaced", "error": "no answer", "key": "ord-1"})
    );
    record["headers"] = json!([]);
    record["payload"] = r#"{"reason":"too late"}"#.into();
    assert_eq!(metadata(&event(&record))["dead_letter"]["error"], "too late");
}

#[test]
fn topics_of_dead_letters_are_told_by_their_names() {
    for (topic, expected) in [
        ("payments.DLT", true),
        ("payments-dlt", true),
        ("payments-dlq", true),
        ("payments_error", true),
        ("payments.dead-letter", true),
        ("payments", false),
        ("client-errors", false),
        ("error", false),
        ("dlq", false),
        ("dead-letter-office", false),
    ] {
        assert_eq!(is_letter_topic(topic), expected, "{topic}");
    }
}
