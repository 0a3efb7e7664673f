//! The commands besides `run`: `inspect` and `doctor`.

use std::path::PathBuf;

use clap::builder::{PathBufValueParser, PossibleValuesParser};
use clap::{Arg, ArgAction, ArgMatches, Command, ValueHint, value_parser};

use crate::config::Inputs;

pub(super) const INSPECT: &str = "inspect";
pub(super) const DOCTOR: &str = "doctor";
const FILE: &str = "FILE";
const JSON: &str = "json";
const EACH: &str = "each";
const PARSER: &str = "parser";
const BY: &str = "by";
const TOP: &str = "top";
const BUNDLE: &str = "bundle";
const NO_ADDRESSES: &str = "no-addresses";

/// `inspect`: counts the packets of captures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inspect {
    pub inputs: Inputs,
    /// The captures; `None` stands for standard input.
    pub files: Vec<Option<PathBuf>>,
    pub output: Output,
    /// What is printed of all that is counted; everything where it is empty.
    pub by: Vec<By>,
    /// How many sources and ports are printed; `None` if it was not said.
    pub top: Option<usize>,
    pub parser: Parser,
}

/// What is printed about captures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// A summary for a person.
    Summary,
    /// One object with everything.
    Json,
    /// One line of JSON for each packet.
    Each,
}

/// What packets are listed by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    Source,
    Port,
    /// Family and protocol.
    Protocol,
}

/// What parses the packets of a capture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parser {
    /// The build of the parser for this host.
    Host,
    /// The program in the kernel.
    Kernel,
}

/// `doctor`: checks whether counting would work here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doctor {
    pub inputs: Inputs,
    /// Print one JSON object instead of a table.
    pub json: bool,
    /// Write an archive for a bug report as well.
    pub bundle: Option<Bundle>,
}

/// An archive with what a bug report needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bundle {
    /// The file to write; `None` stands for standard output.
    pub to: Option<PathBuf>,
    /// Leave out the addresses of peers and of this host.
    pub no_addresses: bool,
}

impl Inspect {
    pub(super) fn new(inputs: Inputs, matches: &ArgMatches) -> Self {
        let files = matches.get_many::<PathBuf>(FILE).into_iter().flatten().cloned();
        let output = match (matches.get_flag(JSON), matches.get_flag(EACH)) {
            (_, true) => Output::Each,
            (true, false) => Output::Json,
            (false, false) => Output::Summary,
        };
        let by = |text: &String| match text.as_str() {
            "source" => By::Source,
            "port" => By::Port,
            _ => By::Protocol,
        };
        let parser = match matches.get_one::<String>(PARSER).map(String::as_str) {
            Some("kernel") => Parser::Kernel,
            _ => Parser::Host,
        };

        Self {
            inputs,
            files: files.map(|file| Some(file).filter(|file| file.as_os_str() != "-")).collect(),
            output,
            by: matches.get_many(BY).into_iter().flatten().map(by).collect(),
            top: matches.get_one::<u32>(TOP).map(|top| *top as usize),
            parser,
        }
    }
}

impl Doctor {
    pub(super) fn new(inputs: Inputs, matches: &ArgMatches) -> Self {
        let bundle = matches.get_one::<PathBuf>(BUNDLE).map(|file| Bundle {
            to: Some(file.clone()).filter(|file| file.as_os_str() != "-"),
            no_addresses: matches.get_flag(NO_ADDRESSES),
        });

        Self { inputs, json: matches.get_flag(JSON), bundle }
    }
}

pub(super) fn inspect() -> Command {
    let file = Arg::new(FILE)
        .required(true)
        .num_args(1..)
        .value_parser(PathBufValueParser::new())
        .value_hint(ValueHint::FilePath)
        .help("Captures: pcap or pcapng, also in gzip or zstd; - is stdin");
    let each = Arg::new(EACH)
        .long(EACH)
        .action(ArgAction::SetTrue)
        .conflicts_with_all([JSON, BY, TOP])
        .help("Print one line of JSON for each packet");
    let by = Arg::new(BY)
        .long(BY)
        .value_name("WHAT")
        .action(ArgAction::Append)
        .value_delimiter(',')
        .value_parser(PossibleValuesParser::new(["source", "port", "protocol"]))
        .hide_possible_values(true)
        .help("Print only packets by source, port or protocol")
        .long_help("Print only packets by source, port or protocol, the busiest first");
    let top = Arg::new(TOP)
        .long(TOP)
        .value_name("N")
        .value_parser(value_parser!(u32).range(1..))
        .help("Print the N busiest sources and ports")
        .long_help(
            "Print the N busiest sources and ports [default: 10 in the summary, all in JSON]",
        );
    let parser = Arg::new(PARSER)
        .long(PARSER)
        .value_name("PARSER")
        .value_parser(PossibleValuesParser::new(["host", "kernel"]))
        .hide_possible_values(true)
        .help("Parse in this process (host) or in the kernel")
        .long_help(
            "What parses the packets: host is the parser built for this process, kernel is the \
             program in the kernel, which needs the rights to load it and takes longer \
             [default: host]",
        );

    Command::new(INSPECT)
        .about("Count the packets of capture files, as the exporter counts")
        .args([file, json(), each, by, top, parser])
        .after_help(
            "All flags: packet-exporter inspect --help. Example:\n  \
             packet-exporter inspect --by source --top 5 traffic.pcap",
        )
}

pub(super) fn doctor() -> Command {
    let bundle = Arg::new(BUNDLE)
        .long(BUNDLE)
        .value_name("FILE.tar.gz")
        .value_parser(PathBufValueParser::new())
        .value_hint(ValueHint::FilePath)
        .conflicts_with(JSON)
        .help("Write an archive for a bug report; - is stdout")
        .long_help(
            "Write an archive for a bug report: the configuration without secrets, the report, \
             the log, the metrics, and what the kernel and the devices are. It works without \
             root, without a running exporter and with a configuration that is refused, and then \
             holds less. An existing file is not overwritten. - writes it to standard output.",
        );
    let no_addresses = Arg::new(NO_ADDRESSES)
        .long(NO_ADDRESSES)
        .action(ArgAction::SetTrue)
        .requires(BUNDLE)
        .help("Mask IP and MAC addresses in the archive");

    Command::new(DOCTOR)
        .about("Check whether counting would work here, and what is in the way")
        .args([json(), bundle, no_addresses])
        .after_help(
            "All flags: packet-exporter doctor --help. Example:\n  \
             packet-exporter doctor --bundle report.tar.gz",
        )
}

fn json() -> Arg {
    Arg::new(JSON).long(JSON).action(ArgAction::SetTrue).help("Print one JSON object")
}
