//! Two programs on the same maps: one of XDP, which is to take over, and the one in the stack.

use std::mem;

use aya::Ebpf;
use shared::{Control, Totals};

use super::Instance;

/// How frames came to the stack in one generation, while XDP had a program too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct Passage {
    /// Some frame had a mark and was not counted before.
    pub(in super::super) is_any_marked: bool,
    /// Some frame had no mark.
    pub(in super::super) is_any_unmarked: bool,
}

/// What the program of XDP is to do with frames that it marks. No other program goes by it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in super::super) enum Marking {
    /// It counts none.
    Probes,
    /// It counts those that it can mark; the one in the stack counts the others.
    #[default]
    Counts,
    /// It counts all: there is no program in the stack any more.
    CountsAlone,
}

impl Marking {
    /// Returns the bits of the control word that tell this.
    pub(super) const fn bits(self) -> u32 {
        match self {
            Self::Probes => Control::PROBING,
            Self::Counts => 0,
            Self::CountsAlone => Control::ALONE,
        }
    }
}

impl Passage {
    /// Joins what was found in this reading and in the one after it.
    pub(super) fn followed_by(self, next: Self) -> Self {
        Self {
            is_any_marked: self.is_any_marked || next.is_any_marked,
            is_any_unmarked: self.is_any_unmarked || next.is_any_unmarked,
        }
    }

    pub(super) fn of(of_cpus: &[Totals]) -> Self {
        Self {
            is_any_marked: of_cpus.iter().any(|of_cpu| of_cpu.marked > 0),
            is_any_unmarked: of_cpus.iter().any(|of_cpu| of_cpu.unmarked > 0),
        }
    }
}

impl Instance {
    /// Tells the program of XDP what to do, from its next frame on.
    pub(in super::super) fn tell(&mut self, marking: Marking) {
        self.marking = marking;
        self.count_in(self.generation);
    }

    /// Returns what was found of marks in what was read since the call before, once.
    pub(in super::super) fn take_passage(&mut self) -> Option<Passage> {
        self.passage.take()
    }

    /// Goes on with another program that counts in the same generation; returns the one before.
    pub(in super::super) fn go_on_with(&mut self, ebpf: Ebpf) -> Ebpf {
        mem::replace(&mut self.ebpf, ebpf)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reading_does_not_hide_what_the_one_before_it_found() {
        let none = Passage { is_any_marked: false, is_any_unmarked: false };
        let unmarked = Passage { is_any_unmarked: true, ..none };
        let marked = Passage { is_any_marked: true, ..none };

        assert_eq!(unmarked.followed_by(none), unmarked);
        assert_eq!(none.followed_by(marked), marked);
    }
}
