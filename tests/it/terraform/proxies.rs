//! Proxies through the real core: tunnels for the token endpoint and discovery, rejections, exceptions.

use std::net::TcpListener;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::{SECRET, TOKEN, used_alias};
use testkit::authority::Authority;
use testkit::background::Background;
use testkit::connect_proxy::ConnectProxy;
use testkit::scripted_server::{ScriptedServer, answer, token};
use testkit::workspace::Workspace;

/// A name that only a proxy can reach.
const NAME: &str = "cxone.invalid";

const PASSWORD: &str = "Vb6Nq2Xs-canary-proxy-password-3Kd8Rw1Lz";

/// A token service called [`NAME`], and a proxy whose tunnels lead there.
struct Site {
    server: ScriptedServer,
    proxy: ConnectProxy,
}

impl Site {
    /// Answers `turns` exchanges, each behind its discovery when `discovery` says so.
    fn start(runtime: &Background, authority: &Authority, discovery: bool) -> Self {
        let config = Authority::server(&authority.issue(&[NAME], |_| {}), None, &[]);
        let mut turns = Vec::new();
        if discovery {
            let issuer = format!("https://{NAME}");
            let body = json!({ "issuer": issuer, "token_endpoint": format!("{issuer}/auth/token") });
            turns.push(answer("200 OK", &["Content-Type: application/json"], body.to_string()));
        }
        turns.push(token(TOKEN, 3600));
        runtime.block_on(async {
            let server = ScriptedServer::start_tls(turns, config).await;
            let proxy = ConnectProxy::to(server.address()).await;
            Self { server, proxy }
        })
    }

    fn proxy_url(&self) -> String {
        with_login(&self.proxy.address().to_string())
    }

    #[track_caller]
    fn expect_tunnel(&self, requests: usize) {
        assert_eq!(self.server.requests().len(), requests);
        let heads = self.proxy.heads();
        let login = STANDARD.encode(format!("user:{PASSWORD}"));
        assert!(!heads.is_empty());
        for head in heads {
            assert!(head.starts_with(&format!("CONNECT {NAME}:443 HTTP/1.1\r\n")), "{head}");
            assert!(head.contains(&login) && !head.contains(SECRET), "{head}");
        }
        assert!(self.server.requests().iter().all(|request| !request.to_ascii_lowercase().contains("proxy-")));
    }
}

fn with_login(address: &str) -> String {
    format!("http://user:{PASSWORD}@{address}")
}

fn workspace(authority: &Authority) -> Workspace {
    let mut workspace = Workspace::for_any_core();
    workspace.canary("client secret", SECRET);
    workspace.canary("access token", TOKEN);
    workspace.canary("proxy password", PASSWORD);
    let ca = workspace.secret_file_exactly("ca", &authority.pem());
    for (name, value) in [
        ("CXONE_CLIENT_ID", "reader"),
        ("CXONE_CLIENT_SECRET", SECRET),
        ("CXONE_MAX_RETRIES", "0"),
        ("CXONE_CA_CERT_FILE", &ca),
    ] {
        workspace.env(name, value);
    }
    workspace
}

#[test]
fn a_login_that_would_make_another_host_is_refused_before_any_connection() {
    let authority = Authority::named("ours");
    let runtime = Background::start();
    let site = Site::start(&runtime, &authority, false);
    // The host that a URL parser would find in this address instead of the proxy.
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    other.set_nonblocking(true).unwrap();
    let host = other.local_addr().unwrap();
    let proxy = site.proxy.address();
    let mut workspace = workspace(&authority);
    workspace.env("CXONE_TOKEN_URL", format!("https://{NAME}/t"));
    let cases = [("\\", "%5C"), ("/", "%2F"), ("?", "%3F"), ("#", "%23")];
    for (character, encoded) in cases {
        let url = format!("http://{host}{character}user:{PASSWORD}@{proxy}");
        workspace.write(&used_alias("block", &format!("http_proxy = {url:?}")));
        let validate = workspace.validate().expect_failure();
        let facts =
            [&format!("its user or password contains {character},"), encoded, "`http_proxy` in the provider block"];
        validate.error_at(".block").expect_facts(&facts);
        for variable in ["CXONE_HTTP_PROXY", "HTTPS_PROXY", "https_proxy"] {
            workspace.env(variable, &url);
            workspace.write("provider \"cxone\" {}\ndata \"cxone_token_info\" \"this\" {}");
            let plan = workspace.plan().expect_failure();
            let error = plan.errors().next().unwrap_or_else(|| panic!("{plan}"));
            error.expect_facts(&[facts[0], encoded, variable]);
            workspace.env_remove(variable);
        }
    }
    assert!(other.accept().is_err(), "a connection to what is no proxy");
    assert_eq!(site.proxy.heads().len(), 0);

    // The form that the message recommends.
    workspace.write(&used_alias("block", &format!("http_proxy = \"http://DOMAIN%5Cuser:{PASSWORD}@{proxy}\"")));
    workspace.plan().expect_success();
    let login = STANDARD.encode(format!("DOMAIN\\user:{PASSWORD}"));
    assert!(site.proxy.heads()[0].contains(&login), "{:?}", site.proxy.heads());
    workspace.finish();
}

#[test]
fn a_proxy_in_the_block_takes_every_request_and_its_refusals_name_it() {
    let authority = Authority::named("ours");
    let runtime = Background::start();
    let (direct, discovering) = (Site::start(&runtime, &authority, false), Site::start(&runtime, &authority, true));
    let refusing = |answer| runtime.block_on(ConnectProxy::refusing(answer));
    let login = refusing("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
    let forbidding = refusing("HTTP/1.1 403 Forbidden\r\n\r\n");
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let refusals = [("login", login.address()), ("forbidding", forbidding.address()), ("gone", gone)];
    let mut workspace = workspace(&authority);
    let mut blocks = vec![
        used_alias("token", &format!("token_url = \"https://{NAME}/t\"\nhttp_proxy = \"{}\"", direct.proxy_url())),
        used_alias("issuer", &format!("issuer = \"https://{NAME}\"\nhttp_proxy = \"{}\"", discovering.proxy_url())),
    ];
    for (name, address) in refusals {
        let proxy = with_login(&address.to_string());
        for (way, setting) in
            [("token", format!("token_url = \"https://{NAME}/t\"")), ("issuer", format!("issuer = \"https://{NAME}\""))]
        {
            blocks.push(used_alias(&format!("{name}_{way}"), &format!("{setting}\nhttp_proxy = \"{proxy}\"")));
        }
    }
    workspace.write(&blocks.concat());

    let plan = workspace.plan_with(&["-parallelism=20"]).expect_failure();

    direct.expect_tunnel(1);
    discovering.expect_tunnel(2);
    let facts: [(&str, &[&str]); 3] = [
        ("login", &["requires a login", "URL-encoded"]),
        ("forbidding", &["refused the connection to cxone.invalid"]),
        ("gone", &["The proxy cannot be reached"]),
    ];
    for ((name, facts), (_, address)) in facts.into_iter().zip(refusals) {
        for way in ["token", "issuer"] {
            let proxy = format!("http://{address} (http_proxy, provider block)");
            plan.error_at(&format!(".{name}_{way}")).expect_facts(facts).expect_facts(&[&proxy]);
        }
    }
    assert_eq!(plan.errors().count(), 6, "{plan}");
    workspace.finish();
}

#[test]
fn the_usual_variables_are_followed_and_no_proxy_is_honoured() {
    let authority = Authority::named("ours");
    let runtime = Background::start();
    let (direct, discovering) = (Site::start(&runtime, &authority, false), Site::start(&runtime, &authority, true));
    let mut workspace = workspace(&authority);
    for (name, site, setting) in [
        ("HTTPS_PROXY", &direct, format!("token_url = \"https://{NAME}/t\"")),
        ("CXONE_HTTP_PROXY", &discovering, format!("issuer = \"https://{NAME}\"")),
    ] {
        workspace.env(name, site.proxy_url()).env("NO_PROXY", "elsewhere.invalid");
        workspace.write(&used_alias("through", &setting));
        workspace.plan().expect_success();
        workspace.env_remove(name);
    }
    direct.expect_tunnel(1);
    discovering.expect_tunnel(2);

    let login = runtime.block_on(ConnectProxy::refusing("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"));
    workspace.env("HTTPS_PROXY", with_login(&login.address().to_string())).env("NO_PROXY", "direct.invalid");
    let blocks = [("through", NAME), ("direct", "direct.invalid")]
        .map(|(name, host)| used_alias(name, &format!("token_url = \"https://{host}/t\"")));
    workspace.write(&blocks.concat());
    let plan = workspace.plan().expect_failure();
    let proxy = format!("http://{} (HTTPS_PROXY)", login.address());
    plan.error_at(".through").expect_facts(&["requires a login", &proxy]);
    plan.error_at(".direct").expect_facts(&["direct.invalid cannot be resolved"]);
    assert!(!plan.error_at(".direct").text().contains("127.0.0.1"), "the proxy is not in use there: {plan}");
    assert_eq!(login.heads().len(), 1);
    workspace.finish();
}
