//! Counts what is not served, and warns of it once.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::peer::Peer;
use crate::health::{HttpRefusal, Serving};

/// Counts the connections and requests that are refused, and those that panic.
#[derive(Clone, Debug, Default)]
pub struct Refusals(Arc<Mutex<Counts>>);

#[derive(Debug, Default)]
struct Counts {
    refused: BTreeMap<HttpRefusal, Refused>,
    panics: u64,
}

#[derive(Debug, Default)]
struct Refused {
    count: u64,
    /// When there was something to warn of.
    last: Option<Instant>,
}

impl Refusals {
    /// A reason that was not seen for this long is warned of again.
    const QUIET: Duration = Duration::from_mins(10);

    /// Returns the counts so far.
    pub fn read(&self) -> Serving {
        let counts = self.counts();
        let count = |(reason, refused): (&HttpRefusal, &Refused)| (*reason, refused.count);

        Serving { refusals: counts.refused.iter().map(count).collect(), panics: counts.panics }
    }

    /// Counts a refusal of `peer`; `error` is what the reason does not tell.
    pub(super) fn count(&self, reason: HttpRefusal, peer: Peer, error: Option<&dyn Display>) {
        let error = error.map(tracing::field::display);
        let label = reason.label();

        if self.add(reason, Some(Instant::now())) {
            tracing::warn!(reason = label, client = %peer, error, "{}", consequence(reason));
        } else {
            tracing::debug!(reason = label, client = %peer, error, "{}", consequence(reason));
        }
    }

    /// Counts a refusal that was warned of where it was found.
    pub(super) fn count_told(&self, reason: HttpRefusal, peer: Peer, error: &dyn Display) {
        self.add(reason, None);

        tracing::debug!(reason = reason.label(), client = %peer, %error, "{}", consequence(reason));
    }

    /// Counts a connection or a request that panicked.
    pub(super) fn panicked(&self, error: &dyn Display) {
        self.counts().panics += 1;

        tracing::error!(%error, "Panic while serving; please report this with your version");
    }

    /// Returns whether there is something to warn of, for the first time after a quiet time.
    fn add(&self, reason: HttpRefusal, now: Option<Instant>) -> bool {
        let mut counts = self.counts();
        let refused = counts.refused.entry(reason).or_default();
        let is_first = now.is_some_and(|now| {
            refused.last.is_none_or(|last| now.saturating_duration_since(last) >= Self::QUIET)
        });
        refused.count += 1;
        refused.last = now.or(refused.last);

        is_first
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn consequence(reason: HttpRefusal) -> &'static str {
    match reason {
        HttpRefusal::Connections => "Too many connections; closing those that are idle for longest",
        HttpRefusal::Requests => "Too many requests at once (`web.max_requests`), answering 503",
        HttpRefusal::Rate => "More requests than `rate_limit` allows, answering 429",
        HttpRefusal::Login => {
            "Refusing a client without a valid login, or without the scope for it"
        }
        HttpRefusal::Tls => "The TLS handshake with a client failed",
        HttpRefusal::Head => "Refusing a request whose head is malformed, too large or too slow",
        HttpRefusal::Body => "The body of a request is too large or too slow, not reading it",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_warned_of_once_until_it_was_quiet() {
        let refusals = Refusals::default();
        let start = Instant::now();
        let mut add = |minutes| {
            let now = start + Duration::from_mins(minutes);
            refusals.add(HttpRefusal::Login, Some(now))
        };

        assert_eq!([0, 1, 10, 20, 29].map(&mut add), [true, false, false, true, false]);
        assert!(refusals.add(HttpRefusal::Rate, Some(start)));
        assert_eq!(refusals.read().refusals[&HttpRefusal::Login], 5);
    }
    #[test]
    fn what_was_told_elsewhere_is_counted_and_leaves_the_next_warning() {
        let refusals = Refusals::default();

        let told = refusals.add(HttpRefusal::Tls, None);
        let other = refusals.add(HttpRefusal::Tls, Some(Instant::now()));

        assert_eq!((told, other), (false, true));
        assert_eq!(refusals.read().refusals[&HttpRefusal::Tls], 2);
    }
}
