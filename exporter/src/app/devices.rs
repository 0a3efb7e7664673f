//! Keeps programs on the devices that are wanted, and drains them.

mod attaching;
mod attachments;
mod better;
mod choice;
mod failure;
mod front;
mod infos;
mod leaving;
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

use tokio::sync::watch;

use crate::config::Config;
use crate::datapath::{Datapath, Device, MapsMemory, ProgramNames, Tap};
use crate::folder::Collected;
use crate::health::{AttachFailure, Hook, PartMemory};
use crate::interfaces::Interface;

pub(super) use choice::Hooks;
use failure::Known;
use names::names;
use replacing::Waiting;
pub(super) use sharing::Sharing;
use slice::Slice;
use stacked::Pair;
pub(super) use start::NoDevices;
use start::Start;

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
    /// The hook in the stack for what is received was there when it was tried last.
    has_ingress: bool,
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
            has_ingress: true,
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
        let mut has_tried = self.prepare_replacements(&mut slice)
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
            has_tried |= slice.has_time_for(false) && self.datapath.fit_pools(begun);
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
