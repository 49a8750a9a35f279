//! Diagnostics on the wire.

use tf_provider::{AttributePath, AttributePathStep, Diagnostic, Diagnostics};

use crate::proto::tfplugin6 as wire;
use crate::proto::tfplugin6::FunctionError;
use crate::proto::tfplugin6::attribute_path::Step;
use crate::proto::tfplugin6::attribute_path::step::Selector;
use crate::proto::tfplugin6::diagnostic::Severity;

/// An error without an attribute. (`tf_provider`'s own constructors append backtraces.)
pub(crate) fn error(summary: impl Into<String>, detail: impl Into<String>) -> Diagnostic {
    Diagnostic { summary: summary.into().into(), detail: detail.into().into(), attribute: AttributePath::default() }
}

/// Returns `outcome`. Adds an error if there is neither an outcome nor an error.
pub(crate) fn require<T>(diags: &mut Diagnostics, outcome: Option<T>) -> Option<T> {
    if outcome.is_none() && diags.errors.is_empty() {
        diags.errors.push(error(
            "Provider returned no result",
            "The provider returned neither a result nor an error. This is a bug in the provider.",
        ));
    }
    outcome
}

pub(crate) fn diagnostics_to_wire(diags: Diagnostics) -> Vec<wire::Diagnostic> {
    let to_wire = |severity: Severity| {
        move |diagnostic: Diagnostic| wire::Diagnostic {
            severity: severity.into(),
            summary: diagnostic.summary.into_owned(),
            detail: diagnostic.detail.into_owned(),
            // Without a path, the core shows the whole block.
            attribute: (!diagnostic.attribute.steps.is_empty()).then(|| path_to_wire(diagnostic.attribute)),
        }
    };
    let errors = diags.errors.into_iter().map(to_wire(Severity::Error));
    errors.chain(diags.warnings.into_iter().map(to_wire(Severity::Warning))).collect()
}

/// The errors of a function call, joined to the one error that the protocol allows; `None` without errors. Names an
/// argument if all errors are about the same one. Drops warnings, because functions cannot warn.
pub(crate) fn function_error(diags: &Diagnostics) -> Option<FunctionError> {
    let argument = |diagnostic: &Diagnostic| match diagnostic.attribute.steps.first() {
        Some(AttributePathStep::Index(index)) => Some(*index),
        _ => None,
    };
    let first = diags.errors.first()?;
    // If the errors are about several arguments, the name of one would mislead.
    let same = diags.errors.iter().all(|error| argument(error) == argument(first));
    let texts: Vec<String> = diags
        .errors
        .iter()
        .map(|error| match &*error.detail {
            "" => error.summary.to_string(),
            detail => format!("{}: {detail}", error.summary),
        })
        .collect();
    Some(FunctionError { text: texts.join("\n"), function_argument: argument(first).filter(|_| same) })
}

/// A path into a configuration or a state.
pub(crate) fn path_to_wire(path: AttributePath) -> wire::AttributePath {
    let step = |step| {
        let selector = match step {
            AttributePathStep::Attribute(name) => Selector::AttributeName(name.into_owned()),
            AttributePathStep::Key(key) => Selector::ElementKeyString(key.into_owned()),
            AttributePathStep::Index(index) => Selector::ElementKeyInt(index),
        };
        Step { selector: Some(selector) }
    };
    wire::AttributePath { steps: path.steps.into_iter().map(step).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(summary: &'static str, attribute: AttributePath) -> Diagnostic {
        Diagnostic { attribute, ..error(summary, "") }
    }

    #[test]
    fn severity_text_and_path_are_carried() {
        let path = AttributePath::new("a").key("k").index(3);
        let diags = Diagnostics { errors: vec![at("bad", path)], warnings: vec![error("odd", "why")] };
        let wire = diagnostics_to_wire(diags);
        assert_eq!((wire[0].severity(), wire[1].severity()), (Severity::Error, Severity::Warning));
        assert_eq!((&*wire[1].summary, &*wire[1].detail), ("odd", "why"));
        assert!(wire[1].attribute.is_none());
        let steps: Vec<Selector> =
            wire[0].attribute.as_ref().unwrap().steps.iter().filter_map(|step| step.selector.clone()).collect();
        assert!(
            steps
                == [
                    Selector::AttributeName("a".into()),
                    Selector::ElementKeyString("k".into()),
                    Selector::ElementKeyInt(3)
                ]
        );
    }

    #[test]
    fn a_function_error_names_the_argument_that_all_errors_share() {
        let argument = AttributePath::function_argument;
        let cases = [
            (vec![], None),
            (vec![at("x", argument(2))], Some(Some(2))),
            (vec![at("x", argument(2)), at("y", argument(2))], Some(Some(2))),
            (vec![at("x", argument(2)), at("y", argument(1))], Some(None)),
            (vec![at("x", AttributePath::root())], Some(None)),
        ];
        for (errors, expected) in cases {
            let diags = Diagnostics { errors, warnings: vec![error("ignored", "")] };
            assert_eq!(function_error(&diags).map(|error| error.function_argument), expected);
        }
    }

    #[test]
    fn an_answer_that_is_missing_without_a_reason_is_an_error() {
        let mut diags = Diagnostics::default();
        assert_eq!(require(&mut diags, Some(1)), Some(1));
        assert!(diags.errors.is_empty());
        assert_eq!(require::<()>(&mut diags, None), None);
        assert_eq!(require::<()>(&mut diags, None), None);
        assert_eq!(diags.errors.len(), 1);
    }
}
