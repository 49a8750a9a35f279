//! The address of a token endpoint.

use std::fmt;

use url::{Host, Url};

/// A URL for credentials: https (http only for loopback hosts), without user info and fragment (RFC 6749 section 3.2).
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Endpoint(Url);

impl Endpoint {
    /// Parses and checks a URL.
    ///
    /// # Errors
    ///
    /// One variant for each mistake. The texts never quote the URL, because it may contain credentials.
    pub fn try_parse(text: &str) -> Result<Self, InvalidEndpoint> {
        if text.is_empty() {
            return Err(InvalidEndpoint::Empty);
        }
        // The URL parser would silently drop some of these.
        if let Some((index, character)) = text.chars().enumerate().find(|(_, c)| c.is_whitespace() || c.is_control()) {
            return Err(InvalidEndpoint::Character { character, position: index + 1 });
        }
        if !has_scheme(text) {
            return Err(InvalidEndpoint::MissingScheme);
        }
        let url = Url::parse(text).map_err(|error| match error {
            url::ParseError::EmptyHost => InvalidEndpoint::MissingHost,
            other => InvalidEndpoint::Unreadable(other.to_string()),
        })?;
        check(&url)?;
        Ok(Self(url))
    }

    /// The whole URL, including its query.
    pub fn url(&self) -> &Url {
        &self.0
    }

    /// Another path on the same host, with `query` as its only field.
    pub(crate) fn with_path(&self, path: &str, query: Option<(&str, &str)>) -> Self {
        let mut url = self.0.clone();
        url.set_path(path);
        url.set_query(None);
        if let Some((name, value)) = query {
            url.query_pairs_mut().append_pair(name, value);
        }
        Self(url)
    }

    /// Whether the host is this machine.
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.0)
    }

    /// The host name or address; IPv6 addresses in brackets.
    pub fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }

    /// `scheme://host[:port]/path`, safe for logs and messages.
    pub fn redacted(&self) -> String {
        redacted(&self.0)
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Endpoint").field(&self.redacted()).finish()
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.redacted())
    }
}

/// Why a text is not an address for credentials.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidEndpoint {
    /// The text is empty.
    #[error("the URL is empty")]
    Empty,
    /// White space or a control character, which a URL must not contain.
    #[error("character {position} of the URL is U+{:04X}, which a URL must not contain", u32::from(*.character))]
    Character {
        /// The offending character.
        character: char,
        /// Its place, counted in characters from 1.
        position: usize,
    },
    /// No `https://` at the beginning.
    #[error("the URL has no scheme; it must begin with https://")]
    MissingScheme,
    /// Neither https nor http.
    #[error("the URL's scheme is {0}; it must be https")]
    UnsupportedScheme(String),
    /// http to a host that is not loopback: others on the network could read the credentials.
    #[error("the URL would send the credentials unencrypted to {host}; use https")]
    PlainHttp {
        /// The host named.
        host: String,
    },
    /// No host.
    #[error("the URL has no host")]
    MissingHost,
    /// `user:password@` before the host.
    #[error("the URL contains credentials before the host; use the credential settings instead")]
    UserInfo,
    /// `#...` at the end.
    #[error("the URL has a fragment (#), which a token endpoint must not have")]
    Fragment,
    /// `?...` at the end of an issuer's address.
    #[error("the URL has a query (?), which an issuer must not have")]
    Query,
    /// Any other error of the URL parser, in its words.
    #[error("the URL cannot be read: {0}")]
    Unreadable(String),
}

/// Whether the URL's host is this machine (RFC 6761 section 6.3 for the name `localhost`, which may end in a dot).
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        // Not `*.localhost`: the resolver decides about these names, and not every resolver keeps them on this machine.
        Some(Host::Domain(name)) => name.strip_suffix('.').unwrap_or(name).eq_ignore_ascii_case("localhost"),
        None => false,
    }
}

/// `scheme://host[:port]/path` of any URL, without user info, query and fragment.
pub(crate) fn redacted(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{}://{host}{port}{}", url.scheme(), url.path())
}

fn has_scheme(text: &str) -> bool {
    text.split_once("://").is_some_and(|(scheme, _)| {
        scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
    })
}

fn check(url: &Url) -> Result<(), InvalidEndpoint> {
    let host = match (url.scheme(), url.host()) {
        ("https" | "http", Some(host)) => host,
        ("https" | "http", None) => return Err(InvalidEndpoint::MissingHost),
        // Cut, because a message shows it.
        (scheme, _) => return Err(InvalidEndpoint::UnsupportedScheme(scheme.chars().take(20).collect())),
    };
    if !url.username().is_empty() || url.password().is_some() {
        return Err(InvalidEndpoint::UserInfo);
    }
    if url.fragment().is_some() {
        return Err(InvalidEndpoint::Fragment);
    }
    if url.scheme() == "http" && !is_loopback(url) {
        return Err(InvalidEndpoint::PlainHttp { host: host.to_string() });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_credentials_may_be_sent_to() {
        let cases = [
            ("https", "https://api.nicecxone.com/oauth/token", "https://api.nicecxone.com/oauth/token"),
            ("port and query", "https://a.example:8443/t?tenant=x", "https://a.example:8443/t"),
            ("default port", "https://a.example:443/t", "https://a.example/t"),
            ("upper case", "HTTPS://A.Example/T", "https://a.example/T"),
            ("loopback name", "http://localhost:1234/token", "http://localhost:1234/token"),
            ("loopback name with a final dot", "http://LOCALHOST.:1234/token", "http://localhost.:1234/token"),
            ("loopback address", "http://127.9.8.7/t", "http://127.9.8.7/t"),
            ("loopback IPv6", "http://[::1]:80/t", "http://[::1]/t"),
        ];
        for (name, text, redacted) in cases {
            assert_eq!(Endpoint::try_parse(text).map(|endpoint| endpoint.redacted()), Ok(redacted.into()), "{name}");
        }
    }

    #[test]
    fn each_mistake_has_its_own_variant() {
        let plain = |host: &str| InvalidEndpoint::PlainHttp { host: host.into() };
        let cases = [
            ("empty", "", InvalidEndpoint::Empty),
            ("no scheme", "api.nicecxone.com/oauth/token", InvalidEndpoint::MissingScheme),
            ("port taken for a scheme", "localhost:8080/token", InvalidEndpoint::MissingScheme),
            ("other scheme", "ftp://a.example/", InvalidEndpoint::UnsupportedScheme("ftp".into())),
            ("final newline", "https://a.example\n", InvalidEndpoint::Character { character: '\n', position: 18 }),
            ("inner space", "https://a .example", InvalidEndpoint::Character { character: ' ', position: 10 }),
            ("public http", "http://api.nicecxone.com/t", plain("api.nicecxone.com")),
            ("looks like loopback", "http://localhost.example/t", plain("localhost.example")),
            ("below loopback", "http://a.localhost/t", plain("a.localhost")),
            ("two final dots", "http://localhost../t", plain("localhost..")),
            ("not 127/8", "http://128.0.0.1/t", plain("128.0.0.1")),
            ("user info", "https://u:canary-secret@a.example/t", InvalidEndpoint::UserInfo),
            ("fragment", "https://a.example/t#x", InvalidEndpoint::Fragment),
            ("no host", "https://", InvalidEndpoint::MissingHost),
            ("bad port", "https://a.example:99999/", InvalidEndpoint::Unreadable("invalid port number".into())),
        ];
        for (name, text, expected) in cases {
            let error = Endpoint::try_parse(text).unwrap_err();
            assert!(!error.to_string().contains("canary"), "{name}");
            assert_eq!(error, expected, "{name}");
        }
    }

    #[test]
    fn debug_and_display_show_no_query() {
        let endpoint = Endpoint::try_parse("https://a.example/t?key=canary-secret").unwrap();
        assert_eq!(format!("{endpoint} {endpoint:?}"), "https://a.example/t Endpoint(\"https://a.example/t\")");
    }
}
