//! `inspect`: captures through the parser, and what it counted.

pub(super) mod packet_parser;
mod progress;

use std::fs::{File, Metadata};
use std::io::{self, BufWriter, ErrorKind, Read, Write};
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, anyhow};

use super::{Failure, options};
use crate::capture::{Broken, Capture, Skipped};
use crate::config::{Config, Inspect, Output, Parser};
use crate::datapath::Options;
use crate::inspect::{Counted, Each, FileRead, Report, Run, Summary};
use crate::services::{Listening, RankTable};
use packet_parser::PacketParser;
use progress::Progress;

/// Sources and ports that a summary shows; JSON has all.
const SHOWN: usize = 10;

/// Reads captures and prints what is in them.
pub fn inspect(command: &Inspect) -> Result<(), Failure> {
    let config =
        Config::load(&command.inputs).map_err(|error| Failure::Refused(error.into()))?.config;
    // Nothing that is loaded here is to outlive the process.
    let options = Options { pins: None, ..options::datapath(&config) };
    let counted = Counted::new(RankTable::of(&options.port_rules, &Listening::default()));
    let tunnels = options.tunnels;

    match command.parser {
        Parser::Host => {
            let parser = PacketParser::host(tunnels);
            Inspection::new(command, counted, parser).run()
        }
        Parser::Kernel => {
            let datapath = packet_parser::datapath(options).map_err(Failure::Refused)?;
            let parser = PacketParser::kernel(&datapath, tunnels).map_err(Failure::Refused)?;
            Inspection::new(command, counted, parser).run()
        }
    }
}

struct Inspection<'a> {
    command: &'a Inspect,
    counted: Counted,
    parser: PacketParser<'a>,
    begun: Instant,
    /// Those of which something was read.
    files: Vec<FileRead>,
    skipped: Skipped,
    understated: u64,
    /// Of each file that was not read, or not to its end.
    problems: Vec<anyhow::Error>,
}

impl<'a> Inspection<'a> {
    fn new(command: &'a Inspect, counted: Counted, parser: PacketParser<'a>) -> Self {
        Self {
            command,
            counted,
            parser,
            begun: Instant::now(),
            files: Vec::new(),
            skipped: Skipped::default(),
            understated: 0,
            problems: Vec::new(),
        }
    }

    fn run(mut self) -> Result<(), Failure> {
        let mut out = BufWriter::new(io::stdout().lock());

        for file in &self.command.files {
            match Opened::new(file.as_deref()) {
                Ok(opened) => {
                    if let Err(error) = self.read(opened, &mut out) {
                        return written(Err(error));
                    }
                }
                Err(problem) => self.problems.push(problem),
            }
        }

        if !self.files.is_empty() {
            written(self.print(&mut out))?;
        }
        self.outcome()
    }

    /// Reads and counts every packet of a capture.
    fn read(&mut self, opened: Opened, out: &mut impl Write) -> io::Result<()> {
        let Opened { name, size, mut capture } = opened;
        let before = self.counted.count();
        let mut progress = Progress::new(&name, size, self.command.output);
        let end = loop {
            let record = match capture.next_record() {
                Ok(Some(record)) => record,
                Ok(None) => break Ok(()),
                Err(broken) => break Err(broken),
            };
            let parsed = self.parser.parse(&record);
            if self.command.output == Output::Each {
                Each::new(&name, &record, &parsed).write(out)?;
            }
            self.counted.add(&record, parsed);
            progress.show(record.number, || capture.offset());
        };
        progress.clear();

        let after = self.counted.count();
        let packets = after.packets - before.packets;
        let bytes = after.bytes - before.bytes;
        self.note(FileRead { name, format: capture.format(), packets, bytes }, &capture, end);

        Ok(())
    }

    /// Notes how a file was read, or why not.
    fn note(&mut self, file: FileRead, capture: &Capture<impl Read>, end: Result<(), Broken>) {
        let skipped = capture.skipped();
        let is_whole = end.is_ok();
        if let Err(broken) = end {
            let problem = anyhow!(broken).context(format!("`{}` is incomplete", file.name));
            self.problems.push(problem);
        }
        if file.packets == 0
            && is_whole
            && let Some(problem) = nothing_read(skipped)
        {
            self.problems.push(problem.context(format!("nothing of `{}` was read", file.name)));
            return;
        }
        self.skipped.add(skipped);
        self.understated += capture.understated();
        self.files.push(file);
    }

    /// Prints the result; what a pipeline does not want goes to standard error.
    fn print(&self, out: &mut impl Write) -> io::Result<()> {
        let Inspect { output, by, top, .. } = self.command;
        let mut report = Report::new(&self.counted, self.skipped.by_reason());
        let run = Run {
            files: &self.files,
            parser: self.parser.to_string(),
            elapsed: self.begun.elapsed(),
            cut_off: self.counted.cut_off(),
            understated: self.understated,
            foreign_links: &self.skipped.foreign_links,
        };

        match output {
            Output::Summary => {
                let summary = Summary { run: &run, report: &report, by, top: top.unwrap_or(SHOWN) };
                write!(out, "{summary}")?;
            }
            Output::Json => {
                if let Some(top) = top {
                    report.keep(*top, by);
                }
                report.write(out, by)?;
            }
            Output::Each => {}
        }
        out.flush()?;
        if *output != Output::Summary {
            writeln!(
                io::stderr(),
                "packet-exporter: {}, {}",
                run.parser,
                run.speed(report.packets())
            )?;
        }

        Ok(())
    }

    /// Returns the last problem; those before it are printed on standard error.
    fn outcome(mut self) -> Result<(), Failure> {
        let Some(last) = self.problems.pop() else { return Ok(()) };
        for problem in self.problems {
            let _ = writeln!(io::stderr(), "packet-exporter: {problem:#}");
        }

        Err(if self.files.is_empty() { Failure::Refused(last) } else { Failure::Failed(last) })
    }
}

/// A capture whose header was read.
struct Opened {
    /// For people.
    name: String,
    /// Bytes that there are to read, if that is known.
    size: Option<u64>,
    capture: Capture<Box<dyn Read>>,
}

impl Opened {
    /// Opens a file or standard input.
    fn new(file: Option<&Path>) -> anyhow::Result<Self> {
        #[expect(
            clippy::disallowed_methods,
            reason = "a capture of any size is read as it comes, also from a pipe; nothing else waits"
        )]
        let (name, size, reader): (String, _, Box<dyn Read>) = match file {
            None => ("standard input".into(), None, Box::new(io::stdin())),
            Some(path) => {
                let name = path.display().to_string();
                let file = File::open(path).with_context(|| format!("cannot open `{name}`"))?;
                let about = file.metadata().ok().filter(Metadata::is_file);
                (name, about.map(|about| about.len()), Box::new(file))
            }
        };
        let capture = Capture::open(reader).with_context(|| format!("cannot inspect `{name}`"))?;
        let size = size.filter(|_| !capture.is_packed());

        Ok(Self { name, size, capture })
    }
}

/// Returns why every packet of a file was skipped; `None` where there was none.
fn nothing_read(skipped: &Skipped) -> Option<anyhow::Error> {
    match skipped.foreign_links.keys().next() {
        Some(link) => Some(anyhow!("its packets are of link type {link}; {}", link.advice())),
        None if skipped.unknown_interface > 0 => {
            Some(anyhow!("it describes the interface of none of its packets"))
        }
        None => None,
    }
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
