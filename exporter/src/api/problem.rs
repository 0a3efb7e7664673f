//! Problems: why a request is not answered. Source: RFC 9457.

use schemars::JsonSchema;
use serde::Serialize;

use super::answer::{Answer, Told};
use super::kind::Kind;
use super::path::PROBLEMS;

/// Of what a client has sent, the characters that a problem repeats.
const SHOWN: usize = 64;

/// Why a request is not answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub(super) kind: Kind,
    detail: String,
    errors: Vec<Fault>,
}

/// A parameter or a part of the body, and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(super) struct Fault {
    /// Name of the parameter; absent for a part of the body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) parameter: Option<String>,
    /// Part of the body, as RFC 6901 has it; absent for a parameter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) pointer: Option<String>,
    /// What is wrong with it, and what is allowed.
    pub(super) detail: String,
}

/// Why a request is not answered, as RFC 9457 has it.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Problem")]
pub(super) struct Document {
    /// Kind of the problem: the path of its page.
    #[serde(rename = "type")]
    kind: String,
    /// The kind in words, the same for all problems of that kind.
    title: &'static str,
    /// Status code of the answer.
    status: u16,
    /// What is wrong with this request.
    detail: String,
    /// What the request is called in the log, and by the trusted proxy that names it; absent without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    instance: Option<String>,
    /// Parameters and parts of the body that are refused; empty for other problems.
    errors: Vec<Fault>,
}

impl Problem {
    pub(super) const CONTENT_TYPE: &str = "application/problem+json";

    pub(super) fn new(kind: Kind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into(), errors: Vec::new() }
    }

    /// A problem with these parameters or parts of the body, of which there is one at least.
    pub(super) fn of(kind: Kind, errors: Vec<Fault>) -> Self {
        let details: Vec<_> = errors.iter().map(|it| it.detail.as_str()).collect();

        Self { kind, detail: details.join("; "), errors }
    }

    /// The client accepts no answer of the type that there is.
    pub(super) fn unacceptable(content_type: &str) -> Self {
        Self::new(Kind::NotAcceptable, format!("`Accept` excludes {content_type}"))
    }

    pub(super) fn no_history() -> Self {
        Self::new(Kind::NotCounted, "the history is switched off: `api.history_memory` is \"0\"")
    }

    pub(super) fn no_such_kind() -> Self {
        Self::new(Kind::NotFound, "there is no kind of problem with this name")
    }

    /// Makes the answer of this kind in place of one with that status and this text.
    pub fn refused(kind: Kind, status: u16, sentence: &str, told: Told<'_>) -> Answer {
        let sentence = sentence.trim_end();
        let detail = if sentence.is_empty() { kind.words().2 } else { sentence };

        Answer { status, ..Self::new(kind, detail).answer(told) }
    }

    /// Makes the answer.
    pub(super) fn answer(self, Told { base, id }: Told<'_>) -> Answer {
        let Self { kind, detail, errors } = self;
        let instance = id.map(Into::into);
        let (name, status, title, _) = kind.words();
        let headers = kind.headers();
        let kind = format!("{base}{PROBLEMS}{name}");
        let document = Document { kind, title, status, detail, instance, errors };

        Answer { status, headers, ..Answer::json(Self::CONTENT_TYPE, &document) }
    }
}

/// Returns what a client has sent, so that it can be repeated.
pub(super) fn shown(text: &str) -> String {
    let mut shown: String = text.chars().take(SHOWN).flat_map(char::escape_default).collect();
    if text.chars().nth(SHOWN).is_some() {
        shown.push_str("...");
    }

    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_server_refuses_keeps_its_status() {
        for status in 400..600 {
            let answer = Problem::refused(
                Kind::of_status(status),
                status,
                "Because.\n",
                Told { base: "", id: Some("1-a") },
            );
            let document: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();

            assert_eq!(answer.status, status);
            assert_eq!(document["detail"], "Because.");
            assert_eq!(document["instance"], "1-a");
        }
    }

    #[test]
    fn what_a_client_has_sent_is_repeated_in_a_line() {
        assert_eq!(shown("a\n\"\u{fffd}"), "a\\n\\\"\\u{fffd}");
        assert_eq!(shown(&"x".repeat(100)), format!("{}...", "x".repeat(64)));
    }
}
