//! One example of each mistake, for the troubleshooting guide.

use crate::settings::inspect::address::AddressMistake;
use crate::settings::inspect::shape::Reference;
use crate::settings::inspect::{Finding, Mistake, Setting, Severity, characters};
use crate::settings::source::Source;

/// How sure, the summary and the advice of every mistake that can be found before a request.
pub(crate) fn catalogue() -> Vec<(&'static str, String, String)> {
    let source = Source::Block("client_secret");
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

fn examples() -> Vec<(Setting, Severity, Mistake)> {
    use Mistake as M;
    use Setting::{ClientSecret, Region, Scope};
    use Severity::{Certain, Likely};
    let characters =
        |text| characters::scan(ClientSecret, text).map(|(severity, bad)| (ClientSecret, severity, M::Characters(bad)));
    let mut examples: Vec<_> = characters("\u{200B}a").into_iter().chain(characters("a ")).collect();
    examples.extend([
        (ClientSecret, Certain, M::Unexpanded(Reference::Shell)),
        (ClientSecret, Certain, M::Header("Basic")),
        (ClientSecret, Certain, M::EncodedPair { same_id: true }),
        (ClientSecret, Likely, M::PlainPair),
        (ClientSecret, Likely, M::Placeholder),
        (ClientSecret, Likely, M::Quoted),
        (ClientSecret, Likely, M::WrittenLineEnd),
        (ClientSecret, Likely, M::OwnName),
        (ClientSecret, Likely, M::SameAs(Setting::ClientId)),
        (ClientSecret, Likely, M::Swapped),
        (ClientSecret, Likely, M::AccessKeyForClient),
        (ClientSecret, Likely, M::Jwt),
        (ClientSecret, Likely, M::Path),
        (ClientSecret, Likely, M::AddressForCredential),
        (ClientSecret, Likely, M::PercentEncoded),
        (Setting::AccessKeyId, Likely, M::Unpadded),
        (ClientSecret, Likely, M::CheckmarxVariable),
        (Scope, Certain, M::ScopeList),
        (Region, Likely, M::ForeignRegion),
    ]);
    examples.extend(addresses());
    examples
}

fn addresses() -> impl Iterator<Item = (Setting, Severity, Mistake)> {
    use AddressMistake as A;
    use Setting::{Issuer, TokenUrl};
    use Severity::{Certain, Likely};
    let mistakes = [
        (TokenUrl, Certain, A::MissingScheme),
        (TokenUrl, Certain, A::PlainHttp),
        (TokenUrl, Certain, A::Unreadable),
        (TokenUrl, Certain, A::UserInfo),
        (TokenUrl, Certain, A::Fragment),
        (TokenUrl, Certain, A::OtherProduct("Checkmarx One")),
        (TokenUrl, Certain, A::WellKnown),
        (TokenUrl, Likely, A::Spelling("cxone.niceincontact.com".to_owned())),
        (TokenUrl, Likely, A::NoPath(vec!["/oauth/token"])),
        (TokenUrl, Likely, A::UnknownPath(vec!["/oauth/token"])),
        (TokenUrl, Likely, A::PathTypo("/oauth/token")),
        (TokenUrl, Likely, A::TrailingSlash),
        (TokenUrl, Likely, A::DoubleSlash),
        (Issuer, Likely, A::TokenPathInIssuer),
        (Issuer, Likely, A::NotAnIssuer),
    ];
    mistakes.into_iter().map(|(setting, severity, mistake)| (setting, severity, Mistake::Address(mistake)))
}
