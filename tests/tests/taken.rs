//! Programs that another process removes while their device is there.

use std::slice;
use std::time::{Duration, Instant};

use exporter::datapath::{
    Datapath, Device, Inspector, Options, Placement, Presence, Tap, TransmitChoice,
};
use exporter::health::Mode;
use rustix::process::Signal;
use shared::{Direction, Family, Protocol};
use tests::cable::{Cable, Namespace};
use tests::exporter::{Exporter, NATIVE};
use tests::links;
use tests::patience::wait_for;
use tests::programs;
use tests::scrape::Scrape;

const ATTACHED: &str = "packet_exporter_program_attached";
const ICMP: [(&str, &str); 1] = [("protocol", "icmp")];
const SOURCE: [(&str, &str); 1] = [("source", Cable::THERE[0])];
const DESTINATION: [(&str, &str); 1] = [("destination", Cable::THERE[0])];

/// What an exporter has counted, which never falls.
struct Counters<'a> {
    exporter: &'a Exporter<'a>,
    /// Pings received and sent, and those of the source and to the destination that has a name.
    last: [u64; 4],
}

impl<'a> Counters<'a> {
    fn of(exporter: &'a Exporter<'a>) -> Self {
        Self { exporter, last: [0; 4] }
    }

    /// Scrapes until all counters are at `expected`.
    #[track_caller]
    fn wait_for(&mut self, expected: u64) {
        wait_for("the pings to be counted", || {
            let now = counted(&self.exporter.scrape());
            let falls = now.iter().zip(self.last).any(|(now, last)| *now < last);
            assert!(!falls, "{:?}, then {now:?}", self.last);
            self.last = now;
            if now == [expected; 4] { Ok(()) } else { Err(format!("{now:?} of {expected}")) }
        });
    }
}

fn counted(scrape: &Scrape) -> [u64; 4] {
    [
        scrape.received("", &ICMP),
        scrape.transmitted("", &ICMP),
        scrape.received("source_", &SOURCE),
        scrape.transmitted("destination_", &DESTINATION),
    ]
    .map(|count| count.packets)
}

#[test]
#[ignore = "needs root: `cargo xtask test taken`"]
fn counting_goes_on_where_somebody_takes_the_links_off() {
    let cable = Cable::lay("taken");
    let exporter = Exporter::start(&cable.here, &NATIVE);
    let mut counters = Counters::of(&exporter);
    cable.plug_in();
    let received = || u32::try_from(cable.here.xdp_program(Cable::DEVICE).unwrap()).unwrap();
    let sent = || links::senders(&cable.here)[0];

    // What is counted and not folded yet, when the program is removed, is not lost.
    programs::ping(&cable, Cable::THERE[0], 20, 56);
    links::detach(received());
    wait_for_attached(&exporter, 3);
    counters.wait_for(20);
    programs::ping(&cable, Cable::THERE[0], 3, 56);
    links::detach(sent());
    wait_for_attached(&exporter, 4);
    counters.wait_for(23);
    programs::ping(&cable, Cable::THERE[0], 4, 56);
    counters.wait_for(27);

    let removed = exporter.said("The program was removed from its device");
    assert_eq!(removed, 2, "{:#?}", exporter.lines());
    assert_eq!(exporter.said("Device is gone"), 0, "{:#?}", exporter.lines());
    assert_eq!(exporter.said("Counted until the end"), 0, "{:#?}", exporter.lines());
}

#[test]
#[ignore = "needs root: `cargo xtask test taken`"]
fn series_stay_while_another_program_has_the_place() {
    let cable = Cable::lay("occupied");
    let exporter =
        Exporter::start(&cable.here, &[&NATIVE[..], &["--datapath.transmit", "off"]].concat());
    cable.plug_in();
    programs::ping(&cable, Cable::THERE[0], 6, 56);
    let datapath = Datapath::new(Options::default()).unwrap();
    let mut foreign = Inspector::new(&datapath).unwrap();
    let foreign = foreign.program().unwrap().info().unwrap().id().to_string();
    exporter.signal(Signal::STOP);
    links::detach(u32::try_from(cable.here.xdp_program(Cable::DEVICE).unwrap()).unwrap());
    cable.here.run("bpftool", &["net", "attach", "xdp", "id", &foreign, "dev", Cable::DEVICE]);
    exporter.signal(Signal::CONT);

    wait_for("the exporter to find the place taken", || {
        let scrape = exporter.scrape();
        let count = scrape.received("", &ICMP).packets;
        match scrape.find(ATTACHED, &[("hook", "xdp")]) {
            Some(0) if count == 6 => Ok(()),
            other => Err(format!("{other:?} attached, {count} of 6")),
        }
    });
    cable.here.run("bpftool", &["net", "detach", "xdp", "dev", Cable::DEVICE]);
    wait_for("the exporter to be back", || match exporter.scrape().find(ATTACHED, &[]) {
        Some(1) => Ok(()),
        other => Err(format!("{other:?}")),
    });
    programs::ping(&cable, Cable::THERE[0], 2, 56);
    wait_for("all pings", || match exporter.scrape().received("", &ICMP).packets {
        8 => Ok(()),
        other => Err(format!("{other} of 8")),
    });
}

#[test]
#[ignore = "needs root: `cargo xtask test taken`"]
fn a_program_that_was_taken_off_keeps_its_start_and_one_of_another_device_does_not() {
    let cable = Cable::lay("kept");
    cable.plug_in();
    let (mut datapath, tap) = receiving(&cable);
    let index = tap.device.index;
    let taps = [tap.clone()];
    let begun = Instant::now();
    let attach = |datapath: &mut Datapath| {
        let prepared = datapath.prepare(Placement::xdp(Mode::Native)).unwrap();
        datapath.attach(&tap, prepared).unwrap();
    };
    attach(&mut datapath);
    programs::ping(&cable, Cable::THERE[0], 5, 56);
    let mut drained = datapath.drain().unwrap();
    programs::ping(&cable, Cable::THERE[0], 4, 56);

    links::detach(u32::try_from(cable.here.xdp_program(Cable::DEVICE).unwrap()).unwrap());
    assert_eq!(datapath.presence(&tap), Some(Presence::TakenOff));
    datapath.pause(&taps);
    assert_eq!(datapath.presence(&tap), None, "that is known");
    drained.extend(datapath.drain().unwrap());
    attach(&mut datapath);
    programs::ping(&cable, Cable::THERE[0], 3, 56);
    drained.extend(datapath.drain().unwrap());

    let first = drained[0].since;
    let mut elapsed = Duration::ZERO;
    let mut pings = 0;
    for one in &drained {
        assert_eq!(one.since, first);
        let interval = one.counted.as_ref().unwrap();
        assert_eq!(interval.imbalance(), None);
        elapsed += interval.elapsed;
        pings += interval.totals.cells[Family::Ipv4.index()][Protocol::Icmp.index()].packets;
    }
    assert_eq!(pings, 12);
    assert!(elapsed <= begun.elapsed(), "{elapsed:?} of {:?}", begun.elapsed());

    cable.cut();
    let peer = ["type", "veth", "peer", "name", Cable::DEVICE, "netns", cable.there.name()];
    let again = ["link", "add", Cable::DEVICE, "index", &index.to_string()];
    cable.here.ip(&[&again[..], &peer].concat());
    assert_eq!(datapath.presence(&tap), Some(Presence::DeviceGone), "its name and index are again");
    let last = datapath.detach(&taps);
    assert_eq!(last.len(), 1);
    attach(&mut datapath);
    assert_eq!(datapath.presence(&tap), Some(Presence::OnDevice));
    let new = datapath.drain().unwrap();
    assert!(new.iter().all(|one| one.since > first), "{new:?}");
}

#[test]
#[ignore = "needs root: `cargo xtask test taken`"]
fn a_device_that_moved_away_and_was_replaced_is_gone() {
    let cable = Cable::lay("moved");
    let elsewhere = Namespace::make("moved-c");
    let (mut datapath, tap) = receiving(&cable);
    let index = tap.device.index;
    let prepared = datapath.prepare(Placement::xdp(Mode::Native)).unwrap();
    datapath.attach(&tap, prepared).unwrap();

    cable.here.ip(&["link", "set", Cable::DEVICE, "netns", elsewhere.name()]);
    let again = ["link", "add", Cable::DEVICE, "index", &index.to_string()];
    let peer = ["type", "veth", "peer", "name", "spare0"];
    cable.here.ip(&[&again[..], &peer].concat());

    assert_eq!(datapath.presence(&tap), Some(Presence::DeviceGone));
    datapath.detach(slice::from_ref(&tap));
    let prepared = datapath.prepare(Placement::xdp(Mode::Native)).unwrap();
    datapath.attach(&tap, prepared).unwrap();
    assert_eq!(datapath.presence(&tap), Some(Presence::OnDevice), "the one that replaced it");
}

/// Enters the near end of the cable, for a datapath that counts what its device receives.
fn receiving(cable: &Cable) -> (Datapath, Tap) {
    cable.here.enter();
    let options = Options { transmit: TransmitChoice::Off, ..Options::default() };
    let device = Device { name: Cable::DEVICE.into(), index: Cable::index(&cable.here) };
    let tap = Tap { device, direction: Direction::Receive };

    (Datapath::new(options).unwrap(), tap)
}

/// Waits until a program was attached once more. The scrape may be of the fold before.
fn wait_for_attached(exporter: &Exporter, times: usize) {
    wait_for("a program to be attached", || {
        let counting = exporter.said("message=Counting ");
        if counting == times { Ok(()) } else { Err(exporter.lines().join("\n")) }
    });
}
