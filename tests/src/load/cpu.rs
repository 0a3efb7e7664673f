//! Threads, and the CPUs that they run on.

use std::time::Duration;

use rustix::thread::{CpuSet, sched_setaffinity};
use rustix::time::{ClockId, clock_gettime};

/// Returns the CPUs that run; more may be possible, which nothing can be kept on.
pub fn cpus() -> Vec<usize> {
    let online = aya::util::online_cpus().expect("a list of CPUs");

    online.into_iter().map(|cpu| cpu as usize).collect()
}

/// Keeps the calling thread on one CPU.
pub fn pin(cpu: usize) {
    let mut one = CpuSet::new();
    one.set(cpu);
    sched_setaffinity(None, &one)
        .unwrap_or_else(|error| panic!("cannot run on CPU {cpu}: {error}"));
}

/// Does `work`, and returns with its result the time that this thread spent on a CPU for it: what
/// others take is not in it.
pub fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let begun = cpu_time();
    let result = work();

    (result, cpu_time().saturating_sub(begun))
}

fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    let seconds = u64::try_from(time.tv_sec).expect("a time since the thread began");
    let nanoseconds = u32::try_from(time.tv_nsec).expect("a part of a second");

    Duration::new(seconds, nanoseconds)
}
