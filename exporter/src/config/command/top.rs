//! The command `top`.

use std::path::PathBuf;

use clap::builder::PathBufValueParser;
use clap::{Arg, ArgAction, ArgMatches, Command, ValueHint};

pub(super) const TOP: &str = "top";
const URL: &str = "url";
const DEVICE: &str = "device";
const SENT: &str = "sent";
const BITS: &str = "bits";
const ONCE: &str = "once";
const HEADERS_FILE: &str = "headers-file";
const CA_FILE: &str = "ca-file";

/// `top`: what is counted now, in a terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Top {
    /// Where the exporter is: everything before `/api/v1`.
    pub url: String,
    /// Show only this device.
    pub device: Option<String>,
    /// Lists show what is sent, not what is received.
    pub sent: bool,
    /// Order by bits, not by packets.
    pub bits: bool,
    /// Print one table and end.
    pub once: bool,
    /// A file with headers to send, as `otlp.headers_file`; none with an empty path.
    pub headers_file: PathBuf,
    /// Certificates to trust; with an empty path those that the system trusts.
    pub ca_file: PathBuf,
}

impl Top {
    pub(super) fn of(matches: &ArgMatches) -> Self {
        let path = |name| matches.get_one::<PathBuf>(name).cloned().unwrap_or_default();

        Self {
            url: matches.get_one(URL).cloned().unwrap_or_default(),
            device: matches.get_one(DEVICE).cloned(),
            sent: matches.get_flag(SENT),
            bits: matches.get_flag(BITS),
            once: matches.get_flag(ONCE),
            headers_file: path(HEADERS_FILE),
            ca_file: path(CA_FILE),
        }
    }
}

pub(super) fn top() -> Command {
    let url = Arg::new(URL)
        .long(URL)
        .value_name("URL")
        .value_hint(ValueHint::Url)
        .default_value("http://localhost:10199")
        .hide_default_value(true)
        .help("Where the exporter is [http://localhost:10199]");
    let device = Arg::new(DEVICE).long(DEVICE).value_name("NAME").help("Show only this device");

    Command::new(TOP)
        .about("Show what is counted now, in a terminal")
        .args([
            url,
            device,
            flag(SENT, "List what is sent, not what is received"),
            flag(BITS, "Order by bits, not by packets"),
            flag(ONCE, "Print one table for scripts and end"),
            file(HEADERS_FILE, "A file with headers to send, one on each line"),
            file(CA_FILE, "Certificates to trust, in PEM"),
        ])
        .after_help(
            "Keys: q quits, arrows choose device and direction, / filters, h shows all.\n\
             Example: packet-exporter top --url https://node-1:10199 --device eth0",
        )
}

fn flag(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).action(ArgAction::SetTrue).help(help)
}

fn file(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name)
        .long(name)
        .value_name("FILE")
        .value_parser(PathBufValueParser::new())
        .value_hint(ValueHint::FilePath)
        .help(help)
}
