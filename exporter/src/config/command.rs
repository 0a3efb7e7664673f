//! The command line.

mod tools;

use std::ffi::OsString;

use clap::builder::{NonEmptyStringValueParser, PathBufValueParser};
use clap::error::ErrorKind;
use clap::{Arg, ArgAction, ArgMatches};

use super::file::ConfigFile;
use super::inputs::Inputs;
use super::keys::{self, Key};
use crate::version::Build;

pub use self::tools::{By, Doctor, Inspect, Output, Parser};

const ABOUT: &str = "Counts the packets of a Linux host for Prometheus and OpenTelemetry.";
const FILE: &str = "config.file";
const CHECK: &str = "config.check";
const VERSION: &str = "version";

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
    /// Print this text and end.
    Print(String),
}

/// Why the command line is refused, and how it is meant to be.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct UsageError(Box<clap::Error>);

impl Command {
    /// Reads the command line, the program's name first.
    pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Self, UsageError> {
        let keys = keys::all();

        let matches = match definition(&keys).try_get_matches_from(arguments) {
            Ok(matches) => matches,
            Err(error) if error.kind() == ErrorKind::DisplayHelp => {
                return Ok(Self::Print(error.to_string()));
            }
            Err(error) => return Err(UsageError(Box::new(error))),
        };
        let (name, matches) = matches.subcommand().unwrap_or(("run", &matches));

        if matches.get_flag(VERSION) {
            return Ok(Self::Print(Build::THIS.to_string()));
        }
        let inputs = inputs(matches, &keys);

        Ok(match name {
            _ if matches.get_flag(CHECK) => Self::Check(inputs),
            tools::INSPECT => Self::Inspect(Inspect::new(inputs, matches)),
            tools::DOCTOR => Self::Doctor(Doctor::new(inputs, matches)),
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
            Self::Doctor(Doctor { inputs, json }) => {
                Self::Doctor(Doctor { inputs: with(inputs), json })
            }
            Self::Print(text) => Self::Print(text),
        }
    }
}

fn inputs(matches: &ArgMatches, keys: &[Key]) -> Inputs {
    let file = matches
        .get_one(FILE)
        .map_or_else(ConfigFile::default, |path| ConfigFile::Named(Clone::clone(path)));
    let flag = |key: &Key| {
        let values = matches.get_many::<String>(&key.name)?;
        Some((key.name.clone(), values.cloned().collect()))
    };

    Inputs::new(file, keys.iter().filter_map(flag).collect())
}

fn definition(keys: &[Key]) -> clap::Command {
    // Global, so that they may stand on either side of `run`.
    let file = Arg::new(FILE)
        .long(FILE)
        .value_name("FILE")
        .value_parser(PathBufValueParser::new())
        .help("TOML file to read; without it /etc/packet-exporter/config.toml, if it is there")
        .global(true);
    let check = Arg::new(CHECK)
        .long(CHECK)
        .action(ArgAction::SetTrue)
        .help("Say whether the configuration is valid, and end")
        .global(true);
    let version = Arg::new(VERSION)
        .long(VERSION)
        .action(ArgAction::SetTrue)
        .help("Print the version, and end")
        .global(true);

    clap::Command::new("packet-exporter")
        .about(ABOUT)
        .subcommand(clap::Command::new("run").about("Count and serve; this is the default"))
        .subcommands([tools::inspect(), tools::doctor()])
        .disable_help_subcommand(true)
        .args([file, check, version])
        .args(keys.iter().map(flag))
}

fn flag(key: &Key) -> Arg {
    let flag = Arg::new(key.name.clone())
        .long(key.flag())
        .help(format!("{} [default: {}]", key.text, key.default))
        .allow_negative_numbers(true)
        .global(true);

    match key.default {
        "true" | "false" => {
            flag.num_args(0..=1).default_missing_value("true").value_name("true|false")
        }
        list if list.starts_with('[') => {
            let value = NonEmptyStringValueParser::new();
            flag.action(ArgAction::Append).value_name("VALUE").value_parser(value)
        }
        _ => flag.value_name("VALUE"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Command, UsageError> {
        Command::parse(line.split(' ').map(Into::into))
    }

    fn flags(of: &[(&str, &[&str])]) -> Vec<(String, Vec<String>)> {
        let owned = |texts: &[&str]| texts.iter().map(ToString::to_string).collect();

        of.iter().map(|(key, texts)| ((*key).to_owned(), owned(texts))).collect()
    }

    #[test]
    fn the_definition_holds() {
        definition(&keys::all()).debug_assert();
    }

    #[test]
    fn every_key_is_a_flag() {
        for key in keys::all() {
            let line = format!("packet-exporter --{}=value", key.flag());

            let Ok(Command::Run(inputs)) = parse(&line) else { panic!("{line}") };

            assert_eq!(
                inputs,
                Inputs::new(ConfigFile::default(), flags(&[(&key.name, &["value"])]))
            );
        }
    }

    #[test]
    fn a_command_line_is_understood() {
        let run = |of| Command::Run(Inputs::new(ConfigFile::default(), flags(of)));
        let named = || ConfigFile::Named("a.toml".into());
        let cases = [
            ("", run(&[])),
            ("run", run(&[])),
            ("run --devices.include eth.*", run(&[("devices.include", &["eth.*"])])),
            ("--devices.include eth.* run", run(&[("devices.include", &["eth.*"])])),
            (
                "--web.listen-address :1 --web.listen-address=[::1]:2",
                run(&[("web.listen_address", &[":1", "[::1]:2"])]),
            ),
            ("--web.config.file web.yml", run(&[("web.config_file", &["web.yml"])])),
            (
                "--vlans.enabled --ports.enabled=false",
                run(&[("ports.enabled", &["false"]), ("vlans.enabled", &["true"])]),
            ),
            ("--config.file a.toml", Command::Run(Inputs::new(named(), Vec::new()))),
            (
                "--config.check --config.file=a.toml",
                Command::Check(Inputs::new(named(), Vec::new())),
            ),
            ("--version", Command::Print(Build::THIS.to_string())),
            ("inspect a.pcap", inspect(&[Some("a.pcap")], |_| {})),
            ("inspect - --json", inspect(&[None], |it| it.output = Output::Json)),
            (
                "inspect --each --parser kernel ./- b.pcap",
                inspect(&[Some("./-"), Some("b.pcap")], |it| {
                    (it.output, it.parser) = (Output::Each, Parser::Kernel);
                }),
            ),
            (
                "inspect --by source,port --by protocol a.pcap --top 3",
                inspect(&[Some("a.pcap")], |it| {
                    it.by = vec![By::Source, By::Port, By::Protocol];
                    it.top = Some(3);
                }),
            ),
            (
                "--ports.ephemeral 1-2 inspect --parser=host a.pcap",
                inspect(&[Some("a.pcap")], |it| {
                    let flags = flags(&[("ports.ephemeral", &["1-2"])]);
                    it.inputs = Inputs::new(ConfigFile::default(), flags);
                }),
            ),
            ("doctor", doctor(false, &[])),
            (
                "doctor --json --devices.include eth0",
                doctor(true, &[("devices.include", &["eth0"])]),
            ),
        ];

        for (line, command) in cases {
            let whole = format!("packet-exporter {line}");
            assert_eq!(parse(whole.trim_end()).unwrap(), command, "{line}");
        }
    }

    /// The command for a summary of these files, changed in some way.
    fn inspect(files: &[Option<&str>], change: fn(&mut Inspect)) -> Command {
        let mut inspect = Inspect {
            inputs: Inputs::new(ConfigFile::default(), Vec::new()),
            files: files.iter().map(|file| file.map(Into::into)).collect(),
            output: Output::Summary,
            by: Vec::new(),
            top: None,
            parser: Parser::Host,
        };
        change(&mut inspect);

        Command::Inspect(inspect)
    }

    fn doctor(json: bool, of: &[(&str, &[&str])]) -> Command {
        Command::Doctor(Doctor { inputs: Inputs::new(ConfigFile::default(), flags(of)), json })
    }

    #[test]
    fn a_capture_is_inspected_in_one_way() {
        let lines = [
            "inspect",
            "inspect --json --each a.pcap",
            "inspect --each --top 3 a.pcap",
            "inspect --each --by port a.pcap",
            "inspect --parser fast a.pcap",
            "inspect --parser auto a.pcap",
            "inspect --by size a.pcap",
            "inspect --top 0 a.pcap",
        ];

        for line in lines {
            assert!(parse(&format!("packet-exporter {line}")).is_err(), "{line}");
        }
    }

    #[test]
    fn an_unknown_flag_is_refused_with_the_one_that_was_meant() {
        let error = parse("packet-exporter --devices.includ eth0").unwrap_err().to_string();

        assert!(error.contains("unexpected argument '--devices.includ'"), "{error}");
        assert!(error.contains("'--devices.include'"), "{error}");
    }

    #[test]
    fn help_names_every_key_and_what_is_allowed() {
        let Ok(Command::Print(help)) = parse("packet-exporter -h") else { panic!("no help") };

        for key in keys::all() {
            assert!(help.contains(&format!("--{}", key.flag())), "{}", key.name);
        }
        assert!(help.contains("100ms to 60s. [default: \"1s\"]"), "{help}");
    }
}
