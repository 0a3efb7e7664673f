//! What taking copies of packets costs: off, one in so many, and with a condition.

use std::fmt::Write;

use exporter::datapath::{Datapath, For, Inspector, Options, Placement};
use exporter::health::Mode;
use exporter::samples::{Matching, Wanted};

use super::cell::Cell;
use super::targets::Check;
use crate::load::{frame, timed};
use crate::skb::RECEIVED;

/// Frames of a sample.
const FRAMES: u32 = 200_000;
const SNAP_LENGTH: u16 = 96;
/// One in so many; `None` where programs may take copies, and nobody wants any.
const RATES: [Option<u32>; 5] = [None, Some(10_000), Some(1000), Some(100), Some(10)];

/// Measures programs without code for it, and in turn with each rate, and with a condition that no packet
/// meets.
pub(super) fn measure(rounds: usize) -> (String, Vec<Check>) {
    let mut out = String::from(
        "\nsamples, ns a frame above a program without them: nobody wants any, one in 10,000, 1,000, 100, \
         10; with a condition that is not met\n",
    );
    let mut checks = Vec::new();

    for (name, placement) in [("XDP", Placement::xdp(Mode::Native)), ("TCX", RECEIVED)] {
        let mut off = Bed::make(None, placement);
        let mut on = Bed::make(Some(SNAP_LENGTH), placement);
        let mut floor = Cell::default();
        let mut cells: [Cell; RATES.len() + 1] = Default::default();
        for _ in 0..rounds {
            floor.samples.push(off.per_frame());
            for (rate, cell) in RATES.into_iter().zip(&mut cells) {
                on.want(rate.map(|one_in| wanted(one_in, Matching::default())));
                cell.samples.push(on.per_frame());
            }
            on.want(Some(wanted(1000, Matching { port: Some(1), ..Matching::default() })));
            cells[RATES.len()].samples.push(on.per_frame());
        }

        let above = cells.each_ref().map(|cell| cell.above(&floor));
        for above in above {
            let _infallible = write!(out, "{above:>8.1}");
        }
        let _infallible = writeln!(out, "  {name}");
        checks.push(Check::at_most(
            format!("samples, {name}, 1 in 1,000, ns a frame"),
            above[2],
            2.5,
        ));
    }

    (out, checks)
}

fn wanted(one_in: u32, matching: Matching) -> Wanted {
    Wanted { one_in, per_second: 1, matching }
}

struct Bed {
    // The inspector ends before its datapath.
    inspector: Inspector<'static>,
    datapath: &'static Datapath,
}

impl Bed {
    fn make(samples: Option<u16>, placement: Placement) -> Self {
        // A benchmark makes four of them, and ends.
        let datapath: &'static Datapath = Box::leak(Box::new(
            Datapath::new(Options { samples, ..Options::default() }).expect("a datapath"),
        ));

        Self { inspector: Inspector::of(datapath, placement).expect("a program"), datapath }
    }

    fn want(&self, wanted: Option<Wanted>) {
        let samples = self.datapath.samples();
        samples.want(For::Usual, wanted.map(|wanted| (wanted, None))).expect("a choice");
        samples.allow(For::Usual, 1 << 40);
    }

    /// Returns nanoseconds of CPU time for each frame. Copies that nobody reads fill the ring buffer, so they
    /// are read between samples.
    fn per_frame(&mut self) -> f64 {
        let frame = frame();
        let (outcome, elapsed) = timed(|| self.inspector.repeat(&frame, FRAMES));
        outcome.expect("a run");
        self.datapath.samples().read(drop);

        elapsed.as_secs_f64() * 1e9 / f64::from(FRAMES)
    }
}
