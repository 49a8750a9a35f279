//! A registered client: its permissions and the form of its responses.

use std::collections::BTreeSet;

use oauth::Secret;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

/// One registered client.
#[derive(Clone)]
pub(crate) struct Client {
    pub(crate) id: String,
    pub(crate) secret: Secret,
    /// The scopes that the client may request. It gets all of them if it requests none.
    pub(crate) scopes: BTreeSet<String>,
    /// The scopes that are granted with every request, requested or not.
    pub(crate) extra_scopes: BTreeSet<String>,
    pub(crate) grants: BTreeSet<AllowedGrant>,
    pub(crate) authentication: Authentication,
    pub(crate) basic_encoding: BasicEncoding,
    pub(crate) unknown_scopes: UnknownScopes,
    pub(crate) scope_in_answer: ScopeInAnswer,
    /// Whether a JWT has a `scope` claim.
    pub(crate) scope_claim: bool,
    pub(crate) token_format: TokenFormat,
    pub(crate) jwt_type: JwtType,
    /// The `token_type` of the response.
    pub(crate) token_type: String,
    /// The lifetime of a token in seconds. Zero and less mean expired on arrival.
    pub(crate) expires_in: i64,
    pub(crate) expires_in_form: ExpiresInForm,
    /// Claims that are added to a JWT; a null removes a claim.
    pub(crate) claims: Map<String, Value>,
}

/// A change to a client, or the description of a new one. Absent members keep their value.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ClientChange {
    pub(crate) client_id: Option<String>,
    #[serde(deserialize_with = "secret")]
    pub(crate) client_secret: Option<Secret>,
    pub(crate) scopes: Option<BTreeSet<String>>,
    pub(crate) extra_scopes: Option<BTreeSet<String>>,
    pub(crate) grants: Option<BTreeSet<AllowedGrant>>,
    pub(crate) authentication: Option<Authentication>,
    pub(crate) basic_encoding: Option<BasicEncoding>,
    pub(crate) unknown_scopes: Option<UnknownScopes>,
    pub(crate) scope_in_answer: Option<ScopeInAnswer>,
    pub(crate) scope_claim: Option<bool>,
    pub(crate) token_format: Option<TokenFormat>,
    pub(crate) jwt_type: Option<JwtType>,
    pub(crate) token_type: Option<String>,
    pub(crate) expires_in: Option<i64>,
    pub(crate) expires_in_form: Option<ExpiresInForm>,
    pub(crate) claims: Option<Map<String, Value>>,
}

/// A grant that a client may use.
#[derive(Clone, Copy, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AllowedGrant {
    ClientCredentials,
    /// An access key as user name and password, CXone's documented grant for back ends.
    Password,
}

/// The authentication method of a client.
#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Authentication {
    ClientSecretBasic,
    ClientSecretPost,
    Any,
}

/// The encoding of id and secret in a Basic header.
#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum BasicEncoding {
    /// Not encoded.
    Raw,
    /// Form-encoded (RFC 6749 section 2.3.1).
    Rfc6749,
}

/// The response to a scope that the client may not have.
#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum UnknownScopes {
    /// 400 `invalid_scope`.
    Refuse,
    /// Not granted, which the response's `scope` shows.
    Narrow,
    /// Grants all scopes of the client, whatever was requested.
    Ignore,
}

/// The form of the granted scopes in the response.
#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ScopeInAnswer {
    Text,
    Array,
    /// `"scope": ""`, whatever is granted.
    Empty,
    Omit,
}

/// The kind of access token.
#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TokenFormat {
    Jwt,
    Opaque,
}

/// The `typ` of a JWT's header.
#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
pub(crate) enum JwtType {
    #[serde(rename = "JWT")]
    Jwt,
    /// RFC 9068.
    #[serde(rename = "at+jwt")]
    AccessToken,
}

/// The form of `expires_in` in the response.
#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ExpiresInForm {
    Number,
    Float,
    Text,
    Omit,
}

impl Client {
    /// The id of the client without a configuration.
    pub(crate) const DEMO_ID: &str = "sandbox-client";
    /// Its secret: public, and useless outside of the sandbox.
    pub(crate) const DEMO_SECRET: &str = "not-a-real-secret";
    /// Its only scope.
    pub(crate) const DEMO_SCOPE: &str = "cxone:api";

    /// A client with the strict defaults, without a scope, and without a secret, so that nobody can authenticate as it.
    pub(crate) fn new(id: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            secret: Secret::new(""),
            scopes: BTreeSet::new(),
            extra_scopes: BTreeSet::new(),
            grants: BTreeSet::from([AllowedGrant::ClientCredentials, AllowedGrant::Password]),
            authentication: Authentication::ClientSecretBasic,
            basic_encoding: BasicEncoding::Raw,
            unknown_scopes: UnknownScopes::Refuse,
            scope_in_answer: ScopeInAnswer::Text,
            scope_claim: true,
            token_format: TokenFormat::Jwt,
            jwt_type: JwtType::Jwt,
            token_type: "Bearer".to_owned(),
            expires_in: 3600,
            expires_in_form: ExpiresInForm::Number,
            claims: Map::new(),
        }
    }

    /// Applies every present member of `change`.
    pub(crate) fn apply(&mut self, change: ClientChange) {
        // Destructured in full, so that a new member cannot be forgotten here. The id never changes.
        let ClientChange {
            client_id: _,
            client_secret,
            scopes,
            extra_scopes,
            grants,
            authentication,
            basic_encoding,
            unknown_scopes,
            scope_in_answer,
            scope_claim,
            token_format,
            jwt_type,
            token_type,
            expires_in,
            expires_in_form,
            claims,
        } = change;
        set(&mut self.secret, client_secret);
        set(&mut self.scopes, scopes);
        set(&mut self.extra_scopes, extra_scopes);
        set(&mut self.grants, grants);
        set(&mut self.authentication, authentication);
        set(&mut self.basic_encoding, basic_encoding);
        set(&mut self.unknown_scopes, unknown_scopes);
        set(&mut self.scope_in_answer, scope_in_answer);
        set(&mut self.scope_claim, scope_claim);
        set(&mut self.token_format, token_format);
        set(&mut self.jwt_type, jwt_type);
        set(&mut self.token_type, token_type);
        set(&mut self.expires_in, expires_in);
        set(&mut self.expires_in_form, expires_in_form);
        set(&mut self.claims, claims);
    }

    /// Whether `secret` is this client's. A client without a secret never authenticates.
    pub(crate) fn has_secret(&self, secret: &Secret) -> bool {
        !self.secret.is_empty() && self.secret == *secret
    }
}

/// Deserializes text directly into a [`Secret`].
pub(crate) fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Secret>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.map(Secret::new))
}

fn set<T>(member: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *member = value;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_leaves_unnamed_members_alone() {
        let mut client = Client { secret: Secret::new("canary-secret"), expires_in: 5, ..Client::new("c") };
        client.apply(serde_json::from_str(r#"{"scopes":["a"],"jwt_type":"at+jwt"}"#).unwrap());
        assert_eq!(client.scopes, BTreeSet::from(["a".to_owned()]));
        assert!(client.jwt_type == JwtType::AccessToken);
        assert!(client.has_secret(&Secret::new("canary-secret")));
        assert_eq!(client.expires_in, 5);
    }

    #[test]
    fn a_misspelt_member_is_an_error() {
        assert!(serde_json::from_str::<ClientChange>(r#"{"scope":["a"]}"#).is_err());
    }

    #[test]
    fn a_client_without_a_secret_never_authenticates() {
        assert!(!Client::new("c").has_secret(&Secret::new("")));
    }
}
