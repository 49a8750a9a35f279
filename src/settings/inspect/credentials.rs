//! Mistakes that are visible when credentials are compared with each other.

use crate::settings::inspect::characters::trimmed;
use crate::settings::inspect::{Finding, Mistake, Severity, shape};
use crate::settings::source::Source;
use crate::settings::table::{ACCESS_KEY_ID, ACCESS_KEY_SECRET, CLIENT_ID, CLIENT_SECRET, Setting};

/// The credentials of one configuration, for a comparison.
///
/// No `Debug`, because it borrows secrets.
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

/// The faults in the credentials compared with each other and with the environment.
pub fn inspect_credentials(credentials: &Credentials<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let id = credentials.text(&CLIENT_ID);
    if let Some(secret) = credentials.text(&CLIENT_SECRET) {
        findings.extend(client_secret(id, secret));
    }
    findings.extend(credentials.repeated());
    findings.extend(credentials.checkmarx());
    findings
}

impl<'a> Credentials<'a> {
    /// The source of `setting`; `None` if it is not among these credentials.
    pub fn source(&self, setting: &Setting) -> Option<&'a Source> {
        self.sourced(setting).map(|(_, source)| source)
    }

    fn text(&self, setting: &Setting) -> Option<&'a str> {
        // Without hidden edges, so that a copied space does not hide two equal values.
        self.sourced(setting).map(|(text, _)| trimmed(text)).filter(|text| !text.is_empty())
    }

    fn sourced(&self, setting: &Setting) -> Option<(&'a str, &'a Source)> {
        let all = [
            (&CLIENT_ID, self.client_id),
            (&CLIENT_SECRET, self.client_secret),
            (&ACCESS_KEY_ID, self.access_key_id),
            (&ACCESS_KEY_SECRET, self.access_key_secret),
        ];
        all.into_iter().find(|(known, _)| *known == setting)?.1
    }

    /// The first setting of each pair with equal values.
    fn repeated(&self) -> impl Iterator<Item = Finding> {
        PAIRS.into_iter().filter_map(|(setting, other)| {
            let same = self.text(setting).is_some_and(|text| self.text(other) == Some(text));
            same.then_some(Finding { setting, severity: Severity::Likely, mistake: Mistake::SameAs(other) })
        })
    }

    /// The first client credential from the environment, if the environment has Checkmarx One's variable.
    fn checkmarx(&self) -> Option<Finding> {
        let from_environment =
            |setting: &&Setting| self.source(setting).is_some_and(|source| source.variable().is_some());
        let setting = [&CLIENT_SECRET, &CLIENT_ID].into_iter().find(from_environment)?;
        let finding = Finding { setting, severity: Severity::Likely, mistake: Mistake::CheckmarxVariable };
        self.checkmarx_variable.then_some(finding)
    }
}

fn client_secret(id: Option<&str>, secret: &str) -> Option<Finding> {
    let (severity, mistake) = if let Some(inner) = shape::encoded_pair(secret) {
        // With the configured id inside, it is certainly a pair. Otherwise a secret could look like base64 by chance.
        let same_id = id == Some(inner.as_str());
        (if same_id { Severity::Certain } else { Severity::Likely }, Mistake::EncodedPair { same_id })
    } else if id.is_some_and(|id| secret.strip_prefix(id).is_some_and(|rest| rest.len() > 1 && rest.starts_with(':'))) {
        (Severity::Likely, Mistake::PlainPair)
    } else if id.is_some_and(|id| shape::is_uuid(secret) && !shape::is_uuid(id) && shape::looks_random(id)) {
        (Severity::Likely, Mistake::Swapped)
    } else if shape::is_access_key(secret) {
        (Severity::Likely, Mistake::AccessKeyForClient)
    } else {
        return None;
    };
    Some(Finding { setting: &CLIENT_SECRET, severity, mistake })
}

// Pairs of settings that never have the same value: the reported one and the other.
static PAIRS: [(&Setting, &Setting); 4] = [
    (&CLIENT_SECRET, &CLIENT_ID),
    (&ACCESS_KEY_SECRET, &ACCESS_KEY_ID),
    (&ACCESS_KEY_ID, &CLIENT_ID),
    (&ACCESS_KEY_SECRET, &CLIENT_SECRET),
];

#[cfg(test)]
mod tests {
    use super::*;

    static ENVIRONMENT: Source = Source::environment("CXONE_CLIENT_SECRET");
    const UUID: &str = "0d9e4c1a-7f5b-4a52-9c39-2f0c6a1b7d11";

    fn mistakes(id: &str, secret: &str) -> Vec<(Severity, Mistake)> {
        let source = Source::block("client_id");
        let credentials = Credentials {
            client_id: Some((id, &source)),
            client_secret: Some((secret, &source)),
            ..Credentials::default()
        };
        inspect_credentials(&credentials).into_iter().map(|finding| (finding.severity, finding.mistake)).collect()
    }

    #[test]
    fn relations_between_id_and_secret_are_seen() {
        let access_key = format!("{}====", "CANARY7".repeat(7));
        let cases = [
            ("canary-id", "canary-secret", vec![]),
            (UUID, "canarySecret0123456789abc", vec![]),
            ("canary", "canary", vec![(Severity::Likely, Mistake::SameAs(&CLIENT_ID))]),
            ("canary", " canary\n", vec![(Severity::Likely, Mistake::SameAs(&CLIENT_ID))]),
            ("canarySecret0123456789abc", UUID, vec![(Severity::Likely, Mistake::Swapped)]),
            ("canary-id", "canary-id:secret", vec![(Severity::Likely, Mistake::PlainPair)]),
            (
                "canary-id",
                "Y2FuYXJ5LWlkOmNhbmFyeS1zZWNyZXQ=",
                vec![(Severity::Certain, Mistake::EncodedPair { same_id: true })],
            ),
            (
                "another-id",
                "Y2FuYXJ5LWlkOmNhbmFyeS1zZWNyZXQ=",
                vec![(Severity::Likely, Mistake::EncodedPair { same_id: false })],
            ),
            ("canary-id", &access_key, vec![(Severity::Likely, Mistake::AccessKeyForClient)]),
        ];
        for (id, secret, expected) in cases {
            assert_eq!(mistakes(id, secret), expected, "{id} {secret}");
        }
    }

    #[test]
    fn checkmarx_is_mentioned_only_where_the_environment_was_used() {
        let block = Source::block("client_secret");
        let with = |source, checkmarx_variable| {
            let client_secret = Some(("canary", source));
            inspect_credentials(&Credentials { client_secret, checkmarx_variable, ..Credentials::default() }).len()
        };
        assert_eq!(with(&ENVIRONMENT, true), 1);
        assert_eq!(with(&ENVIRONMENT, false), 0);
        assert_eq!(with(&block, true), 0);
    }

    #[test]
    fn an_access_key_that_repeats_the_client_is_seen() {
        let findings = inspect_credentials(&Credentials {
            client_id: Some(("canary", &ENVIRONMENT)),
            access_key_id: Some(("canary", &ENVIRONMENT)),
            ..Credentials::default()
        });
        assert_eq!(findings.len(), 1);
        assert_eq!(findings[0].setting, &ACCESS_KEY_ID);
    }
}
