//! Values as the wire carries them.

use serde::{Deserialize, Serialize};
use tf_provider::{AttributePath, Diagnostic, Diagnostics};

use super::decode::decode;
use super::error;
use super::msgpack::normalise;
use crate::proto::tfplugin6::DynamicValue;

/// A whole value in msgpack, with every unknown in its plain form. Has no Debug: it can hold secrets.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Encoded(Vec<u8>);

/// Private data of a resource, handed to the core for safekeeping. Has no Debug: it can hold secrets.
#[derive(Clone, PartialEq, Eq, Default)]
pub(crate) struct Private(Vec<u8>);

impl Encoded {
    /// The null of any type.
    pub(crate) fn null() -> Self {
        Self(vec![NIL])
    }

    /// Whether it is null.
    pub(crate) fn is_null(&self) -> bool {
        self.0 == [NIL]
    }

    /// Takes a value off the wire: an absent or empty one is null, JSON is read where there is no msgpack.
    pub(crate) fn from_wire(diags: &mut Diagnostics, value: Option<DynamicValue>) -> Option<Self> {
        let DynamicValue { msgpack, json } = value.unwrap_or_default();
        let encoded = match (msgpack.is_empty(), json.is_empty()) {
            (false, _) => normalise(&msgpack).ok(),
            (true, false) => serde_json::from_slice(&json)
                .ok()
                .and_then(|value: serde_json::Value| rmp_serde::to_vec_named(&value).ok()),
            (true, true) => Some(vec![NIL]),
        };
        if encoded.is_none() {
            diags.errors.push(error("Malformed value", "The value that was sent for this object cannot be read."));
        }
        encoded.map(Self)
    }

    /// The arguments of a function call as one array.
    pub(crate) fn from_arguments(diags: &mut Diagnostics, arguments: Vec<DynamicValue>) -> Option<Self> {
        let mut bytes = Vec::new();
        let count = u32::try_from(arguments.len()).ok()?;
        rmp::encode::write_array_len(&mut bytes, count).ok()?;
        for argument in arguments {
            bytes.extend(Self::from_wire(diags, Some(argument))?.0);
        }
        Some(Self(bytes))
    }

    /// Wraps msgpack that this crate wrote.
    pub(super) fn from_msgpack(msgpack: Vec<u8>) -> Self {
        Self(msgpack)
    }

    /// As the wire wants it.
    pub(crate) fn into_wire(self) -> DynamicValue {
        DynamicValue { msgpack: self.0, json: Vec::new() }
    }

    /// Reads the value as `T`. A misfit becomes an error that names the attribute or argument, never its value.
    pub(crate) fn decode<'a, T: Deserialize<'a>>(&'a self, diags: &mut Diagnostics) -> Option<T> {
        decode(&self.0)
            .map_err(|place| {
                diags.errors.push(Diagnostic {
                    summary: "Unexpected value".into(),
                    detail: MISFIT.into(),
                    attribute: AttributePath { steps: place.into_iter().collect() },
                });
            })
            .ok()
    }

    /// Writes `value`. A failure is a fault of the provider and becomes an error.
    pub(crate) fn encode<T: Serialize>(diags: &mut Diagnostics, value: &T) -> Option<Self> {
        encode(diags, value).map(Self)
    }
}

impl Private {
    /// Takes private data as the core kept it.
    pub(crate) fn from_wire(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// As the core shall keep it.
    pub(crate) fn into_wire(self) -> Vec<u8> {
        self.0
    }

    /// Reads the data as `T`; empty data is null.
    pub(crate) fn decode<'a, T: Deserialize<'a>>(&'a self, diags: &mut Diagnostics) -> Option<T> {
        let bytes = if self.0.is_empty() { &[NIL][..] } else { &self.0 };
        rmp_serde::from_slice(bytes)
            .map_err(|_| diags.errors.push(error("Unreadable private data", UNREADABLE_PRIVATE)))
            .ok()
    }

    /// Writes `value`.
    pub(crate) fn encode<T: Serialize>(diags: &mut Diagnostics, value: &T) -> Option<Self> {
        encode(diags, value).map(Self)
    }
}

fn encode<T: Serialize>(diags: &mut Diagnostics, value: &T) -> Option<Vec<u8>> {
    rmp_serde::to_vec_named(value).map_err(|_| diags.errors.push(error("Result cannot be encoded", UNENCODABLE))).ok()
}

const NIL: u8 = 0xc0;

const MISFIT: &str = "The value does not have the form that the provider's schema promises. If the provider was \
    upgraded or downgraded since the last run, run init again; otherwise this is a bug in the provider.";

const UNREADABLE_PRIVATE: &str = "The data that the provider stored with this object cannot be read back. It was \
    probably written by another version of the provider.";

const UNENCODABLE: &str = "The provider's answer has a form that the plugin protocol cannot carry. This is a bug in \
    the provider.";

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use tf_provider::value::Value;

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
    fn empty_private_data_is_null() {
        let mut diags = Diagnostics::default();
        assert_eq!(Private::default().decode::<Option<u8>>(&mut diags), Some(None));
        let kept = Private::encode(&mut diags, &("handle", 7)).unwrap().into_wire();
        assert_eq!(Private::from_wire(kept).decode::<(String, u8)>(&mut diags), Some(("handle".to_owned(), 7)));
        assert!(Private::from_wire(b"\xa9short".to_vec()).decode::<String>(&mut diags).is_none());
    }
}
