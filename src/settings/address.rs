//! Where tokens are asked for: an address that is set, an issuer to be asked, or the grant's default.

use crate::settings::grant_type::GrantType;
use crate::settings::precedence::Resolver;
use crate::settings::source::{Source, Sourced};
use crate::settings::table;
use oauth::{Discovery, Endpoint, InvalidEndpoint, Issuer, Metadata};

/// Where `client_credentials` posts to when nothing else is set.
pub const DEFAULT_TOKEN_URL: &str = "https://api.nicecxone.com/oauth/token";

/// The issuer that `password` asks when nothing else is set: CXone's global service.
pub const DEFAULT_ISSUER: &str = "https://cxone.niceincontact.com";

/// How the token endpoint is known.
#[derive(Debug)]
pub enum Address {
    /// It is set, or the default.
    Endpoint(Endpoint),
    /// It stands in an issuer's discovery document, which is fetched when it is first needed.
    Issuer(Box<Discovery>),
}

impl Address {
    /// The host of the token endpoint, or of the issuer that tells it.
    pub fn host(&self) -> &str {
        match self {
            Self::Endpoint(endpoint) => endpoint.host(),
            Self::Issuer(discovery) => discovery.issuer().host(),
        }
    }

    /// The token endpoint; `None` while only its issuer is known.
    pub fn endpoint(&self) -> Option<&Endpoint> {
        match self {
            Self::Endpoint(endpoint) => Some(endpoint),
            Self::Issuer(_) => None,
        }
    }

    /// What the issuer's document says, where it was fetched before.
    pub fn known_metadata(&self) -> Option<&Metadata> {
        match self {
            Self::Endpoint(_) => None,
            Self::Issuer(discovery) => discovery.known(),
        }
    }

    /// What is asked first: the token endpoint, or the issuer's discovery document.
    pub fn first_contact(&self) -> Endpoint {
        match self {
            Self::Endpoint(endpoint) => endpoint.clone(),
            Self::Issuer(discovery) => discovery.issuer().openid_configuration(),
        }
    }
}

/// The address for `grant` of the settings, else its default. `None` after an error or while a setting is unknown.
pub fn resolve(resolver: &mut Resolver<'_>, grant: GrantType) -> Option<Sourced<Address>> {
    match grant {
        GrantType::ClientCredentials => chosen(resolver).or_else(|| default(endpoint(DEFAULT_TOKEN_URL))),
        GrantType::Password => chosen(resolver).or_else(|| default(issuer(DEFAULT_ISSUER).ok())),
        GrantType::AccessKey => {
            let token_url = token_url(resolver);
            let region = resolver.parsed(&table::REGION, regional);
            resolver.one_of(&table::TOKEN_URL, token_url, &table::REGION, region)
        }
    }
}

/// The address that the settings name, be it by `token_url` or by `issuer`; `None` when neither does.
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

/// The service of one area. Areas come and go, so that any host label is taken (RFC 1123 section 2.1).
fn regional(area: &str) -> Result<Address, &'static str> {
    const EXPECTED: &str = "it must be the code of an area, such as `na1`: letters, digits and hyphens, no dot";
    let fits = (1..=63).contains(&area.len())
        && area.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && !area.starts_with('-')
        && !area.ends_with('-');
    let url = format!("https://{}.nice-incontact.com/authentication/v1/token/access-key", area.to_ascii_lowercase());
    endpoint(&url).filter(|_| fits).ok_or(EXPECTED)
}

/// Where a tenant's documents are looked for.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Whereabouts {
    /// The issuer of the settings.
    pub issuer: Option<Issuer>,
    /// The host of the token endpoint.
    pub host: Option<Issuer>,
}

impl Whereabouts {
    /// What `address` tells.
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
