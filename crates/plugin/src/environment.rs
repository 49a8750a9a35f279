//! What the process's environment says about the host: the plugin's one reader of environment variables.

use std::fmt;
use std::ops::RangeInclusive;

/// The variables of the plugin protocol, read once and passed on as values.
#[derive(Clone, Default)]
pub struct Environment {
    /// `TF_PLUGIN_MAGIC_COOKIE`: proof that a core, and not a person, started the process.
    pub magic_cookie: Option<String>,
    /// `PLUGIN_PROTOCOL_VERSIONS`: the host's major versions, comma separated, in any order.
    pub protocol_versions: Option<String>,
    /// `PLUGIN_CLIENT_CERT`: the one client certificate to accept, as PEM; `None` where TLS is off.
    pub client_certificate: Option<String>,
    /// `PLUGIN_MIN_PORT`, the first TCP port to try.
    pub min_port: Option<u16>,
    /// `PLUGIN_MAX_PORT`, the last TCP port to try.
    pub max_port: Option<u16>,
    /// The log level: `TF_LOG_PROVIDER_<NAME>`, else `TF_LOG_PROVIDER`, else `TF_LOG`; `None` where all are unset.
    pub log_level: Option<String>,
}

impl Environment {
    /// Reads the process's environment. `provider` is the provider's type name, as in `TF_LOG_PROVIDER_<NAME>`.
    pub fn from_process(provider: &str) -> Self {
        #[expect(clippy::disallowed_methods, reason = "the plugin's one reader of the environment")]
        Self::from_lookup(provider, |variable| std::env::var(variable).ok())
    }

    /// As [`from_process`](Self::from_process), from any source of variables. Empty values count as unset.
    pub fn from_lookup(provider: &str, lookup: impl Fn(&str) -> Option<String>) -> Self {
        let read = |variable: &str| lookup(variable).filter(|value| !value.is_empty());
        let port = |variable: &str| read(variable).and_then(|value| value.parse().ok());
        let own_level = format!("TF_LOG_PROVIDER_{}", provider.to_uppercase().replace('-', "_"));
        Self {
            magic_cookie: read("TF_PLUGIN_MAGIC_COOKIE"),
            protocol_versions: read("PLUGIN_PROTOCOL_VERSIONS"),
            client_certificate: read("PLUGIN_CLIENT_CERT"),
            min_port: port("PLUGIN_MIN_PORT"),
            max_port: port("PLUGIN_MAX_PORT"),
            log_level: read(&own_level).or_else(|| read("TF_LOG_PROVIDER")).or_else(|| read("TF_LOG")),
        }
    }

    /// The TCP ports that the host allows.
    pub(crate) fn ports(&self) -> RangeInclusive<u16> {
        self.min_port.unwrap_or(10_000)..=self.max_port.unwrap_or(25_000)
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { magic_cookie, protocol_versions, client_certificate, min_port, max_port, log_level } = self;
        formatter
            .debug_struct("Environment")
            .field("magic_cookie", &magic_cookie.is_some())
            .field("protocol_versions", protocol_versions)
            .field("client_certificate", &client_certificate.is_some())
            .field("min_port", min_port)
            .field("max_port", max_port)
            .field("log_level", log_level)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(variables: &[(&str, &str)]) -> Environment {
        Environment::from_lookup("my-cloud", |name| {
            variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn the_most_specific_log_variable_wins() {
        let all = [("TF_LOG", "warn"), ("TF_LOG_PROVIDER", "info"), ("TF_LOG_PROVIDER_MY_CLOUD", "trace")];
        for (variables, expected) in
            [(&all[..0], None), (&all[..1], Some("warn")), (&all[..2], Some("info")), (&all[..], Some("trace"))]
        {
            assert_eq!(environment(variables).log_level.as_deref(), expected);
        }
    }

    #[test]
    fn an_empty_variable_counts_as_unset() {
        let read = environment(&[("PLUGIN_CLIENT_CERT", ""), ("TF_LOG_PROVIDER", ""), ("TF_LOG", "debug")]);
        assert_eq!((read.client_certificate, read.log_level.as_deref()), (None, Some("debug")));
    }

    #[test]
    fn ports_default_to_the_range_that_cores_use() {
        assert_eq!(environment(&[]).ports(), 10_000..=25_000);
        assert_eq!(environment(&[("PLUGIN_MIN_PORT", "4000"), ("PLUGIN_MAX_PORT", "x")]).ports(), 4000..=25_000);
    }

    #[test]
    fn debug_output_shows_neither_cookie_nor_certificate() {
        let shown =
            format!("{:?}", environment(&[("TF_PLUGIN_MAGIC_COOKIE", "canary"), ("PLUGIN_CLIENT_CERT", "canary")]));
        assert!(!shown.contains("canary"), "{shown}");
    }
}
