//! Two programs on the same maps: one of XDP, which is to take over, and the one in the stack.

use std::mem;

use aya::Ebpf;
use shared::Totals;

use super::Instance;

/// How frames came to the stack in one generation, while XDP had a program too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct Passage {
    /// Some frame had a mark and was not counted before.
    pub(in super::super) is_any_marked: bool,
    /// Some frame had no mark.
    pub(in super::super) is_any_unmarked: bool,
}

impl Passage {
    pub(super) fn of(of_cpus: &[Totals]) -> Self {
        Self {
            is_any_marked: of_cpus.iter().any(|of_cpu| of_cpu.marked > 0),
            is_any_unmarked: of_cpus.iter().any(|of_cpu| of_cpu.unmarked > 0),
        }
    }
}

impl Instance {
    /// Tells the program of XDP whether to count, from its next frame on.
    pub(in super::super) fn probe(&mut self, is_probing: bool) {
        self.is_probing = is_probing;
        self.count_in(self.generation);
    }

    /// Returns what was found of marks in what was read last, once.
    pub(in super::super) fn take_passage(&mut self) -> Option<Passage> {
        self.passage.take()
    }

    /// Goes on with another program that counts in the same generation; returns the one before.
    pub(in super::super) fn go_on_with(&mut self, ebpf: Ebpf) -> Ebpf {
        mem::replace(&mut self.ebpf, ebpf)
    }
}
