//! The TOML file.

use std::io;
use std::path::{Path, PathBuf};

use figment::value::{Dict, Value};
use toml::de::{DeTable, DeValue};

use super::ConfigError;
use super::setting::{Origin, Setting};
use super::toml_value::plain;
use crate::files;

/// The file that is read if none is named.
const DEFAULT_PATH: &str = "/etc/packet-exporter/config.toml";

/// Which file is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConfigFile {
    /// It has to be there.
    Named(PathBuf),
    /// It may be missing.
    Default(PathBuf),
}

impl Default for ConfigFile {
    fn default() -> Self {
        Self::Default(DEFAULT_PATH.into())
    }
}

impl ConfigFile {
    pub fn path(&self) -> &Path {
        match self {
            Self::Named(path) | Self::Default(path) => path,
        }
    }

    /// Reads its text; `None` where it is missing and may be. Blocks.
    pub(super) fn read(&self) -> Result<Option<String>, ConfigError> {
        let path = self.path();
        let may_be_missing = matches!(self, Self::Default(_));

        match files::text(path) {
            Ok(text) => Ok(Some(text)),
            Err(error) if may_be_missing && error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(ConfigError::Unreadable { path: path.into(), source }),
        }
    }

    /// Parses the keys in its text; those under `defaults` are told apart, anything else is one
    /// key.
    pub(super) fn settings(
        &self,
        text: &str,
        defaults: &Dict,
    ) -> Result<Vec<Setting>, ConfigError> {
        parse(self.path(), text, defaults)
    }
}

fn parse(path: &Path, text: &str, defaults: &Dict) -> Result<Vec<Setting>, ConfigError> {
    let table = DeTable::parse(text).map_err(|reason| {
        let start = reason.span().map_or(0, |span| span.start);
        let (line, column) = place(text, start);
        ConfigError::Syntax { path: path.into(), line, column, reason: Box::new(reason) }
    })?;

    let mut settings = Vec::new();
    let mut add = |key, value: &DeValue<'_>, start| {
        let origin = Origin::File { path: path.into(), line: place(text, start).0 };
        settings.push(Setting { key, value: plain(value), origin });
    };
    walk("", table.get_ref(), defaults, &mut add);

    Ok(settings)
}

/// Hands each key with its value and the place where it begins to `add`.
fn walk(
    section: &str,
    table: &DeTable<'_>,
    defaults: &Dict,
    add: &mut impl FnMut(String, &DeValue<'_>, usize),
) {
    for (name, value) in table {
        let start = name.span().start;
        let name: &str = name.get_ref();
        let key = if section.is_empty() { name.into() } else { format!("{section}.{name}") };

        match (value.get_ref(), defaults.get(name)) {
            (DeValue::Table(table), Some(Value::Dict(_, defaults))) => {
                walk(&key, table, defaults, add);
            }
            (value, _) => add(key, value, start),
        }
    }
}

/// Returns line and column, both from 1.
pub(super) fn place(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);

    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}
