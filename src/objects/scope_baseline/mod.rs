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
    /// A resource that asks `session` what CXone grants.
    pub(super) fn new(session: Arc<Session>) -> Self {
        Self { session }
    }

    /// What the state becomes when CXone is asked; `None` when that leaves it as it is, and `diags` says why.
    async fn refresh(&self, diags: &mut Diagnostics, state: &BaselineState) -> Option<BaselineState> {
        if let Stage::Unknown(arguments) = self.session.stage() {
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
            // Nobody can ask for it, and nothing is to be stuck for that.
            Err(error) => {
                diags.add_warning(cannot_be_asked_for(&error));
                return Ok(state.with(Found::Nothing, ready.now()));
            }
        };
        let scopes = declaration.as_ref().and_then(|declaration| declaration.scopes.clone());
        let (found, refusal) = ask(&ready, scopes).await?;
        let Some(declaration) = declaration else { return adopted(&ready, state, found, refusal) };
        let next = state.with(found, ready.now());
        let baseline = Recorded { declaration: &declaration, ready: &ready };
        match next.agreement() {
            // The plan that follows knows the configuration, and warns of a difference from that.
            Agreement::InSync | Agreement::Drifted(_) => {}
            Agreement::Refused => baseline.warn_once(diags, || baseline.refused(refusal.as_ref())),
            Agreement::Unknown => baseline.warn_once(diags, || baseline.unknown()),
        }
        Ok(next)
    }

    /// `state` with what CXone answers to its declaration, and what is wrong with that where the two do not agree.
    ///
    /// # Errors
    ///
    /// Nothing was found: the exchange failed for another reason than the scopes.
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

    /// Warns of what the plan of an update is about, unless this process has warned of the same.
    fn explain_update(&self, diags: &mut Diagnostics, prior: &BaselineState, proposed: &BaselineState) {
        let Ok(ready) = self.session.ready() else { return };
        let Ok(Some(declaration)) = prior.declared.declaration() else { return };
        let baseline = Recorded { declaration: &declaration, ready: &ready };
        let is_same = prior.declared.is_same(&proposed.declared);
        match prior.agreement() {
            Agreement::Drifted(drift) if is_same => {
                // Configure warns of scopes alone, and so of the same only where no claim has changed.
                let claims = declaration.claims.clone().filter(|_| !drift.claims.is_empty());
                let declared = declaration.scopes.clone().unwrap_or_default();
                if ready.is_news(Case { declared, claims, granted: prior.granted() }) {
                    diags.add_warning(drifted(&declaration, &baseline.difference(&drift)));
                }
            }
            Agreement::Refused if is_same => baseline.warn_once(diags, || baseline.refused(None)),
            Agreement::Unknown if is_same => baseline.warn_once(diags, || baseline.unknown()),
            // What was recorded was found for another declaration; but the reader of a refusal has to know that the
            // refused declaration is on its way out.
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
            // What was found before was found for another declaration.
            Err(error) => {
                diags.add_error(with_consequence(error, DECLARATION_RECORDED));
                self.session.ready().map_or(prior, |ready| next.with(Found::Nothing, ready.now()))
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
        Ok(issued) => {
            let claims = issued.claims.access_token.map(|jwt| jwt.claims);
            Ok((Found::Token { granted: issued.granted.scopes, source: issued.granted.source, claims }, None))
        }
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
        _ if found.can_be_declared() => Ok(state.with(found, ready.now())),
        Found::Token { granted: Some(scopes), .. } => Err(cannot_be_declared(scopes)),
        Found::Refused => {
            Err(refusal.map_or_else(not_imported_unknown, |refusal| with_consequence(refusal.diagnostic, NOT_IMPORTED)))
        }
        Found::Token { granted: None, .. } | Found::Nothing => Err(not_imported_unknown()),
    }
}

/// Checks what a configuration declares, as far as it is known. `None` after an error.
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

/// Where this resource's scopes are declared.
const HERE: Source = Source::resource("scopes");

/// What a failed verification leaves in the state. Each is true of the state that is returned beside the error.
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

/// A declaration that the state records, or shall record, and who asks CXone for it.
struct Recorded<'a> {
    declaration: &'a Declaration,
    ready: &'a Ready,
}

impl Recorded<'_> {
    /// Warns, unless this process has warned of the same already.
    fn warn_once(&self, diags: &mut Diagnostics, warning: impl FnOnce() -> Diagnostic) {
        let case = Case { declared: self.requested().clone(), claims: self.declaration.claims.clone(), granted: None };
        if self.ready.is_news(case) {
            diags.add_warning(warning());
        }
    }

    /// The scopes that the request names.
    fn requested(&self) -> &ScopeSet {
        self.declaration.scopes.as_ref().unwrap_or(&self.ready.settings().scopes.value)
    }

    /// What differs, where that was read, and the next step.
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

    /// CXone answers `invalid_scope`; `refusal` is that response where it came in this run.
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

    /// Nothing says what is declared, now or when CXone was last asked.
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

/// A verification found a difference.
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

/// A plan that is bound to fail as things are.
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

/// The scopes among `requested` that the server's words single out; `None` where they name none, or all of several.
fn named_by_server(words: &str, requested: &ScopeSet) -> Option<ScopeSet> {
    let is_separator = |character: char| character.is_whitespace() || ",;\"'`()[]<>".contains(character);
    let tokens: Vec<_> = words.split(is_separator).map(|word| word.trim_end_matches(['.', ':', '!', '?'])).collect();
    let named: ScopeSet = requested.iter().filter(|scope| tokens.contains(&scope.as_str())).cloned().collect();
    let singles_out = !named.is_empty() && (named.len() < requested.len() || requested.len() == 1);
    singles_out.then_some(named)
}

/// The configuration declares something else than what was refused.
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

/// What could not be read, for a sentence.
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

/// A verification found nothing to compare with.
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

/// A refresh while the provider itself waits for values.
fn not_verified_unconfigured(arguments: &str) -> Diagnostic {
    about_scopes(
        "The baseline was not verified",
        format!(
            "{arguments} in the provider block will be known only after apply, so CXone was not asked. The state \
             keeps the last known values."
        ),
    )
}

/// An import while the provider itself waits for values.
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

/// An import found nothing that it could adopt.
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

/// The arguments are no declaration.
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

/// The state holds what no configuration can declare: it was edited, or written before a rule was known.
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

/// An import found scopes that no configuration could declare.
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

/// Points at what is declared, scopes first.
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
