//! Values of variables, as the keys of the configuration have them.

use std::ops::RangeInclusive;
use std::time::Duration;

use crate::config::header::{Header, HeaderError};

/// The items of a list.
#[derive(Debug, Default, PartialEq)]
pub struct Items<T> {
    pub valid: Vec<T>,
    /// Of each other one its place, from 1 on, and what is wrong with it.
    pub(super) broken: Vec<(usize, ItemError)>,
}

/// Why an item is none. It may hold a secret and is not repeated.
#[derive(Debug, PartialEq, thiserror::Error)]
pub(super) enum ItemError {
    #[error("it has no \"=\" between name and value")]
    NoValue,
    #[error("its name is empty or begins with a quote")]
    Name,
    #[error("\"%\" is not followed by two hexadecimal digits, or they make no UTF-8")]
    Encoding,
    #[error(transparent)]
    Header(#[from] HeaderError),
}

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

/// Returns headers, as `name=value`.
pub(super) fn headers(text: &str) -> Items<String> {
    parsed(text, |name, value| {
        let header = Header::new(&name, &value)?;
        Ok(format!("{}={}", header.name, header.value))
    })
}

/// Returns the names and values of attributes.
pub fn attributes(text: &str) -> Items<(String, String)> {
    parsed(unquoted(text), |name, value| {
        if name.is_empty() || name.starts_with(QUOTES) {
            return Err(ItemError::Name);
        }
        Ok((name, value))
    })
}

/// Reads items that are pairs of percent-encoded texts. Source: W3C Baggage.
fn parsed<T>(text: &str, parse: impl Fn(String, String) -> Result<T, ItemError>) -> Items<T> {
    let pair = |item: &str| {
        let (name, value) = item.split_once('=').ok_or(ItemError::NoValue)?;
        let [name, value] = [name, value].map(percent_decoded);
        parse(name.ok_or(ItemError::Encoding)?, value.ok_or(ItemError::Encoding)?)
    };

    let mut parsed = Items { valid: Vec::new(), broken: Vec::new() };
    for (place, item) in (1..).zip(items(text)) {
        match pair(item) {
            Ok(item) => parsed.valid.push(item),
            Err(error) => parsed.broken.push((place, error)),
        }
    }

    parsed
}

const QUOTES: [char; 2] = ['"', '\''];

/// Returns a value without the blanks around it, and without quotes around the whole of it, as
/// files of `docker run --env-file` leave them.
pub fn unquoted(text: &str) -> &str {
    let text = text.trim();
    let inside = |quote: char| {
        let inside = text.strip_prefix(quote)?.strip_suffix(quote)?;
        (!inside.contains(quote)).then(|| inside.trim())
    };

    QUOTES.into_iter().find_map(inside).unwrap_or(text)
}

/// Splits a list at its commas.
pub(super) fn items(text: &str) -> Vec<&str> {
    text.split(',').map(str::trim).filter(|item| !item.is_empty()).collect()
}

/// Undoes percent-encoding; `None` where the text is not encoded so. Source: RFC 3986, section 2.1.
fn percent_decoded(text: &str) -> Option<String> {
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
