//! `[devices]`: which devices are counted.

use std::ops::RangeInclusive;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::pattern::Pattern;

/// Which devices are counted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Devices {
    /// Devices to count. Empty means those backed by hardware, so that traffic through bonds,
    /// bridges and VLANs is counted once: a regular expression for the whole name.
    pub include: Pattern,
    /// Devices to leave out of those. Empty means none: a regular expression for the whole name.
    pub exclude: Pattern,
    /// How long the series of a removed device keep their last counts. A scrape or push that comes
    /// later misses them: 1s to 1h.
    #[serde(with = "humantime_serde")]
    pub linger: Duration,
}

impl Default for Devices {
    fn default() -> Self {
        Self {
            include: Pattern::default(),
            exclude: Pattern::default(),
            linger: Duration::from_mins(2),
        }
    }
}

impl Devices {
    /// Returns whether a device with these names is to be counted on.
    pub fn wants<'a>(
        &self,
        names: impl IntoIterator<Item = &'a str, IntoIter: Clone>,
        has_hardware: bool,
    ) -> bool {
        let Self { include, exclude, .. } = self;
        let mut names = names.into_iter();
        let is_excluded = names.clone().any(|name| exclude.matches(name));
        let is_included =
            if include.is_empty() { has_hardware } else { names.any(|name| include.matches(name)) };

        is_included && !is_excluded
    }

    pub(super) fn refusals(&self) -> Vec<&'static str> {
        const LINGER: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_hours(1);

        super::refused([("linger", LINGER.contains(&self.linger))])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn devices(include: &str, exclude: &str) -> Devices {
        let [include, exclude] = [include, exclude].map(|pattern| pattern.parse().unwrap());

        Devices { include, exclude, ..Devices::default() }
    }

    #[test]
    fn a_device_is_wanted_by_hardware_or_by_its_whole_name() {
        let cases = [
            ("hardware by default", devices("", ""), "eth0", true, true),
            ("nothing virtual by default", devices("", ""), "veth0", false, false),
            ("a plain name is a pattern", devices("veth0", ""), "veth0", false, true),
            ("and names one device", devices("eth0", ""), "eth01", true, false),
            ("nor the end of one", devices("eth0", ""), "veth0", true, false),
            ("both sides of an alternative", devices("eth0|ens.*", ""), "veth0", true, false),
            ("exclusion wins", devices("eth.*", "eth1"), "eth1", true, false),
            ("and spares the rest", devices("", "eth1"), "eth0", true, true),
        ];

        for (name, devices, device, has_hardware, wanted) in cases {
            assert_eq!(devices.wants([device], has_hardware), wanted, "{name}");
        }
    }

    #[test]
    fn any_name_of_a_device_fits() {
        let wants = |include, exclude| devices(include, exclude).wants(["eth0", "wan"], true);

        assert!(wants("wan", "") && wants("eth0", "") && wants("", "lan"));
        assert!(!wants("lan", "") && !wants("eth0", "wan") && !wants("wan", "eth0"));
        assert!(!wants("", "wan"));
    }
}
