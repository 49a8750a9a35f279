//! The flags.

use std::convert::Infallible;
#[cfg(unix)]
use std::ffi::{OsStr, OsString};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use oauth::Secret;

use crate::client::Client;
use crate::config::{AccessKey, Config};
use crate::role::Role;
use crate::sandbox::Recording;

/// The stand-in service and where it listens.
#[derive(Debug, PartialEq, Eq, clap::Args)]
pub(crate) struct Service {
    /// Address to listen on. Loopback only; port 0 lets the system choose.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0", value_parser = loopback)]
    listen: SocketAddr,

    /// Id of the client, unless a configuration file lists clients.
    #[arg(long, value_name = "ID", default_value = Client::DEMO_ID, conflicts_with = "config")]
    client_id: String,

    /// Secret of that client. Other users can read command lines: for a real secret, use --config.
    #[arg(long, value_name = "SECRET", default_value = Client::DEMO_SECRET, value_parser = secret, conflicts_with = "config")]
    client_secret: Secret,

    /// Scopes of that client, separated by spaces or commas.
    #[arg(long, value_name = "SCOPES", default_value = Client::DEMO_SCOPE, conflicts_with = "config")]
    scopes: String,

    /// The grant to prepare. The other grants than client_credentials add an access key, unless a configuration file
    /// lists some.
    #[arg(long, value_name = "GRANT", default_value = "client_credentials")]
    grant_type: Grant,

    /// JSON file with clients, access keys and the tenant; see CONFIGURATION FILE of `sandbox --help`.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,

    /// Do not mask credentials in /_sandbox/requests. For tests only.
    #[arg(long)]
    record_secrets: bool,

    /// Write one line for each request to standard error.
    #[arg(long, short)]
    verbose: bool,
}

/// When the sandbox stops.
#[derive(Debug, clap::Args)]
pub(crate) struct Bounds {
    /// Stop after this time: a number with ms, s, m or h, at most 24h.
    #[arg(long, value_name = "DURATION", default_value = "1h", value_parser = duration)]
    pub(crate) stop_after: Duration,

    /// Stop when the process that started the sandbox is gone (Unix).
    #[arg(long)]
    pub(crate) exit_with_parent: bool,
}

/// The values of the provider's setting `grant_type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Grant {
    #[value(name = "client_credentials")]
    ClientCredentials,
    #[value(name = "password")]
    Password,
    #[value(name = "access_key")]
    AccessKey,
}

impl Grant {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::ClientCredentials => "client_credentials",
            Self::Password => "password",
            Self::AccessKey => "access_key",
        }
    }
}

impl Service {
    /// The address to listen on, always loopback.
    pub(crate) fn listen(&self) -> SocketAddr {
        self.listen
    }

    /// The grant to prepare.
    pub(crate) fn grant(&self) -> Grant {
        self.grant_type
    }

    /// The settings of the journal.
    pub(crate) fn recording(&self) -> Recording {
        Recording { secrets: self.record_secrets, verbose: self.verbose }
    }

    /// The clients, access keys and the tenant, from the file if there is one, else from the flags.
    ///
    /// # Errors
    ///
    /// The file cannot be read or is invalid.
    pub(crate) fn config(&self) -> anyhow::Result<Config> {
        let mut config = match &self.config {
            Some(path) => {
                let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
                Config::try_from_json(&text).with_context(|| format!("in {}", path.display()))?
            }
            None => {
                let scopes = self.scopes.split([' ', ',']).filter(|scope| !scope.is_empty());
                Config::with_client(Client {
                    secret: self.client_secret.clone(),
                    scopes: scopes.map(str::to_owned).collect(),
                    ..Client::new(self.client_id.as_str())
                })
            }
        };
        if self.grant_type != Grant::ClientCredentials && config.access_keys.is_empty() {
            let key = AccessKey { secret: Secret::new(DEMO_KEY_SECRET), role: Role::default() };
            config.access_keys.insert(DEMO_KEY_ID.to_owned(), key);
        }
        Ok(config)
    }

    /// These options as flags for another process.
    #[cfg(unix)]
    pub(crate) fn flags(&self) -> Vec<OsString> {
        // Destructured in full, so that a new flag cannot be forgotten here.
        let Self { listen, client_id, client_secret, scopes, grant_type, config, record_secrets, verbose } = self;
        let flag = |name: &str, value: &OsStr| {
            // As one word, because a value can begin with a hyphen.
            let mut flag = OsString::from(format!("--{name}="));
            flag.push(value);
            flag
        };
        let mut flags =
            vec![flag("listen", listen.to_string().as_ref()), flag("grant-type", grant_type.as_str().as_ref())];
        match config {
            Some(path) => flags.push(flag("config", path.as_os_str())),
            None => flags.extend([
                flag("client-id", client_id.as_ref()),
                flag("client-secret", client_secret.expose().as_ref()),
                flag("scopes", scopes.as_ref()),
            ]),
        }
        flags.extend(record_secrets.then(|| "--record-secrets".into()));
        flags.extend(verbose.then(|| "--verbose".into()));
        flags
    }
}

fn secret(text: &str) -> Result<Secret, Infallible> {
    Ok(Secret::new(text))
}

fn loopback(text: &str) -> Result<SocketAddr, String> {
    let address: SocketAddr = text.parse().map_err(|_| "not an address such as 127.0.0.1:0".to_owned())?;
    if address.ip().is_loopback() { Ok(address) } else { Err("only loopback addresses are served".to_owned()) }
}

fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|letter: char| !letter.is_ascii_digit());
    let number: u64 = digits.parse().map_err(|_| "not a duration such as 90s, 30m or 1h".to_owned())?;
    let milliseconds = match &text[digits.len()..] {
        "ms" => Some(number),
        "s" => number.checked_mul(1000),
        "m" => number.checked_mul(60_000),
        "h" => number.checked_mul(3_600_000),
        _ => return Err("the unit must be ms, s, m or h".to_owned()),
    };
    match milliseconds.map(Duration::from_millis) {
        Some(duration) if !duration.is_zero() && duration <= LONGEST_LIFE => Ok(duration),
        _ => Err("must be longer than zero and at most 24h".to_owned()),
    }
}

// A sandbox that runs for more than a day was forgotten.
const LONGEST_LIFE: Duration = Duration::from_secs(24 * 60 * 60);

// Without a configuration, this access key exists: public, and useless outside of the sandbox. NICE's ids and secrets
// end in `====`, and the provider checks for that.
const DEMO_KEY_ID: &str = "SANDBOXACCESSKEY====";
pub(crate) const DEMO_KEY_SECRET: &str = "not-a-real-key-secret====";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_addresses_are_taken() {
        for good in ["127.0.0.1:0", "127.1.2.3:80", "[::1]:0"] {
            assert!(loopback(good).is_ok(), "{good}");
        }
        for bad in ["0.0.0.0:0", "192.0.2.1:80", "[::]:0", "localhost:0", ""] {
            assert!(loopback(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn durations_have_a_unit_and_a_bound() {
        assert_eq!(duration("1h"), Ok(Duration::from_secs(3600)));
        assert_eq!(duration("250ms"), Ok(Duration::from_millis(250)));
        for bad in ["", "5", "0s", "25h", "s", "-1s", "1d", "99999999999999999999h", "18446744073709551615h"] {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn the_flags_give_the_same_options_again() {
        use clap::Parser as _;

        #[derive(clap::Parser)]
        struct Parsed {
            #[command(flatten)]
            service: Service,
        }
        let cases: [&[&str]; 3] = [
            &[],
            &["--listen", "[::1]:0", "--client-id=-x", "--client-secret", "canary secret", "--scopes", "", "-v"],
            &["--config", "a b.json", "--grant-type", "access_key", "--record-secrets"],
        ];
        for arguments in cases {
            let parse = |arguments: Vec<OsString>| {
                Parsed::try_parse_from([OsString::from("sandbox")].into_iter().chain(arguments)).unwrap().service
            };
            let service = parse(arguments.iter().map(OsString::from).collect());
            assert_eq!(parse(service.flags()), service, "{arguments:?}");
        }
    }
}
