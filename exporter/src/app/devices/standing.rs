//! How a program stands among others, and when it may go in front of them again.

use std::time::{Duration, Instant};

use crate::datapath::AttachError;

/// After a move the next one waits this long, and twice as long each time.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// Most moves in a row: another program moves too, again and again.
const MOST_MOVES: u32 = 5;
/// Moves are in a row when less time than this is between them.
const ROW: Duration = Duration::from_mins(10);

/// Whether other programs hide frames from a program, and when it may move in front.
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

    /// Returns what hides frames, in words.
    pub(super) fn hidden_by(&self) -> Option<String> {
        self.hidden_by.clone()
    }

    /// Returns whether it is time to go in front; no more when others do so again and again.
    pub(super) fn may_move(&self, now: Instant) -> bool {
        let Some(moved) = self.moved else { return true };
        let since = now.saturating_duration_since(moved);

        since >= ROW || self.moves < MOST_MOVES && since >= FIRST_PAUSE * (1 << self.moves.min(10))
    }

    /// Notes a move, also one that failed: each leaves a while in which nothing is counted. One
    /// that is refused beforehand changes nothing.
    pub(super) fn tried(&mut self, outcome: &Result<(), AttachError>, now: Instant) {
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
    pub(super) fn note(&mut self, hidden_by: Option<String>) -> bool {
        let is_new = self.hidden_by != hidden_by;
        self.hidden_by = hidden_by;

        is_new
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::datapath::{InFront, Owner};

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
