//! A received request.

use hyper::body::Bytes;
use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderName};
use hyper::{Method, Uri};

/// A whole request. No derived `Debug`, because it contains credentials.
pub(crate) struct Received {
    pub(crate) method: Method,
    pub(crate) uri: Uri,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Received {
    /// The path, still percent-encoded.
    pub(crate) fn path(&self) -> &str {
        self.uri.path()
    }

    /// The first value of a query parameter, decoded.
    pub(crate) fn query_parameter(&self, name: &str) -> Option<String> {
        let query = self.uri.query()?.as_bytes();
        form_urlencoded::parse(query).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }

    /// A header's text; `None` if absent, repeated or not ASCII.
    pub(crate) fn header(&self, name: &HeaderName) -> Option<&str> {
        let mut values = self.headers.get_all(name).iter();
        let first = values.next()?;
        if values.next().is_some() { None } else { first.to_str().ok() }
    }

    /// The media type in lower case without its parameters; empty if absent.
    pub(crate) fn media_type(&self) -> String {
        let value = self.header(&CONTENT_TYPE).unwrap_or_default();
        value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
    }

    /// Whether the body is JSON, by its media type or by its first character.
    pub(crate) fn is_json(&self) -> bool {
        let media_type = self.media_type();
        let labelled = media_type == "application/json" || media_type.ends_with("+json");
        labelled || self.body.trim_ascii_start().first() == Some(&b'{')
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A POST to the token endpoint, for the tests of other files.
    pub(crate) fn post(headers: &[(&'static str, &str)], body: &str) -> Received {
        let headers = headers.iter().map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap()));
        Received {
            method: Method::POST,
            uri: Uri::from_static("/oauth/token"),
            headers: headers.collect(),
            body: Bytes::copy_from_slice(body.as_bytes()),
        }
    }

    #[test]
    fn json_is_known_by_label_and_by_looks() {
        assert!(post(&[("content-type", "Application/JSON; charset=utf-8")], "").is_json());
        assert!(post(&[("content-type", "application/x-www-form-urlencoded")], " {\"a\":1}").is_json());
        assert!(!post(&[("content-type", "application/x-www-form-urlencoded")], "a=%7B").is_json());
    }

    #[test]
    fn a_repeated_header_counts_as_none() {
        assert_eq!(post(&[("content-type", "a/b"), ("content-type", "c/d")], "").media_type(), "");
    }
}
