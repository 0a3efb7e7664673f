//! Waiting: for a condition, with a deadline. Tests wait nowhere else, which another test enforces.

use std::thread;
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(20);
const STEP: Duration = Duration::from_millis(20);

/// Why a test lets time pass: there is no condition that it could wait for.
#[derive(Clone, Copy, Debug)]
pub enum Reason {
    /// Traffic runs, and how long an interval of it lasts is part of the test.
    Traffic,
    /// A sender keeps a rate.
    Rate,
    /// The test plays a server that answers late.
    LateAnswer,
    /// A query looks back over a time, which has to be over.
    Query,
    /// Nothing is to happen meanwhile.
    Nothing,
    /// A value is sampled for as long as a measurement lasts.
    Sampling,
}

/// Looks until there is something to see; fails with what was seen last.
#[track_caller]
pub fn wait_for<T>(what: &str, look: impl FnMut() -> Result<T, String>) -> T {
    wait_for_long(what, PATIENCE, look)
}

/// Looks likewise for something that takes longer, with a deadline of its own.
#[track_caller]
pub fn wait_for_long<T>(
    what: &str,
    patience: Duration,
    mut look: impl FnMut() -> Result<T, String>,
) -> T {
    let deadline = Instant::now() + patience;

    loop {
        match look() {
            Ok(seen) => return seen,
            Err(last) if Instant::now() > deadline => {
                panic!("waited {patience:?} for {what}; seen last: {last}")
            }
            Err(_) => pause(),
        }
    }
}

/// Pauses a loop that looks again and again by itself, until it ends for a reason of its own.
pub fn pause() {
    thread::sleep(STEP);
}

/// Lets time pass, for one of the reasons that leave no other way.
pub fn let_pass(time: Duration, _because: Reason) {
    thread::sleep(time);
}
