//! The proxy of a request, decided from settings alone, without the environment or the system's settings.

use url::Url;

use super::endpoint::is_loopback;
use super::no_proxy::NoProxy;
use super::{Endpoint, ErrorKind, Secret};

/// The proxy settings. Addresses can contain user info, so they are secrets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum ProxySettings {
    /// No proxy.
    #[default]
    None,
    /// This proxy for all https addresses.
    Url(Secret),
    /// The proxy variables of the environment, read by the caller. `http_proxy` is not among them, because plain http
    /// never uses a proxy.
    Environment {
        /// The variable's name in its original case, for messages.
        variable: &'static str,
        /// `https_proxy`: for https addresses. An empty one means no proxy.
        https_proxy: Secret,
        /// `no_proxy`: hosts, domains and networks that are reached without the proxy.
        no_proxy: Option<String>,
    },
}

impl ProxySettings {
    /// The proxy for requests to `endpoint` as `scheme://host[:port]`, without user info; `None` if they use no proxy, or
    /// its address is invalid.
    pub fn shown_for(&self, endpoint: &Endpoint) -> Option<String> {
        let route = Route::new(self);
        let proxy = route.proxy_for(endpoint.url()).ok()??;
        let port = proxy.port().map(|port| format!(":{port}")).unwrap_or_default();
        Some(format!("{}://{}{port}", proxy.scheme(), proxy.host_str()?))
    }

    /// Why requests to `endpoint` do not use the environment's proxy; `None` if they use it, or there is none.
    pub fn passed_by(&self, endpoint: &Endpoint) -> Option<PassedBy> {
        Route::new(self).passed_by(endpoint.url())
    }

    /// Checks the proxy's address.
    ///
    /// # Errors
    ///
    /// The address is not a proxy's.
    pub fn check(&self) -> Result<(), InvalidProxy> {
        match self {
            Self::None => Ok(()),
            Self::Url(url) | Self::Environment { https_proxy: url, .. } => proxy_url(url).map(drop),
        }
    }
}

/// Why the environment's proxy is not used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PassedBy {
    /// The host is this machine.
    Loopback,
    /// `no_proxy` names the host.
    Exception,
}

/// Why an address is not a proxy's, as a sentence about "it". Never quotes the address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidProxy {
    /// Not a URL; the reason is in the URL parser's words.
    #[error("it is not a URL ({0}); it must be one, such as http://proxy.example.com:3128")]
    NotAUrl(String),
    /// Neither http nor https, such as SOCKS.
    #[error("it is neither an http nor an https address; other proxies are not supported")]
    Scheme,
    /// The login contains a character that ends the host's name.
    #[error(
        "its user or password contains {character}, which must be URL-encoded: write %{:02X} instead",
        u32::from(*.character)
    )]
    Login {
        /// The character.
        character: char,
    },
}

/// The parsed [`ProxySettings`]. No `Debug`, because addresses can contain credentials.
pub(crate) struct Route {
    /// An invalid address is an error only if the proxy would be used, because other programs use the environment
    /// variable, too.
    https: Result<Option<Url>, ErrorKind>,
    /// The hosts in `no_proxy`; `None` if the proxy was set explicitly and applies to all hosts.
    exceptions: Option<NoProxy>,
}

impl Route {
    pub(crate) fn new(settings: &ProxySettings) -> Self {
        let read = |name: &str, url: &Secret| {
            proxy_url(url).map_err(|error| ErrorKind::Setup(format!("{name} cannot be used: {error}")))
        };
        match settings {
            ProxySettings::None => Self { https: Ok(None), exceptions: None },
            ProxySettings::Url(url) => Self { https: read("the proxy", url), exceptions: None },
            ProxySettings::Environment { variable, https_proxy, no_proxy } => Self {
                https: read(&format!("the proxy of the environment variable {variable}"), https_proxy),
                exceptions: Some(NoProxy::read(no_proxy.as_deref().unwrap_or_default())),
            },
        }
    }

    /// The proxy for a request to `url`; `None` means a direct connection. The environment's proxy does not apply to
    /// loopback hosts, as in most programs with these variables. Plain http is allowed only for loopback hosts, and
    /// never uses a proxy: it is safe only while it stays on this machine.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Setup`] if the proxy's address is invalid. The text names the variable.
    pub(crate) fn proxy_for(&self, url: &Url) -> Result<Option<&Url>, ErrorKind> {
        match &self.https {
            _ if self.passed_by(url).is_some() || url.scheme() != "https" => Ok(None),
            Ok(proxy) => Ok(proxy.as_ref()),
            Err(error) => Err(error.clone()),
        }
    }

    fn passed_by(&self, url: &Url) -> Option<PassedBy> {
        let exceptions = self.exceptions.as_ref()?;
        match is_loopback(url) {
            true => Some(PassedBy::Loopback),
            false => exceptions.names(url).then_some(PassedBy::Exception),
        }
    }
}

/// `None` for an empty text. Without a scheme, the proxy is http.
fn proxy_url(value: &Secret) -> Result<Option<Url>, InvalidProxy> {
    let text = value.expose().trim();
    if text.is_empty() {
        return Ok(None);
    }
    // curl and Go do this, and users write the variable for them.
    let whole = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
    check_login(&whole)?;
    let url = Url::parse(&whole).map_err(|error| InvalidProxy::NotAUrl(error.to_string()))?;
    if matches!(url.scheme(), "http" | "https") { Ok(Some(url)) } else { Err(InvalidProxy::Scheme) }
}

/// Rejects a login with a character that ends the host's name. The part before it would become the host, and would
/// receive the rest of the login. A backslash, as in `DOMAIN\\user`, has this effect in http addresses (WHATWG URL).
fn check_login(url: &str) -> Result<(), InvalidProxy> {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let Some(end) = rest.find(['/', '?', '#', '\\']) else { return Ok(()) };
    match rest[end..].chars().next() {
        Some(character) if character == '\\' || rest[end..].contains('@') => Err(InvalidProxy::Login { character }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(no_proxy: &str) -> ProxySettings {
        ProxySettings::Environment {
            variable: "https_proxy",
            https_proxy: Secret::new("http://user:canary@secure.proxy:3129"),
            no_proxy: Some(no_proxy.into()),
        }
    }

    fn proxy_host(settings: &ProxySettings, url: &str) -> Option<String> {
        let route = Route::new(settings);
        route.proxy_for(&Url::parse(url).unwrap()).unwrap()?.host_str().map(str::to_owned)
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
            ProxySettings::Environment { variable: "HTTPS_PROXY", https_proxy: Secret::new(""), no_proxy: None },
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
        assert_eq!(environment("a.example").passed_by(&endpoint), Some(PassedBy::Exception));
        assert_eq!(environment("").passed_by(&endpoint), None);
        let here = Endpoint::try_parse("https://localhost/token").unwrap();
        assert_eq!(environment("").passed_by(&here), Some(PassedBy::Loopback));
        assert_eq!(ProxySettings::Url(Secret::new("socks5://user:canary@p")).shown_for(&endpoint), None);
    }

    #[test]
    fn unusable_proxies_are_refused_by_setting_and_never_quoted() {
        let cases = [
            ("socks", "socks5://user:canary@p:1080"),
            ("no URL", "http://user:canary@p:99999"),
            ("no host", "http://"),
            ("a backslash in the login", "http://domain\\user:canary@p:8080"),
            ("a slash in the password", "http://user:8/canary@p:8080"),
            ("a question mark in the password", "user:8?canary@p:8080"),
            ("a hash in the password", "https://user:8#canary@p:8080"),
        ];
        for (name, url) in cases {
            let settings = ProxySettings::Url(Secret::new(url));
            let refused = Route::new(&settings).proxy_for(&Url::parse("https://a.example/").unwrap()).map(|_| ());
            let Err(ErrorKind::Setup(text)) = refused else { panic!("{name} was accepted") };
            assert!(text.starts_with("the proxy cannot be used") && !text.contains("canary"), "{name}: {text}");
            assert!(text.ends_with(&settings.check().unwrap_err().to_string()), "{name}: {text}");
        }
    }

    #[test]
    fn an_unusable_proxy_of_the_environment_fails_only_where_it_would_be_used() {
        let settings = ProxySettings::Environment {
            variable: "https_proxy",
            https_proxy: Secret::new("socks5://user:canary@p:1080"),
            no_proxy: Some(".internal".into()),
        };
        let route = Route::new(&settings);
        let to = |url: &str| route.proxy_for(&Url::parse(url).unwrap()).map(|proxy| proxy.cloned());
        for direct in ["https://localhost/", "http://127.0.0.1/", "https://token.internal/"] {
            assert_eq!(to(direct), Ok(None), "{direct}");
        }
        let Err(ErrorKind::Setup(text)) = to("https://a.example/") else { panic!("accepted") };
        assert!(text.contains("variable https_proxy") && !text.contains("canary"), "{text}");
    }
}
