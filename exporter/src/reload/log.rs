//! What the log has of the configuration: each thing once, until it changes.

use std::collections::BTreeSet;

use super::answer::{Applied, joined};
use super::trigger::Answer;
use crate::config::Problem;
use crate::health::{ReloadOutcome, ReloadSource};

/// What was said last.
#[derive(Debug, Default)]
pub(super) struct Said {
    /// Why the last configuration was refused, if it was.
    refused: Option<String>,
    /// The log has a line about a reading that changed nothing, and none since.
    is_unchanged: bool,
    /// Keys that wait for a restart, with their values.
    waiting: String,
}

impl Said {
    /// Logs that a configuration is refused. Returns whether the reason is a new one; one that was
    /// there before is not logged.
    pub(super) fn refused(&mut self, source: ReloadSource, reason: &str) -> bool {
        self.is_unchanged = false;
        if self.refused.as_deref() == Some(reason) {
            return false;
        }
        self.refused = Some(reason.into());
        let source = source.label();

        let error = in_one_line(reason);
        tracing::warn!(source, error, "Configuration is refused; the one before stays in force");
        true
    }

    /// Logs what was applied and what was not. Returns the outcome.
    pub(super) fn applied(
        &mut self,
        source: ReloadSource,
        applied: &Applied,
        problems_before: &[Problem],
        problems: &[Problem],
    ) -> ReloadOutcome {
        let Applied { live, waiting, shadowed, late } = applied;
        let source = source.label();
        let waiting = joined(waiting);
        let is_waiting_anew = waiting != self.waiting;
        let was_refused = self.refused.take().is_some();
        let is_unchanged = live.is_empty() && !is_waiting_anew;
        let was_unchanged = std::mem::replace(&mut self.is_unchanged, is_unchanged);

        if !live.is_empty() {
            tracing::info!(source, applied = joined(live), "Configuration is applied");
        } else if was_refused {
            tracing::info!(source, "Configuration is valid again; nothing has changed");
        } else if is_unchanged && !was_unchanged {
            tracing::info!(source, "Configuration was read again; nothing has changed");
        }
        if is_waiting_anew && !waiting.is_empty() {
            tracing::warn!(source, keys = waiting, "Changed keys need a restart");
        }
        if !shadowed.is_empty() {
            let keys = joined(shadowed);
            tracing::warn!(source, keys, "Keys are changed in the file to no effect");
        }
        if !late.is_empty() {
            tracing::warn!(
                source,
                parts = joined(late),
                "Parts have not applied the configuration yet"
            );
        }
        warn(problems_before, problems);
        self.waiting = waiting;

        if is_unchanged { ReloadOutcome::Unchanged } else { ReloadOutcome::Applied }
    }

    /// Returns how the last reading ended.
    pub(super) fn again(&self) -> Answer {
        match &self.refused {
            Some(reason) => Err(reason.clone()),
            None => Ok(Applied::default().to_string()),
        }
    }
}

/// Logs the problems that were not there before.
fn warn(before: &[Problem], now: &[Problem]) {
    let before: BTreeSet<_> = before.iter().map(ToString::to_string).collect();

    for problem in now.iter().filter(|it| !before.contains(&it.to_string())) {
        let Problem { setting, text } = problem;
        tracing::warn!(setting, problem = text, "Problem with a setting");
    }
}

/// Returns a text of several lines as one.
fn in_one_line(text: &str) -> String {
    let mut lines = text.lines().map(str::trim);
    let first = lines.next().unwrap_or_default();
    let rest: Vec<_> = lines.collect();

    if rest.is_empty() { first.into() } else { format!("{first} {}", rest.join("; ")) }
}
