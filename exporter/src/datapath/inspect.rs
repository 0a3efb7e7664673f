//! Running the program on frames that no device received.

use std::convert::Infallible;
use std::io;

use aya::Ebpf;
use aya::programs::{Program, ProgramError, TestRun, TestRunOptions, Xdp};
use shared::Parsed;

use super::load;
use super::wire::stay_on_cpu;
use super::{Datapath, LoadError, Options, Placement, Prepared};
use crate::health::Mode;
use crate::interval::Interval;

/// A program that is attached to nothing and runs on what it is given.
pub struct Inspector<'a> {
    datapath: &'a Datapath,
    program: Prepared,
    /// Where the thread stays, and so the program, which runs where its caller does.
    cpu: usize,
}

/// What the program did with one frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inspected {
    /// What the program returned: `XDP_PASS` is 2, `TCX_NEXT` is -1.
    pub verdict: u32,
    /// What it found in the frame.
    pub parsed: Parsed,
}

impl<'a> Inspector<'a> {
    /// Loads the XDP program, and keeps the calling thread on one CPU from now on.
    pub fn new(datapath: &'a Datapath) -> Result<Self, LoadError> {
        Self::of(datapath, Placement::xdp(Mode::Native))
    }

    /// Loads the program for that place, and keeps the calling thread on one CPU from now on.
    pub fn of(datapath: &'a Datapath, placement: Placement) -> Result<Self, LoadError> {
        let program = datapath.prepare(placement)?;
        let doing = "keep a thread on one CPU";
        let cpu = stay_on_cpu().map_err(|source| LoadError::Io { doing, source })?;

        Ok(Self { datapath, program, cpu })
    }

    /// Runs the program once on `frame`.
    ///
    /// # Errors
    ///
    /// The kernel refuses frames under 14 bytes, and those that do not fit into one page.
    pub fn run(&mut self, frame: &[u8]) -> io::Result<Inspected> {
        self.run_with(frame, &[])
    }

    /// Runs the program once on `frame` with what the kernel is to know beside its bytes, a
    /// `struct __sk_buff`; empty for nothing.
    pub fn run_with(&mut self, frame: &[u8], context: &[u8]) -> io::Result<Inspected> {
        let verdict = self.test_run(once(frame, context))?;
        let Prepared { instance, .. } = &self.program;
        let parsed = instance.parsed_on(self.cpu).ok_or(io::ErrorKind::NotFound)?.meant();

        Ok(Inspected { verdict, parsed })
    }

    /// Runs the program `times` times on `frame` and returns its last verdict.
    pub fn repeat(&mut self, frame: &[u8], times: u32) -> io::Result<u32> {
        self.test_run(TestRunOptions { repeat: times, ..once(frame, &[]) })
    }

    fn test_run(&mut self, options: TestRunOptions<'_>) -> io::Result<u32> {
        let Prepared { instance, placement, .. } = &mut self.program;
        test_run(&mut instance.ebpf, *placement, options)
    }

    /// Returns the kernel's number of the program.
    pub fn program_id(&self) -> io::Result<u32> {
        let Prepared { instance, placement, .. } = &self.program;
        let program = instance.ebpf.program(placement.program());
        let info = program.ok_or(io::ErrorKind::NotFound)?.info().map_err(io::Error::other)?;

        Ok(info.id())
    }

    /// Returns the XDP program itself, for callers that run it in another way.
    pub fn program(&mut self) -> io::Result<&mut Xdp> {
        let Prepared { instance, placement, .. } = &mut self.program;
        let program = instance.ebpf.program_mut(placement.program());

        program.and_then(|program| program.try_into().ok()).ok_or(io::ErrorKind::NotFound.into())
    }

    /// Puts a program with other constants in its place, on the same maps, which is a cut too.
    pub fn change(&mut self, options: &Options) -> Result<(), LoadError> {
        let Prepared { instance, placement, .. } = &mut self.program;
        let shape = instance.shape.changed(options);
        self.datapath.common.ranks.follow(&options.port_rules);
        let next = load::successor(instance, &shape, *placement)?;
        let Ok(()) = instance.cut_to(next, |_, _| Ok::<_, Infallible>(()));

        Ok(())
    }

    /// Takes what was counted since the drain before.
    pub fn drain(&mut self) -> io::Result<Interval> {
        self.cut();
        self.wait()?;

        self.read()
    }

    /// The first step of a drain: sends the program to the other generation.
    pub fn cut(&mut self) {
        let Prepared { instance, .. } = &mut self.program;
        instance.cut();
    }

    /// The second: waits until no program counts in the generation that was cut off.
    pub fn wait(&self) -> io::Result<()> {
        self.datapath.barrier.wait()
    }

    /// The third: reads and clears that generation.
    pub fn read(&mut self) -> io::Result<Interval> {
        let Prepared { instance, .. } = &mut self.program;
        instance.read()
    }
}

/// Returns the options for one run on `frame`, with what the kernel is to know beside its bytes; empty for
/// nothing.
pub(super) fn once<'a>(frame: &'a [u8], context: &'a [u8]) -> TestRunOptions<'a> {
    let mut options = TestRunOptions::new();
    options.data_in = Some(frame);
    options.ctx_in = (!context.is_empty()).then_some(context);

    options
}

/// Runs the program for a place; returns its verdict.
pub(super) fn test_run(
    ebpf: &mut Ebpf,
    placement: Placement,
    options: TestRunOptions<'_>,
) -> io::Result<u32> {
    let result = match ebpf.program_mut(placement.program()) {
        Some(Program::Xdp(program)) => program.test_run(options),
        Some(Program::SchedClassifier(program)) => program.test_run(options),
        _ => Err(ProgramError::NotLoaded),
    };

    match result {
        Ok(result) => Ok(result.return_value),
        Err(ProgramError::SyscallError(error)) => Err(error.io_error),
        Err(error) => Err(io::Error::other(error)),
    }
}
