//! What the maps of programs would take that are still to be attached.

use std::cmp::Reverse;
use std::io;

use super::budget::{self, Plan, PoolSizes, Taps};
use super::cpus::Cpus;
use super::memory::{self, MapMemory};
use super::options::{Options, Sizes};

/// What the maps of all programs would take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectedMaps {
    /// Of each tap with tables of its own.
    pub own: ProgramMaps,
    /// Of the largest set of tables that taps share.
    pub pool: ProgramMaps,
    /// Taps that have room in each of these sets where as many are wanted.
    pub slots: usize,
}

/// What the maps of one program would take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProgramMaps {
    pub sizes: Sizes,
    pub maps: Vec<MapMemory>,
    /// With what the kernel needs for itself.
    pub bytes: u64,
}

impl Options {
    /// Returns what the maps of so many programs would take on this host.
    pub fn expected_maps(&self, taps: &Taps) -> io::Result<ExpectedMaps> {
        Ok(expected(self, Cpus::read()?, taps))
    }
}

fn expected(options: &Options, cpus: Cpus, taps: &Taps) -> ExpectedMaps {
    let mut wanted = taps.slots();
    wanted.sort_unstable_by_key(|slots| Reverse(*slots));
    let most = wanted.first().copied().unwrap_or(budget::LEAST_SLOTS);
    let Plan { own, pool } = Plan::of(options, cpus, taps, options.memory);
    let of_own = budget::own_bytes(options, cpus, own);
    let left = options.memory.saturating_sub(of_own * taps.own as u64);

    ExpectedMaps {
        own: ProgramMaps {
            sizes: own,
            maps: memory::own(options, cpus, own).to_vec(),
            bytes: of_own,
        },
        pool: ProgramMaps {
            sizes: pool.tables,
            maps: memory::pool(options, cpus, pool.tables, pool.kind_sets, most).to_vec(),
            bytes: budget::pool_bytes(options, cpus, pool, most),
        },
        slots: fewest_slots((options, cpus), pool, &wanted, left).unwrap_or(most),
    }
}

/// Returns how many slots the smallest pool has of those that have fewer than are wanted, because too
/// little memory is left; `None` where each has what is wanted.
fn fewest_slots(
    (options, cpus): (&Options, Cpus),
    planned: PoolSizes,
    wanted: &[usize],
    mut left: u64,
) -> Option<usize> {
    let bytes = |sizes, slots| budget::pool_bytes(options, cpus, sizes, slots);
    let of_each: Vec<u64> = wanted.iter().map(|slots| bytes(planned, *slots)).collect();
    let mut fewest = None;
    for (place, wanted) in wanted.iter().enumerate() {
        let mut slots = *wanted;
        let room = budget::for_next_pool(left, &of_each[place + 1..]);
        let largest = |slots| budget::one_pool(options, cpus, slots, room);
        while slots > budget::LEAST_SLOTS && largest(slots).is_none() {
            slots /= 2;
        }
        let Some(largest) = largest(slots) else { return Some(0) };
        let planned = bytes(planned, slots);
        left -= if planned <= room { planned } else { bytes(largest, slots) };
        if slots < *wanted {
            fewest = Some(fewest.unwrap_or(slots).min(slots));
        }
    }

    fewest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::datapath::{LinkLayer, Placement};
    use crate::health::Hook;

    const CPUS: Cpus = Cpus { possible: 2, online: 2 };

    fn shared(slots: usize, memory: u64) -> ExpectedMaps {
        let options = Options { memory: memory << 20, ..Options::default() };

        let hooks = [Hook::TcxIngress, Hook::TcxEgress];
        let places = hooks.map(|hook| (Placement::tc(hook, LinkLayer::Ethernet), slots));

        expected(&options, CPUS, &Taps { own: 0, shared: places.into() })
    }

    #[test]
    fn devices_that_share_tables_take_little_each() {
        let [few, many] = [50, 250].map(|devices| shared(devices, 256));

        assert_eq!((few.slots, many.slots), (64, 256));
        assert!(2 * many.pool.bytes <= 256 << 20, "{}", many.pool.bytes);
        assert!(many.pool.bytes - few.pool.bytes < 200 * (256 << 10), "{few:?} {many:?}");
        let maps: u64 = few.pool.maps.iter().map(|map| map.bytes).sum();
        assert!(few.pool.bytes.abs_diff(maps) < 1 << 20, "{few:?}");
    }

    #[test]
    fn what_does_not_fit_has_no_slot() {
        assert_eq!(shared(2000, 256).slots, 1024);
        assert_eq!(shared(2000, 2048).slots, 2048);
        assert_eq!(shared(50, 1).slots, 0);
    }
}
