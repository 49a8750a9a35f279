//! The texts as users read them, and the laws that hold for all of them.

use std::time::Duration;

use super::*;
use crate::{
    oauth::{AnswerShape, ProxyFailure, TimeoutPhase, TlsFailure},
    provider::{Sourced, explain::troubleshooting},
};

const ENDPOINT: &str = "https://api.nicecxone.com/oauth/token";

fn oauth(status: u16, error: &str, description: Option<&str>) -> Error {
    let description = description.map(str::to_owned);
    Error::new(ErrorKind::OAuth { status, error: error.to_owned(), description, uri: None }, ENDPOINT)
}

fn status(status: u16, shape: AnswerShape) -> Error {
    Error::new(ErrorKind::Status { status, shape, challenges: Vec::new() }, ENDPOINT)
}

fn context() -> Context {
    Context {
        client_id: Some(Sourced { value: "canary-client".to_owned(), source: Source::Block("client_id") }),
        client_secret: Some(Source::Environment("CXONE_CLIENT_SECRET")),
        scopes: vec!["cxone:api".to_owned()],
        scopes_source: Source::Block("scopes"),
        ..Context::default()
    }
}

fn access_key_context() -> Context {
    Context {
        grant: GrantType::Password,
        access_key_id: Some(Source::Block("access_key_id")),
        access_key_secret: Some(Source::BlockFile { attribute: "access_key_secret_file", path: "/run/key".into() }),
        token_url: Source::Environment("CXONE_TOKEN_URL"),
        scopes: Vec::new(),
        scopes_source: Source::Default,
        proxy: Some(Sourced {
            value: "http://proxy.example:3128".to_owned(),
            source: Source::Environment("HTTPS_PROXY"),
        }),
        ca_cert: Some(Source::Block("ca_cert_file")),
        client_cert: Some(Source::Block("client_cert_pem")),
        reserved_characters: true,
        authentication: Authentication::BasicRfc6749,
        ..context()
    }
}

fn show(error: &Error, context: &Context) -> String {
    let diagnostic = explain(error, context);
    format!("Error: {}\n\n{}", diagnostic.summary, diagnostic.detail)
}

/// At least one failure for each entry of the table. A new kind of failure does not compile in `classify`.
fn samples() -> Vec<Error> {
    let mut kinds = Vec::new();
    let codes = [
        "invalid_client",
        "invalid_grant",
        "unauthorized_client",
        "unsupported_grant_type",
        "invalid_scope",
        "scope_invalid",
        "invalid_target",
        "invalid_request",
        "access_denied",
        "temporarily_unavailable",
        "server_error",
        "canary_code",
    ];
    for code in codes {
        kinds.push(ErrorKind::OAuth {
            status: 401,
            error: code.into(),
            description: Some("words".into()),
            uri: Some("https://example.com/e".into()),
        });
    }
    let shapes = [
        AnswerShape::Empty,
        AnswerShape::JsonObject(vec!["token".into()]),
        AnswerShape::JsonObject(vec!["access_token".into()]),
        AnswerShape::JsonObject(vec![]),
        AnswerShape::OtherJson,
        AnswerShape::Html(None),
        AnswerShape::Html(Some("Sign in".into())),
        AnswerShape::Form,
        AnswerShape::Text,
        AnswerShape::Binary,
        AnswerShape::BrokenJson,
    ];
    for shape in &shapes {
        kinds.push(ErrorKind::NotATokenResponse {
            status: 200,
            shape: shape.clone(),
            reason: "no access_token".into(),
        });
        for status in [400, 401, 403, 404, 405, 407, 415, 418, 429, 500, 502, 503, 504, 511] {
            kinds.push(ErrorKind::Status { status, shape: shape.clone(), challenges: vec!["Bearer".into()] });
        }
    }
    for location in [
        None,
        Some("http://example.com/"),
        Some("https://portal.example.com/"),
        Some("https://example.com/login"),
        Some("https://example.com/x"),
    ] {
        kinds.push(ErrorKind::Redirect { status: 302, location: location.map(str::to_owned) });
    }
    for phase in [TimeoutPhase::Connect, TimeoutPhase::Headers, TimeoutPhase::Body] {
        kinds.push(ErrorKind::Timeout { phase, limit: Duration::from_secs(30) });
    }
    let tls = [
        TlsFailure::UnknownIssuer,
        TlsFailure::Expired,
        TlsFailure::NotValidYet,
        TlsFailure::ClientCertificate,
        TlsFailure::NotTls,
        TlsFailure::WrongName { presented: vec!["*.example.com".into()] },
        TlsFailure::WrongName { presented: vec![] },
        TlsFailure::Other("received fatal alert: HandshakeFailure".into()),
    ];
    kinds.extend(tls.map(ErrorKind::Tls));
    let proxy = [
        ProxyFailure::AuthenticationRequired,
        ProxyFailure::TunnelRefused { status: Some(403) },
        ProxyFailure::TunnelRefused { status: None },
        ProxyFailure::Unreachable,
    ];
    kinds.extend(proxy.map(ErrorKind::Proxy));
    kinds.extend([
        ErrorKind::AnswerTooLarge { limit: 65_536 },
        ErrorKind::Dns,
        ErrorKind::ConnectionRefused,
        ErrorKind::Unreachable,
        ErrorKind::ConnectionClosed,
        ErrorKind::Http2,
        ErrorKind::InvalidHttp,
        ErrorKind::Interrupted,
        ErrorKind::Setup("`ca_cert_pem` holds no certificate".into()),
    ]);
    kinds.into_iter().map(|kind| Error::new(kind, ENDPOINT)).collect()
}

#[test]
fn a_wrong_secret_is_explained() {
    let mut error = oauth(401, "invalid_client", Some("Client authentication failed"));
    error.correlation_ids = vec![("x-request-id".to_owned(), "6f1c0e".to_owned())];
    insta::assert_snapshot!(show(&error, &context()), @r#"
    Error: CXone refused the client credentials (HTTP 401, invalid_client)

    The token endpoint does not accept the client id, the secret, or the way in which they were sent.

    The request:
      address        POST https://api.nicecxone.com/oauth/token (by default)
      grant_type     client_credentials
      client_id      "canary-client" (from `client_id` in the provider block)
      client_secret  not shown (from the environment variable
                     CXONE_CLIENT_SECRET)
      sent as        Basic header (client_secret_basic), characters as they are
      scopes         cxone:api (from `scopes` in the provider block)

    The answer:
      server says   "Client authentication failed"
      x-request-id  6f1c0e

    Likely causes, most likely first:
      1. The client id or the client secret is wrong, was replaced, or belongs
         to another application or environment. The secret came from the
         environment variable CXONE_CLIENT_SECRET.
      2. The application is registered for client_secret_post, and this request
         used a Basic header: CXone's registration chooses one for each
         application.
      3. The address is not your tenant's: no public page of NICE names
         api.nicecxone.com as a token service. NICE documents
         https://cxone.niceincontact.com/auth/token, with an access key.
      4. The registration is not approved yet (NICE says two to three working
         days), or the application is disabled or due to be deleted.
      5. The environment holds an older value: a running shell, CI job or
         service keeps the one it started with.

    What to try:
      - Compare the client id and the secret with what NICE sent for the
        application, character by character at both ends.
      - Or set token_endpoint_auth_method = "client_secret_post", if the
        application was registered for it: the credentials then go into the
        body. The provider never tries a second way by itself: failed logins can
        lock an application.
      - If NICE gave you another token endpoint, set token_url (or issuer) to
        it.
      - `terraform-provider-cxone doctor` goes through the same exchange outside
        Terraform, one step at a time.

    About api.nicecxone.com: this provider's default, the address its first user was given; no public NICE page names it. Token endpoint there: /oauth/token (form, grant_type=client_credentials; not verified).
    "#);
}

#[test]
fn a_secret_with_reserved_characters_points_to_the_encoding() {
    let mut error = oauth(401, "invalid_client", None);
    error.clock_skew_seconds = Some(-420);
    let context =
        Context { reserved_characters: true, client_secret: Some(Source::Block("client_secret")), ..context() };
    insta::assert_snapshot!(show(&error, &context), @r#"
    Error: CXone refused the client credentials (HTTP 401, invalid_client)

    The token endpoint does not accept the client id, the secret, or the way in which they were sent.

    The request:
      address        POST https://api.nicecxone.com/oauth/token (by default)
      grant_type     client_credentials
      client_id      "canary-client" (from `client_id` in the provider block)
      client_secret  not shown (from `client_secret` in the provider block)
      sent as        Basic header (client_secret_basic), characters as they are
      scopes         cxone:api (from `scopes` in the provider block)

    Likely causes, most likely first:
      1. The client id or the client secret is wrong, was replaced, or belongs
         to another application or environment. The secret came from
         `client_secret` in the provider block.
      2. The id or the secret has characters that RFC 6749 (section 2.3.1)
         percent-encodes in a Basic header, and servers differ: of eleven that
         were measured, eight take them as they are and three decode them. They
         were sent as they are (basic_auth_encoding = "raw").
      3. The application is registered for client_secret_post, and this request
         used a Basic header: CXone's registration chooses one for each
         application.
      4. The address is not your tenant's: no public page of NICE names
         api.nicecxone.com as a token service. NICE documents
         https://cxone.niceincontact.com/auth/token, with an access key.
      5. The registration is not approved yet (NICE says two to three working
         days), or the application is disabled or due to be deleted.
      6. This machine's clock is 7 min behind the server's; a server that
         compares times refuses what it thinks is old or not yet valid.

    What to try:
      - Compare the client id and the secret with what NICE sent for the
        application, character by character at both ends.
      - Try basic_auth_encoding = "rfc6749", which percent-encodes both.
      - Or set token_endpoint_auth_method = "client_secret_post", if the
        application was registered for it: the credentials then go into the
        body. The provider never tries a second way by itself: failed logins can
        lock an application.
      - If NICE gave you another token endpoint, set token_url (or issuer) to
        it.
      - `terraform-provider-cxone doctor` goes through the same exchange outside
        Terraform, one step at a time.

    About api.nicecxone.com: this provider's default, the address its first user was given; no public NICE page names it. Token endpoint there: /oauth/token (form, grant_type=client_credentials; not verified).
    "#);
    // Not at client_secret: the core would quote the line, and with it the secret.
    assert_eq!(explain(&error, &context).attribute, AttributePath::root());
    let resource = Context { site: Site::Resource, ..context };
    assert_eq!(explain(&error, &resource).attribute, AttributePath::root());
}

#[test]
fn a_401_without_a_body_is_explained() {
    insta::assert_snapshot!(show(&status(401, AnswerShape::Empty), &context()), @r#"
    Error: CXone refused the credentials (HTTP 401) without saying why

    The answer has no OAuth error in it. Either the token service says no more than this, or something in front of it answered.

    The request:
      address        POST https://api.nicecxone.com/oauth/token (by default)
      grant_type     client_credentials
      client_id      "canary-client" (from `client_id` in the provider block)
      client_secret  not shown (from the environment variable
                     CXONE_CLIENT_SECRET)
      sent as        Basic header (client_secret_basic), characters as they are
      scopes         cxone:api (from `scopes` in the provider block)

    The answer:
      body  empty

    Likely causes, most likely first:
      1. The client id or the client secret is wrong, was replaced, or belongs
         to another application or environment. The secret came from the
         environment variable CXONE_CLIENT_SECRET.
      2. The application is registered for client_secret_post, and this request
         used a Basic header: CXone's registration chooses one for each
         application.
      3. The address is not your tenant's: no public page of NICE names
         api.nicecxone.com as a token service. NICE documents
         https://cxone.niceincontact.com/auth/token, with an access key.
      4. The registration is not approved yet (NICE says two to three working
         days), or the application is disabled or due to be deleted.
      5. The environment holds an older value: a running shell, CI job or
         service keeps the one it started with.

    What to try:
      - Compare the client id and the secret with what NICE sent for the
        application, character by character at both ends.
      - Check that token_url is the token endpoint and no other address of the
        service (it came from the provider's default).
      - Or set token_endpoint_auth_method = "client_secret_post", if the
        application was registered for it: the credentials then go into the
        body. The provider never tries a second way by itself: failed logins can
        lock an application.
      - `terraform-provider-cxone doctor` goes through the same exchange outside
        Terraform, one step at a time.

    About api.nicecxone.com: this provider's default, the address its first user was given; no public NICE page names it. Token endpoint there: /oauth/token (form, grant_type=client_credentials; not verified).
    "#);
}

#[test]
fn client_credentials_at_the_global_service_is_explained() {
    let mut error = oauth(400, "unsupported_grant_type", None);
    error.endpoint = "https://cxone.niceincontact.com/auth/token".to_owned();
    let context = Context { token_url: Source::Block("token_url"), ..context() };
    insta::assert_snapshot!(show(&error, &context), @r#"
    Error: The token endpoint does not offer grant_type=client_credentials (HTTP 400, unsupported_grant_type)

    The credentials were not judged: this endpoint does not know the grant.

    The request:
      address        POST https://cxone.niceincontact.com/auth/token (from
                     `token_url` in the provider block)
      grant_type     client_credentials
      client_id      "canary-client" (from `client_id` in the provider block)
      client_secret  not shown (from the environment variable
                     CXONE_CLIENT_SECRET)
      sent as        Basic header (client_secret_basic), characters as they are
      scopes         cxone:api (from `scopes` in the provider block)

    Likely causes, most likely first:
      1. NICE's list of grants for this address has no client_credentials:
         back-end applications there use grant_type=password, with an access key
         beside the client id and secret.
      2. The address is that of another service, or of another version of it.
      3. Something between here and the server lost the request's body, so that
         no grant_type arrived.

    What to try:
      - Make an access key in CXone and set grant_type = "password",
        access_key_id and access_key_secret, next to client_id and
        client_secret.
      - Check token_url (it came from `token_url` in the provider block) and
        grant_type against what NICE sent for the application.
      - `terraform-provider-cxone doctor` goes through the same exchange outside
        Terraform, one step at a time.

    About cxone.niceincontact.com: CXone's global authentication service. Token endpoint there: /auth/token (form, grant_type=password with an access key and a registered application; documented by NICE).
    "#);
}

#[test]
fn a_refused_access_key_is_explained() {
    let mut error = oauth(400, "invalid_grant", None);
    error.endpoint = "https://cxone.niceincontact.com/auth/token".to_owned();
    insta::assert_snapshot!(show(&error, &access_key_context()), @r#"
    Error: CXone refused the grant (HTTP 400, invalid_grant)

    The client may be known; what it presented to be given a token was refused.

    The request:
      address            POST https://cxone.niceincontact.com/auth/token (from
                         the environment variable CXONE_TOKEN_URL)
      grant_type         password
      client_id          "canary-client" (from `client_id` in the provider
                         block)
      client_secret      not shown (from the environment variable
                         CXONE_CLIENT_SECRET)
      access_key_id      not shown (from `access_key_id` in the provider block)
      access_key_secret  not shown (from the file "/run/key"
                         (`access_key_secret_file` in the provider block))
      sent as            Basic header (client_secret_basic), percent-encoded
      scopes             none
      proxy              http://proxy.example:3128 (from the environment
                         variable HTTPS_PROXY)

    Likely causes, most likely first:
      1. The access key is wrong, was deleted or switched off. Its secret came
         from the file "/run/key" (`access_key_secret_file` in the provider
         block).
      2. The employee who owns the access key was deactivated, or locked for not
         logging in.
      3. The access key belongs to another tenant or environment than the
         application.
      4. The environment holds an older value: a running shell, CI job or
         service keeps the one it started with.
      5. The file holds an older value, or one for another environment.

    What to try:
      - In CXone, check that the access key is active and that its owner can log
        in. The secret of a key is shown once only: if it is lost, make a new
        key.
      - Compare the client id and the secret with what NICE sent for the
        application, character by character at both ends.
      - `terraform-provider-cxone doctor` goes through the same exchange outside
        Terraform, one step at a time.

    About cxone.niceincontact.com: CXone's global authentication service. Token endpoint there: /auth/token (form, grant_type=password with an access key and a registered application; documented by NICE).
    "#);
}

#[test]
fn refused_scopes_are_explained() {
    let error = oauth(400, "invalid_scope", Some("unknown scope"));
    insta::assert_snapshot!(show(&error, &context()), @r#"
    Error: CXone refused the requested scopes (HTTP 400, invalid_scope)

    The credentials were accepted; what they were asked to be good for was not.

    The request:
      address        POST https://api.nicecxone.com/oauth/token (by default)
      grant_type     client_credentials
      client_id      "canary-client" (from `client_id` in the provider block)
      client_secret  not shown (from the environment variable
                     CXONE_CLIENT_SECRET)
      sent as        Basic header (client_secret_basic), characters as they are
      scopes         cxone:api (from `scopes` in the provider block)

    The answer:
      server says  "unknown scope"

    Likely causes, most likely first:
      1. A scope is misspelled (upper and lower case count), or this service
         does not know it. Requested: cxone:api, from `scopes` in the provider
         block.
      2. The application was not given one of the scopes when it was registered.

    What to try:
      - Remove `scopes` for one run: a token without them shows what the
        application gets by default (granted_scopes).
      - Then add the scopes one at a time; the first that fails is the one to
        ask NICE about.
    "#);
    assert_eq!(explain(&error, &context()).attribute, AttributePath::new("scopes"));
}

#[test]
fn a_wrong_path_is_explained() {
    let mut error = status(404, AnswerShape::Html(Some("404 Not Found".to_owned())));
    error.endpoint = "https://cxone.nice-incontact.com/auth/token".to_owned();
    let context = Context { token_url: Source::Block("token_url"), ..context() };
    insta::assert_snapshot!(show(&error, &context), @r#"
    Error: There is no token endpoint at this address (HTTP 404)

    cxone.nice-incontact.com answered, but it knows nothing at https://cxone.nice-incontact.com/auth/token. The credentials were not judged.

    The request:
      address  POST https://cxone.nice-incontact.com/auth/token (from
               `token_url` in the provider block)

    The answer:
      body  a web page titled "404 Not Found"

    Likely causes, most likely first:
      1. NICE's domain is misspelled: cxone.niceincontact.com is the host that
         is known.
      2. The path is wrong: a missing part, a slash too many, another version.
         The address came from `token_url` in the provider block.
      3. The host is that of another area, environment or service than your
         tenant's.
      4. A few servers answer 404 to a client id they do not know.

    What to try:
      - Set token_url to the token endpoint that NICE gave you, or issuer to
        have it discovered, such as issuer = "https://cxone.niceincontact.com".
    "#);
}

#[test]
fn a_block_page_is_explained() {
    insta::assert_snapshot!(show(&status(403, AnswerShape::Html(Some("Access Denied".to_owned()))), &access_key_context()), @r#"
    Error: Something in front of CXone blocked the token request (HTTP 403 with a web page)

    A token service answers in JSON. This was a web page titled "Access Denied", as firewalls and content filters send, so the credentials were probably never judged.

    The request:
      address  POST https://api.nicecxone.com/oauth/token (from the environment
               variable CXONE_TOKEN_URL)
      proxy    http://proxy.example:3128 (from the environment variable
               HTTPS_PROXY)

    The answer:
      body  a web page titled "Access Denied"

    Likely causes, most likely first:
      1. The proxy http://proxy.example:3128 (from the environment variable
         HTTPS_PROXY) blocks the address, or inspects the content.
      2. A firewall in front of the service refuses this machine's address,
         country or network.
      3. The address is that of a web site and not of a token endpoint.

    What to try:
      - Ask your network's administrators to allow https://api.nicecxone.com.
      - Try from another network: if it works there, the block is in this one.

    About api.nicecxone.com: this provider's default, the address its first user was given; no public NICE page names it. Token endpoint there: /oauth/token (form, grant_type=client_credentials; not verified).
    "#);
}

#[test]
fn a_rate_limit_tells_how_the_time_was_spent() {
    let mut error = status(429, AnswerShape::Empty);
    error.attempts = 4;
    error.elapsed = Duration::from_millis(12_400);
    error.waited = Duration::from_secs(11);
    insta::assert_snapshot!(show(&error, &context()), @r"
    Error: CXone wants fewer token requests (HTTP 429)

    A rate limit was reached. NICE publishes none for its token service, so it may also be a gateway's.

    The request:
      address  POST https://api.nicecxone.com/oauth/token (by default)

    The answer:
      body  empty

    Likely causes, most likely first:
      1. Other programs ask for tokens with the same application, or many
         Terraform runs do so side by side.
      2. An earlier loop of failed logins has put the application or this
         address on a list for a while.

    What to try:
      - Wait a few minutes, then run Terraform again. Within one run the
        provider shares one token.
      - For longer patience, raise max_retries and retry_max_wait.
      - Where many runs need a token, let one job get it and hand it on in
        CXONE_ACCESS_TOKEN.

    Time: 4 requests in 12.4 s, of which 11 s waiting between them. The limits are request_timeout (by default) and max_retries (by default).
    ");
}

#[test]
fn a_captive_portal_is_explained() {
    let kind = ErrorKind::NotATokenResponse {
        status: 200,
        shape: AnswerShape::Html(Some("Welcome to Hotel WiFi".to_owned())),
        reason: "the body is HTML".to_owned(),
    };
    insta::assert_snapshot!(show(&Error::new(kind, ENDPOINT), &context()), @r#"
    Error: This network seems to want a login before it lets requests through (HTTP 200)

    Something on the way, with the look of a captive portal titled "Welcome to Hotel WiFi", answered in place of api.nicecxone.com.

    The request:
      address  POST https://api.nicecxone.com/oauth/token (by default)

    Likely causes, most likely first:
      1. A guest, hotel or train network waits for its terms to be accepted in a
         browser.
      2. token_url is the address of a portal made for people. It came from the
         provider's default.

    What to try:
      - Open https://api.nicecxone.com in a browser on this machine, log in to
        the network, then run Terraform again.
      - On a machine without a browser, use another network.
    "#);
}

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
    let context = Context { token_url: Source::Environment("CXONE_TOKEN_URL"), ..context() };
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
    insta::assert_snapshot!(show(&error, &Context { request_timeout: Source::Block("request_timeout"), ..context() }), @r"
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

#[test]
fn a_client_id_that_may_be_a_secret_is_not_shown() {
    let id = Sourced { value: "canarySecret0123456789abc".to_owned(), source: Source::Block("client_id") };
    let text = show(&oauth(401, "invalid_client", None), &Context { client_id: Some(id), ..context() });
    assert!(text.contains("not shown, it has the look of a secret"), "{text}");
    assert!(!text.contains("canarySecret"), "{text}");
}

#[test]
fn every_entry_is_reached_and_every_class_is_in_the_guide() {
    let reached: std::collections::BTreeSet<_> = samples().iter().map(class).collect();
    let documented: Vec<_> =
        troubleshooting::SECTIONS.iter().flat_map(|section| section.entries).map(|entry| entry.id).collect();
    let unique: std::collections::BTreeSet<_> = documented.iter().copied().collect();
    assert_eq!(unique.len(), documented.len(), "an entry is documented twice");
    assert_eq!(reached, unique);
}

#[test]
fn every_message_is_complete_and_fits_terraform_s_box() {
    let contexts = [context(), access_key_context(), Context::default()];
    for error in samples() {
        for context in &contexts {
            let text = show(&error, context);
            let summary = text.lines().next().unwrap_or_default();
            assert!(summary.chars().count() <= 110, "{summary}");
            assert!(!text.contains("(unknown)") && !text.contains('{'), "{text}");
            assert!(!text.contains("  \n") && !text.contains("\n\n\n") && !text.contains(".."), "{text}");
            for line in text.lines().filter(|line| line.starts_with(' ')) {
                assert!(line.chars().count() <= 76 || !line.trim().contains(' '), "{line}");
            }
        }
    }
}

#[test]
fn every_verdict_on_credentials_says_where_each_came_from() {
    for error in samples()
        .iter()
        .filter(|error| matches!(error.kind(), ErrorKind::OAuth { .. } | ErrorKind::Status { status: 401, .. }))
    {
        let text = show(error, &context());
        assert!(text.contains("POST https://api.nicecxone.com/oauth/token"), "{text}");
        if classify(error.kind()).request == entry::Request::Credentials {
            assert!(text.contains("CXONE_CLIENT_SECRET") && text.contains("canary-client"), "{text}");
        }
    }
}

proptest::proptest! {
    /// Nothing that has the look of a secret gets out by way of the client id, whatever the failure.
    #[test]
    fn a_secret_in_place_of_the_client_id_is_never_shown(secret in "canary[A-Za-z0-9]{12,24}[0-9][A-Za-z0-9+/=]{4,20}") {
        let id = Sourced { value: secret.clone(), source: Source::Block("client_id") };
        let context = Context { client_id: Some(id), ..access_key_context() };
        for error in samples() {
            let text = show(&error, &context);
            proptest::prop_assert!(!text.contains(&secret[6..12]), "{text}");
        }
    }

    /// What a server wrote cannot break out of its line or steer a terminal.
    #[test]
    fn foreign_text_is_harmless(foreign in proptest::prelude::any::<String>()) {
        let mut error = oauth(400, &foreign, Some(&foreign));
        error.correlation_ids = vec![("x-request-id".to_owned(), foreign.clone())];
        let location = Some(format!("https://{foreign}"));
        for error in [error, Error::new(ErrorKind::Redirect { status: 302, location }, ENDPOINT)] {
            let text = show(&error, &context());
            proptest::prop_assert!(text.chars().all(|character| character == '\n' || !character.is_control()), "{text:?}");
        }
    }
}
