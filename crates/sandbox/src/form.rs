//! A form body, parsed strictly (RFC 6749 section 3.2 and appendix B).

use std::collections::BTreeMap;

use oauth::Secret;
use percent_encoding::percent_decode;

use crate::refusal::Refusal;

/// The parameters of a token request, each at most once. Values count as secret until known to be harmless.
pub(crate) struct Form(BTreeMap<String, Secret>);

impl Form {
    /// Parses a body.
    ///
    /// # Errors
    /// 400 `invalid_request` for a pair without `=`, broken percent-encoding, text that is not UTF-8, and a repeated
    /// parameter. A parameter without a value counts as absent (RFC 6749 section 3.2).
    pub(crate) fn try_parse(body: &[u8]) -> Result<Self, Refusal> {
        let mut parameters = BTreeMap::new();
        for pair in body.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
            let Some(middle) = pair.iter().position(|byte| *byte == b'=') else {
                return Err(Refusal::request("a form parameter has no '='"));
            };
            let name = decode(&pair[..middle]).ok_or_else(|| Refusal::request("a parameter name is badly encoded"))?;
            let value = decode(&pair[middle + 1..])
                .ok_or_else(|| Refusal::request(format!("the value of {name:?} is badly encoded")))?;
            if parameters.insert(name.clone(), Secret::new(value)).is_some() {
                return Err(Refusal::request(format!("the parameter {name:?} is repeated")));
            }
        }
        parameters.retain(|_, value| !value.is_empty());
        Ok(Self(parameters))
    }

    /// A parameter's value; `None` if absent or empty.
    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        self.secret(name).map(Secret::expose)
    }

    /// As [`Form::value`], but as a [`Secret`].
    pub(crate) fn secret(&self, name: &str) -> Option<&Secret> {
        self.0.get(name)
    }

    /// All parameters, sorted by name.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Secret)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }
}

/// Form-decodes one name or value: `+` is a space, `%xx` a byte. `None` for a broken escape or text outside UTF-8.
pub(crate) fn decode(bytes: &[u8]) -> Option<String> {
    let escapes = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'%');
    for (start, _) in escapes {
        let digits = bytes.get(start + 1..start + 3)?;
        if !digits.iter().all(u8::is_ascii_hexdigit) {
            return None;
        }
    }
    let spaced: Vec<u8> = bytes.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
    percent_decode(&spaced).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_decoded() {
        let form = Form::try_parse(b"scope=a+b%2Bc&empty=&u=%C3%A9").ok().unwrap();
        assert_eq!(form.value("scope"), Some("a b+c"));
        assert_eq!(form.value("u"), Some("\u{e9}"));
        assert_eq!(form.value("empty"), None, "an empty field counts as absent");
    }

    #[test]
    fn mistakes_are_refused() {
        let cases: [(&[u8], &str); 6] = [
            (b"a=1&a=1", "\"a\" is repeated"),
            (b"a=&a=1", "\"a\" is repeated"),
            (b"grant_type", "no '='"),
            (b"a=%zz", "badly encoded"),
            (b"a=%2", "badly encoded"),
            (b"a=%FF", "badly encoded"),
        ];
        for (body, part) in cases {
            let refusal = Form::try_parse(body).err().unwrap();
            assert!(refusal.description.contains(part), "{}", refusal.description);
            assert_eq!((refusal.status.as_u16(), refusal.error), (400, "invalid_request"));
        }
    }
}
