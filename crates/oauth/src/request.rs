//! What is asked of a token endpoint.

use std::collections::BTreeMap;
use std::fmt;

use super::{BasicEncoding, ClientAuthentication, Endpoint, ScopeSet, Secret};

/// The kind of exchange.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Grant {
    /// `client_credentials` (RFC 6749 section 4.4).
    ClientCredentials,
    /// `password` with an access key, the flow CXone documents for back ends: the key's id and secret are sent as
    /// `username` and `password`, next to the client's own credentials.
    Password {
        /// The id of the access key.
        access_key_id: String,
        /// The secret of the access key.
        access_key_secret: Secret,
    },
    /// CXone's regional service: a JSON body with an access key and no client application.
    AccessKey {
        /// The id of the access key.
        access_key_id: String,
        /// The secret of the access key.
        access_key_secret: Secret,
    },
}

impl Grant {
    /// `client_credentials`, `password` or `access_key`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::ClientCredentials => "client_credentials",
            Self::Password { .. } => "password",
            Self::AccessKey { .. } => "access_key",
        }
    }
}

/// Everything that one exchange depends on; also what the token cache tells tokens apart by.
#[derive(Clone, PartialEq, Eq)]
pub struct TokenRequest {
    /// Where the request goes.
    pub endpoint: Endpoint,
    /// The kind of exchange.
    pub grant: Grant,
    /// The client's id; unused by [`Grant::AccessKey`].
    pub client_id: String,
    /// The client's secret; unused by [`Grant::AccessKey`].
    pub client_secret: Secret,
    /// Where the id and secret stand.
    pub authentication: ClientAuthentication,
    /// How they are encoded in the Basic header.
    pub basic_encoding: BasicEncoding,
    /// The scopes to ask for; none are sent when empty.
    pub scopes: ScopeSet,
    /// The `audience` parameter; not sent when `None` or empty.
    pub audience: Option<String>,
    /// Further form fields; empty values are not sent, standard fields are refused.
    pub parameters: BTreeMap<String, Secret>,
}

impl fmt::Debug for TokenRequest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            endpoint,
            grant,
            client_id,
            client_secret,
            authentication,
            basic_encoding,
            scopes,
            audience,
            parameters,
        } = self;
        formatter
            .debug_struct("TokenRequest")
            .field("endpoint", endpoint)
            .field("grant", grant)
            .field("client_id", client_id)
            .field("client_secret", client_secret)
            .field("authentication", authentication)
            .field("basic_encoding", basic_encoding)
            .field("scopes", scopes)
            .field("audience", audience)
            .field("parameters", parameters)
            .finish()
    }
}
