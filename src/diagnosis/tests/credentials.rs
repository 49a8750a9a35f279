//! What is said of refused credentials.

use super::*;

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
        Context { reserved_characters: true, client_secret: Some(Source::block("client_secret")), ..context() };
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
    insta::assert_snapshot!(show(&status(401, BodyShape::Empty), &context()), @r#"
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
    let context = Context { token_url: Source::block("token_url"), ..context() };
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
fn a_client_id_that_may_be_a_secret_is_not_shown() {
    let id = Sourced { value: "canarySecret0123456789abc".to_owned(), source: Source::block("client_id") };
    let context = Context { client_id: Some(id), show_client_id: false, ..context() };
    let text = show(&oauth(401, "invalid_client", None), &context);
    assert!(text.contains("not shown, it looks like a secret or has a part of one"), "{text}");
    assert!(!text.contains("canarySecret"), "{text}");
}
