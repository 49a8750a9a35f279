//! Causes of TLS failures.

use crate::diagnosis::cause::{Cause, Rank};
use crate::diagnosis::causes::address::NEAR_HOST;
use crate::diagnosis::causes::given;

/// Causes of an untrusted certificate.
pub(in crate::diagnosis) static UNKNOWN_ISSUER: &[&Cause] =
    &[&SELF_SIGNED, &OTHER_AUTHORITY, &STALE_STORE, &OTHER_STORE, &INSPECTING, &NO_ROOTS, &NO_INTERMEDIATE];

fn has_issuer(evidence: &crate::diagnosis::evidence::Evidence) -> bool {
    evidence.error.marks.certificate.as_ref().is_some_and(|certificate| certificate.issuer.is_some())
}

// There is no authority behind such a certificate, so a company's CA is not the cause.
static SELF_SIGNED: Cause = Cause {
    id: "authority",
    when: |evidence| {
        let is_self_signed =
            evidence.error.marks.certificate.as_ref().is_some_and(|certificate| certificate.is_self_signed);
        given(is_self_signed, Rank::Response)
    },
    applies: "the certificate is self-signed",
    verdict: "The certificate of {host} is self-signed, and this machine does not trust it; no credential was sent. If the \
              server is yours, set ca_cert_file to the certificate in PEM. Otherwise another server answered: check \
              {url_setting} in {url_place}.",
    other: "The certificate is self-signed: set ca_cert_file to it if the server is yours.",
};

// Without a readable issuer, the sentence would have a hole.
static OTHER_AUTHORITY: Cause = Cause {
    id: "authority",
    when: |evidence| given(evidence.ca_cert.is_some() && has_issuer(evidence), Rank::Response),
    applies: "a CA of your own",
    verdict: "The certificate of {host} is signed by {issuer}, but the CA in {ca_place} is another one. No \
              credential was sent. Replace that CA by the PEM certificate of {issuer}. If {issuer} is an \
              intermediate CA, add its root.",
    other: "The CA in {ca_place} did not sign this certificate, or is an intermediate without its root.",
};

// The variable replaces a part of the system's store, even if it names nothing.
static STALE_STORE: Cause = Cause {
    id: "no-roots",
    when: |evidence| given(evidence.error.marks.trust.iter().any(|place| place.found.is_err()), Rank::Value),
    applies: "SSL_CERT_FILE or SSL_CERT_DIR names nothing usable",
    verdict: "The certificate of {host} is signed by {issuer}, which this machine does not trust, and {trust}. No \
              credential was sent. Correct or unset the variable, or set ca_cert_file to the certificate of {issuer} in \
              PEM.",
    other: "{trust}.",
};

// Only possible: a variable for a complete store is right.
static OTHER_STORE: Cause = Cause {
    id: "no-roots",
    when: |evidence| given(!evidence.error.marks.trust.is_empty(), Rank::Possible),
    applies: "SSL_CERT_FILE or SSL_CERT_DIR is set",
    verdict: "The certificate of {host} is signed by {issuer}, which is not among the certificates that this machine \
              trusts: {trust}. No credential was sent. Add the certificate of {issuer} there, unset the variable, or set \
              ca_cert_file to that certificate in PEM.",
    other: "{trust}: the certificate of {issuer} is not there.",
};

// With a CA of the user's own, `OTHER_AUTHORITY` names the cause more exactly.
static INSPECTING: Cause = Cause {
    id: "authority",
    when: |evidence| given(evidence.ca_cert.is_none(), Rank::Usual),
    applies: "no CA of your own",
    verdict: "The certificate of {host} is signed by {issuer}, which this machine does not trust; no credential was sent. A \
              company proxy or firewall that inspects TLS signs with a CA of its own. Set ca_cert_file to the certificate \
              of that CA in PEM.",
    other: "A company proxy inspects TLS and signs with its own CA.",
};

static NO_ROOTS: Cause = Cause {
    id: "no-roots",
    when: |evidence| given(evidence.ca_cert.is_none(), Rank::Usual),
    applies: "no CA of your own",
    verdict: "The container image has no CA certificates: install the package ca-certificates.",
    other: "The container image has no CA certificates: install the package ca-certificates.",
};

static NO_INTERMEDIATE: Cause = Cause {
    id: "no-intermediate",
    when: |_| Some(Rank::Usual),
    applies: "",
    verdict: "The server does not send its intermediate certificate. Set ca_cert_file to a PEM file with the CA that signed \
              it; `openssl s_client -connect {host}:{port} -showcerts </dev/null` shows the chain.",
    other: "The server does not send its intermediate certificate.",
};

/// Causes of an expired certificate.
pub(in crate::diagnosis) static EXPIRED: &[&Cause] = &[&NOT_RENEWED, &CLOCK_AHEAD];

static NOT_RENEWED: Cause = Cause {
    id: "not-renewed",
    when: |_| Some(Rank::Usual),
    applies: "",
    verdict: "The certificate of {host}, signed by {issuer}, expired on {not_after}; this machine's clock says \
              {now}. If the clock is right, ask the administrators of {host} (or of the proxy that signed the \
              certificate) to renew it. If the clock is wrong, correct it. No credential was sent.",
    other: "The certificate was not renewed.",
};

static CLOCK_AHEAD: Cause = Cause {
    id: "clock",
    when: |_| Some(Rank::Usual),
    applies: "",
    verdict: "This machine's clock is ahead. Compare `date -u` with the real time.",
    other: "This machine's clock is ahead: compare `date -u` with the real time.",
};

/// Causes of a certificate that is not valid yet.
pub(in crate::diagnosis) static NOT_VALID_YET: &[&Cause] = &[&CLOCK_BEHIND, &NEW_CERTIFICATE];

// A clock that is far off explains the failure. Otherwise the certificate may be a new one.
static CLOCK_BEHIND: Cause = Cause {
    id: "clock",
    when: |evidence| Some(if evidence.is_clock_far_off() { Rank::Response } else { Rank::Usual }),
    applies: "",
    verdict: "The certificate of {host} is valid from {not_before}; this machine's clock says {now}. If the clock is \
              behind, correct it: compare `date -u` with the real time, and turn on time synchronisation. If the \
              clock is right, ask the administrators of {host} for a certificate that is valid now. No credential \
              was sent.",
    other: "This machine's clock is behind.",
};

static NEW_CERTIFICATE: Cause = Cause {
    id: "new-certificate",
    when: |_| Some(Rank::Usual),
    applies: "",
    verdict: "The certificate, signed by {issuer}, was issued by a machine whose clock is ahead. Wait, or have it reissued.",
    other: "A machine whose clock is ahead issued the certificate.",
};

/// Causes of a certificate for another name.
pub(in crate::diagnosis) static WRONG_NAME: &[&Cause] = &[&NEAR_HOST, &OTHER_NAME, &OTHER_SERVER];

// A default host is not misspelled.
static OTHER_NAME: Cause = Cause {
    id: "host",
    when: |evidence| given(evidence.is_chosen(), Rank::Usual),
    applies: "an address of your own",
    verdict: "The server's certificate is for {names}, not for {host}. No credential was sent. If that is the right \
              server, use a name on the certificate as the host of {url_setting} in {url_place}. If not, correct the \
              host in {url_setting}.",
    other: "The host in {url_setting} is wrong, an alias or a bare IP address.",
};

static OTHER_SERVER: Cause = Cause {
    id: "other-server",
    when: |_| Some(Rank::Usual),
    applies: "",
    verdict: "The server's certificate is for {names}, signed by {issuer}, and not for {host}; no credential was sent. A \
              proxy, a captive portal or a hosts file leads {host} to another server. Ask your network's administrators.",
    other: "A proxy, a captive portal or a hosts file leads {host} to another server.",
};

/// Causes of a failure of mutual TLS.
pub(in crate::diagnosis) static CLIENT_CERTIFICATE: &[&Cause] =
    &[&NO_CLIENT_CERTIFICATE, &REJECTED_CERTIFICATE, &NO_CLIENT_INTERMEDIATE, &INTERNAL_GATEWAY];

static NO_CLIENT_CERTIFICATE: Cause = Cause {
    id: "client-certificate",
    when: |evidence| given(evidence.client_cert.is_none(), Rank::Response),
    applies: "no client certificate",
    verdict: "{host} requires a client certificate (mutual TLS), and none is configured. No credential was sent. Ask \
              the administrators of {host} for a client certificate and its key, and set client_cert_pem and \
              client_key_pem to them.",
    other: "{host} requires a client certificate: set client_cert_pem and client_key_pem.",
};

static REJECTED_CERTIFICATE: Cause = Cause {
    id: "client-certificate",
    when: |evidence| given(evidence.client_cert.is_some(), Rank::Response),
    applies: "a client certificate",
    verdict: "{host} rejected the client certificate in {cert_place}: it has expired, or a CA signed it that the \
              server does not trust. No credential was sent. Ask the administrators of {host} for a valid one, and \
              set client_cert_pem and client_key_pem to it.",
    other: "The client certificate has expired, or a CA signed it that the server does not trust.",
};

static NO_CLIENT_INTERMEDIATE: Cause = Cause {
    id: "client-intermediate",
    when: |evidence| given(evidence.client_cert.is_some(), Rank::Usual),
    applies: "a client certificate",
    verdict: "client_cert_pem lacks the intermediate certificates. Add them after the certificate.",
    other: "client_cert_pem lacks the intermediate certificates: add them after the certificate.",
};

// A default address is not an internal one.
static INTERNAL_GATEWAY: Cause = Cause {
    id: "address",
    when: |evidence| given(evidence.is_chosen(), Rank::Usual),
    applies: "an address of your own",
    verdict: "The address is that of an internal gateway. Check {url_setting} in {url_place}.",
    other: "The address is that of an internal gateway, not of CXone's public service.",
};

/// Causes of a port without TLS.
pub(in crate::diagnosis) static NOT_TLS: &[&Cause] = &[&PLAIN_PORT, &PLAIN_FILTER];

static PLAIN_PORT: Cause = Cause {
    id: "port",
    when: |_| Some(Rank::Usual),
    applies: "",
    verdict: "{host} answered the TLS handshake on port {port} with something else, as a port for plain http does; no \
              credential was sent. Check the port of {url_setting} in {url_place}; https uses port 443 unless another is \
              given.",
    other: "Port {port} is one for plain http.",
};

// No filter is between this machine and itself.
static PLAIN_FILTER: Cause = Cause {
    id: "portal",
    when: |evidence| given(evidence.proxy.is_none() && !evidence.is_here(), Rank::Usual),
    applies: "no proxy",
    verdict: "A captive portal or proxy of the network answered in place of {host}.",
    other: "A captive portal or proxy of the network answered in place of {host}.",
};

/// Causes of any other failure of the handshake.
pub(in crate::diagnosis) static OTHER: &[&Cause] = &[&OLD_TLS, &BROKEN_TLS];

static OLD_TLS: Cause = Cause {
    id: "old-tls",
    when: |_| Some(Rank::Usual),
    applies: "",
    verdict: "The TLS library says: {tls}. The server probably offers only versions or ciphers of TLS that are no \
              longer safe. No credential was sent. `openssl s_client -connect {host}:{port} </dev/null` shows the \
              handshake: ask the administrators of {host} for TLS 1.2 or later.",
    other: "The server offers only versions or ciphers of TLS that are no longer safe.",
};

static BROKEN_TLS: Cause = Cause {
    id: "firewall",
    when: |_| Some(Rank::Usual),
    applies: "",
    verdict: "A firewall or proxy that inspects TLS broke the handshake. Try from another network.",
    other: "A firewall or proxy that inspects TLS broke the handshake.",
};
