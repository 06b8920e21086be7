//! Reads the JSON of an answer within bounds: a few megabytes of `{}` would need gigabytes, and a long
//! name above many values would be copied once for each of them.

use std::fmt;
use std::time::Instant;

use serde::de::{self, DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// Most values in one body: every object, array, string, number, boolean and null is one.
pub(super) const MAX_VALUES: usize = 100_000;

/// Most bytes of JSON pointers, summed over all values: rules write such a pointer for what they find.
const MAX_POINTERS: usize = 64 << 20;

/// Most bytes of pointers that are kept of keys that occur twice.
const MAX_DUPLICATES: usize = 64 << 10;

/// The time is looked at once in so many values.
const BETWEEN_LOOKS: usize = 256;

/// What a body holds.
#[derive(Debug)]
pub(super) struct BodyContent {
    pub value: Value,
    /// Pointers of keys that occur more than once in one object; the last one counts.
    pub duplicate_keys: Vec<String>,
    /// How many values there are.
    pub values: usize,
}

/// Why a body gives no value.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unread {
    /// It is not JSON.
    #[error("{0}")]
    Malformed(String),
    /// Reading it was given up.
    #[error(transparent)]
    Stopped(Unparsed),
}

/// Why reading a body was given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unparsed {
    /// The time was up.
    #[error("it was not read in time")]
    TooLate,
    /// It is beyond a limit.
    #[error("it has {0}")]
    Costly(Excess),
}

/// The limit that a body is beyond.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Excess {
    /// It is longer than that in bytes.
    #[error("more than {0} bytes")]
    Bytes(usize),
    /// Its JSON has more values than are read.
    #[error("more than {MAX_VALUES} JSON values")]
    Values,
    /// Its JSON has longer names above its values than are read.
    #[error("too many JSON values below long names")]
    Names,
}

/// U+FEFF in UTF-8. RFC 8259 §8.1 forbids it at the start of a JSON text, and lets parsers ignore it.
pub(super) const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Parses a body once, until a moment if there is one.
pub(super) fn parse(bytes: &[u8], until: Option<Instant>) -> Result<BodyContent, Unread> {
    let text = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
    let mut reader = serde_json::Deserializer::from_slice(text);
    let mut reading = JsonReading { until, ..JsonReading::default() };
    let value = Seed(&mut reading).deserialize(&mut reader).and_then(|value| reader.end().map(|()| value));
    if until.is_some_and(|until| Instant::now() > until) {
        return Err(Unread::Stopped(Unparsed::TooLate));
    }
    match (value, reading.stopped) {
        (_, Some(stopped)) => Err(Unread::Stopped(stopped)),
        (Err(error), None) => Err(Unread::Malformed(error.to_string())),
        (Ok(value), None) => {
            Ok(BodyContent { value, duplicate_keys: reading.duplicate_keys, values: reading.values })
        }
    }
}

/// Where the parser is, and what it has spent.
#[derive(Default)]
struct JsonReading {
    until: Option<Instant>,
    /// The JSON pointer of the value that is being read.
    pointer: String,
    values: usize,
    pointers: usize,
    duplicate_keys: Vec<String>,
    duplicates: usize,
    stopped: Option<Unparsed>,
}

impl JsonReading {
    /// Counts one more value.
    fn spend<E: de::Error>(&mut self) -> Result<(), E> {
        self.values += 1;
        self.pointers += self.pointer.len();
        let late = || self.until.is_some_and(|until| Instant::now() > until);
        let stopped = if self.values > MAX_VALUES {
            Unparsed::Costly(Excess::Values)
        } else if self.pointers > MAX_POINTERS {
            Unparsed::Costly(Excess::Names)
        } else if self.values.is_multiple_of(BETWEEN_LOOKS) && late() {
            Unparsed::TooLate
        } else {
            return Ok(());
        };
        self.stopped = Some(stopped);
        // The words are not shown: `stopped` says it.
        Err(E::custom("stopped"))
    }

    /// Keeps that the key at the pointer occurs again.
    fn again(&mut self) {
        self.duplicates += self.pointer.len();
        if self.duplicates <= MAX_DUPLICATES {
            self.duplicate_keys.push(self.pointer.clone());
        }
    }
}

struct Seed<'a>(&'a mut JsonReading);

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Value;

    fn deserialize<D: de::Deserializer<'de>>(self, reader: D) -> Result<Value, D::Error> {
        self.0.spend()?;
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        let above = self.0.pointer.len();
        loop {
            // No key of an object repeats for its place in a list, but those below it are told by it.
            self.0.pointer.push_str(&format!("/{}", values.len()));
            let next = items.next_element_seed(Seed(&mut *self.0))?;
            self.0.pointer.truncate(above);
            match next {
                Some(value) => values.push(value),
                None => return Ok(Value::Array(values)),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        let above = self.0.pointer.len();
        while let Some(key) = members.next_key::<String>()? {
            self.0.pointer.push('/');
            self.0.pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
            if map.contains_key(&key) {
                self.0.again();
            }
            let value = members.next_value_seed(Seed(&mut *self.0))?;
            self.0.pointer.truncate(above);
            map.insert(key, value);
        }
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn read(text: &str) -> Result<BodyContent, Unread> {
        parse(text.as_bytes(), None)
    }

    fn costly(excess: Excess) -> Unread {
        Unread::Stopped(Unparsed::Costly(excess))
    }

    #[test]
    fn duplicate_keys_are_named_by_pointer_and_the_last_wins() {
        let parsed = read(r#"{"a":1,"b":[0,{"c/~":1,"c/~":2}],"a":3}"#).unwrap();
        assert_eq!(parsed.duplicate_keys, ["/b/1/c~1~0", "/a"]);
        assert_eq!(parsed.value, serde_json::json!({"a":3,"b":[0,{"c/~":2}]}));
    }

    #[test]
    fn a_body_nested_beyond_the_limit_is_a_problem_not_a_crash() {
        let deep = read(&"[".repeat(100_000)).unwrap_err();
        assert!(matches!(&deep, Unread::Malformed(why) if why.contains("recursion limit")), "{deep:?}");
    }

    #[test]
    fn values_are_counted_wherever_they_stand() {
        let within = format!("[{}0]", "{},".repeat(MAX_VALUES - 2));
        assert!(read(&within).is_ok());
        let members = |count: usize| (0..count).map(|i| format!("\"{i}\":0,")).collect::<String>();
        for beyond in [
            format!("[{}0]", "[],".repeat(MAX_VALUES - 1)),
            format!("{{{}\"a\":0}}", members(MAX_VALUES - 1)),
            // Members that are lost to later ones cost their time too.
            format!("{{{}\"a\":0}}", "\"a\":0,".repeat(MAX_VALUES - 1)),
        ] {
            assert_eq!(read(&beyond).unwrap_err(), costly(Excess::Values));
        }
    }

    #[test]
    fn long_names_above_many_values_are_too_costly() {
        let text = |values: usize| format!("{{\"{}\":[{}0]}}", "n".repeat(1 << 20), "0,".repeat(values));
        assert!(read(&text(10)).is_ok());
        assert_eq!(read(&text(100)).unwrap_err(), costly(Excess::Names));
    }

    #[test]
    fn of_very_many_duplicate_keys_the_first_are_named() {
        let parsed = read(&format!("{{{}\"key\":0}}", "\"key\":0,".repeat(MAX_VALUES / 2))).unwrap();
        assert_eq!(parsed.duplicate_keys.len(), MAX_DUPLICATES / "/key".len());
    }

    #[test]
    fn reading_ends_when_the_time_is_up() {
        let past = Instant::now().checked_sub(Duration::from_secs(1)).unwrap();
        let text = format!("[{}0", "0,".repeat(2 * BETWEEN_LOOKS));
        // The text breaks off, which a reader that went on would say.
        let mut reader = serde_json::Deserializer::from_str(&text);
        let mut reading = JsonReading { until: Some(past), ..JsonReading::default() };
        Seed(&mut reading).deserialize(&mut reader).unwrap_err();
        assert_eq!(reading.stopped, Some(Unparsed::TooLate));
        assert_eq!(parse(b"0", Some(past)).unwrap_err(), Unread::Stopped(Unparsed::TooLate));
    }
}
