//! The mistakes that are visible in a value, and their texts.

use crate::settings::inspect::address::AddressMistake;
use crate::settings::inspect::characters::BadCharacters;
use crate::settings::inspect::shape::Reference;
use crate::settings::inspect::{Finding, Severity, characters};
use crate::settings::source::{Origin, Source};
use crate::settings::table::{
    ACCESS_KEY_ID, Alphabet, CLIENT_ID, CLIENT_SECRET, ISSUER, REGION, SCOPES, Setting, TOKEN_URL,
};

/// A mistake. Contains only single impossible characters, hosts and paths of the value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mistake {
    /// Impossible characters.
    Characters(BadCharacters),
    /// A mistake in an address.
    Address(AddressMistake),
    /// Quotes around the whole value.
    Quoted,
    /// `\n` written out at the end.
    WrittenLineEnd,
    /// A reference that was not expanded, and whether it is the whole value.
    Unexpanded(Reference),
    /// A placeholder of an example, or the replacement text of a tool.
    Placeholder,
    /// `Basic …` or `Bearer …`, with the scheme.
    Header(&'static str),
    /// The setting's own name before the value.
    OwnName,
    /// A JSON Web Token instead of a credential.
    Jwt,
    /// The path of a file instead of its content.
    Path,
    /// An address instead of a credential.
    AddressForCredential,
    /// Several scopes in one element.
    ScopeList,
    /// A cloud provider's region.
    ForeignRegion,
    /// base64 of `id:secret`, and whether the id is the configured one.
    EncodedPair {
        /// Whether the decoded id is `client_id`.
        same_id: bool,
    },
    /// `id:secret` as one value, with the configured id.
    PlainPair,
    /// The same value as another setting.
    SameAs(&'static Setting),
    /// Id and secret seem to be swapped.
    Swapped,
    /// An access key instead of the client credentials.
    AccessKeyForClient,
    /// A percent-encoded credential, as in a form or an address.
    PercentEncoded,
    /// An access key without the equals signs at its end.
    Unpadded,
    /// `CXONE_TENANT_NAME` is set, and this value comes from the environment.
    CheckmarxVariable,
}

impl Mistake {
    /// The fault in one line.
    pub(super) fn summary(&self, setting: &Setting, severity: Severity) -> String {
        let attribute = setting.attribute;
        let rest = match self {
            Self::Address(mistake) => return mistake.summary(attribute),
            Self::Characters(_) if severity == Severity::Certain => "has a character that cannot be right",
            Self::Characters(_) => "has a character that is probably not meant",
            Self::Quoted => "has quotes around the whole value",
            Self::WrittenLineEnd => "ends in a line end written as \\n",
            Self::Unexpanded(_) => "holds a reference that was not replaced by its value",
            Self::Placeholder => "is still a placeholder",
            Self::Header(_) => "is a copied header, not the credential itself",
            Self::OwnName => "has its own name in front of the value",
            Self::Jwt => "looks like a token",
            Self::Path => "looks like the path of a file",
            Self::AddressForCredential => "looks like an address",
            Self::ScopeList => "has several scopes in one element",
            Self::ForeignRegion => "looks like another cloud's region",
            Self::EncodedPair { .. } => "is an encoded pair of id and secret",
            Self::PlainPair => "is a pair of id and secret",
            Self::SameAs(other) => return format!("{attribute} and {} have the same value", other.attribute),
            Self::Swapped => "and client_id look swapped",
            Self::AccessKeyForClient => "looks like a CXone access key",
            Self::PercentEncoded => "is URL-encoded",
            Self::Unpadded => "lacks the equals signs at its end",
            Self::CheckmarxVariable => "may belong to Checkmarx One",
        };
        format!("{attribute} {rest}")
    }

    /// The reason and the fix, one paragraph each.
    pub(super) fn advice(&self, setting: &Setting, severity: Severity, source: &Source) -> Vec<String> {
        let attribute = setting.attribute;
        let advice = match self {
            Self::Characters(_) => {
                let why = if severity == Severity::Certain { rule(setting) } else { UNUSUAL };
                return vec![why.to_owned(), rewrite(source)];
            }
            Self::Address(mistake) => return mistake.advice(),
            Self::Quoted => quotes(source),
            Self::WrittenLineEnd => WRITTEN_LINE_END,
            Self::Unexpanded(reference) => unexpanded(*reference),
            Self::Placeholder => "Set the value that NICE sent for your registered application.",
            Self::Header(scheme) => return vec![header(scheme, attribute)],
            Self::OwnName => "Remove the name and the sign after it.",
            Self::Jwt => jwt(setting),
            Self::Path => return vec![path(setting)],
            Self::AddressForCredential => {
                "An address belongs in token_url or issuer. Set the credential itself \
                                           here."
            }
            Self::ScopeList => "Write each scope as an element of its own: scopes = [\"first\", \"second\"].",
            Self::ForeignRegion => FOREIGN_REGION,
            Self::EncodedPair { .. } => ENCODED_PAIR,
            Self::PlainPair => "Set client_id to the part before the colon and client_secret to the part after it.",
            Self::SameAs(_) => "CXone issues two different values. One of them was pasted twice.",
            Self::Swapped => SWAPPED,
            Self::AccessKeyForClient => ACCESS_KEY,
            Self::PercentEncoded => {
                "It has sequences such as %2F, so it is probably URL-encoded. Set the value as CXone shows it: the \
                 provider encodes it where necessary."
            }
            Self::Unpadded => "CXone's access keys end in four equals signs (====). Copy the whole key.",
            Self::CheckmarxVariable => CHECKMARX,
        };
        vec![advice.to_owned()]
    }
}

const UNUSUAL: &str = "The OAuth rules allow such a value, but CXone does not issue one.";

fn rule(setting: &Setting) -> &'static str {
    match setting.alphabet {
        // The audience has the same alphabet, but no rule of RFC 6749.
        Some(Alphabet::Visible) if setting.is_credential => {
            "RFC 6749 (appendix A) allows only printable ASCII characters here."
        }
        Some(Alphabet::Unicode) => "CXone's access keys consist of letters, digits and `=`.",
        Some(Alphabet::Bearer) => "A token consists of printable ASCII without spaces.",
        Some(Alphabet::Scope) => {
            "RFC 6749 (section 3.3) allows printable ASCII characters in a scope, except space, \" and \\."
        }
        Some(Alphabet::Address) => "An address consists of printable ASCII without spaces.",
        Some(Alphabet::Visible) | None => "An audience is an address or an identifier in printable ASCII.",
        Some(Alphabet::Label) => {
            "A region is a short code of letters and digits such as na1, not a host or an address."
        }
    }
}

fn rewrite(source: &Source) -> String {
    if source.value_file().is_some() {
        return "Save the file without them. One line end at the end of the file is fine: the provider removes it."
            .to_owned();
    }
    match source.origin {
        Origin::Block(_) | Origin::Resource(_) => {
            "Delete and retype those characters, at the source if the value comes from file() or a variable.".to_owned()
        }
        Origin::Environment(name) => format!(
            "Set the variable again without them. `printf %s \"${name}\" | od -c` shows every character and so the \
             secret: run it in your own terminal, never in a CI job."
        ),
        Origin::Flag(_) | Origin::AuthFile(_) | Origin::Default => "Correct the value where it is set.".to_owned(),
    }
}

fn quotes(source: &Source) -> &'static str {
    match source.variable() {
        Some(_) => {
            "The quotes became part of the value: a shell removes them, but `docker --env-file`, systemd and CI \
             settings keep them. Set the variable without them."
        }
        None if source.value_file().is_some() => {
            "The file must contain only the value: no quotes, no name. Save it without them."
        }
        None => "The quotes became part of the value. Remove the inner pair.",
    }
}

fn unexpanded(reference: Reference) -> &'static str {
    match reference {
        Reference::Shell => {
            "A shell replaces such a reference. Single quotes, .env files, YAML files and CI settings do not. \
             Terraform replaces \"${var.name}\" but never an environment variable: remove the argument, and the \
             provider reads its own variable."
        }
        Reference::CommandPrompt => {
            "Windows' command prompt replaces such a reference if the variable is set. PowerShell and other programs \
             do not."
        }
        Reference::PowerShell => "PowerShell replaces $env:NAME outside single quotes only; other programs never do.",
        Reference::Template => "The template was used before it was rendered.",
        Reference::Terraform => "In quotes this is text. Write the reference without quotes.",
    }
}

fn header(scheme: &str, attribute: &str) -> String {
    format!(
        "`{scheme}` belongs to an Authorization header, and the provider builds that header. Set {attribute} to the \
         bare value{}",
        if scheme == "Basic" {
            ": the text after `Basic` is the base64 of id, colon and secret, so decode it first."
        } else {
            "."
        }
    )
}

fn jwt(setting: &Setting) -> &'static str {
    match [&CLIENT_ID, &CLIENT_SECRET].contains(&setting) {
        true => {
            "It is a JSON Web Token. If it is an access token that you already have, set access_token instead: then \
             no credentials are exchanged."
        }
        false => "It is a JSON Web Token, which this setting does not accept.",
    }
}

fn path(setting: &Setting) -> String {
    match setting.file {
        Some(file) => format!("To read the secret from a file, set {} to the path instead.", file.attribute),
        None => "To read the value from a file, use trimspace(file(\"…\")).".to_owned(),
    }
}

const WRITTEN_LINE_END: &str = "A line end was escaped, as in JSON, and never decoded. Remove the last two \
                                characters.";

const FOREIGN_REGION: &str = "A CXone area is a short code such as na1, au1 or eu1. It is the first label of the \
     address of your CXone user interface.";

const ENCODED_PAIR: &str = "It decodes to an id, a colon and a secret: the text after `Basic` in a header. The \
                            provider builds that header. Set client_id to the part before the colon and \
                            client_secret to the part after it.";

const SWAPPED: &str = "The secret looks like an id (a UUID), and the id looks like a secret. Exchange the two, and \
                       check the source of each.";

const ACCESS_KEY: &str = "CXone's access keys end in four equals signs. They are not the credentials of a registered \
     application: set access_key_id and access_key_secret, with grant_type = \"password\" (global service, needs \
     client_id and client_secret too) or \"access_key\" (regional service).";

const CHECKMARX: &str = "The environment variable CXONE_TENANT_NAME is set. Checkmarx One's tools read it, and they \
                         also read CXONE_CLIENT_ID and CXONE_CLIENT_SECRET. If this credential is Checkmarx One's, \
                         set NICE CXone's in the provider block, for instance from a Terraform variable (TF_VAR_…).";

/// Severity, summary and advice of every mistake that can be found before a request.
pub(crate) fn catalogue() -> Vec<(&'static str, String, String)> {
    let source = Source::block("client_secret");
    let findings = examples().into_iter().map(|(setting, severity, mistake)| Finding { setting, severity, mistake });
    findings
        .map(|finding| {
            let severity = match finding.severity {
                Severity::Certain => "Error",
                Severity::Likely => "Warning",
            };
            let advice = finding.mistake.advice(finding.setting, finding.severity, &source).join(" ");
            (severity, finding.mistake.summary(finding.setting, finding.severity), advice)
        })
        .collect()
}

fn examples() -> Vec<(&'static Setting, Severity, Mistake)> {
    use Mistake as M;
    use Severity::{Certain, Likely};
    let characters = |text| {
        characters::scan(&CLIENT_SECRET, text).map(|(severity, bad)| (&CLIENT_SECRET, severity, M::Characters(bad)))
    };
    // One certain and one likely fault: their texts differ.
    let mut examples: Vec<_> = characters("\u{200B}a").into_iter().chain(characters("a ")).collect();
    examples.extend([
        (&CLIENT_SECRET, Certain, M::Unexpanded(Reference::Shell)),
        (&CLIENT_SECRET, Certain, M::Header("Basic")),
        (&CLIENT_SECRET, Certain, M::EncodedPair { same_id: true }),
        (&CLIENT_SECRET, Likely, M::PlainPair),
        (&CLIENT_SECRET, Likely, M::Placeholder),
        (&CLIENT_SECRET, Likely, M::Quoted),
        (&CLIENT_SECRET, Likely, M::WrittenLineEnd),
        (&CLIENT_SECRET, Likely, M::OwnName),
        (&CLIENT_SECRET, Likely, M::SameAs(&CLIENT_ID)),
        (&CLIENT_SECRET, Likely, M::Swapped),
        (&CLIENT_SECRET, Likely, M::AccessKeyForClient),
        (&CLIENT_SECRET, Likely, M::Jwt),
        (&CLIENT_SECRET, Likely, M::Path),
        (&CLIENT_SECRET, Likely, M::AddressForCredential),
        (&CLIENT_SECRET, Likely, M::PercentEncoded),
        (&ACCESS_KEY_ID, Likely, M::Unpadded),
        (&CLIENT_SECRET, Likely, M::CheckmarxVariable),
        (&SCOPES, Certain, M::ScopeList),
        (&REGION, Likely, M::ForeignRegion),
    ]);
    examples.extend(addresses());
    examples
}

fn addresses() -> impl Iterator<Item = (&'static Setting, Severity, Mistake)> {
    use AddressMistake as A;
    use Severity::{Certain, Likely};
    let mistakes = [
        (&TOKEN_URL, Certain, A::MissingScheme),
        (&TOKEN_URL, Certain, A::PlainHttp),
        (&TOKEN_URL, Certain, A::Unreadable),
        (&TOKEN_URL, Certain, A::UserInfo),
        (&TOKEN_URL, Certain, A::Fragment),
        (&TOKEN_URL, Certain, A::OtherProduct("Checkmarx One")),
        (&TOKEN_URL, Certain, A::WellKnown),
        (&TOKEN_URL, Likely, A::Spelling("cxone.niceincontact.com".to_owned())),
        (&TOKEN_URL, Likely, A::NoPath(vec!["/oauth/token"])),
        (&TOKEN_URL, Likely, A::UnknownPath(vec!["/oauth/token"])),
        (&TOKEN_URL, Likely, A::PathTypo("/oauth/token")),
        (&TOKEN_URL, Likely, A::TrailingSlash),
        (&TOKEN_URL, Likely, A::DoubleSlash),
        (&ISSUER, Likely, A::TokenPathInIssuer),
        (&ISSUER, Likely, A::NotAnIssuer),
    ];
    mistakes.into_iter().map(|(setting, severity, mistake)| (setting, severity, Mistake::Address(mistake)))
}
