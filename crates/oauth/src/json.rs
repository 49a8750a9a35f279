//! JSON objects. If serde_json cannot represent one member, the others are still read.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

/// Parses any JSON value; `None` if the text is not JSON. Of duplicate members, the last one counts.
///
/// A member can be beyond [`Value`]: a number beyond all floats, half of a surrogate pair, nesting beyond serde_json's
/// limit of 128. The other members must remain readable, because unknown members are to be ignored (RFC 6749 section
/// 5.1, RFC 7519 section 4).
pub(crate) fn read(text: &str) -> Option<Value> {
    serde_json::from_str(text).ok().or_else(|| member_by_member(text))
}

fn member_by_member(text: &str) -> Option<Value> {
    let members: BTreeMap<LossyText, &RawValue> = serde_json::from_str(text).ok()?;
    let readable = |raw: &RawValue| serde_json::from_str(raw.get()).unwrap_or_else(|_| stand_in(raw.get()));
    Some(Value::Object(members.into_iter().map(|(name, raw)| (name.0, readable(raw))).collect()))
}

/// A replacement for an unreadable value. It has the same kind, so that the value does not seem absent. The largest
/// number replaces a larger one.
fn stand_in(raw: &str) -> Value {
    match raw.as_bytes().first() {
        Some(b'"') => serde_json::from_str(raw).map_or(Value::Null, |text: LossyText| Value::String(text.0)),
        Some(b'[') => Value::Array(vec![Value::Null]),
        Some(b'{') => Value::Object(Map::new()),
        _ => raw.parse::<f64>().map_or(Value::Null, |number| Value::from(number.clamp(f64::MIN, f64::MAX))),
    }
}

/// Text in which half of a surrogate pair becomes the replacement character, as in browsers.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct LossyText(String);

impl<'de> Deserialize<'de> for LossyText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextAsBytes;

        impl Visitor<'_> for TextAsBytes {
            type Value = LossyText;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("text")
            }

            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<LossyText, E> {
                Ok(LossyText(String::from_utf8_lossy(bytes).into_owned()))
            }
        }

        // If asked for bytes, serde_json returns text without checking its surrogates.
        deserializer.deserialize_bytes(TextAsBytes)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_cannot_be_read_leaves_the_other_members_alone() {
        let deep = |open: &str, close: &str| format!("{}{}", open.repeat(200), close.repeat(200));
        let cases = [
            ("a number too large", "1e400".to_owned(), json!(f64::MAX)),
            ("a negative one", "-1e400".to_owned(), json!(f64::MIN)),
            ("inside a list", "[1e400]".to_owned(), json!([null])),
            ("half a surrogate pair", r#""a\ud800b""#.to_owned(), json!("a\u{fffd}\u{fffd}\u{fffd}b")),
            ("the other half", r#""\udc00""#.to_owned(), json!("\u{fffd}\u{fffd}\u{fffd}")),
            ("one deep inside", r#"{"x":["\ud800"]}"#.to_owned(), json!({})),
            ("deep lists", deep("[", "]"), json!([null])),
            ("deep objects", deep("{\"a\":", "}").replace("\"a\":}", "\"a\":1}"), json!({})),
            ("a whole pair beside it", r#""\ud83d\ude00""#.to_owned(), json!("\u{1f600}")),
        ];
        for (name, raw, expected) in cases {
            let found = read(&format!(r#"{{"before":1,"it":{raw},"after":"\u00e9","far":1e999}}"#)).unwrap();
            assert_eq!((&found["before"], &found["after"]), (&json!(1), &json!("\u{e9}")), "{name}");
            assert_eq!(found["it"], expected, "{name}");
        }
    }

    #[test]
    fn a_name_that_is_no_text_is_one_more_member() {
        let found = read(r#"{"a\ud800":1,"b":2}"#).unwrap();
        assert_eq!((found.as_object().unwrap().len(), &found["b"]), (2, &json!(2)));
    }

    #[test]
    fn what_is_no_json_stays_none() {
        for text in ["", "{", r#"{"a":}"#, r#"{"a":1} x"#, r#"{"a":"\ud8"}"#, "nonsense"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
