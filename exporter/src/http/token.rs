//! Tokens of the REST API: how they are made, and how a request has one. Source: RFC 6750.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hyper::header::{AUTHORIZATION, HeaderMap};
use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom, SystemRandom};

/// What every token begins with, so that a scanner for secrets finds it.
const PREFIX: &str = "pxt_";
const RANDOM_BYTES: usize = 32;

/// A token as a client has it.
#[derive(Clone, PartialEq, Eq)]
pub struct TokenText(String);

/// The kernel has no random numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the system has no random numbers for a token")]
pub struct NoRandomness;

impl TokenText {
    /// Makes a token of 256 random bits.
    pub fn random() -> Result<Self, NoRandomness> {
        let mut bytes = [0; RANDOM_BYTES];
        SystemRandom::new().fill(&mut bytes).map_err(|_| NoRandomness)?;

        Ok(Self(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes))))
    }

    /// Returns the token of the Authorization header. Those of others, which Prometheus and proxies send to
    /// all they know, are none.
    pub(super) fn of(headers: &HeaderMap) -> Option<Self> {
        let all = headers.get_all(AUTHORIZATION).iter();
        let mut own = all.filter_map(|value| {
            let (scheme, text) = std::str::from_utf8(value.as_bytes()).ok()?.split_once(' ')?;
            let text = text.trim();
            let is_own = scheme.eq_ignore_ascii_case("bearer") && text.starts_with(PREFIX);
            is_own.then(|| Self(text.to_owned()))
        });

        own.next()
    }

    /// Returns whether a query has a token, which logs and histories keep.
    pub(super) fn is_in(query: &[(String, String)]) -> bool {
        query.iter().any(|(name, value)| name.contains(PREFIX) || value.contains(PREFIX))
    }

    /// Returns the text, which is a secret.
    pub fn secret(&self) -> &str {
        &self.0
    }

    /// Returns what the file of tokens has of it.
    pub fn sha256(&self) -> [u8; 32] {
        let mut sha256 = [0; 32];
        sha256.copy_from_slice(digest(&SHA256, self.0.as_bytes()).as_ref());

        sha256
    }

    /// Returns it as the file has it.
    pub fn sha256_text(&self) -> String {
        self.sha256().iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
    }
}

/// Hides the secret.
impl fmt::Debug for TokenText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<secret>")
    }
}

#[cfg(test)]
mod tests {
    use hyper::header::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn of(value: &[u8]) -> Option<TokenText> {
        let value = HeaderValue::from_bytes(value).ok()?;

        TokenText::of(&HeaderMap::from_iter([(AUTHORIZATION, value)]))
    }

    #[test]
    fn tokens_are_random_and_hidden() {
        let [one, other] = [0; 2].map(|_| TokenText::random().unwrap());

        assert_ne!(one, other);
        assert_eq!(one.secret().len(), PREFIX.len() + 43);
        assert_eq!(format!("{one:?}"), "<secret>");
        assert_eq!(of(format!("bEARER  {} ", one.secret()).as_bytes()), Some(one));
    }

    #[test]
    fn the_file_has_the_sha256_of_the_whole_text() {
        let sha256 = TokenText("pxt_abc".into()).sha256();

        // printf pxt_abc | sha256sum
        assert_eq!(sha256[..4], [0x29, 0x9b, 0x2c, 0x45]);
    }

    #[test]
    fn what_is_no_token_of_this_program_is_none() {
        for value in ["", "Bearer", "Bearer ", "Bearer eyJhbGciOi.x.y", "Basic pxt_a", "pxt_abc"] {
            assert_eq!(of(value.as_bytes()), None, "{value}");
        }
    }

    proptest! {
        #[test]
        fn any_header_is_read(value: Vec<u8>) {
            of(&[b"Bearer pxt_", &value[..]].concat());
            of(&value);
        }
    }
}
