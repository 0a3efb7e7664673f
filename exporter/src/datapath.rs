//! The datapath, seen from outside: programs on devices that are drained together.

mod attach;
mod budget;
mod claim;
mod common;
mod cpus;
mod drains;
mod expected;
mod filter;
mod foreign;
mod front;
mod handover;
mod inspect;
mod instance;
mod last;
mod limits;
mod load;
mod loaded;
mod memory;
mod of_cpus;
mod options;
mod pins;
mod placement;
mod pool;
mod prepared;
mod presence;
mod ranks;
mod removals;
mod replace;
mod room;
mod samples;
mod shape;
mod shared_taps;
mod sums;
mod tables;
mod wire;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use shared::Direction;

pub use attach::AttachError;
use attach::Held;
use budget::Plan;
pub use budget::Taps;
use claim::Claim;
use common::Common;
pub use cpus::Cpus;
use drains::Leftover;
pub use expected::{ExpectedMaps, ProgramMaps};
pub use foreign::{InFront, Owner, ProgramNames};
pub use front::would_hide;
use handover::Handover;
pub use handover::{HandoverError, Moved};
pub use inspect::{Inspected, Inspector};
use instance::{Instance, Successor};
use last::Paused;
pub use limits::{Limited, raise_limits};
pub use load::LoadError;
pub use loaded::{LoadedMap, LoadedProgram, loaded, maps as loaded_maps, tcx_programs};
pub use memory::MapMemory;
pub use options::{Options, SizeChoice, Sizes, TransmitChoice};
pub use pins::PinError;
use pins::{PinDirectory, Pins};
pub use placement::{LinkLayer, Placement};
pub use pool::PoolInspector;
use prepared::LeftLink;
pub use prepared::Prepared;
pub use presence::Presence;
pub use ranks::PortRanks;
use removals::Removals;
pub use replace::Replaced;
pub use room::MapsMemory;
pub use samples::{Choice, Copied, For, RING, Samples};
pub use shared_taps::ShareError;
use shared_taps::{Means, SharedTaps};
pub use wire::share_heap;
use wire::{Barrier, give_back, give_back_code, has_tcx};

use crate::health::{Hook, Running};
use crate::interval::MapUse;

/// Takes off the programs that are pinned below `path` and have no process any more.
pub fn clear_pins(path: &Path) {
    Pins::clear(path);
}

/// Returns whether programs could be pinned below `path`, and does nothing there.
pub fn check_pins(path: &Path) -> Result<(), PinError> {
    Pins::check(path)
}

/// Returns whether a previous exporter left its pinned program on the tap, which the next one
/// adopts or removes.
pub fn is_left_behind(path: &Path, tap: &Tap) -> bool {
    Pins::is_left_behind(path, tap)
}

/// A network device as the kernel knows it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Device {
    pub name: Arc<str>,
    pub index: u32,
}

/// A place where frames are counted: one direction of one device.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tap {
    pub device: Device,
    pub direction: Direction,
}

/// All programs of this process.
pub struct Datapath {
    options: Options,
    cpus: Cpus,
    /// How many programs are to count, and the sizes of their tables.
    taps: Taps,
    plan: Plan,
    barrier: Barrier,
    common: Common,
    attached: BTreeMap<Tap, Attached>,
    /// Taps without a program of their own.
    shared: SharedTaps,
    /// Where what is received is counted in the stack.
    ingress: Hook,
    /// Where what is sent is counted, if it is.
    transmit: Option<Hook>,
    pins: Option<Pins>,
    /// Taps whose program was removed by another process.
    paused: BTreeMap<Tap, Paused>,
    /// Maps that no program counts in any more.
    leftovers: Vec<Leftover>,
    /// Outcomes of replacements that were not read yet.
    replaced: Vec<Replaced>,
    /// Devices that went over to another hook, or did not, since that was asked for.
    moved: Vec<Moved>,
    removals: Removals,
}

/// One program on one device.
struct Attached {
    instance: Instance,
    /// When counting began.
    since: SystemTime,
    held: Held,
    /// Dropped after the program: a filter without a claim counts as stale.
    claim: Option<Claim>,
    /// The kernel's number of the program.
    program: u32,
    placement: Placement,
    /// What comes in its place with the next drain.
    next: Option<Successor>,
    /// The kernel told that the device was removed.
    is_device_gone: bool,
    /// Where it is pinned, if it is.
    place: Option<PinDirectory>,
    /// The program that is to take over at a better hook.
    handover: Option<Handover>,
    /// The program is one for a handover; another one is to come in its place.
    is_for_handover: bool,
}

impl Datapath {
    /// Makes a datapath without programs.
    pub fn new(options: Options) -> Result<Self, LoadError> {
        let barrier = Barrier::new().map_err(|error| load::refusal(error, "maps of maps"))?;
        load::try_kernel()?;
        let ranks = PortRanks::new(options.port_rules.clone())
            .map_err(|error| load::refusal(error, "arrays that can be mapped"))?;
        let common = Common { ranks, samples: Samples::default() };
        let taking = common.samples.follow(options.samples);
        taking.map_err(|error| load::refusal(error, "ring buffers"))?;

        let has_tcx = has_tcx();
        let ingress = if has_tcx { Hook::TcxIngress } else { Hook::TcIngress };
        let transmit = match options.transmit {
            TransmitChoice::Auto if has_tcx => Some(Hook::TcxEgress),
            TransmitChoice::Tcx => Some(Hook::TcxEgress),
            TransmitChoice::Auto | TransmitChoice::Clsact => Some(Hook::TcEgress),
            TransmitChoice::Off => None,
        };

        let pins = options.pins.as_deref().map(Pins::open).transpose()?;
        let doing = "listen for devices that are removed";
        let removals = Removals::listen().map_err(|source| LoadError::Io { doing, source })?;
        let doing = "count the CPUs";
        let cpus = Cpus::read().map_err(|source| LoadError::Io { doing, source })?;
        let cpus = Cpus { online: options.online.unwrap_or(cpus.online), ..cpus };
        let taps = Taps::default();
        let plan = Plan::of(&options, cpus, &taps, options.memory);

        Ok(Self {
            options,
            cpus,
            taps,
            plan,
            barrier,
            common,
            attached: BTreeMap::new(),
            shared: SharedTaps::default(),
            ingress,
            transmit,
            pins,
            paused: BTreeMap::new(),
            leftovers: Vec::new(),
            replaced: Vec::new(),
            moved: Vec::new(),
            removals,
        })
    }

    /// Returns the hook where what is received is counted in the stack.
    pub fn ingress(&self) -> Hook {
        self.ingress
    }

    /// Returns the hook where what is sent is counted, if it is.
    pub fn transmit(&self) -> Option<Hook> {
        self.transmit
    }

    /// Returns what programs know of ports, to be kept current.
    pub fn port_ranks(&self) -> PortRanks {
        self.common.ranks.clone()
    }

    /// Returns the copies that programs take of packets, to be read.
    pub fn samples(&self) -> Samples {
        self.common.samples.clone()
    }

    /// Loads a program with maps of its own.
    pub fn prepare(&self, placement: Placement) -> Result<Prepared, LoadError> {
        load::load(&self.shape()?, placement, &self.common, None)
            .map(|instance| Prepared::new(instance, placement))
    }

    /// Loads a program for a tap; where programs are pinned, on the maps that are there for it.
    pub fn prepare_for(&self, tap: &Tap, placement: Placement) -> Result<Prepared, LoadError> {
        match &self.pins {
            Some(pins) if placement.can_be_pinned() => {
                let place = pins.place(tap);
                let shape = self.shape_for(&place)?;
                Prepared::pinned(tap, placement, place, (&shape, &self.common))
            }
            Some(_) | None => self.prepare(placement),
        }
    }

    /// Attaches a prepared program. If the tap's program was removed by another process, its counts
    /// continue.
    pub fn attach(&mut self, tap: &Tap, prepared: Prepared) -> Result<Running, AttachError> {
        // Even if this exporter uses no filters: one before it may have.
        filter::remove_stale(tap);
        // Removals up to now concern an earlier device.
        self.note_removals();
        // Its counts continue also where it shared a program before.
        self.paused.extend(self.shared.take_paused(tap).map(|paused| (tap.clone(), paused)));
        let Prepared { mut instance, placement, is_new, place, link, inherited } = prepared;
        let program = attach::number(&instance.ebpf)?;
        let claim = Claim::at(placement.hook, program, &tap.device);
        let paused = self.paused.get(tap);
        if paused.is_some_and(|paused| paused.is_device_gone) {
            // The series of the device before this one are to end first.
            return Err(AttachError::gone(tap));
        }
        if is_new {
            instance.begin(paused.map_or_else(Instant::now, |paused| paused.counted_to));
        }
        let of_instance = instance.unread_from();
        let begun = inherited.as_ref().map_or(of_instance, |it| it.unread_from().min(of_instance));
        // If the clock was set back meanwhile, the start time stays.
        let since = paused.map_or(begun, |paused| paused.since);
        let held = self.hold(&mut instance, tap, placement, link, place.as_ref());
        // What was counted before is read also where nothing can be attached now.
        self.leftovers.extend(inherited.map(|before| Leftover::new(tap, since, before)));
        let (held, running, placement) = held?;

        self.paused.remove(tap);
        self.attached.insert(
            tap.clone(),
            Attached {
                instance,
                since,
                held,
                claim,
                program,
                placement,
                next: None,
                is_device_gone: false,
                place,
                handover: None,
                is_for_handover: false,
            },
        );

        Ok(running)
    }

    /// Puts a program on its device, or in place of the one that a process before this one left;
    /// returns where it is.
    fn hold(
        &self,
        instance: &mut Instance,
        tap: &Tap,
        placement: Placement,
        left: Option<LeftLink>,
        place: Option<&PinDirectory>,
    ) -> Result<(Held, Running, Placement), AttachError> {
        if place.is_none()
            && let Some(pins) = &self.pins
        {
            // A filter is not pinned; a link that was there before would count beside it.
            pins.place(tap).remove();
        }
        let (left, before) = match left {
            // An updated link stays where it was made.
            Some(left) if left.placement.hook == placement.hook => (Some(left), None),
            before => (None, before),
        };
        // A program on another hook goes before this one comes: a frame in between is not counted,
        // and none is counted twice.
        if let (Some(before), Some(place)) = (before, place) {
            place.remove_link();
            // Its name may stand for another one by now.
            let _it_may_be_off = before.link.detach();
        }
        let attached = match (left, place) {
            (Some(LeftLink { link, placement }), _) => {
                attach::adopt(instance, tap, placement, link).map(|it| (it, placement))
            }
            (None, None) => {
                attach::attach(&mut instance.ebpf, tap, placement).map(|it| (it, placement))
            }
            (None, Some(place)) => attach::attach(&mut instance.ebpf, tap, placement)
                .and_then(|it| attach::keep(instance, tap, placement, place, it))
                .map(|it| (it, placement)),
        };
        let attached = attached.map(|((held, running), placement)| (held, running, placement));

        // Remove pins that cannot be adopted: they would make every later attempt fail.
        attached.inspect_err(|_| {
            if let Some(place) = place {
                place.remove();
            }
        })
    }

    /// Attaches the program that taps with this place share. If it was removed from the tap by another
    /// process, the tap's counts continue.
    pub fn share(&mut self, tap: &Tap, placement: Placement) -> Result<Running, ShareError> {
        // Removals up to now concern an earlier device.
        self.note_removals();
        // Its counts continue also where it had a program of its own before.
        if let Some(paused) = self.paused.remove(tap) {
            self.shared.pause_as(tap, paused);
        }

        let room = self.for_pool(placement);
        let Self { shared, options, common, barrier, .. } = self;
        shared.attach(tap, placement, Means { options, room, common, barrier })
    }

    /// Returns how full the maps are that devices share, those of each direction added up.
    pub fn shared_maps(&self) -> Vec<(Direction, MapUse)> {
        self.shared.maps()
    }

    /// Returns to the kernel the memory that loading took and that is not used any more.
    pub fn settle(&self) {
        give_back();
        give_back_code();
    }

    /// Takes off the pinned programs of devices that are not among those of `wanted`.
    pub fn forget_pins(&self, wanted: &[Tap]) {
        if let Some(pins) = &self.pins {
            let names: Vec<_> = wanted.iter().map(pins::name).collect();
            pins.keep_only(|name| names.iter().any(|wanted| wanted == name));
        }
    }

    /// Returns the hook where a process before this one left its pinned program.
    pub fn left_at(&self, tap: &Tap) -> Option<Hook> {
        let (_link, linked) = self.pins.as_ref()?.place(tap).link(tap)?;

        Some(if linked.is_xdp { Hook::Xdp } else { Hook::of_tcx(tap.direction) })
    }

    /// Returns whether programs continue to count after this process exits.
    pub fn is_pinned(&self) -> bool {
        self.pins.is_some()
    }
}
