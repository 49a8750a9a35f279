//! What the resource has to say.

use crate::objects::scope_baseline::state::InvalidDeclaration;
use crate::scopes;
use crate::scopes::{DriftReport, granted_to};
use oauth::ScopeSet;
use plugin::{AttributePath, Diagnostic};

/// When a verification takes place, for its error.
#[derive(Clone, Copy)]
pub enum Verification {
    /// Before the object exists.
    Create,
    /// The object exists.
    Update,
}

/// A verification found a difference.
pub fn refused(finding: &DriftReport<'_>, verification: Verification) -> Diagnostic {
    let consequence = match verification {
        Verification::Create => "Nothing was recorded.",
        Verification::Update => "The state keeps what it held.",
    };
    about_scopes(
        "CXone does not grant this baseline",
        format!(
            "The baseline is not what is granted to {}.\n\n{}\n\nTerraform verifies a grant and cannot change it: that \
             is done in CXone. {consequence} Apply again once the two agree.",
            granted_to(finding.holder),
            finding.paragraphs()
        ),
    )
}

/// A plan that is bound to fail as things are.
pub fn drifted(finding: &DriftReport<'_>) -> Diagnostic {
    about_scopes(
        "CXone's grant has drifted from this baseline",
        format!(
            "The baseline is no longer what is granted to {}.\n\n{}\n\nThe planned update verifies again and changes \
             nothing in CXone: it fails until the two agree.",
            granted_to(finding.holder),
            finding.paragraphs()
        ),
    )
}

/// A verification that found nothing to compare with.
pub fn unknowable() -> Diagnostic {
    about_scopes(
        "What CXone grants cannot be known",
        "Neither the token response nor the token tells which scopes were granted, so there is nothing to verify the \
         baseline against.\n\nAn answer without `scope` counts as \"as requested\" only where scopes were requested \
         and the token does not speak against it, as one of type `at+jwt` without a `scope` claim does. Declare at \
         least one scope; or have CXone's administrator check that the integration has any scopes at all; else this \
         integration cannot have a baseline."
            .to_owned(),
    )
}

/// A refresh that found nothing to compare with.
pub fn not_refreshed_unknowable() -> Diagnostic {
    about_scopes(
        "What CXone grants cannot be known",
        "Neither the token response nor the token tells which scopes are granted now. The state keeps what was last \
         known; drift would not be seen."
            .to_owned(),
    )
}

/// A refresh while the provider itself waits for values.
pub fn not_refreshed_unconfigured(arguments: &str) -> Diagnostic {
    about_scopes(
        "The baseline was not verified",
        format!(
            "{arguments} of the provider block will be known only after apply, so CXone was not asked. The state keeps \
             what was last known."
        ),
    )
}

/// `scopes` holds something that is no scope.
pub fn invalid(error: &InvalidDeclaration) -> Diagnostic {
    about_scopes("Invalid value for `scopes`", format!("The value of `scopes`: {error}."))
}

/// An import found scopes that no configuration could declare.
pub fn cannot_be_declared(granted: &ScopeSet) -> Diagnostic {
    about_scopes(
        "What CXone grants cannot become a baseline",
        format!(
            "Among the granted scopes is one that RFC 6749 (section 3.3) does not allow, so no configuration could \
             declare it: {}.\n\nHave it renamed or taken away in CXone, and import again.",
            scopes::names(granted)
        ),
    )
}

fn about_scopes(summary: &'static str, detail: String) -> Diagnostic {
    Diagnostic { summary: summary.into(), detail: detail.into(), attribute: AttributePath::new("scopes") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scopes::Holder;
    use crate::settings::source::Source;
    use oauth::{ScopeDrift, ScopeSource};

    #[test]
    fn a_refusal_names_the_difference_and_what_to_change_in_cxone() {
        let drift = ScopeDrift::between(&ScopeSet::parse("a:read b:write"), &ScopeSet::parse("a:read"));
        let finding = DriftReport {
            drift: &drift,
            read_from: ScopeSource::Response,
            holder: Holder::Client { id: Some("abc-123"), host: "api.nicecxone.com" },
            declared: &Source::resource("scopes"),
        };
        insta::assert_snapshot!(refused(&finding, Verification::Create).detail, @"
        The baseline is not what is granted to client abc-123 at api.nicecxone.com.

        Missing (declared, not granted): b:write.

        The grant was read from the `scope` of the token response.

        Next step: in CXone, add b:write to the integration of client abc-123, or remove it from `scopes`.

        Terraform verifies a grant and cannot change it: that is done in CXone. Nothing was recorded. Apply again once the two agree.
        ");
        insta::assert_snapshot!(drifted(&finding).detail, @"
        The baseline is no longer what is granted to client abc-123 at api.nicecxone.com.

        Missing (declared, not granted): b:write.

        The grant was read from the `scope` of the token response.

        Next step: in CXone, add b:write to the integration of client abc-123, or remove it from `scopes`.

        The planned update verifies again and changes nothing in CXone: it fails until the two agree.
        ");
    }
}
