//! A device goes over from the stack to XDP once another program has left it, and every frame is
//! counted once. The device is taken for hardware, which only builds with debug assertions do.

mod handover {
    mod datapath;
    mod ends;
}
#[expect(dead_code, reason = "tests of pins need more of it")]
#[path = "pins/file_system.rs"]
mod file_system;

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use exporter::datapath::{Datapath, Inspector, Options};
use rustix::process::Signal;
use shared::Count;
use tests::cable::Cable;
use tests::exporter::Exporter;
use tests::links;
use tests::patience::wait_for;
use tests::programs::{self, Server};
use tests::scrape::Scrape;
use tests::veths::{self, Sender};

const HARDWARE: [&str; 2] = ["env", "TEST_HARDWARE=veth0"];
const INFO: &str = "packet_exporter_program_info";
const ATTACHED: &str = "packet_exporter_program_attached";
const RECEIVE_ONLY: [&str; 2] = ["--datapath.transmit", "off"];
const IN_STACK: [(&str, &str); 1] = [("hook", "tcx_ingress")];
const AT_XDP: [(&str, &str); 3] =
    [("hook", "xdp"), ("mode", "native"), ("program", "count_received")];
const WENT_OVER: &str = "Device went over to a better hook";
/// What [`Sender::forever`] sends on the first device of its list.
const LENGTH: u64 = 100;
const SOURCE: [(&str, &str); 1] = [("source", "10.0.0.1")];
const PORT: [(&str, &str); 2] = [("port", "53"), ("protocol", "udp")];
const CELL: [(&str, &str); 2] = [("family", "ipv4"), ("protocol", "udp")];

/// A program of another process that lets every frame pass.
struct Foreign<'a> {
    _loaded: Inspector<'a>,
    id: String,
}

impl<'a> Foreign<'a> {
    fn load(datapath: &'a Datapath) -> Self {
        let mut loaded = Inspector::new(datapath).unwrap();
        let id = loaded.program().unwrap().info().unwrap().id().to_string();

        Self { _loaded: loaded, id }
    }

    fn comes(&self, cable: &Cable) {
        let device = ["xdpdrv", "id", &self.id, "dev", Cable::DEVICE];
        cable.here.run("bpftool", &[&["net", "attach"], &device[..]].concat());
    }

    fn leaves(cable: &Cable) {
        cable.here.run("bpftool", &["net", "detach", "xdpdrv", "dev", Cable::DEVICE]);
    }
}

/// Lays a cable whose end here goes on to take frames while its XDP program changes: with receive
/// offload veth keeps its queues, and else it drops what is in them.
fn lay(name: &str) -> Cable {
    let cable = Cable::lay(name);
    veths::be_silent(&cable.there);
    cable.here.run("ethtool", &["-K", Cable::DEVICE, "gro", "on"]);
    cable.plug_in();

    cable
}

/// Starts an exporter that takes the cable's end for hardware.
fn start<'a>(cable: &'a Cable, arguments: &[&str]) -> Exporter<'a> {
    let exporter = Exporter::behind(&cable.here, &HARDWARE, arguments);
    wait_for("the exporter to be ready", || {
        if exporter.is_ready() { Ok(()) } else { Err(format!("{:#?}", exporter.lines())) }
    });

    exporter
}

/// Waits until the device is counted there. Meanwhile there is always a program, and no count falls.
#[track_caller]
fn wait_until_at(exporter: &Exporter, place: &[(&str, &str)]) {
    let mut last = [Count::default(); 4];
    wait_for("the device to be counted there", || {
        let scrape = exporter.scrape();
        assert_eq!(scrape.find(ATTACHED, &[]), Some(1), "{:#?}", exporter.lines());
        let now = counted(&scrape);
        let falls = now
            .iter()
            .zip(last)
            .any(|(now, last)| now.packets < last.packets || now.bytes < last.bytes);
        assert!(!falls, "{last:?}, then {now:?}");
        last = now;
        match scrape.find(INFO, place) {
            Some(1) => Ok(()),
            other => Err(format!("{other:?}: {:#?}", exporter.lines())),
        }
    });
}

/// What came of the sender's frames: all, those of their cell, of their source, and of their port.
fn counted(scrape: &Scrape) -> [Count; 4] {
    [("", &[][..]), ("", &CELL), ("source_", &SOURCE), ("port_", &PORT)]
        .map(|(what, labels)| scrape.received(what, labels))
}

/// Waits until all frames were counted that the device has received, which are those that were sent.
#[track_caller]
fn wait_for_all(exporter: &Exporter, cable: &Cable, sent: u64) {
    let [dropped] = cable.there.counts(Cable::DEVICE, "tx", ["dropped"]);
    println!("{sent} frames were sent, {dropped} dropped");
    let packets = sent - dropped;
    let all = Count { packets, bytes: packets * LENGTH };
    wait_for("all frames to be counted", || {
        let counted = counted(&exporter.scrape());
        if counted == [all; 4] { Ok(()) } else { Err(format!("{counted:?} of {all:?}")) }
    });
    assert_eq!(programs::received_by(&cable.here).packets, packets);
}

#[test]
#[ignore = "needs root: `cargo xtask test handover`"]
fn every_frame_is_counted_once_while_a_device_goes_over_to_xdp() {
    let datapath = Datapath::new(Options::default()).unwrap();
    let foreign = Foreign::load(&datapath);
    for round in 0..3 {
        let cable = lay(&format!("over{round}"));
        foreign.comes(&cable);
        let mut exporter = start(&cable, &RECEIVE_ONLY);
        wait_until_at(&exporter, &IN_STACK);
        let mut sender = Sender::start(&cable.there);
        sender.forever(&[Cable::DEVICE.to_owned()]);

        Foreign::leaves(&cable);
        wait_until_at(&exporter, &AT_XDP);
        assert_eq!(exporter.scrape().find(ATTACHED, &[("hook", "tcx_ingress")]), None);
        let sent = sender.stop()[0].packets;

        wait_for_all(&exporter, &cable, sent);
        assert_eq!(links::receivers(&cable.here), [0; 0], "the program in the stack is gone");
        let said: Vec<_> =
            exporter.lines().into_iter().filter(|line| line.contains(WENT_OVER)).collect();
        let [line] = &said[..] else { panic!("{:#?}", exporter.lines()) };
        assert!(line.contains("device=veth0"), "{line}");
        assert!(line.contains("from=tcx_ingress to=xdp mode=native"), "{line}");
        exporter.signal(Signal::TERM);
        let (status, lines) = exporter.end();
        assert_eq!(status.code(), Some(0), "{lines:#?}");
        assert_eq!(cable.here.xdp_program(Cable::DEVICE), None);
    }
}

/// Ends a loop when it is dropped, also where a test fails.
struct End<'a>(&'a AtomicBool);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// The stack merges what comes over TCP, but for frames of which XDP has counted some and not others.
#[test]
#[ignore = "needs root: `cargo xtask test handover`"]
fn merged_frames_are_counted_once_while_a_device_goes_over_to_xdp() {
    let datapath = Datapath::new(Options::default()).unwrap();
    let foreign = Foreign::load(&datapath);
    let cable = lay("merged");
    foreign.comes(&cable);
    let _server = Server::iperf(&cable);
    let exporter = start(&cable, &RECEIVE_ONLY);
    wait_until_at(&exporter, &IN_STACK);

    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        let _end = End(&is_over);
        scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                programs::stream(&cable, Cable::THERE[0], "200M");
            }
        });
        Foreign::leaves(&cable);
        wait_until_at(&exporter, &AT_XDP);
    });

    wait_for("all frames to be counted", || {
        let counted = exporter.scrape().received("", &[]).packets;
        let received = programs::received_by(&cable.here).packets;
        if counted == received { Ok(()) } else { Err(format!("{counted} of {received}")) }
    });
}
