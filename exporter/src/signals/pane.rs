//! One pane of the window: what it needs to know of its intervals, in bounded memory.

use std::time::Duration;

use shared::{IpFamily, PortKey, PortProtocol};

use super::entropy::{Mean, entropy};
use super::hyperloglog;
use crate::interval::{Interval, Keyed, Seen};
use crate::snapshot::Signals;

/// The sketches of the intervals of one pane; empty until there is something in them.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Pane {
    /// Where suspects keep the marks of this pane.
    pub(super) slot: usize,
    /// How long its intervals were together.
    pub(super) covers: Duration,
    sources: [Vec<u8>; IpFamily::ALL.len()],
    ports: [Vec<u64>; PortProtocol::ALL.len()],
    source_entropy: Mean,
    port_entropy: Mean,
}

impl Pane {
    pub(super) fn new(slot: usize) -> Self {
        Self { slot, ..Self::default() }
    }

    pub(super) fn add(&mut self, interval: &Interval) {
        let has_port = |seen: &&Seen<PortKey>| seen.key.port().is_some() || seen.key.is_ephemeral();
        let sources = interval.sources.keys.iter().map(|seen| seen.count.packets);
        let ports = interval.ports.keys.iter().filter(has_port).map(|seen| seen.count.packets);

        self.covers += interval.elapsed;
        self.source_entropy += entropy(sources, without_key(&interval.sources));
        self.port_entropy += entropy(ports, without_key(&interval.ports));
        self.merge(&interval.sketches.sources, &interval.sketches.ports);
    }

    fn merge(&mut self, sources: &[Vec<u8>], ports: &[Vec<u64>]) {
        for (registers, more) in self.sources.iter_mut().zip(sources) {
            merge(registers, more, |register, more| *register = more.max(*register));
        }
        for (bits, more) in self.ports.iter_mut().zip(ports) {
            merge(bits, more, |word, more| *word |= more);
        }
    }
}

/// Returns the packets without a key: the guard turned them away, or the second level forgot
/// them. A flood of keys that do not come back brings them, so each stands for one of its own.
fn without_key<K>(keyed: &Keyed<K>) -> u64 {
    keyed.refused.packets + keyed.evicted.packets
}

/// Returns the signals that the panes have together; those that need single sources are not
/// among them.
pub(super) fn signals<'a>(panes: impl IntoIterator<Item = &'a Pane>) -> Signals {
    let mut all = Pane::default();

    for Pane { slot: _, covers: _, sources, ports, source_entropy, port_entropy } in panes {
        all.source_entropy += *source_entropy;
        all.port_entropy += *port_entropy;
        all.merge(sources, ports);
    }

    Signals {
        distinct_sources: all.sources.map(|registers| hyperloglog::estimate(&registers).round()),
        distinct_ports: all
            .ports
            .map(|bits| bits.iter().map(|word| u64::from(word.count_ones())).sum()),
        source_entropy: all.source_entropy.value(),
        port_entropy: all.port_entropy.value(),
        scanning_sources: None,
        syn_sources: None,
    }
}

/// Merges one sketch into another; nothing but zeros takes no memory.
fn merge<T: Copy + Default + PartialEq>(
    sketch: &mut Vec<T>,
    more: &[T],
    merge: impl Fn(&mut T, T),
) {
    if more.iter().all(|more| *more == T::default()) {
        return;
    }

    sketch.resize(sketch.len().max(more.len()), T::default());
    for (one, more) in sketch.iter_mut().zip(more) {
        merge(one, *more);
    }
}
