//! Keeps programs in front of those that would hide from them what is sent.

use std::time::{Duration, Instant};

use super::Devices;
use super::failure::Known;
use crate::causes::with_causes;
use crate::datapath::{AttachError, InFront, Tap};
use crate::health::{AttachFailure, Hook};

/// After a move the next one waits this long, and twice as long each time.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// Most moves in a row: somebody else moves too, again and again.
const MOST_MOVES: u32 = 5;
/// Moves are in a row when less time than this is between them.
const ROW: Duration = Duration::from_mins(10);

/// How a program stands among others that see the same frames.
#[derive(Debug, Default)]
pub(super) struct Standing {
    /// Moves to the front, in a row.
    moves: u32,
    moved: Option<Instant>,
    /// What hides frames from it, in words.
    hidden_by: Option<String>,
}

impl Standing {
    pub(super) fn is_hidden(&self) -> bool {
        self.hidden_by.is_some()
    }

    /// Returns whether it is time to go in front; no more when others do so again and again.
    fn may_move(&self, now: Instant) -> bool {
        let Some(moved) = self.moved else { return true };
        let since = now.saturating_duration_since(moved);

        since >= ROW || self.moves < MOST_MOVES && since >= FIRST_PAUSE * (1 << self.moves.min(10))
    }

    /// Notes a move, also one that failed: each leaves a while in which nothing is counted. One
    /// that is refused beforehand changes nothing.
    fn tried(&mut self, outcome: &Result<(), AttachError>, now: Instant) {
        if !matches!(outcome, Err(AttachError::Hidden { .. })) {
            self.moved(now);
        }
    }

    fn moved(&mut self, now: Instant) {
        let is_in_a_row = self.moved.is_some_and(|moved| now < moved + ROW);
        self.moves = if is_in_a_row { self.moves + 1 } else { 0 };
        self.moved = Some(now);
    }

    /// Notes what hides frames, `None` for nothing; returns whether that is new.
    fn note(&mut self, hidden_by: Option<String>) -> bool {
        let is_new = self.hidden_by != hidden_by;
        self.hidden_by = hidden_by;

        is_new
    }
}

impl Devices {
    /// Goes in front of what came before a program, and says what cannot be helped.
    pub(super) fn stay_in_front(&mut self) {
        let now = Instant::now();
        let is_running = |(_, known): &(&Tap, &Known)| known.running.is_some();
        let taps: Vec<Tap> =
            self.known.iter().filter(is_running).map(|(tap, _)| tap.clone()).collect();
        let hooks: Vec<Hook> = self.datapath.hooks().collect();
        for tap in taps {
            let Some(hook) = hooks.iter().find(|hook| hook.direction() == tap.direction) else {
                continue;
            };
            let hidden_by = self.hiding(&tap, now);
            let Some(known) = self.known.get_mut(&tap) else { continue };
            if !known.standing.note(hidden_by.clone()) {
                continue;
            }
            match hidden_by {
                Some(reason) => {
                    self.count_failure(&tap, *hook, AttachFailure::Hidden);
                    say_hidden(&tap, &reason);
                }
                None => say_seen(&tap),
            }
        }
    }

    /// Returns why frames may be hidden from the program of a tap, once nothing can be done now.
    fn hiding(&mut self, tap: &Tap, now: Instant) -> Option<String> {
        let in_front = self.in_front(tap)?;
        let known = self.known.get_mut(tap)?;
        let Standing { hidden_by, .. } = &known.standing;
        if !known.standing.may_move(now) {
            // Each time it may be another program, which is no news.
            let again = || format!("{in_front}, and somebody puts one in front again and again");
            return Some(hidden_by.clone().unwrap_or_else(again));
        }
        let moved = self.datapath.go_in_front(tap, &in_front);
        known.standing.tried(&moved, now);
        match moved {
            Ok(()) => {
                say_moved(tap, &in_front);
                self.in_front(tap).map(|it| it.to_string())
            }
            Err(error) => Some(with_causes(&error)),
        }
    }

    fn in_front(&mut self, tap: &Tap) -> Option<InFront> {
        let mut in_front = self.datapath.in_front(tap)?;
        let owner = in_front.owner_mut();
        if let (Some(id), None) = (owner.id, &owner.name) {
            owner.name = self.names.of(id).map(ToOwned::to_owned);
        }

        Some(in_front)
    }
}

fn say_moved(Tap { device, .. }: &Tap, in_front: &InFront) {
    tracing::warn!(
        device = &*device.name,
        ifindex = device.index,
        %in_front,
        "Another program saw first what is sent, which may have hidden frames; went in front of it"
    );
}

fn say_hidden(Tap { device, .. }: &Tap, reason: &str) {
    tracing::warn!(
        device = &*device.name,
        ifindex = device.index,
        reason,
        "What is sent may be hidden from the program; what it still sees is counted"
    );
}

fn say_seen(Tap { device, .. }: &Tap) {
    tracing::info!(
        device = &*device.name,
        ifindex = device.index,
        "Nothing is in front of the program any more; all that is sent is counted"
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::datapath::Owner;

    #[test]
    fn a_program_goes_in_front_at_once_and_then_less_and_less_often() {
        let begun = Instant::now();
        let mut standing = Standing::default();
        let mut moves = Vec::new();

        for second in 0..60 {
            let now = begun + Duration::from_secs(second);
            if standing.may_move(now) {
                standing.moved(now);
                moves.push(second);
            }
        }

        assert_eq!(moves, [0, 1, 3, 7, 15, 31], "and no more");
    }

    #[test]
    fn moves_that_are_far_apart_are_none_in_a_row() {
        let begun = Instant::now();
        let mut standing = Standing::default();

        for number in 0..20 {
            let now = begun + ROW * number;
            assert!(standing.may_move(now), "{number}");
            standing.moved(now);
        }
    }

    #[test]
    fn a_move_that_fails_is_not_repeated_at_once() {
        let now = Instant::now();
        let source = || std::io::Error::from_raw_os_error(12);
        let device = || "veth0".to_owned();
        let mut standing = Standing::default();

        let by = InFront::Program(Owner::default());
        standing.tried(&Err(AttachError::Hidden { device: device(), by }), now);
        assert!(standing.may_move(now), "nothing was moved");

        standing.tried(&Err(AttachError::Other { device: device(), source: source() }), now);
        assert!(!standing.may_move(now));
        assert!(standing.may_move(now + FIRST_PAUSE));
    }

    #[test]
    fn what_hides_frames_is_news_once() {
        let mut standing = Standing::default();

        assert!(!standing.note(None));
        assert!(standing.note(Some("a filter".into())));
        assert!(standing.is_hidden());
        assert!(!standing.note(Some("a filter".into())));
        assert!(standing.note(Some("another".into())));
        assert!(standing.note(None));
        assert!(!standing.is_hidden());
    }
}
