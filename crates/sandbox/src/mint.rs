//! Tokens, and the responses with them.

use serde_json::{Map, Value, json};

use crate::client::{Client, ExpiresInForm, JwtType, ScopeInAnswer, TokenFormat};
use crate::config::Tenant;
use crate::exchange::Approval;
use crate::signer::Signer;

/// The issuer and the time of tokens.
pub(crate) struct Mint<'a> {
    pub(crate) signer: &'a Signer,
    pub(crate) tenant: &'a Tenant,
    pub(crate) issuer: &'a str,
    /// Seconds since the Unix epoch.
    pub(crate) now: u64,
}

impl Mint<'_> {
    /// The body of the response to an accepted request (RFC 6749 section 5.1).
    ///
    /// As at CXone, a request with an access key also gets an `id_token` and a `refresh_token`.
    pub(crate) fn answer(&self, approval: &Approval) -> anyhow::Result<Value> {
        let client = &approval.client;
        let access_token = match client.token_format {
            TokenFormat::Opaque => self.signer.random_text()?,
            TokenFormat::Jwt => {
                let claims = self.access_token_claims(approval)?;
                self.signer.jwt(jwt_type(client.jwt_type), &claims)?.expose().to_owned()
            }
        };
        let mut answer = Map::new();
        answer.insert("access_token".to_owned(), access_token.into());
        answer.insert("token_type".to_owned(), client.token_type.as_str().into());
        answer.extend(expires_in(client).map(|value| ("expires_in".to_owned(), value)));
        answer.extend(scope(approval).map(|value| ("scope".to_owned(), value)));
        if approval.employee.is_some() {
            let id_token = self.signer.jwt("JWT", &self.identity(approval))?.expose().to_owned();
            answer.insert("id_token".to_owned(), id_token.into());
            answer.insert("refresh_token".to_owned(), self.signer.random_text()?.into());
        }
        Ok(answer.into())
    }

    fn access_token_claims(&self, approval: &Approval) -> anyhow::Result<Map<String, Value>> {
        let client = &approval.client;
        let mut claims = self.identity(approval);
        claims.insert("jti".to_owned(), self.signer.random_text()?.into());
        if let Some(audience) = &approval.audience {
            claims.insert("aud".to_owned(), audience.as_str().into());
        }
        if client.scope_claim {
            claims.insert("scope".to_owned(), joined(approval).into());
        }
        // CXone's identity tokens do not have this claim.
        if let Some(employee) = &approval.employee {
            claims.insert("role".to_owned(), employee.role.claim());
        }
        for (name, value) in &client.claims {
            match value {
                Value::Null => claims.remove(name),
                value => claims.insert(name.clone(), value.clone()),
            };
        }
        Ok(claims)
    }

    /// The common claims of access and identity tokens.
    fn identity(&self, approval: &Approval) -> Map<String, Value> {
        let client = &approval.client;
        let subject = match &approval.employee {
            Some(employee) => format!("user:{}", employee.access_key_id),
            None => client.id.clone(),
        };
        let expires_at = self.now.saturating_add_signed(client.expires_in);
        Map::from_iter([
            ("iss".to_owned(), self.issuer.into()),
            ("sub".to_owned(), subject.into()),
            ("aud".to_owned(), client.id.as_str().into()),
            ("iat".to_owned(), self.now.into()),
            ("exp".to_owned(), expires_at.into()),
            ("tenantId".to_owned(), self.tenant.id.as_str().into()),
            ("icBUId".to_owned(), self.tenant.business_unit.into()),
            ("icClusterId".to_owned(), self.tenant.cluster.as_str().into()),
            ("area".to_owned(), self.tenant.area.as_str().into()),
        ])
    }
}

fn jwt_type(jwt_type: JwtType) -> &'static str {
    match jwt_type {
        JwtType::Jwt => "JWT",
        JwtType::AccessToken => "at+jwt",
    }
}

fn expires_in(client: &Client) -> Option<Value> {
    let seconds = client.expires_in;
    match client.expires_in_form {
        ExpiresInForm::Number => Some(seconds.into()),
        // With a fraction, so that clients are tested with a JSON number that is not an integer.
        ExpiresInForm::Float => serde_json::from_str(&format!("{seconds}.0")).ok(),
        ExpiresInForm::Text => Some(seconds.to_string().into()),
        ExpiresInForm::Omit => None,
    }
}

fn scope(approval: &Approval) -> Option<Value> {
    match approval.client.scope_in_answer {
        ScopeInAnswer::Text => Some(joined(approval).into()),
        ScopeInAnswer::Array => Some(json!(approval.scopes)),
        ScopeInAnswer::Empty => Some("".into()),
        ScopeInAnswer::Omit => None,
    }
}

fn joined(approval: &Approval) -> String {
    approval.scopes.iter().map(String::as_str).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::*;
    use crate::exchange::Employee;
    use crate::role::Role;

    fn answer(client: Client, access_key_id: Option<&str>, audience: Option<&str>) -> (Value, Value) {
        let scopes = ["a", "b"].map(str::to_owned).into();
        let approval = Approval {
            client,
            scopes,
            employee: access_key_id.map(|id| Employee { access_key_id: id.to_owned(), role: Role::default() }),
            audience: audience.map(str::to_owned),
        };
        let (signer, tenant) = (Signer::try_new().unwrap(), Tenant::default());
        let mint = Mint { signer: &signer, tenant: &tenant, issuer: "http://127.0.0.1:1", now: 1_000_000 };
        let answer = mint.answer(&approval).unwrap();
        let claims = answer["access_token"]
            .as_str()
            .unwrap()
            .split('.')
            .nth(1)
            .map_or(Value::Null, |part| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap());
        (answer, claims)
    }

    #[test]
    fn a_jwt_names_tenant_client_and_life() {
        let (answer, claims) = answer(Client::new("app"), None, None);
        assert_eq!(answer["token_type"], "Bearer");
        assert_eq!(answer["expires_in"], 3600);
        assert_eq!(answer["scope"], "a b");
        assert_eq!(answer.get("id_token"), None);
        let names = ["iss", "sub", "aud", "iat", "exp", "icBUId", "icClusterId", "area", "scope"];
        let values = json!(["http://127.0.0.1:1", "app", "app", 1_000_000, 1_003_600, -1_234_567, "B32", "na1", "a b"]);
        assert_eq!(json!(names.map(|name| claims[name].clone())), values);
    }

    #[test]
    fn the_client_decides_how_the_answer_looks() {
        let (plain, claims) = answer(
            Client {
                token_format: TokenFormat::Opaque,
                scope_in_answer: ScopeInAnswer::Omit,
                expires_in_form: ExpiresInForm::Omit,
                token_type: "bearer".to_owned(),
                ..Client::new("app")
            },
            None,
            None,
        );
        assert_eq!(claims, Value::Null);
        assert_eq!(plain.as_object().unwrap().keys().collect::<Vec<_>>(), ["access_token", "token_type"]);
        for (form, text) in [(ExpiresInForm::Float, "3600.0"), (ExpiresInForm::Text, "\"3600\"")] {
            let (body, _) = answer(Client { expires_in_form: form, ..Client::new("app") }, None, None);
            assert_eq!(body["expires_in"].to_string(), text);
        }
        for (shape, value) in [(ScopeInAnswer::Array, json!(["a", "b"])), (ScopeInAnswer::Empty, json!(""))] {
            let (body, _) = answer(Client { scope_in_answer: shape, ..Client::new("app") }, None, None);
            assert_eq!(body["scope"], value);
        }
    }

    #[test]
    fn claims_can_be_added_and_left_out() {
        let changed = json!({ "tenantId": null, "iss": "https://elsewhere.example", "extra": [1] });
        let client = Client { claims: changed.as_object().unwrap().clone(), scope_claim: false, ..Client::new("app") };
        let (_, claims) = answer(client, None, Some("api"));
        assert_eq!(claims.get("tenantId"), None);
        assert_eq!(claims.get("scope"), None);
        assert_eq!((&claims["iss"], &claims["extra"]), (&json!("https://elsewhere.example"), &json!([1])));
        assert_eq!(claims["aud"], "api");
    }

    #[test]
    fn an_access_key_brings_an_identity() {
        let (answer, claims) = answer(Client::new("app"), Some("KEY"), None);
        assert_eq!(claims["sub"], "user:KEY");
        assert_eq!(claims["role"], Role::default().claim());
        assert!(answer["id_token"].is_string() && answer["refresh_token"].is_string());
    }
}
