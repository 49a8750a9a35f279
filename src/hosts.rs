//! The hosts of NICE CXone, and of the products that are confused with it.
//!
//! All facts come from public sources, and each says how certain it is. Areas and clusters are matched by their form,
//! not by a closed list.

/// A host, or a family of hosts.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct KnownHost {
    pattern: Pattern,
    pub(crate) product: Product,
    /// A description that follows "is" in a sentence.
    pub(crate) role: &'static str,
    /// Its known token endpoints.
    pub(crate) paths: &'static [KnownPath],
    /// Whether the global authentication service (OpenID discovery, `/auth/token`) runs here.
    pub(crate) is_issuer: bool,
}

/// A path that issues tokens.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct KnownPath {
    pub(crate) path: &'static str,
    /// The request that it accepts.
    pub(crate) takes: &'static str,
    /// How certain this fact is.
    pub(crate) certainty: Certainty,
}

/// The product that a host belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Product {
    Cxone,
    Genesys,
    CheckmarxOne,
}

/// How certain a fact is, by its best source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Certainty {
    /// NICE's own documentation or API description.
    Official,
    /// Code that NICE publishes.
    Code,
    /// The documentation of a NICE partner.
    Partner,
    /// Code or reports by others.
    Community,
    /// One weak source, or none that is public.
    Unverified,
}

#[derive(Debug, PartialEq, Eq)]
enum Pattern {
    Exact(&'static str),
    /// A prefix, the label of one area or cluster (letters, then digits), a suffix.
    Area(&'static str, &'static str),
    /// The domain itself and all its subdomains.
    Under(&'static str),
}

/// The first entry that matches `host`, in any case.
pub(crate) fn lookup(host: &str) -> Option<&'static KnownHost> {
    let host = host.to_ascii_lowercase();
    HOSTS.iter().find(|known| known.pattern.matches(&host))
}

/// The right host, if `host` is a NICE host except for the hyphen in its domain.
pub(crate) fn other_spelling(host: &str) -> Option<String> {
    let host = host.to_ascii_lowercase();
    let swapped = match host.strip_suffix(HYPHENED) {
        Some(labels) => format!("{labels}{PLAIN}"),
        None => format!("{}{HYPHENED}", host.strip_suffix(PLAIN)?),
    };
    // Only if the host is unknown and the other spelling is known. Both domains are right for different services.
    (lookup(&host).is_none() && lookup(&swapped).is_some()).then_some(swapped)
}

/// Every known host with the form of its name, for the documentation.
pub(super) fn all() -> impl Iterator<Item = (String, &'static KnownHost)> {
    HOSTS.iter().map(|known| (known.pattern.to_string(), known))
}

impl Certainty {
    /// The certainty in words, such as `documented by NICE`.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Official => "documented by NICE",
            Self::Code => "in code that NICE publishes",
            Self::Partner => "documented by a NICE partner",
            Self::Community => "reported by users",
            Self::Unverified => "not verified",
        }
    }
}

impl Product {
    /// The product's name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Cxone => "NICE CXone",
            Self::Genesys => "Genesys Cloud",
            Self::CheckmarxOne => "Checkmarx One",
        }
    }
}

impl Pattern {
    fn matches(&self, host: &str) -> bool {
        match self {
            Self::Exact(name) => host == *name,
            Self::Area(prefix, suffix) => {
                host.strip_prefix(prefix).and_then(|rest| rest.strip_suffix(suffix)).is_some_and(is_area)
            }
            Self::Under(domain) => host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')),
        }
    }
}

impl std::fmt::Display for Pattern {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Exact(name) => formatter.write_str(name),
            Self::Area(prefix, suffix) => write!(formatter, "{prefix}<area>{suffix}"),
            Self::Under(domain) => write!(formatter, "*.{domain}"),
        }
    }
}

/// The form of an area (`na1`) or a cluster (`c12`): one to three letters, then one to three digits.
fn is_area(label: &str) -> bool {
    let letters = label.bytes().take_while(u8::is_ascii_alphabetic).count();
    // Known areas look like na1, known clusters like c12. The form leaves room for new ones.
    (1..=3).contains(&letters)
        && (1..=3).contains(&(label.len() - letters))
        && label.bytes().skip(letters).all(|byte| byte.is_ascii_digit())
}

// One hyphen apart: the APIs are under the plain domain, the user interface and the regional service under the other.
const PLAIN: &str = ".niceincontact.com";
const HYPHENED: &str = ".nice-incontact.com";

const GLOBAL_TAKES: &str = "form, grant_type=password with an access key and a registered application";

const fn global(certainty: Certainty) -> KnownPath {
    KnownPath { path: "/auth/token", takes: GLOBAL_TAKES, certainty }
}

// The tables below differ in certainty alone: the same path has different sources at different hosts.
const OFFICIAL_GLOBAL: &[KnownPath] = &[global(Certainty::Official)];
const PARTNER_GLOBAL: &[KnownPath] = &[global(Certainty::Partner)];
const UNVERIFIED_GLOBAL: &[KnownPath] = &[global(Certainty::Unverified)];
const CODE_GLOBAL: &[KnownPath] = &[global(Certainty::Code)];
const REGIONAL: &[KnownPath] = &[KnownPath {
    path: "/authentication/v1/token/access-key",
    takes: "JSON, an access key alone (grant_type = \"access_key\")",
    certainty: Certainty::Official,
}];
const AREA_API: &[KnownPath] = &[global(Certainty::Community)];
const DEFAULT: &[KnownPath] = &[KnownPath {
    path: "/oauth/token",
    takes: "form, grant_type=client_credentials",
    certainty: Certainty::Unverified,
}];
const LEGACY: &[KnownPath] = &[
    KnownPath {
        path: "/InContactAuthorizationServer/Token",
        takes: "the older platform's own grants, with an application name of the form App@Vendor:BusinessUnit",
        certainty: Certainty::Official,
    },
    KnownPath {
        path: "/InContactAuthorizationServer/token/access-key",
        takes: "JSON, an access key alone",
        certainty: Certainty::Community,
    },
];

const fn cxone(pattern: Pattern, role: &'static str, paths: &'static [KnownPath]) -> KnownHost {
    KnownHost { pattern, product: Product::Cxone, role, paths, is_issuer: false }
}

const fn issuer(name: &'static str, role: &'static str, paths: &'static [KnownPath]) -> KnownHost {
    KnownHost { pattern: Pattern::Exact(name), product: Product::Cxone, role, paths, is_issuer: true }
}

const fn other(pattern: Pattern, product: Product, role: &'static str) -> KnownHost {
    KnownHost { pattern, product, role, paths: &[], is_issuer: false }
}

// The first match wins, so exact names come before the families that contain them.
static HOSTS: [KnownHost; 27] = [
    issuer("cxone.niceincontact.com", "CXone's global authentication service", OFFICIAL_GLOBAL),
    issuer(
        "cxone-gov.niceincontact.com",
        "CXone's authentication service for FedRAMP (US government)",
        OFFICIAL_GLOBAL,
    ),
    issuer("nicecxone-sov1.au", "CXone's authentication service for the Australian sovereign cloud", PARTNER_GLOBAL),
    issuer("nicecxone-sov1.eu", "CXone's authentication service for the EU sovereign cloud", PARTNER_GLOBAL),
    issuer("nicecxone-sov1.uk", "CXone's authentication service for the UK sovereign cloud", UNVERIFIED_GLOBAL),
    issuer("cxone.staging.niceincontact.com", "a CXone environment for NICE's own use", CODE_GLOBAL),
    issuer("cxone.dev.niceincontact.com", "a CXone environment for NICE's own use", CODE_GLOBAL),
    issuer("cxone.test.niceincontact.com", "a CXone environment for NICE's own use", CODE_GLOBAL),
    cxone(Pattern::Area("", HYPHENED), "the user interface and regional service of one CXone area", REGIONAL),
    cxone(
        Pattern::Area("api-", PLAIN),
        "the API host of one CXone area; tokens come from the global service",
        AREA_API,
    ),
    cxone(
        Pattern::Exact("api.nicecxone.com"),
        "this provider's default, the address its first user was given; no public NICE page names it",
        DEFAULT,
    ),
    cxone(Pattern::Exact("platform.nicecxone.com"), FORUM, &[]),
    cxone(Pattern::Exact("oauth.nicecxone.com"), FORUM, &[]),
    cxone(Pattern::Under("api.nicecxone.com"), FORUM, &[]),
    cxone(Pattern::Under("nicecxone.com"), "a CXone domain on which no token service is publicly known", &[]),
    cxone(Pattern::Under("cxone.com"), FORUM, &[]),
    cxone(Pattern::Under("nice.incontact.com"), FORUM, &[]),
    cxone(Pattern::Under("nice-engage.com"), FORUM, &[]),
    cxone(Pattern::Exact("api.incontact.com"), LEGACY_ROLE, LEGACY),
    cxone(Pattern::Area("api-", ".incontact.com"), LEGACY_ROLE, LEGACY),
    cxone(Pattern::Area("", ".incontact.com"), LEGACY_ROLE, LEGACY),
    other(Pattern::Under("mypurecloud.com"), Product::Genesys, "a host of Genesys Cloud"),
    other(Pattern::Under("mypurecloud.de"), Product::Genesys, "a host of Genesys Cloud"),
    other(Pattern::Under("mypurecloud.ie"), Product::Genesys, "a host of Genesys Cloud"),
    other(Pattern::Under("mypurecloud.jp"), Product::Genesys, "a host of Genesys Cloud"),
    other(Pattern::Under("pure.cloud"), Product::Genesys, "a host of Genesys Cloud"),
    other(Pattern::Under("checkmarx.net"), Product::CheckmarxOne, "a host of Checkmarx One"),
];

const FORUM: &str = "a name found only in forum posts that contradict each other";
const LEGACY_ROLE: &str = "the older inContact platform";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_known_by_name_and_by_form() {
        let cases = [
            ("cxone.niceincontact.com", Some("/auth/token")),
            ("CXONE-GOV.niceincontact.com", Some("/auth/token")),
            ("na1.nice-incontact.com", Some("/authentication/v1/token/access-key")),
            ("zz9.nice-incontact.com", Some("/authentication/v1/token/access-key")),
            ("api-uk1.niceincontact.com", Some("/auth/token")),
            ("api.nicecxone.com", Some("/oauth/token")),
            ("api-c12.incontact.com", Some("/InContactAuthorizationServer/Token")),
            ("help.nicecxone.com", None),
            ("login.mypurecloud.de", None),
            ("eu.ast.checkmarx.net", None),
        ];
        for (host, path) in cases {
            let known = lookup(host).unwrap_or_else(|| panic!("{host} is not known"));
            assert_eq!(known.paths.first().map(|known| known.path), path, "{host}");
        }
        for host in ["example.com", "127.0.0.1", "notcheckmarx.net", "www.nice-incontact.com"] {
            assert_eq!(lookup(host), None, "{host}");
        }
    }

    #[test]
    fn the_hyphen_is_put_where_it_belongs() {
        let cases = [
            ("cxone.nice-incontact.com", Some("cxone.niceincontact.com")),
            ("na1.niceincontact.com", Some("na1.nice-incontact.com")),
            ("api-na1.nice-incontact.com", Some("api-na1.niceincontact.com")),
            ("cxone.niceincontact.com", None),
            ("na1.nice-incontact.com", None),
            ("developer.niceincontact.com", None),
            ("example.com", None),
        ];
        for (host, meant) in cases {
            assert_eq!(other_spelling(host).as_deref(), meant, "{host}");
        }
    }
}
