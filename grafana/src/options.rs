//! The options of the command line.

use std::path::PathBuf;

use grafana::Made;
use grafana::rules::{self, Scale, Settings};

pub(crate) const USAGE: &str = "\
usage: cargo run -p grafana [-- [--set NAME=VALUE]... [--into FOLDER] [--scale NUMBER]]
  --set NAME=VALUE  another value for a setting; grafana/mixin/config.libsonnet has them all
  --into FOLDER     writes below this folder, and not where the files are committed
  --scale NUMBER    writes the rules alone, with every time divided; needs --into
  --help            prints this text";

/// What the command line asks for.
#[derive(Debug)]
pub(crate) enum Asked {
    Usage,
    Files(Options),
}

/// Files, and where they go.
#[derive(Debug)]
pub(crate) struct Options {
    settings: Settings,
    /// Where the committed files are if there is none.
    pub(crate) into: Option<PathBuf>,
    scale: Option<Scale>,
}

impl Options {
    /// Reads arguments; an error is a text for people.
    pub(crate) fn read(mut arguments: impl Iterator<Item = String>) -> Result<Asked, String> {
        let mut options = Self { settings: Settings::default(), into: None, scale: None };
        while let Some(name) = arguments.next() {
            let mut value = || arguments.next().ok_or_else(|| format!("{name} needs a value"));
            match name.as_str() {
                "--set" => {
                    let changed = options.settings.with_text(&value()?);
                    options.settings = changed.map_err(|error| error.to_string())?;
                }
                "--into" => match value()? {
                    folder if folder.is_empty() => return Err("--into needs a folder".to_owned()),
                    folder => options.into = Some(folder.into()),
                },
                "--scale" => options.scale = Some(scale(&value()?)?),
                "--help" | "-h" => return Ok(Asked::Usage),
                _ => return Err(format!("`{name}` is no option\n{USAGE}")),
            }
        }
        if options.scale.is_some() && options.into.is_none() {
            return Err("--scale needs --into: shortened rules are not committed".to_owned());
        }

        Ok(Asked::Files(options))
    }

    pub(crate) fn files(&self) -> Vec<Made> {
        match self.scale {
            Some(scale) => rules::made(&self.settings, scale),
            None => grafana::all(&self.settings),
        }
    }
}

fn scale(text: &str) -> Result<Scale, String> {
    match text.parse() {
        Ok(scale @ 1..) => Ok(Scale(scale)),
        Ok(_) | Err(_) => Err(format!("--scale must be a whole number from 1 on, is `{text}`")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(arguments: &[&str]) -> Result<Options, String> {
        match Options::read(arguments.iter().map(|&it| it.to_owned()))? {
            Asked::Files(options) => Ok(options),
            Asked::Usage => panic!("the usage"),
        }
    }

    #[test]
    fn help_is_the_usage_and_no_error() {
        for name in ["--help", "-h"] {
            let asked = Options::read([name.to_owned()].into_iter());

            assert!(matches!(asked, Ok(Asked::Usage)), "{name}: {asked:?}");
        }
    }

    #[test]
    fn without_options_the_committed_files_are_written() {
        let options = read(&[]).unwrap();

        assert_eq!(options.into, None);
        assert_eq!(options.files(), grafana::all(&Settings::default()));
    }

    #[test]
    fn a_setting_of_the_command_line_is_in_every_file_that_uses_it() {
        let set = ["--set", "runbooks=https://wiki.example/r", "--set", "syn_flood_packets=7777"];

        let files = read(&[&set[..], &["--into", "there"]].concat()).unwrap().files();

        for Made { path, text } in files {
            let is_used = path.to_str().unwrap() != "mixin/mixin.libsonnet";
            // Formats of Jsonnet have it from their settings.
            let is_there =
                text.contains("https://wiki.example/r") || path.ends_with("alerts.libsonnet");
            assert_eq!(is_there, is_used, "{}", path.display());
            assert!(!text.contains("example.org"), "{}", path.display());
            let is_threshold = ["traffic.yml", "traffic.yaml", "config.libsonnet"];
            let is_of_it = is_threshold.iter().any(|it| path.ends_with(it));
            assert_eq!(text.contains("7777"), is_of_it, "{}", path.display());
        }
    }

    #[test]
    fn rules_with_short_times_go_elsewhere() {
        let options = read(&["--scale", "30", "--into", "there"]).unwrap();

        assert_eq!(options.into, Some("there".into()));
        assert_eq!(options.files(), rules::made(&Settings::default(), Scale(30)));
    }

    #[test]
    fn what_cannot_be_understood_is_named() {
        let wrong = [
            (&["--set"][..], "--set needs a value"),
            (&["--into", ""], "--into needs a folder"),
            (
                &["--set", "syn_flood=1"],
                "there is no setting `syn_flood`; the settings are runbooks,",
            ),
            (&["--set", "surge_factor=x"], "`surge_factor` must be a number from 0 on, is `x`"),
            (&["--scale", "0", "--into", "x"], "--scale must be a whole number from 1 on, is `0`"),
            (&["--scale", "30"], "--scale needs --into"),
            (&["30", "there"], "`30` is no option\nusage: "),
        ];

        for (arguments, expected) in wrong {
            let error = read(arguments).unwrap_err();
            assert!(error.starts_with(expected), "{arguments:?}: {error}");
        }
    }
}
