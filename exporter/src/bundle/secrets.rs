//! Texts that only this host and its receivers may know.

use std::collections::BTreeSet;

/// What is written instead.
const MASK: &str = "<secret>";
/// Shorter texts are words as they stand everywhere, and no secret worth the name.
const SHORTEST: usize = 4;
/// Shorter numbers are ports, counts and times.
const SHORTEST_NUMBER: usize = 8;
/// Values that headers and queries often have, and that stand in every other file.
const ORDINARY: [&str; 8] =
    ["true", "false", "null", "none", "default", "gzip", "identity", "application/json"];

/// The secrets of the configuration: the last resort, because nothing should write them anyway.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Secrets {
    texts: BTreeSet<String>,
}

impl Secrets {
    /// Keeps a secret, and its words: the password of `Basic cGFzcw==` is the second one.
    pub fn keep(&mut self, text: &str) {
        let all = [text.trim()].into_iter().chain(text.split_whitespace());
        let secret = all.filter(|it| !is_scheme(it) && !is_ordinary(it));

        self.texts.extend(secret.map(ToOwned::to_owned));
    }

    /// Keeps what is secret in a line of a file of headers, which may be a comment.
    pub fn keep_of_header(&mut self, line: &str) {
        let Some(comment) = line.trim_start().strip_prefix('#') else {
            self.keep(line.split_once(':').map_or(line, |(_, value)| value));
            return;
        };

        // A header that is not in use may have a key that is. Prose is no header.
        let Some((name, value)) = comment.trim_start_matches('#').split_once(':') else { return };
        let mut words = value.split_whitespace().filter(|word| !is_scheme(word));
        let is_name = |name: &str| !name.is_empty() && !name.contains(char::is_whitespace);
        if let (true, Some(word), None) = (is_name(name.trim()), words.next(), words.next()) {
            self.keep(word);
        }
    }

    /// Returns an object of JSON without secrets. Only its texts may have any, and what is no text
    /// stays as it is, so that it can be read after this.
    pub(super) fn masked_json(&self, json: &str) -> String {
        let mut masked = String::with_capacity(json.len());
        let mut rest = json;

        while let Some(start) = rest.find('"') {
            let (before, from) = rest.split_at(start);
            masked.push_str(before);
            let mut texts = serde_json::Deserializer::from_str(from).into_iter::<String>();
            let Some(Ok(text)) = texts.next() else {
                // It is no JSON.
                return masked + &self.masked(from);
            };
            rest = &from[texts.byte_offset()..];
            masked.push_str(&serde_json::Value::from(self.masked(&text)).to_string());
        }

        masked + rest
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

fn is_ordinary(word: &str) -> bool {
    let is_number = word.bytes().all(|it| it.is_ascii_digit() || b"+-.,".contains(&it));

    word.len() < SHORTEST
        || is_number && word.len() < SHORTEST_NUMBER
        || ORDINARY.iter().any(|it| word.eq_ignore_ascii_case(it))
}

/// Source: the registry of HTTP authentication schemes.
fn is_scheme(word: &str) -> bool {
    ["basic", "bearer", "digest", "token", "apikey"].iter().any(|it| word.eq_ignore_ascii_case(it))
}
