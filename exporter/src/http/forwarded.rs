//! The header Forwarded. Source: RFC 7239, section 4.

use hyper::header::{HeaderMap, HeaderName};

pub(super) const FORWARDED: HeaderName = HeaderName::from_static("forwarded");

/// What a proxy says of the one before it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Hop {
    /// An address, perhaps with a port, or what stands for one.
    pub(super) node: Option<String>,
    pub(super) proto: Option<String>,
}

/// Reads what proxies say, the first one first; what is malformed says nothing of its hop.
pub(super) fn hops(headers: &HeaderMap) -> Vec<Hop> {
    let values = headers.get_all(FORWARDED).iter().map(|it| it.to_str().unwrap_or_default());

    values.flat_map(|value| split(value, ',')).map(hop).collect()
}

fn hop(text: &str) -> Hop {
    let mut hop = Hop::default();
    for pair in split(text, ';') {
        let Some((name, value)) = pair.split_once('=') else { continue };
        let value = value.trim();
        // No address has anything to be escaped.
        let value = value.strip_prefix('"').and_then(|it| it.strip_suffix('"')).unwrap_or(value);
        match name.trim().to_ascii_lowercase().as_str() {
            "for" => hop.node = Some(value.into()),
            "proto" => hop.proto = Some(value.into()),
            _ => {}
        }
    }

    hop
}

/// Splits where the separator is not within quotes.
fn split(text: &str, separator: char) -> Vec<&str> {
    let mut is_quoted = false;
    let is_end = move |it: char| {
        is_quoted ^= it == '"';
        it == separator && !is_quoted
    };

    text.split(is_end).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(values: &[&str]) -> Vec<(String, String)> {
        let headers = values.iter().map(|it| (FORWARDED, it.parse().unwrap()));
        let headers: HeaderMap = headers.collect();

        let shown = |it: Hop| (it.node.unwrap_or_default(), it.proto.unwrap_or_default());
        hops(&headers).into_iter().map(shown).collect()
    }

    #[test]
    fn each_proxy_says_who_came_before_it_and_how() {
        let of = |node: &str, proto: &str| (node.to_owned(), proto.to_owned());

        assert_eq!(read(&["for=192.0.2.43"]), [of("192.0.2.43", "")]);
        let two =
            read(&["For=\"[2001:db8::1]:4711\" ; proto=https;by=a, for=_hidden", "proto=http"]);
        assert_eq!(two, [of("[2001:db8::1]:4711", "https"), of("_hidden", ""), of("", "http")]);
        assert_eq!(read(&["for=\"a,b;c\";proto=https"]), [of("a,b;c", "https")]);
        assert_eq!(read(&["for=\"a, for=192.0.2.1"]), [of("\"a, for=192.0.2.1", "")]);
        assert_eq!(read(&[]), []);
    }
}
