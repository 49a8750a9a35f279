//! The table's form: one entry for each class of failure, from which the diagnostic and the guide are both rendered.

use crate::diagnosis::facts::Facts;

/// What is known about one class of failure.
///
/// Texts are templates: `{name}` stands for a fact of the exchange, see [`Facts::value`].
#[derive(Debug)]
pub(super) struct Entry {
    /// A stable name, the anchor in the guide.
    pub(super) id: &'static str,
    /// What happened, in one line.
    pub(super) summary: &'static str,
    /// What that means.
    pub(super) meaning: &'static str,
    /// Likely causes, most likely first.
    pub(super) causes: &'static [Line],
    /// What to try, in order.
    pub(super) steps: &'static [Line],
    /// Which facts of the request matter to the reader.
    pub(super) request: Request,
    /// Whether to tell what is known about the host.
    pub(super) about_host: bool,
    /// The setting that most likely needs a change.
    pub(super) blame: Blame,
}

/// A cause or a step, and when it applies.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) when: When,
    pub(super) text: &'static str,
}

/// Which facts of the request a diagnostic shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Request {
    /// Address, grant, credentials and scopes.
    Credentials,
    /// Address and proxy: no credential has been judged.
    Connection,
    /// None.
    Nothing,
}

/// The setting that a diagnostic points at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Blame {
    Secret,
    AccessKey,
    Grant,
    TokenUrl,
    Scopes,
    Audience,
    Proxy,
    Timeout,
    CaCert,
    ClientCert,
    Nothing,
}

/// When a line applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    Always,
    /// The id and secret went in a Basic header.
    Basic,
    /// They went in the body.
    Post,
    /// Basic, raw, with characters that RFC 6749 would encode.
    ReservedRaw,
    /// Basic, encoded, with such characters.
    ReservedEncoded,
    /// The grant is `client_credentials`.
    ClientCredentials,
    /// `client_credentials` at one of CXone's issuers.
    ClientCredentialsAtIssuer,
    /// The grant uses an access key.
    AccessKey,
    /// There is a client application.
    Client,
    /// A credential came from an environment variable.
    FromEnvironment,
    /// A credential came from a file.
    FromFile,
    /// The address is the provider's default.
    DefaultAddress,
    /// The address was set by the user.
    ChosenAddress,
    /// The host is one of CXone's issuers.
    Issuer,
    /// The host is a CXone host without a publicly known token endpoint, or the unverified default.
    UnverifiedHost,
    /// The host is a NICE host with the hyphen in the wrong place.
    Misspelled,
    /// Scopes were sent.
    ScopesSent,
    /// No scopes were sent.
    NoScopes,
    /// The clocks differ by more than a minute.
    ClockOff,
    /// A proxy is in use.
    Proxied,
    /// No proxy is in use, and one might be wanted: the host is not this machine itself.
    Direct,
    /// The host is this machine itself.
    Here,
    /// It is not.
    Elsewhere,
    /// The answer's challenge names schemes, and Basic is not among them.
    ForeignChallenge,
    /// The status is 401.
    Status401,
    /// Only the system's roots are trusted.
    SystemRoots,
    /// Own roots are trusted too.
    OwnRoots,
    /// A client certificate is configured.
    ClientCertificate,
    /// None is.
    NoClientCertificate,
    /// The answer has a member that looks like a token under another name.
    TokenUnderAnotherName,
    /// A core runs the provider, not a person the command line.
    InTerraform,
}

/// A line that always applies.
pub(super) const fn always(text: &'static str) -> Line {
    Line { when: When::Always, text }
}

/// A line that applies under a condition.
pub(super) const fn when(when: When, text: &'static str) -> Line {
    Line { when, text }
}

impl When {
    /// The condition in words for the guide; empty for what nearly always holds.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Always | Self::Client | Self::InTerraform => "",
            Self::Basic => "with a Basic header",
            Self::Post => "with the credentials in the body",
            Self::ReservedRaw => {
                "with `basic_auth_encoding = \"raw\"` and characters other than letters, digits and `-._~`"
            }
            Self::ReservedEncoded => {
                "with `basic_auth_encoding = \"rfc6749\"` and characters other than letters, digits and `-._~`"
            }
            Self::ClientCredentials => "with `grant_type = \"client_credentials\"`",
            Self::ClientCredentialsAtIssuer => "with `grant_type = \"client_credentials\"` at CXone's global service",
            Self::AccessKey => "with an access key",
            Self::FromEnvironment => "with a credential from the environment",
            Self::FromFile => "with a credential from a file",
            Self::DefaultAddress => "with the default address",
            Self::ChosenAddress => "with an address of your own",
            Self::Issuer => "at CXone's global service",
            Self::UnverifiedHost => "on a host without a publicly documented token endpoint",
            Self::Misspelled => "with the hyphen in NICE's domain in the wrong place",
            Self::ScopesSent => "with scopes",
            Self::NoScopes => "without scopes",
            Self::ClockOff => "when the clocks differ by more than a minute",
            Self::Proxied => "through a proxy",
            Self::Direct => "without a proxy",
            Self::Here => "on this machine itself",
            Self::Elsewhere => "on another machine",
            Self::ForeignChallenge => "when the answer asks for another scheme than Basic",
            Self::Status401 => "with HTTP 401",
            Self::SystemRoots => "without a CA of your own",
            Self::OwnRoots => "with a CA of your own",
            Self::ClientCertificate => "with a client certificate",
            Self::NoClientCertificate => "without a client certificate",
            Self::TokenUnderAnotherName => "when a member looks like a token",
        }
    }
}

/// Puts the facts into a template.
pub(super) fn fill(template: &str, facts: &Facts<'_>) -> String {
    replace(template, |name| facts.value(name).unwrap_or_else(|| "(unknown)".to_owned()))
}

/// Replaces each `{name}` by what `value` says.
pub(super) fn replace(template: &str, value: impl Fn(&str) -> String) -> String {
    let mut text = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((name, remainder)) = after.split_once('}') else { break };
        text.push_str(before);
        text.push_str(&value(name));
        rest = remainder;
    }
    text.push_str(rest);
    text
}
