//! What a cell of the table was measured and counted with.

use super::bed::Kind;
use super::lane::Subject;
use super::{Load, Mode};
use crate::bench::cell;

/// What one sample sent and saw arrive.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sample {
    /// Frames, or bytes of a bulk transfer.
    pub(super) arrived: u64,
    pub(super) seconds: f64,
}

/// Frames of all samples of a cell.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    /// Frames that were sent, as the sender itself counts them.
    pub(super) sent: u64,
    /// Frames of those that the device in front of the hook had no room for.
    pub(super) lost: u64,
    /// Frames that the exporter counted; `None` where none runs.
    pub(super) counted: Option<u64>,
    /// Frames behind the hook, or bytes of a bulk transfer.
    pub(super) passed: u64,
    /// What should have passed.
    pub(super) to_pass: u64,
}

/// A device, a load and a subject.
pub(super) struct Cell {
    pub(super) kind: Kind,
    pub(super) load: Load,
    pub(super) subject: Subject,
    /// The hook that the exporter chose.
    pub(super) hook: String,
    /// Why there is no measurement.
    pub(super) refusal: Option<String>,
    pub(super) samples: Vec<Sample>,
    pub(super) tally: Tally,
}

impl Cell {
    /// Returns the frames or bytes of a second in each round.
    pub(super) fn rates(&self) -> cell::Cell {
        let rate = |sample: &Sample| sample.arrived as f64 / sample.seconds;

        cell::Cell { samples: self.samples.iter().map(rate).collect() }
    }

    /// Returns whether every frame that was sent was counted and passed. A cell without a
    /// measurement is.
    pub(super) fn is_exact(&self) -> bool {
        let Tally { sent, lost, counted, passed, to_pass } = self.tally;
        let is_counted = counted.is_none_or(|counted| counted == sent - lost);

        self.refusal.is_some() || is_counted && passed == to_pass
    }

    pub(super) fn is(&self, kind: Kind, load: Load, subject: Subject) -> bool {
        self.kind == kind && self.load == load && self.subject == subject
    }
}

/// The targets of a load: as a ratio to no program, and to one that only passes.
pub(super) const fn targets(load: Load) -> [f64; 2] {
    match load {
        Load::Flood => [0.85, 0.90],
        Load::Quiet => [0.93, 0.96],
        Load::Bulk => [0.95, 0.97],
    }
}

/// Targets are for what the product chooses by itself.
pub(super) fn has_targets(mode: Mode) -> bool {
    mode == Mode::Auto
}
