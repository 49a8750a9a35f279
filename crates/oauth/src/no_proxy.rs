//! `NO_PROXY`: the hosts that are reached without the proxy.
//!
//! No RFC defines the variable, and programs differ. Terraform and OpenTofu follow Go
//! (`golang.org/x/net/http/httpproxy`), and users write the variable for them. So these rules are Go's, odd cases
//! included.

use std::net::{IpAddr, Ipv6Addr};

use url::{Host, Url};

/// The parsed `NO_PROXY`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NoProxy(Vec<Entry>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Entry {
    /// `*`, alone between its commas.
    Everything,
    /// `10.0.0.0/8`, with any port.
    Network { address: IpAddr, length: u32 },
    /// `10.1.2.3`, `10.1.2.3:8443`, `[2001:db8::5]:8443`.
    Address { address: IpAddr, port: String },
    /// `a.example` and its subdomains, or `.a.example` and `*.a.example`: only the subdomains. Stored with its dot.
    Domain { suffix: String, itself: bool, port: String },
}

impl NoProxy {
    /// Parses the variable. Skips meaningless entries, because other programs read the variable, too.
    pub(crate) fn read(text: &str) -> Self {
        Self(text.split(',').filter_map(|entry| Entry::read(&entry.trim().to_lowercase())).collect())
    }

    /// Whether the host of `url` is reached without the proxy.
    pub(crate) fn names(&self, url: &Url) -> bool {
        let (host, address) = match url.host() {
            None => return false,
            Some(Host::Domain(name)) => (name.to_ascii_lowercase(), None),
            Some(Host::Ipv4(address)) => (address.to_string(), Some(IpAddr::V4(address))),
            Some(Host::Ipv6(address)) => (address.to_string(), Some(IpAddr::V6(address).to_canonical())),
        };
        let port = url.port_or_known_default().map(|port| port.to_string()).unwrap_or_default();
        self.0.iter().any(|entry| entry.names(&host, address, &port))
    }
}

impl Entry {
    fn read(entry: &str) -> Option<Self> {
        if entry.is_empty() {
            return None;
        }
        if entry == "*" {
            return Some(Self::Everything);
        }
        if let Some((address, length)) = network(entry) {
            return Some(Self::Network { address, length });
        }
        let (host, port) = host_and_port(entry).unwrap_or((entry, ""));
        let port = port.to_owned();
        if let Ok(address) = host.parse::<IpAddr>() {
            return Some(Self::Address { address: address.to_canonical(), port });
        }
        let host = match host.strip_prefix('*') {
            Some(below) if below.starts_with('.') => below,
            _ => host,
        };
        let (itself, name) = match host.strip_prefix('.') {
            Some(name) => (false, name),
            None if host.is_empty() => return None,
            None => (true, host),
        };
        Some(Self::Domain { suffix: format!(".{}", in_ascii(name)), itself, port })
    }

    fn names(&self, host: &str, address: Option<IpAddr>, port: &str) -> bool {
        let fits = |wanted: &str| wanted.is_empty() || wanted == port;
        match self {
            Self::Everything => true,
            Self::Network { address: network, length } => {
                address.is_some_and(|address| is_inside(address, *network, *length))
            }
            Self::Address { address: own, port } => address == Some(*own) && fits(port),
            Self::Domain { suffix, itself, port } => {
                (host.ends_with(suffix) || (*itself && host == &suffix[1..])) && fits(port)
            }
        }
    }
}

/// An address and its prefix length. An IPv4 address in IPv6 form becomes IPv4.
fn network(entry: &str) -> Option<(IpAddr, u32)> {
    let (address, length) = entry.split_once('/')?;
    let address: IpAddr = address.parse().ok()?;
    let bits = if address.is_ipv4() { 32 } else { 128 };
    // The number parser would accept a sign.
    let length = length.bytes().all(|byte| byte.is_ascii_digit()).then(|| length.parse::<u32>().ok())??;
    if length > bits {
        return None;
    }
    match (address, address.to_canonical()) {
        (IpAddr::V6(_), canonical @ IpAddr::V4(_)) if length >= MAPPED => Some((canonical, length - MAPPED)),
        _ => Some((address, length)),
    }
}

fn is_inside(address: IpAddr, network: IpAddr, length: u32) -> bool {
    let same = |one: u128, other: u128, bits: u32| length == 0 || (one ^ other) >> (bits - length) == 0;
    match (address, network) {
        (IpAddr::V4(one), IpAddr::V4(other)) => same(u32::from(one).into(), u32::from(other).into(), 32),
        (IpAddr::V6(one), IpAddr::V6(other)) => same(bits(one), bits(other), 128),
        _ => false,
    }
}

fn bits(address: Ipv6Addr) -> u128 {
    u128::from(address)
}

/// `host:port` and `[host]:port`, where the port may be empty; `None` for anything else, such as an IPv6 address
/// without brackets.
fn host_and_port(entry: &str) -> Option<(&str, &str)> {
    let (host, port) = match entry.strip_prefix('[') {
        Some(rest) => rest.split_once("]:")?,
        None => entry.rsplit_once(':')?,
    };
    let is_bare = !entry.starts_with('[');
    let odd = |text: &str| text.contains(['[', ']']);
    let is_odd = odd(host) || odd(port) || port.contains(':') || (is_bare && host.contains(':'));
    (!is_odd).then_some((host, port))
}

/// The form of a host in a URL (RFC 5891). Invalid names remain unchanged.
fn in_ascii(name: &str) -> String {
    match name.is_ascii() {
        true => name.to_owned(),
        false => Host::parse(name).map_or_else(|_| name.to_owned(), |host| host.to_string()),
    }
}

// RFC 4291 section 2.5.5.2: the bits before an IPv4 address in IPv6 form.
const MAPPED: u32 = 96;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn named(no_proxy: &str, url: &str) -> bool {
        NoProxy::read(no_proxy).names(&Url::parse(url).unwrap())
    }

    #[test]
    fn entries_are_read_as_go_reads_them() {
        let cases = [
            ("nothing", "", "https://a.example/", false),
            ("commas alone", " , ,,", "https://a.example/", false),
            ("a name", "a.example", "https://a.example/", true),
            ("a name, in capitals with spaces", "b.example ,\t A.Example ", "https://a.EXAMPLE/", true),
            ("below a name", "a.example", "https://x.y.a.example/", true),
            ("a longer name", "a.example", "https://xa.example/", false),
            ("a leading dot, below", ".a.example", "https://x.a.example/", true),
            ("a leading dot, itself", ".a.example", "https://a.example/", false),
            ("a star, below", "*.corp.example", "https://token.corp.example/", true),
            ("a star, far below", "*.corp.example", "https://a.b.corp.example/", true),
            ("a star, itself", "*.corp.example", "https://corp.example/", false),
            ("a star within a label", "*corp.example", "https://xcorp.example/", false),
            ("a star in the middle", "a.*.example", "https://a.b.example/", false),
            ("a star at the end", "a.*", "https://a.example/", false),
            ("a star and a port", "*.corp.example:8443", "https://a.corp.example:8443/", true),
            ("a star and another port", "*.corp.example:8443", "https://a.corp.example/", false),
            ("a name and its port", "a.example:8443", "https://a.example:8443/", true),
            ("a name and another port", "a.example:8443", "https://a.example/", false),
            ("the default port", "a.example:443", "https://a.example/", true),
            ("below a name and a port", "a.example:8443", "https://x.a.example:8443/", true),
            ("an empty port", "a.example:", "https://a.example:8443/", true),
            ("a port alone", ":8443", "https://a.example:8443/", false),
            ("everything", "*", "https://a.example/", true),
            ("everything, an address", "*", "https://10.1.2.3/", true),
            ("everything, an IPv6 address", "x.example, * ", "https://[2001:db8::5]:8443/", true),
            ("everything with a port is no star", "*:443", "https://a.example/", false),
            ("a star and a dot", "*.", "https://a.example/", false),
            ("an address", "10.1.2.3", "https://10.1.2.3:8443/", true),
            ("another address", "10.1.2.3", "https://10.1.2.30/", false),
            ("an address and its port", "10.1.2.3:8443", "https://10.1.2.3:8443/", true),
            ("an address and another port", "10.1.2.3:8443", "https://10.1.2.3/", false),
            ("the end of an address, as of a name", "2.3", "https://10.1.2.3/", true),
            ("an IPv6 address", "2001:db8::5", "https://[2001:db8::5]:8443/", true),
            ("an IPv6 address in another form", "2001:DB8:0:0::0:5", "https://[2001:db8::5]/", true),
            ("an IPv6 address and its port", "[2001:db8::5]:8443", "https://[2001:db8::5]:8443/", true),
            ("an IPv6 address and another port", "[2001:db8::5]:8443", "https://[2001:db8::5]/", false),
            ("brackets without a port", "[2001:db8::5]", "https://[2001:db8::5]/", false),
            ("an IPv4 address in IPv6", "::ffff:10.1.2.3", "https://10.1.2.3/", true),
            ("and the other way round", "10.1.2.3", "https://[::ffff:10.1.2.3]/", true),
            ("a network", "10.0.0.0/8", "https://10.1.2.3:8443/", true),
            ("another network", "10.0.0.0/8", "https://11.1.2.3/", false),
            ("a network by one of its addresses", "10.9.9.9/8", "https://10.1.2.3/", true),
            ("a network of one", "10.1.2.3/32", "https://10.1.2.3/", true),
            ("every network", "0.0.0.0/0", "https://203.0.113.7/", true),
            ("every network of the other kind", "::/0", "https://203.0.113.7/", false),
            ("an IPv6 network", "2001:db8::/32", "https://[2001:db8:ffff::1]/", true),
            ("an IPv4 network in IPv6", "::ffff:10.0.0.0/104", "https://10.1.2.3/", true),
            ("a network takes no name", "10.0.0.0/8", "https://10.example/", false),
            ("a prefix too long", "10.0.0.0/33", "https://10.0.0.0/", false),
            ("a prefix with a sign", "10.0.0.0/+8", "https://10.1.2.3/", false),
            ("a network and a port", "10.0.0.0/8:443", "https://10.1.2.3/", false),
            ("semicolons do not separate", "x.example;a.example", "https://a.example/", false),
            ("spaces do not separate", "x.example a.example", "https://a.example/", false),
            ("no scheme", "https://a.example", "https://a.example/", false),
            ("no regular expression", ".*", "https://a.example/", false),
            ("another alphabet", "b\u{fc}ro.example", "https://b\u{fc}ro.example/", true),
            ("another alphabet, below", ".b\u{fc}ro.example", "https://x.xn--bro-hoa.example/", true),
            ("a final dot", "a.example", "https://a.example./", false),
        ];
        for (name, no_proxy, url, expected) in cases {
            assert_eq!(named(no_proxy, url), expected, "{name}: {no_proxy:?} and {url}");
        }
    }

    /// The rules of Go's documentation, implemented literally and slowly: domains by labels from the end, addresses by
    /// their text, networks bit by bit.
    fn by_the_rules(no_proxy: &str, host: &str, port: u16) -> bool {
        let binary = |text: &str| {
            text.parse::<IpAddr>().ok().map(|address| match address {
                IpAddr::V4(four) => four.octets().iter().map(|octet| format!("{octet:08b}")).collect::<String>(),
                IpAddr::V6(six) => six.octets().iter().map(|octet| format!("{octet:08b}")).collect(),
            })
        };
        no_proxy.split(',').map(str::trim).filter(|entry| !entry.is_empty()).any(|entry| {
            if entry == "*" {
                return true;
            }
            if let Some((network, length)) = entry.split_once('/') {
                let (Some(network), Some(own)) = (binary(network), binary(host)) else { return false };
                let length: usize = length.parse().unwrap();
                return own.len() == network.len() && own[..length] == network[..length];
            }
            let is_six = entry.matches(':').count() > 1 && !entry.starts_with('[');
            let (name, wanted) = match entry.rsplit_once(':') {
                Some((name, wanted)) if !is_six => (name.trim_matches(['[', ']']), Some(wanted)),
                _ => (entry, None),
            };
            if wanted.is_some_and(|wanted| wanted != port.to_string()) {
                return false;
            }
            if binary(name).is_some() || binary(host).is_some() {
                return binary(name) == binary(host);
            }
            let labels = |text: &str| text.split('.').rev().map(str::to_owned).collect::<Vec<_>>();
            let below_alone = name.starts_with("*.") || name.starts_with('.');
            let (own, listed) = (labels(host), labels(name.trim_start_matches('*').trim_start_matches('.')));
            own.starts_with(&listed) && (own.len() > listed.len() || !below_alone)
        })
    }

    fn host() -> impl Strategy<Value = String> {
        let name =
            proptest::collection::vec("[ab]{1,2}", 1..4).prop_map(|labels| format!("{}.example", labels.join(".")));
        let four = (0..3_u8, 0..3_u8).prop_map(|(one, other)| format!("10.{one}.0.{other}"));
        let six = (0..3_u16, 1..3_u16).prop_map(|(one, other)| format!("2001:db8:{one}::{other}"));
        prop_oneof![name, four, six]
    }

    fn entry() -> impl Strategy<Value = String> {
        let port = prop_oneof![Just(String::new()), Just(":443".to_owned()), Just(":8443".to_owned())];
        let with_port =
            (host(), port, prop_oneof![Just(""), Just("."), Just("*.")]).prop_map(|(host, port, before)| {
                match (host.contains(':'), host.starts_with("10."), port.is_empty()) {
                    (true, _, true) => host,
                    (true, _, false) => format!("[{host}]{port}"),
                    (_, true, _) => format!("{host}{port}"),
                    _ => format!("{before}{host}{port}"),
                }
            });
        let network = (host(), 0..=32_u32).prop_filter_map("an address", |(host, length)| {
            host.parse::<IpAddr>().is_ok().then(|| format!("{host}/{length}"))
        });
        prop_oneof![6 => with_port, 2 => network, 1 => Just("*".to_owned()), 1 => Just(" ".to_owned())]
    }

    proptest! {
        #[test]
        fn lists_are_read_by_the_rules(
            entries in proptest::collection::vec(entry(), 0..4),
            host in host(),
            port in prop_oneof![Just(443_u16), Just(8443), Just(80)],
        ) {
            let no_proxy = entries.join(", ");
            let literal = if host.contains(':') { format!("[{host}]") } else { host.clone() };
            let url = format!("https://{literal}:{port}/t");
            prop_assert_eq!(named(&no_proxy, &url), by_the_rules(&no_proxy, &host, port), "{} and {}", no_proxy, url);
        }

        #[test]
        fn any_text_is_read(text in any::<String>()) {
            NoProxy::read(&text).names(&Url::parse("https://a.example/").unwrap());
        }
    }
}
