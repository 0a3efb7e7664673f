//! What every program is loaded with, and where it is to run.

use std::path::PathBuf;

use shared::TunnelPorts;

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

/// What every program is loaded with.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each switch is named, and none depends on another"
)]
pub struct Options {
    pub transmit: TransmitChoice,
    /// Sets of the first level for each CPU and generation, a power of two.
    pub source_sets: usize,
    /// Sets of the first level for each CPU and generation, a power of two.
    pub port_sets: usize,
    /// Entries of the second level for each generation.
    pub source_overflow: u32,
    /// Entries of the second level for each generation.
    pub port_overflow: u32,
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
    /// Below this directory the programs are pinned, so that they outlive the process.
    pub pins: Option<PathBuf>,
    /// What the hashes of keys begin with, where results are to be the same again. By default each
    /// load draws its own: a sender that knows them can aim at one set of a table.
    pub seeds: Option<[u64; 2]>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            transmit: TransmitChoice::Auto,
            source_sets: 2048,
            port_sets: 1024,
            source_overflow: 65_536,
            port_overflow: 16_384,
            budget: 70_000,
            port_rules: PortRules::default(),
            tunnels: TunnelPorts::USUAL,
            sources: true,
            ports: true,
            signals: true,
            vlans: false,
            pins: None,
            seeds: None,
        }
    }
}
