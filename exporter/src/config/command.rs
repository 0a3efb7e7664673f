//! The command line.

mod documents;
mod flags;
mod token;
mod tools;
mod top;
mod usage;

use std::ffi::OsString;

use clap::error::ErrorKind;
use clap::{Arg, ArgAction, ArgMatches};

use super::file::ConfigFile;
use super::inputs::Inputs;
use super::keys::{self, Key};
use super::renamed::RENAMED;
use crate::version::Build;

use self::flags::{Headings, Listed};

pub use self::documents::{DocumentFormat, Gateway, WantedDocument};
pub use self::token::{Expiry, NewToken};
pub use self::tools::{Bundle, By, Doctor, Inspect, Output, Parser};
pub use self::top::Top;
pub use self::usage::UsageError;

const NAME: &str = "packet-exporter";
const ABOUT: &str = "Counts the packets of a Linux host for Prometheus and OpenTelemetry.";
const RUN: &str = "run";
const HELP: &str = "help";
const VERSION: &str = "version";
/// With the usage at once below, so that a summary fits a terminal of 24 lines.
const TEMPLATE: &str = "{about}\n{usage-heading} {usage}\n\n{all-args}{after-help}";
const WIDEST: usize = 100;
const SUMMARY_END: &str = "All flags: --help. Example: packet-exporter --web.listen-address :9100";
const END: &str = "\
Every key can be set in three places, the strongest last: the file, the environment \
(PACKET_EXPORTER_DEVICES__INCLUDE), and the command line (--devices.include). A flag that takes \
a list may be given several times.

Exit codes: 0 after a stop that was asked for, 1 after a failure while running, 2 if the \
configuration or the host was refused.

Examples:
  packet-exporter --devices.include 'eth.*' --web.listen-address :9100
  packet-exporter --otlp.endpoints http://collector:4317
  packet-exporter --config.file config.toml --config.check";

/// What the command line asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Count and serve until asked to stop.
    Run(Inputs),
    /// Say whether the configuration is valid.
    Check(Inputs),
    /// Tell what is in captures.
    Inspect(Inspect),
    /// Say whether counting would work here.
    Doctor(Doctor),
    /// Show what a running exporter counts.
    Top(Top),
    /// Make a token for the REST API.
    NewToken(NewToken),
    /// Print the OpenAPI document.
    OpenApi(WantedDocument),
    /// Print this text and end.
    Print(String),
}

impl Command {
    /// Reads the command line, the program's name first.
    pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Self, UsageError> {
        let keys = keys::all();
        let arguments: Vec<_> = arguments.into_iter().collect();

        // `-h` is one list, for all that clap can tell.
        let is_full = arguments.iter().any(|it| it == "--help");
        let headings = if is_full { Headings::Sections } else { Headings::None };

        let mut definition = definition(&keys, headings);
        let matches = match definition.try_get_matches_from_mut(&arguments) {
            Ok(matches) => matches,
            Err(error) if error.kind() == ErrorKind::DisplayHelp => {
                return Ok(Self::Print(error.to_string()));
            }
            Err(error) => return Err(refused(error, &definition, &arguments)),
        };
        let (name, own) = matches.subcommand().unwrap_or((RUN, &matches));
        if let Some(text) = printed(name, own, &keys) {
            return Ok(Self::Print(text));
        }
        if name == documents::OPENAPI {
            return Ok(Self::OpenApi(WantedDocument::of(own)));
        }
        if name == top::TOP {
            return Ok(Self::Top(Top::of(own)));
        }
        if name == token::TOKEN {
            return Ok(Self::NewToken(NewToken::new(own)));
        }
        let inputs = inputs([own, &matches], &keys);

        Ok(match name {
            _ if [own, &matches].iter().any(|matches| matches.get_flag(flags::CHECK)) => {
                Self::Check(inputs)
            }
            tools::INSPECT => Self::Inspect(Inspect::new(inputs, own)),
            tools::DOCTOR => Self::Doctor(Doctor::new(inputs, own)),
            _ => Self::Run(inputs),
        })
    }

    /// Takes those variables that set a key.
    #[must_use]
    pub fn with_variables(self, variables: impl IntoIterator<Item = (OsString, OsString)>) -> Self {
        let with = |inputs: Inputs| inputs.with_variables(variables);

        match self {
            Self::Run(inputs) => Self::Run(with(inputs)),
            Self::Check(inputs) => Self::Check(with(inputs)),
            Self::Inspect(Inspect { inputs, files, output, by, top, parser }) => {
                let inputs = with(inputs);
                Self::Inspect(Inspect { inputs, files, output, by, top, parser })
            }
            Self::Doctor(Doctor { inputs, json, bundle }) => {
                Self::Doctor(Doctor { inputs: with(inputs), json, bundle })
            }
            Self::Top(top) => Self::Top(top),
            Self::NewToken(wanted) => Self::NewToken(wanted),
            Self::OpenApi(wanted) => Self::OpenApi(wanted),
            Self::Print(text) => Self::Print(text),
        }
    }
}

/// Returns what is printed of the command line itself, if that is all that is asked for.
fn printed(name: &str, matches: &ArgMatches, keys: &[Key]) -> Option<String> {
    if matches.get_flag(VERSION) {
        return Some(Build::THIS.to_string());
    }

    match name {
        documents::COMPLETIONS => {
            let shell = matches.get_one(documents::SHELL).copied()?;
            Some(documents::script(definition(keys, Headings::None), shell))
        }
        documents::MAN => {
            let of = matches.get_one::<String>(documents::COMMAND);
            let definition = definition(keys, Headings::Sections);
            Some(documents::page(definition, of.map(String::as_str)))
        }
        _ => None,
    }
}

/// Reads what sets keys; what stands behind the name of a command is stronger.
fn inputs(matches: [&ArgMatches; 2], keys: &[Key]) -> Inputs {
    let file = matches.iter().find_map(|matches| matches.get_one(flags::FILE));
    let file = file.map_or_else(ConfigFile::default, |path| ConfigFile::Named(Clone::clone(path)));
    let flag = |key: &Key| {
        let values = matches.iter().find_map(|matches| matches.get_many::<String>(&key.name))?;
        Some((key.name.clone(), values.cloned().collect()))
    };

    let old = RENAMED.into_iter().filter_map(|(old, _)| {
        let values = matches.iter().find_map(|matches| matches.get_many::<String>(old))?;
        Some((old.to_owned(), values.cloned().collect()))
    });

    Inputs::new(file, keys.iter().filter_map(flag).chain(old).collect())
}

fn refused(error: clap::Error, all: &clap::Command, arguments: &[OsString]) -> UsageError {
    let is_named = |command: &&clap::Command| arguments.iter().any(|it| it == command.get_name());
    let command = all.get_subcommands().find(is_named);
    let name = command.map_or_else(|| NAME.into(), |it| format!("{NAME} {}", it.get_name()));
    let flags = command.unwrap_or(all).get_arguments().filter_map(Arg::get_long);

    UsageError::new(error, name, flags)
}

fn definition(keys: &[Key], headings: Headings) -> clap::Command {
    let help = Arg::new(HELP)
        .short('h')
        .long(HELP)
        .action(ArgAction::Help)
        .hide_short_help(true)
        .long_help("Print help: -h a summary, --help everything")
        .global(true);
    let version = Arg::new(VERSION)
        .long(VERSION)
        .action(ArgAction::SetTrue)
        .hide_short_help(true)
        .long_help("Print the version and exit")
        .global(true);
    let run = clap::Command::new(RUN)
        .about("Count packets and serve metrics; this is the default")
        .args(flags::settings(keys, Listed::Summary, headings))
        .after_help(SUMMARY_END)
        .after_long_help(END);
    let tools = [tools::inspect(), tools::doctor()]
        .map(|tool| tool.args(flags::settings(keys, Listed::Full, headings)));
    let man = documents::man(&[
        RUN,
        tools::INSPECT,
        tools::DOCTOR,
        top::TOP,
        token::TOKEN,
        documents::OPENAPI,
        documents::COMPLETIONS,
    ]);

    clap::Command::new(NAME)
        .about(ABOUT)
        .override_usage("packet-exporter [OPTIONS] [COMMAND]")
        .subcommands([run].into_iter().chain(tools).chain([
            top::top(),
            token::token(),
            documents::openapi(),
            documents::completions(),
            man,
        ]))
        .disable_help_subcommand(true)
        .disable_help_flag(true)
        .args(flags::settings(keys, Listed::Summary, headings))
        .args([help, version])
        .after_help(SUMMARY_END)
        .after_long_help(END)
        .help_template(TEMPLATE)
        .max_term_width(WIDEST)
        .mut_subcommands(|command| command.help_template(TEMPLATE).max_term_width(WIDEST))
}

#[cfg(test)]
mod tests;
