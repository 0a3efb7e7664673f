//! Floods of small frames, which the stack behind the hook receives and drops.

use std::time::{Duration, Instant};

use super::bed::Bed;
use super::figures::{Sample, Tally};
use crate::load::{cpus, pin};
use crate::patience::wait_for;
use crate::programs;
use crate::senders::{Mix, Sender};

/// Sends a flood for as long, and waits until all of it has arrived.
pub(super) fn run(
    bed: &Bed,
    sender: &mut Sender,
    mix: Mix,
    lasts: Duration,
    tally: &mut Tally,
) -> Sample {
    // What receives runs on the same CPU. The exporter folds on another one, if there is one.
    pin(*cpus().last().expect("a CPU"));
    let arrived = || programs::stack(&bed.here)["IpInReceives"];
    let before = [arrived(), bed.lost()];

    let begun = Instant::now();
    let sent = sender.send_for(lasts, mix);
    let seconds = begun.elapsed().as_secs_f64();

    let [passed, lost] = wait_for("all frames to arrive", || {
        let after = [arrived() - before[0], bed.lost() - before[1]];
        if after[0] + after[1] == sent { Ok(after) } else { Err(format!("{after:?} of {sent}")) }
    });
    tally.sent += sent;
    tally.lost += lost;
    tally.passed += passed;
    tally.to_pass += sent - lost;

    Sample { arrived: passed, seconds }
}
