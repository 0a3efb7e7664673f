//! What a user may set in rules and dashboards.

mod defaults;

use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::num::NonZero;

use defaults::DEFAULTS;

/// A number or text in rules that a user may set.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    pub name: &'static str,
    pub value: Value,
    pub meaning: &'static str,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Number(f64),
    /// A part of a whole: from 0 to 1.
    Share(f64),
    Text(Cow<'static, str>),
    /// Ports with `|` between them, as a regular expression names several.
    Ports(Cow<'static, str>),
}

/// The settings that rules are made with.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings(Vec<Setting>);

/// Why a setting cannot be changed so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unusable {
    NoPair(String),
    Name(String),
    Value { name: &'static str, text: String, takes: &'static str },
}

impl Default for Settings {
    fn default() -> Self {
        Self(DEFAULTS.to_vec())
    }
}

impl Settings {
    /// Returns the settings with one of them changed; `None` if no setting has that name.
    pub fn with(mut self, name: &str, value: Value) -> Option<Self> {
        let setting = self.0.iter_mut().find(|setting| setting.name == name)?;
        setting.value = value;

        Some(self)
    }

    /// Returns the settings with one changed as `NAME=VALUE` describes it.
    ///
    /// # Errors
    ///
    /// A name that no setting has, and a value that the setting cannot have.
    pub fn with_text(mut self, pair: &str) -> Result<Self, Unusable> {
        let (name, text) = pair.split_once('=').ok_or_else(|| Unusable::NoPair(pair.to_owned()))?;
        let setting = self.0.iter_mut().find(|setting| setting.name == name);
        let setting = setting.ok_or_else(|| Unusable::Name(name.to_owned()))?;
        setting.value = setting.value.like(text).ok_or_else(|| Unusable::Value {
            name: setting.name,
            text: text.to_owned(),
            takes: setting.value.takes(),
        })?;

        Ok(self)
    }

    pub fn iter(&self) -> impl Iterator<Item = &Setting> {
        self.0.iter()
    }

    /// Replaces each `${NAME}` in a text by what `written` makes of the setting. A name that is no
    /// setting stays.
    pub fn fill(&self, text: &str, written: impl Fn(&Setting) -> String) -> String {
        self.iter().fold(text.to_owned(), |text, setting| {
            let mark = format!("${{{}}}", setting.name);
            if text.contains(&mark) { text.replace(&mark, &written(setting)) } else { text }
        })
    }
}

impl Value {
    /// Reads a value of the same kind.
    fn like(&self, text: &str) -> Option<Self> {
        let is_usable = |number: &f64| number.is_finite() && *number >= 0.0;
        // Texts are written into strings of queries and templates.
        let breaks_out = |it: char| it.is_control() || "\"'\\`{}$".contains(it);
        // A port that is written otherwise than in a label, as `053`, would match nothing.
        let is_port =
            |text: &str| text.parse().is_ok_and(|port: NonZero<u16>| port.to_string() == text);

        match self {
            Self::Number(_) => text.parse().ok().filter(is_usable).map(Self::Number),
            Self::Share(_) => {
                text.parse().ok().filter(|it| (0.0..=1.0).contains(it)).map(Self::Share)
            }
            Self::Text(_) if text.is_empty() || text.contains(breaks_out) => None,
            Self::Text(_) => Some(Self::Text(text.trim_end_matches('/').to_owned().into())),
            Self::Ports(_) => {
                text.split('|').all(is_port).then(|| Self::Ports(text.to_owned().into()))
            }
        }
    }

    const fn takes(&self) -> &'static str {
        match self {
            Self::Number(_) => "a number from 0 on",
            Self::Share(_) => "a share from 0 to 1, as 0.1 for 10 %",
            Self::Text(_) => "a text without quotes, braces, `$`, `\\` and line breaks",
            Self::Ports(_) => "ports from 1 to 65535 with `|` between them, as `53|123`",
        }
    }
}

impl fmt::Display for Unusable {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoPair(text) => write!(out, "`{text}` is not NAME=VALUE"),
            Self::Name(name) => {
                let names: Vec<_> = DEFAULTS.iter().map(|setting| setting.name).collect();
                write!(out, "there is no setting `{name}`; the settings are {}", names.join(", "))
            }
            Self::Value { name, text, takes } => {
                write!(out, "`{name}` must be {takes}, is `{text}`")
            }
        }
    }
}

impl Error for Unusable {}

impl Setting {
    /// Returns the value as a query has it.
    pub fn plain(&self) -> String {
        match &self.value {
            Value::Number(number) | Value::Share(number) => number.to_string(),
            Value::Text(text) | Value::Ports(text) => text.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_is_changed_by_name_and_keeps_its_kind() {
        let settings = Settings::default()
            .with_text("syn_flood_packets=5e3")
            .and_then(|it| it.with_text("runbooks=https://wiki.example/runbooks/"))
            .and_then(|it| it.with_text("amplifier_ports=53|65535"))
            .unwrap();

        let text =
            settings.fill("${syn_flood_packets} ${runbooks} ${amplifier_ports}", Setting::plain);
        assert_eq!(text, "5000 https://wiki.example/runbooks 53|65535");
    }

    #[test]
    fn a_setting_that_does_not_exist_is_refused_with_the_names_of_all() {
        let error = Settings::default().with_text("syn_flood=1").unwrap_err().to_string();

        assert!(error.starts_with("there is no setting `syn_flood`; "), "{error}");
        for setting in Settings::default().iter() {
            assert!(error.contains(setting.name), "{error}");
        }
    }

    #[test]
    fn a_value_that_would_break_a_rule_is_refused() {
        for pair in [
            "syn_flood_packets=many",
            "syn_flood_packets=-1",
            "syn_flood_packets=NaN",
            "syn_flood_packets=inf",
            "syn_flood_packets=",
            "runbooks=",
            "runbooks=\"",
            "protocol_ratio=10",
            "protocol_ratio=-0.1",
            "protocol_ratio=NaN",
            "amplifier_ports=53\"} or vector(1) #",
            "amplifier_ports=53\n",
            "amplifier_ports=",
            "amplifier_ports=dns",
            "amplifier_ports=53,123",
            "amplifier_ports=53|",
            "amplifier_ports=53|0",
            "amplifier_ports=053",
            "amplifier_ports=65536",
        ] {
            let error = Settings::default().with_text(pair).unwrap_err();

            let (name, text) = pair.split_once('=').unwrap();
            let message = error.to_string();
            assert!(message.starts_with(&format!("`{name}` must be ")), "{message}");
            assert!(message.ends_with(&format!("is `{text}`")), "{message}");
        }
        let error = Settings::default().with_text("runbooks").unwrap_err();
        assert_eq!(error.to_string(), "`runbooks` is not NAME=VALUE");
    }
}
