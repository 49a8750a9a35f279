//! The schema of what token objects share.

use std::collections::HashMap;

use plugin::schema::{Attribute, AttributeConstraint, AttributeType, Description};

/// The attributes of [`crate::objects::access_token::Inputs`].
pub fn input_attributes() -> Vec<(String, Attribute)> {
    let text = || AttributeType::String;
    vec![
        input("scopes", AttributeType::Set(Box::new(text())), "Scopes for this token, in place of the provider's."),
        input("audience", text(), "Audience for this token, in place of the provider's."),
        sensitive(input(
            "endpoint_params",
            AttributeType::Map(Box::new(text())),
            "Further form fields for this token's request, in place of the provider's.",
        )),
        input(
            "min_remaining_lifetime",
            text(),
            "The least life the token must have left, as a duration such as `60s` (default) or `15m`. A token that \
             lives shorter is an error: it could end in the middle of the run.",
        ),
    ]
}

/// The attributes of the token itself.
pub(super) fn bearer_attributes() -> Vec<(String, Attribute)> {
    let secret = |name, description| sensitive(output(name, AttributeType::String, description));
    vec![
        secret("access_token", "The bearer token."),
        secret("authorization_header", "`Bearer` and the token: the value of an `Authorization` header."),
    ]
}

/// The attributes of [`crate::objects::access_token::Facts`].
pub(super) fn fact_attributes() -> Vec<(String, Attribute)> {
    let text = |name, description| output(name, AttributeType::String, description);
    let scopes = |name, description| output(name, AttributeType::Set(Box::new(AttributeType::String)), description);
    vec![
        text("token_type", "Type of the token as CXone answered it: always bearer, in whatever case."),
        output("expires_in", AttributeType::Number, "Seconds of life left when handed out. Null when not known."),
        text("expires_at", "End of the token's life, RFC 3339 in UTC. Null when not known."),
        text("issued_at", "When the token was issued, RFC 3339 in UTC."),
        scopes("granted_scopes", "Scopes that CXone granted. Null when nothing tells."),
        scopes(
            "missing_scopes",
            "Scopes declared and not granted; empty where none are declared. Null when nothing tells.",
        ),
        scopes(
            "extra_scopes",
            "Scopes granted and not declared; empty where none are declared. Null when nothing tells.",
        ),
        text(
            "scope_source",
            "What the granted scopes were read from: `response`, `claims`, `requested` (an answer without `scope` \
             means \"as requested\", RFC 6749 section 5.1) or `unknown`.",
        ),
        output(
            "scope_drift_detected",
            AttributeType::Bool,
            "Whether scopes are missing or extra. Null when nothing tells.",
        ),
        sensitive(text(
            "claims_json",
            "Payload of the token as JSON, its signature not verified. Null where it is no JWT.",
        )),
        text("tenant_id", "Tenant that the token belongs to, from its claims. Null when they do not say."),
        text(
            "issuer",
            "The `iss` claim of the access token, else of the id token. At CXone it can be another host than the \
             `issuer` that the provider is configured with. Null when they do not say.",
        ),
        text(
            "area",
            "Area of the tenant, such as `na1`, from the claims, else as CXone publishes it. Null when neither says.",
        ),
        text("cluster", "Cluster of the tenant, from the claims, else as CXone publishes it. Null when neither says."),
        text(
            "api_base_url",
            "Address of CXone's APIs for this tenant, such as `https://api-na1.niceincontact.com`, as CXone publishes \
             it at `/.well-known/cxone-configuration`. Null when it cannot be found, which is never an error.",
        ),
    ]
}

/// An attribute table from its parts.
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
