//! The way of a request, from the host name to the credentials, and the text of each passed step.

use std::net::IpAddr;
use std::time::Duration;

use super::step::Step;
use crate::settings::config::Settings;
use oauth::Endpoint;

/// The facts that are known before the request is sent.
pub(super) struct Way {
    host: String,
    /// The addresses of the host; empty if none was found or a proxy resolves the name.
    addresses: Vec<IpAddr>,
    /// The proxy in use, without its user information.
    proxy: Option<String>,
    is_https: bool,
    is_verified: bool,
}

impl Way {
    /// Determines the way to `endpoint`. Resolves the host name, unless a proxy does that.
    pub(super) async fn explore(settings: &Settings, endpoint: &Endpoint) -> Self {
        let http = &settings.transport.http;
        let proxy = http.proxy.shown_for(endpoint);
        let addresses = match &proxy {
            // The proxy resolves the name. A look-up here can fail although the proxy reaches the host.
            Some(_) => Vec::new(),
            None => look_up(endpoint.url(), http.request_timeout).await,
        };
        Self {
            host: endpoint.host().to_owned(),
            addresses,
            proxy,
            is_https: endpoint.url().scheme() == "https",
            is_verified: !http.insecure_skip_verify,
        }
    }

    /// The steps `names` as passed.
    pub(super) fn passed(&self, names: &[&'static str]) -> Vec<Step> {
        names.iter().map(|name| self.passed_one(name)).collect()
    }

    fn passed_one(&self, name: &'static str) -> Step {
        let host = &self.host;
        match (name, &self.proxy) {
            ("dns", Some(proxy)) => Step::skipped(name, format!("the proxy {proxy} resolves {host}")),
            ("dns", None) if self.is_address() => Step::skipped(name, format!("{host} is an IP address")),
            ("dns", None) => Step::fine(name, self.resolved()),
            ("tcp", Some(proxy)) => Step::fine(name, format!("connected through the proxy {proxy}")),
            ("tcp", None) => Step::fine(name, "connected directly, without a proxy"),
            ("tls", _) if !self.is_https => Step::skipped(name, "plain http to this machine"),
            ("tls", _) if !self.is_verified => Step::skipped(name, "not verified: tls_insecure_skip_verify is on"),
            ("tls", _) => Step::fine(name, format!("the certificate is trusted and valid for {host}")),
            ("http", _) => Step::fine(name, "a complete response arrived"),
            _ => Step::fine(name, "the credentials were accepted"),
        }
    }

    fn is_address(&self) -> bool {
        self.host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok()
    }

    fn resolved(&self) -> String {
        let shown: Vec<_> = self.addresses.iter().take(SHOWN).map(ToString::to_string).collect();
        match shown.as_slice() {
            [] => format!("{} resolves", self.host),
            shown => format!("{} resolves to {}", self.host, shown.join(", ")),
        }
    }
}

/// The addresses of the host; empty if there are none within `limit`.
async fn look_up(url: &url::Url, limit: Duration) -> Vec<IpAddr> {
    let (Some(host), Some(port)) = (url.host_str(), url.port_or_known_default()) else { return Vec::new() };
    let host = host.trim_matches(['[', ']']);
    match tokio::time::timeout(limit, tokio::net::lookup_host((host, port))).await {
        Ok(Ok(found)) => found.map(|address| address.ip()).collect(),
        _ => Vec::new(),
    }
}

// A line of the checklist stays short, however many addresses a name has.
const SHOWN: usize = 4;
