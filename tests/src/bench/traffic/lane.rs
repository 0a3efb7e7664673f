//! One network with the program that is measured on it.

use std::time::Duration;

use aya::programs::links::FdLink;
use aya::programs::{TcAttachType, XdpMode};

use super::bed::Bed;
use super::figures::{Cell, Tally};
use super::{Load, Sample, bulk, flood};
use crate::exporter::Exporter;
use crate::load::{Entry, Generator, Traffic};
use crate::patience::wait_for;
use crate::senders::Sender;

/// A sample has one fold of the exporter in it.
const LASTS: Duration = Duration::from_secs(1);
const INTERVAL: &str = "1s";

/// How the exporter is told to receive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    Auto,
    Native,
    Generic,
}

impl Mode {
    pub(super) const ALL: [Self; 3] = [Self::Auto, Self::Native, Self::Generic];

    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Native => "native",
            Self::Generic => "generic",
        }
    }
}

/// What is on the device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Subject {
    None,
    Pass(Mode),
    Exporter(Mode),
}

/// What is attached, for as long as the lane is open.
enum Attached<'a> {
    Nothing,
    Pass { _programs: Generator, _received: Option<FdLink> },
    Exporter(Box<Exporter<'a>>),
}

pub(super) struct Lane<'a> {
    bed: &'a Bed,
    subject: Subject,
    hook: String,
    attached: Result<Attached<'a>, String>,
    sender: Sender,
    samples: Vec<Sample>,
    tally: Tally,
    /// What the exporter had counted before this load.
    counted: u64,
}

impl<'a> Lane<'a> {
    pub(super) fn open(bed: &'a Bed, subject: Subject) -> Self {
        let mut hook = String::from("none");
        let attached = match subject {
            Subject::None => Ok(Attached::Nothing),
            Subject::Pass(mode) => pass(bed, mode),
            Subject::Exporter(mode) => exporter(bed, mode).map(|exporter| {
                hook = hook_of(bed, &exporter);
                Attached::Exporter(Box::new(exporter))
            }),
        };
        let sender = bed.sender();

        Self {
            bed,
            subject,
            hook,
            attached,
            sender,
            samples: Vec::new(),
            tally: Tally::default(),
            counted: 0,
        }
    }

    /// Begins with a load, and sends a little of it, so that caches and tables are as they stay.
    pub(super) fn begin(&mut self, load: Load) {
        self.tally = Tally::default();
        self.counted = self.counted(load).unwrap_or_default();
        self.send(load, LASTS / 4);
        self.samples.clear();
    }

    pub(super) fn sample(&mut self, load: Load) {
        self.send(load, LASTS);
    }

    fn send(&mut self, load: Load, lasts: Duration) {
        if self.attached.is_err() {
            return;
        }
        let (bed, tally) = (self.bed, &mut self.tally);
        let sample = match load.mix() {
            Some(mix) => flood::run(bed, &mut self.sender, mix, lasts, tally),
            None => bulk::run(bed, lasts, tally),
        };
        self.samples.push(sample);
        // The fold of these frames is not to fall into the sample of another lane.
        let folded = self.counted(load);
        if let Some(mut folded) = folded {
            while folded - self.counted < self.tally.sent - self.tally.lost {
                let next = self.fold(load);
                if next == folded {
                    break;
                }
                folded = next;
            }
        }
    }

    /// Returns what is counted after the next fold.
    fn fold(&self, load: Load) -> u64 {
        const FOLDS: &str = "packet_exporter_folds_total";
        let Ok(Attached::Exporter(exporter)) = &self.attached else { return 0 };
        let folds = || exporter.scrape().find(FOLDS, &[]).unwrap_or_default();
        // One may have begun before the last frame.
        let until = folds() + 2;
        wait_for("a fold", || match folds() {
            now if now >= until => Ok(()),
            now => Err(format!("{now} of {until}")),
        });

        self.counted(load).unwrap_or_default()
    }

    /// Ends with a load, and returns what was measured.
    pub(super) fn end(&mut self, load: Load) -> Cell {
        self.tally.counted = self.counted(load).map(|counted| counted - self.counted);

        Cell {
            kind: self.bed.kind,
            load,
            subject: self.subject,
            hook: self.hook.clone(),
            refusal: self.attached.as_ref().err().cloned(),
            samples: std::mem::take(&mut self.samples),
            tally: self.tally,
        }
    }

    /// Returns how many frames of the load's protocol the exporter has counted.
    fn counted(&self, load: Load) -> Option<u64> {
        let Ok(Attached::Exporter(exporter)) = &self.attached else { return None };
        let protocol = if load == Load::Bulk { "tcp" } else { "udp" };
        let labels = [("device", self.bed.kind.device()), ("protocol", protocol)];
        let counted = exporter.scrape().find("packet_receive_packets_total", &labels);

        Some(counted.unwrap_or_default())
    }
}

/// Attaches programs that only pass where the exporter has its own.
fn pass<'a>(bed: &Bed, mode: Mode) -> Result<Attached<'a>, String> {
    let mut programs = Generator::load(&Traffic::flood(), 0);
    let device = bed.kind.device();
    let xdp = |programs: &mut Generator, mode| -> Result<FdLink, String> {
        let program = programs.program(Entry::Pass);
        let id = program.attach(device, mode).map_err(|error| error.to_string())?;
        let link = program.take_link(id).expect("a link");
        Ok(link.try_into().expect("a link that ends when it is dropped"))
    };

    let received = bed.here.within(|| {
        programs.pass_on(device, TcAttachType::Egress);
        match mode {
            Mode::Auto => {
                programs.pass_on(device, TcAttachType::Ingress);
                Ok(None)
            }
            Mode::Native => xdp(&mut programs, XdpMode::Driver).map(Some),
            Mode::Generic => xdp(&mut programs, XdpMode::Skb).map(Some),
        }
    })?;

    Ok(Attached::Pass { _programs: programs, _received: received })
}

/// Starts the exporter on the device.
fn exporter(bed: &Bed, mode: Mode) -> Result<Exporter<'_>, String> {
    let device = bed.kind.device();
    let arguments = ["--devices.include", device, "--datapath.mode", mode.label()];
    let interval = ["--datapath.interval", INTERVAL];
    let exporter = Exporter::attempt(&bed.here, &[&arguments[..], &interval].concat())?;

    let labels = [("device", device)];
    match exporter.scrape().find("packet_exporter_program_attached", &labels) {
        Some(2) => Ok(exporter),
        _ => Err(without_time(&exporter.lines().pop().unwrap_or_default())),
    }
}

/// Returns the message of a line of the log, and what follows it.
fn without_time(line: &str) -> String {
    line.split_once(" message=").map_or(line, |(_, message)| message).into()
}

fn hook_of(bed: &Bed, exporter: &Exporter<'_>) -> String {
    const HOOKS: [(&str, &str); 4] =
        [("xdp", "native"), ("xdp", "generic"), ("tcx_ingress", ""), ("tc_ingress", "")];
    let scrape = exporter.scrape();
    let has = |hook: &str, mode: &str| {
        let labels = [("device", bed.kind.device()), ("hook", hook), ("mode", mode)];
        scrape.find("packet_exporter_program_info", &labels) == Some(1)
    };
    let found = HOOKS.into_iter().find(|(hook, mode)| has(hook, mode));

    found.map_or_else(|| "unknown".into(), |(hook, mode)| format!("{hook} {mode}").trim().into())
}
