//! Suspicious values as causes: not reported while CXone accepts them, but the first suspects if it does not.

use crate::diagnosis::cause::{Rank, Ranked};
use crate::diagnosis::evidence::{Evidence, exact_place};
use crate::diagnosis::message::About;
use crate::settings::clues::Suspicion;
use crate::settings::inspect::{AddressMistake, Mistake};
use crate::settings::table::{
    ACCESS_KEY_SECRET, ACCESS_TOKEN, AUDIENCE, CLIENT_SECRET, ISSUER, REGION, SCOPES, Setting, TOKEN_URL,
};

/// `suspicion` as a cause of the failure, if it can be one.
pub(super) fn judge(suspicion: &Suspicion, evidence: &Evidence) -> Option<Ranked> {
    let Suspicion { finding, source } = suspicion;
    let rank = rank(finding.setting, &finding.mistake, evidence)?;
    let setting = finding.setting.attribute;
    let place = exact_place(source);
    let words = Words { setting, place: &place, evidence };
    let (verdict, other) = words.of(&finding.mistake);
    let kind = match &finding.mistake {
        // More specific than the table's own guess about path or host, so it replaces that.
        Mistake::Address(AddressMistake::Spelling(_)) => "near-host".to_owned(),
        Mistake::Address(_) => "path".to_owned(),
        mistake => format!("{setting}-{:?}", std::mem::discriminant(mistake)),
    };
    Some(Ranked { id: kind.into(), rank, verdict, other })
}

/// The strength of a mistake in `setting` as evidence for this failure; `None` if they are unrelated.
fn rank(setting: &'static Setting, mistake: &Mistake, evidence: &Evidence) -> Option<Rank> {
    let about = evidence.message().about;
    // Each setting can only cause failures of its own kind. A given token is never exchanged.
    let concerns = if setting == &ACCESS_TOKEN {
        false
    } else if setting.is_credential {
        // Credentials that were accepted for other scopes are right.
        matches!(about, About::Credentials | About::Request) && !evidence.is_accepted_otherwise()
    } else if setting == &SCOPES {
        about == About::Scopes
    } else if setting == &AUDIENCE {
        about == About::Request
    } else if [&TOKEN_URL, &ISSUER, &REGION].contains(&setting) {
        match mistake {
            Mistake::Address(AddressMistake::Spelling(_)) | Mistake::ForeignRegion => {
                matches!(about, About::Address | About::Host)
            }
            _ => about == About::Address,
        }
    } else {
        false
    };
    let is_of_secret = [&CLIENT_SECRET, &ACCESS_KEY_SECRET].contains(&setting);
    concerns.then_some(match (mistake, evidence.topic()) {
        (Mistake::CheckmarxVariable, _) => Rank::Environment,
        // A wrong secret does not explain words about the client, the method or the grant.
        (_, Some(topic)) if is_of_secret && topic.is_about_something_else_than_the_secret() => Rank::Possible,
        _ => Rank::Value,
    })
}

struct Words<'a> {
    setting: &'a str,
    place: &'a str,
    evidence: &'a Evidence,
}

impl Words<'_> {
    /// The verdict and its short form.
    fn of(&self, mistake: &Mistake) -> (String, String) {
        let Self { setting, place, .. } = self;
        match mistake {
            Mistake::Characters(bad) => {
                let lines = bad.lines();
                let what = match lines.as_slice() {
                    [line] if line == "the last character is U+0020 SPACE" => "ends in a space".to_owned(),
                    [line] if line == "the first character is U+0020 SPACE" => "begins with a space".to_owned(),
                    lines => format!("has characters that CXone does not issue ({})", lines.join("; ")),
                };
                (
                    format!("{setting} {what}, which was sent as part of it. Remove it in {place}."),
                    format!("{setting} {what}."),
                )
            }
            Mistake::Quoted => self.pair(
                "is wrapped in quotation marks, and they were sent as part of it",
                &format!("Remove them in {place}."),
            ),
            Mistake::WrittenLineEnd => self.pair(
                "ends in the two characters \\n (an escaped line end), which were sent as part of it",
                &format!("Remove them in {place}."),
            ),
            Mistake::Unexpanded(_) => self.pair(
                "contains a reference such as ${NAME} that nothing replaced, and it was sent as it is",
                &format!("Write the value itself in {place}."),
            ),
            Mistake::Placeholder => self.pair(
                "is still a placeholder from an example",
                &format!("Set it to the value that NICE issued, in {place}."),
            ),
            Mistake::OwnName => self.pair(
                "begins with the name of a setting, which was sent as part of it",
                &format!("Remove everything before the value in {place}."),
            ),
            Mistake::Header(scheme) => self.pair(
                &format!("begins with {scheme}, as a copied header does"),
                &format!("Remove everything before the value in {place}."),
            ),
            Mistake::Jwt => self.pair(
                "is a JSON Web Token, and CXone does not issue such values for it",
                &format!(
                    "If it is an access token that you already have, set access_token instead; otherwise set {setting} in \
                     {place} to the value that NICE issued."
                ),
            ),
            Mistake::Path => self.pair(
                "looks like the path of a file, and the path itself was sent",
                &format!("Set {setting}_file to the path, and remove the value in {place}."),
            ),
            Mistake::AddressForCredential => self.pair(
                "is an address, and it was sent as a credential",
                &format!("Set {setting} in {place} to the credential; an address belongs in token_url."),
            ),
            Mistake::EncodedPair { .. } | Mistake::PlainPair => {
                let (what, first) = match mistake {
                    Mistake::PlainPair => ("has the form id:secret, as in a Basic header", ""),
                    _ => {
                        ("is the base64 text of id:secret, as in a Basic header", "; the value is base64, so decode it first")
                    }
                };
                self.pair(
                    what,
                    &format!(
                        "Set client_secret in {place} to the part after the colon, and client_id to the part before \
                         it{first}."
                    ),
                )
            }
            Mistake::SameAs(other) => {
                let other = other.attribute;
                (
                    format!(
                        "{setting} and {other} have the same value, but CXone issues two different ones. Compare \
                         both with the values that NICE issued, and correct the wrong one; {setting} is set in \
                         {place}."
                    ),
                    format!("{setting} and {other} have the same value."),
                )
            }
            Mistake::Swapped => (
                format!(
                    "client_id and client_secret look swapped: the secret has the form of an id (a UUID), and the id has \
                     the form of a secret. Exchange them; client_secret is set in {place}."
                ),
                "client_id and client_secret look swapped.".to_owned(),
            ),
            Mistake::AccessKeyForClient => self.pair(
                "looks like a CXone access key, not like the secret of an application",
                "Set access_key_id and access_key_secret instead, with grant_type = \"password\" (global service, next to \
                 client_id and client_secret) or \"access_key\" (regional service).",
            ),
            Mistake::CheckmarxVariable => (
                format!(
                    "CXONE_TENANT_NAME is set: a variable of Checkmarx One, another product, which also reads \
                     CXONE_CLIENT_ID and CXONE_CLIENT_SECRET. {setting} in {place} is probably Checkmarx One's. Set \
                     NICE CXone's credentials in the provider block."
                ),
                "The CXONE_ variables are Checkmarx One's (CXONE_TENANT_NAME is set).".to_owned(),
            ),
            Mistake::PercentEncoded => self.pair(
                "has sequences such as %2F, so it is probably URL-encoded, and the provider sent it unchanged",
                &format!("Set it in {place} to the value as CXone shows it."),
            ),
            Mistake::Unpadded => self.pair(
                "does not end in ====, as CXone's access keys do",
                &format!("Copy the whole key into {place}."),
            ),
            Mistake::ScopeList => (
                format!(
                    "One element of scopes holds several scopes. Write each scope as an element of its own in {place}: \
                     scopes = [\"first\", \"second\"]."
                ),
                "One element of scopes holds several scopes.".to_owned(),
            ),
            Mistake::ForeignRegion => self.pair(
                "looks like a region of another cloud",
                &format!("Set it in {place} to the code of your CXone area, such as na1."),
            ),
            Mistake::Address(mistake) => self.address(mistake),
        }
    }

    fn pair(&self, what: &str, fix: &str) -> (String, String) {
        let setting = self.setting;
        let short = what.split(", and").next().unwrap_or(what);
        (format!("{setting} {what}. {fix}"), format!("{setting} {short}."))
    }

    fn address(&self, mistake: &AddressMistake) -> (String, String) {
        let Self { setting, place, evidence } = self;
        let meant = |url: String, what: &str| {
            (
                format!("{setting} {what}: did you mean {url}? Set it in {place}."),
                format!("{setting} {what}: did you mean {url}?"),
            )
        };
        let path = evidence.path();
        match mistake {
            AddressMistake::Spelling(host) => meant(format!("https://{host}{path}"), "misspells the domain of NICE"),
            AddressMistake::TrailingSlash => meant(evidence.with_path(path.trim_end_matches('/')), "ends in a slash"),
            AddressMistake::DoubleSlash => {
                meant(evidence.with_path(&path.replace("//", "/")), "has two slashes in a row")
            }
            AddressMistake::NoPath(paths) => {
                meant(evidence.with_path(paths.first().unwrap_or(&"/oauth/token")), "has no path")
            }
            AddressMistake::UnknownPath(paths) => meant(
                evidence.with_path(paths.first().unwrap_or(&"/oauth/token")),
                "has a path that is not known on this host",
            ),
            AddressMistake::PathTypo(ending) => {
                let base = path.rsplit_once('/').map(|(start, _)| start).unwrap_or_default();
                let base = base.rsplit_once('/').map(|(start, _)| start).unwrap_or_default();
                meant(evidence.with_path(&format!("{base}{ending}")), "has an unusual path")
            }
            AddressMistake::TokenPathInIssuer => (
                format!(
                    "issuer in {place} looks like a token endpoint, and an issuer is a base address such as \
                     https://cxone.niceincontact.com. Set token_url to this address instead, and remove issuer."
                ),
                "issuer looks like a token endpoint: set token_url instead.".to_owned(),
            ),
            AddressMistake::NotAnIssuer => (
                format!(
                    "issuer in {place} is not one of CXone's issuers, which are https://cxone.niceincontact.com (global) \
                     and https://cxone-gov.niceincontact.com (FedRAMP). Set issuer to one of them, or set token_url."
                ),
                "issuer is not one of CXone's issuers.".to_owned(),
            ),
            _ => (
                format!("{setting} is not a usable address. Correct it in {place}."),
                format!("{setting} is not usable."),
            ),
        }
    }
}
