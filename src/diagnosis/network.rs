//! Failures on the way: names, connections, time limits, proxies, HTTP itself.

use crate::diagnosis::entry::When::*;
use crate::diagnosis::entry::{Blame, Entry, Request, always, when};
use oauth::{ProxyFailure, TimeoutPhase};

/// The entry for a time limit that ran out.
pub(super) fn timeout(phase: TimeoutPhase) -> &'static Entry {
    match phase {
        TimeoutPhase::Connect | TimeoutPhase::Handshake => &CONNECT_TIMEOUT,
        TimeoutPhase::Headers => &ANSWER_TIMEOUT,
        TimeoutPhase::Body => &BODY_TIMEOUT,
    }
}

/// The entry for a proxy's failure.
pub(super) fn proxy(failure: &ProxyFailure) -> &'static Entry {
    match failure {
        ProxyFailure::AuthenticationRequired => &PROXY_AUTHENTICATION,
        ProxyFailure::TunnelRefused { .. } => &PROXY_REFUSED,
        ProxyFailure::Unreachable => &PROXY_UNREACHABLE,
    }
}

/// Every entry of this file, in the guide's order.
pub(super) const ALL: [&Entry; 14] = [
    &DNS,
    &REFUSED,
    &UNREACHABLE,
    &CLOSED,
    &CONNECT_TIMEOUT,
    &ANSWER_TIMEOUT,
    &BODY_TIMEOUT,
    &PROXY_AUTHENTICATION,
    &PROXY_REFUSED,
    &PROXY_UNREACHABLE,
    &HTTP2,
    &INVALID_HTTP,
    &SETUP,
    &INTERRUPTED,
];

pub(super) static DNS: Entry = Entry {
    id: "dns",
    summary: "The host name {host} could not be resolved",
    meaning: "No request was sent: the name has no address that this machine can find.",
    causes: &[
        when(Misspelled, "NICE's domain is misspelled: {meant_host} is the host that is known."),
        when(ChosenAddress, "The host name is misspelled. It came {token_url_source}."),
        always("This machine has no network, or its name server does not answer or knows internal names only."),
        when(Direct, "The network reaches the internet through a proxy alone, and none is set."),
    ],
    steps: &[
        always("Try `nslookup {host}` on the machine (or in the container) that runs Terraform."),
        when(Direct, "If your network has a proxy, set http_proxy or HTTPS_PROXY."),
        when(ChosenAddress, "Check the spelling of the host, and of the area in it."),
    ],
    request: Request::Connection,
    about_host: true,
    blame: Blame::TokenUrl,
};

pub(super) static REFUSED: Entry = Entry {
    id: "connection-refused",
    summary: "{host} refused the connection",
    meaning: "The host was found, but nothing listens at the port, or a firewall answers in its place.",
    causes: &[
        when(
            Here,
            "The server is not running, has stopped, or listens at another port now: the sandbox takes a new one at each \
             start, and stops by itself.",
        ),
        when(
            ChosenAddress,
            "The address has a wrong host or port, or the server there is not running. It came {token_url_source}.",
        ),
        when(Direct, "A firewall refuses direct connections and wants traffic to go through a proxy."),
        when(
            Elsewhere,
            "The name resolves to another address than it should: a hosts file, a VPN, a split name server.",
        ),
    ],
    steps: &[
        when(Here, "Start the server, and set the address that it prints."),
        always("Try `curl -v {endpoint}` on the same machine: it shows the address and the port."),
        when(Direct, "If your network has a proxy, set http_proxy or HTTPS_PROXY."),
    ],
    request: Request::Connection,
    about_host: true,
    blame: Blame::TokenUrl,
};

pub(super) static UNREACHABLE: Entry = Entry {
    id: "unreachable",
    summary: "{host} could not be reached",
    meaning: "There is no way to the host from this machine, or a firewall rejects it.",
    causes: &[
        always(
            "A firewall, or the egress rules of a cluster or a cloud network, allow listed hosts only. CXone's token \
             host is not the host of your area: it needs a rule of its own.",
        ),
        always("The machine has no network, or a VPN is down."),
        always("The name resolves to an IPv6 address, and the network has no IPv6."),
    ],
    steps: &[
        always("Ask your network's administrators to allow https://{host} (port {port})."),
        when(Direct, "If your network has a proxy, set http_proxy or HTTPS_PROXY."),
    ],
    request: Request::Connection,
    about_host: false,
    blame: Blame::TokenUrl,
};

pub(super) static CLOSED: Entry = Entry {
    id: "connection-closed",
    summary: "{host} closed the connection before a whole answer had come",
    meaning: "Whether the request was judged is not known.",
    causes: &[
        always("The server or a load balancer was restarted, or drops connections it thinks idle."),
        when(Proxied, "The proxy {proxy} ({proxy_source}) cut the connection."),
        always("A firewall looked into the connection and cut it."),
        always(
            "Trouble with HTTP/2 on the way: one report says that CXone's token endpoint wants HTTP/1.1 (not \
             verified).",
        ),
    ],
    steps: &[always("Run Terraform again."), always("If it stays, set http_version = \"1.1\".")],
    request: Request::Connection,
    about_host: false,
    blame: Blame::Nothing,
};

static CONNECT_TIMEOUT: Entry = Entry {
    id: "timeout-connecting",
    summary: "No connection to {host} within {limit}",
    meaning: "No request was sent. A silence of this kind is nearly always a firewall that drops packets.",
    causes: &[
        when(Direct, "A firewall drops direct connections, and the network wants traffic to go through a proxy."),
        when(Proxied, "The proxy {proxy} ({proxy_source}) does not answer, or cannot reach the host."),
        always("A VPN is down, or the name resolves to an address that cannot be reached from here."),
    ],
    steps: &[
        always("Ask your network's administrators to allow https://{host} (port {port})."),
        when(Direct, "If your network has a proxy, set http_proxy or HTTPS_PROXY."),
        always("On a slow network, raise request_timeout (it came {timeout_source})."),
    ],
    request: Request::Connection,
    about_host: false,
    blame: Blame::Timeout,
};

static ANSWER_TIMEOUT: Entry = Entry {
    id: "timeout-waiting",
    summary: "{host} did not answer within {limit}",
    meaning: "The connection stood and the request was sent; no answer began.",
    causes: &[
        always("The service is overloaded or hangs."),
        when(Proxied, "The proxy {proxy} ({proxy_source}) holds the request or the answer back."),
        always("A middle box accepts connections and leads nowhere."),
    ],
    steps: &[
        always("Run Terraform again."),
        always("Raise request_timeout (it came {timeout_source}) if the service is known to be slow."),
        always("If it stays, set http_version = \"1.1\": some middle boxes stumble over HTTP/2."),
    ],
    request: Request::Connection,
    about_host: false,
    blame: Blame::Timeout,
};

static BODY_TIMEOUT: Entry = Entry {
    id: "timeout-reading",
    summary: "The answer of {host} did not end within {limit}",
    meaning: "An answer began and then came too slowly, or stopped.",
    causes: &[
        always("The network or the server is very slow, or lost the connection."),
        always("The address is that of a stream or a download. It came {token_url_source}."),
        when(Proxied, "The proxy {proxy} ({proxy_source}) inspects the content and holds it back."),
    ],
    steps: &[
        always("Run Terraform again."),
        always("On a slow network, raise request_timeout (it came {timeout_source})."),
    ],
    request: Request::Connection,
    about_host: false,
    blame: Blame::Timeout,
};

static PROXY_AUTHENTICATION: Entry = Entry {
    id: "proxy-authentication",
    summary: "The proxy requires a login (HTTP 407)",
    meaning: "The proxy {proxy} ({proxy_source}) wants credentials, or other ones. CXone was not reached.",
    causes: &[
        always("The proxy's address has no user and password, or old ones."),
        always("A character of the password is not percent-encoded: `@` is %40, `:` is %3A, `/` is %2F."),
        always("The proxy wants NTLM or Kerberos, which this provider does not speak."),
    ],
    steps: &[
        always(
            "Set CXONE_HTTP_PROXY to \"http://user:password@host:port\", or http_proxy from an ephemeral variable: a \
             plan file holds the value of any other.",
        ),
        always("If CXone may be reached directly, list {host} in NO_PROXY."),
    ],
    request: Request::Connection,
    about_host: false,
    blame: Blame::Proxy,
};

static PROXY_REFUSED: Entry = Entry {
    id: "proxy-refused",
    summary: "The proxy refused the way to {host} ({proxy_status})",
    meaning: "The proxy {proxy} ({proxy_source}) does not let this machine through to the host. CXone was not reached.",
    causes: &[
        always("The proxy allows listed hosts only, and {host} is not among them."),
        always("The proxy allows no tunnels (CONNECT) to this port."),
        always("The proxy cannot resolve or reach the host itself."),
    ],
    steps: &[
        always("Ask the proxy's administrators to allow CONNECT to {host}, port {port}."),
        always("If CXone may be reached directly, list {host} in NO_PROXY."),
    ],
    request: Request::Connection,
    about_host: false,
    blame: Blame::Proxy,
};

static PROXY_UNREACHABLE: Entry = Entry {
    id: "proxy-unreachable",
    summary: "The proxy could not be reached",
    meaning: "The proxy {proxy} ({proxy_source}) does not answer. CXone was not reached.",
    causes: &[
        always("The proxy's host or port is wrong, or it is not running."),
        always("The variable is left over from another network: a VPN that is down, an office that you left."),
    ],
    steps: &[
        always("Correct or remove the proxy's setting."),
        always("If CXone may be reached directly, list {host} in NO_PROXY."),
    ],
    request: Request::Connection,
    about_host: false,
    blame: Blame::Proxy,
};

pub(super) static HTTP2: Entry = Entry {
    id: "http2",
    summary: "The HTTP/2 connection to {host} failed",
    meaning: "The two sides agreed on HTTP/2 and then broke its rules, or the server gave up the stream.",
    causes: &[
        always("One report says that CXone's token endpoint fails over HTTP/2 (not verified)."),
        always("A gateway, proxy or inspecting firewall on the way does not handle HTTP/2 well."),
    ],
    steps: &[always("Set http_version = \"1.1\".")],
    request: Request::Connection,
    about_host: false,
    blame: Blame::Nothing,
};

pub(super) static INVALID_HTTP: Entry = Entry {
    id: "invalid-http",
    summary: "{host} did not answer in HTTP",
    meaning: "Something listens there, but it speaks another protocol, or a broken one.",
    causes: &[
        always("The port belongs to another service. The address came {token_url_source}."),
        always("A middle box answered with something of its own."),
    ],
    steps: &[always("Check the host and the port in token_url; https has port 443 unless another is given.")],
    request: Request::Connection,
    about_host: true,
    blame: Blame::TokenUrl,
};

pub(super) static SETUP: Entry = Entry {
    id: "setup",
    summary: "The token request could not be prepared",
    meaning: "{setup}. No request was sent.",
    causes: &[],
    steps: &[always("Correct the setting that is named, then run Terraform again.")],
    request: Request::Nothing,
    about_host: false,
    blame: Blame::Nothing,
};

pub(super) static INTERRUPTED: Entry = Entry {
    id: "interrupted",
    summary: "The token request was stopped",
    meaning: "Terraform asked the provider to stop, as after Ctrl-C. Nothing is wrong with the configuration.",
    causes: &[],
    steps: &[],
    request: Request::Nothing,
    about_host: false,
    blame: Blame::Nothing,
};
