//! Numbers of any form that a core sends.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A number attribute. Cores send integers as integers, exact fractions as floats, and all else (`0.1`, `1e30`) as
/// decimal text, so that no precision is lost; use `Value<Number>` in a configuration.
#[derive(Debug, Clone, PartialEq)]
pub struct Number(Form);

#[derive(Debug, Clone, PartialEq)]
enum Form {
    Signed(i64),
    Unsigned(u64),
    Float(f64),
    Decimal(String),
}

impl Number {
    /// The number, if it is whole and fits.
    pub fn as_i64(&self) -> Option<i64> {
        match &self.0 {
            Form::Signed(number) => Some(*number),
            Form::Unsigned(number) => i64::try_from(*number).ok(),
            Form::Float(number) => whole(*number),
            Form::Decimal(text) => text.parse().ok().or_else(|| whole(text.parse().ok()?)),
        }
    }

    /// The nearest float.
    pub fn as_f64(&self) -> f64 {
        match &self.0 {
            Form::Signed(number) => *number as f64,
            Form::Unsigned(number) => *number as f64,
            Form::Float(number) => *number,
            // Deserialization let finite decimals in only.
            Form::Decimal(text) => text.parse().unwrap_or(f64::NAN),
        }
    }
}

impl From<i64> for Number {
    fn from(number: i64) -> Self {
        Self(Form::Signed(number))
    }
}

impl From<f64> for Number {
    fn from(number: f64) -> Self {
        Self(Form::Float(number))
    }
}

impl fmt::Display for Number {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Form::Signed(number) => number.fmt(formatter),
            Form::Unsigned(number) => number.fmt(formatter),
            Form::Float(number) => number.fmt(formatter),
            Form::Decimal(text) => formatter.write_str(text),
        }
    }
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Form::Signed(number) => serializer.serialize_i64(*number),
            Form::Unsigned(number) => serializer.serialize_u64(*number),
            Form::Float(number) => serializer.serialize_f64(*number),
            Form::Decimal(text) => serializer.serialize_str(text),
        }
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NumberVisitor)
    }
}

struct NumberVisitor;

impl de::Visitor<'_> for NumberVisitor {
    type Value = Number;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a number or a decimal text")
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Number, E> {
        Ok(Number(Form::Signed(number)))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Number, E> {
        Ok(Number(i64::try_from(number).map_or(Form::Unsigned(number), Form::Signed)))
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Number, E> {
        Ok(Number(Form::Float(number)))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Number, E> {
        // Rust's parser also reads "inf" and "nan", which are no decimals.
        let decimal = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E'));
        if decimal && text.parse::<f64>().is_ok() {
            Ok(Number(Form::Decimal(text.to_owned())))
        } else {
            Err(E::custom("not a decimal number"))
        }
    }
}

/// Floats of at most 2^53 are exact integers; beyond it, neighbours share a form.
fn whole(number: f64) -> Option<i64> {
    (number.fract() == 0.0 && number.abs() <= 9_007_199_254_740_992.0).then_some(number as i64)
}

#[cfg(test)]
mod tests {
    use tf_provider::value::Value;

    use super::*;

    fn decode(value: impl Serialize) -> Option<Number> {
        rmp_serde::from_slice::<Value<Number>>(&rmp_serde::to_vec(&value).unwrap()).ok().and_then(Value::as_option)
    }

    #[test]
    fn every_form_of_a_number_is_read() {
        let cases: [(&str, Option<Number>, Option<i64>, f64); 9] = [
            ("small", decode(5), Some(5), 5.0),
            ("negative", decode(-300), Some(-300), -300.0),
            ("unsigned", decode(u64::MAX), None, u64::MAX as f64),
            ("fraction", decode(1.5), None, 1.5),
            ("whole float", decode(2.0), Some(2), 2.0),
            ("decimal", decode("0.1"), None, 0.1),
            ("whole decimal", decode("30.0"), Some(30), 30.0),
            ("large decimal", decode("1e30"), None, 1e30),
            ("exact beyond floats", decode("9223372036854775807"), Some(i64::MAX), 9_223_372_036_854_775_807.0),
        ];
        for (name, number, integer, float) in cases {
            let number = number.unwrap_or_else(|| panic!("{name} is not read"));
            assert_eq!((number.as_i64(), number.as_f64()), (integer, float), "{name}");
        }
    }

    #[test]
    fn other_text_is_no_number() {
        for text in ["", "inf", "NaN", "0x10", "1,5", "five"] {
            assert_eq!(decode(text), None, "{text}");
        }
    }

    #[test]
    fn a_number_is_sent_back_in_the_form_it_came() {
        for value in
            [serde_json::json!(7), serde_json::json!(u64::MAX), serde_json::json!(1.5), serde_json::json!("0.1")]
        {
            let number: Number = serde_json::from_value(value.clone()).unwrap();
            assert_eq!(serde_json::to_value(&number).unwrap(), value);
        }
    }
}
