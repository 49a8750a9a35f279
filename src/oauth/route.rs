//! Which proxy a request goes through, decided from settings alone: no environment, no system settings.

use hyper_util::client::proxy::matcher::Matcher;
use url::Url;

use super::endpoint::is_loopback_url;
use super::{Endpoint, ErrorKind, ProxySettings, Secret};

impl ProxySettings {
    /// The proxy for requests to `endpoint` as `scheme://host[:port]`, without user info; `None` when they go straight
    /// to the server, or when the settings are no proxy's.
    pub fn shown_for(&self, endpoint: &Endpoint) -> Option<String> {
        let route = Route::try_new(self).ok()?;
        let proxy = route.proxy_for(endpoint.url())?;
        let port = proxy.port().map(|port| format!(":{port}")).unwrap_or_default();
        Some(format!("{}://{}{port}", proxy.scheme(), proxy.host_str()?))
    }
}

/// The checked form of [`ProxySettings`]. No `Debug`: the addresses may carry credentials.
pub(crate) struct Route {
    https: Option<Url>,
    /// What `no_proxy` lets through; `None` when the proxy was set by hand and takes everything.
    exceptions: Option<Matcher>,
}

impl Route {
    /// # Errors
    ///
    /// [`ErrorKind::Setup`] when an address is no http or https proxy, naming the setting.
    pub(crate) fn try_new(settings: &ProxySettings) -> Result<Self, ErrorKind> {
        match settings {
            ProxySettings::None => Ok(Self { https: None, exceptions: None }),
            ProxySettings::Url(url) => Ok(Self { https: proxy_url("http_proxy", url)?, exceptions: None }),
            ProxySettings::Environment { https_proxy, no_proxy } => {
                let exceptions = Some(matcher(no_proxy.as_deref().unwrap_or_default()));
                Ok(Self { https: proxy_url("HTTPS_PROXY", https_proxy)?, exceptions })
            }
        }
    }

    /// The proxy for a request to `url`; `None` means straight to the server. Proxies of the environment are not
    /// used for loopback hosts, as in most programs that follow these variables. Plain http, which only loopback
    /// hosts may speak, never takes a proxy: that it stays on this machine is what makes it safe.
    pub(crate) fn proxy_for(&self, url: &Url) -> Option<&Url> {
        let proxy = self.https.as_ref().filter(|_| url.scheme() == "https")?;
        match &self.exceptions {
            Some(exceptions) if is_loopback_url(url) || !takes(exceptions, url) => None,
            _ => Some(proxy),
        }
    }
}

/// Takes every request that `no_proxy` does not name. The address itself plays no part.
fn matcher(no_proxy: &str) -> Matcher {
    Matcher::builder().all("http://proxy.invalid").no(no_proxy.to_ascii_lowercase()).build()
}

fn takes(matcher: &Matcher, url: &Url) -> bool {
    url.as_str().parse().is_ok_and(|uri: hyper::Uri| matcher.intercept(&uri).is_some())
}

/// `None` for an empty text. A missing scheme means http, as by convention.
fn proxy_url(setting: &str, value: &Secret) -> Result<Option<Url>, ErrorKind> {
    let text = value.expose().trim();
    if text.is_empty() {
        return Ok(None);
    }
    let whole = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
    let url = Url::parse(&whole).map_err(|error| ErrorKind::Setup(format!("{setting} is not a URL: {error}")))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(ErrorKind::Setup(format!(
            "{setting} must be an http or https address; other proxies are not supported"
        )));
    }
    Ok(Some(url))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(no_proxy: &str) -> ProxySettings {
        ProxySettings::Environment {
            https_proxy: Secret::new("http://user:canary@secure.proxy:3129"),
            no_proxy: Some(no_proxy.into()),
        }
    }

    fn proxy_host(settings: &ProxySettings, url: &str) -> Option<String> {
        let route = Route::try_new(settings).unwrap();
        route.proxy_for(&Url::parse(url).unwrap())?.host_str().map(str::to_owned)
    }

    #[test]
    fn the_environment_follows_the_usual_rules() {
        let cases = [
            ("by scheme: https", "", "https://a.example/", Some("secure.proxy")),
            ("plain http stays on this machine", "", "http://a.example/", None),
            ("loopback is reached directly", "", "http://127.0.0.1:80/", None),
            ("localhost is reached directly", "", "https://localhost/", None),
            ("host named", "b.example,A.example", "https://a.example/", None),
            ("domain named", ".example", "https://a.example/", None),
            ("a similar name is not below it", "a.example", "https://xa.example/", Some("secure.proxy")),
            ("network named", "10.0.0.0/8", "https://10.1.2.3/", None),
            ("everything", "*", "https://a.example/", None),
        ];
        for (name, no_proxy, url, expected) in cases {
            assert_eq!(proxy_host(&environment(no_proxy), url).as_deref(), expected, "{name}");
        }
    }

    #[test]
    fn a_proxy_set_by_hand_takes_everything_that_is_encrypted() {
        let settings = ProxySettings::Url(Secret::new("proxy.example:3128"));
        for url in ["https://a.example/", "https://localhost/"] {
            assert_eq!(proxy_host(&settings, url).as_deref(), Some("proxy.example"), "{url}");
        }
        assert_eq!(proxy_host(&settings, "http://127.0.0.1/"), None);
    }

    #[test]
    fn empty_values_mean_no_proxy() {
        let settings = [
            ProxySettings::None,
            ProxySettings::Url(Secret::new(" ")),
            ProxySettings::Environment { https_proxy: Secret::new(""), no_proxy: None },
        ];
        for settings in settings {
            assert_eq!(proxy_host(&settings, "https://a.example/"), None);
        }
    }

    #[test]
    fn the_proxy_of_an_endpoint_is_shown_without_its_credentials() {
        let endpoint = Endpoint::try_parse("https://a.example/token").unwrap();
        assert_eq!(environment("").shown_for(&endpoint).as_deref(), Some("http://secure.proxy:3129"));
        assert_eq!(environment("a.example").shown_for(&endpoint), None);
        assert_eq!(ProxySettings::Url(Secret::new("socks5://user:canary@p")).shown_for(&endpoint), None);
    }

    #[test]
    fn unusable_proxies_are_refused_by_setting_and_never_quoted() {
        let cases = [
            ("socks", "socks5://user:canary@p:1080"),
            ("no URL", "http://user:canary@p:99999"),
            ("no host", "http://"),
        ];
        for (name, url) in cases {
            let refused = Route::try_new(&ProxySettings::Url(Secret::new(url))).map(|_| ());
            let Err(ErrorKind::Setup(text)) = refused else { panic!("{name} was accepted") };
            assert!(text.starts_with("http_proxy") && !text.contains("canary"), "{name}: {text}");
        }
    }
}
