//! `provider::cxone::decode_jwt`.

use std::borrow::Cow;

use async_trait::async_trait;
use serde::Serialize;

use crate::objects::functions::{Dynamic, argument_error, object, parameter};
use oauth::jwt;
use plugin::schema::{Description, FunctionSchema, Type};
use plugin::{Diagnostics, Function};

/// Decodes a JWT without verifying its signature.
pub struct DecodeJwt;

/// The result of [`DecodeJwt`].
#[derive(Serialize)]
pub struct Decoded {
    header: Dynamic,
    claims: Dynamic,
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
            return_type: object([("header", Type::Any), ("claims", Type::Any)]),
            summary: "Decode a JWT without verifying its signature".to_owned(),
            description: Description::markdown(
                "Decodes the header and the claims of a JSON Web Token. **The signature is not verified**: anybody \
                 can write such a token, so use the claims for reports and checks of your own tokens, never to \
                 decide whom to trust.",
            ),
            deprecated: None,
        })
    }

    async fn call<'a>(&self, diags: &mut Diagnostics, (token,): Self::Input<'a>) -> Option<Decoded> {
        match jwt::decode(&token) {
            Ok(jwt) => Some(Decoded { header: jwt.header.into(), claims: jwt.claims.into() }),
            Err(error) => {
                argument_error(diags, 0, error.to_string());
                None
            }
        }
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
        let mut parts: std::collections::BTreeMap<String, Pair> = rmp_serde::from_slice(&bytes).unwrap();
        assert_eq!(parts.remove("header").unwrap().1, json!({"alg": "RS256"}));
        assert_eq!(parts.remove("claims").unwrap().1, claims);
        assert!(parts.is_empty());
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
