//! Requests that a page of another site makes a browser send.
//!
//! A browser sends a simple POST to any address that a page names, without asking, and from where
//! the page itself could not: from inside a firewall, or from this host to its own loopback. It
//! says so in headers that a page cannot change. Other programs do not send these headers, and
//! nobody makes them ask for something against their will.

use std::net::{Ipv4Addr, Ipv6Addr};

use hyper::Request;
use hyper::header::{HOST, HeaderMap, HeaderName, ORIGIN, REFERER, USER_AGENT};
use hyper::http::uri::{Authority, Uri};

use crate::config::{Config, Host, ListenAddress};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
/// How every browser calls itself.
const BROWSER: &[u8] = b"Mozilla/";

/// Why a request is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum CrossSite {
    #[error("A page of another site asks for this (`Sec-Fetch-Site`).")]
    Site,
    #[error("A page of another site asks for this (`Origin`).")]
    Origin,
    #[error(
        "A browser asks for this by a name that may be another's (`Host`). \
         Use an address, `localhost`, or a name of `web.listen_address`, `api.listen_address` or \
         `web.external_url`."
    )]
    Host,
}

/// Refuses what a page of another site has sent.
///
/// # Errors
///
/// Names the header that shows it.
pub(super) fn check<B>(request: &Request<B>, config: &Config) -> Result<(), CrossSite> {
    let headers = request.headers();
    if headers
        .get_all(SEC_FETCH_SITE)
        .iter()
        .any(|it| !matches!(it.as_bytes(), b"same-origin" | b"none"))
    {
        return Err(CrossSite::Site);
    }
    let asked = asked(request);
    // A proxy may ask by another name than its client.
    let external = config.web.external_authority();
    let is_own = |origin: &[u8]| {
        authority_of(origin).is_some_and(|it| external == Some(it.as_str()) || Some(it) == asked)
    };
    if !headers.get_all(ORIGIN).iter().all(|origin| is_own(origin.as_bytes())) {
        return Err(CrossSite::Origin);
    }
    // A name of an attacker may have got the address of this host after its page was loaded; then
    // the page is of the same origin.
    if is_of_browser(headers) && !asked.is_some_and(|it| is_expected(it.host(), config)) {
        return Err(CrossSite::Host);
    }

    Ok(())
}

/// Returns what the client believes to talk to.
fn asked<B>(request: &Request<B>) -> Option<Authority> {
    let host = request.headers().get(HOST).and_then(|host| host.as_bytes().try_into().ok());

    host.or_else(|| request.uri().authority().cloned())
}

fn authority_of(origin: &[u8]) -> Option<Authority> {
    Uri::try_from(origin).ok()?.into_parts().authority
}

fn is_of_browser(headers: &HeaderMap) -> bool {
    let agent = headers.get(USER_AGENT);
    let names = [ORIGIN, REFERER, SEC_FETCH_SITE];

    names.iter().any(|name| headers.contains_key(name))
        || agent.is_some_and(|agent| agent.as_bytes().starts_with(BROWSER))
}

/// Returns whether no other site can have this name.
fn is_expected(host: &str, config: &Config) -> bool {
    let mut own = config.web.listen_address.iter().chain(&config.api.listen_address);
    let is_address = host.parse::<Ipv4Addr>().is_ok()
        || host.strip_prefix('[').and_then(|it| it.strip_suffix(']')).is_some_and(is_ipv6);
    let is_named = |address: &ListenAddress| match &address.host {
        Host::Name(name) => name.eq_ignore_ascii_case(host),
        Host::Any | Host::Address(_) | Host::LinkLocal(..) => false,
    };

    let external = config.web.external_authority().and_then(|it| it.parse::<Authority>().ok());
    let is_external = external.is_some_and(|it| it.host().eq_ignore_ascii_case(host));

    is_address || is_external || host.eq_ignore_ascii_case("localhost") || own.any(is_named)
}

fn is_ipv6(text: &str) -> bool {
    text.parse::<Ipv6Addr>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(headers: &[(&str, &str)]) -> Result<(), CrossSite> {
        let mut request = Request::new(());
        for (name, value) in headers {
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            request.headers_mut().append(name, value.parse().unwrap());
        }

        let mut config = Config::default();
        config.web.listen_address = vec!["node-1.example:10199".parse().unwrap()];
        config.api.listen_address = vec!["api.example:10200".parse().unwrap()];
        config.web.external_url = "https://gate.example:8443/packets".into();
        check(&request, &config)
    }

    #[test]
    fn what_no_other_site_can_have_sent_passes() {
        let cases: [&[(&str, &str)]; 12] = [
            &[("host", "localhost:10199")],
            // No browser: any name is fine.
            &[("host", "metrics.example"), ("user-agent", "curl/8.0")],
            &[("host", "[::1]:10199"), ("origin", "http://[::1]:10199")],
            &[
                ("host", "192.0.2.1"),
                ("origin", "https://192.0.2.1"),
                ("user-agent", "Mozilla/5.0"),
            ],
            &[("host", "LocalHost"), ("sec-fetch-site", "same-origin")],
            &[("host", "localhost"), ("sec-fetch-site", "none")],
            &[("host", "Node-1.example:1"), ("origin", "http://node-1.example:1")],
            &[("host", "api.example:1"), ("origin", "http://api.example:1")],
            &[("host", "gate.example"), ("user-agent", "Mozilla/5.0")],
            // A proxy asks by a name of its own.
            &[("host", "localhost:10199"), ("origin", "https://gate.example:8443")],
            &[("host", "localhost"), ("referer", "http://elsewhere.example/")],
            &[],
        ];

        for headers in cases {
            assert_eq!(outcome(headers), Ok(()), "{headers:?}");
        }
    }

    #[test]
    fn what_a_page_of_another_site_sends_is_refused() {
        use CrossSite::{Host, Origin, Site};
        let cases: [(&[(&str, &str)], CrossSite); 13] = [
            (&[("host", "localhost"), ("sec-fetch-site", "cross-site")], Site),
            (&[("host", "localhost"), ("sec-fetch-site", "same-site")], Site),
            (&[("host", "localhost"), ("sec-fetch-site", "")], Site),
            (&[("host", "localhost"), ("origin", "http://evil.example")], Origin),
            (&[("host", "localhost:1"), ("origin", "http://localhost:2")], Origin),
            (&[("host", "localhost"), ("origin", "null")], Origin),
            (&[("host", "localhost"), ("origin", "")], Origin),
            (&[("host", "localhost"), ("origin", "http://localhost"), ("origin", "a")], Origin),
            (&[("origin", "http://localhost")], Origin),
            // The name has the address of this host by now.
            (&[("host", "evil.example:1"), ("origin", "http://evil.example:1")], Host),
            (&[("host", "evil.example"), ("sec-fetch-site", "same-origin")], Host),
            (&[("host", "evil.example"), ("referer", "http://evil.example/")], Host),
            (&[("host", "evil.example"), ("user-agent", "Mozilla/5.0 (X11)")], Host),
        ];

        for (headers, reason) in cases {
            assert_eq!(outcome(headers), Err(reason), "{headers:?}");
        }
    }
}
