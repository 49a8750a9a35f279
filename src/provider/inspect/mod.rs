//! Before any request: mistakes that can be seen in the text of a setting alone.

use tf_provider::{AttributePath, Diagnostic, Diagnostics};

use crate::provider::Source;

/// A setting whose text can be inspected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Setting {
    /// `client_id`
    ClientId,
    /// `client_secret`, from whichever source
    ClientSecret,
    /// `access_key_id`
    AccessKeyId,
    /// `access_key_secret`, from whichever source
    AccessKeySecret,
    /// `access_token`: one brought along
    AccessToken,
    /// `token_url`
    TokenUrl,
    /// `issuer`
    Issuer,
    /// One element of `scopes`
    Scope,
    /// `audience`
    Audience,
    /// `region`
    Region,
}

/// How sure a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// The value cannot be right: an error.
    Certain,
    /// The value is most likely not what was meant: a warning that blocks nothing.
    Likely,
}

/// One mistake in one setting. Holds nothing of the inspected text but single impossible characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The setting.
    pub setting: Setting,
    /// How sure it is.
    pub severity: Severity,
}

/// The credentials of one configuration, to be compared with each other.
///
/// No `Debug`: it borrows secrets.
#[derive(Clone, Copy, Default)]
pub struct Credentials<'a> {
    /// `client_id` and its origin.
    pub client_id: Option<(&'a str, &'a Source)>,
    /// `client_secret` and its origin.
    pub client_secret: Option<(&'a str, &'a Source)>,
    /// `access_key_id` and its origin.
    pub access_key_id: Option<(&'a str, &'a Source)>,
    /// `access_key_secret` and its origin.
    pub access_key_secret: Option<(&'a str, &'a Source)>,
    /// Whether the environment has `CXONE_TENANT_NAME`, a variable of Checkmarx One.
    pub checkmarx_variable: bool,
}

/// Everything that can be seen to be wrong in the text of one setting. An empty text has no findings: it is "not set".
pub fn inspect(setting: Setting, text: &str) -> Vec<Finding> {
    let _ = (setting, text);
    Vec::new()
}

/// What can be seen to be wrong when the credentials are held against each other, and the environment.
pub fn inspect_credentials(credentials: &Credentials<'_>) -> Vec<Finding> {
    let _ = credentials;
    Vec::new()
}

/// The findings as diagnostics: certain ones as errors, likely ones as warnings, each naming `source`.
pub fn diagnostics(findings: &[Finding], source: &Source) -> Diagnostics {
    let mut diagnostics = Diagnostics::default();
    for finding in findings {
        let diagnostic = finding.diagnostic(source);
        match finding.severity {
            Severity::Certain => diagnostics.errors.push(diagnostic),
            Severity::Likely => diagnostics.warnings.push(diagnostic),
        }
    }
    diagnostics
}

/// The findings of [`inspect_credentials`] as diagnostics.
pub fn credential_diagnostics(credentials: &Credentials<'_>) -> Diagnostics {
    let mut all = Diagnostics::default();
    for finding in inspect_credentials(credentials) {
        let source = credentials.source(finding.setting).unwrap_or(&Source::Default);
        all.add_diagnostics(diagnostics(&[finding], source));
    }
    all
}

impl Credentials<'_> {
    /// Where the value of `setting` came from; `None` when it is not among these credentials.
    fn source(&self, setting: Setting) -> Option<&Source> {
        let sourced = match setting {
            Setting::ClientId => self.client_id,
            Setting::ClientSecret => self.client_secret,
            Setting::AccessKeyId => self.access_key_id,
            Setting::AccessKeySecret => self.access_key_secret,
            _ => None,
        };
        sourced.map(|(_, source)| source)
    }
}

impl Setting {
    /// The name of the argument in the provider block.
    pub fn attribute(self) -> &'static str {
        match self {
            Self::ClientId => "client_id",
            Self::ClientSecret => "client_secret",
            Self::AccessKeyId => "access_key_id",
            Self::AccessKeySecret => "access_key_secret",
            Self::AccessToken => "access_token",
            Self::TokenUrl => "token_url",
            Self::Issuer => "issuer",
            Self::Scope => "scopes",
            Self::Audience => "audience",
            Self::Region => "region",
        }
    }
}

impl Finding {
    /// The finding in words, for a value that came from `source`.
    pub fn diagnostic(&self, source: &Source) -> Diagnostic {
        Diagnostic {
            summary: format!("Mistake in {}", self.setting.attribute()).into(),
            detail: format!("The value comes {source}.").into(),
            attribute: AttributePath::new(self.setting.attribute()),
        }
    }
}
