//! `inspect`: a capture through the parser, and what it counted.

use std::fs::File;
use std::io::{self, BufWriter, ErrorKind, Read, Write};
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, anyhow};
use exporter_ebpf::parse_bytes;
use shared::{Direction, Parsed};

use super::{Failure, options};
use crate::capture::{Broken, Capture};
use crate::causes::with_causes;
use crate::config::{Config, Inspect, Output, Parser};
use crate::datapath::{Datapath, Inspector, Options};
use crate::inspect::{Each, Report, Run, Summary, Tally};
use crate::privileges;

/// Reads a capture and says what is in it.
pub fn inspect(command: &Inspect) -> Result<(), Failure> {
    let config =
        Config::load(&command.inputs).map_err(|error| Failure::Refused(error.into()))?.config;
    // Nothing that is loaded here is to outlive the process.
    let options = Options { pins: None, ..options::datapath(&config) };
    let (name, capture) = open(command.file.as_deref()).map_err(Failure::Refused)?;
    let tally = Tally::new(options.ephemeral.clone());

    let datapath = kernel(command.parser, options);
    let inspector = match &datapath {
        Ok(datapath) => Inspector::new(datapath).map_err(|error| with_causes(&error)),
        Err(error) => Err(format!("{error:#}")),
    };
    let reading = match inspector {
        Ok(inspector) => Reading::Kernel { inspector: Box::new(inspector), taken: 0, refused: 0 },
        Err(why) if command.parser == Parser::Kernel => return Err(Failure::Refused(anyhow!(why))),
        Err(why) => Reading::Host { why },
    };

    Inspection { command, name, capture, tally, reading }.run()
}

/// Opens a file or standard input, and gives it a name for people.
fn open(file: Option<&Path>) -> anyhow::Result<(String, Capture<Box<dyn Read>>)> {
    #[expect(
        clippy::disallowed_methods,
        reason = "a capture of any size is read as it comes, also from a pipe; nothing else waits"
    )]
    let (name, reader): (String, Box<dyn Read>) = match file {
        None => ("standard input".into(), Box::new(io::stdin())),
        Some(path) => {
            let name = path.display().to_string();
            let file = File::open(path).with_context(|| format!("cannot open `{name}`"))?;
            (name, Box::new(file))
        }
    };
    let capture = Capture::open(reader)
        .with_context(|| format!("`{name}` is no capture that can be inspected"))?;

    Ok((name, capture))
}

/// Gives the kernel's side, or why it is left out.
fn kernel(choice: Parser, options: Options) -> anyhow::Result<Datapath> {
    if choice == Parser::Host {
        return Err(anyhow!("as asked for"));
    }
    privileges::check()?;

    Ok(Datapath::new(options)?)
}

/// What parses the frames.
enum Reading<'a> {
    Kernel {
        inspector: Box<Inspector<'a>>,
        /// Frames that the kernel took.
        taken: u64,
        /// Those that the host's parser got instead.
        refused: u64,
    },
    Host {
        why: String,
    },
}

struct Inspection<'a, R> {
    command: &'a Inspect,
    name: String,
    capture: Capture<R>,
    tally: Tally,
    reading: Reading<'a>,
}

impl<R: Read> Inspection<'_, R> {
    fn run(mut self) -> Result<(), Failure> {
        let begun = Instant::now();
        let mut out = BufWriter::new(io::stdout().lock());

        let end = match self.read(&mut out) {
            Err(Stop::Output(error)) => return written(Err(error)),
            Err(Stop::Broken(broken)) => Err(broken),
            Ok(()) => Ok(()),
        };
        let run = Run {
            name: self.name,
            format: self.capture.format(),
            parser: self.reading.to_string(),
            elapsed: begun.elapsed(),
            cut_off: self.tally.cut_off(),
        };
        let report = Report::new(&self.tally, self.capture.skipped().by_reason());
        written(print(&mut out, self.command.output, &run, &report))?;

        end.with_context(|| format!("`{}` is not whole", run.name)).map_err(Failure::Failed)
    }

    /// Reads and counts every frame.
    fn read(&mut self, out: &mut impl Write) -> Result<(), Stop> {
        while let Some(frame) = self.capture.next_frame().map_err(Stop::Broken)? {
            let parsed = self.reading.parse(frame.bytes);
            if self.command.output == Output::Each {
                let each = Each::new(frame.number, frame.bytes, frame.wire_length, &parsed);
                each.write(out).map_err(Stop::Output)?;
            }
            self.tally.add(parsed, frame.bytes.len(), frame.wire_length);
        }

        Ok(())
    }
}

/// Why reading ends early.
enum Stop {
    Broken(Broken),
    Output(io::Error),
}

impl Reading<'_> {
    fn parse(&mut self, frame: &[u8]) -> Parsed {
        if let Self::Kernel { inspector, taken, refused } = self {
            if let Ok(inspected) = inspector.run(frame) {
                *taken += 1;
                return inspected.parsed;
            }
            *refused += 1;
        }

        parse_bytes(frame, Direction::Receive)
    }
}

/// A sentence without its full stop.
impl std::fmt::Display for Reading<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Host { why } => write!(f, "Parsed by the host's build of the parser: {why}"),
            Self::Kernel { taken, refused: 0, .. } => {
                write!(f, "Parsed by the program in the kernel: {taken} packets")
            }
            Self::Kernel { taken, refused, .. } => write!(
                f,
                "Parsed by the program in the kernel: {taken} packets; and by the host's build of \
                 its parser: {refused}, which the kernel's test run does not take"
            ),
        }
    }
}

/// Prints the result; what a pipeline does not want goes to standard error.
fn print(out: &mut impl Write, output: Output, run: &Run, report: &Report) -> io::Result<()> {
    match output {
        Output::Summary => write!(out, "{}", Summary { run, report })?,
        Output::Json => report.write(out)?,
        Output::Each => {}
    }
    out.flush()?;
    if output != Output::Summary {
        writeln!(io::stderr(), "packet-exporter: {}, {}", run.parser, run.speed(report.packets()))?;
    }

    Ok(())
}

fn written(outcome: io::Result<()>) -> Result<(), Failure> {
    match outcome {
        // A reader that went away has read enough.
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::Failed(anyhow!(error).context("cannot write the result")))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}
