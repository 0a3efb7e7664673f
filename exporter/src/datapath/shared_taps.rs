//! Taps that one program counts together, each under its slot in a pool.

mod drains;
mod fit;
mod maps;
mod means;
mod replace;

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Instant, SystemTime};

use shared::POOL_SLOTS;

use super::attach::{self, AttachError, Held};
use super::claim::Claim;
use super::front::OnDevice;
use super::last::Paused;
use super::load::LoadError;
use super::pool::Pool;
use super::{Placement, Presence, Replaced, Tap, filter};
use crate::causes::with_causes;
use crate::health::Running;
use drains::Leftover;
pub(super) use means::Means;

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
    /// Since when so few devices have slots of a pool that a smaller one would do.
    sparse: BTreeMap<Placement, Instant>,
    /// Indices of devices that were let go of; programs of theirs may run until the next grace period.
    let_go: BTreeSet<u32>,
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

        let current = self.current.get(&placement).copied();
        let (room, slot) = match self.slot(current, tap, counted_to) {
            Some(found) => found,
            None => self.slot_in_larger(tap, placement, counted_to, means)?,
        };
        let is_larger = current.is_some_and(|current| current != room);
        let Some(Room { pool, .. }) = self.rooms.get_mut(&room) else { return Err(full(tap)) };
        match attach::attach(&mut pool.ebpf, tap, placement) {
            Ok((held, running)) => {
                self.paused.remove(tap);
                let attached =
                    Attached { held, placement, room, slot, since, is_device_gone: false };
                self.attached.insert(tap.clone(), attached);
                if is_larger {
                    self.go_to(placement, room);
                }
                Ok(running)
            }
            Err(error) => {
                if is_larger {
                    // It is there for this tap alone.
                    self.rooms.remove(&room);
                } else {
                    pool.remove(slot);
                    self.leftovers.push(Leftover::of_nothing(room, slot));
                }
                Err(error.into())
            }
        }
    }

    /// Keeps that the program of a tap was removed from its device, which had one of its own.
    pub(super) fn pause_as(&mut self, tap: &Tap, paused: Paused) {
        self.paused.insert(tap.clone(), paused);
    }

    /// Assigns a slot of a pool to a tap; `None` where the pool is full.
    fn slot(&mut self, number: Option<u32>, tap: &Tap, counted_to: Instant) -> Option<(u32, u32)> {
        let Room { pool, .. } = self.rooms.get_mut(&number?)?;
        let slot = pool.add(tap.device.index, counted_to)?;

        Some((number?, slot))
    }

    /// Loads a pool with more slots than the present one, and assigns one of them. The taps of the
    /// present one stay there until [`Self::go_to`].
    fn slot_in_larger(
        &mut self,
        tap: &Tap,
        placement: Placement,
        counted_to: Instant,
        means: Means<'_>,
    ) -> Result<(u32, u32), ShareError> {
        let before = self.pool(placement).map(|pool| (pool.capacity(), pool.bytes()));
        if before.is_some_and(|(slots, _)| slots >= POOL_SLOTS) {
            return Err(full(tap));
        }
        let larger = means.load_larger(placement, before)?;
        let number = self.install(larger, &tap.device)?;
        if before.is_none() {
            self.current.insert(placement, number);
        }

        self.slot(Some(number), tap, counted_to).ok_or_else(|| full(tap))
    }

    /// Moves the taps with this place to a pool of another size, for good.
    fn go_to(&mut self, placement: Placement, number: u32) {
        self.current.insert(placement, number);
        // It has the present constants, and other slots than what was prepared.
        self.next.remove(&placement);
        for Replaced { tap, outcome, .. } in self.move_to(placement, number) {
            if let Err(error) = outcome {
                tracing::warn!(
                    device = &*tap.device.name,
                    error = with_causes(&error),
                    "Cannot move to tables of another size; attaching again"
                );
            }
        }
    }

    /// Returns whether there is a pool for devices with this place.
    pub(super) fn has_pool(&self, placement: Placement) -> bool {
        self.current.contains_key(&placement)
    }

    /// Returns what the maps of all pools take, in bytes, with those that are to come in the place of
    /// others.
    pub(super) fn bytes(&self) -> u64 {
        let pools = self.rooms.values().map(|room| &room.pool).chain(self.next.values());

        pools.map(Pool::bytes).sum()
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

    /// Notes which devices the kernel removed.
    pub(super) fn note_removals(&mut self, removed: &BTreeSet<u32>) {
        for (tap, attached) in &mut self.attached {
            attached.is_device_gone |= removed.contains(&tap.device.index);
        }
        for (tap, paused) in &mut self.paused {
            paused.is_device_gone |= removed.contains(&tap.device.index);
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
