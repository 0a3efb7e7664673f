//! How far a handover has come, and what the next reading of the maps means for it; pure.

use std::mem;
use std::time::{Duration, Instant};

use crate::datapath::instance::Passage;

/// A frame that XDP has seen is in the stack long before this is over, and one that came before XDP
/// too.
const ON_THE_WAY: Duration = Duration::from_millis(500);
/// A handover is given up after that many intervals in which frames came without a mark, as long as
/// XDP does not count.
const MOST_UNMARKED: u32 = 5;

/// How far a handover has come.
#[derive(Clone, Copy, Debug)]
pub(super) struct Phase {
    doing: Doing,
    since: Instant,
    /// Readings of this phase alone with frames that had no mark.
    unmarked: u32,
    /// The next reading is also of the phase before.
    is_mixed: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Doing {
    /// XDP marks and does not count.
    Probing,
    Counting,
    /// XDP has no program any more.
    Leaving,
}

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Wait,
    /// Let XDP count.
    Count,
    /// Remove the program in the stack.
    Finish,
    /// Remove that of XDP.
    GiveUp,
    /// No frame with a mark is on its way any more.
    End,
}

impl Phase {
    pub(super) fn probing(now: Instant) -> Self {
        Self::begins(Doing::Probing, now)
    }

    pub(super) fn leaving(now: Instant) -> Self {
        Self::begins(Doing::Leaving, now)
    }

    fn begins(doing: Doing, since: Instant) -> Self {
        Self { doing, since, unmarked: 0, is_mixed: true }
    }

    /// Returns whether XDP counts.
    pub(super) fn is_counting(&self) -> bool {
        self.doing == Doing::Counting
    }

    /// Returns what to do after one more reading.
    pub(super) fn after(&mut self, passage: Passage, now: Instant) -> Step {
        let Passage { is_any_marked, is_any_unmarked } = passage;
        let is_mixed = mem::take(&mut self.is_mixed);
        let is_settled = !is_mixed && now >= self.since + ON_THE_WAY;
        let is_clean = is_settled && !is_any_unmarked;
        // Before the device settled there are frames on their way that XDP has not seen.
        self.unmarked += u32::from(is_settled && is_any_unmarked);

        match self.doing {
            // All on their way had a mark before XDP counted. One that has lost it may be counted twice.
            Doing::Counting if is_any_unmarked => Step::GiveUp,
            Doing::Leaving if is_settled => Step::End,
            // An interval without a frame shows nothing.
            Doing::Probing if is_clean && is_any_marked => {
                *self = Self::begins(Doing::Counting, now);
                Step::Count
            }
            Doing::Counting if is_clean => Step::Finish,
            Doing::Probing if self.unmarked >= MOST_UNMARKED => Step::GiveUp,
            Doing::Probing | Doing::Counting | Doing::Leaving => Step::Wait,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MARKED: Passage = Passage { is_any_marked: true, is_any_unmarked: false };
    const UNMARKED: Passage = Passage { is_any_marked: true, is_any_unmarked: true };
    const SILENT: Passage = Passage { is_any_marked: false, is_any_unmarked: false };

    /// Returns the step after each reading, a second from each other.
    fn steps(mut phase: Phase, passages: &[Passage]) -> Vec<Step> {
        let begun = phase.since;
        let at = |second: usize| begun + Duration::from_secs(second as u64);

        (1..).zip(passages).map(|(second, passage)| phase.after(*passage, at(second))).collect()
    }

    #[test]
    fn marks_have_to_arrive_before_and_while_xdp_counts() {
        let phase = || Phase::probing(Instant::now());

        let quick = [MARKED, MARKED, SILENT, SILENT];
        assert_eq!(steps(phase(), &quick), [Step::Wait, Step::Count, Step::Wait, Step::Finish]);
        let quiet = [SILENT, SILENT, SILENT, MARKED];
        assert_eq!(steps(phase(), &quiet), [Step::Wait, Step::Wait, Step::Wait, Step::Count]);
        let late = [UNMARKED, UNMARKED, MARKED, MARKED, SILENT];
        assert_eq!(
            steps(phase(), &late),
            [Step::Wait, Step::Wait, Step::Count, Step::Wait, Step::Finish]
        );
    }

    #[test]
    fn a_mark_that_is_lost_while_xdp_counts_is_enough() {
        let phase = || Phase::probing(Instant::now());

        // Also in the reading that is of the phase before too.
        assert_eq!(steps(phase(), &[MARKED, MARKED, UNMARKED])[2], Step::GiveUp);
        assert_eq!(steps(phase(), &[MARKED, MARKED, SILENT, UNMARKED])[3], Step::GiveUp);
    }

    #[test]
    fn what_never_arrives_with_a_mark_is_given_up() {
        let steps = steps(Phase::probing(Instant::now()), &[UNMARKED; 6]);

        assert_eq!(steps[..5], [Step::Wait; 5]);
        assert_eq!(steps[5], Step::GiveUp);
    }

    #[test]
    fn frames_on_their_way_are_waited_for() {
        let begun = Instant::now();
        let mut phase = Phase::probing(begun);
        let mut leaving = Phase::leaving(begun);
        let soon = begun + ON_THE_WAY / 2;

        for phase in [&mut phase, &mut leaving] {
            assert_eq!(phase.after(MARKED, soon), Step::Wait);
            assert_eq!(phase.after(MARKED, soon), Step::Wait);
        }
        for _ in 0..2 * MOST_UNMARKED {
            assert_eq!(phase.after(UNMARKED, soon), Step::Wait, "they came before XDP");
        }
        assert_eq!(phase.after(MARKED, begun + ON_THE_WAY), Step::Count);
        assert_eq!(leaving.after(UNMARKED, begun + ON_THE_WAY), Step::End);
    }
}
