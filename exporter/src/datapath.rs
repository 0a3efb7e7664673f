//! The datapath, seen from outside: programs on devices that are drained together.

mod attach;
mod cpus;
mod filter;
mod foreign;
mod inspect;
mod instance;
mod load;
mod memory;
mod pins;
mod prepared;
mod sums;
mod tables;
mod wire;

use std::collections::BTreeMap;
use std::io;
use std::mem;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use shared::Direction;

use attach::Held;
pub use attach::{AttachError, Owner};
pub use foreign::ProgramNames;
pub use inspect::{Inspected, Inspector};
use instance::Instance;
pub use load::LoadError;
use load::Shape;
pub use memory::MapMemory;
pub use pins::PinError;
use pins::{Pins, Place};
pub use prepared::Prepared;
pub use wire::share_heap;
use wire::{Barrier, give_back, has_tcx};

use crate::health::{Hook, Running};
use crate::interval::{Drained, Interval};

/// The name of the program for what is received, in the object.
const RECEIVE: &str = "count_received";
/// The name of the program for what is sent, in the object.
const TRANSMIT: &str = "count_sent";

/// How the driver is to run a program.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ModeChoice {
    /// Natively, else generic.
    #[default]
    Auto,
    Native,
    Generic,
}

/// Where what is sent is counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TransmitChoice {
    /// By TCX, else by clsact.
    #[default]
    Auto,
    Tcx,
    Clsact,
    /// Nowhere.
    Off,
}

/// What every program is loaded with.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each switch is named, and none depends on another"
)]
pub struct Options {
    pub mode: ModeChoice,
    pub transmit: TransmitChoice,
    /// Sets of the first level for each CPU and generation, a power of two.
    pub source_sets: usize,
    /// Sets of the first level for each CPU and generation, a power of two.
    pub port_sets: usize,
    /// Entries of the second level for each generation.
    pub source_overflow: u32,
    /// Entries of the second level for each generation.
    pub port_overflow: u32,
    /// Misses of one CPU, dimension and interval that all go to the second level.
    pub budget: u32,
    /// Ports that clients take.
    pub ephemeral: RangeInclusive<u16>,
    pub sources: bool,
    pub ports: bool,
    pub signals: bool,
    pub vlans: bool,
    /// Below this directory the programs are pinned, so that they outlive the process.
    pub pins: Option<PathBuf>,
    /// What the hashes of keys begin with, where results are to be the same again. By default each
    /// load draws its own: whoever knows them can aim at one set of a table.
    pub seeds: Option<[u64; 2]>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            mode: ModeChoice::Auto,
            transmit: TransmitChoice::Auto,
            source_sets: 2048,
            port_sets: 1024,
            source_overflow: 65_536,
            port_overflow: 16_384,
            budget: 70_000,
            ephemeral: 32_768..=60_999,
            sources: true,
            ports: true,
            signals: true,
            vlans: false,
            pins: None,
            seeds: None,
        }
    }
}

/// Takes off the programs that are pinned below `path` and have no process any more.
pub fn clear_pins(path: &Path) {
    Pins::clear(path);
}

/// Says whether programs could be pinned below `path`, and does nothing there.
pub fn check_pins(path: &Path) -> Result<(), PinError> {
    Pins::check(path)
}

/// Says whether an exporter that is gone left its pinned program on the tap, which the next one
/// takes over or off.
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
    /// Somebody else took it off, or its device was made anew.
    TakenOff,
    DeviceGone,
}

/// All programs of this process.
pub struct Datapath {
    options: Options,
    barrier: Barrier,
    attached: BTreeMap<Tap, Attached>,
    /// Where what is sent is counted, if it is.
    transmit: Option<Hook>,
    pins: Option<Pins>,
    /// Maps of processes before this one that no program counts in any more.
    inherited: Vec<(Tap, SystemTime, Instance)>,
}

/// One program on one device.
struct Attached {
    instance: Instance,
    since: SystemTime,
    held: Held,
    /// Where it is pinned, if it is.
    place: Option<Place>,
}

impl Datapath {
    /// Makes a datapath without programs.
    pub fn new(options: Options) -> Result<Self, LoadError> {
        let barrier = Barrier::new().map_err(|error| load::refusal(error, "maps of maps"))?;
        load::try_kernel()?;

        let transmit = match options.transmit {
            TransmitChoice::Auto if has_tcx() => Some(Hook::TcxEgress),
            TransmitChoice::Tcx => Some(Hook::TcxEgress),
            TransmitChoice::Auto | TransmitChoice::Clsact => Some(Hook::TcEgress),
            TransmitChoice::Off => None,
        };

        let pins = options.pins.as_deref().map(Pins::open).transpose()?;

        Ok(Self {
            options,
            barrier,
            attached: BTreeMap::new(),
            transmit,
            pins,
            inherited: Vec::new(),
        })
    }

    /// Gives the hooks that every device is to have.
    pub fn hooks(&self) -> impl Iterator<Item = Hook> + use<> {
        [Some(Hook::Xdp), self.transmit].into_iter().flatten()
    }

    /// Loads a program with maps of its own.
    pub fn prepare(&self, direction: Direction) -> Result<Prepared, LoadError> {
        let shape = Shape::of(&self.options)?;

        load::load(&shape, direction, None).map(Prepared::new)
    }

    /// Loads a program for a tap; where programs are pinned, on the maps that are there for it.
    pub fn prepare_for(&self, tap: &Tap) -> Result<Prepared, LoadError> {
        match (&self.pins, self.hook(tap.direction)) {
            // A filter of clsact has no link that could be pinned.
            (Some(pins), Hook::Xdp | Hook::TcxEgress) => {
                Prepared::pinned(tap, pins.place(tap), &self.options)
            }
            (Some(_), Hook::TcEgress) | (None, _) => self.prepare(tap.direction),
        }
    }

    /// Lets a prepared program count there.
    pub fn attach(&mut self, tap: &Tap, prepared: Prepared) -> Result<Running, AttachError> {
        let hook = self.hook(tap.direction);
        // Also where this one has no filter: an exporter before it may have been told otherwise.
        if tap.direction == Direction::Transmit {
            filter::remove_stale(&tap.device);
        }
        let Prepared { mut instance, place, link, inherited } = prepared;
        let attached = match (link, &place) {
            (Some(link), _) => attach::adopt(&mut instance, tap, link),
            (None, None) => attach::attach(&mut instance.ebpf, tap, hook, self.options.mode),
            (None, Some(place)) => attach::attach(&mut instance.ebpf, tap, hook, self.options.mode)
                .and_then(|attached| attach::keep(&instance, tap, place, attached)),
        };
        // What cannot be adopted would be in the way of every further attempt.
        if let (Err(_), Some(place)) = (&attached, &place) {
            place.remove();
        }
        let (held, running) = attached?;

        let since = SystemTime::now();
        self.inherited.extend(inherited.map(|before| (tap.clone(), since, before)));
        self.attached.insert(tap.clone(), Attached { instance, since, held, place });

        Ok(running)
    }

    /// Gives back the memory that loading took and nobody uses any more.
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

    /// Says whether programs go on counting when this process has ended.
    pub fn is_pinned(&self) -> bool {
        self.pins.is_some()
    }

    fn hook(&self, direction: Direction) -> Hook {
        match direction {
            Direction::Receive => Hook::Xdp,
            Direction::Transmit => self.transmit.unwrap_or(Hook::TcxEgress),
        }
    }

    /// Takes programs off, and gives what they counted since the last drain.
    ///
    /// Blocks for one grace period for all of them together.
    pub fn detach(&mut self, taps: &[Tap]) -> Vec<Drained> {
        let off = |tap: &Tap| {
            let Attached { mut instance, since, held, place } = self.attached.remove(tap)?;
            // Without what holds it the program gets no more packets.
            if let Some(place) = place {
                place.remove();
            }
            drop(held);
            let is_cut = instance.cut();
            Some((tap.clone(), since, instance, is_cut))
        };
        let off: Vec<_> = taps.iter().filter_map(off).collect();
        if off.is_empty() {
            return Vec::new();
        }

        let waited = self.barrier.wait();
        off.into_iter()
            .map(|(tap, since, mut instance, is_cut)| {
                let counted = match &waited {
                    Ok(()) if is_cut => instance.read(),
                    Ok(()) => instance.read_both(|| self.barrier.wait()),
                    Err(error) => Err(io::Error::from(error.kind())),
                };
                drained(&tap, since, counted)
            })
            .collect()
    }

    /// Goes on counting under another name, from 0 on; gives what was counted under the one before.
    ///
    /// The program stays where it is, so every frame is counted under one of the two.
    pub fn rename(&mut self, tap: &Tap, name: &Arc<str>) -> Option<Drained> {
        let mut attached = self.attached.remove(tap)?;
        let is_cut = attached.instance.cut();
        let counted = self.barrier.wait().and_then(|()| {
            if is_cut {
                attached.instance.read()
            } else {
                attached.instance.read_both(|| self.barrier.wait())
            }
        });
        let last = drained(tap, attached.since, counted);
        attached.since = SystemTime::now();
        let device = Device { name: Arc::clone(name), index: tap.device.index };
        self.attached.insert(Tap { device, direction: tap.direction }, attached);

        Some(last)
    }

    /// Asks the kernel where the program of a tap is: an index may be used again.
    pub fn presence(&self, tap: &Tap) -> Presence {
        self.attached.get(tap).map_or(Presence::DeviceGone, |attached| attached.held.presence())
    }

    /// Takes from every program what it counted since the drain before.
    ///
    /// Blocks for one grace period for all of them together.
    ///
    /// # Errors
    ///
    /// When the grace period cannot be waited for: then nothing is read, and the counts go to
    /// the next drain.
    pub fn drain(&mut self) -> io::Result<Vec<Drained>> {
        for attached in self.attached.values_mut() {
            attached.instance.cut();
        }
        self.barrier.wait()?;
        let inherited = mem::take(&mut self.inherited);
        let inherited = inherited.into_iter().map(|(tap, since, mut instance)| {
            // Nobody counts there any more, so there is nothing to wait for.
            drained(&tap, since, instance.read_both(|| Ok(())))
        });

        let read = |(tap, attached): (&Tap, &mut Attached)| {
            drained(tap, attached.since, attached.instance.read())
        };
        Ok(inherited.chain(self.attached.iter_mut().map(read)).collect())
    }
}

fn drained(tap: &Tap, since: SystemTime, counted: io::Result<Interval>) -> Drained {
    let Tap { device, direction } = tap;

    Drained { device: Arc::clone(&device.name), direction: *direction, since, counted }
}

const fn program_name(direction: Direction) -> &'static str {
    match direction {
        Direction::Receive => RECEIVE,
        Direction::Transmit => TRANSMIT,
    }
}
