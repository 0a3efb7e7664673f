//! Handovers step by step, also from filters of clsact.

use exporter::datapath::{
    Datapath, Device, LinkLayer, Moved, Options, Placement, Tap, TransmitChoice,
};
use exporter::health::{Hook, Mode};
use shared::{Direction, Family, Protocol};
use tests::cable::Cable;
use tests::links;
use tests::patience::wait_for;
use tests::veths::Sender;

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
        let cable = lay(name);
        cable.here.enter();
        let mut datapath = Datapath::new(options()).unwrap();
        let device = Device { name: Cable::DEVICE.into(), index: Cable::index(&cable.here) };
        let tap = Tap { device, direction: Direction::Receive };
        let prepared = datapath.prepare(Placement::tc(hook, LinkLayer::Ethernet)).unwrap();
        datapath.attach(&tap, prepared).unwrap();

        Self { cable, datapath, tap, packets: 0 }
    }

    fn hand_over(&mut self) {
        assert!(self.datapath.can_hand_over(&self.tap));
        self.datapath.hand_over(&self.tap, XDP).unwrap();
        assert!(!self.datapath.can_hand_over(&self.tap), "it is on its way");
    }

    /// Drains, and does what the service does around it.
    fn drain(&mut self) -> Option<Moved> {
        let Self { datapath, packets, .. } = self;
        for tap in datapath.outdated().into_iter().chain(datapath.after_handovers()) {
            datapath.prepare_next(&tap).unwrap();
        }
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

    /// Waits until the program is no longer one for a handover.
    fn wait_until_usual(&mut self) {
        wait_for("the usual program", || {
            self.drain();
            let is_over = self.datapath.after_handovers().is_empty();
            let is_current = self.datapath.outdated().is_empty();
            if is_over && is_current { Ok(()) } else { Err(format!("{is_over}, {is_current}")) }
        });
    }

    /// Stops the sender, and checks that everything was counted.
    fn ends(mut self, sender: Sender) {
        let sent = sender.stop()[0].packets;
        let [dropped] = self.cable.there.counts(Cable::DEVICE, "tx", ["dropped"]);
        self.drain();
        self.drain();
        println!("{sent} frames were sent, {dropped} dropped");
        assert_eq!(self.packets, sent - dropped);
    }
}

fn options() -> Options {
    Options { transmit: TransmitChoice::Off, ..Options::default() }
}

fn sender(bed: &Bed) -> Sender {
    let mut sender = Sender::start(&bed.cable.there);
    sender.forever(&[Cable::DEVICE.to_owned()]);

    sender
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
