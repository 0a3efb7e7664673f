//! Waiting for a condition, with a deadline.

use std::thread;
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(20);
const STEP: Duration = Duration::from_millis(20);

/// Looks until there is something to see; fails with what was seen last.
#[track_caller]
pub fn wait_for<T>(what: &str, mut look: impl FnMut() -> Result<T, String>) -> T {
    let deadline = Instant::now() + PATIENCE;

    loop {
        match look() {
            Ok(seen) => return seen,
            Err(last) if Instant::now() > deadline => {
                panic!("waited {PATIENCE:?} for {what}; seen last: {last}")
            }
            Err(_) => thread::sleep(STEP),
        }
    }
}
