//! Counters without a key, numbered: only those that rose take memory.

use shared::{Count, Family, Protocol, SIZE_BOUNDS, TRAFFIC_CLASSES};

use crate::interval::Totals;
use crate::snapshot::{Flow, TrafficClasses};

/// The number of a counter: those that have bytes come first, traffic classes last.
pub(super) type Slot = u16;

/// A counter and what was added to it.
pub(super) type Risen = (Slot, Count);

/// How many counters have bytes: cells and sizes.
#[expect(clippy::cast_possible_truncation, reason = "they are a hundred")]
pub(super) const WITH_BYTES: Slot =
    (Family::ALL.len() * Protocol::ALL.len() + SIZE_BOUNDS.len() + 1) as Slot;

/// Returns what rose from one flow to the other, in order; from 0 where there is none before.
pub(super) fn risen(before: Option<&Flow>, now: &Flow) -> Vec<Risen> {
    let nothing = Totals::default();
    let old = before.map_or(&nothing, |flow| &*flow.totals);
    let new = &*now.totals;

    let counts = with_bytes(old).zip(with_bytes(new)).map(|(old, new)| Count {
        packets: new.packets.saturating_sub(old.packets),
        bytes: new.bytes.saturating_sub(old.bytes),
    });
    let old = without_bytes(old).chain(classes(old_classes(before, now)));
    let packets = old.zip(without_bytes(new).chain(classes(now.classes.as_ref())));
    let packets = packets.map(|(old, new)| Count { packets: new.saturating_sub(*old), bytes: 0 });

    let all = (0..).zip(counts.chain(packets));
    all.filter(|(_, count)| *count != Count::default()).collect()
}

/// Returns the counters as totals, and the packets by traffic class.
pub(super) fn totals(risen: &[Risen]) -> (Totals, [u64; TRAFFIC_CLASSES]) {
    let (mut totals, mut by_class) = (Totals::default(), [0; TRAFFIC_CLASSES]);
    let Totals { cells, sizes, tcp_flags, icmp, cast, fragments, malformed, encapsulations } =
        &mut totals;
    let mut risen = risen.iter().peekable();
    let mut added = |slot| risen.next_if(|(own, _)| *own == slot).map(|(_, count)| *count);

    for (slot, count) in (0..).zip(cells.as_flattened_mut().iter_mut().chain(sizes)) {
        *count = added(slot).unwrap_or_default();
    }
    let all = tcp_flags
        .iter_mut()
        .chain(icmp.as_flattened_mut())
        .chain(cast)
        .chain(fragments.as_flattened_mut())
        .chain(malformed)
        .chain(encapsulations)
        .chain(&mut by_class);
    for (slot, packets) in (WITH_BYTES..).zip(all) {
        *packets = added(slot).unwrap_or_default().packets;
    }

    (totals, by_class)
}

fn with_bytes(totals: &Totals) -> impl Iterator<Item = &Count> {
    totals.cells.as_flattened().iter().chain(&totals.sizes)
}

fn without_bytes(totals: &Totals) -> impl Iterator<Item = &u64> {
    let Totals { tcp_flags, icmp, cast, fragments, malformed, encapsulations, .. } = totals;

    tcp_flags
        .iter()
        .chain(icmp.as_flattened())
        .chain(cast)
        .chain(fragments.as_flattened())
        .chain(malformed)
        .chain(encapsulations)
}

fn classes(classes: Option<&TrafficClasses>) -> impl Iterator<Item = &u64> {
    const NONE: &[u64; TRAFFIC_CLASSES] = &[0; TRAFFIC_CLASSES];

    classes.map_or(NONE, |it| &*it.packets).iter()
}

/// Those that were switched on since have counted from 0.
fn old_classes<'a>(before: Option<&'a Flow>, now: &Flow) -> Option<&'a TrafficClasses> {
    let old = before?.classes.as_ref()?;

    now.classes.as_ref().filter(|new| new.since == old.since).map(|_| old)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::example;

    #[test]
    fn every_counter_has_a_slot_and_comes_back_from_it() {
        let snapshot = example::readings().snapshot;
        let flow = &*snapshot.flows[0];

        let risen = risen(None, flow);
        let (totals, classes) = totals(&risen);

        assert_eq!(totals, *flow.totals);
        assert_eq!(classes, *flow.classes.as_ref().unwrap().packets);
        assert!(risen.is_sorted_by(|one, next| one.0 < next.0));
        let has_bytes = |it: &&Risen| it.1.bytes > 0;
        assert!(risen.iter().filter(has_bytes).all(|(slot, _)| *slot < WITH_BYTES));
    }

    #[test]
    fn what_fell_added_nothing() {
        let snapshot = example::readings().snapshot;
        let flow = &*snapshot.flows[0];
        let empty = example::empty("eth0", flow.direction);

        assert_eq!(risen(Some(flow), flow), []);
        assert_eq!(risen(Some(flow), &empty), []);
    }
}
