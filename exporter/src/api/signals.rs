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
use crate::history::Signal;
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
pub(super) struct OfFlow {
    pub(super) device: String,
    pub(super) direction: &'static str,
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
        let fold = Fold::of(&readings.snapshot)?;
        let is_asked = |name, own: &str| given.text(name).is_none_or(|asked| asked == own);
        let mut flows = readings.snapshot.flows.iter();
        if let Some(device) = given.text("device")
            && !flows.any(|flow| *flow.device == *device)
        {
            let detail = format!("`{}` is not counted now", shown(device));
            return Err(Problem::new(Kind::UnknownDevice, detail));
        }

        let items = Self::flows(readings).filter(|flow| {
            is_asked("device", &flow.device) && is_asked("direction", flow.direction)
        });
        Ok(Self { fold, items: items.collect() })
    }

    /// Returns the signals of every flow that has some.
    pub(super) fn flows(readings: &Readings) -> impl Iterator<Item = OfFlow> {
        let Readings { snapshot, choice, .. } = readings;
        let [received, sent] =
            [Direction::Receive, Direction::Transmit].map(|it| Shown::of(it, choice));

        snapshot.flows.iter().filter_map(move |flow| match flow.direction {
            Direction::Receive => OfFlow::of(flow, &received),
            Direction::Transmit => OfFlow::of(flow, &sent),
        })
    }
}

/// Returns whether a signal of a direction is exposed.
pub(super) fn is_shown(signal: Signal, direction: Direction, choice: &Choice) -> bool {
    let shown = Shown::of(direction, choice);

    match signal {
        Signal::DistinctAddresses => shown.distinct_addresses,
        Signal::ScanningAddresses => shown.scanning_addresses,
        Signal::SynAddresses => shown.syn_addresses,
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

impl OfFlow {
    /// Returns the name of each signal, the family or the protocol that it is of, and its value.
    #[expect(clippy::cast_precision_loss, reason = "a chart shows seven digits")]
    pub(super) fn values(&self) -> Vec<(&'static str, Option<&'static str>, Option<f64>)> {
        let addresses = self.distinct_addresses.iter().flatten();
        let addresses =
            addresses.map(|(family, number)| ("distinct_addresses", Some(*family), Some(*number)));
        let ports = self.distinct_ports.iter().flatten();
        let ports =
            ports.map(|(name, number)| ("distinct_ports", Some(*name), Some(*number as f64)));
        let of_all = [
            ("address_entropy", None, self.address_entropy),
            ("port_entropy", None, self.port_entropy),
            ("scanning_addresses", None, self.scanning_addresses.map(|it| it as f64)),
            ("syn_addresses", None, self.syn_addresses.map(|it| it as f64)),
        ];

        addresses.chain(ports).chain(of_all).collect()
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
