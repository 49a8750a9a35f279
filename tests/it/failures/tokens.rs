//! Token responses: every field missing, unusual, of a wrong type or absurd; and the tokens and scopes of real
//! services.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::row::{Row, fails, recovers};
use crate::terraform::TOKEN;
use testkit::scripted_server::{Reply, answer};

const LIVES: &str = "self.expires_in > 3000";

/// A 200 with these members beside the token, or instead of it; null ones are left out.
fn with(more: &Value) -> [Reply; 1] {
    let mut body = json!({ "access_token": TOKEN, "token_type": "Bearer", "expires_in": 3600 });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    [answer("200 OK", &["Content-Type: application/json"], body.to_string())]
}

/// A 200 with this text as it stands.
fn text(body: &str) -> [Reply; 1] {
    [answer("200 OK", &["Content-Type: application/json"], body.replace("TOKEN", TOKEN))]
}

/// A row whose token is a JWT of `header` and `claims`.
fn jwt(
    name: &'static str,
    header: &Value,
    claims: &Value,
    scopes: &'static [&'static str],
    holds: &'static str,
) -> Row {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let token = format!("{}.{}.Zm9yZ2VkLXNpZ25hdHVyZS1jYW5hcnktOTIzNw", part(header), part(claims));
    recovers(name, with(&json!({ "access_token": token })), holds).scopes(scopes).canary(token)
}

pub(super) fn lifetimes_and_types() -> Vec<Row> {
    let lives = |seconds: Value| with(&json!({ "expires_in": seconds }));
    vec![
        recovers("bearer in lower case", with(&json!({ "token_type": "bearer" })), LIVES),
        recovers("no token_type", with(&json!({ "token_type": null })), LIVES),
        fails("token_type mac", "unusable-token", with(&json!({ "token_type": "mac" })), &["token_type is not bearer"]),
        fails("token_type a number", "unusable-token", with(&json!({ "token_type": 7 })), &["token_type is not text"]),
        recovers("expires_in 3599", lives(json!(3599)), LIVES),
        recovers("expires_in 599", lives(json!(599)), "self.expires_in <= 599 && self.expires_in > 500"),
        recovers("no expires_in", lives(Value::Null), "self.expires_in == null && self.expires_at == null"),
        recovers("expires_in as text", lives(json!("3600")), LIVES),
        recovers("expires_in a fraction", lives(json!(3600.75)), LIVES),
        recovers("expires_in a word", lives(json!("soon")), "self.expires_in == null"),
        recovers("expires_in a list", lives(json!([3600])), "self.expires_in == null"),
        recovers("expires_in an object", lives(json!({ "s": 3600 })), "self.expires_in == null"),
        recovers("expires_in true", lives(json!(true)), "self.expires_in == null"),
        recovers(
            "expires_in beyond 64 bits",
            text(r#"{"access_token":"TOKEN","expires_in":99999999999999999999999}"#),
            "self.expires_in > 300000000",
        ),
        recovers(
            "expires_in beyond all floats",
            text(r#"{"access_token":"TOKEN","expires_in":1e400}"#),
            "self.expires_in > 300000000",
        ),
        // Expired before its use, so the data source requests another one.
        fails("expires_in 0", "", [lives(json!(0)), lives(json!(0))].concat(), &["has already expired"]),
        fails(
            "expires_in negative",
            "",
            [lives(json!(-1)), lives(json!(-1))].concat(),
            &["has already expired", "never expires"],
        ),
        fails("expires_in 30", "", lives(json!(30)), &["min_remaining_lifetime", "1m"]),
    ]
}

pub(super) fn odd_tokens() -> Vec<Row> {
    let token = |value: Value| with(&json!({ "access_token": value }));
    let refused = |name, value: Value, fact| fails(name, "unusable-token", token(value), fact);
    vec![
        fails("no token", "no-access-token", token(Value::Null), &["no access_token"]),
        refused("empty token", json!(""), &["access_token is empty"]),
        refused("number", json!(42), &["access_token is not text"]),
        refused("list", json!([TOKEN]), &["access_token is not text"]),
        refused("object", json!({ "value": TOKEN }), &["access_token is not text"]),
        refused(
            "CR LF and a header",
            json!(format!("{TOKEN}\r\nX-Injected: yes")),
            &["characters that a bearer token must not contain"],
        ),
        refused("space", json!(format!("{TOKEN} {TOKEN}")), &["characters"]),
        refused("NUL", json!(format!("{TOKEN}\0")), &["characters"]),
        refused("letters beyond ASCII", json!(format!("{TOKEN}\u{e9}")), &["characters"]),
        fails(
            "token under another name",
            "no-access-token",
            with(&json!({ "access_token": null, "token": TOKEN })),
            &["without an access token", "a token under another name", "\"token\""],
        ),
        recovers("20 characters", token(json!("c4n4ry-t0ken-0123456")), LIVES).canary("c4n4ry-t0ken-0123456"),
        recovers("padding", token(json!("Y2FuYXJ5LXBhZGRlZC10b2tlbi04MTc=")), LIVES)
            .canary("Y2FuYXJ5LXBhZGRlZC10b2tlbi04MTc="),
        recovers("32 kilobytes", token(json!(format!("{TOKEN}{}", "x".repeat(32_768)))), LIVES),
        recovers(
            "unknown members",
            with(&json!({ "refresh_token": "r-canary-refresh-token-77", "x": [1, { "y": null }], "error": null })),
            LIVES,
        )
        .canary("r-canary-refresh-token-77"),
        recovers(
            "duplicate members, the last counts",
            text(r#"{"access_token":"first","expires_in":1,"access_token":"TOKEN","expires_in":3600}"#),
            LIVES,
        ),
    ]
}

pub(super) fn granted_scopes() -> Vec<Row> {
    const ASKED: &[&str] = &["a:x", "b:y"];
    let scope = |value: Value| with(&json!({ "scope": value }));
    let rows = |name, value: Value, holds| recovers(name, scope(value), holds).scopes(ASKED);
    let at_jwt = json!({ "alg": "RS256", "typ": "at+jwt" });
    let plain = json!({ "alg": "HS256", "typ": "JWT" });
    vec![
        rows("equal", json!("a:x b:y"), "self.scope_source == \"response\" && !self.scope_drift_detected"),
        rows("reordered", json!("b:y a:x"), "!self.scope_drift_detected"),
        rows("duplicates", json!("b:y a:x b:y"), "!self.scope_drift_detected"),
        rows("odd white space", json!("  b:y\t a:x\n"), "!self.scope_drift_detected"),
        rows("narrowed", json!("a:x"), "self.scope_drift_detected && self.missing_scopes == toset([\"b:y\"])"),
        rows(
            "wider than asked",
            json!("a:x b:y c:z"),
            "self.scope_drift_detected && self.extra_scopes == toset([\"c:z\"])",
        ),
        rows("another altogether", json!("c:z"), "length(self.missing_scopes) == 2 && length(self.extra_scopes) == 1"),
        rows("empty", json!(""), "length(self.granted_scopes) == 0 && self.scope_drift_detected"),
        rows("a list", json!(["a:x", "b:y"]), "!self.scope_drift_detected"),
        rows("absent: as requested", Value::Null, "self.scope_source == \"requested\" && !self.scope_drift_detected"),
        rows(
            "a number",
            json!(7),
            "self.granted_scopes == toset([\"a:x\", \"b:y\"]) || self.scope_source == \"unknown\"",
        ),
        recovers(
            "absent, none asked for",
            scope(Value::Null),
            "self.scope_source == \"unknown\" || self.granted_scopes == toset([])",
        ),
        jwt(
            "at+jwt without scope",
            &at_jwt,
            &json!({ "iss": "https://a.example", "exp": 4_102_444_800_u64 }),
            ASKED,
            "self.scope_source == \"unknown\" && self.scope_drift_detected == null",
        ),
        jwt(
            "JWT with a narrower scope claim",
            &plain,
            &json!({ "scope": "a:x" }),
            ASKED,
            "self.scope_source == \"claims\" && self.missing_scopes == toset([\"b:y\"])",
        ),
        jwt(
            "JWT, aud as text",
            &plain,
            &json!({ "aud": "api", "scope": "a:x b:y" }),
            ASKED,
            "!self.scope_drift_detected",
        ),
        jwt(
            "JWT, aud as list, no sub",
            &plain,
            &json!({ "aud": ["api", "a:x"], "scope": "a:x b:y" }),
            ASKED,
            "!self.scope_drift_detected",
        ),
        jwt(
            "JWT with claims of wrong types",
            &plain,
            &json!({ "iss": 7, "exp": "never", "scope": { "a": 1 }, "tenantId": [] }),
            ASKED,
            "self.issuer == null && self.tenant_id == null",
        ),
        jwt("JWT whose exp is absurd", &plain, &json!({ "exp": 1.0e300, "iat": -1.0e300 }), &[], LIVES),
        jwt(
            "JWT that ended decades ago, by a server's clock",
            &plain,
            &json!({ "exp": 784_111_777, "iat": 784_108_177, "scope": "a:x b:y" }),
            ASKED,
            LIVES,
        ),
        jwt(
            "JWT of the far future",
            &plain,
            &json!({ "exp": 250_000_000_000_u64, "iat": 249_999_996_400_u64, "nbf": 249_999_996_400_u64 }),
            &[],
            LIVES,
        ),
        recovers(
            "three parts that are no JWT",
            with(&json!({ "access_token": format!("{TOKEN}.{TOKEN}.{TOKEN}") })),
            "self.claims_json == null",
        ),
    ]
}
