//! The configuration as each part takes it.

use crate::config::{Config, Ephemeral, PortRange, Transmit};
use crate::datapath::{Options, TransmitChoice};
use crate::files;
use crate::folder::{Farewell, Plan};
use crate::ledger::Rules;
use crate::services::PortRules;

const PORT_RANGE: &str = "/proc/sys/net/ipv4/ip_local_port_range";
const SOURCE_SET: usize = size_of::<shared::SourceSet>();
const PORT_SET: usize = size_of::<shared::PortSet>();

/// Returns what programs are loaded with.
pub(super) fn datapath(config: &Config) -> Options {
    let of_interval =
        config.datapath.interval.as_secs_f64() * f64::from(config.datapath.miss_budget);
    let PortRange { first, last } = ephemeral(config.ports.ephemeral);

    Options {
        transmit: match config.datapath.transmit {
            Transmit::Auto => TransmitChoice::Auto,
            Transmit::Tcx => TransmitChoice::Tcx,
            Transmit::Clsact => TransmitChoice::Clsact,
            Transmit::Off => TransmitChoice::Off,
        },
        source_sets: config.datapath.source_table_kib as usize * 1024 / SOURCE_SET,
        port_sets: config.datapath.port_table_kib as usize * 1024 / PORT_SET,
        source_overflow: config.datapath.source_overflow_entries,
        port_overflow: config.datapath.port_overflow_entries,
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "60 s of ten million fit"
        )]
        budget: of_interval as u32,
        port_rules: PortRules { ephemeral: first..=last, services: config.ports.services.clone() },
        tunnels: config.parser.tunnels(),
        sources: config.sources.enabled,
        ports: config.ports.enabled,
        signals: config.signals.enabled,
        vlans: config.vlans.enabled,
        pins: config.datapath.pin.then(|| config.datapath.pin_path.clone()),
        seeds: None,
    }
}

/// Returns what is asked of folding.
pub(super) fn plan(config: &Config) -> Plan {
    Plan {
        interval: config.datapath.interval,
        rules: Rules { naming: config.naming(), signals: config.signals },
        farewell: Farewell { most: config.devices.linger, least: config.datapath.interval },
    }
}

/// Returns the ephemeral ports; those of the kernel unless a range is set.
fn ephemeral(choice: Ephemeral) -> PortRange {
    match choice {
        Ephemeral::Range(range) => range,
        Ephemeral::Auto => files::of_kernel(PORT_RANGE)
            .ok()
            .and_then(|text| PortRange::of_kernel(&text))
            .unwrap_or(PortRange::LINUX),
    }
}
