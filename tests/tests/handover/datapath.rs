//! Handovers step by step, also from filters of clsact.

use std::fs;
use std::mem;

use exporter::datapath::{
    Datapath, Device, LinkLayer, Moved, Options, Placement, Tap, TransmitChoice,
};
use exporter::health::{Hook, Mode};
use shared::{Direction, Family, Protocol};
use tests::cable::Cable;
use tests::links;
use tests::patience::wait_for;
use tests::veths::Sender;

use super::ends::veth_that_redirects;
use crate::file_system::BpfFileSystem;
use crate::lay;

const XDP: Placement = Placement::xdp(Mode::Native);

/// A datapath that counts what the cable's end here receives, and what it counted so far.
struct Bed {
    cable: Cable,
    datapath: Datapath,
    tap: Tap,
    packets: u64,
}

impl Bed {
    fn make(name: &str, hook: Hook) -> Self {
        Self::with(name, hook, options())
    }

    fn with(name: &str, hook: Hook, options: Options) -> Self {
        let cable = lay(name);
        cable.here.enter();
        let datapath = Datapath::new(options).unwrap();
        let device = Device { name: Cable::DEVICE.into(), index: Cable::index(&cable.here) };
        let tap = Tap { device, direction: Direction::Receive };
        let mut bed = Self { cable, datapath, tap, packets: 0 };
        bed.attach(hook);

        bed
    }

    fn attach(&mut self, hook: Hook) {
        let Self { datapath, tap, .. } = self;
        let placement = Placement::tc(hook, LinkLayer::Ethernet);
        let prepared = datapath.prepare_for(tap, placement).unwrap();
        datapath.attach(tap, prepared).unwrap();
    }

    /// Ends the datapath as a kill does, and starts another.
    fn restart(&mut self, hook: Hook, next: Options) {
        drop(mem::replace(&mut self.datapath, Datapath::new(options()).unwrap()));
        self.datapath = Datapath::new(next).unwrap();
        self.attach(hook);
    }

    fn hand_over(&mut self) {
        assert!(self.datapath.can_hand_over(&self.tap));
        self.datapath.hand_over(&self.tap, XDP).unwrap();
        assert!(!self.datapath.can_hand_over(&self.tap), "it is on its way");
    }

    /// Drains, and does what the service does around it.
    fn drain(&mut self) -> Option<Moved> {
        let Self { datapath, .. } = self;
        for tap in datapath.outdated().into_iter().chain(datapath.after_handovers()) {
            datapath.prepare_next(&tap).unwrap();
        }

        self.only_drain()
    }

    fn only_drain(&mut self) -> Option<Moved> {
        let Self { datapath, packets, .. } = self;
        for drained in datapath.drain().unwrap() {
            let interval = drained.counted.unwrap();
            assert_eq!(interval.imbalance(), None);
            *packets += interval.totals.cells[Family::Ipv4.index()][Protocol::Udp.index()].packets;
        }

        datapath.take_moved().pop()
    }

    fn wait_until_moved(&mut self) -> Moved {
        wait_for("the handover to end", || self.drain().ok_or_else(|| "it goes on".to_owned()))
    }

    /// Waits until XDP counts. The handover goes no further before the usual program is loaded.
    fn wait_until_xdp_counts(&mut self) {
        wait_for("XDP to count", || {
            assert!(self.only_drain().is_none(), "the handover goes on");
            if self.datapath.after_handovers().is_empty() {
                Err("not yet".to_owned())
            } else {
                Ok(())
            }
        });
    }

    /// Waits until the program is no longer one for a handover.
    fn wait_until_usual(&mut self) {
        wait_for("the usual program", || {
            self.drain();
            let is_over = self.datapath.after_handovers().is_empty();
            let is_current = self.datapath.outdated().is_empty();
            if is_over && is_current { Ok(()) } else { Err(format!("{is_over}, {is_current}")) }
        });
    }

    /// Stops the sender, and checks that everything was counted, and once.
    fn ends(self, sender: Sender) {
        let arrived = arrived(&self.cable, Cable::DEVICE, sender);

        self.ends_with(arrived);
    }

    fn ends_with(mut self, arrived: u64) {
        wait_for("all frames to be counted", || {
            self.drain();
            let counted = self.packets;
            assert!(counted <= arrived, "{counted} of {arrived}: some are counted twice");
            if counted == arrived { Ok(()) } else { Err(format!("{counted} of {arrived}")) }
        });
        for _ in 0..2 {
            self.drain();
        }
        assert_eq!(self.packets, arrived, "and no more");
    }
}

fn options() -> Options {
    Options { transmit: TransmitChoice::Off, ..Options::default() }
}

fn sender(bed: &Bed) -> Sender {
    sender_on(bed, Cable::DEVICE)
}

fn sender_on(bed: &Bed, device: &str) -> Sender {
    let mut sender = Sender::start(&bed.cable.there);
    sender.forever(&[device.to_owned()]);

    sender
}

/// Stops a sender on one device, and returns how many of its frames arrived.
fn arrived(cable: &Cable, device: &str, sender: Sender) -> u64 {
    let sent = sender.stop()[0].packets;
    let [dropped] = cable.there.counts(device, "tx", ["dropped"]);
    println!("{sent} frames were sent on {device}, {dropped} dropped");

    sent - dropped
}

#[test]
#[ignore = "needs root: `cargo xtask test handover`"]
fn every_hook_in_the_stack_gives_way_to_xdp() {
    for (name, hook) in [("tcx", Hook::TcxIngress), ("clsact", Hook::TcIngress)] {
        let mut bed = Bed::make(name, hook);
        let sender = sender(&bed);

        bed.hand_over();
        let Moved { from, outcome, .. } = bed.wait_until_moved();

        assert_eq!((from, outcome.unwrap().0), (hook, XDP));
        bed.wait_until_usual();
        assert_eq!(links::receivers(&bed.cable.here), [0; 0]);
        let filters =
            bed.cable.here.run("tc", &["filter", "show", "dev", Cable::DEVICE, "ingress"]);
        assert_eq!(filters, "");
        bed.ends(sender);
    }
}

#[test]
#[ignore = "needs root: `cargo xtask test handover`"]
fn another_configuration_comes_before_a_handover_and_no_frame_is_missed() {
    let mut bed = Bed::make("configured", Hook::TcxIngress);
    let sender = sender(&bed);
    bed.hand_over();
    bed.drain();

    bed.datapath.change(&Options { vlans: true, ..options() });
    let Moved { from, outcome, .. } = bed.wait_until_moved();

    assert_eq!((from, outcome.is_err()), (Hook::TcxIngress, true));
    assert_eq!(bed.cable.here.xdp_program(Cable::DEVICE), None);
    bed.wait_until_usual();
    bed.hand_over();
    assert!(bed.wait_until_moved().outcome.is_ok());
    bed.wait_until_usual();
    bed.ends(sender);
}

#[test]
#[ignore = "needs root: `cargo xtask test handover`"]
fn a_program_that_another_process_removes_amid_a_handover_is_missed_by_nobody() {
    let mut bed = Bed::make("removed", Hook::TcxIngress);
    let sender = sender(&bed);
    bed.hand_over();
    bed.drain();

    links::detach(u32::try_from(bed.cable.here.xdp_program(Cable::DEVICE).unwrap()).unwrap());

    assert!(bed.wait_until_moved().outcome.is_err());
    bed.wait_until_usual();
    bed.ends(sender);
}

#[test]
#[ignore = "needs root: `cargo xtask test handover`"]
fn a_hook_that_another_program_has_changes_nothing() {
    let mut bed = Bed::make("busy", Hook::TcxIngress);
    let other = Datapath::new(options()).unwrap();
    let foreign = crate::Foreign::load(&other);
    foreign.comes(&bed.cable);
    let sender = sender(&bed);

    let refused = bed.datapath.hand_over(&bed.tap, XDP);

    assert!(refused.is_err_and(|error| error.to_string().contains("another XDP program")));
    assert!(bed.datapath.after_handovers().is_empty());
    bed.drain();
    crate::Foreign::leaves(&bed.cable);
    bed.hand_over();
    assert!(bed.wait_until_moved().outcome.is_ok());
    bed.ends(sender);
}

#[test]
#[ignore = "needs root: `cargo xtask test handover`"]
fn a_frame_without_a_mark_ends_a_handover_also_while_xdp_counts() {
    let mut bed = Bed::make("late", Hook::TcxIngress);
    let sender = sender(&bed);
    bed.hand_over();
    bed.wait_until_xdp_counts();

    veth_that_redirects(&bed.cable);
    let past = sender_on(&bed, "past0");
    let Moved { outcome, .. } = bed.wait_until_moved();

    let error = outcome.expect_err("it is given up").to_string();
    assert!(error.contains("without the mark"), "{error}");
    assert_eq!(bed.cable.here.xdp_program(Cable::DEVICE), None);
    bed.wait_until_usual();
    let all = arrived(&bed.cable, Cable::DEVICE, sender) + arrived(&bed.cable, "past0", past);
    bed.ends_with(all);
}

/// A kill between two names: the program at XDP has one, and the one in the stack still has its own.
#[test]
#[ignore = "needs root: `cargo xtask test handover`"]
fn a_link_that_was_about_to_be_pinned_is_removed_by_the_next_process() {
    let pins = BpfFileSystem::mount("handover-next");
    let pinned = || Options { pins: Some(pins.0.clone()), ..options() };
    let mut bed = Bed::with("next", Hook::TcxIngress, pinned());
    let sender = sender(&bed);
    bed.hand_over();
    bed.wait_until_xdp_counts();
    let program = bed.cable.here.xdp_program(Cable::DEVICE).unwrap();
    let next = pins.places()[0].join("link-next");
    links::pin(u32::try_from(program).unwrap(), &next);

    bed.restart(Hook::TcxIngress, pinned());

    assert!(!next.exists());
    assert_eq!(bed.cable.here.xdp_program(Cable::DEVICE), None, "it would count a second time");
    assert!(bed.datapath.can_hand_over(&bed.tap));
    bed.hand_over();
    assert!(bed.wait_until_moved().outcome.is_ok());
    bed.wait_until_usual();
    assert_eq!(links::receivers(&bed.cable.here), [0; 0]);
    bed.ends(sender);
}

#[test]
#[ignore = "needs root: `cargo xtask test handover`"]
fn a_program_that_cannot_be_pinned_does_not_take_over() {
    let pins = BpfFileSystem::mount("handover-name");
    let options = Options { pins: Some(pins.0.clone()), ..options() };
    let mut bed = Bed::with("name", Hook::TcxIngress, options);
    let sender = sender(&bed);
    let link = pins.places()[0].join("link");
    // A link cannot have the name of a directory.
    fs::remove_file(&link).unwrap();
    fs::create_dir(&link).unwrap();

    bed.hand_over();
    let Moved { outcome, .. } = bed.wait_until_moved();

    let error = outcome.expect_err("it stays").to_string();
    assert!(error.contains("cannot be pinned"), "{error}");
    assert_eq!(bed.cable.here.xdp_program(Cable::DEVICE), None);
    assert!(!pins.places()[0].join("link-next").exists());
    bed.wait_until_usual();
    bed.ends(sender);
}
