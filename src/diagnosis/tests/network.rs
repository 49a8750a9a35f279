//! What is said where no answer came.

use super::*;

#[test]
fn an_unknown_issuer_points_to_the_ca_setting() {
    insta::assert_snapshot!(show(&Error::new(ErrorKind::Tls(TlsFailure::UnknownIssuer), ENDPOINT), &context()), @r"
    Error: The certificate of api.nicecxone.com is signed by an unknown issuer

    No credential was sent: this machine does not trust whoever signed the server's certificate.

    The request:
      address  POST https://api.nicecxone.com/oauth/token (by default)

    Likely causes, most likely first:
      1. A company proxy or firewall looks into TLS and signs with its own CA,
         which this machine or container does not have.
      2. A container image has no CA certificates at all (in Debian and Alpine:
         the package ca-certificates).
      3. The server does not send its intermediate certificate.

    What to try:
      - Set ca_cert_file to a PEM file with the CA that signed it (or
        ca_cert_pem to its text). It is added to the system's roots.
      - `openssl s_client -connect api.nicecxone.com:443 -showcerts </dev/null`
        shows who signed it.
      - Leave tls_insecure_skip_verify alone: with it, anyone on the way could
        read the secret.
    ");
}

#[test]
fn a_host_that_cannot_be_found_is_explained() {
    let error = Error::new(ErrorKind::Dns, "https://na1.niceincontact.com/auth/token");
    let context = Context { token_url: Source::environment("CXONE_TOKEN_URL"), ..context() };
    insta::assert_snapshot!(show(&error, &context), @r"
    Error: The host name na1.niceincontact.com could not be resolved

    No request was sent: the name has no address that this machine can find.

    The request:
      address  POST https://na1.niceincontact.com/auth/token (from the
               environment variable CXONE_TOKEN_URL)

    Likely causes, most likely first:
      1. NICE's domain is misspelled: na1.nice-incontact.com is the host that is
         known.
      2. The host name is misspelled. It came from the environment variable
         CXONE_TOKEN_URL.
      3. This machine has no network, or its name server does not answer or
         knows internal names only.
      4. The network reaches the internet through a proxy alone, and none is
         set.

    What to try:
      - Try `nslookup na1.niceincontact.com` on the machine (or in the
        container) that runs Terraform.
      - If your network has a proxy, set http_proxy or HTTPS_PROXY.
      - Check the spelling of the host, and of the area in it.
    ");
}

#[test]
fn a_time_limit_names_its_setting() {
    let kind = ErrorKind::Timeout { phase: TimeoutPhase::Connect, limit: Duration::from_secs(30) };
    let mut error = Error::new(kind, ENDPOINT);
    error.elapsed = Duration::from_secs(30);
    insta::assert_snapshot!(show(&error, &Context { request_timeout: Source::block("request_timeout"), ..context() }), @r"
    Error: No connection to api.nicecxone.com within 30 s

    No request was sent. A silence of this kind is nearly always a firewall that drops packets.

    The request:
      address  POST https://api.nicecxone.com/oauth/token (by default)

    Likely causes, most likely first:
      1. A firewall drops direct connections, and the network wants traffic to
         go through a proxy.
      2. A VPN is down, or the name resolves to an address that cannot be
         reached from here.

    What to try:
      - Ask your network's administrators to allow https://api.nicecxone.com
        (port 443).
      - If your network has a proxy, set http_proxy or HTTPS_PROXY.
      - On a slow network, raise request_timeout (it came from `request_timeout`
        in the provider block).

    Time: 1 request in 30 s. The limits are request_timeout (from `request_timeout` in the provider block) and max_retries (by default).
    ");
}

#[test]
fn a_proxy_that_wants_a_login_is_explained() {
    let error = Error::new(ErrorKind::Proxy(ProxyFailure::AuthenticationRequired), ENDPOINT);
    insta::assert_snapshot!(show(&error, &access_key_context()), @r#"
    Error: The proxy requires a login (HTTP 407)

    The proxy http://proxy.example:3128 (from the environment variable HTTPS_PROXY) wants credentials, or other ones. CXone was not reached.

    The request:
      address  POST https://api.nicecxone.com/oauth/token (from the environment
               variable CXONE_TOKEN_URL)
      proxy    http://proxy.example:3128 (from the environment variable
               HTTPS_PROXY)

    Likely causes, most likely first:
      1. The proxy's address has no user and password, or old ones.
      2. A character of the password is not percent-encoded: `@` is %40, `:` is
         %3A, `/` is %2F.
      3. The proxy wants NTLM or Kerberos, which this provider does not speak.

    What to try:
      - Set CXONE_HTTP_PROXY to "http://user:password@host:port", or http_proxy
        from an ephemeral variable: a plan file holds the value of any other.
      - If CXone may be reached directly, list api.nicecxone.com in NO_PROXY.
    "#);
}
