//! The texts as users read them, and laws for all of them.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::*;
use crate::diagnosis::cause::Cause;
use crate::diagnosis::message::SECTIONS;
use crate::settings::clues::{Clues, NearName, Overridden, Suspicion};
use crate::settings::grant_type::GrantType;
use crate::settings::inspect::{AddressMistake, Mistake, inspect, shape};
use crate::settings::source::Sourced;
use crate::settings::table::{CLIENT_SECRET, SCOPES, Setting, TOKEN_URL};
use crate::text::wrap;
use oauth::{
    BodyShape, Endpoint, ErrorKind, Metadata, ProxyFailure, ScopeSet, ServerCertificate, TimeoutPhase, TlsFailure,
    TrustedPlace,
};

const ENDPOINT: &str = "https://api.nicecxone.com/oauth/token";

fn oauth(status: u16, error: &str, description: Option<&str>) -> Error {
    let description = description.map(str::to_owned);
    Error::new(ErrorKind::OAuth { status, error: error.to_owned(), description, uri: None }, ENDPOINT)
}

fn status(status: u16, shape: BodyShape) -> Error {
    Error::new(ErrorKind::Status { status, shape, challenges: Vec::new(), message: None }, ENDPOINT)
}

fn evidence(error: Error) -> Evidence {
    Evidence {
        client_id: Some(Sourced { value: "canary-client".to_owned(), source: Source::block("client_id") }),
        client_secret: Some(Source::environment("CXONE_CLIENT_SECRET")),
        scopes: vec!["cxone:api".to_owned()],
        scopes_source: Source::block("scopes"),
        ..Evidence::new(error)
    }
}

fn with_access_key(evidence: Evidence) -> Evidence {
    Evidence {
        grant: GrantType::Password,
        access_key_id: Some(Source::block("access_key_id")),
        access_key_secret: Some(Source::block("access_key_secret_file").in_file("/run/key")),
        token_url: Source::environment("CXONE_TOKEN_URL"),
        scopes: Vec::new(),
        scopes_source: Source::DEFAULT,
        proxy: Some(Sourced {
            value: "http://proxy.example:3128".to_owned(),
            source: Source::environment("HTTPS_PROXY"),
        }),
        ca_cert: Some(Source::block("ca_cert_file")),
        client_cert: Some(Source::block("client_cert_pem")),
        reserved_characters: true,
        authentication: Authentication::BasicRfc6749,
        audience: Some(Source::block("audience")),
        has_parameters: true,
        ..evidence
    }
}

fn suspect(setting: &'static Setting, text: &str, source: Source) -> Suspicion {
    let finding = inspect(setting, text).into_iter().next().unwrap();
    Suspicion { finding, source }
}

fn show(evidence: &Evidence) -> String {
    let diagnostic = explain(evidence);
    let detail = diagnostic.detail.lines().map(|line| match line.starts_with(' ') {
        true => line.to_owned(),
        false => wrap(line, ""),
    });
    format!("Error: {}\n\n{}", diagnostic.summary, detail.collect::<Vec<_>>().join("\n"))
}

#[test]
fn a_quoted_secret_is_the_verdict() {
    let mut error = oauth(401, "invalid_client", Some("Client authentication failed"));
    error.correlation_ids = vec![("x-request-id".to_owned(), "sandbox-6".to_owned())];
    let quoted = suspect(&CLIENT_SECRET, "\"canary\"", Source::environment("CXONE_CLIENT_SECRET"));
    let evidence = Evidence {
        clues: Clues { suspicions: vec![quoted], ..Clues::default() },
        token_url: Source::block("token_url"),
        ..evidence(error)
    };
    insta::assert_snapshot!(show(&evidence), @r#"
    Error: CXone rejected the client credentials (HTTP 401 invalid_client)

    client_secret is wrapped in quotation marks, and they were sent as part of
    it. Remove them in the environment variable CXONE_CLIENT_SECRET.

    Request
      POST https://api.nicecxone.com/oauth/token (token_url, provider block)
      client_id canary-client (client_id, provider block), client_secret hidden
      (CXONE_CLIENT_SECRET), HTTP Basic, scopes cxone:api
    Response
      401 invalid_client: "Client authentication failed"

    If that is not the reason:
      - The secret was rotated, or belongs to another application.
    Run `terraform-provider-cxone doctor` to try one step at a time.
    "#);
    // Not at client_secret, because the core would quote the line with the secret.
    assert_eq!(explain(&evidence).attribute, AttributePath::root());
}

#[test]
fn a_wrong_secret_without_evidence_has_the_usual_causes() {
    insta::assert_snapshot!(show(&evidence(oauth(401, "invalid_client", None))), @r#"
    Error: CXone rejected the client credentials (HTTP 401 invalid_client)

    client_id and client_secret do not fit together for api.nicecxone.com: the
    secret was rotated, or belongs to another application or environment.
    Compare client_secret in the environment variable CXONE_CLIENT_SECRET with
    the value that NICE issued for canary-client, especially the first and last
    characters.

    Request
      POST https://api.nicecxone.com/oauth/token (default)
      client_id canary-client (client_id, provider block), client_secret hidden
      (CXONE_CLIENT_SECRET), HTTP Basic, scopes cxone:api
    Response
      401 invalid_client

    If that is not the reason:
      - The application is registered for client_secret_post: set
        token_endpoint_auth_method = "client_secret_post".
      - No public NICE page names api.nicecxone.com: set token_url or issuer to
        the address that NICE gave you.
      - NICE has not approved the application yet (two to three working days),
        or it is disabled.
    Run `terraform-provider-cxone doctor` to try one step at a time.
    "#);
}

#[test]
fn refused_scopes_are_explained() {
    let evidence = evidence(oauth(400, "invalid_scope", Some("unknown scope")));
    insta::assert_snapshot!(show(&evidence), @r#"
    Error: CXone rejected the requested scopes (HTTP 400 invalid_scope)

    The client credentials were accepted, but the requested scopes were not:
    cxone:api. A scope is misspelled (upper and lower case count), or the
    application does not have it. Run once without scopes (set in the provider
    block): granted_scopes then shows what the application has.

    Request
      POST https://api.nicecxone.com/oauth/token (default)
      client_id canary-client (client_id, provider block), client_secret hidden
      (CXONE_CLIENT_SECRET), HTTP Basic, scopes cxone:api (scopes, provider
      block)
    Response
      400 invalid_scope: "unknown scope"

    If that is not the reason:
      - The application was registered without one of the scopes: ask NICE to
        add it.
    Run `terraform-provider-cxone doctor` to try one step at a time.
    "#);
    assert_eq!(explain(&evidence).attribute, AttributePath::new("scopes"));
}

#[test]
fn a_proxy_that_inspects_tls_is_named() {
    let mut error = Error::new(ErrorKind::Tls(TlsFailure::UnknownIssuer), ENDPOINT);
    error.marks.certificate = Some(certificate("Zscaler Root CA"));
    insta::assert_snapshot!(show(&evidence(error)), @r#"
    Error: The certificate of api.nicecxone.com is signed by an unknown issuer

    The certificate of api.nicecxone.com is signed by "Zscaler Root CA", which
    this machine does not trust; no credential was sent. A company proxy or
    firewall that inspects TLS signs with a CA of its own. Set ca_cert_file to
    the certificate of that CA in PEM.

    Request
      POST https://api.nicecxone.com/oauth/token (default)
    Certificate
      signed by "Zscaler Root CA", valid from 2024-10-04 to 2025-11-08

    If that is not the reason:
      - The container image has no CA certificates: install the package
        ca-certificates.
      - The server does not send its intermediate certificate.
    Run `terraform-provider-cxone doctor` to try one step at a time.
    "#);
}

#[test]
fn a_rate_limit_tells_how_the_time_was_spent() {
    let mut error = status(429, BodyShape::Empty);
    error.attempts = 4;
    error.elapsed = Duration::from_millis(12_400);
    error.waited = Duration::from_secs(11);
    error.marks.retry_after = Some(Duration::from_secs(120));
    insta::assert_snapshot!(show(&evidence(error)), @r"
    Error: CXone is rate-limiting token requests (HTTP 429)

    CXone, or a gateway in front of it, limits token requests and asks for a
    wait of 2m. Run Terraform again after that. To keep retrying for longer,
    raise max_retries, which is 3 (default), and retry_max_wait, which is 30s
    (default).

    Request
      POST https://api.nicecxone.com/oauth/token (default)
      4 requests in 12.4 s, 11 s of it between them; max_retries is 3 (default)
    Response
      429, no content, Retry-After: 2m

    If that is not the reason:
      - Earlier failed logins have blocked the application or this network
        address for a while.
    Run `terraform-provider-cxone doctor` to try one step at a time.
    ");
}

#[test]
fn a_misspelled_host_is_named_with_the_right_one() {
    let error = Error::new(ErrorKind::Dns, "https://na1.niceincontact.com/auth/token");
    let evidence = Evidence { token_url: Source::environment("CXONE_TOKEN_URL"), ..evidence(error) };
    insta::assert_snapshot!(show(&evidence), @r"
    Error: The host name na1.niceincontact.com cannot be resolved

    The host na1.niceincontact.com is probably misspelled: did you mean
    na1.nice-incontact.com? Set token_url in the environment variable
    CXONE_TOKEN_URL to https://na1.nice-incontact.com/auth/token.

    Request
      POST https://na1.niceincontact.com/auth/token (CXONE_TOKEN_URL)

    If that is not the reason:
      - This machine has no network, or its name server knows internal names
        only.
      - The network requires a proxy: set http_proxy or HTTPS_PROXY.
    Run `terraform-provider-cxone doctor` to try one step at a time.
    ");
}

fn certificate(issuer: &str) -> ServerCertificate {
    let at = |days: u64| SystemTime::UNIX_EPOCH + Duration::from_secs(days * 86_400);
    ServerCertificate {
        issuer: Some(issuer.to_owned()),
        is_self_signed: false,
        not_before: Some(at(20_000)),
        not_after: Some(at(20_400)),
        checked_at: at(20_782),
    }
}

/// At least one failure for each message of the table. A new kind of failure does not compile in `id_of`.
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
    for (code, status) in codes.into_iter().flat_map(|code| [(code, 400), (code, 401), (code, 503)]) {
        for description in [None, Some("words")] {
            kinds.push(ErrorKind::OAuth {
                status,
                error: code.into(),
                description: description.map(str::to_owned),
                uri: Some("https://example.com/e".into()),
            });
        }
    }
    let shapes = [
        BodyShape::Empty,
        BodyShape::JsonObject(vec!["token".into()]),
        BodyShape::JsonObject(vec!["access_token".into()]),
        BodyShape::JsonObject(vec![]),
        BodyShape::OtherJson,
        BodyShape::Html(None),
        BodyShape::Html(Some("Sign in".into())),
        BodyShape::Html(Some("Welcome".into())),
        BodyShape::Form,
        BodyShape::Text,
        BodyShape::Binary,
        BodyShape::BrokenJson,
    ];
    for shape in &shapes {
        kinds.push(ErrorKind::NotATokenResponse {
            status: 200,
            shape: shape.clone(),
            reason: "no access_token".into(),
            message: None,
        });
        for status in [400, 401, 403, 404, 405, 407, 415, 418, 429, 500, 502, 503, 504, 511] {
            kinds.push(ErrorKind::Status {
                status,
                shape: shape.clone(),
                challenges: vec!["Bearer".into()],
                message: None,
            });
        }
    }
    let locations =
        ["http://example.com/", "https://portal.example.com/", "https://example.com/login", "https://example.com/x"];
    for location in locations.into_iter().map(Some).chain([None]) {
        kinds.push(ErrorKind::Redirect { status: 302, location: location.map(str::to_owned) });
    }
    for phase in [TimeoutPhase::Connect, TimeoutPhase::Handshake, TimeoutPhase::Headers, TimeoutPhase::Body] {
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
        ProxyFailure::TunnelRefused { status: Some(403), message: Some("ERROR: Access Denied".into()) },
        ProxyFailure::TunnelRefused { status: Some(502), message: None },
        ProxyFailure::TunnelRefused { status: None, message: None },
        ProxyFailure::Tls(TlsFailure::NotTls),
        ProxyFailure::Tls(TlsFailure::UnknownIssuer),
        ProxyFailure::Closed,
        ProxyFailure::Unreachable,
    ];
    kinds.extend(proxy.map(ErrorKind::Proxy));
    kinds.extend([
        ErrorKind::ResponseTooLarge { limit: 65_536 },
        ErrorKind::HeadersTooLarge { limit: 417_792, lines: 100 },
        ErrorKind::Undecodable { encoding: "gzip", is_cut_off: false },
        ErrorKind::Undecodable { encoding: "gzip", is_cut_off: true },
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
fn every_message_is_reached_and_in_the_guide_once() {
    let reached: BTreeSet<_> = samples().iter().map(class).collect();
    let documented: Vec<_> = SECTIONS.iter().flat_map(|section| section.messages).map(|message| message.id).collect();
    let unique: BTreeSet<_> = documented.iter().copied().collect();
    assert_eq!(unique.len(), documented.len(), "a message is documented twice");
    assert_eq!(reached, unique);
}

#[test]
fn the_last_resort_of_every_message_has_no_condition() {
    for message in SECTIONS.iter().flat_map(|section| section.messages) {
        let error = samples().into_iter().find(|error| class(error) == message.id).unwrap();
        for evidence in [Evidence::new(error.clone()), evidence(error.clone()), with_access_key(evidence(error))] {
            assert!(!rank::rank(&evidence).is_empty(), "{}", message.id);
        }
    }
}

const ENDPOINTS: [&str; 9] = [
    ENDPOINT,
    "https://cxone.niceincontact.com/auth/token",
    "https://cxone.nice-incontact.com/auth/token",
    "https://na1.nice-incontact.com/authentication/v1/token/access-key",
    "https://nal.nice-incontact.com/authentication/v1/token/access-key",
    "https://api.nicecxon.com/oauth/token",
    "https://tokens.example.com/oauth/tokens",
    "http://127.0.0.1:4711/oauth/token",
    "http://127.0.0.1:4711/",
];

const WORDS: [&str; 14] = [
    "Client authentication failed",
    "Unknown client",
    "The client is disabled",
    "locked after too many failed attempts",
    "The secret has expired",
    "use client_secret_post",
    "Tenant not found in this region",
    "Your IP address is not allowed",
    "rate limit exceeded",
    "under maintenance",
    "Content-Type must be application/json",
    "the scope cxone:api is not granted",
    "client_secret is required",
    "Incorrect client secret",
];

/// Any possible evidence, and much that is impossible.
fn any_evidence() -> impl Strategy<Value = Evidence> {
    let error = (any::<Index>(), select(&ENDPOINTS[..]), proptest::option::of(select(&WORDS[..])), 0_u32..5);
    let flags = proptest::collection::vec(any::<bool>(), 16);
    (error, flags).prop_map(|((index, endpoint, words, attempts), flags)| {
        let samples = samples();
        let sample = index.get(&samples);
        let kind = match (sample.kind().clone(), words) {
            (ErrorKind::OAuth { status, error, uri, .. }, Some(words)) => {
                ErrorKind::OAuth { status, error, uri, description: Some(words.to_owned()) }
            }
            (ErrorKind::Status { status, shape, challenges, .. }, words) => {
                ErrorKind::Status { status, shape, challenges, message: words.map(str::to_owned) }
            }
            (ErrorKind::NotATokenResponse { status, shape, reason, .. }, words) => {
                ErrorKind::NotATokenResponse { status, shape, reason, message: words.map(str::to_owned) }
            }
            (kind, _) => kind,
        };
        let mut error = Error::new(kind, endpoint);
        error.attempts = attempts;
        error.elapsed = Duration::from_secs(7);
        error.waited = Duration::from_secs(u64::from(attempts));
        if flags[0] {
            error.marks.challenges = vec!["Negotiate".to_owned()];
            error.marks.realm = Some("Corp".to_owned());
            error.marks.server = Some("squid/6".to_owned());
            error.marks.allow = Some("GET, HEAD".to_owned());
            error.marks.content_encoding = Some("br".to_owned());
            error.marks.retry_after = Some(Duration::from_secs(90));
        }
        error.marks.certificate = flags[1].then(|| certificate("Corporate CA"));
        if flags[1] {
            let place = |variable, found| TrustedPlace { variable, path: "/etc/ca.pem".to_owned(), found };
            let file = if flags[0] { Ok(1) } else { Err("which does not exist") };
            error.marks.trust = vec![place("SSL_CERT_FILE", file), place("SSL_CERT_DIR", Ok(2))];
        }
        error.clock_skew_seconds = flags[2].then_some(-4_000);
        let evidence = evidence(error);
        let evidence = if flags[3] { with_access_key(evidence) } else { evidence };
        let metadata = Metadata {
            token_endpoint: Endpoint::try_parse(ENDPOINT).unwrap(),
            auth_methods: Some(vec!["private_key_jwt".to_owned()]),
            grant_types: Some(vec!["authorization_code".to_owned()]),
            scopes: Some(vec!["openid".to_owned()]),
        };
        let suspicions = vec![
            suspect(&CLIENT_SECRET, "canary ", Source::environment("CXONE_CLIENT_SECRET")),
            suspect(&TOKEN_URL, "https://tokens.example.com/oauth/tokens", Source::block("token_url")),
            suspect(&SCOPES, "a,b", Source::block("scopes")),
        ];
        let near = |found: &str, meant| NearName { found: found.to_owned(), meant };
        let clues = Clues {
            suspicions: if flags[4] { suspicions } else { Vec::new() },
            near_names: match flags[5] {
                true => vec![
                    near("CXONE_SECRET", "CXONE_CLIENT_SECRET"),
                    near("CXONE_URL", "CXONE_TOKEN_URL"),
                    near("CXONE_SCOPE", "CXONE_SCOPES"),
                ],
                false => Vec::new(),
            },
            overridden: match flags[6] {
                true => vec![Overridden {
                    attribute: "client_secret",
                    variable: "CXONE_CLIENT_SECRET",
                    by: Source::block("client_secret"),
                }],
                false => Vec::new(),
            },
        };
        Evidence {
            clues,
            discovery: flags[7].then_some(metadata),
            other_endpoint: flags[8].then(|| "https://a.example/oauth/token".to_owned()),
            accepted: flags[9].then(|| ScopeSet::parse("openid")),
            reserved_characters: flags[10],
            scopes: if flags[11] { Vec::new() } else { evidence.scopes.clone() },
            is_completed_auth_file: flags[11],
            passed_proxy: flags[12].then_some(PassedProxy::Plain("HTTP_PROXY")),
            proxy: if flags[13] { None } else { evidence.proxy.clone() },
            token_url: if flags[14] { Source::DEFAULT } else { evidence.token_url.clone() },
            site: if flags[15] { Site::CommandLine } else { Site::Provider },
            ..evidence
        }
    })
}

/// The beginnings of a fix.
const IMPERATIVES: &[&str] = &[
    "Try ",
    "Set ",
    "Remove ",
    "Check ",
    "Ask ",
    "Run ",
    "Compare ",
    "Correct ",
    "Open ",
    "Copy ",
    "copy it to ",
    "Rename ",
    "Replace ",
    "Exchange ",
    "Write ",
    "Keep ",
    "Create ",
    "Start ",
    "Wait",
    "Look up ",
    "List ",
    "set ",
    "ask ",
    "run ",
    "remove ",
    "check ",
    "correct ",
    "raise ",
    "create ",
    "write ",
];

/// The lines in Terraform's output on 80 columns, without empty ones, and with the three lines about the place.
fn printed_lines(text: &str) -> usize {
    text.lines().filter(|line| !line.trim().is_empty()).count() + 3
}

fn open_places(cause: &Cause, evidence: &Evidence) -> Vec<String> {
    let template = format!("{} {}", cause.verdict, cause.other);
    let names = template.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name.to_owned());
    names.filter(|name| evidence.value(name).is_none()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn the_strongest_evidence_is_first_and_no_cause_is_named_twice(evidence in any_evidence()) {
        let ranked = rank::rank(&evidence);
        prop_assert!(ranked.windows(2).all(|pair| pair[0].rank >= pair[1].rank), "{ranked:?}");
        let ids: BTreeSet<_> = ranked.iter().map(|cause| &cause.id).collect();
        prop_assert_eq!(ids.len(), ranked.len());
        let strongest = evidence.message().causes.iter().filter_map(|cause| (cause.when)(&evidence)).max();
        prop_assert!(ranked.first().map(|first| first.rank) >= strongest, "{ranked:?}");
    }

    #[test]
    fn every_failure_has_a_verdict_with_a_fix(evidence in any_evidence()) {
        let first = rank::rank(&evidence).into_iter().next();
        let verdict = first.map(|first| first.verdict).unwrap_or_default();
        prop_assert!(IMPERATIVES.iter().any(|verb| verdict.contains(verb)), "{verdict}");
    }

    #[test]
    fn a_suspicion_never_hides_a_certainty(evidence in any_evidence()) {
        let certain = evidence.message().causes.iter().find(|cause| (cause.when)(&evidence) == Some(Rank::Decisive));
        if let Some(certain) = certain {
            let ranked = rank::rank(&evidence);
            prop_assert_eq!(ranked.len(), 1);
            prop_assert_eq!(&ranked[0].id, certain.id);
        }
    }

    #[test]
    fn no_cause_asks_for_a_fact_that_is_not_there(evidence in any_evidence()) {
        for cause in evidence.message().causes.iter().filter(|cause| (cause.when)(&evidence).is_some()) {
            prop_assert_eq!(open_places(cause, &evidence), Vec::<String>::new(), "{}", cause.id);
        }
    }

    #[test]
    fn every_message_fits(evidence in any_evidence()) {
        let text = show(&evidence);
        prop_assert!(printed_lines(&text) <= 28, "{} lines:\n{text}", printed_lines(&text));
        prop_assert!(!text.contains('{') && !text.contains("\n\n\n") && !text.contains(".."), "{text}");
        let summary = text.lines().next().unwrap_or_default();
        prop_assert!(summary.chars().count() <= 110, "{summary}");
        for line in text.lines().skip(1) {
            prop_assert!(line.chars().count() <= 78 || !line.trim().contains(' '), "{line}");
        }
        prop_assert_eq!(text.contains("provider-cxone doctor") && evidence.site == Site::CommandLine, false);
    }

    /// Nothing that looks like a secret is shown as the client id, in any failure.
    #[test]
    fn a_secret_in_place_of_the_client_id_is_never_shown(
        evidence in any_evidence(),
        secret in "canary[A-Za-z0-9]{12,24}[0-9][A-Za-z0-9+/=]{4,20}",
    ) {
        let id = Sourced { value: secret.clone(), source: Source::block("client_id") };
        let show_client_id = shape::may_show_id(&id.value, "0d9e4c1a-7f5b-4a52-9c39-2f0c6a1b7d11");
        let text = show(&Evidence { client_id: Some(id), show_client_id, ..evidence });
        prop_assert!(!text.contains(&secret[6..12]), "{text}");
    }

    /// A server's text cannot leave its line or control a terminal.
    #[test]
    fn foreign_text_is_harmless(foreign in any::<String>()) {
        let mut error = oauth(400, &foreign, Some(&foreign));
        error.correlation_ids = vec![("x-request-id".to_owned(), foreign.clone())];
        let location = Some(format!("https://{foreign}"));
        let (shape, message) = (BodyShape::Html(Some(foreign.clone())), Some(foreign.clone()));
        let mut marked = Error::new(ErrorKind::Status { status: 401, shape, challenges: Vec::new(), message }, ENDPOINT);
        marked.marks.realm = Some(foreign.clone());
        marked.marks.server = Some(foreign);
        for error in [error, marked, Error::new(ErrorKind::Redirect { status: 302, location }, ENDPOINT)] {
            let text = show(&evidence(error));
            prop_assert!(text.chars().all(|character| character == '\n' || !character.is_control()), "{text:?}");
        }
    }
}

#[test]
fn a_path_that_was_mistyped_is_put_right() {
    let error = Error::new(
        ErrorKind::Status { status: 404, shape: BodyShape::Empty, challenges: Vec::new(), message: None },
        "https://tokens.example.com/oauth/tokens",
    );
    let suspicion = suspect(&TOKEN_URL, "https://tokens.example.com/oauth/tokens", Source::block("token_url"));
    assert_eq!(suspicion.finding.mistake, Mistake::Address(AddressMistake::PathTypo("/oauth/token")));
    let evidence = Evidence { clues: Clues { suspicions: vec![suspicion], ..Clues::default() }, ..evidence(error) };
    let text = explain(&evidence).detail;
    assert!(text.contains("did you mean https://tokens.example.com/oauth/token?"), "{text}");
}
