//! How a client shows who it is (RFC 6749 section 2.3.1).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::Secret;

/// Where the client id and secret stand in the request. Exactly one place, never both.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum ClientAuthentication {
    /// In the `Authorization: Basic` header.
    #[default]
    ClientSecretBasic,
    /// In the form body; no `Authorization` header.
    ClientSecretPost,
}

impl ClientAuthentication {
    /// The name that OpenID Connect has for it (Core section 9), also in discovery documents.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ClientSecretBasic => "client_secret_basic",
            Self::ClientSecretPost => "client_secret_post",
        }
    }
}

/// What happens to the id and the secret before they are joined for `Authorization: Basic`.
///
/// Servers disagree, and for unreserved characters (`A-Z a-z 0-9 - . _ ~`) both give the same bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum BasicEncoding {
    /// Nothing: the bytes as they are, as most clients and CXone's own do.
    #[default]
    Raw,
    /// Percent-encoding as RFC 6749 section 2.3.1 asks; a space becomes `%20`, unreserved characters stay.
    Rfc6749,
}

/// The value of the `Authorization` header: `Basic` and the base64 of `id:secret`.
pub(crate) fn basic_authorization(client_id: &str, client_secret: &Secret, encoding: BasicEncoding) -> Secret {
    let pair = match encoding {
        BasicEncoding::Raw => Secret::new(format!("{client_id}:{}", client_secret.expose())),
        BasicEncoding::Rfc6749 => {
            let (id, secret) = (percent_encoded(client_id), Secret::new(percent_encoded(client_secret.expose())));
            Secret::new(format!("{id}:{}", secret.expose()))
        }
    };
    Secret::new(format!("Basic {}", STANDARD.encode(pair.expose())))
}

/// `text` with everything but RFC 3986's unreserved characters percent-encoded.
pub fn percent_encoded(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn basic_carries_the_pair_in_the_chosen_encoding() {
        let cases = [
            ("plain, raw", "abc-123", "xyz-789", BasicEncoding::Raw, "abc-123:xyz-789"),
            ("plain, encoded: the same bytes", "abc-123", "xyz-789", BasicEncoding::Rfc6749, "abc-123:xyz-789"),
            ("unreserved stay", "A.b_c~", "-._~", BasicEncoding::Rfc6749, "A.b_c~:-._~"),
            ("raw takes bytes as they are", "App @V", "a%b+c:d&e=f g", BasicEncoding::Raw, "App @V:a%b+c:d&e=f g"),
            ("a space is %20", "App @V", "a%b+c:d", BasicEncoding::Rfc6749, "App%20%40V:a%25b%2Bc%3Ad"),
            ("UTF-8, encoded", "é", "ß", BasicEncoding::Rfc6749, "%C3%A9:%C3%9F"),
            ("UTF-8, raw", "é", "ß", BasicEncoding::Raw, "é:ß"),
            ("padding is kept", "a", "b", BasicEncoding::Raw, "a:b"),
        ];
        for (name, id, secret, encoding, pair) in cases {
            let header = basic_authorization(id, &Secret::new(secret), encoding);
            assert_eq!(header.expose(), format!("Basic {}", STANDARD.encode(pair)), "{name}");
        }
    }
}
