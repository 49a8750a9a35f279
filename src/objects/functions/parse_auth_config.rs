//! `provider::cxone::parse_auth_config`.

use std::borrow::Cow;

use async_trait::async_trait;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::objects::functions::{argument_error, object, parameter, set_of_strings};
use crate::settings::auth_file::AuthConfig;
use oauth::Secret;
use plugin::schema::{Description, FunctionSchema, Type};
use plugin::{Diagnostics, Function};

pub(super) struct ParseAuthConfig;

pub(super) struct Parsed(AuthConfig);

impl Serialize for Parsed {
    /// Includes the client secret: reading it is the purpose of the function.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let AuthConfig { grant_type, endpoint, client_id, client_secret, scopes, scope_key: _ } = &self.0;
        let mut members = serializer.serialize_map(Some(5))?;
        members.serialize_entry("type", grant_type)?;
        members.serialize_entry("endpoint", endpoint)?;
        members.serialize_entry("client_id", client_id)?;
        members.serialize_entry("client_secret", &client_secret.as_ref().map(Secret::expose))?;
        members.serialize_entry("scopes", &scopes.as_ref().map(|scopes| scopes.iter().collect::<Vec<_>>()))?;
        members.end()
    }
}

#[async_trait]
impl Function for ParseAuthConfig {
    type Input<'a> = (Cow<'a, str>,);
    type Output<'a> = Parsed;

    fn schema(&self, _diags: &mut Diagnostics) -> Option<FunctionSchema> {
        Some(FunctionSchema {
            parameters: vec![parameter(
                "yaml",
                Type::String,
                "YAML with the key `auth`, such as `file(\"auth.yaml\")`. At most 64 KiB, without aliases.",
            )],
            variadic: None,
            return_type: object([
                ("type", Type::String),
                ("endpoint", Type::String),
                ("client_id", Type::String),
                ("client_secret", Type::String),
                ("scopes", set_of_strings()),
            ]),
            summary: "Read credentials from an `auth:` YAML document".to_owned(),
            description: Description::markdown(
                "Reads `type`, `endpoint`, `client_id`, `client_secret` and `scope` (or `scopes`; text or a list) from \
                 under `auth:`, or from beside it where the keys lost their indentation. A key near a known one, such as \
                 `client-secret`, is an error; other keys are ignored. Functions cannot mark a result as sensitive: wrap \
                 the argument in `sensitive(...)`, and the whole result is.\n\n\
                 Returns an object: the texts `type`, `endpoint`, `client_id` and `client_secret`, and the set `scopes`. \
                 Absent keys are null.\n\n\
                 To configure this provider itself, set its `auth_file` to the path of the YAML: that works in every \
                 core. Under OpenTofu a function of a provider cannot configure that very provider: the core reports a \
                 cycle.",
            ),
            deprecated: None,
        })
    }

    async fn call<'a>(&self, diags: &mut Diagnostics, (yaml,): Self::Input<'a>) -> Option<Parsed> {
        match AuthConfig::try_from_yaml(&yaml) {
            Ok(config) => Some(Parsed(config)),
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

    fn parse(yaml: &str) -> Value {
        let parsed = run(ParseAuthConfig.call(&mut Diagnostics::default(), (yaml.into(),))).unwrap();
        rmp_serde::from_slice(&rmp_serde::to_vec_named(&parsed).unwrap()).unwrap()
    }

    #[test]
    fn every_attribute_is_always_there() {
        let full = "auth:\ntype: client_credentials\nendpoint: https://a.example/t\nclient_id: abc-123\n\
                    client_secret: canary-client-secret\nscope: b a\n";
        let expected = json!({
            "type": "client_credentials", "endpoint": "https://a.example/t", "client_id": "abc-123",
            "client_secret": "canary-client-secret", "scopes": ["a", "b"],
        });
        assert_eq!(parse(full), expected);
        let nothing = json!({"type": null, "endpoint": null, "client_id": null, "client_secret": null, "scopes": null});
        assert_eq!(parse("auth: {}"), nothing);
    }

    #[test]
    fn a_fault_is_an_error_of_the_argument() {
        let mut diags = Diagnostics::default();
        assert!(run(ParseAuthConfig.call(&mut diags, ("auth: [canary]".into(),))).is_none());
        let [error] = &diags.errors[..] else { panic!("one error") };
        assert_eq!(error.attribute, AttributePath::function_argument(0));
        insta::assert_snapshot!(error.summary, @"`auth` in line 1 is not a mapping: expected keys such as `client_id` under it");
    }
}
