//! What is fixed for one load: constants of the program, and sizes of its maps.

use std::hash::{BuildHasher, RandomState};

use shared::{GENERATIONS, Settings, TunnelPorts};

use super::cpus::Cpus;
use super::memory::if_on;
use super::options::{Options, Sizes};
use super::placement::LinkLayer;
use crate::dimension::{ByDimension, Dimension};
use crate::interval::Switches;

/// What is fixed for one load.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    pub(super) settings: Settings,
    /// What the frames begin with where the program is.
    pub(super) link_layer: LinkLayer,
    /// Numbers of CPUs that have a part of their own in the maps.
    pub(super) cpus: Cpus,
    /// Misses of one CPU and interval that are all admitted.
    pub(super) budget: u32,
    /// Entries of the second level for each generation.
    pub(super) source_overflow: u32,
    pub(super) port_overflow: u32,
}

impl Shape {
    /// Returns the shape that the options ask for, by default with seeds of its own.
    pub(super) fn of(options: &Options, cpus: Cpus, sizes: Sizes) -> Self {
        let Sizes { source_overflow, port_overflow, .. } = sizes;
        let settings = constants(options, sizes);

        Self {
            settings,
            link_layer: LinkLayer::Ethernet,
            cpus,
            budget: options.budget,
            source_overflow,
            port_overflow,
        }
    }

    /// Returns this shape with the constants and the budget that the options ask for; what the maps
    /// hold stays valid.
    pub(super) fn changed(&self, options: &Options) -> Self {
        let seeds = self.settings.seeds;
        let settings = Settings { seeds, ..constants(options, self.sizes()) };

        Self { settings, budget: options.budget, ..*self }
    }

    /// Returns this shape for frames that begin so.
    pub(super) fn on(&self, link_layer: LinkLayer) -> Self {
        Self { link_layer, ..*self }
    }

    /// Returns this shape with tables of other sizes.
    pub(super) fn sized(&self, sizes: Sizes) -> Self {
        let Sizes { source_sets, port_sets, source_overflow, port_overflow } = sizes;
        let settings = Settings {
            source_set_mask: entries(source_sets) - 1,
            port_set_mask: entries(port_sets) - 1,
            ..self.settings
        };

        Self { settings, source_overflow, port_overflow, ..*self }
    }

    /// Returns the sizes of the tables, also of those that are off.
    pub(super) fn sizes(&self) -> Sizes {
        let Self { settings, source_overflow, port_overflow, .. } = *self;

        Sizes {
            source_sets: settings.source_set_mask as usize + 1,
            port_sets: settings.port_set_mask as usize + 1,
            source_overflow,
            port_overflow,
        }
    }

    /// Returns what a program of this shape counts.
    pub(super) fn switches(&self) -> Switches {
        let Settings { sources, ports, vlans, signals, traffic_classes, .. } = self.settings;
        let dimensions = ByDimension::from_fn(|dimension| match dimension {
            Dimension::Sources => sources != 0,
            Dimension::Ports => ports != 0,
            Dimension::Vlans => vlans != 0,
        });

        Switches {
            dimensions,
            signals: signals != 0,
            traffic_classes: traffic_classes != 0,
            casts: self.link_layer == LinkLayer::Ethernet,
        }
    }

    /// Returns how many entries each map has. One of what is off has a single one: maps cannot be
    /// left out of an object.
    pub(super) fn entries(&self) -> Entries {
        let Sizes { source_sets, port_sets, source_overflow, port_overflow } = self.sizes();
        let Settings { sources, ports, vlans, signals, traffic_classes, .. } = self.settings;
        let Cpus { possible, online } = self.cpus;

        Entries {
            totals: possible * GENERATIONS,
            sketches: if_on(signals != 0, online * GENERATIONS),
            vlans: if_on(vlans != 0, possible * GENERATIONS),
            classes: if_on(traffic_classes != 0, possible * GENERATIONS),
            sources: if_on(sources != 0, online * GENERATIONS * source_sets),
            ports: if_on(ports != 0, online * GENERATIONS * port_sets),
            source_overflow: if_on(sources != 0, source_overflow),
            port_overflow: if_on(ports != 0, port_overflow),
        }
    }
}

/// How many entries the maps of one program have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entries {
    pub(super) totals: usize,
    pub(super) sketches: usize,
    pub(super) vlans: usize,
    pub(super) classes: usize,
    pub(super) sources: usize,
    pub(super) ports: usize,
    /// Of each generation.
    pub(super) source_overflow: u32,
    pub(super) port_overflow: u32,
}

fn constants(options: &Options, sizes: Sizes) -> Settings {
    // The keys of the standard library's hash maps come from the system's randomness.
    let drawn = || [0, 1].map(|word| RandomState::new().hash_one(word));

    let TunnelPorts { vxlan, geneve } = options.tunnels;
    let [tunnels_first, tunnels_last] = options.tunnels.bounds();

    Settings {
        seeds: options.seeds.unwrap_or_else(drawn),
        vxlan_ports: vxlan.0,
        geneve_ports: geneve.0,
        tunnels_first,
        tunnels_last,
        source_set_mask: entries(sizes.source_sets) - 1,
        port_set_mask: entries(sizes.port_sets) - 1,
        sources: options.sources.into(),
        ports: options.ports.into(),
        signals: options.signals.into(),
        vlans: options.vlans.into(),
        traffic_classes: options.traffic_classes.into(),
        samples: options.samples.is_some().into(),
        snap_length: options.samples.unwrap_or(1),
        reserved: [0; 4],
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the configuration bounds every size")]
pub(super) fn entries(number: usize) -> u32 {
    number as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_frames_with_an_ethernet_header_have_destination_types() {
        let sizes =
            Sizes { source_sets: 128, port_sets: 64, source_overflow: 1024, port_overflow: 1024 };
        let shape = Shape::of(&Options::default(), Cpus { possible: 2, online: 2 }, sizes);
        let tunnel = shape.on(LinkLayer::None).changed(&Options::default());

        assert!(shape.switches().casts);
        assert!(!tunnel.switches().casts, "nor after a change of the configuration");
    }
}
