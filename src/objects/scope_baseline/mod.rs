//! `resource "cxone_scope_baseline"`: a declaration that Terraform verifies, and whose drift a plan shows.
//!
//! The state holds the declaration and what was found when CXone was asked for it. A read asks again and records what is
//! found in the computed attributes, which `plan -refresh-only` shows. A plan over anything but agreement is an update:
//! `-detailed-exitcode` gives 2, and the apply verifies again.
//!
//! The event that a baseline exists for must not get the state stuck, so a read fails neither when CXone refuses the
//! recorded scopes nor when the grant cannot be read: editing, removing and destroying all begin with a read.

mod state;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use crate::objects::scope_baseline::state::{Agreement, BaselineState, Found, InvalidDeclaration, same_declaration};
use crate::objects::token::{attributes, output};
use crate::scopes;
use crate::scopes::{DriftReport, granted_to};
use crate::session::{Failure, Overrides, Ready, Session, Stage, argument_names};
use crate::settings::source::Source;
use crate::text::quoted;
use oauth::ScopeSet;
use plugin::schema::{Attribute, AttributeConstraint, AttributeType, Block, Description, Schema};
use plugin::value::{Value, ValueEmpty};
use plugin::{AttributePath, Diagnostic, Diagnostics, Resource};

/// A baseline of scopes.
pub struct ScopeBaseline {
    session: Arc<Session>,
}

impl ScopeBaseline {
    /// A resource that asks `session` what CXone grants.
    pub fn new(session: Arc<Session>) -> Self {
        Self { session }
    }

    /// What the state becomes when CXone is asked; `None` when that leaves it as it is, and `diags` says why.
    async fn refresh(&self, diags: &mut Diagnostics, state: &BaselineState) -> Option<BaselineState> {
        if let Stage::Unknown(arguments) = self.session.stage() {
            let arguments = argument_names(&arguments);
            if state.is_imported() {
                diags.add_error(not_imported_unconfigured(&arguments));
            } else {
                diags.add_warning(not_verified_unconfigured(&arguments));
            }
            return None;
        }
        match self.reread(diags, state).await {
            Ok(state) => Some(state),
            Err(diagnostic) => {
                diags.add_error(diagnostic);
                None
            }
        }
    }

    async fn reread(&self, diags: &mut Diagnostics, state: &BaselineState) -> Result<BaselineState, Diagnostic> {
        let ready = self.session.ready()?;
        let declared = state.declaration().map_err(|error| invalid(&error))?;
        let (found, refusal) = ask(&ready, declared.clone()).await?;
        let Some(declared) = declared else { return adopted(&ready, state, found, refusal) };
        let warning = match &found {
            // The plan that follows knows the configuration, and warns of a difference from that.
            Found::Granted { .. } => None,
            Found::Refused => Some(recorded_scopes_refused(&declared, &ready, refusal.as_ref())),
            Found::Unknown => Some(recorded_scopes_unknown(&declared)),
        };
        if let Some(warning) = warning
            && ready.is_news(&declared, None)
        {
            diags.add_warning(warning);
        }
        Ok(state.with(found, ready.now()))
    }

    /// `state` with what CXone answers to its declaration, and what is wrong with that where the two do not agree.
    ///
    /// # Errors
    ///
    /// Nothing was found: the exchange failed for another reason than the scopes.
    async fn verify(&self, state: BaselineState) -> Result<(BaselineState, Option<Diagnostic>), Diagnostic> {
        let declared = state.declaration().map_err(|error| invalid(&error))?.unwrap_or_default();
        let ready = self.session.ready()?;
        let (found, refusal) = ask(&ready, Some(declared)).await?;
        let state = state.with(found, ready.now());
        let mismatch = match state.agreement() {
            Agreement::InSync => None,
            Agreement::Drifted(drift, read_from) => {
                Some(not_granted(&DriftReport { drift: &drift, read_from, holder: ready.holder(), declared: &HERE }))
            }
            Agreement::Refused => refusal.map(|failure| failure.diagnostic),
            Agreement::Unknown => Some(unknowable()),
        };
        Ok((state, mismatch))
    }

    /// Warns of what the plan of an update is about, unless this process has warned of the same.
    fn explain_update(&self, diags: &mut Diagnostics, prior: &BaselineState, proposed: &BaselineState) {
        let Ok(ready) = self.session.ready() else { return };
        let Ok(Some(recorded)) = prior.declaration() else { return };
        let is_same = same_declaration(&prior.scopes, &proposed.scopes);
        match prior.agreement() {
            Agreement::Drifted(drift, read_from) if is_same && ready.is_news(&recorded, prior.granted().as_ref()) => {
                let report = DriftReport { drift: &drift, read_from, holder: ready.holder(), declared: &HERE };
                diags.add_warning(drifted(&report));
            }
            Agreement::Refused if is_same && ready.is_news(&recorded, None) => {
                diags.add_warning(recorded_scopes_refused(&recorded, &ready, None));
            }
            Agreement::Unknown if is_same && ready.is_news(&recorded, None) => {
                diags.add_warning(recorded_scopes_unknown(&recorded));
            }
            // What was recorded is an answer to another question; but the reader of a refusal has to know that the
            // refused declaration is on its way out.
            Agreement::Refused if !is_same => {
                if let Ok(Some(declared)) = proposed.declaration() {
                    diags.add_warning(now_declared(&recorded, &declared));
                }
            }
            _ => {}
        }
    }
}

#[async_trait]
impl Resource for ScopeBaseline {
    type State<'a> = BaselineState;
    // The declaration is in the state, and there is nothing else to remember.
    type PrivateState<'a> = ValueEmpty;
    type ProviderMetaState<'a> = ValueEmpty;

    fn schema(&self, _diags: &mut Diagnostics) -> Option<Schema> {
        Some(schema())
    }

    async fn validate<'a>(&self, diags: &mut Diagnostics, config: BaselineState) -> Option<()> {
        checked(diags, &config)
    }

    async fn read<'a>(
        &self,
        diags: &mut Diagnostics,
        state: BaselineState,
        private: ValueEmpty,
        _meta: ValueEmpty,
    ) -> Option<(BaselineState, ValueEmpty)> {
        let next = self.refresh(diags, &state).await;
        Some((next.unwrap_or(state), private))
    }

    async fn plan_create<'a>(
        &self,
        diags: &mut Diagnostics,
        proposed: BaselineState,
        _config: BaselineState,
        _meta: ValueEmpty,
    ) -> Option<(BaselineState, ValueEmpty)> {
        checked(diags, &proposed)?;
        Some((BaselineState::to_be_verified(proposed.scopes), Value::Null))
    }

    async fn plan_update<'a>(
        &self,
        diags: &mut Diagnostics,
        prior: BaselineState,
        proposed: BaselineState,
        _config: BaselineState,
        private: ValueEmpty,
        _meta: ValueEmpty,
    ) -> Option<(BaselineState, ValueEmpty, Vec<AttributePath>)> {
        checked(diags, &proposed)?;
        self.explain_update(diags, &prior, &proposed);
        Some((prior.planned(proposed.scopes), private, Vec::new()))
    }

    async fn plan_destroy<'a>(
        &self,
        _diags: &mut Diagnostics,
        _prior: BaselineState,
        private: ValueEmpty,
        _meta: ValueEmpty,
    ) -> Option<ValueEmpty> {
        Some(private)
    }

    async fn create<'a>(
        &self,
        diags: &mut Diagnostics,
        planned: BaselineState,
        _config: BaselineState,
        private: ValueEmpty,
        _meta: ValueEmpty,
    ) -> Option<(BaselineState, ValueEmpty)> {
        match self.verify(planned).await {
            Ok((state, None)) => Some((state, private)),
            Ok((_, Some(error))) | Err(error) => {
                diags.add_error(with_consequence(error, NOTHING_RECORDED));
                None
            }
        }
    }

    /// A failed update records the new declaration with what was found: the next read then asks for that declaration, and
    /// plans show a change until CXone and the configuration agree, and none from then on.
    async fn update<'a>(
        &self,
        diags: &mut Diagnostics,
        prior: BaselineState,
        planned: BaselineState,
        _config: BaselineState,
        private: ValueEmpty,
        _meta: ValueEmpty,
    ) -> Option<(BaselineState, ValueEmpty)> {
        let next = prior.declaring(planned.scopes);
        let state = match self.verify(next.clone()).await {
            Ok((state, mismatch)) => {
                diags.errors.extend(mismatch.map(|error| with_consequence(error, FOUND_RECORDED)));
                state
            }
            Err(error) if same_declaration(&prior.scopes, &next.scopes) => {
                diags.add_error(with_consequence(error, NOTHING_CHANGED));
                prior
            }
            // What was found before was found for another declaration.
            Err(error) => {
                diags.add_error(with_consequence(error, DECLARATION_RECORDED));
                self.session.ready().map_or(prior, |ready| next.with(Found::Unknown, ready.now()))
            }
        };
        Some((state, private))
    }

    /// Forgets the baseline; CXone is not touched.
    async fn destroy<'a>(
        &self,
        _diags: &mut Diagnostics,
        _prior: BaselineState,
        _private: ValueEmpty,
        _meta: ValueEmpty,
    ) -> Option<()> {
        Some(())
    }

    /// Takes any id. The read that follows asks with the provider's scopes, and what is granted becomes the baseline.
    async fn import<'a>(&self, _diags: &mut Diagnostics, _id: String) -> Option<(BaselineState, ValueEmpty)> {
        Some((BaselineState::imported(), Value::Null))
    }
}

/// Raise it when a stored attribute changes its meaning or its type; a new attribute is null in states stored before.
const SCHEMA_VERSION: i64 = 1;

/// Asks for `scopes`, or for the provider's; a refusal of the scopes comes with what it says.
///
/// # Errors
///
/// The exchange failed for another reason.
async fn ask(ready: &Ready, scopes: Option<ScopeSet>) -> Result<(Found, Option<Failure>), Diagnostic> {
    let overrides = Overrides { scopes, ..Overrides::default() };
    match ready.token(overrides, Duration::ZERO).await {
        Ok(issued) => match issued.granted.scopes {
            Some(scopes) => Ok((Found::Granted { scopes, source: issued.granted.source }, None)),
            None => Ok((Found::Unknown, None)),
        },
        Err(failure) if failure.refused_scopes().is_some() => Ok((Found::Refused, Some(failure))),
        Err(failure) => Err(failure.diagnostic),
    }
}

/// The state of an import, whose declaration is what was found.
fn adopted(
    ready: &Ready,
    state: &BaselineState,
    found: Found,
    refusal: Option<Failure>,
) -> Result<BaselineState, Diagnostic> {
    match &found {
        Found::Granted { .. } if found.can_be_declared() => Ok(state.with(found, ready.now())),
        Found::Granted { scopes, .. } => Err(cannot_be_declared(scopes)),
        Found::Refused => {
            Err(refusal.map_or_else(not_imported_unknown, |refusal| with_consequence(refusal.diagnostic, NOT_IMPORTED)))
        }
        Found::Unknown => Err(not_imported_unknown()),
    }
}

/// Checks what a configuration declares, as far as it is known. `None` after an error.
fn checked(diags: &mut Diagnostics, config: &BaselineState) -> Option<()> {
    config.check().map_err(|error| diags.add_error(invalid(&error))).ok()
}

fn schema() -> Schema {
    let text = || AttributeType::String;
    let set = || AttributeType::Set(Box::new(text()));
    let scopes = Attribute {
        attr_type: set(),
        description: Description::markdown(
            "The scopes that CXone shall grant, no more and no fewer. Sent with the request.",
        ),
        constraint: AttributeConstraint::Required,
        sensitive: false,
        deprecated: false,
    };
    Schema {
        version: SCHEMA_VERSION,
        block: Block {
            version: SCHEMA_VERSION,
            attributes: attributes([vec![
                ("scopes".to_owned(), scopes),
                output(
                    "granted_scopes",
                    set(),
                    "Scopes that CXone granted when it was last asked. Null if unknown or refused.",
                ),
                output(
                    "missing_scopes",
                    set(),
                    "Scopes that are declared and were not granted. Null if unknown or refused.",
                ),
                output(
                    "extra_scopes",
                    set(),
                    "Scopes that were granted and are not declared. Null if unknown or refused.",
                ),
                output(
                    "scope_source",
                    text(),
                    "What the granted scopes were read from: `response`, `claims` or `requested` (a response without \
                     `scope` means \"as requested\", RFC 6749 section 5.1). `refused` if CXone answered `invalid_scope` \
                     to the recorded scopes, `unknown` if nothing says what was granted.",
                ),
                output(
                    "last_verified_at",
                    text(),
                    "When CXone was first seen to answer like this, RFC 3339 in UTC. Changes only when the rest does.",
                ),
            ]]),
            description: Description::markdown(
                "A baseline of scopes: Terraform verifies that CXone grants exactly these, and shows drift when an \
                 administrator changes the integration. It changes nothing in CXone; the state holds scope names only.",
            ),
            ..Block::default()
        },
    }
}

/// Where this resource's scopes are declared.
const HERE: Source = Source::resource("scopes");

/// What a failed verification leaves in the state. Each is true of the state that is returned beside the error.
const NOTHING_RECORDED: &str = "Nothing was recorded.";
const FOUND_RECORDED: &str = "The state records this declaration and what CXone answered to it: `terraform plan` shows a \
                              change until CXone and the declaration agree.";
const DECLARATION_RECORDED: &str = "The state records this declaration, and no grant for it: `terraform plan` shows a \
                                    change until CXone and the declaration agree.";
const NOTHING_CHANGED: &str = "The state is unchanged.";
const NOT_IMPORTED: &str = "Nothing was imported. An import asks for the scopes of the provider block.";

fn with_consequence(diagnostic: Diagnostic, consequence: &str) -> Diagnostic {
    Diagnostic { detail: format!("{}\n\n{consequence}", diagnostic.detail).into(), ..diagnostic }
}

/// A verification found a difference.
fn not_granted(report: &DriftReport<'_>) -> Diagnostic {
    about_scopes(
        "CXone does not grant this baseline",
        format!(
            "The baseline is not what is granted to {}.\n\n{}\n\nTerraform verifies a grant and cannot change it: that \
             is done in CXone. Apply again once the two agree.",
            granted_to(report.holder),
            report.paragraphs()
        ),
    )
}

/// A plan that is bound to fail as things are.
fn drifted(report: &DriftReport<'_>) -> Diagnostic {
    about_scopes(
        "CXone's grant has drifted from this baseline",
        format!(
            "The baseline is no longer what is granted to {}.\n\n{}\n\nThe planned update verifies again and changes \
             nothing in CXone: it fails until the two agree.",
            granted_to(report.holder),
            report.paragraphs()
        ),
    )
}

/// CXone answers `invalid_scope` to what the state declares; `refusal` is that response where it came in this run.
fn recorded_scopes_refused(recorded: &ScopeSet, ready: &Ready, refusal: Option<&Failure>) -> Diagnostic {
    let words = refusal.and_then(Failure::refused_scopes).unwrap_or_default();
    let mut facts = match refusal {
        Some(_) => format!(
            "CXone answered `invalid_scope` to the request of {} for these scopes: {}.",
            granted_to(ready.holder()),
            scopes::names(recorded)
        ),
        None => format!(
            "When {} last asked for these scopes, CXone answered `invalid_scope`: {}.",
            granted_to(ready.holder()),
            scopes::names(recorded)
        ),
    };
    if !words.is_empty() {
        facts.push_str(&format!(" The server says: {}.", quoted(words)));
    }
    if let Some(named) = named_by_server(words, recorded) {
        facts.push_str(&format!(" It names {}.", scopes::names(&named)));
    }
    about_scopes(
        "CXone refuses the scopes of this baseline",
        format!(
            "{facts}\n\nThis is the declaration recorded in the state; the configuration may declare other scopes by now. \
             The baseline stays in the state with its declaration. `scope_source` is `refused`, and the scopes that CXone \
             would grant are not known.\n\nThe plan shows an update until CXone and the configuration agree. Give the \
             scopes back to the integration in CXone, or change `scopes`, or remove the resource.",
        ),
    )
}

/// The scopes among `requested` that the server's words single out; `None` where they name none, or all of several.
fn named_by_server(words: &str, requested: &ScopeSet) -> Option<ScopeSet> {
    let is_separator = |character: char| character.is_whitespace() || ",;\"'`()[]<>".contains(character);
    let tokens: Vec<_> = words.split(is_separator).map(|word| word.trim_end_matches(['.', ':', '!', '?'])).collect();
    let named: ScopeSet = requested.iter().filter(|scope| tokens.contains(&scope.as_str())).cloned().collect();
    let singles_out = !named.is_empty() && (named.len() < requested.len() || requested.len() == 1);
    singles_out.then_some(named)
}

/// The configuration declares something else than what was refused.
fn now_declared(refused: &ScopeSet, declared: &ScopeSet) -> Diagnostic {
    about_scopes(
        "The refused declaration of this baseline is to be replaced",
        format!(
            "CXone refused the scopes that the state records: {}. The configuration now declares: {}.\n\nThe planned \
             update asks CXone for the new declaration, and succeeds when CXone grants exactly that.",
            scopes::names(refused),
            scopes::names(declared)
        ),
    )
}

/// A verification found nothing to compare with.
fn unknowable() -> Diagnostic {
    about_scopes(
        "What CXone grants cannot be known",
        "Neither the token response nor the token says which scopes were granted, so there is nothing to verify the \
         baseline against.\n\nA response without `scope` counts as \"as requested\" only if scopes were requested and the \
         token does not contradict it, as one of type `at+jwt` without a `scope` claim does. Declare at least one scope; \
         or have CXone's administrator check that the integration has any scopes at all; else this integration cannot \
         have a baseline."
            .to_owned(),
    )
}

/// A refresh found nothing to compare with, now or when it last asked.
fn recorded_scopes_unknown(recorded: &ScopeSet) -> Diagnostic {
    about_scopes(
        "What CXone grants cannot be known",
        format!(
            "Neither the token response nor the token says which of these scopes are granted: {}. This is the declaration \
             recorded in the state, and it stays there; `scope_source` is `unknown`, and the granted, missing and extra \
             scopes are null.\n\nThe plan shows an update until the grant can be read and agrees with the configuration.",
            scopes::names(recorded)
        ),
    )
}

/// A refresh while the provider itself waits for values.
fn not_verified_unconfigured(arguments: &str) -> Diagnostic {
    about_scopes(
        "The baseline was not verified",
        format!(
            "{arguments} of the provider block will be known only after apply, so CXone was not asked. The state keeps \
             what was last known."
        ),
    )
}

/// An import while the provider itself waits for values.
fn not_imported_unconfigured(arguments: &str) -> Diagnostic {
    about_scopes(
        "The baseline cannot be imported yet",
        format!(
            "{arguments} of the provider block will be known only after apply, so CXone could not be asked what it \
             grants, and a baseline without a declaration would be of no use. Nothing was imported.\n\nApply first what \
             the value comes from, and import then; or create the baseline instead."
        ),
    )
}

/// An import found nothing that it could adopt.
fn not_imported_unknown() -> Diagnostic {
    about_scopes(
        "The baseline cannot be imported: the granted scopes are unknown",
        "An import adopts what CXone grants to a request for the provider block's scopes, and neither the token response \
         nor the token says what that is. Nothing was imported.\n\nCreate the baseline instead: declare the scopes in the \
         resource, without importing it. A response without `scope` then counts as \"as requested\"."
            .to_owned(),
    )
}

/// `scopes` holds something that is no scope.
fn invalid(error: &InvalidDeclaration) -> Diagnostic {
    about_scopes("Invalid value for `scopes`", format!("The value of `scopes`: {error}."))
}

/// An import found scopes that no configuration could declare.
fn cannot_be_declared(granted: &ScopeSet) -> Diagnostic {
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
    use oauth::{ScopeDrift, ScopeSource};

    #[test]
    fn a_refusal_names_the_difference_and_what_to_change_in_cxone() {
        let drift = ScopeDrift::between(&ScopeSet::parse("a:read b:write"), &ScopeSet::parse("a:read"));
        let report = DriftReport {
            drift: &drift,
            read_from: ScopeSource::Response,
            holder: Holder::Client { id: Some("abc-123"), host: "api.nicecxone.com" },
            declared: &Source::resource("scopes"),
        };
        insta::assert_snapshot!(not_granted(&report).detail, @"
        The baseline is not what is granted to client abc-123 at api.nicecxone.com.

        Missing (declared, not granted): b:write.

        The grant was read from the `scope` of the token response.

        Next step: in CXone, add b:write to the integration of client abc-123, or remove it from `scopes`.

        Terraform verifies a grant and cannot change it: that is done in CXone. Apply again once the two agree.
        ");
        insta::assert_snapshot!(drifted(&report).detail, @"
        The baseline is no longer what is granted to client abc-123 at api.nicecxone.com.

        Missing (declared, not granted): b:write.

        The grant was read from the `scope` of the token response.

        Next step: in CXone, add b:write to the integration of client abc-123, or remove it from `scopes`.

        The planned update verifies again and changes nothing in CXone: it fails until the two agree.
        ");
    }

    #[test]
    fn only_scopes_that_the_server_singles_out_are_named() {
        let cases = [
            ("not granted to this client: b:write", "a:read b:write", Some("b:write")),
            ("Scope 'b:write' is unknown.", "a:read b:write", Some("b:write")),
            ("invalid: a:read b:write", "a:read b:write", None),
            ("invalid scope a:read", "a:read", Some("a:read")),
            ("the scope is invalid", "a:read b:write", None),
            ("a:reader is unknown", "a:read b:write", None),
            ("", "a:read", None),
        ];
        for (words, requested, named) in cases {
            let found = named_by_server(words, &ScopeSet::parse(requested));
            assert_eq!(found, named.map(ScopeSet::parse), "{words}");
        }
    }
}
