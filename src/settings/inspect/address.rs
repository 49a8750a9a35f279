//! Mistakes in `token_url` and `issuer`.

use oauth::{Endpoint, InvalidEndpoint};
use url::{Host, Url};

use crate::hosts::{self, KnownHost, Product};
use crate::settings::inspect::Severity;
use crate::settings::table::{ISSUER, Setting};

/// The fault of an address. Contains hosts and paths, which are not secret; never user info or a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AddressMistake {
    /// No `https://` at the start.
    MissingScheme,
    /// A scheme other than https (and http on loopback).
    Scheme,
    /// `http` to a host that is not this machine.
    PlainHttp,
    /// Not an address.
    Unreadable,
    /// `user:password@` before the host.
    UserInfo,
    /// Credentials in the query.
    CredentialsInQuery,
    /// A `#fragment`.
    Fragment,
    /// A host of another product, with the product's name.
    OtherProduct(&'static str),
    /// A NICE domain with the hyphen in the wrong place, with the right host.
    Spelling(String),
    /// A host without a path.
    NoPath(Vec<&'static str>),
    /// A slash at the end of the path.
    TrailingSlash,
    /// Two slashes in a row in the path.
    DoubleSlash,
    /// A path that is unknown on this host, with the known ones.
    UnknownPath(Vec<&'static str>),
    /// A spelling that no token endpoint has, with the right one.
    PathTypo(&'static str),
    /// The address of a discovery document.
    WellKnown,
    /// `issuer` with the path of a token endpoint.
    TokenPathInIssuer,
    /// `issuer` on a CXone host that is not an issuer.
    NotAnIssuer,
}

/// All faults of an address without impossible characters.
pub(super) fn scan(setting: &Setting, text: &str) -> Vec<(Severity, AddressMistake)> {
    let url = match parse(text) {
        Ok(url) => url,
        Err(mistake) => return vec![(Severity::Certain, mistake)],
    };
    let mut found: Vec<_> = forbidden_parts(&url).into_iter().map(|mistake| (Severity::Certain, mistake)).collect();
    let host = url.host_str().unwrap_or_default();
    let known = hosts::lookup(host);
    match known {
        // Certain, because the credentials of one product would be sent to another.
        Some(known) if known.product != Product::Cxone => {
            found.push((Severity::Certain, AddressMistake::OtherProduct(known.product.name())));
            return found;
        }
        _ => found.extend(hosts::other_spelling(host).map(|meant| (Severity::Likely, AddressMistake::Spelling(meant)))),
    }
    found.extend(if *setting == ISSUER { issuer_path(&url, known) } else { token_path(&url, known) });
    found
}

/// The address, if [`Endpoint`] accepts its scheme and host. Faults that `Endpoint` finds are not checked again here.
fn parse(text: &str) -> Result<Url, AddressMistake> {
    let judged = match Url::parse(text) {
        // The parts that have their own message are removed first, so that each of several mistakes is reported.
        Ok(url) if text.contains("://") => bare(&url),
        _ => text.to_owned(),
    };
    match Endpoint::try_parse(&judged) {
        Ok(_) => Url::parse(text).map_err(|_| AddressMistake::Unreadable),
        Err(InvalidEndpoint::PlainHttp { .. }) => Err(AddressMistake::PlainHttp),
        Err(InvalidEndpoint::UnsupportedScheme(_)) => Err(AddressMistake::Scheme),
        // Only if the rest is plausible: otherwise the advice to add `https://` would be wrong.
        Err(InvalidEndpoint::MissingScheme)
            if Url::parse(&format!("https://{text}")).is_ok_and(|url| looks_like_host(&url)) =>
        {
            Err(AddressMistake::MissingScheme)
        }
        Err(_) => Err(AddressMistake::Unreadable),
    }
}

/// `url` without user info and fragment.
fn bare(url: &Url) -> String {
    let mut bare = url.clone();
    bare.set_fragment(None);
    // Both fail only for an address without a host, which remains unchanged.
    let _ = bare.set_username("");
    let _ = bare.set_password(None);
    bare.into()
}

/// A name with a dot, `localhost` or an IP address: something that can follow a scheme.
fn looks_like_host(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name.contains('.') || name == "localhost",
        Some(Host::Ipv4(_) | Host::Ipv6(_)) => true,
        None => false,
    }
}

fn forbidden_parts(url: &Url) -> Vec<AddressMistake> {
    let mut mistakes = Vec::new();
    if !url.username().is_empty() || url.password().is_some() {
        mistakes.push(AddressMistake::UserInfo);
    }
    if url.query_pairs().any(|(name, _)| CREDENTIAL_FIELDS.contains(&&*name)) {
        mistakes.push(AddressMistake::CredentialsInQuery);
    }
    if url.fragment().is_some() {
        mistakes.push(AddressMistake::Fragment);
    }
    mistakes
}

fn token_path(url: &Url, known: Option<&'static KnownHost>) -> Option<(Severity, AddressMistake)> {
    let path = url.path();
    let paths: Vec<_> = known.iter().flat_map(|known| known.paths).map(|known| known.path).collect();
    // A known path is right, whatever it looks like.
    if paths.iter().any(|known| known.eq_ignore_ascii_case(path)) {
        return None;
    }
    if path.contains("/.well-known/") {
        return Some((Severity::Certain, AddressMistake::WellKnown));
    }
    // Likely, not certain: a gateway can publish a token endpoint under any path.
    let mistake = if path == "/" {
        AddressMistake::NoPath(paths)
    } else if path.contains("//") {
        AddressMistake::DoubleSlash
    } else if path.ends_with('/') {
        AddressMistake::TrailingSlash
    } else if !paths.is_empty() {
        AddressMistake::UnknownPath(paths)
    } else {
        AddressMistake::PathTypo(PATH_TYPOS.iter().find(|(typo, _)| path.ends_with(typo))?.1)
    };
    Some((Severity::Likely, mistake))
}

fn issuer_path(url: &Url, known: Option<&'static KnownHost>) -> Option<(Severity, AddressMistake)> {
    let path = url.path();
    if path.contains("/.well-known") {
        return Some((Severity::Certain, AddressMistake::WellKnown));
    }
    if path.trim_end_matches('/').to_ascii_lowercase().ends_with("/token") {
        return Some((Severity::Likely, AddressMistake::TokenPathInIssuer));
    }
    known.is_some_and(|known| !known.is_issuer).then_some((Severity::Likely, AddressMistake::NotAnIssuer))
}

impl AddressMistake {
    /// The fault, as a clause with `attribute` as its subject.
    pub(super) fn summary(&self, attribute: &str) -> String {
        let rest = match self {
            Self::MissingScheme => "does not start with https://",
            Self::Scheme | Self::PlainHttp => "is not an https address",
            Self::Unreadable => "is not an address",
            Self::UserInfo | Self::CredentialsInQuery => "has credentials in the address",
            Self::Fragment => "has a fragment (#)",
            Self::OtherProduct(product) => return format!("{attribute} is an address of {product}, not of NICE CXone"),
            Self::Spelling(_) => "has the wrong spelling of NICE's domain",
            Self::NoPath(_) => "has no path",
            Self::TrailingSlash => "ends in a slash",
            Self::DoubleSlash => "has two slashes in a row",
            Self::UnknownPath(_) => "has a path that is not known on this host",
            Self::PathTypo(_) => "has an unusual path",
            Self::WellKnown => "is the address of a discovery document",
            Self::TokenPathInIssuer => "looks like a token endpoint",
            Self::NotAnIssuer => "is not one of CXone's issuers",
        };
        format!("{attribute} {rest}")
    }

    /// The reason and the fix.
    pub(super) fn advice(&self) -> Vec<String> {
        let advice = match self {
            Self::MissingScheme => MISSING_SCHEME,
            Self::Scheme => OTHER_SCHEME,
            Self::PlainHttp => PLAIN_HTTP,
            Self::Unreadable => UNREADABLE,
            Self::UserInfo => USER_INFO,
            Self::CredentialsInQuery => CREDENTIALS_IN_QUERY,
            Self::Fragment => FRAGMENT,
            Self::OtherProduct(product) => return other_product(product),
            Self::Spelling(meant) => return vec![spelling(meant)],
            Self::NoPath(paths) | Self::UnknownPath(paths) => return vec![known(paths)],
            Self::TrailingSlash => TRAILING_SLASH,
            Self::DoubleSlash => DOUBLE_SLASH,
            Self::PathTypo(meant) => {
                return vec![format!(
                    "Token endpoints are usually called {meant}. If yours really has this path, ignore this warning."
                )];
            }
            Self::WellKnown => WELL_KNOWN,
            Self::TokenPathInIssuer => TOKEN_PATH_IN_ISSUER,
            Self::NotAnIssuer => NOT_AN_ISSUER,
        };
        vec![advice.to_owned()]
    }
}

fn other_product(product: &str) -> Vec<String> {
    let mut advice = vec![format!(
        "The credentials would be sent to {product}. NICE CXone is another product: set token_url (or issuer) to the \
         address of your CXone tenant's token service."
    )];
    if product == Product::CheckmarxOne.name() {
        advice.push(
            "Checkmarx One is called \"CxOne\" too, and its tools own variables such as CXONE_CLIENT_ID, \
             CXONE_CLIENT_SECRET and CXONE_TENANT_NAME: check which product the variables of this shell belong to."
                .to_owned(),
        );
    }
    advice
}

fn spelling(meant: &str) -> String {
    format!(
        "NICE uses both domains for different services: niceincontact.com (authentication and API) and \
         nice-incontact.com (user interface and regional service). The known host is {meant}."
    )
}

fn known(paths: &[&str]) -> String {
    match paths {
        [] => "A token endpoint has a path, such as /oauth/token or /auth/token. Add it.".to_owned(),
        paths => format!(
            "Known on this host: {}. If your tenant was given another path, ignore this warning.",
            paths.join(", ")
        ),
    }
}

// Query fields that reveal credentials.
const CREDENTIAL_FIELDS: [&str; 6] =
    ["client_id", "client_secret", "password", "accessKeyId", "accessKeySecret", "access_token"];

// The ends of paths that no token endpoint has, and the right ones.
const PATH_TYPOS: [(&str, &str); 7] = [
    ("/oauth/tokens", "/oauth/token"),
    ("/oauth2/tokens", "/oauth2/token"),
    ("/auth/tokens", "/auth/token"),
    ("/oauth/authorize", "/oauth/token"),
    ("/oauth2/authorize", "/oauth2/token"),
    ("/auth/authorize", "/auth/token"),
    ("/oath/token", "/oauth/token"),
];

const MISSING_SCHEME: &str = "Write the whole address, such as \"https://api.nicecxone.com/oauth/token\".";

const OTHER_SCHEME: &str = "Start the address with https://.";

const PLAIN_HTTP: &str = "The credentials would cross the network unencrypted. Use https://. Plain http is accepted \
                          only for this machine (localhost, 127.0.0.1, [::1]).";

const UNREADABLE: &str = "Write the whole address, with https://, the host and the path.";

const USER_INFO: &str = "Addresses appear in logs and messages. Remove `user:password@`, and set client_id and \
                         client_secret instead.";

const CREDENTIALS_IN_QUERY: &str = "RFC 6749 (section 2.3.1) forbids credentials in the address, because addresses \
                                    appear in logs. Remove them, and set client_id, client_secret, scopes and \
                                    grant_type instead.";

const FRAGMENT: &str = "RFC 6749 (section 3.2) forbids a fragment in a token endpoint's address. Remove the # and \
                        the text after it.";

const TRAILING_SLASH: &str = "Most servers treat `/token` and `/token/` as different addresses. Remove the last \
                              slash.";

const DOUBLE_SLASH: &str = "Most servers send 404 for such a path. Two slashes appear when a base address that ends \
                            in a slash is joined with a path that starts with one.";

const WELL_KNOWN: &str = "The discovery document names the token endpoint. Set `issuer` to the part before \
                          /.well-known, and remove token_url.";

const TOKEN_PATH_IN_ISSUER: &str = "An issuer is a base address such as https://cxone.niceincontact.com; the \
                                    provider reads /.well-known/openid-configuration below it. If this is the token \
                                    endpoint, set token_url to it, and remove issuer.";

const NOT_AN_ISSUER: &str = "CXone's issuers are https://cxone.niceincontact.com (global) and \
     https://cxone-gov.niceincontact.com (FedRAMP); an area's own hosts have no discovery document.";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::inspect::{Mistake, inspect};
    use crate::settings::table::TOKEN_URL;

    fn mistakes(setting: &Setting, text: &str) -> Vec<AddressMistake> {
        scan(setting, text).into_iter().map(|(_, mistake)| mistake).collect()
    }

    #[test]
    fn token_urls_are_checked_part_by_part() {
        use AddressMistake as M;
        let cases = [
            ("https://api.nicecxone.com/oauth/token", vec![]),
            ("https://cxone.niceincontact.com/auth/token", vec![]),
            ("https://na1.nice-incontact.com/authentication/v1/token/access-key", vec![]),
            ("https://tokens.example.com/any/path", vec![]),
            ("http://127.0.0.1:8080/oauth/token", vec![]),
            ("http://[::1]:8080/oauth/token", vec![]),
            ("api.nicecxone.com/oauth/token", vec![M::MissingScheme]),
            ("api.nicecxone.com:443/oauth/token", vec![M::MissingScheme]),
            ("//api.nicecxone.com/oauth/token", vec![M::MissingScheme]),
            ("oauth", vec![M::Unreadable]),
            ("ftp://api.nicecxone.com/oauth/token", vec![M::Scheme]),
            ("http://api.nicecxone.com/oauth/token", vec![M::PlainHttp]),
            ("https://", vec![M::Unreadable]),
            ("https://id:canary@api.nicecxone.com/oauth/token", vec![M::UserInfo]),
            ("https://api.nicecxone.com/oauth/token?client_secret=canary", vec![M::CredentialsInQuery]),
            ("https://api.nicecxone.com/oauth/token#x", vec![M::Fragment]),
            ("https://login.mypurecloud.com/oauth/token", vec![M::OtherProduct("Genesys Cloud")]),
            ("https://eu.iam.checkmarx.net/auth/realms/x", vec![M::OtherProduct("Checkmarx One")]),
            ("https://cxone.nice-incontact.com/auth/token", vec![M::Spelling("cxone.niceincontact.com".into())]),
            ("https://api.nicecxone.com", vec![M::NoPath(vec!["/oauth/token"])]),
            ("https://api.nicecxone.com/oauth/token/", vec![M::TrailingSlash]),
            ("https://api.nicecxone.com//oauth/token", vec![M::DoubleSlash]),
            ("https://api.nicecxone.com/oauth2/token", vec![M::UnknownPath(vec!["/oauth/token"])]),
            (
                "https://na1.nice-incontact.com/auth/token",
                vec![M::UnknownPath(vec!["/authentication/v1/token/access-key"])],
            ),
            ("https://tokens.example.com/oauth/tokens", vec![M::PathTypo("/oauth/token")]),
            ("https://cxone.niceincontact.com/.well-known/openid-configuration", vec![M::WellKnown]),
        ];
        for (text, expected) in cases {
            assert_eq!(mistakes(&TOKEN_URL, text), expected, "{text}");
        }
    }

    #[test]
    fn issuers_are_base_addresses() {
        use AddressMistake as M;
        let cases = [
            ("https://cxone.niceincontact.com", vec![]),
            ("https://cxone-gov.niceincontact.com/", vec![]),
            ("https://login.example.com/realms/cxone", vec![]),
            ("https://cxone.niceincontact.com/auth/token", vec![M::TokenPathInIssuer]),
            ("https://cxone.niceincontact.com/.well-known/openid-configuration", vec![M::WellKnown]),
            ("https://na1.nice-incontact.com", vec![M::NotAnIssuer]),
            ("https://cxone.nice-incontact.com", vec![M::Spelling("cxone.niceincontact.com".into())]),
        ];
        for (text, expected) in cases {
            assert_eq!(mistakes(&ISSUER, text), expected, "{text}");
        }
    }

    /// The faults that reject an address although credentials could be sent there: it is another product's, it is a
    /// document, or it would put credentials into logs.
    fn is_policy(mistake: &AddressMistake) -> bool {
        use AddressMistake as M;
        matches!(mistake, M::OtherProduct(_) | M::WellKnown | M::CredentialsInQuery)
    }

    #[track_caller]
    fn never_refused(text: &str) {
        if Endpoint::try_parse(text).is_err() {
            return;
        }
        for setting in [&TOKEN_URL, &ISSUER] {
            for finding in inspect(setting, text) {
                let is_policy = matches!(&finding.mistake, Mistake::Address(mistake) if is_policy(mistake));
                assert!(finding.severity == Severity::Likely || is_policy, "{text}: {finding:?}");
            }
        }
    }

    #[test]
    fn what_an_endpoint_accepts_is_not_refused() {
        let accepted = [
            "http://localhost/t",
            "http://localhost.:8080/t",
            "http://LOCALHOST./t",
            "http://127.0.0.1/t",
            "http://127.9.8.7:1/t",
            "http://2130706433/t",
            "http://0x7f.1/t",
            "http://[::1]/t",
            "http://[0:0:0:0:0:0:0:1]:80/t",
            "HTTPS://A.Example:443/T",
            "https://a.example",
            "https://a.example./oauth/token",
            "https://192.0.2.1/t",
            "https://[2001:db8::1]:8443/t",
            "https://a.example/t?tenant=x",
            "https://xn--bcher-kva.example/t",
            "https://a.example//t/",
        ];
        for text in accepted {
            assert!(Endpoint::try_parse(text).is_ok(), "{text}");
            never_refused(text);
        }
    }

    proptest::proptest! {
        /// ASCII only: outside of it, inspection is stricter on purpose, because a look-alike letter makes another
        /// host.
        #[test]
        fn no_address_that_an_endpoint_accepts_is_refused(
            scheme in proptest::sample::select(vec!["https", "http", "HTTP"]),
            host in proptest::sample::select(vec!["localhost", "localhost.", "127.0.0.1", "127.1", "[::1]", "a.example", "A.example."]),
            rest in "(:[0-9]{1,4})?(/[!#-~]{0,12}){0,3}(\\?[a-z=&]{0,8})?",
        ) {
            never_refused(&format!("{scheme}://{host}{rest}"));
        }
    }
}
