//! The programs of TCX: what they take of a frame that the stack has received.

use std::fmt::Write;

use exporter::datapath::{Datapath, Inspector, Options, PoolInspector};

use super::cell::Cell;
use super::columns::columns;
use super::targets::Check;
use crate::load::{Generator, Traffic, timed};
use crate::skb::{LOOPBACK, RECEIVED, TCX_NEXT};

/// Frames of a sample, and those before the first one.
const FRAMES: u32 = 200_000;
/// Slots of the shared tables.
const SLOTS: usize = 64;

/// Measures a program that only passes, the one of a device of its own and the one of devices that
/// share their tables, in turn, with each column of frames that are all the same.
pub(super) fn measure(rounds: usize) -> (String, Vec<Check>) {
    let mut out = String::from("\nTCX ingress, ns a frame: pass, own tables, shared tables\n");
    let mut checks = Vec::new();

    for column in columns().into_iter().filter(|column| !column.is_generated) {
        let frame = &column.traffic.frame;
        let datapath = Datapath::new(Options::default()).expect("a datapath");
        let mut pass = Generator::load(&Traffic::fixed(frame.clone()), 0);
        let mut own = Inspector::of(&datapath, RECEIVED).expect("a program");
        let mut shared = PoolInspector::of(&datapath, RECEIVED, SLOTS).expect("a program");
        let slot = shared.add(LOOPBACK).expect("a free slot");
        let mut cells: [Cell; 3] = Default::default();
        for _ in 0..=rounds {
            cells[0].samples.push(per_frame(|| pass.repeat_pass_on(FRAMES)));
            cells[1].samples.push(per_frame(|| own.repeat(frame, FRAMES).expect("a run")));
            cells[2].samples.push(per_frame(|| shared.repeat(frame, FRAMES).expect("a run")));
        }
        for cell in &mut cells {
            // Caches and tables were cold.
            cell.samples.remove(0);
        }
        let sent = u64::from(FRAMES) * (rounds as u64 + 1);
        shared.drain().expect("a drain");
        let counted = shared.take(slot).totals.frames().packets;
        assert_eq!(counted, sent, "{}: every frame is counted", column.name);
        let counted = own.drain().expect("a drain").totals.frames().packets;
        assert_eq!(counted, sent, "{}: every frame is counted", column.name);

        let [pass, own, shared] = &cells;
        let [a, b, c] = [pass, own, shared].map(Cell::median);
        let _infallible = writeln!(out, "{a:>8.1}{b:>8.1}{c:>8.1}  {}", column.name);
        let what = format!("TCX, {}, ns of shared tables above own ones", column.name);
        checks.push(Check::at_most(what, shared.above(own), 10.0));
    }

    (out, checks)
}

/// Returns nanoseconds of CPU time for each frame. Every program lets the next one decide.
fn per_frame(run: impl FnOnce() -> u32) -> f64 {
    let (verdict, elapsed) = timed(run);
    assert_eq!(verdict, TCX_NEXT, "every program lets every frame pass");

    elapsed.as_secs_f64() * 1e9 / f64::from(FRAMES)
}
