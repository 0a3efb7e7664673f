//! What is generated from the command line's definition: completions of shells and manual pages.

use clap::{Arg, ArgMatches, Command, value_parser};
use clap_complete::{Shell, generate};
use clap_mangen::Man;

use super::NAME;
use crate::version::Build;

pub(super) const COMPLETIONS: &str = "completions";
pub(super) const MAN: &str = "man";
pub(super) const SHELL: &str = "SHELL";
pub(super) const COMMAND: &str = "COMMAND";
pub(super) const OPENAPI: &str = "openapi";
const FORMAT: &str = "format";

/// How the OpenAPI document is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DocumentFormat {
    Json,
    Yaml,
}

impl DocumentFormat {
    pub(super) fn of(matches: &ArgMatches) -> Self {
        match matches.get_one::<String>(FORMAT).map(String::as_str) {
            Some("yaml") => Self::Yaml,
            _ => Self::Json,
        }
    }
}

pub(super) fn openapi() -> Command {
    Command::new(OPENAPI)
        .about("Print the OpenAPI document of the REST API")
        .arg(
            Arg::new(FORMAT)
                .long(FORMAT)
                .value_name("FORMAT")
                .value_parser(["json", "yaml"])
                .default_value("json")
                .hide_possible_values(true)
                .hide_default_value(true)
                .help("json or yaml [default: json]"),
        )
        .after_help("Example: packet-exporter openapi --format yaml > packet-exporter.yaml")
}

pub(super) fn completions() -> Command {
    Command::new(COMPLETIONS)
        .about("Print a completion script for a shell")
        .arg(
            Arg::new(SHELL)
                .required(true)
                .value_parser(value_parser!(Shell))
                .hide_possible_values(true)
                .help("bash, elvish, fish, powershell or zsh"),
        )
        .after_help(
            "Example:\n  packet-exporter completions bash > /etc/bash_completion.d/packet-exporter",
        )
}

/// Defines `man`, for itself and for these commands.
pub(super) fn man(commands: &[&'static str]) -> Command {
    let commands = commands.iter().copied().chain([MAN]).collect::<Vec<_>>();

    Command::new(MAN)
        .about("Print a manual page")
        .arg(
            Arg::new(COMMAND)
                .value_parser(commands)
                .hide_possible_values(true)
                .help("run, inspect, doctor, top, token, openapi, completions, man [all]"),
        )
        .after_help("Example: packet-exporter man | man -l -")
}

/// Writes what makes this shell complete the command line.
pub(super) fn script(mut definition: Command, shell: Shell) -> String {
    let mut script = Vec::new();
    generate(shell, &mut definition, NAME, &mut script);
    let script = String::from_utf8_lossy(&script).into_owned();

    if shell != Shell::Bash {
        return script;
    }

    // clap_complete 4.6 writes the `-` of a program's name in two ways there, and what is behind a
    // command is not completed.
    script.replace("packet__subcmd__exporter__subcmd__", "packet__exporter__subcmd__")
}

/// Writes the manual page of a command in roff.
pub(super) fn page(mut definition: Command, of: Option<&str>) -> String {
    definition.build();
    let command = of.and_then(|name| definition.find_subcommand(name)).cloned();
    let command = command.unwrap_or(definition);
    let mut page = Vec::new();
    let man = Man::new(command)
        .source(format!("{NAME} {}", Build::THIS.version))
        .manual("packet-exporter");
    // A vector takes all that is written.
    let _written = man.render(&mut page);

    String::from_utf8_lossy(&page).into_owned()
}
