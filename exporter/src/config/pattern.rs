//! A regular expression for a whole name, as everywhere in Prometheus.

use std::fmt;
use std::str::FromStr;

use regex::Regex;

use super::text::as_text;

/// Matches whole names; an empty one matches nothing.
#[derive(Clone, Debug, Default)]
pub struct Pattern {
    text: String,
    anchored: Option<Regex>,
}

/// Why a text is not a regular expression.
#[derive(Debug, thiserror::Error)]
#[error("{reason}")]
pub struct PatternError {
    /// The last line of what `regex` says; those before it draw the place.
    reason: String,
}

impl Pattern {
    pub fn is_empty(&self) -> bool {
        self.anchored.is_none()
    }

    pub fn matches(&self, name: &str) -> bool {
        self.anchored.as_ref().is_some_and(|regex| regex.is_match(name))
    }
}

impl FromStr for Pattern {
    type Err = PatternError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.is_empty() {
            return Ok(Self::default());
        }

        // By itself first: `a)(b` is one only between the parentheses of the anchors.
        let anchored = Regex::new(text).and_then(|_| Regex::new(&format!("^(?:{text})$")));

        match anchored {
            Ok(regex) => Ok(Self { text: text.into(), anchored: Some(regex) }),
            Err(error) => Err(PatternError { reason: last_line(&error.to_string()) }),
        }
    }
}

fn last_line(message: &str) -> String {
    let line = message.lines().last().unwrap_or_default();

    line.trim_start_matches("error: ").to_owned()
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

as_text!(Pattern);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_a_regular_expression_is_refused_in_one_line() {
        let cases = [
            ("eth(", "unclosed group"),
            ("a)(b", "unopened group"),
            ("[z-a]", "invalid character class range, the start must be <= the end"),
        ];

        for (text, reason) in cases {
            assert_eq!(text.parse::<Pattern>().unwrap_err().to_string(), reason, "{text}");
        }
    }
}
