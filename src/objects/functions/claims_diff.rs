//! `provider::cxone::claims_diff`.

use std::borrow::Cow;
use std::collections::BTreeMap;

use async_trait::async_trait;
use serde::Serialize;

use crate::objects::functions::decode_jwt::why_unreadable;
use crate::objects::functions::{argument_error, object, parameter};
use crate::settings::claims::{ChangedClaims, ExpectedClaims};
use oauth::jwt;
use plugin::schema::{Description, FunctionSchema, Type};
use plugin::{Diagnostics, Function};

pub(super) struct ClaimsDiff;

#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct ClaimsDifference {
    changed: ChangedClaims,
    in_sync: bool,
}

#[async_trait]
impl Function for ClaimsDiff {
    type Input<'a> = (BTreeMap<String, Option<String>>, Cow<'a, str>);
    type Output<'a> = ClaimsDifference;

    fn schema(&self, _diags: &mut Diagnostics) -> Option<FunctionSchema> {
        let map = || Type::Map(Box::new(Type::String));
        Some(FunctionSchema {
            parameters: vec![
                parameter("declared", map(), "The expected claims: dotted path and value."),
                parameter("token", Type::String, "A JSON Web Token, such as `access_token`."),
            ],
            variadic: None,
            return_type: object([("changed", map()), ("in_sync", Type::Bool)]),
            summary: "Compare declared claims with those of a token".to_owned(),
            description: Description::markdown(
                "Compares declared claims with those of a token. **The signature is not verified.** Numbers, objects and \
                 arrays compare as JSON, arrays of texts in any order.\n\n\
                 Returns an object: `changed`, a map from each path at which the token has something else to what it has, \
                 null if it has nothing, and `in_sync`, true if nothing has changed. A value that looks like a secret is \
                 replaced by a fixed text.",
            ),
            deprecated: None,
        })
    }

    async fn call<'a>(&self, diags: &mut Diagnostics, (declared, token): Self::Input<'a>) -> Option<ClaimsDifference> {
        let entries = declared.iter().map(|(path, value)| (path.as_str(), value.as_deref()));
        // One error at a time: if there are several, Terraform no longer says which argument each is about.
        let declared =
            ExpectedClaims::try_new(entries).map_err(|error| argument_error(diags, 0, error.to_string())).ok()?;
        let jwt = jwt::decode(&token).map_err(|error| argument_error(diags, 1, why_unreadable(&token, &error))).ok()?;
        let changed = declared.changed(&jwt.claims);
        let in_sync = changed.is_empty();
        Some(ClaimsDifference { changed, in_sync })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objects::functions::tests::run;
    use plugin::AttributePath;
    use serde_json::json;
    use testkit::json_web_token as token;

    fn declared(entries: &[(&str, Option<&str>)]) -> BTreeMap<String, Option<String>> {
        entries.iter().map(|(path, value)| ((*path).to_owned(), value.map(str::to_owned))).collect()
    }

    #[test]
    fn each_changed_path_comes_with_what_was_found() {
        let token = token(&json!({"alg": "none"}), &json!({"role": {"id": "r-1", "secondaryRoles": ["b", "a"]}}));
        let same = declared(&[("role.id", Some("r-1")), ("role.secondaryRoles", Some("[\"a\",\"b\"]"))]);
        let in_sync = run(ClaimsDiff.call(&mut Diagnostics::default(), (same, token.as_str().into())));
        assert_eq!(in_sync, Some(ClaimsDifference { changed: BTreeMap::new(), in_sync: true }));
        let other = declared(&[("role.id", Some("r-2")), ("tenantId", Some("t"))]);
        let changed = run(ClaimsDiff.call(&mut Diagnostics::default(), (other, token.into()))).unwrap();
        assert_eq!(changed.changed, declared(&[("role.id", Some("r-1")), ("tenantId", None)]));
        assert!(!changed.in_sync);
    }

    #[test]
    fn a_fault_is_an_error_of_its_argument() {
        let good = token(&json!({"alg": "none"}), &json!({}));
        for (name, arguments, expected) in [
            ("null", (declared(&[("a", None)]), good.clone()), vec![0]),
            ("differs in every token", (declared(&[("exp", Some("1"))]), good), vec![0]),
            ("opaque", (declared(&[("a", Some("x"))]), "canary-opaque".to_owned()), vec![1]),
            ("both", (declared(&[("", Some("x"))]), "canary-opaque".to_owned()), vec![0]),
        ] {
            let mut diags = Diagnostics::default();
            let (declared, token) = arguments;
            assert_eq!(run(ClaimsDiff.call(&mut diags, (declared, token.into()))), None, "{name}");
            assert!(diags.errors.iter().all(|error| !error.summary.contains("canary")), "{name}: {diags:?}");
            let paths: Vec<_> = diags.errors.into_iter().map(|error| error.attribute).collect();
            let expected: Vec<_> = expected.into_iter().map(AttributePath::function_argument).collect();
            assert_eq!(paths, expected, "{name}");
        }
    }
}
