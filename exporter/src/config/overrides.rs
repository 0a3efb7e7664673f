//! `[[datapath.override]]`: other choices for some devices.

use serde::{Deserialize, Serialize};

use super::mode::Mode;
use super::pattern::Pattern;

/// Another choice for some devices.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Override {
    /// A regular expression for the whole name.
    pub devices: Pattern,
    #[serde(default)]
    pub mode: Option<Mode>,
    #[serde(default)]
    pub class: Option<Class>,
}

/// Whose program and tables count on a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Class {
    /// A program and tables of its own.
    Own,
    /// A program and tables that it shares with other devices.
    Shared,
}

impl Class {
    /// Returns it as the configuration has it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Shared => "shared",
        }
    }
}

impl Override {
    /// Returns whether it says something, of some device.
    pub(super) fn is_allowed(&self) -> bool {
        let Self { devices, mode, class } = self;

        !devices.is_empty() && (mode.is_some() || class.is_some())
    }
}

/// Returns the first choice that one of the names has.
pub(super) fn first<'a, T>(
    overrides: &[Override],
    names: impl IntoIterator<Item = &'a str, IntoIter: Clone>,
    choice: impl Fn(&Override) -> Option<T>,
) -> Option<T> {
    let names = names.into_iter();
    let matches = |it: &&Override| names.clone().any(|name| it.devices.matches(name));

    overrides.iter().filter(matches).find_map(choice)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_override_that_has_a_choice_counts() {
        let of = |devices: &str, mode, class| Override {
            devices: devices.parse().unwrap(),
            mode,
            class,
        };
        let overrides = [
            of("eth.*", None, Some(Class::Shared)),
            of("eth0|wan", Some(Mode::Generic), None),
            of("eth0", Some(Mode::Tcx), Some(Class::Own)),
        ];
        let mode = |names: &[&'static str]| first(&overrides, names.iter().copied(), |it| it.mode);
        let class = |name: &'static str| first(&overrides, [name], |it| it.class);

        assert_eq!(mode(&["eth0"]), Some(Mode::Generic));
        assert_eq!(mode(&["enp3s0", "wan"]), Some(Mode::Generic), "by another name");
        assert_eq!(mode(&["eth1"]), None);
        assert_eq!(class("eth0"), Some(Class::Shared));
        assert_eq!(class("veth0"), None);
        assert!(overrides.iter().all(Override::is_allowed));
        assert!(!of("", Some(Mode::Tcx), None).is_allowed(), "of no device");
        assert!(!of("eth0", None, None).is_allowed(), "it says nothing");
    }
}
