//! Keeps programs on the devices that are wanted, and drains them.

mod attachments;
mod better;
mod choice;
mod failure;
mod front;
mod infos;
mod moving;
mod names;
mod replacing;
mod sharing;
mod slice;
mod stacked;
mod standing;
mod start;
mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use shared::Direction;
use tokio::sync::watch;

use crate::config::{Class, Config};
use crate::datapath::{
    Datapath, Device, MapsMemory, Owner, Placement, Presence, ProgramNames, Tap,
};
use crate::folder::Collected;
use crate::health::{AttachFailure, Hook, PartMemory, Running};
use crate::interfaces::Interface;
use crate::interval::Drained;

pub(super) use choice::Hooks;
use choice::Placements;
use failure::{Known, NotAttached};
use names::names;
use replacing::Waiting;
pub(super) use sharing::Sharing;
use slice::Slice;
use stacked::Pair;
pub(super) use start::NoDevices;
use start::Start;
use words::{say_counting, say_elsewhere, say_end, say_taken_off};

/// Attaching and replacing go on after the next drain when they have taken this long.
const ATTACHING: Duration = Duration::from_millis(500);

/// Programs on devices.
pub(super) struct Devices {
    datapath: Datapath,
    config: Arc<Config>,
    interfaces: watch::Receiver<Vec<Interface>>,
    /// XDP programs that were attached before this process started.
    names: ProgramNames,
    known: BTreeMap<Tap, Known>,
    failures: BTreeMap<(Arc<str>, Hook), BTreeMap<AttachFailure, u64>>,
    waiting: Waiting,
    /// Programs that were replaced for the configuration in force, as long as others are to follow.
    replaced: usize,
    /// Devices of which the log says that they count twice.
    stacked: BTreeSet<Pair>,
    start: Start,
}

impl Devices {
    /// Looks for the devices that are wanted. Nothing is attached before the first [`Self::collect`].
    ///
    /// # Errors
    ///
    /// When nothing that is wanted is there.
    pub(super) fn new(
        datapath: Datapath,
        config: Arc<Config>,
        interfaces: watch::Receiver<Vec<Interface>>,
        names: ProgramNames,
    ) -> Result<Self, NoDevices> {
        let mut devices = Self {
            datapath,
            config,
            interfaces,
            names,
            known: BTreeMap::new(),
            failures: BTreeMap::new(),
            waiting: Waiting::default(),
            replaced: 0,
            stacked: BTreeSet::new(),
            start: Start::default(),
        };
        NoDevices::check(&devices.config.devices, &devices.interfaces.borrow())?;
        devices.start = Start::with(&devices.wanted());

        Ok(devices)
    }

    /// Follows the changes of the configuration and of interfaces, then drains. Attaching takes
    /// several calls where there are many devices, and goes no further once it `is_over`.
    ///
    /// At the start each device is tried once; where no program can be attached then, that is a
    /// refusal. One program that can is enough.
    pub(super) fn collect(
        &mut self,
        config: &Arc<Config>,
        is_over: &dyn Fn() -> bool,
    ) -> Collected {
        self.follow(config);
        let wanted = self.wanted();
        let mut last = self.follow_names(&wanted);
        last.extend(self.detach_unwanted(&wanted));
        let begun = Instant::now();
        let is_over = || begun.elapsed() >= ATTACHING || is_over();
        let mut slice = Slice::until(&is_over);
        let has_tried = self.prepare_replacements(&mut slice)
            | self.attach_wanted(&wanted, &mut slice)
            | self.go_to_better_hooks(&wanted, &mut slice);
        let is_unfinished = slice.is_unfinished;
        let was_starting = self.is_starting();
        self.note_tried(&wanted);
        if was_starting
            && !self.is_starting()
            && let Err(none) = self.started()
        {
            return Collected { refusal: Some(none.into()), ..Collected::default() };
        }
        // Both go through all devices, and a start is to be over soon.
        if !self.is_starting() {
            self.stay_in_front();
            self.datapath.fit_pools(begun);
            if was_starting || has_tried || !last.is_empty() {
                self.datapath.settle();
            }
        }
        self.say_failures();
        self.say_stacked(&wanted);
        let (drained, failure) = match self.datapath.drain() {
            Ok(drained) => (drained, None),
            Err(error) => (Vec::new(), Some(error)),
        };

        self.note_moved();
        let behind = self.note_replaced();
        let MapsMemory { bytes, limit } = self.datapath.memory();

        Collected {
            drained,
            last,
            attachments: self.attachments(),
            devices: wanted.iter().map(infos::info).collect(),
            shared_maps: self.shared_maps(),
            attaching: self.attaching(),
            memory: vec![PartMemory { part: "maps", bytes, limit }],
            behind,
            is_unfinished,
            failure,
            refusal: None,
        }
    }

    /// Returns whether counting continues after this process exits.
    pub(super) fn are_pinned(&self) -> bool {
        self.datapath.is_pinned()
    }

    /// Returns the interfaces that are there and wanted.
    fn wanted(&self) -> Vec<Interface> {
        let is_wanted = |it: &&Interface| it.is_wanted(&self.config.devices);

        self.interfaces.borrow().iter().filter(is_wanted).cloned().collect()
    }

    /// Lets programs count under the new name of their device.
    fn follow_names(&mut self, wanted: &[Interface]) -> Vec<Drained> {
        let by_index: BTreeMap<u32, &Interface> = wanted.iter().map(|it| (it.index, it)).collect();
        let mut renamed: Vec<(Tap, Arc<str>)> = self
            .known
            .keys()
            .filter_map(|tap| {
                let now = by_index.get(&tap.device.index)?;
                (now.name != tap.device.name).then(|| (tap.clone(), Arc::clone(&now.name)))
            })
            .collect();
        renamed.retain(|(tap, _)| self.datapath.presence(tap) == Some(Presence::OnDevice));

        let mut last = Vec::new();
        for (tap, name) in renamed {
            tracing::info!(
                device = &*tap.device.name,
                direction = tap.direction.label(),
                name = &*name,
                "Device was renamed; counting continues under the new name"
            );
            last.extend(self.datapath.rename(&tap, &name));
            let known = self.known.remove(&tap).unwrap_or_default();
            let device = Device { name, index: tap.device.index };
            self.known.insert(Tap { device, direction: tap.direction }, known);
            self.forget_failures(&tap.device.name);
        }

        last
    }

    /// Lets go of programs that are not on their device any more, or not wanted there.
    fn detach_unwanted(&mut self, wanted: &[Interface]) -> Vec<Drained> {
        let wanted: BTreeSet<Device> = wanted.iter().map(device).collect();
        let (mut gone, mut taken_off) = (Vec::new(), Vec::new());
        let taps: Vec<Tap> = self.known.keys().cloned().collect();
        let presences = self.datapath.presences(&taps);
        for (tap, presence) in taps.into_iter().zip(presences) {
            let is_wanted = wanted.contains(&tap.device);
            match presence {
                presence if !is_wanted => gone.push((tap, presence)),
                Some(Presence::DeviceGone) => gone.push((tap, Some(Presence::DeviceGone))),
                Some(Presence::TakenOff) => taken_off.push(tap),
                None | Some(Presence::OnDevice) => {}
            }
        }

        for tap in &taken_off {
            say_taken_off(tap);
            self.known.entry(tap.clone()).or_default().taken_off(Instant::now());
        }
        self.datapath.pause(&taken_off);
        for (tap, presence) in &gone {
            let known = self.known.remove(tap);
            if known.is_some_and(|known| known.running.is_some()) {
                say_end(tap, *presence);
            }
            if wanted.contains(&tap.device) {
                // The list of devices may not have this change yet.
                self.known.insert(tap.clone(), Known::waiting(Instant::now()));
            } else {
                self.forget_failures(&tap.device.name);
            }
        }

        let gone: Vec<Tap> = gone.into_iter().map(|(tap, _)| tap).collect();
        self.datapath.detach(&gone)
    }

    /// Forgets the failures of a device that is gone: names may be made up without end.
    fn forget_failures(&mut self, device: &str) {
        if !self.is_named(device) {
            self.failures.retain(|(name, _), _| **name != *device);
        }
    }

    /// Returns whether the device is wanted by its plain name.
    fn is_named(&self, device: &str) -> bool {
        names(&self.config.devices.include.to_string()).any(|name| name == device)
    }

    /// Attaches what is wanted, due and not running, for one slice; returns whether there was
    /// anything. At the start what failed waits until all the others were tried.
    fn attach_wanted(&mut self, wanted: &[Interface], slice: &mut Slice<'_>) -> bool {
        let begun = Instant::now();
        let mut has_tried = false;
        let directions: Vec<Direction> = self.hooks().directions().collect();
        let is_starting = self.is_starting();
        self.datapath.expect(self.sharing().taps(wanted));
        for interface in stacked::from_below(wanted) {
            for direction in &directions {
                let tap = Tap { device: device(interface), direction: *direction };
                let known = self.known.entry(tap.clone()).or_default();
                let is_turn = !is_starting || known.is_untried();
                let is_due = is_turn && known.is_due(interface, begun);
                if is_due && slice.has_time_for(known.is_first_attempt()) {
                    self.try_attach(tap, interface);
                    has_tried = true;
                }
            }
        }

        has_tried
    }

    fn try_attach(&mut self, tap: Tap, interface: &Interface) {
        let (hook, attached) = self.attach(&tap, interface);
        match attached {
            Ok((class, running)) => {
                say_counting(&tap, hook, class, &running);
                self.known.entry(tap).or_default().runs(hook, running, Instant::now());
            }
            Err(failure) => {
                self.count_failure(&tap, hook, failure.reason());
                self.known.entry(tap).or_default().failed(hook, &failure, interface);
            }
        }
    }

    /// Attaches at the first place that the device has and that is free; returns where it was tried
    /// last, and what came of it.
    fn attach(
        &mut self,
        tap: &Tap,
        interface: &Interface,
    ) -> (Hook, Result<(Class, Running), NotAttached>) {
        let hooks = self.hooks();
        let placements = choice::placements(interface, tap.direction, &self.config.datapath, hooks);
        let Placements { first: mut placement, others } = match placements {
            Ok(placements) => placements,
            Err(refusal) => return (self.expected(interface, tap.direction), Err(refusal)),
        };

        // A pinned program in the stack goes over to the better hook without a gap, once it is ours.
        let left = self.datapath.left_at(tap);
        if let Some(left) = others.iter().find(|it| it.hook.is_tc() && left == Some(it.hook)) {
            return (left.hook, self.attach_at(tap, *left, interface));
        }
        let mut attached = self.attach_at(tap, placement, interface);
        for next in others {
            let Err(failure) = &attached else { break };
            if !failure.is_of_place() {
                break;
            }
            say_elsewhere(tap, next, failure);
            self.known.entry(tap.clone()).or_default().better.tried(interface);
            placement = next;
            attached = self.attach_at(tap, placement, interface);
        }

        (placement.hook, attached)
    }

    /// Returns the hooks of tc that programs are attached to.
    fn hooks(&self) -> Hooks {
        Hooks::of(&self.datapath)
    }

    /// Returns the hook that is expected where none was chosen.
    fn expected(&self, interface: &Interface, direction: Direction) -> Hook {
        choice::expected(interface.names(), direction, &self.config.datapath, self.hooks())
    }

    fn count_failure(&mut self, tap: &Tap, hook: Hook, reason: AttachFailure) {
        let of_tap = (Arc::clone(&tap.device.name), hook);
        let reasons = self.failures.entry(of_tap).or_default();

        *reasons.entry(reason).or_default() += 1;
    }

    fn attach_at(
        &mut self,
        tap: &Tap,
        placement: Placement,
        interface: &Interface,
    ) -> Result<(Class, Running), NotAttached> {
        let class = self.sharing().class(placement, interface);
        if class == Class::Shared {
            return Ok((class, self.datapath.share(tap, placement)?));
        }
        let prepared = self.datapath.prepare_for(tap, placement)?;
        let attached = self.datapath.attach(tap, prepared);

        let is_below = stacked::is_below(interface, &self.interfaces.borrow());
        let running = attached.map_err(|error| error.owned_by(self.owner(interface), is_below))?;

        Ok((class, running))
    }

    /// Returns the XDP program that is on an interface.
    fn owner(&self, interface: &Interface) -> Owner {
        let id = interface.xdp_program;

        Owner { id, name: id.and_then(|id| self.names.of(id)).map(ToOwned::to_owned) }
    }

    /// Logs once why something is not counted.
    fn say_failures(&mut self) {
        for (Tap { device, direction }, known) in &mut self.known {
            let Some(error) = known.error.as_ref().filter(|_| !known.is_said) else { continue };
            let direction = direction.label();
            tracing::warn!(device = &*device.name, direction, error, "Cannot attach; trying again");
            known.is_said = true;
        }
    }

    /// Logs once which devices count the same frames.
    fn say_stacked(&mut self, wanted: &[Interface]) {
        let pairs = stacked::pairs(&wanted.iter().collect::<Vec<_>>());
        for (upper, lower) in pairs.difference(&self.stacked) {
            tracing::warn!(
                upper = &**upper,
                lower = &**lower,
                "Both devices are counted and see the same frames; exclude one with \
                 `devices.exclude`, or do not add them up"
            );
        }
        self.stacked = pairs;
    }
}

fn device(interface: &Interface) -> Device {
    Device { name: Arc::clone(&interface.name), index: interface.index }
}
