//! What the exporter takes of the throughput of a device: frames or bytes a second with it, as a
//! ratio to those without it and to those with a program that only passes on the same hook.

mod bed;
mod bulk;
mod figures;
mod flood;
mod lane;
mod report;

use rustix::process::nice;

use crate::senders::Mix;

use bed::{Bed, Kind};
use figures::{Cell, Sample};
use lane::{Lane, Mode, Subject};

pub use report::json;

/// Before what else runs on the machine.
const NICENESS: i32 = -15;

/// What is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Load {
    /// Small frames from many sources.
    Flood,
    /// Small frames from a few sources.
    Quiet,
    /// TCP as fast as it goes.
    Bulk,
}

impl Load {
    const ALL: [Self; 3] = [Self::Flood, Self::Quiet, Self::Bulk];

    const fn label(self) -> &'static str {
        match self {
            Self::Flood => "flood",
            Self::Quiet => "quiet",
            Self::Bulk => "bulk",
        }
    }

    /// Returns the sources and ports of a flood; `None` for a transfer over one connection.
    const fn mix(self) -> Option<Mix> {
        match self {
            Self::Flood => Some(Mix { sources: 1_000_000, ports: 60_000 }),
            Self::Quiet => Some(Mix { sources: 100, ports: 10 }),
            Self::Bulk => None,
        }
    }
}

/// Every cell, by device, load and subject.
pub struct Live(Vec<Cell>);

impl Live {
    /// Returns whether every frame was counted and passed.
    pub fn is_exact(&self) -> bool {
        self.0.iter().all(Cell::is_exact)
    }
}

/// Measures on every kind of device that `devices` names, or on all. Returns the figures with the
/// report for people.
pub fn run(rounds: usize, devices: &[String]) -> (Live, String) {
    nice(NICENESS).expect("only root may have a higher priority");
    let mut cells = Vec::new();

    for kind in Kind::ALL {
        if devices.is_empty() || devices.iter().any(|name| name == kind.label()) {
            cells.extend(of_kind(kind, rounds));
        }
    }
    let live = Live(cells);
    let report = report::print(&live);

    (live, report)
}

/// Takes a sample of every subject with a load, then the next of every subject. Each has a network
/// of its own, so that nothing is attached and taken off between samples.
fn of_kind(kind: Kind, rounds: usize) -> Vec<Cell> {
    let modes = Mode::ALL.map(|mode| [Subject::Pass(mode), Subject::Exporter(mode)]);
    let subjects: Vec<_> = [Subject::None].into_iter().chain(modes.into_iter().flatten()).collect();
    let beds: Vec<_> = (0..subjects.len()).map(|number| Bed::lay(kind, number)).collect();
    let mut lanes: Vec<_> =
        beds.iter().zip(subjects).map(|(bed, subject)| Lane::open(bed, subject)).collect();
    let mut cells = Vec::new();

    for load in Load::ALL {
        for lane in &mut lanes {
            lane.begin(load);
        }
        for _ in 0..rounds {
            for lane in &mut lanes {
                lane.sample(load);
            }
        }
        cells.extend(lanes.iter_mut().map(|lane| lane.end(load)));
    }

    cells
}
