//! Load that runs beside the test.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};

use super::{Entry, Generator, pin};

/// Frames of one system call: long enough to make the call's own cost small, and about 50 ms.
const AT_ONCE: u32 = 1 << 19;

/// Generators at their highest rate, each on a CPU of its own.
pub struct Running {
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<Generator>>,
}

impl Running {
    /// Starts the generators on the CPUs 0, 1 and so on.
    pub fn start(generators: Vec<Generator>) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let start = |(cpu, mut generator): (usize, Generator)| {
            let stop = Arc::clone(&stop);
            thread::spawn(move || {
                pin(cpu);
                while !stop.load(Ordering::Relaxed) {
                    generator.run(Entry::Generate, AT_ONCE);
                }
                generator
            })
        };
        let threads = generators.into_iter().enumerate().map(start).collect();

        Self { stop, threads }
    }

    /// Stops them all and returns them.
    pub fn stop(self) -> Vec<Generator> {
        self.stop.store(true, Ordering::Relaxed);

        self.threads.into_iter().map(|thread| thread.join().expect("a generator")).collect()
    }
}

/// Runs `times` frames on each generator, all of them at the same time.
pub fn run_each(generators: &mut [Generator], times: u32) {
    thread::scope(|scope| {
        for (cpu, generator) in generators.iter_mut().enumerate() {
            scope.spawn(move || {
                pin(cpu);
                generator.run(Entry::Generate, times);
            });
        }
    });
}
