//! Values in their wire form: msgpack, with an extension for unknown values.

use rmp_serde::Deserializer;
use rmpv::Value;
use serde::{Deserialize, Serialize};
use serde_path_to_error::{Path, Segment};
use tf_provider::{AttributePath, AttributePathStep, Diagnostic, Diagnostics};

use crate::proto::tfplugin6::DynamicValue;
use crate::wire::error;

/// A whole value in msgpack. All unknown values have the plain form. No Debug, because it can contain secrets.
///
/// Bytes instead of a tree: types can borrow from them, and numbers stay as the core sent them (integers beyond 2^53,
/// and text for decimals such as `0.1`, which no float represents exactly).
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Encoded(Vec<u8>);

/// Private data of an object, which the core stores. No Debug, because it can contain secrets.
#[derive(Clone, PartialEq, Eq, Default)]
pub(crate) struct Private(Vec<u8>);

impl Encoded {
    /// The null of any type.
    pub(crate) fn null() -> Self {
        Self(vec![NIL])
    }

    pub(crate) fn is_null(&self) -> bool {
        self.0 == [NIL]
    }

    /// Reads a value off the wire. An absent or empty one is null. JSON is read if there is no msgpack.
    pub(crate) fn from_wire(diags: &mut Diagnostics, value: Option<DynamicValue>) -> Option<Self> {
        read(diags, value).map(|value| Self::from_value(&value))
    }

    /// The arguments of a function call as one array.
    pub(crate) fn from_arguments(diags: &mut Diagnostics, arguments: Vec<DynamicValue>) -> Option<Self> {
        let arguments: Option<_> = arguments.into_iter().map(|argument| read(diags, Some(argument))).collect();
        arguments.map(|arguments| Self::from_value(&Value::Array(arguments)))
    }

    pub(super) fn from_value(value: &Value) -> Self {
        let mut bytes = Vec::new();
        // A write to memory cannot fail.
        _ = rmpv::encode::write_value(&mut bytes, value);
        Self(bytes)
    }

    pub(crate) fn into_wire(self) -> DynamicValue {
        // Always msgpack: JSON has no unknown values.
        DynamicValue { msgpack: self.0, json: Vec::new() }
    }

    /// Decodes the value as `T`. The error for a mismatch names the place, but never the value: the decoder's own text
    /// is dropped, because it quotes values.
    pub(crate) fn decode<'a, T: Deserialize<'a>>(&'a self, diags: &mut Diagnostics) -> Option<T> {
        // Errors inside a `Value` appear only after the whole of it was read, so their path ends there.
        serde_path_to_error::deserialize(&mut Deserializer::from_read_ref(&self.0))
            .map_err(|error| {
                diags.errors.push(Diagnostic {
                    summary: "Unexpected value".into(),
                    detail: MISFIT.into(),
                    attribute: attribute_path(error.path()),
                });
            })
            .ok()
    }

    /// Encodes `value`. A failure is a bug of the provider, and becomes an error.
    pub(crate) fn encode<T: Serialize>(diags: &mut Diagnostics, value: &T) -> Option<Self> {
        encode(diags, value).map(Self)
    }
}

impl Private {
    /// Private data as the core stored it.
    pub(crate) fn from_wire(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    pub(crate) fn into_wire(self) -> Vec<u8> {
        self.0
    }

    /// Reads the data as `T`. If the core has none, or the data of another provider or version is unreadable, null or
    /// an object without members is read. This is an error only if `T` is neither: a resource without private data must
    /// not fail because of data that it ignores.
    pub(crate) fn decode<'a, T: Deserialize<'a>>(&'a self, diags: &mut Diagnostics) -> Option<T> {
        let candidates: [&[u8]; 3] = [&self.0, &[NIL], &[EMPTY_MAP]];
        let read = candidates.iter().find_map(|bytes| rmp_serde::from_slice(bytes).ok());
        if read.is_none() {
            diags.errors.push(error("Unreadable private data", UNREADABLE_PRIVATE));
        }
        read
    }

    pub(crate) fn encode<T: Serialize>(diags: &mut Diagnostics, value: &T) -> Option<Self> {
        encode(diags, value).map(Self)
    }
}

fn read(diags: &mut Diagnostics, value: Option<DynamicValue>) -> Option<Value> {
    let DynamicValue { msgpack, json } = value.unwrap_or_default();
    let value = match (msgpack.is_empty(), json.is_empty()) {
        (false, _) => read_msgpack(&msgpack),
        // The cores send JSON only for stored states, but the protocol allows it for every value.
        (true, false) => serde_json::from_slice(&json).ok(),
        // OpenTofu sends a null argument of a function as an empty value.
        (true, true) => Some(Value::Nil),
    };
    if value.is_none() {
        diags.errors.push(error("Malformed value", "The value of this object cannot be read."));
    }
    value
}

/// Exactly one value.
fn read_msgpack(mut bytes: &[u8]) -> Option<Value> {
    let mut deserializer = Deserializer::new(&mut bytes);
    deserializer.set_max_depth(MAX_DEPTH);
    // With `rmp_serde`, because it is strict: `rmpv`'s own reader accepts the reserved marker as null.
    let value = Value::deserialize(&mut deserializer).ok()?;
    bytes.is_empty().then(|| plain(value))
}

/// Replaces every extension by the plain unknown, the only form that `tf_provider::value::Value` reads. The cores send
/// refinements of an unknown value (not null, a prefix, bounds) as type 12, and accept the plain form in return.
fn plain(value: Value) -> Value {
    match value {
        Value::Ext(..) => Value::Ext(0, vec![0]),
        Value::Array(elements) => Value::Array(elements.into_iter().map(plain).collect()),
        Value::Map(entries) => Value::Map(entries.into_iter().map(|(key, entry)| (key, plain(entry))).collect()),
        scalar => scalar,
    }
}

fn encode<T: Serialize>(diags: &mut Diagnostics, value: &T) -> Option<Vec<u8>> {
    // With names, because objects are maps on the wire, and must have exactly the schema's attributes.
    rmp_serde::to_vec_named(value).map_err(|_| diags.errors.push(error("Result cannot be encoded", UNENCODABLE))).ok()
}

/// The path in the protocol's form, which distinguishes attributes from map keys. A decoder does not. If a core does
/// not find a step, it shows the nearest place above.
fn attribute_path(path: &Path) -> AttributePath {
    let step = |segment: &Segment| match segment {
        Segment::Map { key } => Some(AttributePathStep::Attribute(key.clone().into())),
        Segment::Seq { index } => i64::try_from(*index).ok().map(AttributePathStep::Index),
        Segment::Enum { .. } | Segment::Unknown => None,
    };
    AttributePath { steps: path.iter().map_while(step).collect() }
}

// The first bytes of two msgpack values that are recognised without decoding: null, and an object without attributes.
const NIL: u8 = 0xc0;
const EMPTY_MAP: u8 = 0x80;

// Schemas nest only a few levels. The limit keeps malicious bytes from exhausting the stack.
const MAX_DEPTH: usize = 128;

const MISFIT: &str = "The value does not match the provider's schema. If the provider was upgraded or downgraded \
                      since the last run, run init again; otherwise this is a bug in the provider.";

const UNREADABLE_PRIVATE: &str = "The private data that the provider stored with this object cannot be read. Another \
                                  version of the provider probably wrote it.";

const UNENCODABLE: &str = "The provider's result cannot be encoded for the plugin protocol. This is a bug in the \
                           provider.";

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::collection;
    use proptest::prelude::*;
    use tf_provider::value::{StructEmpty, Value, ValueEmpty, ValueString};

    use super::*;

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    struct Inner {
        words: Value<BTreeSet<Value<String>>>,
    }

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    struct Everything {
        text: Value<String>,
        flag: Value<bool>,
        count: Value<i64>,
        number: Value<f64>,
        set: Value<BTreeSet<String>>,
        map: Value<BTreeMap<String, Value<String>>>,
        object: Value<Inner>,
        null: Value<String>,
        unknown: Value<String>,
        unknown_set: Value<BTreeSet<String>>,
        unknown_map: Value<BTreeMap<String, String>>,
        unknown_number: Value<f64>,
        unknown_object: Value<Inner>,
    }

    fn everything() -> Everything {
        Everything {
            text: Value::Value("ä|\u{0}".into()),
            flag: Value::Value(false),
            count: Value::Value(-7),
            number: Value::Value(1.5),
            set: Value::Value(["b".to_owned(), "a".to_owned()].into()),
            map: Value::Value([("k".to_owned(), Value::Null), ("u".to_owned(), Value::Unknown)].into()),
            object: Value::Value(Inner { words: Value::Value([Value::Value("w".to_owned()), Value::Unknown].into()) }),
            null: Value::Null,
            unknown: Value::Unknown,
            unknown_set: Value::Unknown,
            unknown_map: Value::Unknown,
            unknown_number: Value::Unknown,
            unknown_object: Value::Unknown,
        }
    }

    #[test]
    fn every_kind_of_attribute_round_trips_through_the_wire() {
        let mut diags = Diagnostics::default();
        let wire = Encoded::encode(&mut diags, &everything()).unwrap().into_wire();
        let back = Encoded::from_wire(&mut diags, Some(wire)).unwrap();
        assert_eq!(back.decode::<Everything>(&mut diags), Some(everything()), "{diags:?}");
    }

    #[test]
    fn absent_and_empty_values_are_null() {
        let mut diags = Diagnostics::default();
        for value in
            [None, Some(DynamicValue::default()), Some(DynamicValue { msgpack: Vec::new(), json: b"null".to_vec() })]
        {
            assert!(Encoded::from_wire(&mut diags, value).unwrap().is_null());
        }
    }

    #[test]
    fn json_is_read_where_there_is_no_msgpack() {
        let mut diags = Diagnostics::default();
        let value = DynamicValue { msgpack: Vec::new(), json: br#"{"words":["a"]}"#.to_vec() };
        let inner: Inner = Encoded::from_wire(&mut diags, Some(value)).unwrap().decode(&mut diags).unwrap();
        assert_eq!(inner.words, Value::Value([Value::Value("a".to_owned())].into()));
    }

    #[test]
    fn a_misfit_names_the_attribute_and_hides_the_value() {
        let mut diags = Diagnostics::default();
        let value = DynamicValue { msgpack: Vec::new(), json: br#"{"words":"canary-secret"}"#.to_vec() };
        let encoded = Encoded::from_wire(&mut diags, Some(value)).unwrap();
        assert!(encoded.decode::<Inner>(&mut diags).is_none());
        assert_eq!(diags.errors[0].attribute, AttributePath::new("words"));
        assert!(!format!("{diags:?}").contains("canary"));
    }

    #[test]
    fn malformed_values_are_an_error() {
        let mut diags = Diagnostics::default();
        for (msgpack, json) in [(vec![0xc1], Vec::new()), (Vec::new(), b"{".to_vec())] {
            assert!(Encoded::from_wire(&mut diags, Some(DynamicValue { msgpack, json })).is_none());
        }
        assert_eq!(diags.errors.len(), 2);
    }

    #[test]
    fn private_data_that_is_empty_or_of_another_kind_is_null_or_an_empty_object() {
        let mut diags = Diagnostics::default();
        for bytes in [&b""[..], b"\xff\xfe garbage", b"{\"schema_version\": 1}", b"\xa9short", b"\xc1"] {
            let private = Private::from_wire(bytes.to_vec());
            assert_eq!(private.decode::<Option<String>>(&mut diags), Some(None), "{bytes:?}");
            assert_eq!(private.decode::<StructEmpty>(&mut diags), Some(StructEmpty {}), "{bytes:?}");
            assert_eq!(private.decode::<ValueEmpty>(&mut diags), Some(Value::Null), "{bytes:?}");
        }
        assert!(diags.errors.is_empty());
        let kept = Private::encode(&mut diags, &("handle", 7)).unwrap().into_wire();
        assert_eq!(Private::from_wire(kept).decode::<(String, u8)>(&mut diags), Some(("handle".to_owned(), 7)));
        assert!(Private::from_wire(b"\xa9short".to_vec()).decode::<String>(&mut diags).is_none());
    }

    fn msgpack(msgpack: &[u8]) -> Option<Encoded> {
        let value = DynamicValue { msgpack: msgpack.to_vec(), json: Vec::new() };
        Encoded::from_wire(&mut Diagnostics::default(), Some(value))
    }

    #[test]
    fn a_refined_unknown_becomes_the_plain_one_wherever_it_stands() {
        // {"a": [unknown(not null), 1]}: extension 12 with the payload {1: false}.
        let refined = [0x81, 0xa1, b'a', 0x92, 0xc7, 3, 12, 0x81, 1, 0xc2, 1];
        assert!(msgpack(&refined) == Some(Encoded(vec![0x81, 0xa1, b'a', 0x92, 0xd4, 0, 0, 1])));
        for unknown in
            [&[0xd4, 0, 0][..], &[0xd5, 12, 1, 2], &[0xc7, 0, 0], &[0xc8, 0, 1, 12, 9], &[0xc9, 0, 0, 0, 0, 12]]
        {
            assert!(msgpack(unknown) == Some(Encoded(vec![0xd4, 0, 0])), "{unknown:x?}");
        }
    }

    #[test]
    fn malformed_bytes_are_refused() {
        let too_deep = [vec![0x91; 200], vec![0xc0]].concat();
        let cases: [(&str, &[u8]); 6] = [
            ("short string", &[0xa5, b'a']),
            ("missing element", &[0x92, 1]),
            ("trailing byte", &[1, 1]),
            ("reserved marker", &[0xc1]),
            ("array of four thousand million", &[0xdd, 0xff, 0xff, 0xff, 0xff]),
            ("too deep", &too_deep),
        ];
        for (name, bytes) in cases {
            assert!(msgpack(bytes).is_none(), "{name}");
        }
        assert!(msgpack(&[vec![0x91; 100], vec![0xc0]].concat()).is_some(), "as deep as schemas may be");
    }

    #[test]
    fn numbers_stay_as_the_core_sent_them() {
        #[derive(Debug, PartialEq, Deserialize)]
        #[serde(untagged)]
        enum Number {
            Natural(u64),
            Whole(i64),
            Float(f64),
            Decimal(String),
        }
        let cases = [
            (rmp_serde::to_vec(&((1_u64 << 53) + 1)), Number::Natural((1 << 53) + 1)),
            (rmp_serde::to_vec(&u64::MAX), Number::Natural(u64::MAX)),
            (rmp_serde::to_vec(&i64::MIN), Number::Whole(i64::MIN)),
            (rmp_serde::to_vec(&1.5), Number::Float(1.5)),
            (rmp_serde::to_vec("0.1"), Number::Decimal("0.1".to_owned())),
        ];
        for (sent, number) in cases {
            let sent = sent.unwrap();
            let encoded = msgpack(&sent).unwrap();
            assert_eq!(encoded.decode::<Number>(&mut Diagnostics::default()), Some(number));
            assert!(encoded.into_wire().msgpack == sent);
        }
    }

    #[test]
    fn a_misfit_is_named_by_its_whole_path_as_far_as_the_decoder_knows_it() {
        #[derive(Debug, Deserialize)]
        #[expect(dead_code, reason = "decoded, not read")]
        struct Config<'a> {
            #[serde(borrow)]
            name: ValueString<'a>,
            rules: Vec<Rule>,
        }
        #[derive(Debug, Deserialize)]
        #[expect(dead_code, reason = "decoded, not read")]
        struct Rule {
            port: i64,
        }
        let path = |value: serde_json::Value| {
            let mut diags = Diagnostics::default();
            let encoded = Encoded::encode(&mut diags, &value).unwrap();
            assert!(encoded.decode::<Config<'_>>(&mut diags).is_none(), "{value} fits");
            assert!(!format!("{diags:?}").contains("canary"));
            diags.errors.remove(0).attribute
        };
        let name = AttributePath::new("name");
        assert_eq!(path(serde_json::json!({"name": ["canary"], "rules": []})), name);
        let port = AttributePath::new("rules").index(1).attribute("port");
        assert_eq!(path(serde_json::json!({"name": "n", "rules": [{"port": 1}, {"port": "canary"}]})), port);
        assert_eq!(path(serde_json::json!({"name": "n"})), AttributePath::root(), "a missing attribute");

        let mut diags = Diagnostics::default();
        let arguments = ["1", "\"canary\""].map(|json| DynamicValue { msgpack: vec![], json: json.into() });
        let arguments = Encoded::from_arguments(&mut diags, arguments.into()).unwrap();
        assert_eq!(arguments.decode::<(i64, i64)>(&mut diags), None);
        assert_eq!(diags.errors[0].attribute, AttributePath::function_argument(1));
    }

    fn json() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(Into::into),
            any::<i64>().prop_map(Into::into),
            any::<u64>().prop_map(Into::into),
            (-1e300_f64..1e300).prop_map(Into::into),
            ".{0,40}".prop_map(Into::into),
        ];
        leaf.prop_recursive(4, 48, 20, |inner| {
            prop_oneof![
                collection::vec(inner.clone(), 0..20).prop_map(Into::into),
                collection::btree_map(".{0,5}", inner, 0..20)
                    .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn a_value_without_unknowns_stays_as_it_is(value in json()) {
            let mut diags = Diagnostics::default();
            let encoded = Encoded::encode(&mut diags, &value).unwrap();
            prop_assert!(msgpack(&encoded.0) == Some(encoded.clone()));
            prop_assert_eq!(encoded.decode::<serde_json::Value>(&mut diags), Some(value));
        }

        #[test]
        fn reading_twice_changes_nothing_and_no_bytes_panic(bytes in collection::vec(any::<u8>(), 1..200)) {
            if let Some(once) = msgpack(&bytes) {
                prop_assert!(msgpack(&once.0) == Some(once));
            }
        }
    }
}
