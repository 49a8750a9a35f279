//! Which proxy a request goes through, decided from settings alone: no environment, no system settings.

use url::Url;

use super::endpoint::is_loopback;
use super::no_proxy::NoProxy;
use super::{Endpoint, ErrorKind, Secret};

/// Which proxy requests go through. Addresses may carry user info, so all of them are secrets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum ProxySettings {
    /// None: straight to the server.
    #[default]
    None,
    /// This proxy for every https address.
    Url(Secret),
    /// The values of the conventional environment variables, read by the caller. That for http addresses is not among
    /// them: plain http never takes a proxy.
    Environment {
        /// The variable's name as it is spelled, for messages.
        variable: &'static str,
        /// `https_proxy`: for https addresses; an empty one means none.
        https_proxy: Secret,
        /// `no_proxy`: hosts, domains and networks that are reached directly.
        no_proxy: Option<String>,
    },
}

impl ProxySettings {
    /// The proxy for requests to `endpoint` as `scheme://host[:port]`, without user info; `None` when they go straight
    /// to the server, or when the settings are no proxy's.
    pub fn shown_for(&self, endpoint: &Endpoint) -> Option<String> {
        let route = Route::new(self);
        let proxy = route.proxy_for(endpoint.url()).ok()??;
        let port = proxy.port().map(|port| format!(":{port}")).unwrap_or_default();
        Some(format!("{}://{}{port}", proxy.scheme(), proxy.host_str()?))
    }

    /// Why requests to `endpoint` pass the proxy of the environment by; `None` when they take it, or there is none.
    pub fn passed_by(&self, endpoint: &Endpoint) -> Option<PassedBy> {
        Route::new(self).passed_by(endpoint.url())
    }

    /// Whether the address can be a proxy's.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn check(&self) -> Result<(), InvalidProxy> {
        match self {
            Self::None => Ok(()),
            Self::Url(url) | Self::Environment { https_proxy: url, .. } => proxy_url(url).map(drop),
        }
    }
}

/// Why a proxy of the environment is passed by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PassedBy {
    /// The host is this machine itself.
    Loopback,
    /// `no_proxy` names the host.
    Exception,
}

/// Why an address cannot be a proxy's, as a sentence about "it"; never quotes the address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidProxy {
    /// It cannot be read; why, in the URL parser's words.
    #[error("it is not a URL ({0}); it must be one, such as http://proxy.example.com:3128")]
    NotAUrl(String),
    /// SOCKS and the like.
    #[error("it is neither an http nor an https address; other proxies are not supported")]
    Scheme,
    /// A login with a character that ends the host's name.
    #[error(
        "its user or password contains {character}, which must be URL-encoded: write %{:02X} instead",
        u32::from(*.character)
    )]
    Login {
        /// The character.
        character: char,
    },
}

/// The read form of [`ProxySettings`]. No `Debug`: the addresses may carry credentials.
pub(crate) struct Route {
    /// An unusable address is an error where the proxy would be used, and nowhere else: a variable of the environment
    /// serves many programs.
    https: Result<Option<Url>, ErrorKind>,
    /// What `no_proxy` lets through; `None` when the proxy was set by hand and takes everything.
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

    /// The proxy for a request to `url`; `None` means straight to the server. Proxies of the environment are not
    /// used for loopback hosts, as in most programs that follow these variables. Plain http, which only loopback
    /// hosts may speak, never takes a proxy: that it stays on this machine is what makes it safe.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Setup`] when the address of the proxy to use is none, naming the variable that it came from.
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

/// `None` for an empty text. A missing scheme means http, as by convention.
fn proxy_url(value: &Secret) -> Result<Option<Url>, InvalidProxy> {
    let text = value.expose().trim();
    if text.is_empty() {
        return Ok(None);
    }
    // curl and Go read it like this, and people write the variable for them.
    let whole = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
    check_login(&whole)?;
    let url = Url::parse(&whole).map_err(|error| InvalidProxy::NotAUrl(error.to_string()))?;
    if matches!(url.scheme(), "http" | "https") { Ok(Some(url)) } else { Err(InvalidProxy::Scheme) }
}

/// A login with a character that ends the host's name makes a host of its first part: the request would go there, and
/// the rest of the login with it. A backslash, as in `DOMAIN\\user`, does so in http addresses (WHATWG URL).
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
