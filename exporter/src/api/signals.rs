//! `GET /signals`: what the traffic of a window looks like as a whole.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use shared::{Direction, IpFamily, PortProtocol};

use super::fold::Fold;
use super::kind::Kind;
use super::parameter::Given;
use super::problem::{Problem, shown};
use crate::catalog::{Choice, Readings};
use crate::snapshot::{self, Flow};

/// What the traffic of a window looks like as a whole, by device and direction.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Signals {
    fold: Fold,
    items: Vec<OfFlow>,
}

/// Signals of one direction of one device. Addresses are the sources of what was received and the
/// destinations of what was sent. What `metrics.exclude` leaves out is null.
#[derive(Debug, Serialize, JsonSchema)]
struct OfFlow {
    device: String,
    direction: &'static str,
    /// Distinct addresses by family, estimated with an error of about 1.6 %.
    distinct_addresses: Option<BTreeMap<&'static str, f64>>,
    /// Distinct destination ports by protocol.
    distinct_ports: Option<BTreeMap<&'static str, u64>>,
    /// From 0 for a single address to 1 for equal shares; null without packets.
    address_entropy: Option<f64>,
    /// From 0 for a single port to 1 for equal shares; null without packets.
    port_entropy: Option<f64>,
    /// Addresses that probed many ports, or on which many were probed; null where nothing is counted
    /// by address.
    scanning_addresses: Option<u64>,
    /// Addresses with a SYN and no ACK since; null where nothing is counted by address.
    syn_addresses: Option<u64>,
}

/// Which signals of a direction `metrics.exclude` does not leave out.
#[expect(clippy::struct_excessive_bools, reason = "one for each signal, none depends on another")]
struct Shown {
    distinct_addresses: bool,
    distinct_ports: bool,
    address_entropy: bool,
    port_entropy: bool,
    scanning_addresses: bool,
    syn_addresses: bool,
}

impl Signals {
    pub(super) fn of(readings: &Readings, given: &Given) -> Result<Self, Problem> {
        let Readings { snapshot, choice, .. } = readings;
        let fold = Fold::of(snapshot)?;
        let is_asked = |name, own: &str| given.text(name).is_none_or(|asked| asked == own);
        let flows: Vec<_> =
            snapshot.flows.iter().filter(|flow| is_asked("device", &flow.device)).collect();
        if let Some(device) = given.text("device").filter(|_| flows.is_empty()) {
            let detail = format!("`{}` is not counted now", shown(device));
            return Err(Problem::new(Kind::UnknownDevice, detail));
        }

        let [received, sent] =
            [Direction::Receive, Direction::Transmit].map(|it| Shown::of(it, choice));
        let shown = |direction| match direction {
            Direction::Receive => &received,
            Direction::Transmit => &sent,
        };
        let flows = flows.into_iter().filter(|it| is_asked("direction", it.direction.label()));
        let items = flows.filter_map(|flow| OfFlow::of(flow, shown(flow.direction))).collect();
        Ok(Self { fold, items })
    }
}

impl OfFlow {
    /// Returns `None` where signals are switched off, or the flow has ended.
    fn of(flow: &Flow, shown: &Shown) -> Option<Self> {
        let snapshot::Signals {
            distinct_sources,
            distinct_ports,
            source_entropy,
            port_entropy,
            scanning_sources,
            syn_sources,
        } = flow.signals.as_ref()?;

        Some(Self {
            device: (*flow.device).into(),
            direction: flow.direction.label(),
            distinct_addresses: shown
                .distinct_addresses
                .then(|| labelled(IpFamily::LABELS, distinct_sources)),
            distinct_ports: shown
                .distinct_ports
                .then(|| labelled(PortProtocol::LABELS, distinct_ports)),
            address_entropy: source_entropy.filter(|_| shown.address_entropy),
            port_entropy: port_entropy.filter(|_| shown.port_entropy),
            scanning_addresses: scanning_sources.filter(|_| shown.scanning_addresses),
            syn_addresses: syn_sources.filter(|_| shown.syn_addresses),
        })
    }
}

impl Shown {
    fn of(direction: Direction, choice: &Choice) -> Self {
        // A metric has another name where it is about destinations.
        let has = |received, sent| match direction {
            Direction::Receive => choice.has_name(&format!("packet_receive_{received}")),
            Direction::Transmit => choice.has_name(&format!("packet_transmit_{sent}")),
        };

        Self {
            distinct_addresses: has("distinct_sources", "distinct_destinations"),
            distinct_ports: has("distinct_ports", "distinct_ports"),
            address_entropy: has("source_entropy", "destination_entropy"),
            port_entropy: has("port_entropy", "port_entropy"),
            scanning_addresses: has("scanning_sources", "scanned_destinations"),
            syn_addresses: has("syn_sources", "syn_destinations"),
        }
    }
}

fn labelled<T: Copy>(labels: &[&'static str], values: &[T]) -> BTreeMap<&'static str, T> {
    labels.iter().copied().zip(values.iter().copied()).collect()
}
