//! The attributes that the ephemeral resource and both data sources share.

mod schema;

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use crate::session::tenant::Tenant;
use crate::session::{Issued, Overrides};
use crate::settings::parse;
use oauth::grant::ScopeDrift;
use oauth::{ScopeSet, grant};
use plugin::schema::Attribute;
use plugin::value::Value;
use plugin::{AttributePath, Diagnostic, Diagnostics};
pub use schema::*;

/// What a token object takes: each in place of the provider's setting of that name.
#[derive(Clone, Serialize, Deserialize)]
pub struct Inputs {
    scopes: Value<BTreeSet<Value<String>>>,
    audience: Value<String>,
    endpoint_params: Value<BTreeMap<String, Value<String>>>,
    min_remaining_lifetime: Value<String>,
}

/// What a token object makes of a token.
pub trait Outputs {
    /// The attributes of the schema.
    fn attributes() -> Vec<(String, Attribute)>;

    /// Those attributes of `issued`. What cannot be known is null.
    fn new(issued: &Issued, tenant: &Tenant) -> Self;
}

/// The token, and what is known about it.
#[derive(Serialize, Deserialize)]
pub struct WholeToken {
    #[serde(flatten)]
    bearer: Bearer,
    #[serde(flatten)]
    facts: Facts,
}

/// The token itself.
#[derive(Serialize, Deserialize)]
struct Bearer {
    access_token: Value<String>,
    authorization_header: Value<String>,
}

/// What is known about a token, safe to be stored, `claims_json` marked sensitive.
#[derive(Serialize, Deserialize)]
pub struct Facts {
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
    api_base_url: Value<String>,
}

/// [`Inputs`], checked.
pub struct Request {
    /// What the object asks for in place of the provider's settings.
    pub overrides: Overrides,
    /// The least life a token must have left.
    pub min_remaining: Duration,
}

impl Inputs {
    /// Checks the arguments; unknown ones are left alone. `None` after an error.
    pub fn parse(&self, diags: &mut Diagnostics) -> Option<Request> {
        let errors_before = diags.errors.len();
        let overrides = Overrides {
            scopes: self.parse_scopes(diags),
            audience: known(&self.audience).filter(|audience| !audience.is_empty()).cloned(),
            parameters: self.parse_parameters(diags),
        };
        let min_remaining = self.parse_min_remaining(diags);
        (diags.errors.len() == errors_before).then_some(Request { overrides, min_remaining })
    }

    fn parse_scopes(&self, diags: &mut Diagnostics) -> Option<ScopeSet> {
        let scopes = known(&self.scopes)?;
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
    /// Every attribute unknown, for a provider whose own configuration is not known yet.
    pub fn unknown() -> Self {
        Self { bearer: Bearer::unknown(), facts: Facts::unknown() }
    }
}

impl Outputs for WholeToken {
    fn attributes() -> Vec<(String, Attribute)> {
        [bearer_attributes(), fact_attributes()].concat()
    }

    fn new(issued: &Issued, tenant: &Tenant) -> Self {
        Self { bearer: Bearer::new(issued), facts: Facts::new(issued, tenant) }
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

impl Outputs for Facts {
    fn attributes() -> Vec<(String, Attribute)> {
        fact_attributes()
    }

    fn new(issued: &Issued, tenant: &Tenant) -> Self {
        let token = &issued.token;
        let claims = issued.claims.access_token.as_ref();
        let granted = &issued.granted;
        // Where no scopes are declared, nothing can differ from the declaration.
        let drift = granted.scopes.as_ref().map(|scopes| match issued.requested.source.is_default() {
            true => ScopeDrift::default(),
            false => grant::drift(&issued.requested.value, scopes),
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
            api_base_url: optional(tenant.api_base_url.clone()),
        }
    }
}

impl Facts {
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
            api_base_url: Value::Unknown,
        }
    }
}

/// The least life that a token must have left where nothing else is asked for.
pub const DEFAULT_MIN_REMAINING: Duration = Duration::from_secs(60);

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

fn rfc3339(time: SystemTime) -> String {
    humantime::format_rfc3339_seconds(time).to_string()
}
