//! `provider::cxone::scope_diff`.

use async_trait::async_trait;
use serde::Serialize;

use crate::objects::functions::{argument_error, object, parameter, set_of_strings};
use oauth::{ScopeDrift, ScopeSet};
use plugin::schema::{Description, FunctionSchema, Type};
use plugin::{Diagnostics, Function};

pub(super) struct ScopeDiff;

#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Difference {
    missing: Vec<String>,
    extra: Vec<String>,
    in_sync: bool,
}

#[async_trait]
impl Function for ScopeDiff {
    type Input<'a> = (Vec<Option<String>>, Vec<Option<String>>);
    type Output<'a> = Difference;

    fn schema(&self, _diags: &mut Diagnostics) -> Option<FunctionSchema> {
        Some(FunctionSchema {
            parameters: vec![
                parameter("declared", set_of_strings(), "The expected scopes."),
                parameter("granted", set_of_strings(), "The scopes of a token, such as `granted_scopes`."),
            ],
            variadic: None,
            return_type: object([("missing", set_of_strings()), ("extra", set_of_strings()), ("in_sync", Type::Bool)]),
            summary: "Compare declared with granted scopes".to_owned(),
            description: Description::markdown(
                "Compares two sets of scopes. Case matters; order does not.\n\n\
                 Returns an object: `missing`, the set of scopes that are declared but not granted, `extra`, the set of \
                 scopes that are granted but not declared, and `in_sync`, true if both are empty.",
            ),
            deprecated: None,
        })
    }

    async fn call<'a>(&self, diags: &mut Diagnostics, (declared, granted): Self::Input<'a>) -> Option<Difference> {
        let declared = scopes(diags, 0, declared);
        let granted = scopes(diags, 1, granted);
        // Both arguments are checked first, so that one run reports both errors.
        let drift = ScopeDrift::between(&declared?, &granted?);
        let in_sync = drift.is_empty();
        let names = |scopes: ScopeSet| scopes.iter().cloned().collect();
        Some(Difference { missing: names(drift.missing), extra: names(drift.extra), in_sync })
    }
}

fn scopes(diags: &mut Diagnostics, argument: i64, items: Vec<Option<String>>) -> Option<ScopeSet> {
    let scopes: Option<ScopeSet> = items.into_iter().collect();
    if scopes.is_none() {
        argument_error(diags, argument, "a set of scopes must not contain null");
    }
    scopes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objects::functions::tests::run;
    use plugin::AttributePath;

    fn set(text: &str) -> Vec<Option<String>> {
        ScopeSet::split(text).map(|scope| Some(scope.to_owned())).collect()
    }

    #[test]
    fn both_directions_are_told() {
        let cases = [
            ("equal", "a b", "b a", "", "", true),
            ("narrower", "a b", "a", "b", "", false),
            ("wider", "a", "b a", "", "b", false),
            ("empty", "", "", "", "", true),
        ];
        for (name, declared, granted, missing, extra, in_sync) in cases {
            let texts = |text: &str| ScopeSet::split(text).map(str::to_owned).collect();
            let difference = run(ScopeDiff.call(&mut Diagnostics::default(), (set(declared), set(granted))));
            assert_eq!(
                difference,
                Some(Difference { missing: texts(missing), extra: texts(extra), in_sync }),
                "{name}"
            );
        }
    }

    #[test]
    fn null_inside_a_set_is_an_error_of_its_argument() {
        for (name, arguments, expected) in [
            ("declared", (vec![None], set("a")), vec![0]),
            ("granted", (set("a"), vec![Some("a".to_owned()), None]), vec![1]),
            ("both", (vec![None], vec![None]), vec![0, 1]),
        ] {
            let mut diags = Diagnostics::default();
            assert_eq!(run(ScopeDiff.call(&mut diags, arguments)), None, "{name}");
            let paths: Vec<_> = diags.errors.into_iter().map(|error| error.attribute).collect();
            let expected: Vec<_> = expected.into_iter().map(AttributePath::function_argument).collect();
            assert_eq!(paths, expected, "{name}");
        }
    }
}
