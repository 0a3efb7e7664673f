//! Which connections go through a proxy, as the variables of the environment have it.

use std::env;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use hyper::Uri;
use hyper::http::HeaderValue;
use hyper_util::client::proxy::matcher::{Intercept, Matcher};

/// The proxies for all destinations.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proxies(Arc<Named>);

/// What the variables name; empty for what they do not.
#[derive(Default, PartialEq, Eq)]
struct Named {
    http: String,
    https: String,
    all: String,
    none: String,
}

/// A proxy for one destination.
#[derive(Clone, Debug)]
pub(super) struct Proxy(Intercept);

/// What is wrong with a variable; it is as if it were not set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProxyProblem {
    pub variable: &'static str,
    /// Without the value, which may hold a password.
    pub text: &'static str,
}

/// The first one that is set and not empty wins.
const HTTP: [&str; 2] = ["HTTP_PROXY", "http_proxy"];
const HTTPS: [&str; 2] = ["HTTPS_PROXY", "https_proxy"];
const ALL: [&str; 2] = ["ALL_PROXY", "all_proxy"];
const NONE: [&str; 2] = ["NO_PROXY", "no_proxy"];

impl Proxies {
    /// Reads the environment of the process, which does not change.
    pub fn of_environment() -> Self {
        Self::read(|name| env::var(name).ok()).0
    }

    /// Returns what is wrong with the environment of the process.
    pub fn problems() -> Vec<ProxyProblem> {
        Self::read(|name| env::var(name).ok()).1
    }

    /// Reads variables.
    pub(crate) fn read(variable: impl Fn(&str) -> Option<String>) -> (Self, Vec<ProxyProblem>) {
        let mut problems = Vec::new();
        let set = |names: [&'static str; 2]| {
            let value = |name| Some((name, variable(name)?.trim().to_owned()));
            let mut set = names.into_iter().filter_map(value);
            set.find(|(_, value)| !value.is_empty())
        };
        let mut url = |names| match set(names) {
            Some((variable, value)) => match problem(&value) {
                None => value,
                Some(text) => {
                    problems.push(ProxyProblem { variable, text });
                    String::new()
                }
            },
            None => String::new(),
        };
        let [http, https, all] = [HTTP, HTTPS, ALL].map(&mut url);
        let none = set(NONE).map(|(_, value)| value).unwrap_or_default();

        (Self(Arc::new(Named { http, https, all, none })), problems)
    }

    /// Returns the proxy for a destination. The host itself is never behind one, as in Go.
    pub(super) fn proxy(&self, to: &Uri) -> Option<Proxy> {
        let Named { http, https, all, none } = &*self.0;
        let host = bare(to.host()?);
        let port = to.port_u16().unwrap_or(if to.scheme_str() == Some("http") { 80 } else { 443 });
        if is_own(host) {
            return None;
        }
        let without: Vec<_> =
            none.split([',', ' ']).filter_map(|entry| without(entry, port)).collect();
        if without.contains(&"*") {
            return None;
        }

        let matcher =
            Matcher::builder().http(http).https(https).all(all).no(without.join(",")).build();
        // A dot at the end of a name is no part of it.
        let to = Uri::builder()
            .scheme(to.scheme_str()?)
            .authority(if host.contains(':') {
                format!("[{host}]")
            } else {
                host.trim_end_matches('.').into()
            })
            .path_and_query("/")
            .build();
        matcher.intercept(&to.ok()?).map(Proxy)
    }
}

impl Proxy {
    pub(super) fn url(&self) -> &Uri {
        self.0.uri()
    }

    /// Returns scheme, host and port, and nothing that could be a part of a login.
    pub(super) fn name(&self) -> String {
        let url = self.url();
        let scheme = url.scheme_str().unwrap_or("http");
        let host = url.host().unwrap_or_default();
        let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();

        format!("{scheme}://{host}{port}")
    }

    pub(super) fn is_secure(&self) -> bool {
        self.url().scheme_str() == Some("https")
    }

    /// Returns the value of Proxy-Authorization.
    pub(super) fn login(&self) -> Option<&HeaderValue> {
        self.0.basic_auth()
    }
}

/// Returns an entry of NO_PROXY without its port; `None` if it is for another port, or for none.
fn without(entry: &str, port: u16) -> Option<&str> {
    let entry = entry.trim();
    let entry = entry.strip_prefix("*.").unwrap_or(entry);
    let (host, of_port) = match entry.rsplit_once(':') {
        // An address of IPv6 alone, or a network, which has colons of its own.
        Some((host, _)) if host.contains(':') && !host.ends_with(']') => (entry, None),
        Some((host, digits)) => (host, Some(digits)),
        None => (entry, None),
    };
    let is_for_port = of_port.is_none_or(|digits| digits.parse() == Ok(port));

    (is_for_port && !host.is_empty()).then(|| bare(host).trim_end_matches('.'))
}

fn bare(host: &str) -> &str {
    host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
}

fn is_own(host: &str) -> bool {
    let name = host.trim_end_matches('.').to_ascii_lowercase();
    let address = name.parse().map(|address: IpAddr| address.to_canonical());

    name == "localhost"
        || name.ends_with(".localhost")
        || address.is_ok_and(|address| address.is_loopback() || address.is_unspecified())
}

/// Returns what is wrong with the URL of a proxy.
fn problem(text: &str) -> Option<&'static str> {
    let Ok(url) = text.parse::<Uri>() else {
        return Some(
            "it is ignored: it is not the URL of a proxy, for example `http://proxy.example:3128`",
        );
    };
    let is_http = matches!(url.scheme_str(), None | Some("http" | "https"));
    if !is_http {
        return Some(
            "it is ignored: it names a proxy of another kind than HTTP, which is not supported",
        );
    }
    let Some(authority) = url.authority().filter(|authority| !authority.host().is_empty()) else {
        return Some("it is ignored: it names no host of a proxy");
    };
    // A password with `@`, `/`, `?` or `#` would be taken for a host.
    if text.matches('@').count() > authority.as_str().matches('@').count().min(1) {
        return Some(
            "it is ignored: its login has a character that has another meaning in a URL; write \
             `@` as %40, `/` as %2F, `?` as %3F and `#` as %23",
        );
    }
    let has_port = authority.as_str().len() > authority.host().len()
        && !authority.as_str().ends_with(authority.host());

    (has_port && authority.port_u16().is_none())
        .then_some("it is ignored: its port is not 1 to 65535")
}

/// The values may hold passwords.
impl fmt::Debug for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Named").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn proxies(variables: &[(&str, &str)]) -> (Proxies, Vec<ProxyProblem>) {
        let value = |name: &str| {
            variables.iter().find(|(own, _)| *own == name).map(|(_, v)| (*v).to_owned())
        };

        Proxies::read(value)
    }

    fn name(variables: &[(&str, &str)], to: &str) -> Option<String> {
        proxies(variables).0.proxy(&to.parse().unwrap()).map(|proxy| proxy.name())
    }

    #[test]
    fn each_scheme_has_its_variable() {
        let three =
            [("HTTP_PROXY", "http://h:1"), ("https_proxy", "s:2"), ("ALL_PROXY", "https://a:3")];
        let all = [
            ("HTTP_PROXY", " "),
            ("http_proxy", "http://h:1/x?y"),
            ("all_proxy", "http://u:p@a:3"),
        ];

        assert_eq!(name(&three, "http://x:4318").as_deref(), Some("http://h:1"));
        assert_eq!(name(&three, "https://x:4318").as_deref(), Some("http://s:2"));
        assert_eq!(name(&three[2..], "https://x").as_deref(), Some("https://a:3"));
        assert_eq!(name(&all, "http://x").as_deref(), Some("http://h:1"));
        assert_eq!(name(&all, "https://x").as_deref(), Some("http://a:3"));
        assert_eq!(name(&[("HTTPS_PROXY", "http://s")], "http://x"), None);
    }

    #[test]
    fn some_destinations_have_no_proxy() {
        let none = "a.example, .b.example,192.0.2.0/24 [2001:db8::1]:443,2001:db8:1::/48,c.example:4317,*.d.example";
        let variables = [("ALL_PROXY", "http://p:1"), ("NO_PROXY", none)];
        let direct = [
            "http://a.example",
            "https://x.A.example:4317",
            "https://a.example.",
            "http://b.example",
            "http://x.b.example",
            "http://192.0.2.7:4318",
            "https://[2001:db8::1]",
            "http://[2001:db8:1::9]:1",
            "http://c.example:4317",
            "http://x.c.example:4317",
            "http://x.d.example",
            "http://localhost:4318",
            "http://127.0.0.9",
            "http://[::1]:4317",
            "https://x.localhost",
            "http://[::ffff:127.0.0.1]",
            "http://LOCALHOST.:1",
        ];
        let proxied = [
            "http://aa.example",
            "http://198.51.100.1",
            "http://c.example",
            "https://[2001:db8::1]:444",
            "http://[2001:db8::2]",
            "http://example",
            "http://localhost.example",
        ];

        for to in direct {
            assert_eq!(name(&variables, to), None, "{to}");
        }
        for to in proxied {
            assert_eq!(name(&variables, to).as_deref(), Some("http://p:1"), "{to}");
        }
        for to in proxied {
            assert_eq!(name(&[variables[0], ("no_proxy", "x,*")], to), None, "{to}");
        }
    }

    #[test]
    fn a_login_is_sent_and_never_shown() {
        let (proxies, problems) = proxies(&[("HTTPS_PROXY", "http://us%40er:p%3Ass@p:3128")]);
        let proxy = proxies.proxy(&"https://x".parse().unwrap()).unwrap();

        assert_eq!(proxy.login().unwrap(), "Basic dXNAZXI6cDpzcw==");
        assert_eq!(proxy.name(), "http://p:3128");
        for shown in [format!("{proxies:?}"), format!("{proxy:?}"), format!("{problems:?}")] {
            assert!(!shown.contains("ss") || !shown.contains("p%3A"), "{shown}");
            assert!(!shown.contains("dXNA") && !shown.contains("us%40er"), "{shown}");
        }
    }

    #[test]
    fn what_is_no_proxy_is_named_by_its_variable_and_ignored() {
        let cases = [
            ("http_proxy", "http://:3128"),
            ("HTTPS_PROXY", "http://p:99999999"),
            ("ALL_PROXY", "socks5://u:secret@p:1080"),
            ("HTTP_PROXY", "/p"),
            ("HTTP_PROXY", "p:x y"),
            ("HTTPS_PROXY", "http://user:p@secret@proxy:3128"),
            ("HTTPS_PROXY", "user:p@secret@proxy:3128"),
            ("HTTPS_PROXY", "http://user:12/secret@proxy:3128"),
            ("HTTPS_PROXY", "http://user:12?secret@proxy:3128"),
            ("HTTPS_PROXY", "http://user:12#secret@proxy:3128"),
        ];

        for (variable, value) in cases {
            let (proxies, problems) = proxies(&[(variable, value)]);
            assert_eq!(problems.len(), 1, "{value}");
            assert_eq!(problems[0].variable, variable);
            assert!(!format!("{problems:?}").contains("secret"));
            assert!(proxies.proxy(&"https://x".parse().unwrap()).is_none(), "{value}");
        }
    }

    proptest! {
        #[test]
        fn any_variables_are_read(url in ".{0,40}", none in ".{0,40}", host in "[a-z0-9.]{1,20}") {
            let (proxies, _) = proxies(&[("ALL_PROXY", url.as_str()), ("NO_PROXY", none.as_str())]);
            if let Ok(to) = format!("https://{host}:1").parse() {
                proxies.proxy(&to);
            }
        }
    }
}
