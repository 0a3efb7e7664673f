//! What is said of pushes, in metrics and in the log.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::failure::{SendError, described};
use super::said::shortened;
use super::signal::Answer;
use crate::health::{Push, PushFailure};

/// Logs each thing once, until it changes.
#[derive(Debug)]
pub(super) struct Reports {
    endpoint: Arc<str>,
    health: watch::Sender<Arc<Push>>,
    failing: Option<PushFailure>,
    /// What the receiver has said of this push so far.
    heard: Remarks,
    /// What the log has of it.
    told: Remarks,
}

/// What a receiver says of a push that it takes, all requests together.
#[derive(Debug, Default)]
struct Remarks {
    /// Data points that it rejected.
    rejected: u64,
    /// Some of it cannot be read as answers of OTLP.
    is_unread: bool,
    /// By what they have in common: words with digits differ from push to push. At most [`MESSAGES`].
    messages: BTreeMap<String, String>,
}

/// Why a push is left out that the receiver may have in part.
#[derive(Clone, Copy, Debug)]
pub(super) enum Why {
    Panic,
    /// Its requests are no longer encoded as they were.
    Encoding,
}

/// Most messages that are told apart.
const MESSAGES: usize = 32;

impl Reports {
    pub(super) fn new(endpoint: &Arc<str>) -> (Self, watch::Receiver<Arc<Push>>) {
        let push = Push { endpoint: Arc::clone(endpoint), ..Push::default() };
        let (health, reader) = watch::channel(Arc::new(push));
        let endpoint = Arc::clone(endpoint);

        let (heard, told) = Default::default();
        (Self { endpoint, health, failing: None, heard, told }, reader)
    }

    /// Goes on with these counts.
    pub(super) fn go_on_from(&self, push: &Push) {
        let endpoint = Arc::clone(&self.endpoint);

        self.health.send_replace(Arc::new(Push { endpoint, ..push.clone() }));
    }

    /// A request failed, and may be repeated.
    pub(super) fn failure(&self, error: &SendError) {
        self.change(|push| *push.failures.entry(error.reason()).or_default() += 1);
    }

    /// A request was accepted. An answer that is not OTLP counts as a failure too: its sender is
    /// not known.
    pub(super) fn answer(&mut self, answer: Answer, points: usize) {
        // There were no more, whatever it says.
        let rejected = answer.rejected.min(points as u64);
        self.change(|push| {
            push.rejected += rejected;
            push.points += points as u64 - rejected;
            if answer.is_unread {
                *push.failures.entry(PushFailure::Response).or_default() += 1;
            }
        });

        self.heard.is_unread |= answer.is_unread;
        self.heard.add(rejected, answer.message);
    }

    /// A request will never be taken.
    pub(super) fn turned_away(&self, points: usize) {
        self.change(|push| push.rejected += points as u64);
    }

    /// A push has come to its end.
    pub(super) fn push(&mut self, outcome: Result<(), SendError>, took: Duration) {
        self.tell(outcome.is_ok());
        let endpoint = &*self.endpoint;

        match outcome {
            Ok(()) => {
                self.change(|push| {
                    push.exports += 1;
                    push.durations.observe(took);
                });
                if self.failing.take().is_some() {
                    tracing::info!(endpoint, "Pushes succeed again");
                }
            }
            Err(error) if self.failing == Some(error.reason()) => {
                tracing::debug!(endpoint, error = described(&error), "Still cannot push");
            }
            Err(error) => {
                self.failing = Some(error.reason());
                let reason = error.reason().label();
                let error = described(&error);
                tracing::warn!(
                    endpoint,
                    reason,
                    error,
                    "Cannot push; the next push will send the newest counts"
                );
            }
        }
    }

    /// Logs what the receiver said of a push where that differs from the pushes before. Of one
    /// that failed it is not all.
    fn tell(&mut self, is_whole: bool) {
        let heard = std::mem::take(&mut self.heard);
        let (endpoint, rejected, message) = (&*self.endpoint, heard.rejected, heard.text());

        if heard.is_news_after(&self.told) {
            if rejected > 0 {
                tracing::warn!(endpoint, rejected, message, "The receiver rejected data points");
            } else if heard.is_unread {
                tracing::warn!(
                    endpoint,
                    message,
                    "The answers of the receiver are not OTLP; check that the points arrive"
                );
            } else {
                tracing::info!(endpoint, message, "Message from the receiver");
            }
        } else if is_whole && self.told.rejected > 0 && rejected == 0 {
            tracing::info!(endpoint, "The receiver accepts all data points again");
        }
        if is_whole {
            self.told = heard;
        } else {
            self.told.rejected += heard.rejected;
            for (alike, message) in heard.messages {
                self.told.note(alike, message);
            }
        }
    }

    /// A push is not sent to its end; so many points of it may not have arrived.
    pub(super) fn left_out(&self, points: usize, why: Why) {
        let endpoint = &*self.endpoint;

        match why {
            Why::Panic => tracing::warn!(
                endpoint,
                points,
                "A push was interrupted; the points of it that did not arrive are not sent again"
            ),
            Why::Encoding => tracing::warn!(
                endpoint,
                points,
                "A push had not ended when protocol or compression changed; the points of it that \
                 did not arrive are not sent again"
            ),
        }
    }

    /// The last push did not come to its end.
    pub(super) fn cut_short(&self, within: Duration) {
        let endpoint = &*self.endpoint;
        self.change(|push| *push.failures.entry(PushFailure::Timeout).or_default() += 1);

        tracing::warn!(endpoint, ?within, "The receiver did not accept the last push in time");
    }

    fn change(&self, change: impl FnOnce(&mut Push)) {
        self.health.send_modify(|push| change(Arc::make_mut(push)));
    }
}

impl Remarks {
    fn add(&mut self, rejected: u64, message: String) {
        self.rejected += rejected;
        if !message.is_empty() {
            let has_digit = |word: &&str| word.contains(|it: char| it.is_ascii_digit());
            let words: Vec<_> = message.split_whitespace().filter(|it| !has_digit(it)).collect();
            self.note(words.join(" "), message);
        }
    }

    fn note(&mut self, alike: String, message: String) {
        if self.messages.len() < MESSAGES {
            self.messages.entry(alike).or_insert(message);
        }
    }

    fn is_news_after(&self, told: &Self) -> bool {
        let is_new = |message: &String| !told.messages.contains_key(message);

        let has_room = told.messages.len() < MESSAGES;
        self.rejected > 0 && told.rejected == 0 || has_room && self.messages.keys().any(is_new)
    }

    fn text(&self) -> String {
        shortened(&self.messages.values().map(String::as_str).collect::<Vec<_>>().join("; "))
    }
}

#[cfg(test)]
mod tests;
