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

        let flows = flows.into_iter().filter(|it| is_asked("direction", it.direction.label()));
        Ok(Self { fold, items: flows.filter_map(|flow| OfFlow::of(flow, choice)).collect() })
    }
}

impl OfFlow {
    /// Returns `None` where signals are switched off, or the flow has ended.
    fn of(flow: &Flow, choice: &Choice) -> Option<Self> {
        let snapshot::Signals {
            distinct_sources,
            distinct_ports,
            source_entropy,
            port_entropy,
            scanning_sources,
            syn_sources,
        } = flow.signals.as_ref()?;
        // A metric has another name where it is about destinations.
        let is_shown = |received, sent| match flow.direction {
            Direction::Receive => choice.has_name(&format!("packet_receive_{received}")),
            Direction::Transmit => choice.has_name(&format!("packet_transmit_{sent}")),
        };
        let is_ports = |name| is_shown(name, name);

        Some(Self {
            device: (*flow.device).into(),
            direction: flow.direction.label(),
            distinct_addresses: is_shown("distinct_sources", "distinct_destinations")
                .then(|| labelled(IpFamily::LABELS, distinct_sources)),
            distinct_ports: is_ports("distinct_ports")
                .then(|| labelled(PortProtocol::LABELS, distinct_ports)),
            address_entropy: source_entropy
                .filter(|_| is_shown("source_entropy", "destination_entropy")),
            port_entropy: port_entropy.filter(|_| is_ports("port_entropy")),
            scanning_addresses: scanning_sources
                .filter(|_| is_shown("scanning_sources", "scanned_destinations")),
            syn_addresses: syn_sources.filter(|_| is_shown("syn_sources", "syn_destinations")),
        })
    }
}

fn labelled<T: Copy>(labels: &[&'static str], values: &[T]) -> BTreeMap<&'static str, T> {
    labels.iter().copied().zip(values.iter().copied()).collect()
}
