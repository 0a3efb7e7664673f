//! Running the program of a pool on frames that no device received.

use std::io;
use std::time::Instant;

use aya::programs::TestRunOptions;

use super::{Pool, load};
use crate::datapath::inspect::{once, test_run};
use crate::datapath::wire::stay_on_cpu;
use crate::datapath::{Datapath, Inspected, LoadError, Placement};
use crate::interval::Interval;

/// A pool whose program is attached to nothing and runs on what it is given.
pub struct PoolInspector<'a> {
    datapath: &'a Datapath,
    pool: Pool,
    placement: Placement,
    /// Where the thread stays, and so the program, which runs where its caller does.
    cpu: usize,
}

impl<'a> PoolInspector<'a> {
    /// Loads a pool with so many slots, and keeps the calling thread on one CPU from now on.
    pub fn of(
        datapath: &'a Datapath,
        placement: Placement,
        slots: usize,
    ) -> Result<Self, LoadError> {
        let (shape, kind_sets) = datapath.for_pool(placement).shape(&datapath.options, slots, 0)?;
        let pool = load(&shape, kind_sets, placement, &datapath.common, slots)?;
        let doing = "keep a thread on one CPU";
        let cpu = stay_on_cpu().map_err(|source| LoadError::Io { doing, source })?;

        Ok(Self { datapath, pool, placement, cpu })
    }

    /// Assigns a slot to a device; `None` where there is no room.
    pub fn add(&mut self, ifindex: u32) -> Option<u32> {
        self.pool.add(ifindex, Instant::now())
    }

    /// Takes its slot from a device.
    pub fn remove(&mut self, slot: u32) {
        self.pool.remove(slot);
    }

    /// Runs the program once on `frame` with what the kernel is to know beside its bytes, a
    /// `struct __sk_buff`; empty for nothing, then the frame is the loopback device's.
    pub fn run(&mut self, frame: &[u8], context: &[u8]) -> io::Result<Inspected> {
        let verdict = self.test_run(once(frame, context))?;
        let parsed = self.pool.parsed_on(self.cpu).ok_or(io::ErrorKind::NotFound)?.meant();

        Ok(Inspected { verdict, parsed })
    }

    /// Runs the program `times` times on `frame` and returns its last verdict.
    pub fn repeat(&mut self, frame: &[u8], times: u32) -> io::Result<u32> {
        self.test_run(TestRunOptions { repeat: times, ..once(frame, &[]) })
    }

    fn test_run(&mut self, options: TestRunOptions<'_>) -> io::Result<u32> {
        test_run(&mut self.pool.ebpf, self.placement, options)
    }

    /// Reads what all slots counted since the drain before.
    pub fn drain(&mut self) -> io::Result<()> {
        self.pool.cut();
        self.datapath.barrier.wait()?;

        self.pool.read()
    }

    /// Returns what a slot counted up to the last drain.
    pub fn take(&mut self, slot: u32) -> Interval {
        self.pool.take(slot)
    }

    /// Returns what was counted last for a device that was removed; `None` before the next drain.
    pub fn take_last(&mut self, slot: u32) -> Option<Interval> {
        self.pool.take_last(slot)
    }
}
