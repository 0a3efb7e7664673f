//! One column with its programs loaded, ready to take samples.

use std::time::Duration;

use aya::programs::links::FdLink;
use aya::programs::{ProgramFd, TestRun, TestRunOptions, Xdp, XdpMode};
use exporter::datapath::{Datapath, Inspector};
use exporter::interval::Interval;

use super::columns::Column;
use crate::load::{self, Entry, Generator};

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Subject {
    Pass,
    Parse,
    Full,
}

impl Subject {
    pub(super) const ALL: [Self; 3] = [Self::Pass, Self::Parse, Self::Full];

    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Parse => "parse",
            Self::Full => "full",
        }
    }
}

/// Frames before the first sample: level 2 is full then, where misses go there.
const WARM_UP: u32 = 500_000;
/// Frames that tell how many make up a sample.
const TRIAL: u32 = 20_000;
/// Short enough to lie between two ticks of a 250 Hz clock now and then, long enough for the
/// cost of the system call not to show.
const SAMPLE: Duration = Duration::from_millis(8);

/// One column with its programs.
pub(super) struct Bed<'a> {
    pub(super) column: &'a Column,
    inspector: Inspector<'a>,
    generator: Generator,
    /// Frames that the full program got.
    sent: u64,
    /// Frames of a sample, by [`Subject`].
    times: [u32; Subject::ALL.len()],
}

impl<'a> Bed<'a> {
    pub(super) fn make(column: &'a Column, datapath: &'a Datapath) -> Self {
        let inspector = Inspector::new(datapath).expect("a program that can be loaded");
        let generator = Generator::load(&column.traffic, 1 << 56);
        let mut bed = Self { column, inspector, generator, sent: 0, times: [TRIAL; 3] };

        bed.times = [WARM_UP; 3];
        bed.sample(Subject::Full);
        for (place, subject) in Subject::ALL.into_iter().enumerate() {
            bed.times[place] = TRIAL;
            bed.times[place] = frames_within(SAMPLE, bed.sample(subject));
        }

        bed
    }

    /// Returns nanoseconds of CPU time for each frame.
    pub(super) fn sample(&mut self, subject: Subject) -> f64 {
        let times = self.times[subject as usize];
        if subject == Subject::Full {
            self.sent += u64::from(times);
        }
        if self.column.is_generated {
            let target = self.descriptor(subject);
            self.generator.aim(&target);
            return timed(
                self.generator.program(Entry::Generate),
                &self.column.traffic.frame,
                times,
            );
        }

        let program = match subject {
            Subject::Pass => self.generator.program(Entry::Pass),
            Subject::Parse => self.generator.program(Entry::Parse),
            Subject::Full => self.inspector.program().expect("the full program"),
        };
        timed(program, &self.column.traffic.frame, times)
    }

    /// Returns what the full program counted. Panics where that is not what was sent.
    pub(super) fn drain(&mut self) -> Interval {
        let name = self.column.name;
        let interval = self.inspector.drain().expect("an interval");

        assert_eq!(interval.imbalance(), None, "{name}");
        let counted = interval.totals.frames();
        let bytes = self.sent * self.column.traffic.frame.len() as u64;
        assert_eq!((counted.packets, counted.bytes), (self.sent, bytes), "{name}");
        self.sent = 0;

        interval
    }

    fn descriptor(&mut self, subject: Subject) -> ProgramFd {
        match subject {
            Subject::Pass => self.generator.descriptor(Entry::Pass),
            Subject::Parse => self.generator.descriptor(Entry::Parse),
            Subject::Full => {
                let program = self.inspector.program().expect("the full program");
                program.fd().expect("a loaded program").try_clone().expect("a descriptor")
            }
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a sample has fewer than 2^32 frames")]
#[expect(clippy::cast_sign_loss, reason = "times are not negative")]
fn frames_within(sample: Duration, nanoseconds: f64) -> u32 {
    (sample.as_secs_f64() * 1e9 / nanoseconds) as u32
}

/// Runs `program` and returns nanoseconds of CPU time for each frame.
///
/// The program is attached to an idle device for as long: else the kernel would enter it into
/// the dispatcher of XDP programs and take it out again within the call that is timed, see
/// `bpf_prog_test_run_xdp` in net/bpf/test_run.c.
fn timed(program: &mut Xdp, frame: &[u8], times: u32) -> f64 {
    let id = program.attach("lo", XdpMode::Skb).expect("a program that can be attached");
    let link = program.take_link(id).expect("the link");
    let link = FdLink::try_from(link).expect("a link that ends when it is dropped");
    let mut options = TestRunOptions::new();
    options.data_in = Some(frame);
    options.repeat = times;

    let (result, elapsed) = load::timed(|| program.test_run(options));

    drop(link);
    let verdict = result.expect("a program that runs").return_value;
    assert_eq!(verdict, 2, "every program lets every frame pass");

    elapsed.as_secs_f64() * 1e9 / f64::from(times)
}
