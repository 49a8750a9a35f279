//! `provider::cxone::decode_jwt`.

use std::borrow::Cow;

use async_trait::async_trait;
use serde::Serialize;

use crate::objects::functions::{Dynamic, argument_error, object, parameter};
use crate::objects::token::rfc3339;
use oauth::jwt;
use oauth::jwt::JwtError;
use plugin::schema::{Description, FunctionSchema, Type};
use plugin::{Diagnostics, Function};

pub(super) struct DecodeJwt;

#[derive(Serialize)]
pub(super) struct Decoded {
    header: Dynamic,
    claims: Dynamic,
    issued_at: Option<String>,
    expires_at: Option<String>,
}

#[async_trait]
impl Function for DecodeJwt {
    type Input<'a> = (Cow<'a, str>,);
    type Output<'a> = Decoded;

    fn schema(&self, _diags: &mut Diagnostics) -> Option<FunctionSchema> {
        Some(FunctionSchema {
            parameters: vec![parameter(
                "token",
                Type::String,
                "A JSON Web Token: three base64url segments separated by periods.",
            )],
            variadic: None,
            return_type: object([
                ("header", Type::Any),
                ("claims", Type::Any),
                ("issued_at", Type::String),
                ("expires_at", Type::String),
            ]),
            summary: "Decode a JWT without verifying its signature".to_owned(),
            description: Description::markdown(
                "Decodes a JSON Web Token. **The signature is not verified**: anybody can write such a token, so use the \
                 result for reports and checks of your own tokens, never to decide whom to trust.\n\n\
                 Returns an object: `header` and `claims` as they are in the token, and `issued_at` and `expires_at`, the \
                 claims `iat` and `exp` as RFC 3339 in UTC, null if the token does not have them.",
            ),
            deprecated: None,
        })
    }

    async fn call<'a>(&self, diags: &mut Diagnostics, (token,): Self::Input<'a>) -> Option<Decoded> {
        match jwt::decode(&token) {
            Ok(jwt) => Some(Decoded {
                issued_at: jwt.issued_at().map(rfc3339),
                expires_at: jwt.expires_at().map(rfc3339),
                header: jwt.header.into(),
                claims: jwt.claims.into(),
            }),
            Err(error) => {
                argument_error(diags, 0, why_unreadable(&token, &error));
                None
            }
        }
    }
}

/// The reason why `token` cannot be decoded, with a hint if it is the value of an `Authorization` header.
pub(super) fn why_unreadable(token: &str, error: &JwtError) -> String {
    // `get` instead of a slice, because the text can be any UTF-8.
    let scheme = token.trim_start().get(..7).filter(|start| start.eq_ignore_ascii_case("bearer "));
    match scheme {
        Some(_) => "the value begins with `Bearer `, as an Authorization header does: pass the token alone, such as \
                    `trimprefix(value, \"Bearer \")`"
            .to_owned(),
        None => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objects::functions::tests::run;
    use plugin::AttributePath;
    use serde_json::{Value, json};
    use testkit::json_web_token as token;

    #[test]
    fn header_and_claims_come_back_as_objects() {
        let claims = json!({"scope": ["a"], "email_verified": true, "nested": {"empty": null}});
        let text = token(&json!({"alg": "RS256"}), &claims);
        let decoded = run(DecodeJwt.call(&mut Diagnostics::default(), (text.into(),))).unwrap();
        let bytes = rmp_serde::to_vec_named(&decoded).unwrap();
        type Pair = (serde_bytes::ByteBuf, Value);
        #[derive(serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Parts {
            header: Pair,
            claims: Pair,
            issued_at: Option<String>,
            expires_at: Option<String>,
        }
        let parts: Parts = rmp_serde::from_slice(&bytes).unwrap();
        assert_eq!(parts.header.1, json!({"alg": "RS256"}));
        assert_eq!(parts.claims.1, claims);
        assert_eq!((parts.issued_at, parts.expires_at), (None, None));
    }

    #[test]
    fn the_times_of_a_token_are_told_as_times() {
        let text = token(&json!({"alg": "RS256"}), &json!({"iat": 1_700_000_000, "exp": "1700003600"}));
        let decoded = run(DecodeJwt.call(&mut Diagnostics::default(), (text.into(),))).unwrap();
        assert_eq!(decoded.issued_at.as_deref(), Some("2023-11-14T22:13:20Z"));
        assert_eq!(decoded.expires_at.as_deref(), Some("2023-11-14T23:13:20Z"));
    }

    #[test]
    fn the_value_of_a_header_is_told_from_a_token() {
        for value in ["Bearer canary.a.b", " bearer canary"] {
            let mut diags = Diagnostics::default();
            assert!(run(DecodeJwt.call(&mut diags, (value.into(),))).is_none());
            assert!(diags.errors[0].summary.contains("`Bearer `") && !diags.errors[0].summary.contains("canary"));
        }
    }

    #[test]
    fn an_unreadable_token_is_an_error_of_the_argument_and_is_not_quoted() {
        let mut diags = Diagnostics::default();
        assert!(run(DecodeJwt.call(&mut diags, ("canary-opaque.token".into(),))).is_none());
        let [error] = &diags.errors[..] else { panic!("one error") };
        assert_eq!(error.attribute, AttributePath::function_argument(0));
        insta::assert_snapshot!(error.summary, @"a JWT has three segments separated by periods, and this has 2: an opaque token cannot be decoded");
    }
}
