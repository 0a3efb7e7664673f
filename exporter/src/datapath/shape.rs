//! What is fixed for one load: constants of the program, and sizes of its maps.

use std::hash::{BuildHasher, RandomState};
use std::io;

use shared::{GENERATIONS, Settings, TunnelPorts};

use super::cpus::end_of_numbers;
use super::options::Options;
use crate::dimension::{ByDimension, Dimension};
use crate::interval::Switches;

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

    /// Returns this shape with the constants and the budget that the options ask for; what the maps
    /// hold stays valid.
    pub(super) fn changed(&self, options: &Options) -> Self {
        let Settings { seeds, source_set_mask, port_set_mask, .. } = self.settings;
        let settings = Settings { seeds, source_set_mask, port_set_mask, ..constants(options) };

        Self { settings, budget: options.budget, ..*self }
    }

    /// Returns what a program of this shape counts.
    pub(super) fn switches(&self) -> Switches {
        let Settings { sources, ports, vlans, signals, .. } = self.settings;
        let dimensions = ByDimension::from_fn(|dimension| match dimension {
            Dimension::Sources => sources != 0,
            Dimension::Ports => ports != 0,
            Dimension::Vlans => vlans != 0,
        });

        Switches { dimensions, signals: signals != 0 }
    }

    pub(super) fn source_sets(&self) -> usize {
        self.settings.source_set_mask as usize + 1
    }

    /// Returns the entries of the map of VLANs: as good as none where they are not counted.
    pub(super) fn vlan_entries(&self) -> usize {
        if self.settings.vlans == 0 { 1 } else { self.cpus * GENERATIONS }
    }

    pub(super) fn port_sets(&self) -> usize {
        self.settings.port_set_mask as usize + 1
    }
}

fn constants(options: &Options) -> Settings {
    // The keys of the standard library's hash maps come from the system's randomness.
    let drawn = || [0, 1].map(|word| RandomState::new().hash_one(word));

    let TunnelPorts { vxlan, geneve } = options.tunnels;

    Settings {
        seeds: options.seeds.unwrap_or_else(drawn),
        vxlan_ports: vxlan.0,
        geneve_ports: geneve.0,
        source_set_mask: entries(options.source_sets) - 1,
        port_set_mask: entries(options.port_sets) - 1,
        sources: options.sources.into(),
        ports: options.ports.into(),
        signals: options.signals.into(),
        vlans: options.vlans.into(),
        reserved: [0; 4],
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the configuration bounds every size")]
pub(super) fn entries(number: usize) -> u32 {
    number as u32
}
