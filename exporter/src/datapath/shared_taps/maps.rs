//! How full the maps are that taps share.

use shared::Direction;

use super::{Room, SharedTaps};
use crate::interval::MapUse;

impl SharedTaps {
    /// Returns how full the maps of the pools are: of each direction and name the fullest, and the memory
    /// of all.
    pub(in super::super) fn maps(&self) -> Vec<(Direction, MapUse)> {
        let mut all: Vec<(Direction, MapUse)> = Vec::new();
        for (placement, number) in &self.current {
            let Some(Room { pool, .. }) = self.rooms.get(number) else { continue };
            for map in pool.map_use() {
                let direction = placement.direction();
                match all.iter_mut().find(|(it, known)| *it == direction && known.map == map.map) {
                    Some((_, known)) => *known = fuller(*known, map),
                    None => all.push((direction, map)),
                }
            }
        }

        all
    }
}

/// Returns the map that is fuller, with the memory of both.
fn fuller(one: MapUse, other: MapUse) -> MapUse {
    let share = |map: &MapUse, of: &MapUse| map.entries * of.entries_limit;
    let is_other = share(&other, &one) > share(&one, &other);
    let memory_bytes = one.memory_bytes + other.memory_bytes;

    MapUse { memory_bytes, ..if is_other { other } else { one } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fullest_of_several_maps_is_told_of_with_its_own_limit() {
        let map = |entries, entries_limit, memory_bytes| MapUse {
            map: "sources",
            entries,
            entries_limit,
            memory_bytes,
        };
        let (large, small) = (map(100, 8192, 1000), map(90, 128, 10));

        let both = [fuller(large, small), fuller(small, large)];

        assert_eq!(both, [map(90, 128, 1010); 2]);
        assert_eq!(fuller(map(0, 64, 1), map(0, 128, 1)), map(0, 64, 2));
    }
}
