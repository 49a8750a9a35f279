//! The address for token requests: a configured one, an issuer's, or the grant's default.

use crate::settings::grant_type::GrantType;
use crate::settings::precedence::Resolver;
use crate::settings::source::{Source, Sourced};
use crate::settings::table;
use oauth::{Discovery, Endpoint, InvalidEndpoint, Issuer, Metadata};

// No public document of NICE names this address. It is the one that the provider's first user was given.
/// The default token endpoint of `client_credentials`.
pub const DEFAULT_TOKEN_URL: &str = "https://api.nicecxone.com/oauth/token";

/// The default issuer of `password`: CXone's global service.
pub const DEFAULT_ISSUER: &str = "https://cxone.niceincontact.com";

/// The way to the token endpoint.
#[derive(Debug)]
pub enum Address {
    /// It is configured or the default.
    Endpoint(Endpoint),
    /// It is in an issuer's discovery document, which is fetched on first use.
    Issuer(Box<Discovery>),
}

impl Address {
    /// The host of the token endpoint or of the issuer.
    pub fn host(&self) -> &str {
        match self {
            Self::Endpoint(endpoint) => endpoint.host(),
            Self::Issuer(discovery) => discovery.issuer().host(),
        }
    }

    /// The token endpoint; `None` before discovery.
    pub fn endpoint(&self) -> Option<&Endpoint> {
        match self {
            Self::Endpoint(endpoint) => Some(endpoint),
            Self::Issuer(_) => None,
        }
    }

    /// The content of the discovery document if it was fetched before.
    pub fn known_metadata(&self) -> Option<&Metadata> {
        match self {
            Self::Endpoint(_) => None,
            Self::Issuer(discovery) => discovery.known(),
        }
    }

    /// The address of the first request: the token endpoint, or the discovery document.
    pub fn first_contact(&self) -> Endpoint {
        match self {
            Self::Endpoint(endpoint) => endpoint.clone(),
            Self::Issuer(discovery) => discovery.issuer().openid_configuration(),
        }
    }
}

/// The configured address for `grant`, else its default. `None` after an error, or while a setting is unknown.
pub fn resolve(resolver: &mut Resolver<'_>, grant: GrantType) -> Option<Sourced<Address>> {
    match grant {
        GrantType::ClientCredentials => chosen(resolver).or_else(|| default(endpoint(DEFAULT_TOKEN_URL))),
        GrantType::Password => chosen(resolver).or_else(|| default(issuer(DEFAULT_ISSUER).ok())),
        GrantType::AccessKey => {
            // The regional service has no discovery document, so `issuer` cannot name it.
            let token_url = token_url(resolver);
            let region = resolver.parsed(&table::REGION, regional);
            resolver.one_of(&table::TOKEN_URL, token_url, &table::REGION, region)
        }
    }
}

/// The address in `token_url` or `issuer`; `None` if neither is set.
pub fn chosen(resolver: &mut Resolver<'_>) -> Option<Sourced<Address>> {
    let token_url = token_url(resolver);
    let by_issuer = resolver.parsed(&table::ISSUER, issuer);
    resolver.one_of(&table::TOKEN_URL, token_url, &table::ISSUER, by_issuer)
}

fn token_url(resolver: &mut Resolver<'_>) -> Option<Sourced<Address>> {
    resolver.parsed(&table::TOKEN_URL, |text| Endpoint::try_parse(text).map(Address::Endpoint))
}

fn endpoint(text: &str) -> Option<Address> {
    Endpoint::try_parse(text).ok().map(Address::Endpoint)
}

fn issuer(text: &str) -> Result<Address, InvalidEndpoint> {
    Issuer::try_parse(text).map(|issuer| Address::Issuer(Box::new(Discovery::new(issuer))))
}

fn default(address: Option<Address>) -> Option<Sourced<Address>> {
    address.map(|value| Sourced { value, source: Source::DEFAULT })
}

/// The service of one area. Areas change, so any host label is accepted (RFC 1123 section 2.1).
fn regional(area: &str) -> Result<Address, &'static str> {
    const EXPECTED: &str = "it must be the code of an area, such as `na1`: letters, digits and hyphens, no dot";
    let fits = (1..=63).contains(&area.len())
        && area.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && !area.starts_with('-')
        && !area.ends_with('-');
    // The domain with the hyphen has the regional services, niceincontact.com the APIs.
    let url = format!("https://{}.nice-incontact.com/authentication/v1/token/access-key", area.to_ascii_lowercase());
    endpoint(&url).filter(|_| fits).ok_or(EXPECTED)
}

/// The places of a tenant's documents.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Whereabouts {
    /// The configured issuer.
    pub issuer: Option<Issuer>,
    /// The host of the token endpoint.
    pub host: Option<Issuer>,
}

impl Whereabouts {
    /// The places that `address` names.
    pub fn new(address: Option<&Sourced<Address>>) -> Self {
        match address.map(|address| &address.value) {
            None => Self::default(),
            Some(Address::Issuer(discovery)) => Self { issuer: Some(discovery.issuer().clone()), host: None },
            Some(Address::Endpoint(endpoint)) => Self { issuer: None, host: Some(Issuer::of_host(endpoint)) },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_area_has_a_regional_service() {
        for (area, host) in [("na1", "na1"), ("AU1", "au1"), ("zz99", "zz99"), ("eu-west", "eu-west")] {
            let address = regional(area).unwrap();
            assert_eq!(
                address.first_contact().url().as_str(),
                format!("https://{host}.nice-incontact.com/authentication/v1/token/access-key")
            );
        }
        for area in ["na1.evil.example/", "na1/x", "-na1", "na1-", "na 1", "nä1", "", "evil.example#", "a@b"] {
            assert!(regional(area).is_err(), "{area}");
        }
        assert!(regional(&"a".repeat(64)).is_err());
    }
}
