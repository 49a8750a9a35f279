//! How a client shows who it is (RFC 6749 section 2.3.1).

/// Where the client id and secret stand in the request. Exactly one place, never both.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum ClientAuthentication {
    /// In the `Authorization: Basic` header.
    #[default]
    ClientSecretBasic,
    /// In the form body; no `Authorization` header.
    ClientSecretPost,
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
