//! What a resolver has to say: mistakes in values, in their combination, and what is missing.

use std::fmt::Display;

use super::{Moment, Resolver};
use crate::{
    oauth::Secret,
    plugin::{AttributePath, Diagnostic},
    provider::{
        inspect,
        setting::{self, Setting},
        source::{Source, Sourced},
    },
};

impl Resolver<'_> {
    /// Holds the credentials against each other and the environment; at `validate` those of the block, else only
    /// where one comes from elsewhere.
    pub fn compare(&mut self, client_id: Option<&Sourced<String>>, client_secret: Option<&Sourced<Secret>>) {
        let in_block = |source: &Source| matches!(source, Source::Block(_));
        let all_in_block = client_id.is_none_or(|id| in_block(&id.source))
            && client_secret.is_none_or(|secret| in_block(&secret.source));
        if all_in_block != (self.moment == Moment::Validate) {
            return;
        }
        let credentials = inspect::Credentials {
            client_id: client_id.map(|id| (id.value.as_str(), &id.source)),
            client_secret: client_secret.map(|secret| (secret.value.expose(), &secret.source)),
            checkmarx_variable: self.environment.is_set("CXONE_TENANT_NAME"),
            ..inspect::Credentials::default()
        };
        self.findings.add_diagnostics(inspect::credential_diagnostics(&credentials));
    }

    /// Reports `settings` as missing, all in one diagnostic. Silent at `validate`, and for what is unknown.
    pub fn missing(&mut self, settings: &[&'static Setting]) {
        let missing: Vec<_> = settings.iter().filter(|setting| !self.refused.contains(&setting.attribute)).collect();
        if self.moment == Moment::Validate || missing.is_empty() || !self.unknown.is_empty() {
            return;
        }
        let names = missing.iter().map(|setting| format!("`{}`", setting.attribute)).collect::<Vec<_>>();
        let ways = missing.iter().map(|setting| format!("\n  - set {}", setting.ways_to_set())).collect::<String>();
        self.diags.add_error(Diagnostic {
            summary: format!("Missing CXone credentials: {}", names.join(" and ")).into(),
            detail: format!(
                "The grant client_credentials needs a client identifier and a client secret. An empty text counts as \
                 not set.\n{ways}\n\nA secret can also be read from a file: `client_secret_file` or \
                 CXONE_CLIENT_SECRET_FILE."
            )
            .into(),
            attribute: AttributePath::root(),
        });
    }

    /// Reports that `setting` cannot stand beside `others` in one block.
    pub fn conflict(&mut self, setting: &'static Setting, others: &[&'static Setting]) {
        let others = others.iter().map(|other| format!("`{}`", other.attribute)).collect::<Vec<_>>().join(" and ");
        self.diags.add_error(Diagnostic {
            summary: format!("`{}` and client credentials exclude each other", setting.attribute).into(),
            detail: format!(
                "With `{}` the token is handed over and nothing is exchanged, so {others} would have no effect. Remove \
                 one or the other from the provider block.",
                setting.attribute
            )
            .into(),
            attribute: setting::path(setting.attribute),
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

    /// Reports that `setting` was given without `other`, its other half. Silent while that may still come.
    pub fn half(&mut self, setting: &'static Setting, source: &Source, other: &'static Setting) {
        if self.moment == Moment::Configure && !self.unknown.contains(&other.attribute) {
            let why = format!("it needs its other half, {}", other.ways_to_set());
            self.invalid(setting, source, why);
        }
    }

    /// Whether nothing is certainly wrong with `text`. What the block says is inspected at `validate`, which the core
    /// always calls first; what comes from elsewhere when it is first seen.
    pub(super) fn passes_inspection(&mut self, setting: &Setting, text: &str, source: &Source) -> bool {
        let in_block = matches!(source, Source::Block(_));
        if in_block != (self.moment == Moment::Validate) {
            return true;
        }
        let Some(inspected) = inspected(setting) else { return true };
        let found = inspect::diagnostics(&inspect::inspect(inspected, text), source);
        let passes = found.errors.is_empty();
        if !passes {
            self.refused.push(setting.attribute);
        }
        self.findings.add_diagnostics(found);
        passes
    }
}

/// The settings whose text is worth a closer look.
fn inspected(setting: &Setting) -> Option<inspect::Setting> {
    Some(match setting.attribute {
        "client_id" => inspect::Setting::ClientId,
        "client_secret" => inspect::Setting::ClientSecret,
        "access_token" => inspect::Setting::AccessToken,
        "token_url" => inspect::Setting::TokenUrl,
        "scopes" => inspect::Setting::Scope,
        "audience" => inspect::Setting::Audience,
        _ => return None,
    })
}
