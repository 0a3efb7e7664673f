//! The configuration as each part takes it.

use super::host_memory;
use crate::config::{Auto, Config, Datapath, Ephemeral, PortRange, Transmit};
use crate::datapath::{Options, SizeChoice, Sizes, TransmitChoice};
use crate::doctor::TableSizes;
use crate::folder::{Farewell, Plan};
use crate::ledger::Rules;
use crate::listening;
use crate::services::PortRules;

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
        memory: host_memory::limit(config.datapath.memory),
        sizes: sizes(&config.datapath),
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
        traffic_classes: config.dscp.enabled,
        samples: config.samples.enabled.then_some(config.samples.snap_length),
        pins: config.datapath.pin.then(|| config.datapath.pin_path.clone()),
        seeds: None,
        online: None,
    }
}

/// Returns sizes as the configuration has them.
pub(super) fn table_sizes(sizes: Sizes) -> TableSizes {
    let kib = |sets, set| (sets * set / 1024) as u64;
    let Sizes { source_sets, port_sets, source_overflow, port_overflow } = sizes;

    TableSizes {
        source_table_kib: kib(source_sets, SOURCE_SET),
        port_table_kib: kib(port_sets, PORT_SET),
        source_overflow_entries: source_overflow.into(),
        port_overflow_entries: port_overflow.into(),
    }
}

fn sizes(datapath: &Datapath) -> SizeChoice {
    let sets = |kib: Auto<u32>, set| kib.set().map(|kib| kib as usize * 1024 / set);

    SizeChoice {
        source_sets: sets(datapath.source_table_kib, SOURCE_SET),
        port_sets: sets(datapath.port_table_kib, PORT_SET),
        source_overflow: datapath.source_overflow_entries.set(),
        port_overflow: datapath.port_overflow_entries.set(),
    }
}

/// Returns what is asked of folding.
pub(super) fn plan(config: &Config) -> Plan {
    Plan {
        interval: config.datapath.interval,
        rules: Rules {
            naming: config.naming(),
            signals: config.signals,
            traffic_classes: config.dscp.enabled,
            casts: true,
        },
        farewell: Farewell { most: config.devices.linger, least: config.datapath.interval },
    }
}

/// Returns the ephemeral ports; those of the kernel unless a range is set.
fn ephemeral(choice: Ephemeral) -> PortRange {
    match choice {
        Ephemeral::Range(range) => range,
        Ephemeral::Auto => listening::assigned(),
    }
}
