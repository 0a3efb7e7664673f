//! What is fixed for one load: constants of the program, and sizes of its maps.

use std::hash::{BuildHasher, RandomState};
use std::io;

use shared::Settings;

use super::cpus::end_of_numbers;
use super::options::Options;

/// What is fixed for one load.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    pub(super) settings: Settings,
    /// Numbers that a CPU can have; each has a part of its own in every map.
    pub(super) cpus: usize,
    /// Misses of one CPU and interval that are all admitted.
    pub(super) budget: u32,
    /// Entries of the second level for each generation.
    pub(super) source_overflow: u32,
    pub(super) port_overflow: u32,
}

impl Shape {
    /// Returns the shape that the options ask for, by default with seeds of its own.
    pub(super) fn of(options: &Options) -> io::Result<Self> {
        let cpus = end_of_numbers()?;
        let Options { budget, source_overflow, port_overflow, .. } = *options;

        Ok(Self { settings: constants(options), cpus, budget, source_overflow, port_overflow })
    }

    pub(super) fn source_sets(&self) -> usize {
        self.settings.source_set_mask as usize + 1
    }

    pub(super) fn port_sets(&self) -> usize {
        self.settings.port_set_mask as usize + 1
    }
}

fn constants(options: &Options) -> Settings {
    // The keys of the standard library's hash maps come from the system's randomness.
    let drawn = || [0, 1].map(|word| RandomState::new().hash_one(word));

    Settings {
        seeds: options.seeds.unwrap_or_else(drawn),
        source_set_mask: entries(options.source_sets) - 1,
        port_set_mask: entries(options.port_sets) - 1,
        ephemeral_first: *options.ephemeral.start(),
        ephemeral_last: *options.ephemeral.end(),
        sources: options.sources.into(),
        ports: options.ports.into(),
        signals: options.signals.into(),
        vlans: options.vlans.into(),
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the configuration bounds every size")]
pub(super) fn entries(number: usize) -> u32 {
    number as u32
}
