//! What is generated from the command line's definition: completions of shells and manual pages.

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
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
const AWS: &str = "aws";
const URI: &str = "uri";
const TARGET: &str = "target";
const PUBLISH: &str = "publish";
const KEY: &str = "api-key";

/// Which OpenAPI document is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WantedDocument {
    pub format: DocumentFormat,
    /// For Amazon API Gateway, if so.
    pub gateway: Option<Gateway>,
}

/// What a gateway of Amazon has to know of the exporter behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gateway {
    /// What the paths of requests to the exporter are below.
    pub uri: String,
    /// ARN of the balancer that a VPC link V2 leads to.
    pub target: Option<String>,
    /// Publishes what changes the exporter.
    pub changes: bool,
    /// Publishes what is sent as it comes.
    pub streams: bool,
    /// Clients need the key of a usage plan.
    pub key: bool,
}

/// How the OpenAPI document is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DocumentFormat {
    Json,
    Yaml,
}

impl WantedDocument {
    pub(super) fn of(matches: &ArgMatches) -> Self {
        let is_wanted = matches.get_flag(AWS);
        let format = DocumentFormat::of(matches);

        Self { format, gateway: is_wanted.then(|| Gateway::of(matches)) }
    }
}

impl Default for Gateway {
    /// The stage has what is behind it.
    fn default() -> Self {
        let uri = "http://${stageVariables.backend}".into();

        Self { uri, target: None, changes: false, streams: false, key: false }
    }
}

impl Gateway {
    fn of(matches: &ArgMatches) -> Self {
        let text = |name| matches.get_one::<String>(name).cloned();
        let published = matches.get_many::<String>(PUBLISH);
        let published: Vec<_> = published.into_iter().flatten().collect();
        let has = |name| published.iter().any(|it| *it == name);

        Self {
            uri: text(URI).unwrap_or_else(|| Self::default().uri),
            target: text(TARGET),
            changes: has("changes"),
            streams: has("streams"),
            key: matches.get_flag(KEY),
        }
    }
}

impl DocumentFormat {
    fn of(matches: &ArgMatches) -> Self {
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
        .args(of_gateway())
        .after_help(
            "Examples:\n  packet-exporter openapi --format yaml > packet-exporter.yaml\n  packet-exporter \
             openapi --aws --uri http://backend:10199 > aws.json",
        )
}

/// What the document for Amazon API Gateway needs.
fn of_gateway() -> [Arg; 5] {
    let of_aws = |name, value| Arg::new(name).long(name).value_name(value).requires(AWS);

    [
        Arg::new(AWS)
            .long(AWS)
            .action(ArgAction::SetTrue)
            .help("Print the document that Amazon API Gateway imports"),
        of_aws(URI, "URI")
            .value_parser(uri)
            .help("Where the gateway finds it [default: from the stage]"),
        of_aws(TARGET, "ARN").help("Balancer behind the VPC link V2"),
        of_aws(PUBLISH, "WHAT")
            .value_delimiter(',')
            .value_parser(["changes", "streams"])
            .hide_possible_values(true)
            .help("Publish changes, streams or both as well"),
        Arg::new(KEY)
            .long(KEY)
            .action(ArgAction::SetTrue)
            .requires(AWS)
            .help("Ask callers for the key of a usage plan too"),
    ]
}

/// Checks what requests begin with. The gateway refuses others when it imports.
fn uri(text: &str) -> Result<String, String> {
    let rest = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"));
    let is_uri = rest.is_some_and(|rest| {
        !rest.is_empty() && rest.bytes().all(|it| it.is_ascii_graphic() && !b"?#\"".contains(&it))
    });

    if is_uri {
        Ok(text.into())
    } else {
        Err("it has to begin with http:// or https://, and has no query".into())
    }
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
