//! The flags that set keys.

use std::ffi::OsStr;

use clap::builder::{
    NonEmptyStringValueParser, PathBufValueParser, PossibleValue, StringValueParser,
    TypedValueParser,
};
use clap::{Arg, ArgAction, ValueHint};

use crate::config::keys::Key;
use crate::config::renamed::RENAMED;

pub(super) const FILE: &str = "config.file";
pub(super) const CHECK: &str = "config.check";
/// In the summary of `-h`, as they are called there: with `FILE` and `CHECK`, those that people use.
const COMMON: [(&str, &str); 6] = [
    ("devices.include", "Devices to count, by their whole name"),
    ("devices.exclude", "Devices to leave out of those"),
    ("otlp.endpoints", "OTLP receiver, as http://host:4317"),
    ("web.listen_address", "Where to serve metrics [:10199]"),
    ("web.config_file", "TLS and users of the HTTP server"),
    ("log.level", "error, warn, info or debug [info]"),
];

/// Where a flag is listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Listed {
    /// By `-h` too, if people use it.
    Summary,
    /// By `--help` alone.
    Full,
}

/// What flags are listed under.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Headings {
    /// One list.
    None,
    /// The sections of the configuration.
    Sections,
}

/// Returns the flags that say where the configuration is, and each that sets a key.
pub(super) fn settings(keys: &[Key], listed: Listed, headings: Headings) -> Vec<Arg> {
    let file = Arg::new(FILE)
        .long(FILE)
        .value_name("FILE")
        .value_parser(PathBufValueParser::new())
        .value_hint(ValueHint::FilePath)
        .help("Configuration to read, a TOML file")
        .long_help(
            "Configuration to read, a TOML file. Without this flag, \
             /etc/packet-exporter/config.toml is read if it exists.",
        );
    let check = Arg::new(CHECK)
        .long(CHECK)
        .action(ArgAction::SetTrue)
        .hide_short_help(listed == Listed::Full)
        .help("Check the configuration and exit")
        .long_help("Check the configuration, print what differs from the defaults, and exit");

    let of_key = |key| match headings {
        Headings::None => flag(key, listed),
        Headings::Sections => flag(key, listed).help_heading(heading(key)),
    };

    let old = RENAMED.map(|(old, _)| Arg::new(old).long(old).hide(true));

    [file, check].into_iter().chain(keys.iter().map(of_key)).chain(old).collect()
}

fn flag(key: &Key, listed: Listed) -> Arg {
    let common = COMMON.iter().find(|(name, _)| *name == key.name);
    let short = common.map_or_else(|| first_sentence(key.meaning()), |(_, text)| text);
    let flag = Arg::new(key.name.clone())
        .long(key.flag())
        .help(short.to_owned())
        .long_help(format!("{} [default: {}]", key.text, key.default))
        .hide_short_help(listed == Listed::Full || common.is_none())
        .hide_possible_values(true)
        .allow_negative_numbers(true)
        .value_name(value_name(key));
    let flag = match words(key.allowed()) {
        Some(words) => flag.value_parser(Suggested(words)),
        None if is_path(key) => flag.value_hint(ValueHint::AnyPath),
        None => flag,
    };

    match key.default {
        "true" | "false" => {
            flag.num_args(0..=1).default_missing_value("true").value_name("true|false")
        }
        list if list.starts_with('[') => {
            let value = NonEmptyStringValueParser::new();
            flag.action(ArgAction::Append).value_parser(value)
        }
        _ => flag,
    }
}

fn heading(key: &Key) -> String {
    format!("[{}] {}", key.section(), first_sentence(key.title))
}

fn first_sentence(text: &str) -> &str {
    let text = text.split_once(". ").map_or(text, |(first, _)| first);

    text.trim_end_matches('.')
}

fn is_path(key: &Key) -> bool {
    ["a path", "an absolute path"].iter().any(|it| key.allowed().starts_with(it))
}

/// Returns the words that a key may be, if it may be nothing else.
fn words(allowed: &str) -> Option<Vec<String>> {
    let allowed = allowed.replace(" or ", ", ");
    let words: Vec<_> = allowed.split(", ").map(ToOwned::to_owned).collect();
    let is_word = |text: &String| text.bytes().all(|it| it.is_ascii_lowercase() || it == b'/');

    (words.len() > 1 && words.iter().all(is_word)).then_some(words)
}

fn value_name(key: &Key) -> String {
    let Key { name, default, .. } = key;
    let allowed = key.allowed();
    let is_number = |text: &str| text.bytes().all(|it| it.is_ascii_digit());
    let name = match allowed {
        _ if is_path(key) => "PATH",
        _ if allowed.starts_with("a regular expression") => "REGEX",
        _ if allowed.starts_with("\"http") => "URL",
        _ if allowed.starts_with("\":port") => "ADDRESS",
        _ if allowed.starts_with("\"name=value") => "NAME=VALUE",
        _ if allowed.starts_with("at most four ports") => "PORT",
        _ if words(allowed).is_some() => {
            let name = name.rsplit(['.', '_']).next().unwrap_or(name);
            return name.to_uppercase();
        }
        _ if allowed.starts_with("a list of tables") => "TABLE",
        _ if allowed.starts_with("\"auto\", or a size") => "SIZE",
        _ if is_number(default) || is_number_or_auto(allowed) => "NUMBER",
        _ if allowed.starts_with(|it: char| it.is_ascii_digit()) => "DURATION",
        _ => "VALUE",
    };

    name.to_owned()
}

/// Returns whether a number is allowed, or the word `auto`.
fn is_number_or_auto(allowed: &str) -> bool {
    let number = allowed.strip_prefix("\"auto\", or ");
    let number = number.map(|it| it.trim_start_matches("a power of two, "));

    number.is_some_and(|it| it.starts_with(|it: char| it.is_ascii_digit()))
}

/// Any text; a shell completes these. What is not allowed is refused with its origin later on.
#[derive(Clone)]
struct Suggested(Vec<String>);

impl TypedValueParser for Suggested {
    type Value = String;

    fn parse_ref(
        &self,
        command: &clap::Command,
        arg: Option<&Arg>,
        value: &OsStr,
    ) -> Result<String, clap::Error> {
        StringValueParser::new().parse_ref(command, arg, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(self.0.iter().map(PossibleValue::new)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::keys;

    #[test]
    fn values_are_called_by_what_they_are() {
        let expected = [
            ("devices.include", "REGEX"),
            ("devices.linger", "DURATION"),
            ("datapath.mode", "MODE"),
            ("datapath.pin_path", "PATH"),
            ("datapath.memory", "SIZE"),
            ("datapath.source_overflow_entries", "NUMBER"),
            ("otlp.endpoints", "URL"),
            ("otlp.logs_compression", "COMPRESSION"),
            ("otlp.headers", "NAME=VALUE"),
            ("web.listen_address", "ADDRESS"),
            ("parser.vxlan_ports", "PORT"),
            ("datapath.override", "TABLE"),
        ];
        let keys = keys::all();

        for (name, value) in expected {
            let key = keys.iter().find(|key| key.name == name).unwrap();
            assert_eq!(value_name(key), value, "{name}");
        }
    }

    #[test]
    fn a_shell_completes_words_and_nothing_else() {
        let protocols = ["grpc", "http/protobuf", "http/json"].map(ToOwned::to_owned).to_vec();

        assert_eq!(words("grpc, http/protobuf or http/json"), Some(protocols));
        for none in ["1 to 5", "a path, or same", "true with an endpoint, or false", "a path"] {
            assert_eq!(words(none), None, "{none}");
        }
    }

    #[test]
    fn the_flags_of_the_summary_are_there() {
        let keys = keys::all();

        for (name, _) in COMMON {
            assert!(keys.iter().any(|key| key.name == name), "there is no `{name}`");
        }
    }
}
