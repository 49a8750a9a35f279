//! What is said of other answers.

use super::*;

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
      - If the server's own words name a scope, take that one out, or ask NICE
        to grant it.
      - Remove `scopes` for one run: a token without them shows what the
        application gets by default (granted_scopes).
      - Then add the scopes one at a time; the first that fails is the one to
        ask NICE about.
    "#);
    assert_eq!(explain(&error, &context()).attribute, AttributePath::new("scopes"));
}

#[test]
fn a_wrong_path_is_explained() {
    let mut error = status(404, BodyShape::Html(Some("404 Not Found".to_owned())));
    error.endpoint = "https://cxone.nice-incontact.com/auth/token".to_owned();
    let context = Context { token_url: Source::block("token_url"), ..context() };
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
    insta::assert_snapshot!(show(&status(403, BodyShape::Html(Some("Access Denied".to_owned()))), &access_key_context()), @r#"
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
    let mut error = status(429, BodyShape::Empty);
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
        shape: BodyShape::Html(Some("Welcome to Hotel WiFi".to_owned())),
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
