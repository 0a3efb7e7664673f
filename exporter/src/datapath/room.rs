//! What the maps of this process take, and what is left for others.

use super::budget::{self, Plan, PoolSizes, Taps};
use super::cpus::Cpus;
use super::instance::Successor;
use super::load::{LoadError, Missing};
use super::options::{Options, SizeChoice, Sizes};
use super::pins::PinDirectory;
use super::shape::Shape;
use super::{Datapath, Placement};

/// What maps take in the kernel, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MapsMemory {
    pub bytes: u64,
    pub limit: u64,
}

impl Datapath {
    /// Notes how many programs are to count, those that count already included: the memory is divided
    /// among them. Programs that count keep their tables.
    pub fn expect(&mut self, taps: Taps) {
        if taps != self.taps {
            self.plan = Plan::of(&self.options, self.cpus, &taps, self.options.memory);
            self.taps = taps;
        }
    }

    /// Returns what all maps take, and what they may take.
    pub fn memory(&self) -> MapsMemory {
        MapsMemory { bytes: self.charged(), limit: self.options.memory }
    }

    /// Returns the bytes that no map takes, and no pool will.
    pub(super) fn left(&self) -> u64 {
        let to_come: u64 = self.pools_to_come(None).iter().sum();

        self.options.memory.saturating_sub(self.charged() + to_come)
    }

    /// Returns what the pool of a place may take: what own taps leave, those that are still to come
    /// included.
    pub(super) fn for_pool(&self, placement: Placement) -> PoolRoom {
        let to_come = self.taps.own.saturating_sub(self.attached.len());
        let of_own = budget::own_bytes(&self.options, self.cpus, self.plan.own);
        let limit = self.options.memory;
        let left = limit.saturating_sub(self.charged() + to_come as u64 * of_own);

        PoolRoom {
            cpus: self.cpus,
            planned: self.plan.pool,
            slots: self.taps.slots_at(placement),
            left: budget::for_next_pool(left, &self.pools_to_come(Some(placement))),
            limit,
        }
    }

    /// Returns what each pool is planned to take that is still to be loaded, but for one.
    fn pools_to_come(&self, but: Option<Placement>) -> Vec<u64> {
        let is_to_come = |it: &&Placement| Some(**it) != but && !self.shared.has_pool(**it);
        let bytes = |placement: &Placement| {
            let slots = self.taps.slots_at(*placement);
            budget::pool_bytes(&self.options, self.cpus, self.plan.pool, slots)
        };

        self.taps.shared.keys().filter(is_to_come).map(bytes).collect()
    }

    /// Returns what is fixed for the next program with tables of its own.
    ///
    /// # Errors
    ///
    /// When there is no room even for the smallest tables.
    pub(super) fn shape(&self) -> Result<Shape, LoadError> {
        let sizes = self.sizes(&self.options, self.plan.own, self.left())?;

        Ok(Shape::of(&self.options, self.cpus, sizes))
    }

    /// Returns that for maps that are pinned: where they can be used, tables keep their sizes, as far
    /// as these are not set by hand.
    pub(super) fn shape_for(&self, place: &PinDirectory) -> Result<Shape, LoadError> {
        let shape = self.shape()?;
        let Some(layout) = place.layout().filter(|layout| layout.is_readable(&shape)) else {
            return Ok(shape);
        };
        let of_maps = layout.shape(shape);
        let sizes = self.options.sizes.or(of_maps.sizes());
        let fits = budget::own_bytes(&self.options, self.cpus, sizes) <= self.left();

        Ok(if fits { shape.sized(sizes) } else { shape })
    }

    /// Returns the shape of a program with other constants, on the maps of this one. Tables of what was
    /// off get the room that is left.
    ///
    /// # Errors
    ///
    /// When there is no room for the maps of what was off.
    pub(super) fn shape_of_next(&self, maps: &super::Instance) -> Result<Shape, LoadError> {
        let shape = maps.shape.changed(&self.options);
        let missing = Missing::of(&maps.maps, &shape);
        let Missing { sketches, vlans, classes, sources, ports } = missing;
        if !missing.is_any() {
            return Ok(shape);
        }
        let Sizes { source_sets, port_sets, source_overflow, port_overflow } = shape.sizes();
        let by_hand = self.options.sizes;
        let sizes = SizeChoice {
            source_sets: by_hand.source_sets.or((!sources).then_some(source_sets)),
            source_overflow: by_hand.source_overflow.or((!sources).then_some(source_overflow)),
            port_sets: by_hand.port_sets.or((!ports).then_some(port_sets)),
            port_overflow: by_hand.port_overflow.or((!ports).then_some(port_overflow)),
        };
        // What is there already takes no more; without any of these a program takes this.
        let nothing = Options {
            sizes,
            sources: false,
            ports: false,
            signals: false,
            vlans: false,
            traffic_classes: false,
            ..self.options.clone()
        };
        let is_there = budget::own_bytes(&nothing, self.cpus, shape.sizes());
        let missing = Options {
            sources,
            ports,
            signals: sketches,
            vlans,
            traffic_classes: classes,
            ..nothing
        };
        let room = self.left() + is_there;

        Ok(shape.sized(self.sizes(&missing, sizes.or(self.plan.own), room)?))
    }

    /// Returns sizes that fit into `room`: the planned ones, else the largest.
    fn sizes(&self, options: &Options, planned: Sizes, room: u64) -> Result<Sizes, LoadError> {
        let bytes = |sizes| budget::own_bytes(options, self.cpus, sizes);
        if bytes(planned) <= room {
            return Ok(planned);
        }

        budget::one_own(options, self.cpus, room).ok_or_else(|| LoadError::OverBudget {
            least: bytes(budget::least(options)),
            left: room,
            limit: self.options.memory,
        })
    }

    fn charged(&self) -> u64 {
        let of_next = |next: &Successor| next.bytes();
        let attached = self.attached.values().map(|super::Attached { instance, next, .. }| {
            instance.maps.bytes() + next.as_ref().map(of_next).unwrap_or_default()
        });
        let left_over = self.leftovers.iter().map(super::Leftover::bytes);

        attached.chain(left_over).sum::<u64>() + self.shared.bytes()
    }
}

/// The memory that pools may take.
#[derive(Clone, Copy, Debug)]
pub(super) struct PoolRoom {
    cpus: Cpus,
    planned: PoolSizes,
    /// Taps that are expected in each pool.
    pub(super) slots: usize,
    left: u64,
    limit: u64,
}

impl PoolRoom {
    /// Returns what is fixed for a pool with so many slots, in the place of one that takes `released`
    /// bytes, and its number of sets of kinds.
    ///
    /// # Errors
    ///
    /// When there is no room even for the smallest tables.
    pub(super) fn shape(
        self,
        options: &Options,
        slots: usize,
        released: u64,
    ) -> Result<(Shape, usize), LoadError> {
        let Self { cpus, planned, limit, .. } = self;
        let left = self.left + released;
        let bytes = |sizes| budget::pool_bytes(options, cpus, sizes, slots);
        let sizes =
            if bytes(planned) <= left {
                planned
            } else {
                budget::one_pool(options, cpus, slots, left).ok_or_else(|| {
                    LoadError::OverBudget { least: bytes(budget::least_pool(options)), left, limit }
                })?
            };

        Ok((Shape::of(options, cpus, sizes.tables), sizes.kind_sets))
    }
}
