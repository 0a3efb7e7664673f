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

    /// Returns whether every frame that was sent was counted, as far as that can be, and passed. A cell
    /// without a measurement is.
    pub(super) fn is_exact(&self) -> bool {
        let Tally { sent, lost, counted, passed, to_pass } = self.tally;
        let is_counted = counted.is_none_or(|counted| counted == sent - lost);

        self.refusal.is_some() || (is_counted || self.cannot_count()) && passed == to_pass
    }

    /// Returns whether frames arrive merged at a hook that sees each as one, whatever counts there.
    pub(super) fn cannot_count(&self) -> bool {
        self.load == Load::Bulk && self.subject == Subject::Exporter(Mode::Generic)
    }

    /// Returns the targets, as ratios to no program and to one that only passes. Only what the
    /// exporter chooses by itself has some.
    pub(super) fn targets(&self) -> Option<[f64; 2]> {
        let targets = match self.load {
            Load::Flood => [0.85, 0.90],
            Load::Quiet => [0.93, 0.96],
            Load::Bulk => [0.95, 0.97],
        };

        (self.subject == Subject::Exporter(Mode::Auto)).then_some(targets)
    }

    pub(super) fn is(&self, kind: Kind, load: Load, subject: Subject) -> bool {
        self.kind == kind && self.load == load && self.subject == subject
    }
}
