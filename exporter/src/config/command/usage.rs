//! What is wrong with a command line, in one line.

use std::fmt;

use clap::error::{ContextKind, ContextValue, ErrorKind};

/// Why the command line is refused, and how it is meant to be.
#[derive(Debug)]
pub struct UsageError {
    error: Box<clap::Error>,
    /// What prints how it is meant to be, as in `packet-exporter inspect`.
    command: String,
    /// The flag that is called nearly like one that there is not.
    nearest: Option<String>,
}

impl std::error::Error for UsageError {}

impl UsageError {
    /// Takes what clap found wrong with `command`, which has these flags.
    pub(super) fn new<'a>(
        error: clap::Error,
        command: String,
        flags: impl Iterator<Item = &'a str>,
    ) -> Self {
        let given = match error.get(ContextKind::InvalidArg) {
            Some(ContextValue::String(given)) => given.strip_prefix("--"),
            _ => None,
        };
        let nearest = given.and_then(|given| nearest(given, flags));

        Self { error: Box::new(error), command, nearest }
    }

    /// Returns the argument or the command that is not there, and the one that is called nearly so.
    fn unknown(&self) -> Option<String> {
        if ![ErrorKind::UnknownArgument, ErrorKind::InvalidSubcommand].contains(&self.error.kind())
        {
            return None;
        }
        let text = |kind| match self.error.get(kind) {
            Some(ContextValue::String(text)) => Some(text.clone()),
            Some(ContextValue::Strings(texts)) => texts.first().cloned(),
            _ => None,
        };
        let (what, given, nearest) = if self.error.kind() == ErrorKind::UnknownArgument {
            let nearest = self.nearest.as_ref().map(|flag| format!("--{flag}"));
            ("argument", ContextKind::InvalidArg, nearest)
        } else {
            let nearest = text(ContextKind::SuggestedSubcommand);
            ("command", ContextKind::InvalidSubcommand, nearest)
        };
        let found = format!("unexpected {what} '{}'", text(given)?);

        Some(match nearest {
            Some(nearest) => format!("{found}; did you mean '{nearest}'?"),
            None => found,
        })
    }

    /// Returns what clap writes before the usage, as one line.
    fn in_one_line(&self) -> String {
        let text = self.error.to_string();
        let text = text.strip_prefix("error: ").unwrap_or(&text);
        let text = text.split("\nUsage:").next().unwrap_or(text);
        let text = text.split("\nFor more information").next().unwrap_or(text);

        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

impl fmt::Display for UsageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let found = self.unknown().unwrap_or_else(|| self.in_one_line());
        let end = if found.ends_with('?') { "" } else { ";" };

        write!(f, "{found}{end} see `{} -h`", self.command)
    }
}

/// Returns the flag that `given` looks like. clap takes likeness of beginnings for more.
fn nearest<'a>(given: &str, flags: impl Iterator<Item = &'a str>) -> Option<String> {
    const ALIKE: f64 = 0.6;

    let given = given.replace('_', "-");
    flags
        .map(|flag| (strsim::normalized_damerau_levenshtein(&given, flag), flag))
        .filter(|(likeness, _)| *likeness >= ALIKE)
        .max_by(|(one, _), (other, _)| one.total_cmp(other))
        .map(|(_, flag)| flag.to_owned())
}
