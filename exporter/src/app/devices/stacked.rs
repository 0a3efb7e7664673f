//! Devices that see the same frames as another one that is counted too.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::interfaces::Interface;

/// Two devices of which the upper one gets its frames from the lower one.
pub(super) type Pair = (Arc<str>, Arc<str>);

/// Returns the pairs among `wanted`, the upper device first: a VLAN and what it lies on, a bond or
/// a bridge and its parts.
pub(super) fn pairs(wanted: &[&Interface]) -> BTreeSet<Pair> {
    let by_index: BTreeMap<u32, &Interface> = wanted.iter().map(|it| (it.index, *it)).collect();
    let name_of = |index: Option<u32>| Some(Arc::clone(&by_index.get(&index?)?.name));
    let mut pairs = BTreeSet::new();
    for one in wanted {
        pairs.extend(name_of(one.lower).map(|lower| (Arc::clone(&one.name), lower)));
        pairs.extend(name_of(one.upper).map(|upper| (upper, Arc::clone(&one.name))));
    }

    pairs
}

/// Returns devices so that each comes after those that it lies on: the kernel takes no XDP program
/// below a device that has one.
pub(super) fn from_below(wanted: &[Interface]) -> Vec<&Interface> {
    let below = Below::among(wanted);
    let mut sorted: Vec<_> = wanted.iter().collect();
    sorted.sort_by_cached_key(|it| below.height(it, MOST));

    sorted
}

/// Returns whether another device lies on this one.
pub(super) fn is_below(one: &Interface, all: &[Interface]) -> bool {
    one.upper.is_some() || above(one, all).next().is_some()
}

/// Returns the devices that lie on this one.
pub(super) fn above<'a>(
    one: &Interface,
    all: &'a [Interface],
) -> impl Iterator<Item = &'a Interface> + use<'a> {
    let (index, upper) = (one.index, one.upper);

    all.iter().filter(move |other| other.lower == Some(index) || upper == Some(other.index))
}

/// Devices that lie on each other; the kernel's own limit. Source: `MAX_NEST_DEV` in
/// include/linux/netdevice.h.
const MOST: usize = 8;

/// Which devices lie below which, found without going through all of them.
struct Below<'a> {
    by_index: BTreeMap<u32, &'a Interface>,
    /// The parts of bonds and bridges.
    by_upper: BTreeMap<u32, Vec<&'a Interface>>,
}

impl<'a> Below<'a> {
    fn among(all: &'a [Interface]) -> Self {
        let by_index = all.iter().map(|it| (it.index, it)).collect();
        let mut by_upper: BTreeMap<u32, Vec<&Interface>> = BTreeMap::new();
        for one in all {
            if let Some(upper) = one.upper {
                by_upper.entry(upper).or_default().push(one);
            }
        }

        Self { by_index, by_upper }
    }

    /// Returns how many devices lie below one, at the most.
    fn height(&self, one: &Interface, most: usize) -> usize {
        if most == 0 {
            return 0;
        }
        let lower = one.lower.and_then(|lower| self.by_index.get(&lower));
        let parts = self.by_upper.get(&one.index).map_or(&[][..], Vec::as_slice);
        let below = lower.into_iter().chain(parts);

        below.map(|it| 1 + self.height(it, most - 1)).max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::devices::start::tests::interface;

    #[test]
    fn a_vlan_and_a_bond_are_found_on_what_they_lie_on() {
        let bond = interface("bond0", 3, None, None);
        let part = interface("eth0", 1, None, Some(3));
        let other = interface("eth1", 2, None, None);
        let vlan = interface("bond0.5", 4, Some(3), None);
        let of = |wanted: &[&Interface]| -> Vec<String> {
            pairs(wanted).iter().map(|(upper, lower)| format!("{upper} on {lower}")).collect()
        };

        assert_eq!(of(&[&bond, &part, &other, &vlan]), ["bond0 on eth0", "bond0.5 on bond0"]);
        assert_eq!(of(&[&part, &other, &vlan]), [""; 0], "what lies between is not counted");
        assert_eq!(of(&[&bond, &other]), [""; 0]);
    }

    #[test]
    fn what_lies_below_comes_first() {
        let bridge = interface("a", 1, None, None);
        let vlan = interface("b", 2, Some(3), Some(1));
        let bond = interface("c", 3, None, None);
        let part = interface("d", 4, None, Some(3));
        let wanted = [bridge, vlan, bond, part];

        let sorted = from_below(&wanted);

        let names: Vec<_> = sorted.iter().map(|it| &*it.name).collect();
        assert_eq!(names, ["d", "c", "b", "a"]);
    }

    #[test]
    fn devices_that_claim_to_lie_on_each_other_are_sorted_somehow() {
        let wanted = [interface("a", 1, Some(2), None), interface("b", 2, Some(1), None)];

        let sorted = from_below(&wanted);

        assert!(sorted.iter().all(|it| is_below(it, &wanted)));
    }
}
