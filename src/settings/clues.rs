//! Signs of a mistake that prove none. They are kept with the settings, and are reported only if CXone rejects these.

use crate::settings::environment::Environment;
use crate::settings::inspect::Finding;
use crate::settings::source::Source;
use crate::settings::table;
use crate::text;

/// The signs in one configuration. Contains no value of a setting.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Clues {
    /// Probably wrong values.
    pub suspicions: Vec<Suspicion>,
    /// Unused variables with names that resemble a used one.
    pub near_names: Vec<NearName>,
    /// Variables with another value than the one that overrides them.
    pub overridden: Vec<Overridden>,
}

/// A value that is probably wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suspicion {
    /// The mistake.
    pub finding: Finding,
    /// The source of the value.
    pub source: Source,
}

/// An unused variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NearName {
    /// Its name.
    pub found: String,
    /// The probably intended variable.
    pub meant: &'static str,
}

/// A variable whose value is overridden.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overridden {
    /// The setting.
    pub attribute: &'static str,
    /// The variable.
    pub variable: &'static str,
    /// The source of the used value.
    pub by: Source,
}

impl NearName {
    /// The variables of `environment` that were probably intended for this provider, sorted by name.
    pub fn all(environment: &Environment) -> Vec<Self> {
        let near = |name: &str| Some(Self { found: name.to_owned(), meant: meant(name)? });
        environment.names().filter_map(near).collect()
    }
}

impl Overridden {
    /// `attribute`, if `environment` has another value for it than `used` from `source`.
    pub fn find(environment: &Environment, attribute: &'static str, used: &str, source: &Source) -> Option<Self> {
        let setting = table::ALL.iter().find(|setting| setting.attribute == attribute)?;
        let variable = setting.variables.first()?;
        let differs = environment.text(variable).ok().flatten().is_some_and(|value| value != used);
        // A value from the environment itself overrides nothing, and a default is not the user's choice.
        let is_elsewhere = source.variable().is_none() && !source.is_default();
        (differs && is_elsewhere).then(|| Self { attribute, variable, by: source.clone() })
    }
}

/// The variable that `name` was probably intended to be; `None` if `name` is used, or has another purpose.
fn meant(name: &str) -> Option<&'static str> {
    let upper = name.to_ascii_uppercase();
    let is_ours = upper.starts_with("CXONE") || upper.starts_with("NICE_CXONE") || upper.starts_with("NICE_CX");
    if !is_ours || OTHERS.iter().any(|other| upper.starts_with(other)) || known().any(|known| known == name) {
        return None;
    }
    let bare = |text: &str| text.replace(['_', '-', '.'], "");
    let ending = bare(upper.trim_start_matches("NICE_").trim_start_matches("CXONE").trim_start_matches("CX_"));
    let synonym = || SYNONYMS.iter().find(|(other, _)| *other == ending).map(|(_, meant)| *meant);
    let same = || known().find(|known| bare(known.trim_start_matches("CXONE_")) == ending);
    // Short names are one letter away from too many words.
    let near = || known().find(|known| ending.len() > 4 && text::distance(&bare(&known[6..]), &ending) == 1);
    // From the most to the least certain.
    same().or_else(synonym).or_else(near)
}

/// All variables of this provider.
fn known() -> impl Iterator<Item = &'static str> {
    table::ALL.iter().flat_map(|setting| setting.variables).copied().filter(|name| name.starts_with("CXONE_"))
}

// The prefixes of the sandbox and of Checkmarx One, which is also called "CxOne".
const OTHERS: [&str; 2] = ["CXONE_SANDBOX", "CXONE_TENANT_NAME"];

// Common other names for the variables, without prefix and underscores.
const SYNONYMS: [(&str, &str); 22] = [
    ("SECRET", "CXONE_CLIENT_SECRET"),
    ("CLIENTPASSWORD", "CXONE_CLIENT_SECRET"),
    ("PASSWORD", "CXONE_CLIENT_SECRET"),
    ("APISECRET", "CXONE_CLIENT_SECRET"),
    ("ID", "CXONE_CLIENT_ID"),
    ("CLIENT", "CXONE_CLIENT_ID"),
    ("APIKEY", "CXONE_CLIENT_ID"),
    ("SCOPE", "CXONE_SCOPES"),
    ("URL", "CXONE_TOKEN_URL"),
    ("ENDPOINT", "CXONE_TOKEN_URL"),
    ("TOKENENDPOINT", "CXONE_TOKEN_URL"),
    ("AUTHURL", "CXONE_TOKEN_URL"),
    ("OAUTHURL", "CXONE_TOKEN_URL"),
    ("TOKEN", "CXONE_ACCESS_TOKEN"),
    ("ACCESSKEY", "CXONE_ACCESS_KEY_ID"),
    ("SECRETKEY", "CXONE_ACCESS_KEY_SECRET"),
    ("AREA", "CXONE_REGION"),
    ("AUTHMETHOD", "CXONE_TOKEN_ENDPOINT_AUTH_METHOD"),
    ("GRANT", "CXONE_GRANT_TYPE"),
    ("PROXY", "CXONE_HTTP_PROXY"),
    ("TIMEOUT", "CXONE_REQUEST_TIMEOUT"),
    ("RETRIES", "CXONE_MAX_RETRIES"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_near_one_that_is_read_is_noticed() {
        let cases = [
            ("CXONE_SECRET", Some("CXONE_CLIENT_SECRET")),
            ("CXONE_CLIENTSECRET", Some("CXONE_CLIENT_SECRET")),
            ("cxone_client_secret", Some("CXONE_CLIENT_SECRET")),
            ("NICE_CXONE_CLIENT_ID", Some("CXONE_CLIENT_ID")),
            ("CXONE_CLIENT_SECERT", Some("CXONE_CLIENT_SECRET")),
            ("CXONE_CLIENT_SECRT", Some("CXONE_CLIENT_SECRET")),
            ("CXONE_SCOPE", Some("CXONE_SCOPES")),
            ("CXONE_SCOPE_DRFIT", Some("CXONE_SCOPE_DRIFT")),
            ("CXONE_TIMEOUT", Some("CXONE_REQUEST_TIMEOUT")),
            ("CXONE_TOKEN_ENDPOINT", Some("CXONE_TOKEN_URL")),
            ("CXONE_CLIENT_SECRET", None),
            ("CXONE_SANDBOX_URL", None),
            ("CXONE_TENANT_NAME", None),
            ("CXONE_HOME", None),
            ("CLIENT_SECRET", None),
        ];
        for (name, expected) in cases {
            assert_eq!(meant(name), expected, "{name}");
        }
    }

    #[test]
    fn a_variable_is_overridden_only_by_another_value() {
        let environment = Environment::from_iter([("CXONE_CLIENT_SECRET", "canary-old")]);
        let find = |used, source| Overridden::find(&environment, "client_secret", used, source).is_some();
        let block = Source::block("client_secret");
        assert!(find("canary-new", &block));
        assert!(!find("canary-old", &block));
        assert!(!find("canary-new", &Source::environment("CXONE_CLIENT_SECRET")));
    }
}
