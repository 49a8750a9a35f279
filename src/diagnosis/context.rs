//! What an explanation may know about the request: plain data, no secret.

use crate::settings::grant_type::GrantType;
use crate::settings::source::{Source, Sourced};

/// The facts about a failed exchange that the [`oauth::Error`] does not carry.
///
/// Nothing here is secret. A credential other than the client id appears as its [`Source`] alone. Fill what is known
/// over [`Context::default`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Context {
    /// What the failed request was for.
    pub errand: Errand,
    /// Which flow was used.
    pub grant: GrantType,
    /// How the client proved who it is.
    pub authentication: Authentication,
    /// The client id, which is public; shown escaped, and hidden when it has the look of a secret. `None` when the
    /// flow has no client.
    pub client_id: Option<Sourced<String>>,
    /// Whether the client id may be shown: not when it holds the secret.
    pub show_client_id: bool,
    /// Where the client secret came from; `None` when the flow has none.
    pub client_secret: Option<Source>,
    /// Where the access key id came from; `None` unless the grant is `password` or `access_key`.
    pub access_key_id: Option<Source>,
    /// Where the access key's secret came from; `None` unless the grant is `password` or `access_key`.
    pub access_key_secret: Option<Source>,
    /// Whether the client id or secret has a character outside RFC 3986's unreserved set, which RFC 6749
    /// section 2.3.1 would percent-encode in a Basic header: see `Exchange::has_reserved_characters`.
    pub reserved_characters: bool,
    /// The scopes that were asked for, in order; empty when none were.
    pub scopes: Vec<String>,
    /// Where the scopes came from.
    pub scopes_source: Source,
    /// Where the audience came from; `None` when none was sent.
    pub audience: Option<Source>,
    /// Where the token endpoint's address came from: `token_url`, `issuer` (when it was discovered) or the default.
    pub token_url: Source,
    /// The proxy in use, without user info, and where it came from; `None` when the connection is direct.
    pub proxy: Option<Sourced<String>>,
    /// Where the time limit came from.
    pub request_timeout: Source,
    /// Where the number of retries came from.
    pub max_retries: Source,
    /// Where extra root certificates came from; `None` when only the system's roots are trusted.
    pub ca_cert: Option<Source>,
    /// Where the client certificate came from; `None` when there is none.
    pub client_cert: Option<Source>,
    /// Which block the diagnostic will be attached to: it decides whether an attribute path can be given.
    pub site: Site,
}

/// What a request was for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Errand {
    /// A token.
    #[default]
    Token,
    /// An issuer's discovery document, to learn where tokens are asked for.
    Discovery,
}

/// How the client was authenticated, as sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Authentication {
    /// `client_secret_basic` with `basic_auth_encoding = "raw"`.
    #[default]
    BasicRaw,
    /// `client_secret_basic` with `basic_auth_encoding = "rfc6749"`.
    BasicRfc6749,
    /// `client_secret_post`.
    Post,
    /// The flow has no client application.
    None,
}

/// The block that a diagnostic is attached to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Site {
    /// The provider block (`ConfigureProvider`).
    #[default]
    Provider,
    /// An ephemeral resource, data source or resource.
    Resource,
    /// None: the command line.
    CommandLine,
}

impl Default for Context {
    /// A client credentials exchange by Basic header, every setting at its default.
    fn default() -> Self {
        Self {
            errand: Errand::default(),
            grant: GrantType::default(),
            authentication: Authentication::default(),
            client_id: None,
            show_client_id: true,
            client_secret: None,
            access_key_id: None,
            access_key_secret: None,
            reserved_characters: false,
            scopes: Vec::new(),
            scopes_source: Source::DEFAULT,
            audience: None,
            token_url: Source::DEFAULT,
            proxy: None,
            request_timeout: Source::DEFAULT,
            max_retries: Source::DEFAULT,
            ca_cert: None,
            client_cert: None,
            site: Site::default(),
        }
    }
}
