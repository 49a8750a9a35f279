//! What a resolver has to say: mistakes in values, in their combination, and what is missing.

use std::fmt::Display;

use crate::settings::clues::Suspicion;
use crate::settings::grant_type::GrantType;
use crate::settings::grant_type::{GrantRule, listed};
use crate::settings::resolve::{Moment, Resolver};
use crate::settings::setting::Setting;
use crate::settings::source::{Source, Sourced};
use crate::settings::{inspect, setting};
use oauth::Secret;
use plugin::{AttributePath, Diagnostic};

impl Resolver<'_> {
    /// Holds the credentials against each other and the environment; at `validate` those of the block, else only
    /// where one comes from elsewhere.
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
        let all_in_block = all.iter().flatten().all(|(_, source)| matches!(source, Source::Block(_)));
        if self.moment == Moment::Validate && !all_in_block {
            return;
        }
        for finding in inspect::inspect_credentials(&credentials) {
            let source = credentials.source(finding.setting).unwrap_or(&Source::Default);
            self.take_note(finding, source, all_in_block);
        }
    }

    /// Keeps a finding. What is certain about the block itself was an error of `validate`, which the core always calls
    /// first; what is only likely is kept for the exchange.
    fn take_note(&mut self, finding: inspect::Finding, source: &Source, in_block: bool) {
        let is_certain = finding.severity == inspect::Severity::Certain;
        if is_certain && in_block && self.moment == Moment::Configure {
            return;
        }
        self.findings.add_diagnostics(inspect::diagnostics(std::slice::from_ref(&finding), source));
        if !is_certain && self.moment == Moment::Configure {
            self.suspicions.push(Suspicion { finding, source: source.clone() });
        }
    }

    /// Reports, in one diagnostic, what the block has that `grant` does not take, and what it needs and nothing has.
    ///
    /// At `validate` nothing is missing yet, and nothing can be out of place unless the block itself names the grant.
    /// While a value is unknown nothing is missing either.
    pub fn check_grant(&mut self, grant: &Sourced<GrantType>, rule: &'static GrantRule) {
        let is_told = self.moment == Moment::Configure || self.is_in_block(&setting::GRANT_TYPE);
        let not_taken: Vec<_> =
            rule.refuses.iter().copied().filter(|setting| is_told && self.is_in_block(setting)).collect();
        let complete = self.moment == Moment::Configure && self.unknown.is_empty();
        let is_there =
            |setting: &&Setting| self.found.contains(&setting.attribute) || self.refused.contains(&setting.attribute);
        let missing: Vec<_> =
            rule.needs.iter().copied().filter(|group| complete && !group.iter().any(is_there)).collect();
        if !not_taken.is_empty() || !missing.is_empty() {
            self.diags.add_error(rule.diagnostic(grant, &not_taken, &missing));
        }
    }

    /// The one of two values that say the same thing in two ways: the block's before the environment's. Two of one
    /// rank are an error.
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
        let from_environment = |source: &Source| matches!(source, Source::Environment(_));
        match (from_environment(&first.source), from_environment(&second.source)) {
            (false, true) => Some(first),
            (true, false) => Some(second),
            _ => {
                self.diags.add_error(Diagnostic {
                    summary: format!("`{}` and `{}` exclude each other", one.attribute, other.attribute).into(),
                    detail: format!(
                        "`{}` comes {}, `{}` comes {}. Each of them says where tokens are asked for. Remove one.",
                        one.attribute, first.source, other.attribute, second.source
                    )
                    .into(),
                    attribute: inspect::attribute_path(&second.source),
                });
                None
            }
        }
    }

    /// Reports that `setting` cannot stand beside any of `others` in one block.
    pub fn conflict(&mut self, setting: &'static Setting, others: &[&'static Setting]) {
        let others = others.iter().filter(|other| self.is_in_block(other));
        let others = others.map(|other| format!("`{}`", other.attribute)).collect::<Vec<_>>().join(" and ");
        self.diags.add_error(Diagnostic {
            summary: format!("`{}` and {others} exclude each other", setting.attribute).into(),
            detail: format!(
                "With `{}` the token is handed over and nothing is exchanged, so {others} would have no effect. Remove \
                 one or the other from the provider block.",
                setting.attribute
            )
            .into(),
            attribute: setting::path(setting.attribute),
        });
    }

    /// Warns that the declared scopes are not part of an exchange with an access key alone; once a run, not at
    /// `validate`.
    pub fn warn_scopes_not_sent(&mut self, source: &Source) {
        if self.moment == Moment::Validate {
            return;
        }
        self.diags.add_warning(Diagnostic {
            summary: "Scopes are not sent with the grant access_key".into(),
            detail: format!(
                "Scopes are declared ({source}), and the regional service has no way to ask for them: what an access \
                 key may do is settled by the role of its owner. The declaration is compared with the token's own \
                 claims where they name scopes, and has no other effect.\n\nRemove `scopes`, or set `scope_drift` to \
                 `ignore` to silence this."
            )
            .into(),
            attribute: inspect::attribute_path(source),
        });
    }

    /// Warns that a token of the environment keeps complete credentials of the environment, those in `variables`, from
    /// being used.
    pub fn warn_idle_credentials(&mut self, token: &Source, variables: &[&str]) {
        self.diags.add_warning(Diagnostic {
            summary: "The access token is used, and not the credentials".into(),
            detail: format!(
                "The environment has both: a token, which comes {token}, and credentials to get one ({}). The token is \
                 handed out as it is and nothing is exchanged, so the credentials are neither used nor validated.\n\n\
                 Unset what is not meant. Credentials in the provider block go before both.",
                listed(variables, "and")
            )
            .into(),
            attribute: AttributePath::root(),
        });
    }

    /// Reports a value that does not parse; names setting and source, not the value.
    pub fn invalid(&mut self, setting: &'static Setting, source: &Source, why: impl Display) {
        self.refused.push(setting.attribute);
        self.diags.add_error(Diagnostic {
            summary: format!("Invalid value for `{}`", setting.attribute).into(),
            detail: format!("The value of `{}` comes {source}: {why}.", setting.attribute).into(),
            attribute: inspect::attribute_path(source),
        });
    }

    /// Reports a file that cannot be read. A path that is none may be the secret itself, put in the wrong place: then it
    /// is not shown.
    pub fn unreadable(&mut self, setting: &'static Setting, file: &Source, why: &str) {
        let (name, path) = match file {
            Source::BlockFile { attribute, path } => (format!("`{attribute}` in the provider block"), path),
            Source::EnvironmentFile { variable, path } => (format!("the environment variable {variable}"), path),
            Source::FlagFile { flag, path } => (format!("the flag {flag}"), path),
            _ => return self.invalid(setting, file, why),
        };
        let looks_like_path = path.to_string_lossy().contains(['/', '\\', '.']);
        if !setting.sensitive || looks_like_path || path.exists() {
            return self.invalid(setting, file, why);
        }
        self.refused.push(setting.attribute);
        self.diags.add_error(Diagnostic {
            summary: format!("Invalid value for `{}`", setting.attribute).into(),
            detail: format!(
                "{name} names a file, and there is none of that name. The name does not look like a path, so it is not \
                 shown here: should it be the secret itself, set `{}` instead.",
                setting.attribute
            )
            .into(),
            attribute: AttributePath::root(),
        });
    }

    /// Warns that `tls_insecure_skip_verify` is on; once a run, not at `validate`.
    pub fn warn_insecure(&mut self, source: &Source) {
        if self.moment == Moment::Validate {
            return;
        }
        self.diags.add_warning(Diagnostic {
            summary: "Server certificates are not verified".into(),
            detail: format!(
                "`tls_insecure_skip_verify` is true ({source}): whoever stands between this machine and CXone can read \
                 the credentials and the token. To trust a private certificate authority, set `ca_cert_file` instead."
            )
            .into(),
            attribute: AttributePath::new("tls_insecure_skip_verify"),
        });
    }

    /// Reports that `setting` was given without `other`, its other half. Silent while that may still come, or was
    /// reported itself.
    pub fn half(&mut self, setting: &'static Setting, source: &Source, other: &'static Setting) {
        if self.moment == Moment::Configure && self.is_settled(other) {
            let why = format!("it needs its other half, {}", other.ways_to_set());
            self.invalid(setting, source, why);
        }
    }

    /// Whether nothing is certainly wrong with `text`. What the block says is inspected at `validate`, which the core
    /// always calls first; what comes from elsewhere when it is first seen.
    pub(super) fn passes_inspection(&mut self, setting: &Setting, text: &str, source: &Source) -> bool {
        let in_block = matches!(source, Source::Block(_));
        let Some(inspected) = inspected(setting) else { return true };
        let found = inspect::inspect(inspected, text);
        let is_certain = |finding: &inspect::Finding| finding.severity == inspect::Severity::Certain;
        let passes = in_block && self.moment == Moment::Configure || !found.iter().any(is_certain);
        if !passes {
            self.refused.push(setting.attribute);
        }
        for finding in found {
            self.take_note(finding, source, in_block);
        }
        passes
    }
}

/// The settings whose text is worth a closer look.
fn inspected(setting: &Setting) -> Option<inspect::Setting> {
    Some(match setting.attribute {
        "client_id" => inspect::Setting::ClientId,
        "client_secret" => inspect::Setting::ClientSecret,
        "access_key_id" => inspect::Setting::AccessKeyId,
        "access_key_secret" => inspect::Setting::AccessKeySecret,
        "access_token" => inspect::Setting::AccessToken,
        "token_url" => inspect::Setting::TokenUrl,
        "issuer" => inspect::Setting::Issuer,
        "region" => inspect::Setting::Region,
        "scopes" => inspect::Setting::Scope,
        "audience" => inspect::Setting::Audience,
        _ => return None,
    })
}
