//! A token request as a person may read it: the real one, with its secrets masked.

use super::outgoing::OutgoingRequest;
use super::{Grant, Secret, TokenRequest};

/// What stands in place of a secret. Its length says nothing.
pub const MASK: &str = "********";

impl TokenRequest {
    /// The request as HTTP/1.1 would carry it, built by what builds the real one, with every secret and the address's
    /// query masked; without `Content-Length`, which would tell how long they are. `None` when no request can be
    /// built.
    pub fn masked(&self, user_agent: &str) -> Option<String> {
        let hidden = || Secret::new(MASK);
        let mut request = self.clone();
        request.client_secret = hidden();
        request.parameters.values_mut().for_each(|value| *value = hidden());
        if let Grant::Password { access_key_secret, .. } | Grant::AccessKey { access_key_secret, .. } =
            &mut request.grant
        {
            *access_key_secret = hidden();
        }
        let outgoing = OutgoingRequest::for_token(&request, user_agent).ok()?;
        let url = &outgoing.url;
        let query = url.query().map(|_| format!("?{MASK}")).unwrap_or_default();
        let host = url.host_str().unwrap_or_default();
        let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
        let mut text = format!("{} {}{query} HTTP/1.1\nHost: {host}{port}\n", outgoing.method, url.path());
        for (name, value) in &outgoing.headers {
            let name = title_case(name.as_str());
            let value = if value.is_sensitive() { format!("Basic {MASK}") } else { value.to_str().ok()?.to_owned() };
            text.push_str(&format!("{name}: {value}\n"));
        }
        text.push('\n');
        text.push_str(std::str::from_utf8(&outgoing.body).ok()?);
        text.push('\n');
        Some(text)
    }
}

/// `user-agent` as `User-Agent`.
fn title_case(name: &str) -> String {
    let parts = name.split('-').map(|part| {
        let (first, rest) = part.split_at_checked(1).unwrap_or((part, ""));
        format!("{}{rest}", first.to_ascii_uppercase())
    });
    parts.collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::{BasicEncoding, ClientAuthentication, Endpoint, ScopeSet};

    fn request(authentication: ClientAuthentication) -> TokenRequest {
        TokenRequest {
            endpoint: Endpoint::try_parse("https://a.example:8443/token?code=canary-query").unwrap(),
            grant: Grant::Password {
                access_key_id: "KEYID====".into(),
                access_key_secret: Secret::new("canary-key-secret===="),
            },
            client_id: "abc 123".into(),
            client_secret: Secret::new("canary-client-secret"),
            authentication,
            basic_encoding: BasicEncoding::Raw,
            scopes: ScopeSet::parse("cxone:api"),
            audience: None,
            parameters: BTreeMap::from([("tenant".to_owned(), Secret::new("canary-parameter"))]),
        }
    }

    #[test]
    fn the_real_request_is_shown_with_its_secrets_masked() {
        insta::assert_snapshot!(request(ClientAuthentication::ClientSecretPost).masked("agent/1").unwrap(), @r"
        POST /token?******** HTTP/1.1
        Host: a.example:8443
        Accept: application/json
        User-Agent: agent/1
        Content-Type: application/x-www-form-urlencoded

        grant_type=password&username=KEYID%3D%3D%3D%3D&password=********&client_id=abc+123&client_secret=********&scope=cxone%3Aapi&tenant=********
        ");
        let basic = request(ClientAuthentication::ClientSecretBasic).masked("agent/1").unwrap();
        assert!(basic.contains("\nAuthorization: Basic ********\n"), "{basic}");
        assert!(!basic.contains("canary") && !basic.contains("client_secret"), "{basic}");
    }
}
