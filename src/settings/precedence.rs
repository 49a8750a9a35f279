//! The precedence of sources: block, file argument, `auth:` file, environment, file named by the environment, default.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt::Display;
use std::path::Path;

use oauth::{ScopeSet, Secret};
use plugin::{AttributePath, Diagnostic, Diagnostics};

use crate::settings::auth_file::{AuthConfigError, AuthFile, AuthFileError, CARRIED, SHAPE};
use crate::settings::claims::ExpectedClaims;
use crate::settings::clues::{NearName, Suspicion};
use crate::settings::environment::Environment;
use crate::settings::grant_type::{GrantRule, GrantType};
use crate::settings::inspect;
use crate::settings::parse::{form_fields, split_scopes};
use crate::settings::raw_config::{Known, RawConfig};
use crate::settings::secret_file::{self, UnreadableFile};
use crate::settings::source::{Origin, Source, Sourced};
use crate::settings::table::{self, Setting, SettingKind};
use crate::text::{diagnostic, listed, sentence, shown};

/// The operation, which decides the available sources.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// `validate`: only the block. Missing values may still come from the environment.
    Validate,
    /// `plan` and `apply`: all sources.
    Configure,
}

/// Looks up settings, records unknown ones, and reports every mistake as a diagnostic.
pub struct Resolver<'a> {
    raw: &'a RawConfig,
    environment: &'a Environment,
    operation: Operation,
    diags: &'a mut Diagnostics,
    auth_file: AuthLayer<'a>,
    unknown: Vec<&'static str>,
    findings: Diagnostics,
    suspicions: Vec<Suspicion>,
    /// Settings with a reported wrong value. They count neither as missing nor as set.
    refused: Vec<&'static str>,
    /// Settings with a value from any source.
    found: Vec<&'static str>,
}

/// The state of the `auth:` file.
enum AuthLayer<'a> {
    /// There is none, or it is not read in this operation.
    None,
    /// Its path is known only after apply.
    Unknown,
    /// It is not usable, which was reported.
    Unusable,
    /// Read by this resolver.
    Read(AuthFile),
    /// Read by the caller.
    Given(&'a AuthFile),
}

impl<'a> Resolver<'a> {
    /// A resolver that reports to `diags`. Reads the `auth:` file if there is one.
    pub fn new(
        raw: &'a RawConfig,
        environment: &'a Environment,
        operation: Operation,
        diags: &'a mut Diagnostics,
    ) -> Self {
        let mut resolver = Self {
            raw,
            environment,
            operation,
            diags,
            auth_file: AuthLayer::None,
            unknown: Vec::new(),
            findings: Diagnostics::default(),
            suspicions: Vec::new(),
            refused: Vec::new(),
            found: Vec::new(),
        };
        // Needs the rest of the resolver, because a faulty file is reported.
        resolver.auth_file = resolver.auth_layer();
        resolver
    }

    fn auth_layer(&mut self) -> AuthLayer<'a> {
        if let Some(auth_file) = self.raw.auth_file() {
            return AuthLayer::Given(auth_file);
        }
        let path = match self.in_block(&table::AUTH_FILE) {
            Known::Unknown => return AuthLayer::Unknown,
            Known::Set(value) => Some(Sourced { value, source: self.raw.source(table::AUTH_FILE.attribute) }),
            Known::Unset => self.in_environment(&table::AUTH_FILE),
        };
        // `validate` reads no files, so that it works where they do not exist.
        let Some(path) = path.filter(|_| self.operation == Operation::Configure) else {
            return match self.is_settled(&table::AUTH_FILE) {
                true => AuthLayer::None,
                false => AuthLayer::Unusable,
            };
        };
        let file = path.source.in_file(path.value);
        match AuthFile::read(file.value_file().unwrap_or(Path::new(""))) {
            Ok(read) => AuthLayer::Read(read),
            Err(AuthFileError::Unreadable(why)) => {
                self.unreadable(&table::AUTH_FILE, &file, &why);
                AuthLayer::Unusable
            }
            Err(AuthFileError::Unusable(why)) => {
                self.unusable(&file, &why);
                AuthLayer::Unusable
            }
        }
    }

    /// Whether the `auth:` file contains credentials or a grant type, if known.
    pub fn has_credentials_in_auth_file(&self) -> bool {
        match &self.auth_file {
            AuthLayer::None => false,
            // The file may contain credentials, and no other source may replace them.
            AuthLayer::Unknown | AuthLayer::Unusable => true,
            AuthLayer::Read(file) => file.has_credentials(),
            AuthLayer::Given(file) => file.has_credentials(),
        }
    }

    /// The unknown arguments in the order of their look-ups, the findings about values, and the suspicions.
    pub fn into_parts(self) -> (Vec<&'static str>, Diagnostics, Vec<Suspicion>) {
        (self.unknown, self.findings, self.suspicions)
    }

    /// Whether the block itself sets `setting`, even to an unknown value.
    pub fn is_in_block(&self, setting: &Setting) -> bool {
        match setting.kind {
            SettingKind::Set => self.raw.elements(setting.attribute) != Known::Unset,
            SettingKind::Map => match self.raw.entries(setting.attribute) {
                Known::Unset => false,
                Known::Unknown => true,
                Known::Set(entries) => !entries.is_empty(),
            },
            SettingKind::Bool | SettingKind::Number | SettingKind::Text => self.in_block(setting) != Known::Unset,
        }
    }

    /// Whether `setting` is neither unknown nor wrong.
    pub fn is_settled(&self, setting: &Setting) -> bool {
        !self.unknown.contains(&setting.attribute) && !self.refused.contains(&setting.attribute)
    }

    /// A text setting without interpretation.
    pub fn text(&mut self, setting: &'static Setting) -> Option<Sourced<String>> {
        let text = match self.in_block(setting) {
            Known::Set(value) => Sourced { value, source: self.raw.source(setting.attribute) },
            // No fallback to another source: the plan would use other credentials than the apply.
            Known::Unknown => return self.note_unknown(setting),
            Known::Unset => match self.in_auth_file(setting)? {
                Some(text) => text,
                None => self.in_environment(setting)?,
            },
        };
        self.passes_inspection(setting, &text.value, &text.source).then(|| {
            self.found.push(setting.attribute);
            text
        })
    }

    /// A setting parsed by `parse`, whose error is reported.
    pub fn parsed<T, E: Display>(
        &mut self,
        setting: &'static Setting,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<Sourced<T>> {
        let text = self.text(setting)?;
        match parse(&text.value) {
            Ok(value) => Some(Sourced { value, source: text.source }),
            Err(error) => {
                self.invalid(setting, &text.source, error);
                None
            }
        }
    }

    /// A secret: block, file in the block, `auth:` file, environment, file in the environment.
    pub fn secret(&mut self, setting: &'static Setting) -> Option<Sourced<Secret>> {
        let secret = match self.secret_in_block(setting)? {
            Some(secret) => secret,
            None => match self.in_auth_file(setting)? {
                Some(text) => Sourced { value: Secret::new(text.value), source: text.source },
                None => self.secret_in_environment(setting)?,
            },
        };
        self.passes_inspection(setting, secret.value.expose(), &secret.source).then(|| {
            self.found.push(setting.attribute);
            secret
        })
    }

    /// `None` if the block sets the secret, but it is unknown or wrong.
    fn secret_in_block(&mut self, setting: &'static Setting) -> Option<Option<Sourced<Secret>>> {
        let inline = match self.raw.text(setting.attribute) {
            Known::Unknown => return self.note_unknown(setting),
            Known::Set(text) => Some(Sourced { value: Secret::new(text), source: self.raw.source(setting.attribute) }),
            Known::Unset => None,
        };
        let path = match setting.file.map(|file| (file, self.raw.text(file.attribute))) {
            Some((file, Known::Unknown)) => return self.note_unknown(file),
            Some((file, Known::Set(path))) => Some(self.raw.source(file.attribute).in_file(path)),
            _ => None,
        };
        if inline.is_none() && path.is_none() {
            return Some(None);
        }
        self.agreed(setting, inline, path).map(Some)
    }

    fn secret_in_environment(&mut self, setting: &'static Setting) -> Option<Sourced<Secret>> {
        let inline =
            self.in_environment(setting).map(|text| Sourced { value: Secret::new(text.value), source: text.source });
        let path = setting.file.and_then(|file| {
            let path = self.in_environment(file)?;
            Some(path.source.in_file(path.value))
        });
        self.agreed(setting, inline, path)
    }

    /// A set of scopes, in the environment separated by spaces or commas. Empty if unset.
    pub fn scopes(&mut self, setting: &'static Setting) -> Sourced<ScopeSet> {
        // To ignore it would change the request. Without any scope, a server may grant its default (RFC 6749 section
        // 3.3).
        if self.raw.holds_null(setting.attribute) {
            let source = self.raw.source(setting.attribute);
            self.invalid(setting, &source, "a scope must not be null");
            return Sourced { value: ScopeSet::default(), source };
        }
        let (tokens, source) = match self.raw.elements(setting.attribute) {
            Known::Set(tokens) => (tokens.into_iter().map(str::to_owned).collect(), self.raw.source(setting.attribute)),
            Known::Unknown => {
                self.note_unknown::<()>(setting);
                (Vec::new(), Source::DEFAULT)
            }
            Known::Unset => self.scopes_elsewhere(setting),
        };
        let mut passes = true;
        // Every scope is inspected, so that one run reports all mistakes.
        for token in &tokens {
            passes &= self.passes_inspection(setting, token, &source);
        }
        if !passes {
            return Sourced { value: ScopeSet::default(), source };
        }
        match ScopeSet::try_from_tokens(tokens) {
            Ok(value) => Sourced { value, source },
            Err(error) => {
                self.invalid(setting, &source, error);
                Sourced { value: ScopeSet::default(), source }
            }
        }
    }

    fn scopes_elsewhere(&mut self, setting: &'static Setting) -> (Vec<String>, Source) {
        // The file would override the environment, so the environment must not replace an unknown or unusable file.
        if self.misses_auth_file(setting) {
            return (Vec::new(), Source::DEFAULT);
        }
        if let Some(scopes) = self.auth_file().and_then(AuthFile::scopes) {
            return (scopes.value.iter().cloned().collect(), scopes.source);
        }
        match self.in_environment(setting) {
            Some(text) => (split_scopes(&text.value).map(str::to_owned).collect(), text.source),
            None => (Vec::new(), Source::DEFAULT),
        }
    }

    fn auth_file(&self) -> Option<&AuthFile> {
        match &self.auth_file {
            AuthLayer::Read(file) => Some(file),
            AuthLayer::Given(file) => Some(file),
            AuthLayer::None | AuthLayer::Unknown | AuthLayer::Unusable => None,
        }
    }

    /// The `auth:` file's value for `setting`; the outer `None` if it is unknown, so that no other source may replace
    /// it.
    fn in_auth_file(&mut self, setting: &'static Setting) -> Option<Option<Sourced<String>>> {
        if self.misses_auth_file(setting) {
            return None;
        }
        let text = self.auth_file().and_then(|file| file.text(setting.attribute));
        Some(text.map(|text| Sourced { value: text.value.to_owned(), source: text.source }))
    }

    /// Whether `setting` can be in an unknown or unusable `auth:` file. It is then neither missing nor taken from the
    /// environment, because the file would override that.
    fn misses_auth_file(&mut self, setting: &'static Setting) -> bool {
        if !CARRIED.contains(&setting) {
            return false;
        }
        match self.auth_file {
            AuthLayer::Unknown if !self.unknown.contains(&table::AUTH_FILE.attribute) => {
                self.note_unknown::<()>(&table::AUTH_FILE);
                true
            }
            AuthLayer::Unknown => true,
            AuthLayer::Unusable => {
                self.refused.push(setting.attribute);
                true
            }
            AuthLayer::None | AuthLayer::Read(_) | AuthLayer::Given(_) => false,
        }
    }

    /// Further form fields. Rejects standard ones.
    pub fn parameters(&mut self, setting: &'static Setting) -> BTreeMap<String, Secret> {
        match self.raw.entries(setting.attribute) {
            Known::Unset => BTreeMap::new(),
            Known::Unknown => {
                self.note_unknown::<()>(setting);
                BTreeMap::new()
            }
            Known::Set(entries) => form_fields(entries, self.diags),
        }
    }

    /// Claims that a token must have; `None` if unset.
    pub fn claims(&mut self, setting: &'static Setting) -> Option<Sourced<ExpectedClaims>> {
        let source = self.raw.source(setting.attribute);
        match self.raw.entries_or_null(setting.attribute) {
            Known::Unset => None,
            Known::Unknown => self.note_unknown(setting),
            Known::Set(entries) => match ExpectedClaims::try_new(entries) {
                Ok(value) => Some(Sourced { value, source }),
                Err(error) => {
                    self.invalid(setting, &source, error);
                    None
                }
            },
        }
    }

    /// Reports two settings that name different tenants.
    pub fn check_tenant(&mut self, id: &Sourced<String>, claims: &Sourced<ExpectedClaims>) {
        let Some(claim) = claims.value.value("tenantId").filter(|claim| !claim.eq_ignore_ascii_case(&id.value)) else {
            return;
        };
        self.diags.add_error(Diagnostic {
            summary: "`expected_tenant_id` and `expected_claims` name different tenants".into(),
            detail: format!(
                "`expected_tenant_id` is {} ({}); `expected_claims` expects {} at `tenantId`. No token can have \
                 both. Remove one.",
                shown(&id.value),
                id.source,
                shown(claim)
            )
            .into(),
            attribute: table::path(table::EXPECTED_CLAIMS.attribute),
        });
    }

    /// A conventional variable, such as `HTTPS_PROXY`. A value that is not UTF-8 counts as unset.
    pub fn variable(&self, name: &str) -> Option<String> {
        self.environment.text(name).ok().flatten().map(str::to_owned)
    }

    fn in_block(&self, setting: &Setting) -> Known<String> {
        match setting.kind {
            SettingKind::Bool => match self.raw.bool(setting.attribute) {
                Known::Set(value) => Known::Set(value.to_string()),
                Known::Unknown => Known::Unknown,
                Known::Unset => Known::Unset,
            },
            SettingKind::Number => self.raw.number(setting.attribute),
            SettingKind::Text | SettingKind::Set | SettingKind::Map => match self.raw.text(setting.attribute) {
                Known::Set(value) => Known::Set(value.to_owned()),
                Known::Unknown => Known::Unknown,
                Known::Unset => Known::Unset,
            },
        }
    }

    fn in_environment(&mut self, setting: &'static Setting) -> Option<Sourced<String>> {
        for variable in setting.variables {
            match self.environment.text(variable) {
                Ok(None) => {}
                Ok(Some(value)) => {
                    return Some(Sourced { value: value.to_owned(), source: Source::environment(variable) });
                }
                Err(error) => {
                    self.invalid(setting, &Source::environment(variable), error);
                    return None;
                }
            }
        }
        None
    }

    fn note_unknown<T>(&mut self, setting: &Setting) -> Option<T> {
        self.unknown.push(setting.attribute);
        None
    }

    /// The secret from an inline value or a file of the same rank. Both must agree.
    fn agreed(
        &mut self,
        setting: &'static Setting,
        inline: Option<Sourced<Secret>>,
        file: Option<Source>,
    ) -> Option<Sourced<Secret>> {
        let Some(file) = file else { return inline };
        // `validate` reads no files.
        if self.operation == Operation::Validate {
            return inline;
        }
        let from_file = match secret_file::read(&file) {
            Ok(value) => Sourced { value, source: file },
            Err(why) => {
                self.unreadable(setting, &file, &why);
                return None;
            }
        };
        let Some(inline) = inline else { return Some(from_file) };
        // Two sources with equal values are no contradiction.
        if inline.value == from_file.value {
            return Some(inline);
        }
        self.refused.push(setting.attribute);
        self.diags.add_error(diagnostic(
            format!("Two different values for `{}`", setting.attribute),
            format!("One comes {}, the other {}. Remove the wrong one.", inline.source, from_file.source),
            setting.attribute_path(),
        ));
        None
    }
}

// The reports: mistakes in values, in their combination, and missing values.
impl Resolver<'_> {
    /// Compares the credentials with each other and with the environment. At `validate` only those of the block; later
    /// only if one of them comes from elsewhere.
    pub fn compare(
        &mut self,
        client_id: Option<&Sourced<String>>,
        client_secret: Option<&Sourced<Secret>>,
        access_key_id: Option<&Sourced<String>>,
        access_key_secret: Option<&Sourced<Secret>>,
    ) {
        fn text(id: &Sourced<String>) -> (&str, &Source) {
            (&id.value, &id.source)
        }
        fn secret(secret: &Sourced<Secret>) -> (&str, &Source) {
            (secret.value.expose(), &secret.source)
        }
        let credentials = inspect::Credentials {
            client_id: client_id.map(text),
            client_secret: client_secret.map(secret),
            access_key_id: access_key_id.map(text),
            access_key_secret: access_key_secret.map(secret),
            checkmarx_variable: self.environment.is_set("CXONE_TENANT_NAME"),
        };
        let all = [
            credentials.client_id,
            credentials.client_secret,
            credentials.access_key_id,
            credentials.access_key_secret,
        ];
        let all_in_block = all.iter().flatten().all(|(_, source)| source.is_in_block());
        // `validate` does not know the values of the environment, so a comparison would be incomplete.
        if self.operation == Operation::Validate && !all_in_block {
            return;
        }
        let default = Source::DEFAULT;
        for finding in inspect::inspect_credentials(&credentials) {
            let source = credentials.source(finding.setting).unwrap_or(&default);
            self.take_note(finding, source, all_in_block);
        }
    }

    /// Records a finding. Certain faults of the block itself were errors of `validate`, which the core always calls
    /// before. Likely ones are kept for the exchange.
    fn take_note(&mut self, finding: inspect::Finding, source: &Source, in_block: bool) {
        let is_certain = finding.severity == inspect::Severity::Certain;
        // Otherwise the user would see the same error twice.
        if is_certain && in_block && self.operation == Operation::Configure {
            return;
        }
        self.findings.add_diagnostics(inspect::diagnostics(std::slice::from_ref(&finding), source));
        if !is_certain && self.operation == Operation::Configure {
            self.suspicions.push(Suspicion { finding, source: source.clone() });
        }
    }

    /// Reports, in one diagnostic, the block's settings that `grant` refuses, and the missing ones that it requires.
    ///
    /// Whether the value of `setting` was refused.
    pub fn has_refused(&self, setting: &Setting) -> bool {
        self.refused.contains(&setting.attribute)
    }

    /// At `validate`, nothing is missing yet, and nothing is refused unless the block itself sets the grant. While a
    /// value is unknown, nothing is missing either.
    pub fn check_grant(&mut self, grant: &Sourced<GrantType>, rule: &'static GrantRule) {
        let is_told = self.operation == Operation::Configure || self.is_in_block(&table::GRANT_TYPE);
        let not_taken: Vec<_> =
            rule.refuses.iter().copied().filter(|setting| is_told && self.is_in_block(setting)).collect();
        // An unknown value can still be one of the required settings.
        let complete = self.operation == Operation::Configure && self.unknown.is_empty();
        let is_there = |setting: &&Setting| self.found.contains(&setting.attribute) || self.has_refused(setting);
        let missing: Vec<_> =
            rule.needs.iter().copied().filter(|group| complete && !group.iter().any(is_there)).collect();
        if !not_taken.is_empty() || !missing.is_empty() {
            self.diags.add_error(rule.diagnostic(grant, &not_taken, &missing, &NearName::all(self.environment)));
        }
    }

    /// One of two values with the same meaning: the block's takes precedence over the `auth:` file's, and that over the
    /// environment's. Two of one rank are an error.
    pub fn one_of<T>(
        &mut self,
        one: &'static Setting,
        one_value: Option<Sourced<T>>,
        other: &'static Setting,
        other_value: Option<Sourced<T>>,
    ) -> Option<Sourced<T>> {
        let (first, second) = match (one_value, other_value) {
            (Some(first), Some(second)) => (first, second),
            (first, second) => return first.or(second),
        };
        match first.source.origin.rank().cmp(&second.source.origin.rank()) {
            Ordering::Less => Some(first),
            Ordering::Greater => Some(second),
            Ordering::Equal => {
                self.diags.add_error(diagnostic(
                    format!("`{}` and `{}` exclude each other", one.attribute, other.attribute),
                    format!(
                        "`{}` comes {}, `{}` comes {}. Both name the token service. Remove one.",
                        one.attribute, first.source, other.attribute, second.source
                    ),
                    second.source.attribute_path(),
                ));
                None
            }
        }
    }

    /// Reports that the block sets both `setting` and one of `others`.
    pub fn conflict(&mut self, setting: &'static Setting, others: &[&'static Setting]) {
        let others = others.iter().filter(|other| self.is_in_block(other));
        let others = others.map(|other| format!("`{}`", other.attribute)).collect::<Vec<_>>().join(" and ");
        self.diags.add_error(diagnostic(
            format!("`{}` and {others} exclude each other", setting.attribute),
            format!(
                "With `{}` no token is requested, so {others} would have no effect. Remove one or the other from the \
                 provider block.",
                setting.attribute
            ),
            setting.attribute_path(),
        ));
    }

    /// Warns that an exchange with an access key alone does not send the declared scopes. Once a run, not at
    /// `validate`.
    pub fn warn_scopes_not_sent(&mut self, source: &Source) {
        if self.operation == Operation::Validate {
            return;
        }
        self.diags.add_warning(diagnostic(
            "Scopes are not sent with the grant access_key",
            [
                format!(
                    "Scopes are declared ({source}), but the regional service does not accept scopes: the role of \
                     the access key's owner decides. If the token's claims list scopes, the provider compares them \
                     with the declaration. Otherwise the declaration has no effect."
                ),
                "Remove `scopes`, or set `scope_drift` to `ignore` to silence this.".to_owned(),
            ],
            source.attribute_path(),
        ));
    }

    /// Warns that a token in the environment overrides the complete credentials in the variables `variables`.
    pub fn warn_idle_credentials(&mut self, token: &Source, variables: &[&str]) {
        self.diags.add_warning(diagnostic(
            "CXONE_ACCESS_TOKEN overrides the client credentials",
            [
                format!(
                    "The environment has both a token, which comes {token}, and client credentials ({}). The \
                     provider uses the token and requests none, so the credentials are neither used nor validated.",
                    listed(variables, "and")
                ),
                "Unset the variables that you do not need. Credentials in the provider block override both.".to_owned(),
            ],
            AttributePath::root(),
        ));
    }

    /// Reports an invalid value. Names setting and source, but not the value.
    pub fn invalid(&mut self, setting: &'static Setting, source: &Source, why: impl Display) {
        self.refused.push(setting.attribute);
        self.diags.add_error(diagnostic(
            format!("Invalid value for `{}`", setting.attribute),
            sentence(format!("The value of `{}` comes {source}: {why}", setting.attribute)),
            source.attribute_path(),
        ));
    }

    /// Reports an invalid `auth:` file.
    fn unusable(&mut self, file: &Source, why: &AuthConfigError) {
        self.refused.push(table::AUTH_FILE.attribute);
        let Some((name, path)) = naming(file) else { return self.invalid(&table::AUTH_FILE, file, why) };
        self.diags.add_error(diagnostic(
            "The auth: file is not usable",
            [
                sentence(format!("{name} names the file {path:?}: {why}")),
                format!("Format of the file (`endpoint` and `scope` are optional):\n\n{SHAPE}"),
            ],
            file.attribute_path(),
        ));
    }

    /// Reports an unreadable file. A text that is not a path can be the secret itself in the wrong place, and is not
    /// shown then.
    pub fn unreadable(&mut self, setting: &'static Setting, file: &Source, why: &UnreadableFile) {
        let Some((name, path)) = naming(file) else { return self.invalid(setting, file, why) };
        if secret_file::may_show(path) {
            return self.invalid(setting, file, why);
        }
        let instead = match setting.file {
            Some(_) => format!(". If it is the value itself, set `{}` instead", setting.attribute),
            None => String::new(),
        };
        self.refused.push(setting.attribute);
        self.diags.add_error(diagnostic(
            format!("Invalid value for `{}`", setting.attribute),
            format!(
                "{name} must name a file, and no such file exists. The value does not look like a path, so it is not \
                 shown{instead}."
            ),
            AttributePath::root(),
        ));
    }

    /// Warns that `tls_insecure_skip_verify` is on. Once a run, not at `validate`.
    pub fn warn_insecure(&mut self, source: &Source) {
        if self.operation == Operation::Validate {
            return;
        }
        self.diags.add_warning(diagnostic(
            "Server certificates are not verified",
            format!(
                "`tls_insecure_skip_verify` is true ({source}): anyone between this machine and CXone can read the \
                 credentials and the token. To trust a private certificate authority, set `ca_cert_file` instead."
            ),
            AttributePath::new("tls_insecure_skip_verify"),
        ));
    }

    /// Warns of ignored blocks in a certificate file. Once a run, not at `validate`.
    pub fn warn_unused(&mut self, setting: &'static Setting, source: &Source, kinds: &[String]) {
        if self.operation == Operation::Validate || kinds.is_empty() {
            return;
        }
        self.diags.add_warning(diagnostic(
            format!("A part of `{}` is not used", setting.attribute),
            format!(
                "The value of `{}` comes {source}. Beside certificates it holds blocks of the kind {}, which the provider \
                 does not use. Remove them: a private key does not belong to a list of authorities, and a revocation list \
                 has no effect here.",
                setting.attribute,
                kinds.join(", "),
            ),
            AttributePath::root(),
        ));
    }

    /// Reports that `setting` is set without its other half `other`. Silent while that may still come, or if it was
    /// reported itself.
    pub fn half(&mut self, setting: &'static Setting, source: &Source, other: &'static Setting) {
        if self.operation == Operation::Configure && self.is_settled(other) {
            let why = format!("it also needs {}", other.ways_to_set());
            self.invalid(setting, source, why);
        }
    }

    /// Whether `text` has no certain mistake. Values of the block are inspected at `validate`, which the core always
    /// calls before; values from elsewhere on first use.
    fn passes_inspection(&mut self, setting: &'static Setting, text: &str, source: &Source) -> bool {
        let in_block = source.is_in_block();
        let found = inspect::inspect(setting, text);
        let is_certain = |finding: &inspect::Finding| finding.severity == inspect::Severity::Certain;
        // The core stops after an error of `validate`, so here the block's values have no certain mistake.
        let passes = in_block && self.operation == Operation::Configure || !found.iter().any(is_certain);
        if !passes {
            self.refused.push(setting.attribute);
        }
        for finding in found {
            self.take_note(finding, source, in_block);
        }
        passes
    }
}

/// The setting or variable that names the file of `source`, and the file.
fn naming(source: &Source) -> Option<(String, &Path)> {
    let name = match source.origin {
        Origin::Block(attribute) => format!("`{attribute}` in the provider block"),
        Origin::Environment(variable) => format!("the environment variable {variable}"),
        Origin::Flag(flag) => format!("the flag {flag}"),
        Origin::Resource(_) | Origin::AuthFile(_) | Origin::Default => return None,
    };
    Some((name, source.value_file()?))
}
