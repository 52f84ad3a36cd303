//! From the bytes of one record to an event: repair what can be repaired, split the object into its keys, and
//! hand them to the format. The reader and the later fetch of a single event both come through [`decode_at`].

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::quick::Parts;
use crate::base::limits::JSON_DEPTH_MAX;
use crate::model::RecordedEvent;
use crate::store::sound::{REPAIRED_SURROGATES, nests_deeper, too_deep, without_lone_surrogates};

/// How one format makes an event of a record. `Err` is a sentence.
pub(super) trait Convert: Send + Sync {
    /// Whether a record is a mark of the format's own and no event.
    fn is_nothing(&self, _bytes: &[u8]) -> bool {
        false
    }

    /// Whether an event that carries this text has it in the bytes of its record as well, where these have no
    /// backslash and no Base64. When in doubt, not.
    fn keeps(&self, _text: &str) -> bool {
        false
    }

    /// What each key of a record is, where its envelope follows from them one by one ([`super::quick`]). `None` where
    /// it does not, or where nobody has looked.
    fn parts(&self, _keys: &[&str]) -> Option<Parts> {
        None
    }

    /// The event that `record` is.
    fn event(&self, record: &Record<'_>) -> Result<RecordedEvent, String>;

    /// The same for the record at this offset of its file: for formats in which one record explains another.
    fn event_at(&self, record: &Record<'_>, _at: u64) -> Result<RecordedEvent, String> {
        self.event(record)
    }
}

/// An object, split into its keys and no further.
#[derive(Debug, Default)]
pub(super) struct Record<'a> {
    /// In their order; of a repeated key the last value, at the place of the first.
    pub(super) keys: Vec<(Cow<'a, str>, &'a RawValue)>,
    /// Keys that were there more than once.
    pub(super) repeated: Vec<String>,
}

/// Up to this many keys, looking at each is faster than a map.
const FEW_KEYS: usize = 32;

impl<'a> Record<'a> {
    /// Splits an object.
    pub(super) fn parse(text: &'a str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }

    /// The object that `bytes` begin with.
    pub(super) fn first_of(bytes: &'a [u8]) -> Option<Self> {
        serde_json::Deserializer::from_slice(bytes).into_iter().next()?.ok()
    }

    /// The value of `key`; `None` for null as well.
    pub(super) fn get(&self, key: &str) -> Option<&'a RawValue> {
        let (_, value) = self.keys.iter().find(|(known, _)| known == key)?;
        (value.get() != "null").then_some(*value)
    }

    fn drop_repeated(&mut self) {
        if self.keys.len() <= FEW_KEYS {
            let mut index = 1;
            while index < self.keys.len() {
                match self.keys[..index].iter().position(|(key, _)| *key == self.keys[index].0) {
                    None => index += 1,
                    Some(first) => {
                        let (key, value) = self.keys.remove(index);
                        self.keys[first].1 = value;
                        self.repeated.push(key.into_owned());
                    }
                }
            }
            return;
        }
        let mut places: BTreeMap<Cow<'a, str>, usize> = BTreeMap::new();
        let mut kept: Vec<(Cow<'a, str>, &'a RawValue)> = Vec::with_capacity(self.keys.len());
        for (key, value) in self.keys.drain(..) {
            if let Some(first) = places.get(&key) {
                kept[*first].1 = value;
                self.repeated.push(key.into_owned());
            } else {
                places.insert(key.clone(), kept.len());
                kept.push((key, value));
            }
        }
        self.keys = kept;
    }
}

/// A key that is borrowed where it has no escapes.
struct Key<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Keys;
        impl<'de> Visitor<'de> for Keys {
            type Value = Key<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }

            fn visit_borrowed_str<E>(self, key: &'de str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Borrowed(key)))
            }

            fn visit_str<E>(self, key: &str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Owned(key.to_owned())))
            }
        }
        deserializer.deserialize_str(Keys)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Record<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Objects;
        impl<'de> Visitor<'de> for Objects {
            type Value = Record<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Record<'de>, A::Error> {
                let mut record = Record { keys: Vec::with_capacity(16), repeated: Vec::new() };
                while let Some(Key(key)) = map.next_key::<Key<'de>>()? {
                    record.keys.push((key, map.next_value()?));
                }
                record.drop_repeated();
                Ok(record)
            }

            fn visit_seq<A>(self, _list: A) -> Result<Record<'de>, A::Error>
            where
                A: serde::de::SeqAccess<'de>,
            {
                Err(A::Error::custom("a list, not an object"))
            }
        }
        deserializer.deserialize_map(Objects)
    }
}

/// Why a record is not an event.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fault {
    /// One sentence.
    pub(super) problem: String,
    /// Not JSON, rather than JSON of the wrong kind.
    pub(super) is_syntax: bool,
    /// It ends too early.
    pub(super) is_cut: bool,
}

impl Fault {
    pub(super) fn of_kind(problem: impl Into<String>) -> Self {
        Self { problem: problem.into(), is_syntax: false, is_cut: false }
    }
}

/// The event in `bytes`, wherever they are.
pub(super) fn decode(bytes: &[u8], unescape: bool, convert: &dyn Convert) -> Result<RecordedEvent, Fault> {
    decode_at(bytes, 0, unescape, convert)
}

/// The event in `bytes`, which are at this offset of their file. `unescape`: every backslash of the file was doubled
/// ([`super::escapes`]).
pub(super) fn decode_at(
    bytes: &[u8],
    at: u64,
    unescape: bool,
    convert: &dyn Convert,
) -> Result<RecordedEvent, Fault> {
    let mut repairs = Vec::new();
    // The strict check is several times faster than the lossy one, and nearly always enough.
    let mut text = std::str::from_utf8(bytes).map_or_else(
        |_| {
            repairs.push("Bytes that are not UTF-8 were replaced by \u{fffd}.".to_owned());
            String::from_utf8_lossy(bytes)
        },
        Cow::Borrowed,
    );
    if unescape && text.contains("\\\\") {
        text = Cow::Owned(text.replace("\\\\", "\\"));
    }
    if let Cow::Owned(repaired) = without_lone_surrogates(&text) {
        repairs.push(REPAIRED_SURROGATES.to_owned());
        text = Cow::Owned(repaired);
    }
    if nests_deeper(text.as_bytes(), JSON_DEPTH_MAX) {
        return Err(Fault::of_kind(too_deep()));
    }
    let record = Record::parse(&text).map_err(|error| {
        if error.is_data() {
            return Fault::of_kind("It is not an object.");
        }
        // In a record of one line the line number 1 would contradict the place.
        let reason = error.to_string().replace(" at line 1 column ", " at character ");
        Fault { problem: format!("It is not JSON: {reason}."), is_syntax: true, is_cut: error.is_eof() }
    })?;
    let mut event = convert.event_at(&record, at).map_err(Fault::of_kind)?;
    event.warnings.append(&mut repairs);
    if !record.repeated.is_empty() {
        let keys = record.repeated.join("\", \"");
        event.warnings.push(format!("The key \"{keys}\" is there more than once; the last value counts."));
    }
    Ok(event)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{JsonText, Payload};

    /// Gives the whole record as data.
    struct Plain;

    impl Convert for Plain {
        fn event(&self, record: &Record<'_>) -> Result<RecordedEvent, String> {
            let raw = record.get("d").ok_or("no d")?;
            Ok(RecordedEvent { data: Payload::Json(JsonText::from_raw(raw)), ..RecordedEvent::default() })
        }
    }

    fn data_of(bytes: &[u8]) -> (String, Vec<String>) {
        let event = decode(bytes, false, &Plain).unwrap();
        (event.data.value().unwrap().to_string(), event.warnings)
    }

    #[test]
    fn the_last_of_repeated_keys_counts_in_small_and_in_large_objects() {
        for more in [0, 100] {
            let rest: Vec<String> = (0..more).map(|n| format!(r#","k{n}":{n}"#)).collect();
            let rest = rest.concat();
            let (data, warnings) = data_of(format!(r#"{{"d":1,"x":2,"d":3{rest}}}"#).as_bytes());
            assert_eq!(data, "3");
            assert_eq!(warnings, ["The key \"d\" is there more than once; the last value counts."]);
        }
    }

    #[test]
    fn invalid_utf8_and_lone_surrogates_are_repaired_with_a_warning() {
        let (data, warnings) = data_of(b"{\"d\":\"a\xFFb\"}");
        assert_eq!((data.as_str(), warnings.len()), ("\"a\u{fffd}b\"", 1));
        let (data, warnings) = data_of(br#"{"d":"\ud83d\ude00 \ud83d \\ud83d"}"#);
        assert_eq!((data.as_str(), warnings.len()), ("\"\u{1f600} \u{fffd} \\\\ud83d\"", 1));
        let (data, warnings) = data_of(br#"{"d":"\ud83d\ude00 \\ud83d"}"#);
        assert_eq!((data.as_str(), warnings.len()), ("\"\u{1f600} \\\\ud83d\"", 0));
    }

    #[test]
    fn deep_nesting_is_a_sentence() {
        let nested = |depth: usize| format!("{{\"d\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
        assert!(decode(nested(127).as_bytes(), false, &Plain).is_ok());
        for depth in [128, 100_000] {
            let fault = decode(nested(depth).as_bytes(), false, &Plain).unwrap_err();
            assert_eq!(fault.problem, "It nests deeper than 128 levels, so it was not read.");
        }
        // Brackets in strings do not nest.
        assert!(decode(format!("{{\"d\":\"\\\"{}\"}}", "[".repeat(500)).as_bytes(), false, &Plain).is_ok());
    }

    #[test]
    fn what_is_no_object_says_so() {
        for (text, problem, is_cut) in [
            ("[1]", "It is not an object.", false),
            ("3", "It is not an object.", false),
            (r#"{"d":1"#, "It is not JSON: EOF while parsing an object at character 6.", true),
            (r#"{"d":nope}"#, "It is not JSON: expected ident at character 7.", false),
            (r#"{"x":1}"#, "no d", false),
        ] {
            let fault = decode(text.as_bytes(), false, &Plain).unwrap_err();
            assert_eq!((fault.problem.as_str(), fault.is_cut), (problem, is_cut), "{text}");
        }
    }
}
