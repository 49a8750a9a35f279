//! The issuer of an authorization service: the base address under which its documents are found.

use std::fmt;

use super::{Endpoint, InvalidEndpoint};

/// The base address of an OpenID issuer: as [`Endpoint`], and without a query (OpenID Connect Discovery section 3).
/// One final slash makes no difference.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Issuer(Endpoint);

impl Issuer {
    /// Reads and checks an issuer's address.
    ///
    /// # Errors
    ///
    /// As [`Endpoint::try_parse`]; also for a query.
    pub fn try_parse(text: &str) -> Result<Self, InvalidEndpoint> {
        let address = Endpoint::try_parse(text)?;
        if address.url().query().is_some() {
            return Err(InvalidEndpoint::Query);
        }
        Ok(Self::at(&address, base_path(&address)))
    }

    /// The issuer at the root of the host that `endpoint` is on.
    pub fn of_host(endpoint: &Endpoint) -> Self {
        Self::at(endpoint, "")
    }

    /// Where the issuer describes itself (OpenID Connect Discovery section 4).
    pub fn openid_configuration(&self) -> Endpoint {
        self.document("openid-configuration", None)
    }

    /// Where CXone describes one tenant: its area, its cluster and the address of its APIs.
    pub fn cxone_configuration(&self, tenant_id: &str) -> Endpoint {
        self.document("cxone-configuration", Some(("tenantId", tenant_id)))
    }

    /// The host name or address.
    pub fn host(&self) -> &str {
        self.0.host()
    }

    /// Whether the issuer is on this machine.
    pub fn is_loopback(&self) -> bool {
        self.0.is_loopback()
    }

    /// `scheme://host[:port][/path]`, without a final slash.
    pub fn redacted(&self) -> String {
        self.0.redacted().trim_end_matches('/').to_owned()
    }

    fn document(&self, name: &str, query: Option<(&str, &str)>) -> Endpoint {
        self.0.with_path(&format!("{}/.well-known/{name}", base_path(&self.0)), query)
    }

    fn at(endpoint: &Endpoint, path: &str) -> Self {
        Self(endpoint.with_path(path, None))
    }
}

impl fmt::Debug for Issuer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Issuer").field(&self.redacted()).finish()
    }
}

impl fmt::Display for Issuer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.redacted())
    }
}

fn base_path(endpoint: &Endpoint) -> &str {
    let path = endpoint.url().path();
    path.strip_suffix('/').unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_stand_below_the_issuer() {
        let cases = [
            ("https://cxone.niceincontact.com", "https://cxone.niceincontact.com"),
            ("https://cxone-gov.niceincontact.com/", "https://cxone-gov.niceincontact.com"),
            ("https://nicecxone-sov1.au", "https://nicecxone-sov1.au"),
            ("https://a.example:8443/realms/x/", "https://a.example:8443/realms/x"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ];
        for (text, base) in cases {
            let issuer = Issuer::try_parse(text).unwrap();
            assert_eq!(issuer.redacted(), base);
            assert_eq!(
                issuer.openid_configuration().url().as_str(),
                format!("{base}/.well-known/openid-configuration")
            );
            let tenant = issuer.cxone_configuration("a b&c");
            assert_eq!(tenant.url().as_str(), format!("{base}/.well-known/cxone-configuration?tenantId=a+b%26c"));
        }
    }

    #[test]
    fn an_issuer_is_an_address_without_a_query() {
        for (text, expected) in [
            ("https://a.example/?x=1", InvalidEndpoint::Query),
            ("https://a.example/#x", InvalidEndpoint::Fragment),
            ("a.example", InvalidEndpoint::MissingScheme),
            ("http://a.example", InvalidEndpoint::PlainHttp { host: "a.example".into() }),
        ] {
            assert_eq!(Issuer::try_parse(text), Err(expected), "{text}");
        }
    }

    #[test]
    fn the_host_of_an_endpoint_is_an_issuer_without_path_and_query() {
        let endpoint = Endpoint::try_parse("https://a.example:8443/oauth/token?realm=x").unwrap();
        assert_eq!(Issuer::of_host(&endpoint).redacted(), "https://a.example:8443");
    }
}
