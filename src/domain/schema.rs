//! JSON Schemas of event types: compiled once, asked often. Nothing is fetched: a reference to another document is
//! an error of the schema.

use std::fmt;

use jsonschema::Validator;
use serde_json::Value;

/// A compiled JSON Schema.
pub struct Schema {
    source: Value,
    validator: Validator,
}

/// Why a document is no schema.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SchemaError(pub String);

/// Violations listed in one answer.
const VIOLATIONS_MAX: usize = 5;

impl Schema {
    /// Compiles a schema of any draft from 4 to 2020-12; the newest where it names none. Formats are checked.
    pub fn compile(source: &Value) -> Result<Self, SchemaError> {
        let validator = jsonschema::options()
            .offline()
            .should_validate_formats(true)
            .build(source)
            .map_err(|error| SchemaError(error.to_string()))?;
        Ok(Self { source: source.clone(), validator })
    }

    /// Whether `data` is valid; else what is not, a sentence with the place inside the data each.
    pub fn check(&self, data: &Value) -> Result<(), String> {
        if self.validator.is_valid(data) {
            return Ok(());
        }
        let mut errors = self.validator.iter_errors(data);
        let mut violations: Vec<String> = Vec::new();
        for error in errors.by_ref().take(VIOLATIONS_MAX) {
            let place = error.instance_path().to_string();
            violations.push(if place.is_empty() { error.to_string() } else { format!("{error} at {place}") });
        }
        let more = errors.count();
        if more > 0 {
            violations.push(format!("and {more} more"));
        }
        Err(violations.join("; "))
    }

    /// The schema as it was given.
    pub fn source(&self) -> &Value {
        &self.source
    }
}

impl fmt::Debug for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Schema({})", self.source)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn says_what_is_wrong_and_where() {
        let schema = Schema::compile(&json!({
            "type": "object",
            "required": ["orderId"],
            "properties": {"total": {"type": "integer", "minimum": 1}, "at": {"format": "date-time"}},
        }))
        .expect("a schema");
        assert_eq!(schema.check(&json!({"orderId": "o1", "total": 5})), Ok(()));
        let wrong = schema.check(&json!({"total": 0, "at": "yesterday"})).expect_err("not valid");
        for part in ["orderId", "/total", "/at"] {
            assert!(wrong.contains(part), "{wrong}");
        }
    }

    #[test]
    fn amounts_beyond_a_double_are_checked_exactly() {
        let schema = Schema::compile(&json!({"maximum": 9_007_199_254_740_992_u64})).expect("a schema");
        assert_eq!(schema.check(&json!(9_007_199_254_740_992_u64)), Ok(()));
        assert!(schema.check(&json!(9_007_199_254_740_993_u64)).is_err());
    }

    #[test]
    fn what_is_no_schema_is_an_error_and_nothing_is_fetched() {
        for wrong in [
            json!({"type": "strange"}),
            json!({"$ref": "https://example.com/other.json"}),
            json!({"$ref": "file:///etc/hostname"}),
            json!({"pattern": "("}),
        ] {
            assert!(Schema::compile(&wrong).is_err(), "{wrong}");
        }
    }
}
