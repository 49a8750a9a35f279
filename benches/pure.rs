//! The purely computing parts, each with its throughput: `cargo bench --bench pure`.
#![expect(clippy::unwrap_used, reason = "a failed set-up step ends the benchmark")]
#![expect(missing_docs, reason = "criterion's macros write a public function")]

use std::collections::{BTreeMap, BTreeSet};
use std::hint::black_box;
use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use oauth::{ClientAuthentication, Endpoint, Grant, ScopeSet, Secret, TokenRequest, bench as oauth_bench, jwt};
use plugin::proto::tfplugin6::DynamicValue;
use plugin::unstable;
use plugin::value::Value;
use serde::{Deserialize, Serialize};
use serde_json::json;
use terraform_provider_cxone::settings::inspect::{Credentials, inspect, inspect_credentials};
use terraform_provider_cxone::settings::source::Source;
use terraform_provider_cxone::settings::table::{CLIENT_ID, CLIENT_SECRET};

criterion_group!(benches, responses, values, scopes, credentials);
criterion_main!(benches);

/// A token response as from CXone, and one with a thousand scopes.
fn responses(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("token response");
    for scopes in [1, 1_000] {
        let claims = json!({ "iss": "https://cxone.example", "exp": 1_900_000_000, "scope": wire(scopes, "cxone") });
        let token = format!("{}.{}.c2lnbmF0dXJl", part(&json!({ "alg": "ES256", "typ": "JWT" })), part(&claims));
        let answer = json!({ "access_token": token, "token_type": "Bearer", "expires_in": 3600, "scope": wire(scopes, "cxone") });
        let (body, request) = (answer.to_string(), request());
        group.throughput(Throughput::Bytes(body.len() as u64));
        group.bench_function(format!("parse, {scopes} scopes"), |bencher| {
            bencher.iter(|| {
                oauth_bench::read_token_response(black_box(body.as_bytes()), &request, SystemTime::UNIX_EPOCH).unwrap()
            });
        });
        group.throughput(Throughput::Bytes(token.len() as u64));
        group.bench_function(format!("decode the token, {scopes} scopes"), |bencher| {
            bencher.iter(|| jwt::decode(black_box(&token)).unwrap());
        });
    }
}

/// An object with attributes of every kind, decoded and encoded as in each call.
fn values(criterion: &mut Criterion) {
    #[derive(Serialize, Deserialize)]
    struct Object {
        id: Value<String>,
        scopes: Value<BTreeSet<String>>,
        parameters: Value<BTreeMap<String, String>>,
        lifetime: Value<i64>,
        comment: Value<String>,
        computed: Value<String>,
    }

    let mut group = criterion.benchmark_group("DynamicValue");
    for elements in [10, 1_000] {
        let object = Object {
            id: Value::Value("an-identifier".into()),
            scopes: Value::Value((0..elements).map(|index| format!("cxone:area:{index:05}")).collect()),
            parameters: Value::Value((0..10).map(|index| (format!("name{index}"), "value".repeat(index))).collect()),
            lifetime: Value::Value(3600),
            comment: Value::Null,
            computed: Value::Unknown,
        };
        let msgpack = rmp_serde::to_vec_named(&object).unwrap();
        group.throughput(Throughput::Bytes(msgpack.len() as u64));
        group.bench_function(format!("round trip, {elements} elements"), |bencher| {
            let wire = || DynamicValue { msgpack: msgpack.clone(), json: Vec::new() };
            bencher.iter(|| unstable::round_trip::<Object>(black_box(wire())).unwrap());
        });
    }
}

/// Ten thousand declared scopes compared with ten thousand granted ones, half of them equal.
fn scopes(criterion: &mut Criterion) {
    const SCOPES: usize = 10_000;
    let text = wire(SCOPES, "cxone");
    let declared = ScopeSet::parse(&text);
    let granted: ScopeSet = declared.iter().enumerate().map(|(index, scope)| halved(index, scope)).collect();
    let mut group = criterion.benchmark_group("scopes");
    group.throughput(Throughput::Elements(SCOPES as u64));
    group.bench_function("difference, 10,000", |bencher| {
        bencher.iter(|| (black_box(&declared).difference(&granted), granted.difference(&declared)));
    });
    group.bench_function("parse, 10,000", |bencher| bencher.iter(|| ScopeSet::parse(black_box(&text))));
}

/// The inspection of credentials before a request: a pair of usual size, and a secret of 64 KiB.
fn credentials(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("credential scan");
    let (id, secret) =
        ("f81d4fae-7dec-11d0-a765-00a0c91e6bf6", "canary-client-secret-0123456789abcdefghijklmnopqrstuvwxyz");
    group.throughput(Throughput::Bytes((id.len() + secret.len()) as u64));
    group.bench_function("a pair", |bencher| {
        let source = Source::DEFAULT;
        let pair = Credentials {
            client_id: Some((id, &source)),
            client_secret: Some((secret, &source)),
            ..Credentials::default()
        };
        bencher.iter(|| {
            let findings = [inspect(&CLIENT_ID, black_box(id)), inspect(&CLIENT_SECRET, black_box(secret))];
            (findings, inspect_credentials(black_box(&pair)))
        });
    });
    let long = "canary-0123456789".repeat(64 * 1024 / 17);
    group.throughput(Throughput::Bytes(long.len() as u64));
    group.bench_function("64 KiB", |bencher| bencher.iter(|| inspect(&CLIENT_SECRET, black_box(&long))));
}

fn wire(scopes: usize, prefix: &str) -> String {
    (0..scopes).map(|index| format!("{prefix}:area:{index:05}")).collect::<Vec<_>>().join(" ")
}

fn halved(index: usize, scope: &str) -> String {
    if index.is_multiple_of(2) { scope.to_owned() } else { format!("{scope}:other") }
}

fn part(value: &serde_json::Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

fn request() -> TokenRequest {
    TokenRequest {
        endpoint: Endpoint::try_parse("https://cxone.example/oauth/token").unwrap(),
        grant: Grant::ClientCredentials,
        client_id: "benchmark".into(),
        client_secret: Secret::new("canary-client-secret-0123456789abcdefghijklmnopqrstuvwxyz"),
        authentication: ClientAuthentication::BasicRaw,
        scopes: ScopeSet::default(),
        audience: None,
        parameters: BTreeMap::new(),
    }
}
