//! Taps that one program counts together, each under its slot in a pool.

mod drains;
mod replace;

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Instant, SystemTime};

use shared::{Direction, POOL_SLOTS};

use super::attach::{self, AttachError, Held};
use super::budget::{LEAST_SLOTS, slots_for};
use super::claim::Claim;
use super::drains::Paused;
use super::front::OnDevice;
use super::load::LoadError;
use super::pool::{self, Pool};
use super::ranks::PortRanks;
use super::room::PoolRoom;
use super::wire::Barrier;
use super::{Options, Placement, Presence, Replaced, Tap, filter};
use crate::causes::with_causes;
use crate::health::Running;
use crate::interval::MapUse;
use drains::Leftover;

/// Taps that share programs.
#[derive(Default)]
pub(super) struct SharedTaps {
    /// By number, also those that only wait to be read.
    rooms: BTreeMap<u32, Room>,
    last_number: u32,
    /// Those that devices are attached to, by their place on the device.
    current: BTreeMap<Placement, u32>,
    /// Pools with other constants, which come in the place of those with the next drain.
    next: BTreeMap<Placement, Pool>,
    attached: BTreeMap<Tap, Attached>,
    paused: BTreeMap<Tap, Paused>,
    /// Those of them that could not be moved to another pool, which nobody knows yet.
    lost: BTreeSet<Tap>,
    leftovers: Vec<Leftover>,
    /// Indices of devices that were let go of; programs of theirs may run until the next grace period.
    let_go: BTreeSet<u32>,
}

/// What pools are loaded with.
#[derive(Clone, Copy)]
pub(super) struct Means<'a> {
    pub(super) options: &'a Options,
    pub(super) room: PoolRoom,
    pub(super) ranks: &'a PortRanks,
    pub(super) barrier: &'a Barrier,
}

impl Means<'_> {
    /// Loads a pool for the taps that are expected, or at least for one more than the one before has
    /// slots; of that the slots and the bytes are given.
    fn load_larger(
        self,
        placement: Placement,
        before: Option<(usize, u64)>,
    ) -> Result<Pool, LoadError> {
        let (taken, released) = before.unwrap_or_default();
        let mut slots = slots_for((taken * 2).max(self.room.slots));

        loop {
            match self.load(placement, slots, released) {
                Err(LoadError::OverBudget { .. }) if slots / 2 > taken.max(LEAST_SLOTS / 2) => {
                    slots /= 2;
                }
                loaded => return loaded,
            }
        }
    }

    /// Loads a pool with so many slots, in the place of one that takes `released` bytes.
    fn load(self, placement: Placement, slots: usize, released: u64) -> Result<Pool, LoadError> {
        let (shape, kind_sets) = self.room.shape(self.options, slots, released)?;

        pool::load(&shape, kind_sets, placement, self.ranks, slots)
    }
}

/// A pool in use.
struct Room {
    pool: Pool,
    /// The kernel's number of the program.
    program: u32,
    /// Dropped after the program: a filter without a claim counts as stale.
    _claim: Option<Claim>,
}

/// One device that the program of a pool is on.
struct Attached {
    held: Held,
    placement: Placement,
    /// The number of the pool.
    room: u32,
    slot: u32,
    /// When counting began.
    since: SystemTime,
    /// The kernel told that the device was removed.
    is_device_gone: bool,
}

/// Why a tap cannot be counted together with others.
#[derive(Debug, thiserror::Error)]
pub enum ShareError {
    #[error(transparent)]
    Load(#[from] LoadError),

    #[error(transparent)]
    Attach(#[from] AttachError),

    #[error(
        "`{device}` has no room among the {POOL_SLOTS} devices that can be counted together; exclude \
         some with `devices.exclude`"
    )]
    Full { device: String },
}

impl SharedTaps {
    pub(super) fn has(&self, tap: &Tap) -> bool {
        self.attached.contains_key(tap) || self.paused.contains_key(tap)
    }

    /// Counts a tap from now on. If the program was removed by another process, its counts continue.
    pub(super) fn attach(
        &mut self,
        tap: &Tap,
        placement: Placement,
        means: Means<'_>,
    ) -> Result<Running, ShareError> {
        filter::remove_stale(tap);
        let paused = self.paused.get(tap);
        if paused.is_some_and(|paused| paused.is_device_gone) {
            // The series of the device before this one are to end first.
            return Err(AttachError::gone(tap).into());
        }
        let counted_to = paused.map_or_else(Instant::now, |paused| paused.counted_to);
        let since = paused.map_or_else(SystemTime::now, |paused| paused.since);
        if self.let_go.contains(&tap.device.index) {
            // A program that still runs on the device before must not find this one's slot.
            let doing = "wait until no program counts for the device before this one";
            means.barrier.wait().map_err(|source| LoadError::Io { doing, source })?;
            self.let_go.clear();
        }

        let (room, slot) = self.slot(tap, placement, counted_to, means)?;
        let Some(Room { pool, .. }) = self.rooms.get_mut(&room) else { return Err(full(tap)) };
        match attach::attach(&mut pool.ebpf, tap, placement) {
            Ok((held, running)) => {
                self.paused.remove(tap);
                let attached =
                    Attached { held, placement, room, slot, since, is_device_gone: false };
                self.attached.insert(tap.clone(), attached);
                Ok(running)
            }
            Err(error) => {
                pool.remove(slot);
                self.leftovers.push(Leftover::of_nothing(room, slot));
                Err(error.into())
            }
        }
    }

    /// Assigns a slot to a tap, in a larger pool where the present one is full.
    fn slot(
        &mut self,
        tap: &Tap,
        placement: Placement,
        counted_to: Instant,
        means: Means<'_>,
    ) -> Result<(u32, u32), ShareError> {
        if let Some(number) = self.current.get(&placement).copied()
            && let Some(Room { pool, .. }) = self.rooms.get_mut(&number)
            && let Some(slot) = pool.add(tap.device.index, counted_to)
        {
            return Ok((number, slot));
        }
        let before = self.pool(placement).map(|pool| (pool.capacity(), pool.bytes()));
        if before.is_some_and(|(slots, _)| slots >= POOL_SLOTS) {
            return Err(full(tap));
        }
        let larger = means.load_larger(placement, before)?;
        // It has the present constants, and more slots than what was prepared.
        self.next.remove(&placement);
        let number = self.install(placement, larger, &tap.device)?;
        for Replaced { tap, outcome } in self.move_to(placement, number) {
            if let Err(error) = outcome {
                tracing::warn!(
                    device = &*tap.device.name,
                    error = with_causes(&error),
                    "Cannot move to a larger pool; attaching again"
                );
            }
        }
        let room = self.rooms.get_mut(&number);
        let slot = room.and_then(|room| room.pool.add(tap.device.index, counted_to));

        slot.map(|slot| (number, slot)).ok_or_else(|| full(tap))
    }

    /// Returns how many pools devices are attached to.
    pub(super) fn pools(&self) -> usize {
        self.current.len()
    }

    /// Returns what the maps of all pools take, in bytes.
    pub(super) fn bytes(&self) -> u64 {
        self.rooms.values().map(|room| room.pool.bytes()).sum()
    }

    /// Returns the pool that devices are attached to.
    fn pool(&self, placement: Placement) -> Option<&Pool> {
        self.rooms.get(self.current.get(&placement)?).map(|room| &room.pool)
    }

    /// Returns where the kernel has the program of a tap; `None` where none was attached.
    pub(super) fn presence(&self, tap: &Tap) -> Option<Presence> {
        if self.lost.contains(tap) {
            return Some(Presence::TakenOff);
        }
        let attached = self.attached.get(tap)?;
        let program = self.rooms.get(&attached.room)?.program;

        Some(attached.held.presence(program))
    }

    /// Returns whether the kernel told that the device of a tap was removed; `None` for others.
    pub(super) fn is_device_gone(&self, tap: &Tap) -> Option<bool> {
        let of_attached = self.attached.get(tap).map(|attached| attached.is_device_gone);

        of_attached.or_else(|| self.paused.get(tap).map(|paused| paused.is_device_gone))
    }

    /// Returns how full the maps of the pools are, those of each direction added up.
    pub(super) fn maps(&self) -> Vec<(Direction, MapUse)> {
        let mut all: Vec<(Direction, MapUse)> = Vec::new();
        for (placement, number) in &self.current {
            let Some(Room { pool, .. }) = self.rooms.get(number) else { continue };
            for map in pool.map_use() {
                let direction = placement.direction();
                match all.iter_mut().find(|(it, known)| *it == direction && known.map == map.map) {
                    Some((_, known)) => {
                        known.entries = known.entries.max(map.entries);
                        known.memory_bytes += map.memory_bytes;
                    }
                    None => all.push((direction, map)),
                }
            }
        }

        all
    }

    /// Notes that the kernel removed a device.
    pub(super) fn note_removal(&mut self, ifindex: u32) {
        let of_device = |tap: &Tap| tap.device.index == ifindex;
        for (_, attached) in self.attached.iter_mut().filter(|(tap, _)| of_device(tap)) {
            attached.is_device_gone = true;
        }
        for (_, paused) in self.paused.iter_mut().filter(|(tap, _)| of_device(tap)) {
            paused.is_device_gone = true;
        }
    }

    /// Returns where the program of a tap is, and the program.
    pub(super) fn on_device(&mut self, tap: &Tap) -> Option<OnDevice<'_>> {
        let Attached { held, placement, room, .. } = self.attached.get_mut(tap)?;
        let Room { pool, program, .. } = self.rooms.get_mut(room)?;

        Some(OnDevice {
            held,
            placement: *placement,
            program: *program,
            ebpf: &mut pool.ebpf,
            place: None,
        })
    }
}

fn full(tap: &Tap) -> ShareError {
    ShareError::Full { device: tap.device.name.to_string() }
}
