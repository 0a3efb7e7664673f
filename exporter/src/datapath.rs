//! The datapath, seen from outside: programs on devices that are drained together.

mod attach;
mod claim;
mod cpus;
mod drains;
mod filter;
mod foreign;
mod front;
mod inspect;
mod instance;
mod limits;
mod load;
mod loaded;
mod memory;
mod options;
mod pins;
mod pool;
mod prepared;
mod ranks;
mod removals;
mod replace;
mod shape;
mod sums;
mod tables;
mod wire;

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use shared::Direction;

pub use attach::AttachError;
use attach::Held;
use claim::Claim;
use drains::{Leftover, Paused};
pub use foreign::{InFront, Owner, ProgramNames};
pub use front::would_hide;
pub use inspect::{Inspected, Inspector};
use instance::{Instance, Successor};
pub use limits::{Limited, raise_limits};
pub use load::LoadError;
pub use loaded::{LoadedMap, LoadedProgram, loaded, maps as loaded_maps, tcx_senders};
pub use memory::MapMemory;
pub use options::{ModeChoice, Options, TransmitChoice};
pub use pins::PinError;
use pins::{PinDirectory, Pins};
pub use pool::PoolInspector;
pub use prepared::Prepared;
pub use ranks::PortRanks;
use removals::Removals;
pub use replace::Replaced;
pub use wire::share_heap;
use wire::{Barrier, Link, give_back, has_tcx};

use crate::health::{Hook, Mode, Running};

/// The name of the program for what is received, in the object.
const RECEIVE: &str = "count_received";
/// The name of the program for what is sent, in the object.
const TRANSMIT: &str = "count_sent";

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

/// Where a program is that was attached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    OnDevice,
    /// Another process removed it; its device is there.
    TakenOff,
    /// What has the device's name and index now, if anything, is another device.
    DeviceGone,
}

/// All programs of this process.
pub struct Datapath {
    options: Options,
    barrier: Barrier,
    ranks: PortRanks,
    attached: BTreeMap<Tap, Attached>,
    /// Where what is sent is counted, if it is.
    transmit: Option<Hook>,
    pins: Option<Pins>,
    /// Taps whose program was removed by another process.
    paused: BTreeMap<Tap, Paused>,
    /// Maps that no program counts in any more.
    leftovers: Vec<Leftover>,
    /// Outcomes of replacements that were not read yet.
    replaced: Vec<Replaced>,
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
    mode: Mode,
    /// What comes in its place with the next drain.
    next: Option<Successor>,
    /// The kernel told that the device was removed.
    is_device_gone: bool,
    /// Where it is pinned, if it is.
    place: Option<PinDirectory>,
}

impl Datapath {
    /// Makes a datapath without programs.
    pub fn new(options: Options) -> Result<Self, LoadError> {
        let barrier = Barrier::new().map_err(|error| load::refusal(error, "maps of maps"))?;
        load::try_kernel()?;
        let ranks = PortRanks::new(options.port_rules.clone())
            .map_err(|error| load::refusal(error, "arrays that can be mapped"))?;

        let transmit = match options.transmit {
            TransmitChoice::Auto if has_tcx() => Some(Hook::TcxEgress),
            TransmitChoice::Tcx => Some(Hook::TcxEgress),
            TransmitChoice::Auto | TransmitChoice::Clsact => Some(Hook::TcEgress),
            TransmitChoice::Off => None,
        };

        let pins = options.pins.as_deref().map(Pins::open).transpose()?;
        let doing = "listen for devices that are removed";
        let removals = Removals::listen().map_err(|source| LoadError::Io { doing, source })?;

        Ok(Self {
            options,
            barrier,
            ranks,
            attached: BTreeMap::new(),
            transmit,
            pins,
            paused: BTreeMap::new(),
            leftovers: Vec::new(),
            replaced: Vec::new(),
            removals,
        })
    }

    /// Returns the hooks that every device is to have.
    pub fn hooks(&self) -> impl Iterator<Item = Hook> + use<> {
        [Some(Hook::Xdp), self.transmit].into_iter().flatten()
    }

    /// Returns what programs know of ports, to be kept current.
    pub fn port_ranks(&self) -> PortRanks {
        self.ranks.clone()
    }

    /// Loads a program with maps of its own.
    pub fn prepare(&self, direction: Direction) -> Result<Prepared, LoadError> {
        let shape = load::shape(&self.options)?;

        load::load(&shape, direction, &self.ranks, None).map(Prepared::new)
    }

    /// Loads a program for a tap; where programs are pinned, on the maps that are there for it.
    pub fn prepare_for(&self, tap: &Tap) -> Result<Prepared, LoadError> {
        match (&self.pins, self.hook(tap.direction)) {
            // A filter of clsact has no link that could be pinned.
            (Some(pins), Hook::Xdp | Hook::TcxEgress) => {
                Prepared::pinned(tap, pins.place(tap), &self.options, &self.ranks)
            }
            (Some(_), Hook::TcEgress) | (None, _) => self.prepare(tap.direction),
        }
    }

    /// Attaches a prepared program. If the tap's program was removed by another process, its counts
    /// continue.
    pub fn attach(&mut self, tap: &Tap, prepared: Prepared) -> Result<Running, AttachError> {
        let is_sender = tap.direction == Direction::Transmit;
        // Even if this exporter uses no filters: one before it may have.
        if is_sender {
            filter::remove_stale(&tap.device);
        }
        // Removals up to now concern an earlier device.
        self.note_removals();
        let Prepared { mut instance, is_new, place, link, inherited } = prepared;
        let program = attach::number(&instance.ebpf, tap)?;
        let claim = if is_sender { Claim::note(program, &tap.device) } else { None };
        let paused = self.paused.get(tap);
        if paused.is_some_and(|paused| paused.is_device_gone) {
            // The series of the device before this one are to end first.
            let source = io::Error::from_raw_os_error(libc::ENODEV);
            return Err(AttachError::Gone { device: tap.device.name.to_string(), source });
        }
        if is_new {
            instance.begin(paused.map_or_else(Instant::now, |paused| paused.counted_to));
        }
        let of_instance = instance.unread_from();
        let begun = inherited.as_ref().map_or(of_instance, |it| it.unread_from().min(of_instance));
        // If the clock was set back meanwhile, the start time stays.
        let since = paused.map_or(begun, |paused| paused.since);
        let held = self.hold(&mut instance, tap, link, place.as_ref());
        // What was counted before is read also where nothing can be attached now.
        self.leftovers.extend(inherited.map(|before| Leftover::new(tap, since, before)));
        let (held, running) = held?;

        self.paused.remove(tap);
        let attached = Attached {
            instance,
            since,
            held,
            claim,
            program,
            mode: running.mode,
            next: None,
            is_device_gone: false,
            place,
        };
        self.attached.insert(tap.clone(), attached);

        Ok(running)
    }

    /// Puts a program on its device, or in place of the one that a process before this one left.
    fn hold(
        &self,
        instance: &mut Instance,
        tap: &Tap,
        link: Option<Link>,
        place: Option<&PinDirectory>,
    ) -> Result<(Held, Running), AttachError> {
        let attach = |instance: &mut Instance| {
            let hook = self.hook(tap.direction);
            attach::attach(&mut instance.ebpf, tap, hook, self.options.mode)
        };
        let attached = match (link, place) {
            (Some(link), _) => attach::adopt(instance, tap, link),
            (None, None) => attach(instance),
            (None, Some(place)) => {
                attach(instance).and_then(|attached| attach::keep(instance, tap, place, attached))
            }
        };

        // Remove pins that cannot be adopted: they would make every later attempt fail.
        attached.inspect_err(|_| {
            if let Some(place) = place {
                place.remove();
            }
        })
    }

    /// Returns to the kernel the memory that loading took and that is not used any more.
    pub fn settle(&self) {
        give_back();
    }

    /// Takes off the pinned programs of devices that are not among those of `wanted`.
    pub fn forget_pins(&self, wanted: &[Tap]) {
        if let Some(pins) = &self.pins {
            // A filter of clsact is not pinned; a link that was before it would count beside it.
            let can_be = |tap: &&Tap| self.hook(tap.direction) != Hook::TcEgress;
            let names: Vec<_> = wanted.iter().filter(can_be).map(pins::name).collect();
            pins.keep_only(|name| names.iter().any(|wanted| wanted == name));
        }
    }

    /// Returns whether programs continue to count after this process exits.
    pub fn is_pinned(&self) -> bool {
        self.pins.is_some()
    }

    fn hook(&self, direction: Direction) -> Hook {
        match direction {
            Direction::Receive => Hook::Xdp,
            Direction::Transmit => self.transmit.unwrap_or(Hook::TcxEgress),
        }
    }

    /// Asks the kernel where the program of a tap is: an index may be used again. `None` where none
    /// was attached.
    pub fn presence(&mut self, tap: &Tap) -> Option<Presence> {
        // The program first: a device that is found without it may have been removed, which is then
        // known. In the other order it could be removed in between.
        let found = self.attached.get(tap).map(|attached| attached.held.presence(attached.program));
        self.note_removals();
        if let Some(paused) = self.paused.get(tap) {
            return paused.is_device_gone.then_some(Presence::DeviceGone);
        }
        let is_gone = self.attached.get(tap).is_some_and(|attached| attached.is_device_gone);

        // A device that moved to another namespace takes its programs along, and they run there.
        found.map(|found| if is_gone { Presence::DeviceGone } else { found })
    }

    fn note_removals(&mut self) {
        for index in self.removals.take() {
            let of_device = |tap: &Tap| tap.device.index == index;
            for (_, attached) in self.attached.iter_mut().filter(|(tap, _)| of_device(tap)) {
                attached.is_device_gone = true;
            }
            for (_, paused) in self.paused.iter_mut().filter(|(tap, _)| of_device(tap)) {
                paused.is_device_gone = true;
            }
        }
    }
}

const fn program_name(direction: Direction) -> &'static str {
    match direction {
        Direction::Receive => RECEIVE,
        Direction::Transmit => TRANSMIT,
    }
}
