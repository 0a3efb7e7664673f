//! What every program is loaded with, and where it is to run.

use std::path::PathBuf;

use shared::{MISS_BUDGET, TunnelPorts};

use crate::services::PortRules;

/// Where what is sent is counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TransmitChoice {
    /// By TCX, else by clsact.
    #[default]
    Auto,
    Tcx,
    Clsact,
    /// Nowhere.
    Off,
}

/// Sizes of the keyed tables of one program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    /// Sets of the first level for each CPU and generation, a power of two.
    pub source_sets: usize,
    /// Sets of the first level for each CPU and generation, a power of two.
    pub port_sets: usize,
    /// Entries of the second level for each generation.
    pub source_overflow: u32,
    /// Entries of the second level for each generation.
    pub port_overflow: u32,
}

/// Sizes as they were set by hand; `None` for those that come from the memory there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SizeChoice {
    pub source_sets: Option<usize>,
    pub port_sets: Option<usize>,
    pub source_overflow: Option<u32>,
    pub port_overflow: Option<u32>,
}

impl SizeChoice {
    /// Returns these sizes, with those of `others` where none was set.
    #[must_use]
    pub fn or(self, others: Sizes) -> Sizes {
        let Self { source_sets, port_sets, source_overflow, port_overflow } = self;

        Sizes {
            source_sets: source_sets.unwrap_or(others.source_sets),
            port_sets: port_sets.unwrap_or(others.port_sets),
            source_overflow: source_overflow.unwrap_or(others.source_overflow),
            port_overflow: port_overflow.unwrap_or(others.port_overflow),
        }
    }
}

/// What every program is loaded with.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each switch is named, and none depends on another"
)]
pub struct Options {
    pub transmit: TransmitChoice,
    /// Most bytes that the maps of all programs may take together.
    pub memory: u64,
    /// Sizes that were set by hand; the others come from `memory`.
    pub sizes: SizeChoice,
    /// Misses of one CPU, dimension and interval that all go to the second level.
    pub budget: u32,
    /// Which ports are those of clients and services.
    pub port_rules: PortRules,
    /// Where tunnels over UDP are recognised.
    pub tunnels: TunnelPorts,
    pub sources: bool,
    pub ports: bool,
    pub signals: bool,
    pub vlans: bool,
    pub traffic_classes: bool,
    /// Most bytes of a copy of a packet, 1 at least; `None` where none are taken.
    pub samples: Option<u16>,
    /// Below this directory the programs are pinned, so that they outlive the process.
    pub pins: Option<PathBuf>,
    /// What the hashes of keys begin with, where results are to be the same again. By default each
    /// load draws its own: a sender that knows them can aim at one set of a table.
    pub seeds: Option<[u64; 2]>,
    /// How many CPUs have a part in the tables of keys; by default those that run.
    pub online: Option<usize>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            transmit: TransmitChoice::Auto,
            memory: 256 << 20,
            sizes: SizeChoice::default(),
            budget: MISS_BUDGET,
            port_rules: PortRules::default(),
            tunnels: TunnelPorts::USUAL,
            sources: true,
            ports: true,
            signals: true,
            vlans: false,
            traffic_classes: false,
            samples: None,
            pins: None,
            seeds: None,
            online: None,
        }
    }
}
