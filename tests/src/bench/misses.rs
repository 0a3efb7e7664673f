//! The share of a CPU that misses take which the guard admits to the second level.

use std::fmt::Write;

use exporter::datapath::{Datapath, Inspector, Options};

use super::cell::median;
use super::targets::Check;
use crate::load::{Entry, Generator, Traffic, aimed, pin, timed};

/// Frames of an interval: about as many as the second level has places, as in a second of a flood.
const FRAMES: u32 = 100_000;
/// With this budget the guard is closed after the first miss.
const CLOSED: u32 = 1;
/// With this one it never closes.
const OPEN: u32 = 2_000_000_000;

/// Measures what an admitted miss costs, in turn with one that is refused, and multiplies it with
/// those that are admitted in a second of the fastest flood.
pub(super) fn measure(rounds: usize) -> (String, Vec<Check>) {
    let mut out = String::from(
        "\nadmitted misses: ns of a frame with the guard open and closed; admitted frames a second, \
         % of a CPU\n",
    );
    let mut checks = Vec::new();
    pin(0);

    for (name, traffic) in
        [("flood", Traffic::flood()), ("flood with ports", Traffic::flood_with_ports())]
    {
        let datapaths = [OPEN, CLOSED].map(|budget| {
            Datapath::new(Options { budget, ..Options::default() }).expect("a datapath")
        });
        let mut beds = datapaths.each_ref().map(|datapath| Bed::make(datapath, &traffic));
        let mut samples = [Vec::new(), Vec::new()];
        let mut missed = 0.0;
        for _ in 0..rounds {
            for (bed, samples) in beds.iter_mut().zip(&mut samples) {
                let (nanoseconds, refused) = bed.sample();
                samples.push(nanoseconds);
                // The first frames of an interval find room.
                missed = f64::max(missed, refused);
            }
        }

        let [open, closed] = samples.map(|samples| median(&samples));
        let admitted = admitted(f64::from(Options::default().budget), 1e9 / closed);
        let share = (open - closed) / missed * admitted / 1e9 * 100.0;
        let _infallible =
            writeln!(out, "{open:>8.1}{closed:>8.1}{admitted:>9.0}{share:>7.1}  {name}");
        checks.push(Check::at_most(format!("admitted misses, {name}, % of a CPU"), share, 10.0));
    }

    (out, checks)
}

struct Bed<'a> {
    inspector: Inspector<'a>,
    generator: Generator,
}

impl<'a> Bed<'a> {
    fn make(datapath: &'a Datapath, traffic: &Traffic) -> Self {
        let mut inspector = Inspector::new(datapath).expect("a program");
        let generator = aimed(&mut inspector, traffic).swap_remove(0);
        let mut bed = Self { inspector, generator };
        bed.sample();

        bed
    }

    /// Returns nanoseconds of CPU time for each frame of an interval, and the share that was
    /// refused.
    fn sample(&mut self) -> (f64, f64) {
        let (_verdict, elapsed) = timed(|| self.generator.run(Entry::Generate, FRAMES));
        let interval = self.inspector.drain().expect("an interval");
        assert_eq!(interval.imbalance(), None);

        let frames = f64::from(FRAMES);
        (elapsed.as_secs_f64() * 1e9 / frames, interval.sources.refused.packets as f64 / frames)
    }
}

/// Returns how many of the misses of a second are admitted: all up to the budget, then an eighth of
/// the budget with each doubling.
fn admitted(budget: f64, misses: f64) -> f64 {
    if misses <= budget { misses } else { budget * (1.0 + (misses / budget).log2() / 8.0) }
}

#[cfg(test)]
mod tests {
    use shared::{Attribution, Count};

    use super::*;

    #[test]
    fn the_guard_admits_as_many_as_are_reckoned_with() {
        const MISSES: u64 = 1_000_000;
        const PACKET: Count = Count { packets: 1, bytes: 60 };
        let mut attribution = Attribution::default();

        for miss in 0..MISSES {
            exporter_ebpf::attribute::admit(&mut attribution, 7000, miss << 32 | miss, PACKET);
        }

        let expected = admitted(7000.0, MISSES as f64);
        let off = attribution.admitted.packets as f64 / expected - 1.0;
        assert!(off.abs() < 0.1, "{} admitted, not {expected}", attribution.admitted.packets);
    }
}
