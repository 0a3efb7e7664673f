//! Values of variables, as the keys of the configuration have them.

use std::ops::RangeInclusive;
use std::time::Duration;

use crate::config::header::Header;

/// Takes one of `known`, in any case.
pub(super) fn one_of(text: &str, known: &[&str]) -> Option<Vec<String>> {
    let text = text.to_ascii_lowercase();

    known.contains(&&*text).then_some(vec![text])
}

pub(super) fn path(text: &str) -> Option<Vec<String>> {
    (!text.contains('\0')).then(|| vec![text.into()])
}

pub(super) fn yes_or_no(text: &str) -> Option<Vec<String>> {
    one_of(text, &["true", "false"])
}

pub(super) fn negated(text: &str) -> Option<Vec<String>> {
    let is_true = yes_or_no(text)? == ["true"];

    Some(vec![(!is_true).to_string()])
}

/// Takes milliseconds that `range` has. Nothing waits for ever, so 0 is none of them.
pub(super) fn milliseconds(text: &str, range: &RangeInclusive<Duration>) -> Option<Vec<String>> {
    let number = text.parse().ok()?;

    range.contains(&Duration::from_millis(number)).then(|| vec![format!("{number}ms")])
}

pub(super) fn histogram(text: &str) -> Option<Vec<String>> {
    one_of(text, &["explicit_bucket_histogram", "base2_exponential_bucket_histogram"])
}

/// Source: W3C Baggage, whose form headers have here: names and values are percent-encoded.
pub(super) fn headers(text: &str) -> Option<Vec<String>> {
    let header = |item: &str| {
        let (name, value) = item.split_once('=')?;
        let header = Header::new(&percent_decoded(name)?, &percent_decoded(value)?).ok()?;
        Some(format!("{}={}", header.name, header.value))
    };

    items(text).into_iter().map(header).collect()
}

/// Splits a list at its commas.
pub(super) fn items(text: &str) -> Vec<&str> {
    text.split(',').map(str::trim).filter(|item| !item.is_empty()).collect()
}

/// Undoes percent-encoding; `None` where the text is not encoded so. Source: RFC 3986, section 2.1.
pub fn percent_decoded(text: &str) -> Option<String> {
    let mut rest = text.trim().bytes();
    let mut bytes = Vec::with_capacity(text.len());

    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => digit(rest.next()?)? << 4 | digit(rest.next()?)?,
            byte => byte,
        });
    }

    String::from_utf8(bytes).ok()
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| digit.try_into().ok())
}
