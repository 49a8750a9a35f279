//! The shape of msgpack, as far as it takes to walk it and to make every unknown value plain.

use rmp::Marker;
use thiserror::Error;

/// The bytes are no msgpack, end early, go on too long, or nest too deeply. Never says what they hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the value is not well-formed MessagePack")]
pub(crate) struct Malformed;

/// One value's head.
pub(super) struct Head {
    /// Bytes of the head itself: marker and length.
    pub(super) len: usize,
    pub(super) kind: Kind,
}

/// What follows a head.
pub(super) enum Kind {
    /// That many bytes: numbers, strings, binary.
    Scalar(usize),
    /// That many values.
    Array(usize),
    /// That many pairs of values.
    Map(usize),
    /// That many bytes, type included: an unknown value.
    Extension(usize),
}

/// Copies one value, and turns every extension (a refined unknown, type 12) into the plain unknown, the only one
/// that `tf_provider::value::Value` reads.
pub(super) fn normalise(bytes: &[u8]) -> Result<Vec<u8>, Malformed> {
    let mut out = Vec::with_capacity(bytes.len());
    let end = copy(bytes, 0, &mut out, MAX_DEPTH)?;
    if end == bytes.len() { Ok(out) } else { Err(Malformed) }
}

/// The index behind the value that starts at `at`.
pub(super) fn skip(bytes: &[u8], at: usize) -> Result<usize, Malformed> {
    copy(bytes, at, &mut Vec::new(), MAX_DEPTH)
}

/// Reads the head at `at`.
pub(super) fn head(bytes: &[u8], at: usize) -> Result<Head, Malformed> {
    let marker = Marker::from_u8(*bytes.get(at).ok_or(Malformed)?);
    let fixed = |kind| Ok(Head { len: 1, kind });
    let sized = |width: usize, kind: fn(usize) -> Kind| {
        let digits = at.checked_add(1 + width).and_then(|end| bytes.get(at + 1..end)).ok_or(Malformed)?;
        let size = digits.iter().fold(0_usize, |size, digit| size << 8 | usize::from(*digit));
        Ok(Head { len: 1 + width, kind: kind(size) })
    };
    let extension = |size: usize| Kind::Extension(size.saturating_add(1));
    match marker {
        Marker::FixPos(_) | Marker::FixNeg(_) | Marker::Null | Marker::True | Marker::False => fixed(Kind::Scalar(0)),
        Marker::U8 | Marker::I8 => fixed(Kind::Scalar(1)),
        Marker::U16 | Marker::I16 => fixed(Kind::Scalar(2)),
        Marker::U32 | Marker::I32 | Marker::F32 => fixed(Kind::Scalar(4)),
        Marker::U64 | Marker::I64 | Marker::F64 => fixed(Kind::Scalar(8)),
        Marker::FixStr(size) => fixed(Kind::Scalar(usize::from(size))),
        Marker::Str8 | Marker::Bin8 => sized(1, Kind::Scalar),
        Marker::Str16 | Marker::Bin16 => sized(2, Kind::Scalar),
        Marker::Str32 | Marker::Bin32 => sized(4, Kind::Scalar),
        Marker::FixArray(size) => fixed(Kind::Array(usize::from(size))),
        Marker::Array16 => sized(2, Kind::Array),
        Marker::Array32 => sized(4, Kind::Array),
        Marker::FixMap(size) => fixed(Kind::Map(usize::from(size))),
        Marker::Map16 => sized(2, Kind::Map),
        Marker::Map32 => sized(4, Kind::Map),
        Marker::FixExt1 => fixed(extension(1)),
        Marker::FixExt2 => fixed(extension(2)),
        Marker::FixExt4 => fixed(extension(4)),
        Marker::FixExt8 => fixed(extension(8)),
        Marker::FixExt16 => fixed(extension(16)),
        Marker::Ext8 => sized(1, extension),
        Marker::Ext16 => sized(2, extension),
        Marker::Ext32 => sized(4, extension),
        Marker::Reserved => Err(Malformed),
    }
}

fn copy(bytes: &[u8], at: usize, out: &mut Vec<u8>, depth: usize) -> Result<usize, Malformed> {
    let depth = depth.checked_sub(1).ok_or(Malformed)?;
    let Head { len, kind } = head(bytes, at)?;
    let body = at + len;
    let take = |size: usize| body.checked_add(size).filter(|end| *end <= bytes.len()).ok_or(Malformed);
    let values = match kind {
        Kind::Scalar(size) => {
            let end = take(size)?;
            out.extend_from_slice(&bytes[at..end]);
            return Ok(end);
        }
        Kind::Extension(size) => {
            let end = take(size)?;
            out.extend_from_slice(&UNKNOWN);
            return Ok(end);
        }
        Kind::Array(size) => size,
        Kind::Map(size) => size.checked_mul(2).ok_or(Malformed)?,
    };
    out.extend_from_slice(&bytes[at..body]);
    (0..values).try_fold(body, |at, _| copy(bytes, at, out, depth))
}

/// Extension type 0 with one byte of payload: what the cores send for an unknown value without refinements.
const UNKNOWN: [u8; 3] = [0xd4, 0, 0];

/// Schemas nest a few levels; this only keeps hostile bytes from exhausting the stack.
const MAX_DEPTH: usize = 128;

#[cfg(test)]
mod tests {
    use proptest::collection;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_refined_unknown_becomes_the_plain_one_wherever_it_stands() {
        // {"a": [unknown(not null), 1]}: extension 12 with the payload {1: false}.
        let refined = [0x81, 0xa1, b'a', 0x92, 0xc7, 3, 12, 0x81, 1, 0xc2, 1];
        assert_eq!(normalise(&refined), Ok(vec![0x81, 0xa1, b'a', 0x92, 0xd4, 0, 0, 1]));
        for unknown in
            [&[0xd4, 0, 0][..], &[0xd5, 12, 1, 2], &[0xc7, 0, 0], &[0xc8, 0, 1, 12, 9], &[0xc9, 0, 0, 0, 0, 12]]
        {
            assert_eq!(normalise(unknown), Ok(UNKNOWN.to_vec()), "{unknown:x?}");
        }
    }

    #[test]
    fn malformed_bytes_are_refused() {
        let too_deep = [vec![0x91; 200], vec![0xc0]].concat();
        let cases: [(&str, &[u8]); 7] = [
            ("empty", &[]),
            ("short string", &[0xa5, b'a']),
            ("missing element", &[0x92, 1]),
            ("trailing byte", &[1, 1]),
            ("reserved marker", &[0xc1]),
            ("array of four thousand million", &[0xdd, 0xff, 0xff, 0xff, 0xff]),
            ("too deep", &too_deep),
        ];
        for (name, bytes) in cases {
            assert_eq!(normalise(bytes), Err(Malformed), "{name}");
        }
    }

    fn value() -> impl Strategy<Value = serde_json::Value> {
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
        fn a_value_without_unknowns_stays_as_it_is(value in value()) {
            let bytes = rmp_serde::to_vec_named(&value).unwrap();
            prop_assert_eq!(normalise(&bytes), Ok(bytes.clone()));
            prop_assert_eq!(rmp_serde::from_slice::<serde_json::Value>(&bytes).unwrap(), value);
        }

        #[test]
        fn normalising_twice_changes_nothing_and_no_bytes_panic(bytes in collection::vec(any::<u8>(), 0..200)) {
            if let Ok(once) = normalise(&bytes) {
                prop_assert_eq!(normalise(&once), Ok(once));
            }
        }
    }
}
