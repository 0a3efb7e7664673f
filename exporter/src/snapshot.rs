//! What readers hold: everything that was counted up to one fold; plain data, never changed.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use shared::{Count, Direction, IpFamily, PortProtocol, TRAFFIC_CLASSES};

use crate::dimension::{ByDimension, SeriesKey};
use crate::health::Health;
use crate::interval::{Law, MapUse, Totals};

/// Everything that is exposed, as it was at the end of one fold.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Snapshot {
    /// In the order of device and direction.
    pub flows: Vec<Arc<Flow>>,
    pub health: Health,
    /// Where the last fold began from; `None` before the second.
    pub before: Option<Arc<Before>>,
}

/// What the fold before the last one had counted: what is more now, the last one added. Flows
/// without traffic are those of now.
#[derive(Clone, Debug, PartialEq)]
pub struct Before {
    pub flows: Vec<Arc<Flow>>,
    /// When its counts had been read.
    pub folded: SystemTime,
    /// From that fold to the last.
    pub elapsed: Duration,
    /// Flows that could not be read at one of the two folds: what is more now, another time added.
    pub unread: BTreeSet<(Arc<str>, Direction)>,
    /// Those of them that could not be read at the last fold.
    pub unread_last: BTreeSet<(Arc<str>, Direction)>,
}

impl Snapshot {
    /// Returns whether a flow could be read at the last fold; that of the first is not known.
    pub fn is_read(&self, flow: &Flow) -> bool {
        self.before.as_ref().is_none_or(|it| !has(&it.unread_last, flow))
    }
}

fn has(flows: &BTreeSet<(Arc<str>, Direction)>, flow: &Flow) -> bool {
    !flows.is_empty() && flows.contains(&(Arc::clone(&flow.device), flow.direction))
}

/// Returns the same flow among others, which are in order; not one that began anew.
pub fn same<'a>(flows: &'a [Arc<Flow>], flow: &Flow) -> Option<&'a Arc<Flow>> {
    let order = |it: &Arc<Flow>| (&it.device, it.direction).cmp(&(&flow.device, flow.direction));
    let place = flows.binary_search_by(order).ok()?;

    flows.get(place).filter(|known| known.since == flow.since)
}

impl Before {
    /// Returns whether it is not known what the last fold added to a flow.
    pub fn lacks(&self, flow: &Flow) -> bool {
        has(&self.unread, flow)
    }
}

/// One direction of one device, since its program was attached.
#[derive(Clone, Debug, PartialEq)]
pub struct Flow {
    pub device: Arc<str>,
    pub direction: Direction,
    /// When counting began.
    pub since: SystemTime,
    pub totals: Arc<Totals>,
    /// Intervals that broke a law of conservation, by [`Law`].
    pub imbalanced: [u64; Law::ALL.len()],
    /// What was counted by each dimension; `None` when it is switched off.
    pub breakdowns: ByDimension<Option<Breakdown>>,
    /// `None` when switched off.
    pub classes: Option<TrafficClasses>,
    /// Frames have a destination type, because they have an Ethernet header.
    pub has_casts: bool,
    /// `None` when switched off.
    pub signals: Option<Signals>,
    pub maps: Vec<MapUse>,
}

impl Flow {
    /// Returns what stays of it when its program is gone: what it counted, and not what it looks like
    /// now or what it takes.
    #[must_use]
    pub fn ended(self) -> Self {
        let rests = |breakdown| Breakdown { guarded: false, ..breakdown };

        Self {
            breakdowns: self.breakdowns.map(|it| it.map(rests)),
            signals: None,
            maps: Vec::new(),
            ..self
        }
    }
}

/// The packets of one flow by one dimension: named series and the rest.
#[derive(Clone, Debug, PartialEq)]
pub struct Breakdown {
    /// When its counts began: with those of the flow, or when it was switched on.
    pub since: SystemTime,
    /// In the order of the keys. One fold adds to these and to `other` exactly what its interval
    /// counted. The count of an ended series is in neither. Of ports an `ephemeral` key may be
    /// among them; of VLANs only packets are counted, and bytes are 0.
    pub named: Vec<Named>,
    /// Everything that was counted while its key had no name, for good: for ports one count
    /// for each [`PortProtocol`], otherwise a single one.
    pub other: Vec<Count>,
    /// Why packets are in `other`.
    pub unattributed: Unattributed,
    /// Most series that may be named; `ephemeral` ports are beside it.
    pub limit: usize,
    /// Series that lost their name to a busier key or to a lower limit so far; not the idle ones.
    pub evicted: u64,
    /// Misses are being sampled.
    pub guarded: bool,
}

/// The IP packets of one flow by traffic class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrafficClasses {
    /// When these counts began: with those of the flow, or when they were switched on.
    pub since: SystemTime,
    pub packets: Arc<[u64; TRAFFIC_CLASSES]>,
}

/// One named series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Named {
    pub key: SeriesKey,
    /// Counted since the key was first named.
    pub count: Count,
    /// When the interval began in which the key was first named: nothing here is older.
    pub since: SystemTime,
}

/// Packets without a named series, by reason; together they are the packets of `other`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unattributed {
    /// Turned away by the guard.
    pub guard: u64,
    /// Forgotten by the second level.
    pub evicted: u64,
    /// Known by key, but the key had no name.
    pub unnamed: u64,
}

/// What a window of intervals looks like as a whole.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Signals {
    /// Estimated distinct sources, by [`IpFamily`].
    pub distinct_sources: [f64; IpFamily::ALL.len()],
    /// Distinct destination ports, by [`PortProtocol`].
    pub distinct_ports: [u64; PortProtocol::ALL.len()],
    /// Normalised Shannon entropy, 0 to 1; the mean of the intervals, weighted with their packets;
    /// `None` in a window without any.
    pub source_entropy: Option<f64>,
    /// As the entropy of sources; packets that show no port are not in it.
    pub port_entropy: Option<f64>,
    /// Sources that touched many ports; `None` where nothing is counted by source, which is where
    /// ports leave their marks.
    pub scanning_sources: Option<u64>,
    /// Sources that sent a SYN and no ACK since, exact up to 8,192. Packets that are refused or evicted
    /// leave no mark: where there are some, the number is a lower bound. `None` where nothing is counted
    /// by source.
    pub syn_sources: Option<u64>,
}
