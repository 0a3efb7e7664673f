//! The tallies of all dimensions: each keeps the type of its keys, and this is the one place that
//! names them one by one.

use std::net::IpAddr;
use std::time::SystemTime;

use shared::PortKey;

use super::tally::Tally;
use crate::config::Naming;
use crate::dimension::{ByDimension, Dimension};
use crate::interval::Interval;
use crate::snapshot::Breakdown;

/// What was counted by each dimension.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tallies {
    pub(super) sources: Tally<IpAddr>,
    pub(super) ports: Tally<PortKey>,
    pub(super) vlans: Tally<u16>,
}

impl Tallies {
    pub(super) fn new(naming: ByDimension<Naming>) -> Self {
        Self {
            sources: Tally::new(naming[Dimension::Sources]),
            ports: Tally::new(naming[Dimension::Ports]),
            vlans: Tally::new(naming[Dimension::Vlans]),
        }
    }

    pub(super) fn with_rules(self, naming: ByDimension<Naming>) -> Self {
        let Self { sources, ports, vlans } = self;

        Self {
            sources: sources.with_rules(naming[Dimension::Sources]),
            ports: ports.with_rules(naming[Dimension::Ports]),
            vlans: vlans.with_rules(naming[Dimension::Vlans]),
        }
    }

    /// Adds an interval, which began at `began`.
    pub(super) fn fold(self, interval: &Interval, began: SystemTime) -> Self {
        let Self { sources, ports, vlans } = self;
        let (elapsed, totals) = (interval.elapsed, &interval.totals);
        let by_vlan = &interval.vlans;

        Self {
            sources: sources.fold(&interval.sources, &[totals.ip()], elapsed, began),
            ports: ports.fold(&interval.ports, &totals.by_port_protocol(), elapsed, began),
            // Nothing else counts all of them.
            vlans: vlans.fold(by_vlan, &[by_vlan.total()], elapsed, began),
        }
    }

    pub(super) fn is_enabled(&self, dimension: Dimension) -> bool {
        let Self { sources, ports, vlans } = self;

        match dimension {
            Dimension::Sources => sources.is_enabled(),
            Dimension::Ports => ports.is_enabled(),
            Dimension::Vlans => vlans.is_enabled(),
        }
    }

    /// Returns what readers see; `None` for a dimension that is switched off. Their flow began to count
    /// at `since`.
    pub(super) fn breakdowns(&self, since: SystemTime) -> ByDimension<Option<Breakdown>> {
        let Self { sources, ports, vlans } = self;

        ByDimension::from_fn(|dimension| match dimension {
            Dimension::Sources => sources.breakdown(since),
            Dimension::Ports => ports.breakdown(since),
            Dimension::Vlans => vlans.breakdown(since),
        })
    }
}
