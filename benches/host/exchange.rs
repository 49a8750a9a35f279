//! One exchange, by ways that take turns: a bare socket, the token client alone, and the provider over its protocol.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use oauth::{
    ClientAuthentication, Clock, Endpoint, Grant, HttpSettings, RetryPolicy, ScopeSet, Secret, TokenClient,
    TokenRequest,
};
use serde_json::{Value, json};

use crate::bare::{Bare, Service};
use crate::provider::Provider;

/// Microseconds by way, one figure a round; warm ones are medians of several.
#[derive(Default)]
struct Figures(BTreeMap<&'static str, Vec<f64>>);

/// Measures for `rounds` rounds against a service that waits `delay` milliseconds before each answer.
pub(crate) async fn measure(program: &Path, rounds: usize, delay: u64) -> anyhow::Result<Value> {
    let service = Service::from_environment()?;
    service.delay(delay)?;
    let repetitions = if delay == 0 { 25 } else { 5 };
    let mut figures = Figures::default();
    for round in 0..rounds {
        bare(&mut figures, &service, repetitions)?;
        client(&mut figures, &service, repetitions).await?;
        provider(&mut figures, program, round, repetitions).await?;
    }
    service.delay(0)?;
    Ok(json!(figures.0))
}

fn bare(figures: &mut Figures, service: &Service, repetitions: usize) -> anyhow::Result<()> {
    let request = service.request("bare")?;
    let started = Instant::now();
    let mut bare = Bare::connect(service)?;
    figures.add("connection", started.elapsed());
    bare.exchange(&request)?;
    figures.add("bare_cold", started.elapsed());
    let mut warm = Vec::new();
    for _ in 0..repetitions {
        let started = Instant::now();
        bare.exchange(&request)?;
        warm.push(started.elapsed());
    }
    figures.add_median("bare_warm", warm);
    Ok(())
}

/// Each exchange asks for another audience, since a second one for the same would come out of the cache.
async fn client(figures: &mut Figures, service: &Service, repetitions: usize) -> anyhow::Result<()> {
    let client = TokenClient::new(HttpSettings::new("benchmark/1"), RetryPolicy::default(), Clock::System);
    let started = Instant::now();
    client.token(&request(service, "cold")?, Duration::ZERO).await?;
    figures.add("client_cold", started.elapsed());
    let mut warm = Vec::new();
    for index in 0..repetitions {
        let request = request(service, &format!("warm{index}"))?;
        let started = Instant::now();
        client.token(&request, Duration::ZERO).await?;
        warm.push(started.elapsed());
    }
    figures.add_median("client_warm", warm);
    Ok(())
}

async fn provider(figures: &mut Figures, program: &Path, round: usize, repetitions: usize) -> anyhow::Result<()> {
    let provider = Provider::start(program)?;
    let mut caller = provider.connect().await?;
    caller.configure().await?;
    let started = Instant::now();
    caller.open(&format!("cold{round}")).await?;
    figures.add("provider_cold", started.elapsed());
    let (mut warm, mut cached) = (Vec::new(), Vec::new());
    for index in 0..repetitions {
        let audience = format!("warm{round}-{index}");
        for kept in [&mut warm, &mut cached] {
            let started = Instant::now();
            caller.open(&audience).await?;
            kept.push(started.elapsed());
        }
    }
    figures.add_median("provider_warm", warm);
    figures.add_median("provider_cached", cached);
    Ok(())
}

impl Figures {
    fn add(&mut self, way: &'static str, took: Duration) {
        self.0.entry(way).or_default().push(took.as_secs_f64() * 1e6);
    }

    fn add_median(&mut self, way: &'static str, mut took: Vec<Duration>) {
        took.sort();
        self.add(way, took[took.len() / 2]);
    }
}

fn request(service: &Service, audience: &str) -> anyhow::Result<TokenRequest> {
    Ok(TokenRequest {
        endpoint: Endpoint::try_parse(&service.token_url)?,
        grant: Grant::ClientCredentials,
        client_id: service.client_id.clone(),
        client_secret: Secret::new(service.client_secret.as_str()),
        authentication: ClientAuthentication::BasicRaw,
        scopes: ScopeSet::default(),
        audience: Some(audience.to_owned()),
        parameters: BTreeMap::new(),
    })
}
