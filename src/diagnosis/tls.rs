//! Failures of TLS.

use crate::diagnosis::entry::When::*;
use crate::diagnosis::entry::{Blame, Entry, Request, always, when};
use oauth::TlsFailure;

/// The entry for a failed handshake.
pub(super) fn entry(failure: &TlsFailure) -> &'static Entry {
    match failure {
        TlsFailure::UnknownIssuer => &UNKNOWN_ISSUER,
        TlsFailure::Expired => &EXPIRED,
        TlsFailure::NotValidYet => &NOT_VALID_YET,
        TlsFailure::WrongName { .. } => &WRONG_NAME,
        TlsFailure::ClientCertificate => &CLIENT_CERTIFICATE,
        TlsFailure::NotTls => &NOT_TLS,
        TlsFailure::Other(_) => &OTHER,
    }
}

/// Every entry of this file, in the guide's order.
pub(super) const ALL: [&Entry; 7] =
    [&UNKNOWN_ISSUER, &EXPIRED, &NOT_VALID_YET, &WRONG_NAME, &CLIENT_CERTIFICATE, &NOT_TLS, &OTHER];

static UNKNOWN_ISSUER: Entry = Entry {
    id: "tls-unknown-issuer",
    summary: "The certificate of {host} is signed by an unknown issuer",
    meaning: "No credential was sent: this machine does not trust whoever signed the server's certificate.",
    causes: &[
        when(
            SystemRoots,
            "A company proxy or firewall looks into TLS and signs with its own CA, which this machine or container \
             does not have.",
        ),
        when(
            OwnRoots,
            "The CA that you added ({ca_source}) is not the one that signed this certificate, or is an intermediate \
             without its root.",
        ),
        always("A container image has no CA certificates at all (in Debian and Alpine: the package ca-certificates)."),
        always("The server does not send its intermediate certificate."),
    ],
    steps: &[
        always(
            "Set ca_cert_file to a PEM file with the CA that signed it (or ca_cert_pem to its text). It is added to \
             the system's roots.",
        ),
        always("`openssl s_client -connect {host}:{port} -showcerts </dev/null` shows who signed it."),
        always("Leave tls_insecure_skip_verify alone: with it, anyone on the way could read the secret."),
    ],
    request: Request::Connection,
    about_host: false,
    blame: Blame::CaCert,
};

static EXPIRED: Entry = Entry {
    id: "tls-expired",
    summary: "The certificate of {host} has expired",
    meaning: "No credential was sent.",
    causes: &[
        always("This machine's clock is wrong: check it first, it is the more common of the two."),
        always("The server's certificate, or that of an inspecting proxy, was not renewed in time."),
    ],
    steps: &[
        always("Compare `date -u` with the real time, and turn time synchronisation on."),
        always(
            "`openssl s_client -connect {host}:{port} </dev/null | openssl x509 -noout -dates` shows the \
             certificate's dates.",
        ),
        always("If the clock is right, tell whoever runs the server or the proxy."),
    ],
    request: Request::Connection,
    about_host: false,
    blame: Blame::Nothing,
};

static NOT_VALID_YET: Entry = Entry {
    id: "tls-not-valid-yet",
    summary: "The certificate of {host} is not valid yet",
    meaning: "No credential was sent.",
    causes: &[
        always("This machine's clock is slow, as after a suspended virtual machine or an empty battery."),
        always("The certificate was issued moments ago, by a machine whose clock is fast."),
    ],
    steps: &[always("Compare `date -u` with the real time, and turn time synchronisation on.")],
    request: Request::Connection,
    about_host: false,
    blame: Blame::Nothing,
};

static WRONG_NAME: Entry = Entry {
    id: "tls-wrong-name",
    summary: "The certificate is for another name than {host}",
    meaning: "No credential was sent. The certificate is for: {names}.",
    causes: &[
        when(Misspelled, "NICE's domain is misspelled: {meant_host} is the host that is known."),
        when(
            ChosenAddress,
            "The host in the address is wrong, or an alias or a bare IP address. It came {token_url_source}.",
        ),
        always("A proxy, a captive portal or a hosts file leads the name to another server."),
    ],
    steps: &[always("If one of the names on the certificate is the host that you meant, use it in token_url.")],
    request: Request::Connection,
    about_host: true,
    blame: Blame::TokenUrl,
};

static CLIENT_CERTIFICATE: Entry = Entry {
    id: "tls-client-certificate",
    summary: "{host} requires a client certificate, or refused the one it got",
    meaning: "The server wants mutual TLS. No credential was judged.",
    causes: &[
        when(NoClientCertificate, "No client certificate is configured."),
        when(
            ClientCertificate,
            "The client certificate has expired, or is signed by a CA that the server does not trust.",
        ),
        when(ClientCertificate, "The intermediate certificates are missing from client_cert_pem."),
        always("The address is that of an internal gateway, not of CXone's public service."),
    ],
    steps: &[
        when(NoClientCertificate, "Set client_cert_pem and client_key_pem."),
        when(
            ClientCertificate,
            "Put the certificate first, then its intermediates, into client_cert_pem, and check its dates.",
        ),
    ],
    request: Request::Connection,
    about_host: false,
    blame: Blame::ClientCert,
};

static NOT_TLS: Entry = Entry {
    id: "tls-not-tls",
    summary: "{host} does not speak TLS at this port",
    meaning: "No credential was sent: the server answered the TLS greeting with something else.",
    causes: &[
        always("The port is one for plain http. The address came {token_url_source}."),
        when(Proxied, "The proxy {proxy} ({proxy_source}) answered in clear text."),
        when(Direct, "A captive portal or a proxy of the network answered in its place."),
    ],
    steps: &[
        always("Check the port in token_url; https has port 443 unless another is given."),
        when(Proxied, "If the proxy itself is reached by plain http, write its address with http:// and not https://."),
    ],
    request: Request::Connection,
    about_host: false,
    blame: Blame::TokenUrl,
};

static OTHER: Entry = Entry {
    id: "tls-other",
    summary: "The TLS connection to {host} failed",
    meaning: "The TLS library says: {tls}. No credential was sent.",
    causes: &[
        always("The server offers only versions or ciphers of TLS that are no longer considered safe."),
        always("A firewall or proxy that looks into TLS broke the handshake."),
    ],
    steps: &[
        always("`openssl s_client -connect {host}:{port} </dev/null` shows the handshake from this machine."),
        always("Try from another network: if it works there, something in this one interferes."),
    ],
    request: Request::Connection,
    about_host: false,
    blame: Blame::Nothing,
};
