//! The commands besides `run`: `inspect` and `doctor`.

use std::path::PathBuf;

use clap::builder::{PathBufValueParser, PossibleValuesParser};
use clap::{Arg, ArgAction, ArgMatches, Command};

use crate::config::Inputs;

pub(super) const INSPECT: &str = "inspect";
pub(super) const DOCTOR: &str = "doctor";
const FILE: &str = "FILE";
const JSON: &str = "json";
const EACH: &str = "each";
const PARSER: &str = "parser";

/// `inspect`: says what is in a capture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inspect {
    pub inputs: Inputs,
    /// The capture; `None` stands for standard input.
    pub file: Option<PathBuf>,
    pub output: Output,
    pub parser: Parser,
}

/// What is printed about a capture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// A summary for a person.
    Summary,
    /// One object with everything.
    Json,
    /// One line of JSON for each packet.
    Each,
}

/// What reads the frames of a capture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parser {
    /// The program in the kernel, where that is permitted.
    Auto,
    Kernel,
    Host,
}

/// `doctor`: says whether counting would work here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doctor {
    pub inputs: Inputs,
    /// Print one JSON object instead of a table.
    pub json: bool,
}

impl Inspect {
    pub(super) fn new(inputs: Inputs, matches: &ArgMatches) -> Self {
        let file = matches.get_one::<PathBuf>(FILE).cloned();
        let output = match (matches.get_flag(JSON), matches.get_flag(EACH)) {
            (_, true) => Output::Each,
            (true, false) => Output::Json,
            (false, false) => Output::Summary,
        };
        let parser = match matches.get_one::<String>(PARSER).map(String::as_str) {
            Some("kernel") => Parser::Kernel,
            Some("host") => Parser::Host,
            _ => Parser::Auto,
        };

        Self { inputs, file: file.filter(|file| file.as_os_str() != "-"), output, parser }
    }
}

impl Doctor {
    pub(super) fn new(inputs: Inputs, matches: &ArgMatches) -> Self {
        Self { inputs, json: matches.get_flag(JSON) }
    }
}

pub(super) fn inspect() -> Command {
    let file = Arg::new(FILE)
        .required(true)
        .value_parser(PathBufValueParser::new())
        .help("Capture of Ethernet frames, pcap or pcapng; - for standard input");
    let each = Arg::new(EACH)
        .long(EACH)
        .action(ArgAction::SetTrue)
        .conflicts_with(JSON)
        .help("Print one line of JSON for each packet");
    let parser = Arg::new(PARSER)
        .long(PARSER)
        .value_name("PARSER")
        .value_parser(PossibleValuesParser::new(["auto", "kernel", "host"]))
        .help(
            "What reads the packets: the program in the kernel, its parser built for this host, \
             or the first of them that is permitted [default: auto]",
        );

    Command::new(INSPECT).about("Say what is in a capture, as the exporter counts it").args([
        file,
        json(),
        each,
        parser,
    ])
}

pub(super) fn doctor() -> Command {
    Command::new(DOCTOR)
        .about("Say whether counting would work here, and what stands in its way")
        .arg(json())
}

fn json() -> Arg {
    Arg::new(JSON).long(JSON).action(ArgAction::SetTrue).help("Print one JSON object")
}
