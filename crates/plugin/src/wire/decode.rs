//! Decoding that remembers which attribute, or which argument, was at fault.

use std::cell::RefCell;

use rmp_serde::Deserializer;
use rmp_serde::decode::Error;
use serde::de::{Deserialize, DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};
use serde::{de, forward_to_deserialize_any};
use tf_provider::AttributePathStep;

use super::msgpack::{Kind, head, skip};

/// Decodes one value. The error is the attribute or element that did not fit, `None` where that is not known; what
/// the decoder says is dropped, since it quotes values.
pub(super) fn decode<'de, T: Deserialize<'de>>(bytes: &'de [u8]) -> Result<T, Option<AttributePathStep>> {
    let place = RefCell::new(None);
    T::deserialize(Tracked { bytes, place: &place }).map_err(|_| place.into_inner())
}

/// Reads the outermost map or array member by member, and leaves all else to `rmp_serde`.
struct Tracked<'de, 'p> {
    bytes: &'de [u8],
    place: &'p RefCell<Option<AttributePathStep>>,
}

/// The members of a map or an array, from `at` on.
struct Members<'de, 'p> {
    bytes: &'de [u8],
    at: usize,
    remaining: usize,
    index: i64,
    place: &'p RefCell<Option<AttributePathStep>>,
}

impl<'de> de::Deserializer<'de> for Tracked<'de, '_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let Self { bytes, place } = self;
        let head = head(bytes, 0).map_err(Error::custom)?;
        let members = |remaining| Members { bytes, at: head.len, remaining, index: 0, place };
        match head.kind {
            Kind::Map(size) => visitor.visit_map(members(size)),
            Kind::Array(size) => visitor.visit_seq(members(size)),
            Kind::Scalar(_) | Kind::Extension(_) => Deserializer::from_read_ref(bytes).deserialize_any(visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.bytes == [NIL] { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, Error> {
        match head(self.bytes, 0).map_err(Error::custom)?.kind {
            Kind::Extension(_) => Deserializer::from_read_ref(self.bytes).deserialize_newtype_struct(name, visitor),
            _ => visitor.visit_newtype_struct(self),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        Deserializer::from_read_ref(self.bytes).deserialize_enum(name, variants, visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct identifier ignored_any
    }
}

impl<'de> Members<'de, '_> {
    /// The bytes of the next value.
    fn advance(&mut self) -> Result<&'de [u8], Error> {
        let end = skip(self.bytes, self.at).map_err(Error::custom)?;
        let value = &self.bytes[self.at..end];
        self.at = end;
        Ok(value)
    }

    /// Decodes a member; leaves its place behind if it does not fit.
    fn member<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Error> {
        let bytes = self.advance()?;
        let value = seed.deserialize(&mut Deserializer::from_read_ref(bytes))?;
        *self.place.borrow_mut() = None;
        Ok(value)
    }
}

impl<'de> MapAccess<'de> for Members<'de, '_> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        let Some(remaining) = self.remaining.checked_sub(1) else { return Ok(None) };
        self.remaining = remaining;
        let bytes = self.advance()?;
        let name = rmp_serde::from_slice::<String>(bytes)?;
        *self.place.borrow_mut() = Some(AttributePathStep::Attribute(name.into()));
        seed.deserialize(&mut Deserializer::from_read_ref(bytes)).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Error> {
        self.member(seed)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.remaining)
    }
}

impl<'de> SeqAccess<'de> for Members<'de, '_> {
    type Error = Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Error> {
        let Some(remaining) = self.remaining.checked_sub(1) else { return Ok(None) };
        self.remaining = remaining;
        *self.place.borrow_mut() = Some(AttributePathStep::Index(self.index));
        self.index += 1;
        self.member(seed).map(Some)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.remaining)
    }
}

const NIL: u8 = 0xc0;

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};
    use tf_provider::value::{Value, ValueString};

    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Config {
        name: ValueString<'static>,
        count: Value<i64>,
    }

    fn bytes(value: impl Serialize) -> Vec<u8> {
        rmp_serde::to_vec_named(&value).unwrap()
    }

    #[test]
    fn structs_options_and_plain_values_decode() {
        let config = Config { name: Value::Value("x".into()), count: Value::Null };
        let encoded = bytes(&config);
        assert_eq!(decode::<Config>(&encoded).unwrap(), config);
        assert_eq!(decode::<Option<Config>>(&encoded).unwrap(), Some(config));
        assert_eq!(decode::<Option<Config>>(&[NIL]).unwrap(), None);
        assert_eq!(decode::<()>(&[NIL]), Ok(()));
        assert_eq!(decode::<(String, i64)>(&bytes(("a", 1))), Ok(("a".to_owned(), 1)));
        assert_eq!(decode::<Value<bool>>(&[0xd4, 0, 0]), Ok(Value::Unknown));
    }

    #[test]
    fn the_misfit_is_named() {
        #[derive(Serialize)]
        struct Other {
            name: &'static str,
            count: &'static str,
        }
        let encoded = bytes(Other { name: "x", count: "canary" });
        assert_eq!(decode::<Config>(&encoded).unwrap_err(), Some(AttributePathStep::Attribute("count".into())));
        assert_eq!(decode::<(i64, i64)>(&bytes((1, "canary"))).unwrap_err(), Some(AttributePathStep::Index(1)));
        assert_eq!(decode::<Config>(&bytes(serde_json::json!({}))).unwrap_err(), None, "a missing attribute");
    }
}
