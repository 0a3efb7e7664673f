//! Changes of settings through the API: what is asked, and what becomes of it.

use std::io;

use figment::value::{Dict, Value};

use super::change::Changed;
use super::keys;
use super::once::Once;
use super::owned;

/// A JSON merge patch of the settings by section and name. Source: RFC 7396.
#[derive(Clone, Debug, PartialEq)]
pub struct Patch(Dict);

/// What was asked, by whom, and how.
#[derive(Clone, Debug)]
pub struct Wanted {
    pub patch: Patch,
    /// Only tell what would become of it.
    pub dry_run: bool,
    /// The tags of the settings that the client has seen; `None` for any.
    pub if_match: Option<Vec<String>>,
    /// Who asks and from where, for the log.
    pub by: String,
}

/// What became of a patch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Patched {
    /// Keys whose new values take effect at once.
    pub live: Vec<Changed>,
    /// Keys whose new values take effect after a restart.
    pub waiting: Vec<Changed>,
    /// Parts that have not applied it yet.
    pub late: Vec<&'static str>,
    /// The tag of the settings as they are now.
    pub tag: String,
    /// What the API has set survives a restart.
    pub is_kept: bool,
}

/// Why a patch changes nothing.
#[derive(Debug, thiserror::Error)]
pub enum Unpatched {
    #[error("the body is not JSON: line {line}, column {column}: {reason}")]
    NotJson { line: usize, column: usize, reason: String },

    #[error("line {line}, column {column}: {reason}")]
    Doubled { line: usize, column: usize, reason: String },

    #[error("the body has to be an object of sections, as {{\"sources\": {{\"limit\": 200}}}}")]
    NotAnObject,

    /// There is one at least.
    #[error("{}", joined(.0))]
    Faults(Vec<Fault>),

    #[error("{} can be changed in the file alone", named(.0))]
    FileOnly(Vec<String>),

    #[error("the settings have changed since: their tag is {tag}")]
    Stale { tag: String },

    #[error("cannot write `api.state_file`, so nothing is changed")]
    NotKept(#[source] io::Error),

    #[error("{0}")]
    Refused(String),

    #[error("the exporter is stopping")]
    Stopping,
}

/// A part of a patch, and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Source: RFC 6901.
    pub pointer: String,
    pub detail: String,
}

impl Patch {
    /// Reads the text of a patch.
    pub fn parse(text: &[u8]) -> Result<Self, Unpatched> {
        let refused = |error: serde_json::Error| {
            let (line, column) = (error.line(), error.column());
            let reason = error.to_string();
            let reason = reason.split(" at line ").next().unwrap_or_default().to_owned();
            if error.is_data() {
                Unpatched::Doubled { line, column, reason }
            } else {
                Unpatched::NotJson { line, column, reason }
            }
        };
        // Of a key that is there twice, the last value would count.
        serde_json::from_slice::<Once>(text).map_err(refused)?;
        let value: Value = serde_json::from_slice(text).map_err(refused)?;

        value.into_dict().map(Self).ok_or(Unpatched::NotAnObject)
    }

    /// Returns each key that it names, with its new value; `None` gives the key back.
    ///
    /// # Errors
    ///
    /// All that is wrong is reported together: unknown keys first, then those of the file alone.
    pub(super) fn changes(self) -> Result<Vec<(String, Option<Value>)>, Unpatched> {
        let known: Vec<_> = keys::all().into_iter().map(|key| key.name).collect();
        let mut faults = Vec::new();
        let mut changes = Vec::new();

        for (section, value) in self.0 {
            let prefix = format!("{section}.");
            let of_section = known.iter().filter(|key| key.starts_with(&prefix));
            let of_section: Vec<_> = of_section.cloned().collect();
            match value {
                _ if of_section.is_empty() => faults.push(unknown(&section)),
                Value::Empty(..) => changes.extend(of_section.into_iter().map(|key| (key, None))),
                Value::Dict(_, values) => {
                    for (name, value) in values {
                        let key = format!("{prefix}{name}");
                        if of_section.contains(&key) {
                            let is_given_back = matches!(value, Value::Empty(..));
                            changes.push((key, (!is_given_back).then_some(value)));
                        } else {
                            faults.push(unknown(&key));
                        }
                    }
                }
                Value::String(..)
                | Value::Char(..)
                | Value::Bool(..)
                | Value::Num(..)
                | Value::Array(..) => {
                    faults.push(Fault::of(&section, "is a section: an object or null"));
                }
            }
        }
        if !faults.is_empty() {
            return Err(Unpatched::Faults(faults));
        }
        // A section that is given back has nothing of these.
        let is_refused =
            |(key, value): &(String, Option<Value>)| value.is_some() && owned::is_by_file(key);
        let by_file: Vec<_> =
            changes.iter().filter(|it| is_refused(it)).map(|it| it.0.clone()).collect();
        if by_file.is_empty() { Ok(changes) } else { Err(Unpatched::FileOnly(by_file)) }
    }
}

impl Fault {
    pub fn of(key: &str, detail: &str) -> Self {
        // Source: RFC 6901, section 3.
        let escape = |text: &str| text.replace('~', "~0").replace('/', "~1");
        let parts = key.splitn(2, '.').map(|part| format!("/{}", escape(&shown(part))));
        let pointer = parts.collect();

        Self { pointer, detail: format!("`{}` {detail}", shown(key)) }
    }
}

fn unknown(key: &str) -> Fault {
    let nearest = keys::nearest(key).map(|it| format!("; did you mean `{it}`?"));

    Fault::of(key, &format!("is no key{}", nearest.unwrap_or_default()))
}

/// Returns what a client has sent, so that it can be repeated.
fn shown(text: &str) -> String {
    const MOST: usize = 64;

    text.chars().take(MOST).flat_map(char::escape_default).collect()
}

fn joined(faults: &[Fault]) -> String {
    faults.iter().map(|fault| fault.detail.as_str()).collect::<Vec<_>>().join("; ")
}

fn named(keys: &[String]) -> String {
    keys.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn changes(text: &str) -> Result<Vec<(String, bool)>, String> {
        let changes = Patch::parse(text.as_bytes()).and_then(Patch::changes);
        let is_set = |(key, value): (String, Option<Value>)| (key, value.is_some());

        changes.map(|all| all.into_iter().map(is_set).collect()).map_err(|error| error.to_string())
    }

    #[test]
    fn a_patch_sets_keys_and_gives_them_back() {
        let text = r#"{"sources": {"limit": 7, "idle": null}, "dscp": null}"#;
        let key = |text: &str| text.to_owned();

        assert_eq!(
            changes(text).unwrap(),
            [
                (key("dscp.enabled"), false),
                (key("sources.idle"), false),
                (key("sources.limit"), true)
            ]
        );
        assert_eq!(changes("{}").unwrap(), []);
    }

    #[test]
    fn what_is_wrong_is_named() {
        let cases = [
            ("", "the body is not JSON: line 1, column 0: EOF"),
            ("{\"sources\":\n{", "the body is not JSON: line 2, column 1: EOF"),
            (
                "{\"log\": {}, \"dscp\": {}, \"log\": {}}",
                "column 29: `log` is there more than once",
            ),
            (r#"{"log": {"level": "warn", "level": "info"}}"#, "`level` is there more than once"),
            (r#"{"otlp": [{"a\n": 1, "a\n": 2}]}"#, "`a\\n` is there more than once"),
            ("[]", "has to be an object"),
            ("null", "has to be an object"),
            ("{\"sources\": 5}", "`sources` is a section"),
            (
                "{\"sources\": {\"limt\": 5}}",
                "`sources.limt` is no key; did you mean `sources.limit`?",
            ),
            ("{\"a\\n\": {}, \"b\": null}", "`a\\n` is no key; `b` is no key"),
            (
                r#"{"api": {"users": []}, "log": {"level": "warn"}}"#,
                "`api.users` can be changed in the file",
            ),
            (r#"{"otlp": {"endpoints": ["http://evil"], "x": 1}}"#, "`otlp.x` is no key"),
        ];

        for (text, reason) in cases {
            let error = changes(text).unwrap_err();
            assert!(error.contains(reason), "{text}: {error}");
        }
        assert!(changes(&"[".repeat(100_000)).unwrap_err().contains("not JSON"));
        assert_eq!(Fault::of("a/b.~c", "").pointer, "/a~1b/~0c");
    }

    proptest! {
        #[test]
        fn any_body_is_read(text: Vec<u8>, json in r#"[\[\]{}",:a-z0-9 ]{0,40}"#) {
            let _ = Patch::parse(&text).and_then(Patch::changes);
            let _ = Patch::parse(json.as_bytes()).and_then(Patch::changes);
        }
    }
}
