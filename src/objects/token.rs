//! The common part of the ephemeral token and the two token data sources: arguments, attributes, and the token request.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use crate::session::tenant::Tenant;
use crate::session::{DEFAULT_MIN_REMAINING, Failure, Issued, Overrides, Ready, Session};
use crate::settings::parse;
use oauth::{ScopeDrift, ScopeSet};
use plugin::schema::{Attribute, AttributeConstraint, AttributeType, Block, Description, Schema};
use plugin::value::Value;
use plugin::{AttributePath, Diagnostic, Diagnostics};

/// The arguments of a token object. Each overrides the provider's setting of the same name.
#[derive(Clone, Serialize, Deserialize)]
pub struct Inputs {
    scopes: Value<BTreeSet<Value<String>>>,
    audience: Value<String>,
    endpoint_params: Value<BTreeMap<String, Value<String>>>,
    min_remaining_lifetime: Value<String>,
}

/// The computed attributes of a token object.
pub trait Outputs {
    /// The attributes of the schema.
    fn attributes() -> Vec<(String, Attribute)>;

    /// The values for `issued`. An unknown value is null.
    fn new(issued: &Issued, tenant: &Tenant) -> Self;
}

/// The token with its facts.
#[derive(Serialize, Deserialize)]
pub struct WholeToken {
    #[serde(flatten)]
    bearer: Bearer,
    #[serde(flatten)]
    facts: TokenFacts,
}

#[derive(Serialize, Deserialize)]
struct Bearer {
    access_token: Value<String>,
    authorization_header: Value<String>,
}

/// The facts about a token. They are safe in state, except that `claims_json` is marked sensitive.
#[derive(Serialize, Deserialize)]
pub struct TokenFacts {
    token_type: Value<String>,
    expires_in: Value<i64>,
    expires_at: Value<String>,
    issued_at: Value<String>,
    granted_scopes: Value<BTreeSet<String>>,
    missing_scopes: Value<BTreeSet<String>>,
    extra_scopes: Value<BTreeSet<String>>,
    scope_source: Value<String>,
    scope_drift_detected: Value<bool>,
    claims_json: Value<String>,
    tenant_id: Value<String>,
    issuer: Value<String>,
    area: Value<String>,
    cluster: Value<String>,
    role_id: Value<String>,
    secondary_role_ids: Value<BTreeSet<String>>,
    api_base_url: Value<String>,
}

impl Inputs {
    /// The overrides of the provider's settings, and the minimum remaining lifetime. Skips unknown arguments. `None`
    /// after an error.
    pub fn parse(&self, diags: &mut Diagnostics) -> Option<(Overrides, Duration)> {
        let errors_before = diags.errors.len();
        let overrides = Overrides {
            scopes: self.parse_scopes(diags),
            // Empty text means "not set", as in the provider block.
            audience: known(&self.audience).filter(|audience| !audience.is_empty()).cloned(),
            parameters: self.parse_parameters(diags),
        };
        let min_remaining = self.parse_min_remaining(diags);
        (diags.errors.len() == errors_before).then_some((overrides, min_remaining))
    }

    fn parse_scopes(&self, diags: &mut Diagnostics) -> Option<ScopeSet> {
        let scopes = known(&self.scopes)?;
        // To ignore it would change the request. Without any scope, a server may grant its default (RFC 6749 section
        // 3.3).
        if scopes.contains(&Value::Null) {
            diags.add_error(invalid("scopes", "a scope must not be null".to_owned()));
            return None;
        }
        match ScopeSet::try_from_tokens(scopes.iter().filter_map(known).cloned()) {
            Ok(scopes) => Some(scopes),
            Err(error) => {
                diags.add_error(invalid("scopes", error.to_string()));
                None
            }
        }
    }

    fn parse_parameters(&self, diags: &mut Diagnostics) -> Option<BTreeMap<String, oauth::Secret>> {
        let entries = known(&self.endpoint_params)?;
        let entries = entries.iter().filter_map(|(name, value)| Some((name.as_str(), known(value)?.as_str())));
        Some(parse::form_fields(entries.collect(), diags))
    }

    fn parse_min_remaining(&self, diags: &mut Diagnostics) -> Duration {
        // Empty text means "not set", as in the provider block.
        let Some(text) = known(&self.min_remaining_lifetime).filter(|text| !text.is_empty()) else {
            return DEFAULT_MIN_REMAINING;
        };
        parse::duration(text).unwrap_or_else(|expected| {
            diags.add_error(invalid("min_remaining_lifetime", expected.to_owned()));
            DEFAULT_MIN_REMAINING
        })
    }
}

impl WholeToken {
    /// All attributes unknown, for a provider that is not configured yet.
    pub fn unknown() -> Self {
        Self { bearer: Bearer::unknown(), facts: TokenFacts::unknown() }
    }
}

impl Outputs for WholeToken {
    fn attributes() -> Vec<(String, Attribute)> {
        [bearer_attributes(), fact_attributes()].concat()
    }

    fn new(issued: &Issued, tenant: &Tenant) -> Self {
        Self { bearer: Bearer::new(issued), facts: TokenFacts::new(issued, tenant) }
    }
}

impl Bearer {
    fn new(issued: &Issued) -> Self {
        let token = issued.token.access_token.expose();
        Self {
            access_token: Value::Value(token.to_owned()),
            authorization_header: Value::Value(format!("Bearer {token}")),
        }
    }

    fn unknown() -> Self {
        Self { access_token: Value::Unknown, authorization_header: Value::Unknown }
    }
}

impl Outputs for TokenFacts {
    fn attributes() -> Vec<(String, Attribute)> {
        fact_attributes()
    }

    fn new(issued: &Issued, tenant: &Tenant) -> Self {
        let token = &issued.token;
        let claims = issued.claims.access_token.as_ref();
        let granted = &issued.granted;
        // Without declared scopes, there is no drift.
        let drift = granted.scopes.as_ref().map(|scopes| match issued.requested.source.is_default() {
            true => ScopeDrift::default(),
            false => ScopeDrift::between(&issued.requested.value, scopes),
        });
        let names = |scopes: &ScopeSet| scopes.iter().cloned().collect();
        Self {
            token_type: Value::Value(token.token_type.clone()),
            expires_in: optional(token.remaining(issued.now).map(|left| left.as_secs().try_into().unwrap_or(i64::MAX))),
            expires_at: optional(token.expires_at.map(rfc3339)),
            issued_at: Value::Value(rfc3339(token.issued_at)),
            granted_scopes: optional(granted.scopes.as_ref().map(names)),
            missing_scopes: optional(drift.as_ref().map(|drift| names(&drift.missing))),
            extra_scopes: optional(drift.as_ref().map(|drift| names(&drift.extra))),
            scope_source: Value::Value(granted.source.as_str().to_owned()),
            scope_drift_detected: optional(drift.as_ref().map(|drift| !drift.is_empty())),
            claims_json: optional(claims.map(|jwt| serde_json::Value::Object(jwt.claims.clone()).to_string())),
            tenant_id: optional(tenant.id.clone()),
            issuer: optional(tenant.issuer.clone()),
            area: optional(tenant.area.clone()),
            cluster: optional(tenant.cluster.clone()),
            role_id: optional(tenant.role_id.clone()),
            secondary_role_ids: optional(tenant.secondary_role_ids.clone()),
            api_base_url: optional(tenant.api_base_url.clone()),
        }
    }
}

impl TokenFacts {
    fn unknown() -> Self {
        Self {
            token_type: Value::Unknown,
            expires_in: Value::Unknown,
            expires_at: Value::Unknown,
            issued_at: Value::Unknown,
            granted_scopes: Value::Unknown,
            missing_scopes: Value::Unknown,
            extra_scopes: Value::Unknown,
            scope_source: Value::Unknown,
            scope_drift_detected: Value::Unknown,
            claims_json: Value::Unknown,
            tenant_id: Value::Unknown,
            issuer: Value::Unknown,
            area: Value::Unknown,
            cluster: Value::Unknown,
            role_id: Value::Unknown,
            secondary_role_ids: Value::Unknown,
            api_base_url: Value::Unknown,
        }
    }
}

/// A schema without nested blocks.
pub fn schema<const N: usize>(description: &str, parts: [Vec<(String, Attribute)>; N]) -> Schema {
    Schema {
        version: 0,
        block: Block {
            version: 0,
            attributes: attributes(parts),
            description: Description::markdown(description),
            ..Block::default()
        },
    }
}

/// The token for `inputs`, and its tenant. `None` after an error, which is then in `diags`.
pub async fn read(session: &Session, inputs: &Inputs, diags: &mut Diagnostics) -> Option<(Issued, Tenant)> {
    let (overrides, min_remaining) = inputs.parse(diags)?;
    let errors_before = diags.errors.len();
    match issue(session, overrides, min_remaining).await {
        Ok((ready, issued)) => {
            ready.judge(&issued, diags);
            // Before the look-up of the tenant: a token with the wrong scopes gets no further requests.
            if diags.errors.len() > errors_before {
                return None;
            }
            let tenant = ready.tenant(&issued).await;
            Some((issued, tenant))
        }
        Err(failure) => {
            diags.add_error(failure.diagnostic);
            None
        }
    }
}

async fn issue(
    session: &Session,
    overrides: Overrides,
    min_remaining: Duration,
) -> Result<(Arc<Ready>, Issued), Failure> {
    let ready = session.ready()?;
    let issued = ready.token(overrides, min_remaining).await?;
    Ok((ready, issued))
}

/// The attributes of [`Inputs`].
pub fn input_attributes() -> Vec<(String, Attribute)> {
    let text = || AttributeType::String;
    vec![
        input(
            "scopes",
            AttributeType::Set(Box::new(text())),
            "Scopes for this token. Overrides the provider's \
                                                               `scopes`.",
        ),
        input("audience", text(), "Audience for this token. Overrides the provider's `audience`."),
        sensitive(input(
            "endpoint_params",
            AttributeType::Map(Box::new(text())),
            "Further form fields for this token request. Overrides the provider's `endpoint_params`.",
        )),
        input(
            "min_remaining_lifetime",
            text(),
            "Minimum time before the token expires, as a duration such as `60s` (default) or `15m`. A token that \
             expires sooner is an error, because it could expire during the run.",
        ),
    ]
}

/// The attributes of the token itself.
fn bearer_attributes() -> Vec<(String, Attribute)> {
    let secret = |name, description| sensitive(output(name, AttributeType::String, description));
    vec![
        secret("access_token", "The bearer token."),
        secret("authorization_header", "`Bearer` and the token: the value of an `Authorization` header."),
    ]
}

/// The attributes of [`TokenFacts`].
fn fact_attributes() -> Vec<(String, Attribute)> {
    let text = |name, description| output(name, AttributeType::String, description);
    let scopes = |name, description| output(name, AttributeType::Set(Box::new(AttributeType::String)), description);
    vec![
        text("token_type", "Type of the token as the response spells it: always `bearer`, in any case."),
        output(
            "expires_in",
            AttributeType::Number,
            "Seconds until the token expires, counted when the object was \
                                                     read. Null if unknown.",
        ),
        text("expires_at", "When the token expires, RFC 3339 in UTC. Null if unknown."),
        text("issued_at", "When the token was issued, RFC 3339 in UTC."),
        scopes("granted_scopes", "Scopes that CXone granted. Null if unknown."),
        scopes("missing_scopes", "Scopes declared and not granted; empty if none are declared. Null if unknown."),
        scopes("extra_scopes", "Scopes granted and not declared; empty if none are declared. Null if unknown."),
        text(
            "scope_source",
            "Where the granted scopes come from: `response`, `claims`, `requested` (a response without `scope` means \
             \"as requested\", RFC 6749 section 5.1) or `unknown`.",
        ),
        output("scope_drift_detected", AttributeType::Bool, "Whether scopes are missing or extra. Null if unknown."),
        sensitive(text(
            "claims_json",
            "Payload of the token as JSON. The signature is not verified. Null if the token is not a JWT.",
        )),
        text("tenant_id", "Tenant of the token, from its claims. Null if unknown."),
        text(
            "issuer",
            "The `iss` claim of the access token, else of the id token. CXone can name another host there than the \
             provider's `issuer`. Null if unknown.",
        ),
        text(
            "area",
            "Area of the tenant, such as `na1`, from the claims, else from CXone's public tenant configuration. Null \
             if unknown.",
        ),
        text(
            "cluster",
            "Cluster of the tenant, from the claims, else from CXone's public tenant configuration. Null \
                         if unknown.",
        ),
        text("role_id", "Role that decides the token's permissions, from the `role` claim. Null if unknown."),
        scopes("secondary_role_ids", "Further roles, from the `role` claim. Null if unknown."),
        text(
            "api_base_url",
            "Address of CXone's APIs for this tenant, such as `https://api-na1.niceincontact.com`. CXone publishes \
             it at `/.well-known/cxone-configuration`. Null if unavailable, which is never an error.",
        ),
    ]
}

/// One attribute table from several parts.
pub fn attributes(parts: impl IntoIterator<Item = Vec<(String, Attribute)>>) -> HashMap<String, Attribute> {
    parts.into_iter().flatten().collect()
}

fn input(name: &str, attr_type: AttributeType, description: &str) -> (String, Attribute) {
    attribute(name, attr_type, description, AttributeConstraint::Optional)
}

/// A computed attribute.
pub fn output(name: &str, attr_type: AttributeType, description: &str) -> (String, Attribute) {
    attribute(name, attr_type, description, AttributeConstraint::Computed)
}

fn sensitive((name, attribute): (String, Attribute)) -> (String, Attribute) {
    (name, Attribute { sensitive: true, ..attribute })
}

fn attribute(
    name: &str,
    attr_type: AttributeType,
    description: &str,
    constraint: AttributeConstraint,
) -> (String, Attribute) {
    let description = Description::markdown(description);
    (name.to_owned(), Attribute { attr_type, description, constraint, sensitive: false, deprecated: false })
}

fn invalid(attribute: &'static str, why: String) -> Diagnostic {
    Diagnostic {
        summary: format!("Invalid value for `{attribute}`").into(),
        detail: format!("The value of `{attribute}`: {why}.").into(),
        attribute: AttributePath::new(attribute),
    }
}

fn known<T>(value: &Value<T>) -> Option<&T> {
    match value {
        Value::Value(value) => Some(value),
        Value::Null | Value::Unknown => None,
    }
}

fn optional<T>(value: Option<T>) -> Value<T> {
    value.map_or(Value::Null, Value::Value)
}

/// A moment as RFC 3339 in UTC.
pub fn rfc3339(time: SystemTime) -> String {
    humantime::format_rfc3339_seconds(time).to_string()
}
