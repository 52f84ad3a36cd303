//! Whether the data of an event or a command is what its type promises. The primer: a *schema* belongs to a type
//! and version; what comes in is checked before a handler sees it, what goes out before it is committed. The first
//! is the sender's mistake (a poison message), the second the handler's own (a permanent failure). Types without a
//! schema promise nothing and are valid.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use crate::domain::{EventSchema, Name, Schema};

/// The schemas by type.
#[derive(Clone, Debug, Default)]
pub struct Validator {
    schemas: BTreeMap<Name, Arc<Schema>>,
}

/// Which way a message goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passage {
    /// To a handler.
    In,
    /// From a handler.
    Out,
}

/// Data that does not fit its schema.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{event_type} {} breaks its schema: {violations}", match passage {
    Passage::In => "came in and",
    Passage::Out => "was to be sent and",
})]
pub struct Invalid {
    /// Its type.
    pub event_type: String,
    /// Whose mistake it is.
    pub passage: Passage,
    /// What is wrong, with the place inside the data.
    pub violations: String,
}

impl Invalid {
    /// The word by which dead letters are grouped.
    pub const REASON: &'static str = "schema";
}

impl Validator {
    /// A validator with the schemas of a domain.
    pub fn new(schemas: &[EventSchema]) -> Self {
        let schemas = schemas.iter().map(|entry| (entry.event_type.clone(), entry.schema.clone()));
        Self { schemas: schemas.collect() }
    }

    /// Whether the type promises anything; where it does not, its data need not be built to be checked.
    pub fn has_schema(&self, event_type: &str) -> bool {
        self.schemas.contains_key(event_type)
    }

    /// Checks `data` against the schema of its type.
    pub fn check(&self, event_type: &str, data: &Value, passage: Passage) -> Result<(), Invalid> {
        let Some(schema) = self.schemas.get(event_type) else { return Ok(()) };
        schema.check(data).map_err(|violations| Invalid {
            event_type: event_type.to_owned(),
            passage,
            violations,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn data_is_checked_by_its_type_and_version_both_ways() {
        let schema = |required: &str| {
            Arc::new(Schema::compile(&json!({"type": "object", "required": [required]})).unwrap())
        };
        let validator = Validator::new(&[
            EventSchema { event_type: "order.created.v1".into(), schema: schema("orderId") },
            EventSchema { event_type: "order.created.v2".into(), schema: schema("currency") },
        ]);
        let data = json!({"orderId": "o-1"});
        assert_eq!(validator.check("order.created.v1", &data, Passage::In), Ok(()));
        assert_eq!(validator.check("order.cancelled.v1", &json!(null), Passage::In), Ok(()), "no promise");
        let refused = validator.check("order.created.v2", &data, Passage::In).unwrap_err().to_string();
        assert!(refused.starts_with("order.created.v2 came in and breaks its schema: "), "{refused}");
        assert!(refused.contains("currency"), "{refused}");
        let own = validator.check("order.created.v1", &json!([]), Passage::Out).unwrap_err();
        assert!(own.to_string().starts_with("order.created.v1 was to be sent and breaks"), "{own}");
    }
}
