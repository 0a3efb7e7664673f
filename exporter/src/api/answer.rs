//! What is asked and what is answered, without HTTP.

use serde::Serialize;

/// A request.
#[derive(Clone, Copy, Debug, Default)]
pub struct Asked<'a> {
    /// Names and values of the parameters in the path.
    pub path: &'a [(String, String)],
    /// Names and values of the parameters in the query, in its order.
    pub query: &'a [(String, String)],
    /// The Accept header.
    pub accept: Option<&'a str>,
    pub content_type: Option<&'a str>,
    pub content_encoding: Option<&'a str>,
    pub if_match: Option<&'a str>,
    pub body: &'a [u8],
    /// What links begin with: a URL, or a path without a slash at its end.
    pub base: &'a str,
    /// What a trusted proxy calls the request.
    pub id: Option<&'a str>,
    /// Who asks and from where, for the log.
    pub by: &'a str,
}

/// Where a problem is told.
#[derive(Clone, Copy, Debug, Default)]
pub struct Told<'a> {
    /// What links begin with.
    pub base: &'a str,
    /// What a trusted proxy calls the request.
    pub id: Option<&'a str>,
}

/// What a client gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub content_type: &'static str,
    /// Beside those that are on every answer.
    pub headers: &'static [(&'static str, &'static str)],
    /// The header ETag, where what is answered can be changed.
    pub tag: Option<String>,
    pub body: Vec<u8>,
}

impl<'a> Asked<'a> {
    /// Returns where a problem with this request is told.
    pub(super) fn told(&self) -> Told<'a> {
        Told { base: self.base, id: self.id }
    }
}

impl Answer {
    pub(super) const JSON: &str = "application/json";
    pub(super) const HTML: &str = "text/html; charset=utf-8";

    /// On every answer: counts are those of a moment, and a type is what it is called.
    pub const HEADERS: [(&str, &str); 2] =
        [("cache-control", "no-store"), ("x-content-type-options", "nosniff")];
    /// A page needs nothing but its own style.
    const PAGE: &[(&str, &str)] = &[(
        "content-security-policy",
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'",
    )];

    pub(super) fn json(content_type: &'static str, document: &impl Serialize) -> Self {
        // Nothing here fails to be written: keys are texts, and a vector takes all.
        let mut body = serde_json::to_vec(document).unwrap_or_default();
        body.push(b'\n');

        Self { status: 200, content_type, headers: &[], tag: None, body }
    }

    pub(super) fn page(html: String) -> Self {
        let body = html.into_bytes();

        Self { status: 200, content_type: Self::HTML, headers: Self::PAGE, tag: None, body }
    }

    /// Adds the tag of what is answered.
    pub(super) fn tagged(self, tag: &str) -> Self {
        Self { tag: Some(format!("\"{tag}\"")), ..self }
    }
}

/// Returns whether a client accepts the type. Source: RFC 9110, section 12.5.1.
pub(super) fn accepts(accept: Option<&str>, content_type: &str) -> bool {
    let Some(accept) = accept else { return true };
    let wanted = content_type.split(';').next().unwrap_or(content_type);
    let (group, _) = wanted.split_once('/').unwrap_or((wanted, ""));

    // What fits best decides.
    let of = |range: String| {
        let all = accept.split(',').map(|item| item.split(';').map(str::trim));
        let mut fitting = all.filter_map(|mut parts| {
            let is_it = parts.next()?.eq_ignore_ascii_case(&range);
            is_it.then(|| parts.find_map(weight).unwrap_or(1.0))
        });
        fitting.next()
    };
    let weight =
        of(wanted.into()).or_else(|| of(format!("{group}/*"))).or_else(|| of("*/*".into()));

    weight.is_some_and(|weight| weight > 0.0)
}

fn weight(parameter: &str) -> Option<f64> {
    let (name, value) = parameter.split_once('=')?;

    name.trim().eq_ignore_ascii_case("q").then(|| value.trim().parse().unwrap_or(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_accepted_by_the_range_that_fits_best() {
        let cases = [
            (None, true),
            (Some("*/*"), true),
            (Some("application/*"), true),
            (Some("text/html, Application/JSON"), true),
            (Some("text/html,application/xhtml+xml,*/*;q=0.8"), true),
            (Some("application/json; charset=utf-8; q=0.1"), true),
            (Some("application/json;q=0, */*"), false),
            (Some("text/html"), false),
            (Some(""), false),
            (Some(";;,=,q=1"), false),
        ];

        for (accept, is_accepted) in cases {
            assert_eq!(accepts(accept, Answer::JSON), is_accepted, "{accept:?}");
        }
        assert!(accepts(Some("text/html"), Answer::HTML));
    }
}
