//! Causes of failures in the network: names, connections, time limits, proxies, HTTP itself.

use crate::diagnosis::cause::{Cause, Rank};
use crate::diagnosis::causes::address::{NEAR_ADDRESS, NEAR_HOST};
use crate::diagnosis::causes::given;
use oauth::{ErrorKind, ProxyFailure, TlsFailure};

/// Causes of a name that cannot be resolved.
pub(in crate::diagnosis) static NAME: &[&Cause] =
    &[&NEAR_HOST, &NEAR_AREA, &UNUSED_PROXY, &NEAR_ADDRESS, &MISSPELLED, &NO_NAME_SERVER, &PROXY_ONLY];

static NEAR_AREA: Cause = Cause {
    id: "near-host",
    when: |evidence| given(evidence.near_area().is_some(), Rank::Value),
    applies: "the area is nearly one that is known",
    verdict: "The area in the host {host} is probably misspelled: did you mean {near_area}? Set {url_setting} in \
              {url_place} accordingly.",
    other: "The area is misspelled: did you mean {near_area}?",
};

static MISSPELLED: Cause = Cause {
    id: "near-host",
    when: |evidence| given(evidence.is_chosen(), Rank::Usual),
    applies: "an address of your own",
    verdict: "The name {host} does not exist, or this machine's name server does not know it. Check the spelling of the \
              host in {url_setting} ({url_place}), and try `nslookup {host}` on this machine.",
    other: "The host name is misspelled: check {url_setting}.",
};

static NO_NAME_SERVER: Cause = Cause {
    id: "name-server",
    when: |_| Some(Rank::Usual),
    applies: "",
    verdict: "This machine has no network, or its name server does not answer or knows internal names only. Try `nslookup \
              {host}` on this machine (or in its container).",
    other: "This machine has no network, or its name server knows internal names only.",
};

static PROXY_ONLY: Cause = Cause {
    id: "needs-proxy",
    when: |evidence| given(evidence.proxy.is_none() && !evidence.is_here(), Rank::Usual),
    applies: "no proxy",
    verdict: "The network reaches the internet through a proxy only. Set http_proxy in the provider block, or the \
              environment variable HTTPS_PROXY.",
    other: "The network requires a proxy: set http_proxy or HTTPS_PROXY.",
};

// Set, but not used for this host: users expect it to apply.
static UNUSED_PROXY: Cause = Cause {
    id: "needs-proxy",
    when: |evidence| given(evidence.passed_proxy.is_some(), Rank::Environment),
    applies: "a proxy of the environment that was not used",
    verdict: "{passed_proxy}. If this network requires the proxy, {proxy_fix}, or set http_proxy.",
    other: "{passed_proxy}.",
};

/// Causes of a refused connection.
pub(in crate::diagnosis) static REFUSED: &[&Cause] =
    &[&NEAR_HOST, &SANDBOX, &STOPPED, &UNUSED_PROXY, &WRONG_PORT, &FIREWALL, &OTHER_ADDRESS, &PROXY_ONLY];

// The sandbox listens on a new port at each start, so an old address refuses connections.
static SANDBOX: Cause = Cause {
    id: "stopped",
    when: |evidence| given(evidence.is_here() && evidence.path() == "/oauth/token", Rank::Response),
    applies: "the sandbox's address",
    verdict: "Nothing listens at {host}:{port} on this machine. If this is the sandbox: it has stopped, or listens on \
              another port now, since it chooses a new port at each start. Start it again, and set {url_setting} in \
              {url_place} to the address that it prints.",
    other: "The sandbox has stopped, or listens on another port now.",
};

static STOPPED: Cause = Cause {
    id: "stopped",
    when: |evidence| given(evidence.is_here(), Rank::Response),
    applies: "an address on this machine",
    verdict: "Nothing listens at {host}:{port} on this machine: the server is not running, or the address has the wrong \
              host or port. Start the server, or set {url_setting} in {url_place} to the address that it prints.",
    other: "The server on this machine is not running.",
};

static WRONG_PORT: Cause = Cause {
    id: "host",
    when: |evidence| given(evidence.is_chosen(), Rank::Usual),
    applies: "an address of your own",
    verdict: "{host} was found, and nothing listens at its port {port}: the address has a wrong host or port, or the server \
              is not running. Check {url_setting} in {url_place}; `curl -v {endpoint}` on this machine shows the same.",
    other: "The address has a wrong host or port: check {url_setting}.",
};

static FIREWALL: Cause = Cause {
    id: "firewall",
    when: |evidence| given(!evidence.is_here(), Rank::Usual),
    applies: "another machine",
    verdict: "A firewall refuses direct connections to {host}. Ask your network's administrators to allow {origin} \
              (port {port}).",
    other: "A firewall refuses direct connections to {host}, port {port}.",
};

static OTHER_ADDRESS: Cause = Cause {
    id: "name-server",
    when: |evidence| given(!evidence.is_here(), Rank::Usual),
    applies: "another machine",
    verdict: "{host} resolves to a wrong address: check the hosts file, the VPN and the name server.",
    other: "A hosts file, a VPN or a name server gives a wrong address for {host}.",
};

/// Causes of a host without a route.
pub(in crate::diagnosis) static UNREACHABLE: &[&Cause] =
    &[&NEAR_HOST, &UNUSED_PROXY, &EGRESS, &NO_NETWORK, &IPV6, &PROXY_ONLY];

static EGRESS: Cause = Cause {
    id: "firewall",
    when: |_| Some(Rank::Usual),
    applies: "",
    verdict: "This machine has no way to {host}: a firewall, or the egress rules of a cluster or cloud network, allow listed \
              hosts only. Ask your network's administrators to allow {origin} (port {port}); the token host is not \
              the host of your area, and needs a rule of its own.",
    other: "A firewall or egress rules do not allow {host}, port {port}.",
};

static NO_NETWORK: Cause = Cause {
    id: "no-network",
    when: |_| Some(Rank::Usual),
    applies: "",
    verdict: "The machine has no network, or a VPN is down. Check both.",
    other: "The machine has no network, or a VPN is down.",
};

static IPV6: Cause = Cause {
    id: "ipv6",
    when: |_| Some(Rank::Usual),
    applies: "",
    verdict: "{host} resolves to an IPv6 address, and the network has no IPv6.",
    other: "{host} resolves to an IPv6 address, and the network has no IPv6.",
};

/// Causes of a connection that was closed.
pub(in crate::diagnosis) static CLOSED: &[&Cause] = &[&PROXY_CLOSED, &RESTARTED, &INSPECTED, &HTTP2];

static RESTARTED: Cause = Cause {
    id: "restart",
    when: |_| Some(Rank::Usual),
    applies: "",
    verdict: "The server or a load balancer closed the connection ({attempts}), as after a restart; whether CXone saw the \
              request is unknown. Run Terraform again. If the failure stays, set http_version = \"1.1\".",
    other: "The server or a load balancer was restarted.",
};

static PROXY_CLOSED: Cause = Cause {
    id: "proxy",
    when: |evidence| given(evidence.proxy.is_some(), Rank::Possible),
    applies: "a proxy",
    verdict: "The proxy {proxy} or the server behind it closed the connection. Run Terraform again. If the failure stays, \
              ask the proxy's administrators to allow {host}, or set http_version = \"1.1\".",
    other: "The proxy {proxy} closed the connection.",
};

static INSPECTED: Cause = Cause {
    id: "firewall",
    when: |_| Some(Rank::Usual),
    applies: "",
    verdict: "A firewall inspected the connection and cut it. Ask your network's administrators.",
    other: "A firewall inspected the connection and cut it.",
};

// From one unverified report: a protocol error of the token request that HTTP/1.1 avoided.
static HTTP2: Cause = Cause {
    id: "http2",
    when: |_| Some(Rank::Usual),
    applies: "",
    verdict: "A gateway does not handle HTTP/2 well. Set http_version = \"1.1\".",
    other: "A gateway does not handle HTTP/2 well: set http_version = \"1.1\".",
};

/// Causes of no TCP connection within the time.
pub(in crate::diagnosis) static NO_CONNECTION: &[&Cause] =
    &[&NEAR_HOST, &PROXY_SILENT, &UNUSED_PROXY, &DROPPED, &PROXY_ONLY, &WRONG_ADDRESS, &SLOW_NETWORK];

static DROPPED: Cause = Cause {
    id: "firewall",
    when: |_| Some(Rank::Usual),
    applies: "",
    verdict: "A firewall probably drops the packets to {host}, port {port}; no request was sent. Ask your network's \
              administrators to allow {origin}. On a slow network, raise request_timeout, which is {timeout}.",
    other: "A firewall drops the packets to {host}, port {port}.",
};

static PROXY_SILENT: Cause = Cause {
    id: "proxy",
    when: |evidence| given(evidence.proxy.is_some(), Rank::Possible),
    applies: "a proxy",
    verdict: "The proxy {proxy} does not respond, or cannot reach {host}; no request was sent. Check the proxy in \
              {proxy_place}. If this machine can reach {host} directly, {bypass}.",
    other: "The proxy {proxy} does not respond, or cannot reach {host}.",
};

static WRONG_ADDRESS: Cause = Cause {
    id: "name-server",
    when: |_| Some(Rank::Usual),
    applies: "",
    verdict: "A VPN is down, or {host} resolves to an address that this machine cannot reach.",
    other: "A VPN is down, or {host} resolves to an address that this machine cannot reach.",
};

static SLOW_NETWORK: Cause = Cause {
    id: "slow",
    when: |_| Some(Rank::Usual),
    applies: "",
    verdict: "The network is slow. Raise request_timeout, which is {timeout}.",
    other: "The network is slow: raise request_timeout, which is {timeout}.",
};

/// Causes of a TLS handshake without a reply.
pub(in crate::diagnosis) static NO_HANDSHAKE: &[&Cause] = &[&NEAR_HOST, &SILENT_PORT, &TLS_FILTER, &SLOW_NETWORK];

static SILENT_PORT: Cause = Cause {
    id: "silent-port",
    when: |_| Some(Rank::Usual),
    applies: "",
    verdict: "For {host}, port {port}, {connected}, but the TLS handshake got no reply within {limit}; no \
              credential was sent. The port probably belongs to a service without TLS, or the server hangs: check host and \
              port of {url_setting} in {url_place}.",
    other: "The port belongs to a service without TLS, or the server hangs.",
};

static TLS_FILTER: Cause = Cause {
    id: "firewall",
    when: |_| Some(Rank::Usual),
    applies: "",
    verdict: "A firewall lets TCP through and drops TLS. Ask your network's administrators to allow {origin}.",
    other: "A firewall lets TCP through and drops TLS to {host}.",
};

/// Causes of no response within the time.
pub(in crate::diagnosis) static NO_RESPONSE: &[&Cause] = &[&PROXY_HOLDS, &OVERLOADED, &MIDDLE_BOX, &HTTP2];

static OVERLOADED: Cause = Cause {
    id: "slow",
    when: |_| Some(Rank::Usual),
    applies: "",
    verdict: "The request was sent ({attempts}), and {host} did not respond within request_timeout, which is \
              {timeout}: the service is overloaded or hangs, or the limit is too short. Run Terraform again, or \
              raise request_timeout.",
    other: "The service is overloaded or hangs.",
};

static PROXY_HOLDS: Cause = Cause {
    id: "proxy",
    when: |evidence| given(evidence.proxy.is_some(), Rank::Possible),
    applies: "a proxy",
    verdict: "The proxy {proxy} or the server behind it did not respond in time. Run Terraform again. If the failure stays, \
              ask the proxy's administrators, or raise request_timeout, which is {timeout}.",
    other: "The proxy {proxy} holds the request or the response back.",
};

static MIDDLE_BOX: Cause = Cause {
    id: "firewall",
    when: |_| Some(Rank::Usual),
    applies: "",
    verdict: "A firewall accepts the connection and drops the request. Try from another network.",
    other: "A firewall accepts the connection and drops the request.",
};

/// Causes of a response that does not end within the time.
pub(in crate::diagnosis) static NO_END: &[&Cause] = &[&TOO_SLOW, &STREAM, &PROXY_HOLDS_BODY];

static TOO_SLOW: Cause = Cause {
    id: "slow",
    when: |_| Some(Rank::Usual),
    applies: "",
    verdict: "The response began, and then came too slowly or stopped: the network or the server is slow, or lost the \
              connection. Run Terraform again. On a slow network, raise request_timeout, which is {timeout}.",
    other: "The network or the server is slow.",
};

static STREAM: Cause = Cause {
    id: "address",
    when: |evidence| given(evidence.is_chosen(), Rank::Usual),
    applies: "an address of your own",
    verdict: "{endpoint} is the address of a stream or a download. Check {url_setting} in {url_place}.",
    other: "The address is that of a stream or a download: check {url_setting}.",
};

static PROXY_HOLDS_BODY: Cause = Cause {
    id: "proxy",
    when: |evidence| given(evidence.proxy.is_some(), Rank::Usual),
    applies: "a proxy",
    verdict: "The proxy {proxy} inspects the content and holds it back. Ask its administrators.",
    other: "The proxy {proxy} inspects the content and holds it back.",
};

/// Causes of a proxy that requires a login.
pub(in crate::diagnosis) static PROXY_LOGIN: &[&Cause] =
    &[&PROXY_OFFER, &PROXY_CREDENTIALS, &PROXY_ENCODING, &PROXY_SCHEME, &DIRECT];

static PROXY_CREDENTIALS: Cause = Cause {
    id: "proxy-credentials",
    when: |_| Some(Rank::Usual),
    applies: "",
    verdict: "{proxy} requires a user and password, and its address in {proxy_place} has none or wrong ones; CXone \
              was not reached. Set CXONE_HTTP_PROXY to \"http://user:password@host:port\", or set http_proxy from an \
              ephemeral variable: a plan file stores the value of every other variable.",
    other: "The proxy's address has no user and password, or old ones.",
};

static PROXY_ENCODING: Cause = Cause {
    id: "proxy-encoding",
    when: |_| Some(Rank::Usual),
    applies: "",
    verdict: "A character of the proxy's password is not URL-encoded: `@` is %40, `:` is %3A, `/` is %2F.",
    other: "A character of the proxy's password is not URL-encoded: `@` is %40, `:` is %3A, `/` is %2F.",
};

// Decisive, because the proxy itself lists its schemes, and the provider supports only Basic.
static PROXY_OFFER: Cause = Cause {
    id: "proxy-scheme",
    when: |evidence| {
        let offered = &evidence.error.marks.challenges;
        given(!offered.is_empty() && !offered.iter().any(|scheme| scheme.eq_ignore_ascii_case("basic")), Rank::Decisive)
    },
    applies: "the proxy offers other schemes than Basic",
    verdict: "The proxy {proxy} requires a login by {challenges}, and this provider supports Basic alone; CXone was not \
              reached. Ask the proxy's administrators for Basic, or set the proxy in {proxy_place} to a local proxy that \
              logs in for you.",
    other: "The proxy requires a login by {challenges}, and this provider supports Basic alone.",
};

static PROXY_SCHEME: Cause = Cause {
    id: "proxy-scheme",
    when: |_| Some(Rank::Usual),
    applies: "",
    verdict: "The proxy requires NTLM or Kerberos, which this provider does not support. Use a local proxy that does.",
    other: "The proxy requires NTLM or Kerberos, which this provider does not support.",
};

static DIRECT: Cause = Cause {
    id: "direct",
    when: |_| Some(Rank::Usual),
    applies: "",
    verdict: "If this machine can reach {host} without the proxy, {bypass}.",
    other: "If this machine can reach {host} directly, {bypass}.",
};

/// Causes of a proxy that rejects the tunnel.
pub(in crate::diagnosis) static PROXY_REFUSED: &[&Cause] =
    &[&NEAR_HOST, &PROXY_CLOSES, &PROXY_OTHER, &PROXY_GATEWAY, &PROXY_LIST, &PROXY_PORT, &PROXY_NAME, &DIRECT];

static PROXY_CLOSES: Cause = Cause {
    id: "proxy-closes",
    when: |evidence| given(matches!(evidence.kind(), ErrorKind::Proxy(ProxyFailure::Closed)), Rank::Response),
    applies: "the proxy closed the connection without a response",
    verdict: "The proxy {proxy} closed the connection in place of a response to CONNECT {host}:{port} ({attempts}); CXone \
              was not reached. The proxy does not allow {host}, was restarted, or is reached by TLS: then write its \
              address in {proxy_place} with https://. Ask the proxy's administrators.",
    other: "The proxy closed the connection without a response.",
};

static PROXY_OTHER: Cause = Cause {
    id: "proxy-address",
    when: |evidence| {
        let is_no_http = evidence.tunnel_status().is_none()
            && matches!(evidence.kind(), ErrorKind::Proxy(ProxyFailure::TunnelRefused { .. }));
        given(is_no_http, Rank::Response)
    },
    applies: "the proxy's response is not HTTP",
    verdict: "The response of {proxy} is not HTTP, so that no proxy listens there; CXone was not reached. Correct the host \
              and port of the proxy in {proxy_place}.",
    other: "The proxy's address belongs to a service with another protocol.",
};

// These statuses are the proxy's own failure to reach the host, not its rule.
static PROXY_GATEWAY: Cause = Cause {
    id: "proxy-name",
    when: |evidence| given(matches!(evidence.tunnel_status(), Some(502..=504)), Rank::Response),
    applies: "HTTP 502, 503 or 504 from the proxy",
    verdict: "The proxy {proxy} cannot reach {host}: it refused CONNECT with HTTP {tunnel_status} ({attempts}){proxy_words}. \
              The host is misspelled or down, or the proxy's name server or uplink fails. Check the host in {url_setting} \
              ({url_place}), run Terraform again, and then ask the proxy's administrators.",
    other: "The proxy itself cannot resolve or reach {host}.",
};

static PROXY_LIST: Cause = Cause {
    id: "proxy-list",
    when: |_| Some(Rank::Usual),
    applies: "",
    verdict: "The proxy {proxy} does not allow connections to {host}{proxy_status}{proxy_words}; CXone was not reached. Ask its \
              administrators to allow CONNECT to {host}, port {port}.",
    other: "The proxy allows listed hosts only, and {host} is not among them.",
};

static PROXY_PORT: Cause = Cause {
    id: "proxy-port",
    when: |_| Some(Rank::Usual),
    applies: "",
    verdict: "The proxy does not allow CONNECT to port {port}.",
    other: "The proxy does not allow CONNECT to port {port}.",
};

static PROXY_NAME: Cause = Cause {
    id: "proxy-name",
    when: |_| Some(Rank::Usual),
    applies: "",
    verdict: "The proxy cannot resolve or reach {host}.",
    other: "The proxy itself cannot resolve or reach {host}.",
};

/// Causes of a proxy that is not reached.
pub(in crate::diagnosis) static PROXY_UNREACHABLE: &[&Cause] = &[&PROXY_ADDRESS, &LEFT_OVER, &DIRECT];

static PROXY_ADDRESS: Cause = Cause {
    id: "proxy-address",
    when: |_| Some(Rank::Usual),
    applies: "",
    verdict: "The proxy {proxy} does not respond; CXone was not reached. Its host or port is wrong, it is not running, or \
              the setting is left over from another network. Correct or remove the proxy in {proxy_place}.",
    other: "The proxy's host or port is wrong, or it is not running.",
};

static LEFT_OVER: Cause = Cause {
    id: "left-over",
    when: |_| Some(Rank::Usual),
    applies: "",
    verdict: "The setting is left over from another network: a VPN that is down, or an office. Remove it.",
    other: "A VPN is down, and the proxy is behind it.",
};

/// Causes of TLS that fails at the proxy.
pub(in crate::diagnosis) static PROXY_TLS: &[&Cause] = &[&PLAIN_PROXY, &PROXY_CERTIFICATE];

static PLAIN_PROXY: Cause = Cause {
    id: "proxy",
    when: |evidence| {
        given(matches!(evidence.kind(), ErrorKind::Proxy(ProxyFailure::Tls(TlsFailure::NotTls))), Rank::Response)
    },
    applies: "the proxy answers without TLS",
    verdict: "The proxy {proxy} is reached by plain http. Write its address in {proxy_place} with http://, not https://. \
              CXone was not reached.",
    other: "The proxy is reached by plain http: write its address with http://, not https://.",
};

static PROXY_CERTIFICATE: Cause = Cause {
    id: "proxy-certificate",
    when: |_| Some(Rank::Usual),
    applies: "",
    verdict: "The TLS handshake with the proxy {proxy} failed: {tls}. CXone was not reached. If a private CA signed the \
              proxy's certificate, set ca_cert_file to the certificate of that CA. If the proxy is reached by plain http, \
              write its address in {proxy_place} with http://.",
    other: "A CA that this machine does not trust signed the proxy's certificate: set ca_cert_file.",
};

/// Causes of a failure of HTTP/2.
pub(in crate::diagnosis) static HTTP2_FAILED: &[&Cause] = &[&HTTP2_GATEWAY];

static HTTP2_GATEWAY: Cause = Cause {
    id: "http2",
    when: |_| Some(Rank::Usual),
    applies: "",
    verdict: "Both sides agreed on HTTP/2, and the connection then broke its rules: a gateway or firewall in front of \
              {host} does not handle HTTP/2 well. Set http_version = \"1.1\".",
    other: "A gateway does not handle HTTP/2 well: set http_version = \"1.1\".",
};

/// Causes of something that is not HTTP.
pub(in crate::diagnosis) static NOT_HTTP: &[&Cause] = &[&NEAR_HOST, &OTHER_PROTOCOL, &MIDDLE_ANSWER];

static OTHER_PROTOCOL: Cause = Cause {
    id: "port",
    when: |_| Some(Rank::Usual),
    applies: "",
    verdict: "Port {port} of {host} belongs to a service with another protocol. Check host and port of {url_setting} in \
              {url_place}; https uses port 443 unless another is given.",
    other: "The port belongs to a service with another protocol.",
};

static MIDDLE_ANSWER: Cause = Cause {
    id: "gateway",
    when: |_| Some(Rank::Usual),
    applies: "",
    verdict: "A gateway or proxy in front of {host} answered with something of its own. Try from another network.",
    other: "A gateway or proxy in front of {host} sends broken HTTP.",
};

/// Causes of a request that could not be made.
pub(in crate::diagnosis) static SETUP: &[&Cause] = &[&SETTING];

static SETTING: Cause = Cause {
    id: "setting",
    when: |_| Some(Rank::Decisive),
    applies: "",
    verdict: "{setup}. No request was sent. Correct this setting, and run Terraform again.",
    other: "A setting cannot be used.",
};

/// Causes of a request that was stopped.
pub(in crate::diagnosis) static STOPPED_BY_HOST: &[&Cause] = &[&INTERRUPTED];

static INTERRUPTED: Cause = Cause {
    id: "interrupted",
    when: |_| Some(Rank::Decisive),
    applies: "",
    verdict: "Terraform asked the provider to stop, as after Ctrl-C. The configuration is not the reason: run Terraform \
              again.",
    other: "Terraform asked the provider to stop.",
};
