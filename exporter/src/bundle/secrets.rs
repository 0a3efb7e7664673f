//! Texts that only this host and its receivers may know.

use std::collections::BTreeSet;

/// What is written instead.
const MASK: &str = "<secret>";
/// Shorter texts are words as they stand everywhere, and no secret worth the name.
const SHORTEST: usize = 4;

/// The secrets of the configuration: the last resort, because nothing should write them anyway.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Secrets {
    texts: BTreeSet<String>,
}

impl Secrets {
    /// Keeps a secret, and its words: the password of `Basic cGFzcw==` is the second one.
    pub fn keep(&mut self, text: &str) {
        let words = text.split_whitespace().filter(|word| !is_scheme(word));
        let all = [text.trim()].into_iter().chain(words);

        self.texts.extend(all.filter(|it| it.len() >= SHORTEST).map(ToOwned::to_owned));
    }

    /// Returns `text` without secrets.
    pub(super) fn masked(&self, text: &str) -> String {
        // Longer ones first: one may be within another.
        let mut secrets: Vec<_> = self.texts.iter().collect();
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));

        secrets.into_iter().fold(text.to_owned(), |text, secret| {
            if text.contains(secret.as_str()) { text.replace(secret, MASK) } else { text }
        })
    }
}

/// Source: the registry of HTTP authentication schemes.
fn is_scheme(word: &str) -> bool {
    ["basic", "bearer", "digest", "token", "apikey"].iter().any(|it| word.eq_ignore_ascii_case(it))
}
