//! `resource "cxone_scope_baseline"`: Terraform verifies a declaration, and a plan shows its drift.
//!
//! The state holds the declaration and CXone's last response to it. A read requests a token again and updates the
//! computed attributes, which `plan -refresh-only` shows. Unless both agree, a plan is an update: `-detailed-exitcode`
//! returns 2, and the apply verifies again.
//!
//! Editing, removing and destroying all begin with a read. So a read must not fail if CXone rejects the recorded scopes
//! or if the grant is unknown, or the drift that a baseline should report would block its own repair.

mod state;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use crate::objects::scope_baseline::state::{Agreement, BaselineState, Declaration, Drift, Found, InvalidDeclaration};
use crate::objects::token::{attributes, output};
use crate::scopes;
use crate::scopes::{Case, DriftReport, granted_to};
use crate::session::{Failure, Overrides, Ready, Session, Stage, argument_names};
use crate::settings::claims::ExpectedClaims;
use crate::settings::source::Source;
use crate::text::quoted;
use oauth::ScopeSet;
use plugin::schema::{Attribute, AttributeConstraint, AttributeType, Block, Description, Schema};
use plugin::value::{Value, ValueEmpty};
use plugin::{AttributePath, Diagnostic, Diagnostics, Resource};

/// A baseline of scopes, of claims, or of both.
pub(super) struct ScopeBaseline {
    session: Arc<Session>,
}

impl ScopeBaseline {
    /// A resource that gets its tokens from `session`.
    pub(super) fn new(session: Arc<Session>) -> Self {
        Self { session }
    }

    /// The state after CXone was asked; `None` if that leaves it unchanged, and the reason is in `diags`.
    async fn refresh(&self, diags: &mut Diagnostics, state: &BaselineState) -> Option<BaselineState> {
        if let Stage::Unknown(arguments) = self.session.stage() {
            // An import without a declaration has nothing to keep, but an existing object must survive an unknown
            // provider.
            let arguments = argument_names(&arguments);
            if state.declared.is_nothing() {
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
        let declaration = match state.declared.declaration() {
            Ok(declaration) => declaration,
            // Such a state must still be readable, or the object could be neither edited nor destroyed.
            Err(error) => {
                diags.add_warning(cannot_be_asked_for(&error));
                return Ok(state.with(Found::Nothing, ready.now()));
            }
        };
        let scopes = declaration.as_ref().and_then(|declaration| declaration.scopes.clone());
        let (found, refusal) = ask(&ready, scopes).await?;
        // An import: the grant becomes the declaration.
        let Some(declaration) = declaration else { return adopted(&ready, state, found, refusal) };
        let next = state.with(found, ready.now());
        let baseline = Recorded { declaration: &declaration, ready: &ready };
        match next.agreement() {
            // The plan that follows knows the configuration, and reports any difference.
            Agreement::InSync | Agreement::Drifted(_) => {}
            Agreement::Refused => baseline.warn_once(diags, || baseline.refused(refusal.as_ref())),
            Agreement::Unknown => baseline.warn_once(diags, || baseline.unknown()),
        }
        Ok(next)
    }

    /// `state` with CXone's response to its declaration, and the error if the two disagree.
    ///
    /// # Errors
    ///
    /// The exchange failed for a reason other than the scopes.
    async fn verify(&self, state: BaselineState) -> Result<(BaselineState, Option<Diagnostic>), Diagnostic> {
        let declaration = state.declared.checked().map_err(|error| invalid(&error))?;
        let declaration = declaration.ok_or_else(|| invalid(&InvalidDeclaration::Nothing))?;
        let ready = self.session.ready()?;
        let (found, refusal) = ask(&ready, declaration.scopes.clone()).await?;
        let state = state.with(found, ready.now());
        let mismatch = match state.agreement() {
            Agreement::InSync => None,
            Agreement::Drifted(drift) => {
                let baseline = Recorded { declaration: &declaration, ready: &ready };
                Some(not_granted(&declaration, &baseline.difference(&drift)))
            }
            Agreement::Refused => refusal.map(|failure| failure.diagnostic),
            Agreement::Unknown => Some(unknowable(&declaration)),
        };
        Ok((state, mismatch))
    }

    /// Warns of the reason for a planned update, unless this process has already reported it.
    fn explain_update(&self, diags: &mut Diagnostics, prior: &BaselineState, proposed: &BaselineState) {
        let Ok(ready) = self.session.ready() else { return };
        let Ok(Some(declaration)) = prior.declared.declaration() else { return };
        let baseline = Recorded { declaration: &declaration, ready: &ready };
        // The plan of a new declaration is about that one. Its differences from the old grant would only confuse.
        let is_same = prior.declared.is_same(&proposed.declared);
        match prior.agreement() {
            Agreement::Drifted(drift) if is_same => {
                // ConfigureProvider may have warned of the same scopes, but never of claims.
                let claims = declaration.claims.clone().filter(|_| !drift.claims.is_empty());
                let declared = declaration.scopes.clone().unwrap_or_default();
                if ready.is_news(Case { declared, claims, granted: prior.granted() }) {
                    diags.add_warning(drifted(&declaration, &baseline.difference(&drift)));
                }
            }
            Agreement::Refused if is_same => baseline.warn_once(diags, || baseline.refused(None)),
            Agreement::Unknown if is_same => baseline.warn_once(diags, || baseline.unknown()),
            // The recorded response belongs to the old declaration. But a user who has seen the rejection needs to know
            // that this plan replaces the rejected declaration.
            Agreement::Refused => {
                if let Ok(Some(declared)) = proposed.declared.declaration() {
                    diags.add_warning(now_declared(&declaration, &declared));
                }
            }
            _ => {}
        }
    }
}

#[async_trait]
impl Resource for ScopeBaseline {
    type State<'a> = BaselineState;
    // The declaration is in the state, and nothing else needs to be remembered.
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
        // Again, because values can become known between validate and plan.
        checked(diags, &proposed)?;
        Some((BaselineState::to_be_verified(proposed.declared), Value::Null))
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
        Some((prior.planned(proposed.declared), private, Vec::new()))
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

    /// A failed update records the new declaration and CXone's response. The next read then requests the new
    /// declaration, and plans show a change until CXone and the configuration agree.
    async fn update<'a>(
        &self,
        diags: &mut Diagnostics,
        prior: BaselineState,
        planned: BaselineState,
        _config: BaselineState,
        private: ValueEmpty,
        _meta: ValueEmpty,
    ) -> Option<(BaselineState, ValueEmpty)> {
        // From the prior state: if the exchange fails, its last verification must remain.
        let next = prior.declaring(planned.declared);
        let state = match self.verify(next.clone()).await {
            Ok((state, mismatch)) => {
                diags.errors.extend(mismatch.map(|error| with_consequence(error, FOUND_RECORDED)));
                state
            }
            Err(error) if prior.declared.is_same(&next.declared) => {
                diags.add_error(with_consequence(error, NOTHING_CHANGED));
                prior
            }
            // The earlier response belongs to another declaration.
            Err(error) => {
                diags.add_error(with_consequence(error, DECLARATION_RECORDED));
                self.session.ready().map_or(prior, |ready| next.with(Found::Nothing, ready.now()))
            }
        };
        Some((state, private))
    }

    /// Removes the baseline from the state. Changes nothing in CXone.
    async fn destroy<'a>(
        &self,
        _diags: &mut Diagnostics,
        _prior: BaselineState,
        _private: ValueEmpty,
        _meta: ValueEmpty,
    ) -> Option<()> {
        Some(())
    }

    /// Accepts any id: the read that follows requests the provider's scopes, and the grant becomes the declaration.
    async fn import<'a>(&self, _diags: &mut Diagnostics, _id: String) -> Option<(BaselineState, ValueEmpty)> {
        Some((BaselineState::imported(), Value::Null))
    }
}

// Increase it if a stored attribute changes its meaning or type. A new attribute is null in older states.
const SCHEMA_VERSION: i64 = 1;

/// Requests `scopes`, or the provider's. A rejection of the scopes also returns the failure.
///
/// # Errors
///
/// The exchange failed for another reason.
async fn ask(ready: &Ready, scopes: Option<ScopeSet>) -> Result<(Found, Option<Failure>), Diagnostic> {
    let overrides = Overrides { scopes, ..Overrides::default() };
    // Any lifetime is enough: the token is read and discarded.
    match ready.token(overrides, Duration::ZERO).await {
        Ok(issued) => {
            let claims = issued.claims.access_token.as_ref().map(|jwt| jwt.claims.clone());
            Ok((Found::Token { granted: issued.granted.scopes, source: issued.granted.source, claims }, None))
        }
        // Drift that is worth recording, not a failed read.
        Err(failure) if failure.refused_scopes().is_some() => Ok((Found::Refused, Some(failure))),
        Err(failure) => Err(failure.diagnostic),
    }
}

/// The state of an import: the grant becomes its declaration.
fn adopted(
    ready: &Ready,
    state: &BaselineState,
    found: Found,
    refusal: Option<Failure>,
) -> Result<BaselineState, Diagnostic> {
    match &found {
        _ if found.can_be_declared() => Ok(state.with(found, ready.now())),
        Found::Token { granted: Some(scopes), .. } => Err(cannot_be_declared(scopes)),
        Found::Refused => {
            Err(refusal.map_or_else(not_imported_unknown, |refusal| with_consequence(refusal.diagnostic, NOT_IMPORTED)))
        }
        Found::Token { granted: None, .. } | Found::Nothing => Err(not_imported_unknown()),
    }
}

/// Validates the known part of a declaration. `None` after an error.
fn checked(diags: &mut Diagnostics, config: &BaselineState) -> Option<()> {
    config.declared.checked().map_err(|error| diags.add_error(invalid(&error))).ok().map(drop)
}

fn schema() -> Schema {
    let text = || AttributeType::String;
    let set = || AttributeType::Set(Box::new(text()));
    let map = || AttributeType::Map(Box::new(text()));
    let input = |name: &str, attr_type, description: &str| {
        let attribute = Attribute {
            attr_type,
            description: Description::markdown(description),
            constraint: AttributeConstraint::Optional,
            sensitive: false,
            deprecated: false,
        };
        (name.to_owned(), attribute)
    };
    Schema {
        version: SCHEMA_VERSION,
        block: Block {
            version: SCHEMA_VERSION,
            attributes: attributes([vec![
                input(
                    "scopes",
                    set(),
                    "The scopes that CXone shall grant, no more and no fewer. Sent with the request. Without them, the \
                     token is requested as the provider block says. At least one of `scopes` and `claims` is needed, and without \
                     `scopes` at least one claim.",
                ),
                input(
                    "claims",
                    map(),
                    "Claims that the token must have: a dotted path, such as `role.id`, and its value. For tenants \
                     where a role decides the permissions. Numbers, objects and arrays compare as JSON, arrays of \
                     texts in any order. `exp`, `iat`, `nbf` and `jti` differ in every token and are not accepted.",
                ),
                output(
                    "granted_scopes",
                    set(),
                    "Scopes that CXone granted at the last check. Null if unknown or refused.",
                ),
                output(
                    "missing_scopes",
                    set(),
                    "Scopes that are declared and were not granted. Null if unknown or refused, or without `scopes`.",
                ),
                output(
                    "extra_scopes",
                    set(),
                    "Scopes that were granted and are not declared. Null if unknown or refused, or without `scopes`.",
                ),
                output(
                    "changed_claims",
                    map(),
                    "The value found at each declared path where the token differs, null if the token has none. A \
                     fixed text replaces a value that looks like a secret. Null if unknown or refused, or without \
                     `claims`.",
                ),
                output(
                    "scope_source",
                    text(),
                    "Where the granted scopes come from: `response`, `claims` or `requested` (a response without \
                     `scope` means \"as requested\", RFC 6749 section 5.1). `refused` if CXone rejected the \
                     requested scopes (`invalid_scope`), `unknown` if neither the response nor the token lists the \
                     granted scopes.",
                ),
                output(
                    "last_verified_at",
                    text(),
                    "When this result was first seen, RFC 3339 in UTC. Changes only when another attribute changes.",
                ),
            ]]),
            description: Description::markdown(
                "A baseline of scopes and claims. Terraform verifies that CXone grants exactly these scopes and that \
                 the token has these claims, and shows drift after an administrator changed the integration or a \
                 role. The baseline changes nothing in CXone, and its state contains no secret.",
            ),
            ..Block::default()
        },
    }
}

/// The place of the declared scopes in this resource.
const HERE: Source = Source::resource("scopes");

// The consequence of a failed verification. Each text must be true of the state that is returned with the error.
const NOTHING_RECORDED: &str = "Nothing was recorded.";
const FOUND_RECORDED: &str = "The state records this declaration and CXone's response: `terraform plan` shows a \
                              change until CXone and the declaration agree.";
const DECLARATION_RECORDED: &str = "The state records this declaration without a grant: `terraform plan` shows a \
                                    change until CXone and the declaration agree.";
const NOTHING_CHANGED: &str = "The state is unchanged.";
const NOT_IMPORTED: &str = "Nothing was imported. An import requests the scopes of the provider block.";

fn with_consequence(diagnostic: Diagnostic, consequence: &str) -> Diagnostic {
    Diagnostic { detail: format!("{}\n\n{consequence}", diagnostic.detail).into(), ..diagnostic }
}

/// A declaration in the state, or in a planned state, and the configuration that requests it.
struct Recorded<'a> {
    declaration: &'a Declaration,
    ready: &'a Ready,
}

impl Recorded<'_> {
    /// Adds a warning, unless this process has already reported this declaration.
    fn warn_once(&self, diags: &mut Diagnostics, warning: impl FnOnce() -> Diagnostic) {
        let case = Case { declared: self.requested().clone(), claims: self.declaration.claims.clone(), granted: None };
        if self.ready.is_news(case) {
            diags.add_warning(warning());
        }
    }

    /// The scopes in the request.
    fn requested(&self) -> &ScopeSet {
        self.declaration.scopes.as_ref().unwrap_or(&self.ready.settings().scopes.value)
    }

    /// The differences, where the grant was read, and the next step.
    fn difference(&self, drift: &Drift) -> String {
        let holder = granted_to(self.ready.holder());
        let mut paragraphs = Vec::new();
        if !drift.scopes.is_empty() {
            let read_from = drift.read_from;
            let report = DriftReport { drift: &drift.scopes, read_from, holder: self.ready.holder(), declared: &HERE };
            paragraphs.push(format!("The declared scopes differ from those granted to {holder}."));
            paragraphs.push(report.paragraphs());
        }
        if !drift.claims.is_empty() {
            let lines = self.declaration.claims.as_ref().map(|expected| expected.lines(&drift.claims));
            paragraphs.push(format!(
                "The token of {holder} does not have the declared claims:\n{}",
                lines.unwrap_or_default()
            ));
            paragraphs.push(
                "Next step: in CXone, revert the change to these claims, such as the employee's role; or set \
                 `claims` to the found values."
                    .to_owned(),
            );
        }
        paragraphs.join("\n\n")
    }

    /// The diagnostic for `invalid_scope`. `refusal` is the response if it came in this run.
    fn refused(&self, refusal: Option<&Failure>) -> Diagnostic {
        let holder = granted_to(self.ready.holder());
        let (requested, words) = (self.requested(), refusal.and_then(Failure::refused_scopes).unwrap_or_default());
        let names = scopes::names(requested);
        let mut facts = match refusal {
            Some(_) => format!("CXone rejected the scopes that {holder} requested (`invalid_scope`): {names}."),
            None => format!("CXone rejected the scopes that {holder} last requested (`invalid_scope`): {names}."),
        };
        if !words.is_empty() {
            facts.push_str(&format!(" The server says: {}.", quoted(words)));
        }
        if let Some(named) = named_by_server(words, requested) {
            facts.push_str(&format!(" It names {}.", scopes::names(&named)));
        }
        let whose = match self.declaration.scopes {
            Some(_) => "These scopes are recorded in the state; the configuration may declare others by now.",
            None => "These are the scopes of the provider block; the state records a declaration of claims only.",
        };
        about(
            self.declaration,
            "CXone rejects the scopes of this baseline",
            format!(
                "{facts}\n\n{whose} The baseline stays in the state with its declaration. `scope_source` is \
                 `refused`; the scopes that CXone would grant are unknown.\n\nThe plan shows an update until CXone \
                 and the configuration agree. Add the scopes to the integration in CXone, or change `scopes`, or \
                 remove the resource.",
            ),
        )
    }

    /// The diagnostic for a grant that is unknown, now or at the last check.
    fn unknown(&self) -> Diagnostic {
        about(
            self.declaration,
            CANNOT_BE_KNOWN,
            format!(
                "{}\n\nThe declaration stays recorded in the state; `scope_source` is `unknown`, and the other \
                 computed attributes are null. The plan shows an update until the grant can be read and agrees with \
                 the configuration.",
                unreadable(self.declaration)
            ),
        )
    }
}

/// The diagnostic for a verification that found a difference.
fn not_granted(declaration: &Declaration, difference: &str) -> Diagnostic {
    about(
        declaration,
        "CXone does not grant this baseline",
        format!(
            "{difference}\n\nTerraform verifies a grant and cannot change it. Change the integration in CXone, or \
             this baseline, and apply again."
        ),
    )
}

/// The diagnostic for a planned update that fails unless CXone changes.
fn drifted(declaration: &Declaration, difference: &str) -> Diagnostic {
    about(
        declaration,
        "CXone's grant has drifted from this baseline",
        format!(
            "{difference}\n\nThe planned update verifies the grant again and changes nothing in CXone. The update \
             fails until CXone and the baseline agree."
        ),
    )
}

/// The scopes that the server's words single out; `None` if they name no scope, or all of several.
fn named_by_server(words: &str, requested: &ScopeSet) -> Option<ScopeSet> {
    let is_separator = |character: char| character.is_whitespace() || ",;\"'`()[]<>".contains(character);
    // Whole words, because one scope can be the beginning of another.
    let tokens: Vec<_> = words.split(is_separator).map(|word| word.trim_end_matches(['.', ':', '!', '?'])).collect();
    // A text that repeats the whole request says nothing about which scope is wrong.
    let named: ScopeSet = requested.iter().filter(|scope| tokens.contains(&scope.as_str())).cloned().collect();
    let singles_out = !named.is_empty() && (named.len() < requested.len() || requested.len() == 1);
    singles_out.then_some(named)
}

/// The diagnostic for a configuration that no longer declares the rejected scopes.
fn now_declared(refused: &Declaration, declared: &Declaration) -> Diagnostic {
    about(
        declared,
        "This plan replaces the rejected declaration of the baseline",
        format!(
            "CXone rejected the recorded declaration: {}. The configuration now declares: {}.\n\nThe planned update \
             requests the new declaration and succeeds if CXone grants exactly that.",
            in_words(refused),
            in_words(declared)
        ),
    )
}

/// A declaration for a sentence: its scopes, and the paths of its claims.
fn in_words(declaration: &Declaration) -> String {
    let names = declaration.scopes.as_ref().map(scopes::names);
    let paths = declaration.claims.as_ref().map(|claims| format!("the claims {}", claims.paths()));
    [names, paths].into_iter().flatten().collect::<Vec<_>>().join("; ")
}

/// The part that is unknown, for a sentence.
fn unreadable(declaration: &Declaration) -> String {
    let scopes = declaration.scopes.as_ref().map(scopes::names);
    let paths = declaration.claims.as_ref().map(ExpectedClaims::paths);
    match (scopes, paths) {
        (Some(scopes), None) => {
            format!("Neither the token response nor the token says whether these scopes are granted: {scopes}.")
        }
        (None, paths) => {
            format!("The token is not a readable JWT, so these claims are unknown: {}.", paths.unwrap_or_default())
        }
        (Some(scopes), Some(paths)) => format!(
            "Neither the token response nor the token says whether these scopes are granted: {scopes}; or the token \
             is not a readable JWT, so these claims are unknown: {paths}."
        ),
    }
}

/// The diagnostic for a verification without anything to compare.
fn unknowable(declaration: &Declaration) -> Diagnostic {
    let mut detail = format!("{} The baseline cannot be verified.", unreadable(declaration));
    if declaration.scopes.is_some() {
        detail.push_str(
            "\n\nA response without `scope` means \"as requested\" only if scopes were requested and the token does \
             not contradict it. A token of type `at+jwt` without a `scope` claim contradicts it. Declare at least \
             one scope, or ask CXone's administrator whether the integration has any scopes. Otherwise this \
             integration cannot have a baseline of scopes.",
        );
    }
    if declaration.claims.is_some() {
        detail.push_str("\n\nAn opaque token has no claims. Remove `claims` if this service issues opaque tokens.");
    }
    about(declaration, CANNOT_BE_KNOWN, detail)
}

/// The diagnostic for a refresh while provider arguments are unknown.
fn not_verified_unconfigured(arguments: &str) -> Diagnostic {
    about_scopes(
        "The baseline was not verified",
        format!(
            "{arguments} in the provider block will be known only after apply, so CXone was not asked. The state \
             keeps the last known values."
        ),
    )
}

/// The diagnostic for an import while provider arguments are unknown.
fn not_imported_unconfigured(arguments: &str) -> Diagnostic {
    about_scopes(
        "The baseline cannot be imported yet",
        format!(
            "{arguments} in the provider block will be known only after apply, so the granted scopes are unknown. \
             Nothing was imported.\n\nFirst apply the resource that the value comes from, then import; or create the \
             baseline instead."
        ),
    )
}

/// The diagnostic for an import with an unknown grant.
fn not_imported_unknown() -> Diagnostic {
    about_scopes(
        "The baseline cannot be imported: the granted scopes are unknown",
        "An import requests the scopes of the provider block and records the granted ones, but neither the token \
         response nor the token lists them. Nothing was imported.\n\nCreate the baseline instead: declare the scopes \
         in the resource, without importing it. A response without `scope` then means \"as requested\". A baseline \
         of claims only is always created, not imported."
            .to_owned(),
    )
}

/// The diagnostic for invalid arguments.
fn invalid(error: &InvalidDeclaration) -> Diagnostic {
    let (summary, attribute) = match error {
        InvalidDeclaration::Nothing | InvalidDeclaration::NoClaims => {
            let detail = format!("{error}.").into();
            return Diagnostic {
                summary: "The baseline declares nothing".into(),
                detail,
                attribute: AttributePath::root(),
            };
        }
        InvalidDeclaration::NullScope | InvalidDeclaration::Scope(_) => ("Invalid value for `scopes`", "scopes"),
        InvalidDeclaration::Claim(_) => ("Invalid value for `claims`", "claims"),
    };
    Diagnostic {
        summary: summary.into(),
        detail: format!("The value of `{attribute}`: {error}.").into(),
        attribute: AttributePath::new(attribute),
    }
}

/// The diagnostic for a state that no configuration could declare: it was edited, or is older than a rule.
fn cannot_be_asked_for(error: &InvalidDeclaration) -> Diagnostic {
    Diagnostic {
        summary: "The state records a declaration that cannot be verified".into(),
        detail: format!(
            "Nothing was requested for it: {error}.\n\nThe baseline stays in the state, and the plan shows an update to \
             what the configuration declares.",
        )
        .into(),
        attribute: AttributePath::root(),
    }
}

/// The diagnostic for an import of scopes that no configuration could declare.
fn cannot_be_declared(granted: &ScopeSet) -> Diagnostic {
    about_scopes(
        "The granted scopes cannot become a baseline",
        format!(
            "CXone granted a scope that RFC 6749 (section 3.3) does not allow, so no configuration can declare it: \
             {}.\n\nRename or remove the scope in CXone, and import again.",
            scopes::names(granted)
        ),
    )
}

/// A diagnostic that points at the declaration, at its scopes if it has any.
fn about(declaration: &Declaration, summary: &'static str, detail: String) -> Diagnostic {
    let attribute = if declaration.scopes.is_some() { "scopes" } else { "claims" };
    Diagnostic { summary: summary.into(), detail: detail.into(), attribute: AttributePath::new(attribute) }
}

fn about_scopes(summary: &'static str, detail: String) -> Diagnostic {
    Diagnostic { summary: summary.into(), detail: detail.into(), attribute: AttributePath::new("scopes") }
}

const CANNOT_BE_KNOWN: &str = "The grant is unknown";

#[cfg(test)]
mod tests {
    use super::*;

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
