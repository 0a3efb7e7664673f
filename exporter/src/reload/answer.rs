//! What became of a configuration that was read again, in words.

use std::fmt::{self, Display};

use crate::config::{Changed, Overridden};

/// What became of a configuration that was read again.
#[derive(Debug, Default)]
pub(super) struct Applied {
    pub(super) live: Vec<Changed>,
    pub(super) waiting: Vec<Changed>,
    pub(super) shadowed: Vec<Overridden>,
    /// Parts that have not applied it yet.
    pub(super) late: Vec<&'static str>,
}

impl Display for Applied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { live, waiting, shadowed, late } = self;

        if live.is_empty() && waiting.is_empty() {
            writeln!(f, "Nothing has changed.")?;
        }
        list(f, "Applied:", live)?;
        list(f, "Needs a restart:", waiting)?;
        list(f, "Changed in the file to no effect:", shadowed)?;
        list(f, "Still applying it:", late)
    }
}

fn list(f: &mut fmt::Formatter<'_>, title: &str, items: &[impl Display]) -> fmt::Result {
    if items.is_empty() {
        return Ok(());
    }

    writeln!(f, "{title}")?;
    items.iter().try_for_each(|item| writeln!(f, "  {item}"))
}

/// Returns items as one line.
pub(super) fn joined(items: &[impl Display]) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
