//! The first level of attribution, read from outside: what is in it, and what stays.

use std::collections::BTreeMap;
use std::ops::Range;

use shared::{GENERATIONS, Slot, TableCount, WEIGHT_MOST, Ways, first_place, second_place};

use super::wire::Mapping;

/// Ways of every set.
const WAYS: usize = 4;
/// Of the places of a CPU, one in this many is for keys that are promoted in one interval.
const PROMOTED_SHARE: usize = 8;

/// The sets of every CPU and generation of one dimension.
#[derive(Debug)]
pub(super) struct Table<W> {
    sets: Mapping<W>,
    /// Sets of one CPU and generation; a power of two.
    of_cpu: usize,
    /// By generation and CPU: keys may be there, also if no packet came.
    holds_keys: [Vec<bool>; GENERATIONS],
}

/// What one CPU counted in a generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Load {
    /// Frames came.
    pub(super) is_any: bool,
    /// Packets have found no room in the table.
    pub(super) is_short: bool,
    /// Keys without packets lose weight: at most once a second, however short the intervals are.
    pub(super) ages: bool,
}

impl<W: Ways> Table<W>
where
    <W::Slot as Slot>::Key: Ord,
{
    /// Makes a table with parts for the CPUs with numbers below `parts`.
    pub(super) fn new(sets: Mapping<W>, of_cpu: usize, parts: usize) -> Self {
        // It is not known which program counted in these maps before.
        let holds_keys = [(); GENERATIONS].map(|()| vec![true; parts]);

        Self { sets, of_cpu, holds_keys }
    }

    /// Returns how many CPUs have a part. The others find no set, and go to the second level.
    pub(super) fn parts(&self) -> usize {
        self.holds_keys[0].len()
    }

    /// Bytes of both generations.
    pub(super) fn bytes(&self) -> u64 {
        self.sets.bytes()
    }

    /// Keys that fit into the part of one CPU.
    pub(super) fn capacity(&self) -> u64 {
        (self.of_cpu * WAYS) as u64
    }

    /// Adds what a generation counted to `keys`, clears the generation, and returns how many places
    /// were taken on the fullest CPU. `loads` says what each CPU counted in it: most of the
    /// possible ones may never run, and cost nothing here.
    pub(super) fn take(
        &mut self,
        generation: usize,
        loads: &[Load],
        keys: &mut Keys<<W::Slot as Slot>::Key>,
    ) -> usize {
        let mut fullest = 0;
        for (cpu, load) in loads.iter().take(self.parts()).enumerate() {
            let range = self.range(cpu, generation);
            if !load.is_any && !self.holds_keys[generation][cpu] {
                continue;
            }
            let sets = self.sets.read(range.clone());
            let ways = || sets.iter().flat_map(Ways::ways);
            for way in ways().filter(|way| way.count().packets > 0) {
                keys.add(way.key(), way.count());
            }
            fullest = fullest.max(ways().filter(|way| !way.is_free()).count());
            self.sets.clear(range);
            self.holds_keys[generation][cpu] = false;
        }

        fullest
    }

    /// Carries the established keys of the generation that counts into the other one, so that a
    /// flood never finds an empty table. `loads` says what each CPU counted so far; `promoted` are
    /// keys that deserve a place and had none.
    ///
    /// The kernel goes on writing what is read here. A key that is torn by that takes a place
    /// for an interval and does no other harm: it brings no packets with it.
    pub(super) fn carry(
        &mut self,
        from: usize,
        loads: &[Load],
        promoted: &[<W::Slot as Slot>::Key],
        hash: impl Fn(<W::Slot as Slot>::Key) -> u64,
    ) {
        for (cpu, load) in loads.iter().take(self.parts()).enumerate() {
            // Without keys there is nothing to carry, and the other generation was cleared.
            if !load.is_any && !self.holds_keys[from][cpu] {
                continue;
            }
            let old = self.sets.read(self.range(cpu, from));
            let mut new: Vec<W> = old.iter().map(|set| carried(set, *load)).collect();
            // A CPU without misses has room, and a promoted key may never reach it.
            let promoted = promoted.iter().filter(|_| load.is_short);
            for key in promoted.take(new.len() * WAYS / PROMOTED_SHARE) {
                promote(&mut new, *key, hash(*key));
            }
            self.sets.write(self.range(cpu, 1 - from).start, &new);
            self.holds_keys[1 - from][cpu] =
                new.iter().flat_map(Ways::ways).any(|way| !way.is_free());
        }
    }

    fn range(&self, cpu: usize, generation: usize) -> Range<usize> {
        let start = (cpu * GENERATIONS + generation) * self.of_cpu;

        start..start + self.of_cpu
    }
}

/// Returns the set for the next generation: established keys without their packets.
fn carried<W: Ways>(set: &W, load: Load) -> W {
    let mut next = W::default();
    let stay = set
        .ways()
        .iter()
        .map(|way| (way, next_weight(way.count(), load)))
        .filter(|(_, weight)| *weight > 0);
    for (to, (way, weight)) in next.ways_mut().iter_mut().zip(stay) {
        *to = W::Slot::carried(way.key(), weight);
    }
    let [.., last] = next.ways_mut();
    if set.ways()[3].spills() && !last.is_free() {
        last.spill();
    }

    next
}

/// Where packets find no room, one packet does not make a key established: a flood brings
/// nothing but such keys.
fn next_weight(count: TableCount, load: Load) -> u64 {
    let least = if load.is_short && count.weight == 0 { 2 } else { 1 };

    if count.packets >= least {
        WEIGHT_MOST
    } else {
        count.weight.saturating_sub(u64::from(load.ages))
    }
}

/// Assigns a free way to `key`, unless it has one: in its own set, else in its second place.
///
/// By chance more keys than four can belong to one set; without a second place a flood would turn
/// the others away.
fn promote<W: Ways>(sets: &mut [W], key: <W::Slot as Slot>::Key, hash: u64)
where
    <W::Slot as Slot>::Key: PartialEq,
{
    #[expect(clippy::cast_possible_truncation, reason = "a table has fewer than 2^32 sets")]
    let last = sets.len() as u32 - 1;
    let [own, second] = [first_place(hash, last), second_place(hash, last)].map(|set| set as usize);
    let holds = |set: &W| set.ways().iter().any(|way| !way.is_free() && way.key() == key);
    let [is_own, is_second] = [own, second].map(|set| holds(&sets[set]));
    if is_own || take_free(&mut sets[own], key) {
        return;
    }
    if is_second || take_free(&mut sets[second], key) {
        sets[own].ways_mut()[3].spill();
    }
}

fn take_free<W: Ways>(set: &mut W, key: <W::Slot as Slot>::Key) -> bool {
    let Some(free) = set.ways_mut().iter_mut().find(|way| way.is_free()) else {
        return false;
    };
    *free = W::Slot::carried(key, 1);

    true
}

/// What was counted under each key, on all CPUs and both levels.
#[derive(Debug)]
pub(super) struct Keys<K>(BTreeMap<K, TableCount>);

impl<K> Default for Keys<K> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<K: Ord> Keys<K> {
    pub(super) fn add(&mut self, key: K, count: TableCount) {
        let known = self.0.entry(key).or_default();
        known.packets += count.packets;
        known.bytes += count.bytes;
        known.marks |= count.marks;
    }

    pub(super) fn into_iter(self) -> impl Iterator<Item = (K, TableCount)> {
        self.0.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use shared::{Count, PortKey, PortProtocol, PortSet, PortSlot};

    use super::*;

    const QUIET: Load = Load { is_any: true, is_short: false, ages: true };

    /// A set with one key that had `packets` and, from before, `weight`.
    fn set(packets: u64, weight: u64) -> PortSet {
        let mut set = PortSet::default();
        let [first, ..] = set.ways_mut();
        *first = PortSlot::carried(PortKey::number(PortProtocol::Tcp, 443), weight);
        for _ in 0..packets {
            first.add(Count { packets: 1, bytes: 60 }, 0);
        }

        set
    }

    fn weight_after(packets: u64, weight: u64, load: Load) -> u64 {
        let [first, ..] = carried(&set(packets, weight), load).0;
        assert_eq!(first.count().packets, 0, "no packets are carried");

        first.count().weight
    }

    #[test]
    fn a_key_without_packets_goes_after_three_seconds_however_often_it_is_looked_at() {
        let soon = Load { ages: false, ..QUIET };

        let weights = (0..100).map(|look| if look % 10 == 9 { QUIET } else { soon }).scan(
            WEIGHT_MOST,
            |weight, load| {
                *weight = weight_after(0, *weight, load);
                Some(*weight)
            },
        );
        let lasted = weights.take_while(|weight| *weight > 0).count();

        assert_eq!(lasted, 29);
    }

    #[test]
    fn a_packet_makes_a_key_established_but_not_a_single_one_in_a_flood() {
        let short = Load { is_short: true, ..QUIET };

        assert_eq!(weight_after(1, 0, QUIET), WEIGHT_MOST);
        assert_eq!(weight_after(1, 0, short), 0);
        assert_eq!(weight_after(2, 0, short), WEIGHT_MOST);
        assert_eq!(weight_after(1, 1, short), WEIGHT_MOST);
    }
}
