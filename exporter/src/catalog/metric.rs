//! One metric of the catalogue.

use crate::health::{Configuration, Listened, Logging, Part, PartMemory, Push, Sampled, Serving};
use crate::process::Process;
use crate::snapshot::{Flow, Snapshot};
use crate::version::Build;

use super::sample::Sink;

/// One line of the catalogue. What is read from a [`Flow`] makes one metric for each direction.
#[derive(Debug)]
pub struct Metric {
    /// Without what [`Read`] puts in front, unit and `_total`; empty where those are enough.
    pub name: &'static str,
    /// One sentence with a full stop, without quotes and backslashes: prometheus-client
    /// does not escape it.
    pub help: &'static str,
    pub unit: Unit,
    pub kind: Kind,
    /// Names of the labels, in the order of a sample's values.
    pub labels: &'static [&'static str],
    pub default: Availability,
    /// Its keys lose their names, and may get them back with their counts.
    pub is_named: bool,
    pub read: Read,
    /// How the metric is worded for what is sent, where that differs.
    pub transmit: Option<Twin>,
}

/// The words of a metric that depend on the direction.
#[derive(Debug)]
pub struct Twin {
    pub name: &'static str,
    pub help: &'static str,
    pub labels: &'static [&'static str],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    None,
    Packets,
    Bytes,
    Seconds,
    Ratio,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Counter,
    Gauge,
    Histogram,
    /// The labels are all there is to know; the value is 1.
    Info,
}

/// Whether a metric is there without being asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Availability {
    On,
    OptIn,
}

/// Where the samples of a metric come from, which decides how its name begins.
#[derive(Clone, Copy, Debug)]
pub enum Read {
    /// `packet_receive_` or `packet_transmit_`
    Flow(fn(&Flow, &mut dyn Sink)),
    /// `packet_exporter_`
    Exporter(fn(&Snapshot, &mut dyn Sink)),
    /// `packet_exporter_`
    Configuration(fn(&Configuration, &mut dyn Sink)),
    /// `packet_exporter_`
    Build(fn(&Build, &mut dyn Sink)),
    /// `process_`
    Process(fn(&Process, &mut dyn Sink)),
    /// `packet_exporter_`
    Serving(fn(&Serving, &mut dyn Sink)),
    /// `packet_exporter_`
    Push(fn(&Push, &mut dyn Sink)),
    /// `packet_exporter_`
    Logging(fn(&Logging, &mut dyn Sink)),
    /// `packet_exporter_`
    Listening(fn(&Listened, &mut dyn Sink)),
    /// `packet_exporter_`
    Sampled(fn(&Sampled, &mut dyn Sink)),
    /// `packet_exporter_`
    Part(fn(&Part, &mut dyn Sink)),
    /// Once for each part whose memory has a limit.
    Memory(fn(&PartMemory, &mut dyn Sink)),
}

impl Metric {
    /// What most metrics have in common.
    pub(super) const USUAL: Self = Self {
        name: "",
        help: "",
        unit: Unit::None,
        kind: Kind::Counter,
        labels: &[],
        default: Availability::On,
        is_named: false,
        read: Read::Flow(|_, _| {}),
        transmit: None,
    };
}

impl Unit {
    /// What the unit appends to a name.
    pub const fn suffix(self) -> Option<&'static str> {
        match self {
            Self::None => None,
            Self::Packets => Some("packets"),
            Self::Bytes => Some("bytes"),
            Self::Seconds => Some("seconds"),
            Self::Ratio => Some("ratio"),
        }
    }
}

impl Kind {
    /// What the kind appends to a name, behind the unit.
    pub const fn suffix(self) -> Option<&'static str> {
        match self {
            Self::Counter => Some("total"),
            Self::Info => Some("info"),
            Self::Gauge | Self::Histogram => None,
        }
    }
}
