//! How a handover ends that does not come to its end by itself.

use exporter::datapath::{Datapath, Options};
use rustix::process::Signal;
use shared::Count;
use tests::cable::Cable;
use tests::exporter::Exporter;
use tests::links;
use tests::patience::wait_for;
use tests::veths::Sender;

use crate::file_system::BpfFileSystem;
use crate::{
    AT_XDP, ATTACHED, Foreign, IN_STACK, INFO, LENGTH, RECEIVE_ONLY, counted, lay, start,
    wait_until_at,
};

const STAYS: &str = "Device does not go over to a better hook";

/// Waits until both hooks have a program: without frames a handover goes no further.
fn wait_until_begun(exporter: &Exporter<'_>, cable: &Cable) {
    wait_for("a handover to begin", || {
        let scrape = exporter.scrape();
        let program = [("hook", "tcx_ingress")];
        match (cable.here.xdp_program(Cable::DEVICE), scrape.find(INFO, &program)) {
            (Some(_), Some(1)) => Ok(()),
            other => Err(format!("{other:?}: {:#?}", exporter.lines())),
        }
    });
}

#[test]
#[ignore = "needs root: `cargo xtask test handover`"]
fn an_exporter_that_ends_amid_a_handover_leaves_nothing_behind() {
    let datapath = Datapath::new(Options::default()).unwrap();
    let foreign = Foreign::load(&datapath);
    for (name, signal) in [("killed", Signal::KILL), ("stopped", Signal::TERM)] {
        let cable = lay(name);
        foreign.comes(&cable);
        let mut exporter = start(&cable, &RECEIVE_ONLY);
        Foreign::leaves(&cable);
        wait_until_begun(&exporter, &cable);

        exporter.signal(signal);
        let (status, lines) = exporter.end();

        assert_eq!(status.code(), (signal == Signal::TERM).then_some(0), "{lines:#?}");
        assert_eq!(cable.here.xdp_program(Cable::DEVICE), None);
        assert_eq!(links::receivers(&cable.here), [0; 0]);
    }
}

#[test]
#[ignore = "needs root: `cargo xtask test handover`"]
fn pinned_programs_count_where_an_exporter_ends_amid_a_handover_and_after_it() {
    let datapath = Datapath::new(Options::default()).unwrap();
    let foreign = Foreign::load(&datapath);
    let cable = lay("pinned");
    let pins = BpfFileSystem::mount("handover");
    let path = pins.0.to_str().unwrap();
    let flags = [&RECEIVE_ONLY[..], &["--datapath.pin", "--datapath.pin-path", path]].concat();
    foreign.comes(&cable);
    let mut killed = start(&cable, &flags);
    Foreign::leaves(&cable);
    wait_until_begun(&killed, &cable);
    killed.signal(Signal::KILL);
    killed.end();
    assert_eq!(cable.here.xdp_program(Cable::DEVICE), None);
    assert_eq!(links::receivers(&cable.here).len(), 1, "it counts on");
    let mut sender = Sender::start(&cable.there);
    sender.forever(&[Cable::DEVICE.to_owned()]);

    // The next one goes over as soon as it can, under traffic, and counts what came before too.
    let mut next = start(&cable, &flags);
    wait_until_at(&next, &AT_XDP);
    let program = cable.here.xdp_program(Cable::DEVICE);
    next.signal(Signal::TERM);
    let (status, lines) = next.end();
    assert_eq!(status.code(), Some(0), "{lines:#?}");
    assert_eq!(cable.here.xdp_program(Cable::DEVICE), program, "the program stays");
    assert_eq!(links::receivers(&cable.here), [0; 0]);
    let last = start(&cable, &flags);
    wait_until_at(&last, &AT_XDP);
    let sent = sender.stop()[0].packets;

    let before = counted_until_stop(&lines);
    let [dropped] = cable.there.counts(Cable::DEVICE, "tx", ["dropped"]);
    wait_for("all frames to be counted", || {
        let [now, ..] = counted(&last.scrape());
        let sum = Count { packets: before.packets + now.packets, bytes: before.bytes + now.bytes };
        let all = Count { packets: sent - dropped, bytes: (sent - dropped) * LENGTH };
        if sum == all { Ok(()) } else { Err(format!("{before:?} and {now:?} of {all:?}")) }
    });
}

/// Frames that something redirects to the device do not pass XDP, so they would be missing there.
#[test]
#[ignore = "needs root: `cargo xtask test handover`"]
fn a_device_stays_where_frames_come_to_the_stack_past_xdp() {
    let datapath = Datapath::new(Options::default()).unwrap();
    let foreign = Foreign::load(&datapath);
    let cable = lay("past");
    veth_that_redirects(&cable);
    foreign.comes(&cable);
    let exporter = start(&cable, &RECEIVE_ONLY);
    let mut sender = Sender::start(&cable.there);
    sender.forever(&["past0".to_owned()]);
    Foreign::leaves(&cable);

    wait_for("the handover to be given up", || match exporter.said(STAYS) {
        1 => Ok(()),
        other => Err(format!("{other} times: {:#?}", exporter.lines())),
    });
    wait_until_at(&exporter, &[IN_STACK[0], ("program", "count_ingress")]);
    let failed = [("hook", "xdp"), ("reason", "unsupported")];
    assert_eq!(exporter.scrape().find("packet_exporter_attach_failures_total", &failed), Some(1));
    assert_eq!(exporter.scrape().find(ATTACHED, &[("hook", "xdp")]), None);
    assert_eq!(cable.here.xdp_program(Cable::DEVICE), None);
    let sent = sender.stop()[0].packets;
    let [dropped] = cable.there.counts("past0", "tx", ["dropped"]);
    let all = Count { packets: sent - dropped, bytes: (sent - dropped) * LENGTH };
    wait_for("all frames to be counted", || {
        let counted = counted(&exporter.scrape());
        if counted == [all; 4] { Ok(()) } else { Err(format!("{counted:?} of {all:?}")) }
    });
    assert_eq!(exporter.said(STAYS), 1, "it is not tried again");

    // Once the device has changed, and nothing redirects frames any more.
    cable.here.ip(&["link", "delete", "past0"]);
    cable.here.ip(&["link", "set", Cable::DEVICE, "alias", "changed"]);
    let mut sender = Sender::start(&cable.there);
    sender.forever(&[Cable::DEVICE.to_owned()]);
    wait_until_at(&exporter, &AT_XDP);
    sender.stop();
}

/// Lays a second cable, whose frames here go to the device of the first as if it had received them.
pub(super) fn veth_that_redirects(cable: &Cable) {
    let peer = ["peer", "name", "past0", "netns", cable.there.name()];
    cable.here.ip(&[&["link", "add", "past0", "type", "veth"], &peer[..]].concat());
    cable.here.ip(&["link", "set", "past0", "addrgenmode", "none", "up"]);
    cable.there.ip(&["link", "set", "past0", "up"]);
    cable.here.run("tc", &["qdisc", "add", "dev", "past0", "clsact"]);
    let all =
        ["filter", "add", "dev", "past0", "ingress", "bpf", "bytecode", "1,6 0 0 4294967295,"];
    let redirect = ["action", "mirred", "ingress", "redirect", "dev", Cable::DEVICE];
    cable.here.run("tc", &[&all[..], &redirect].concat());
}

/// Returns the frames that the last log line of an exporter with pins has.
fn counted_until_stop(lines: &[String]) -> Count {
    let line = lines.iter().find(|line| line.contains("Counted until the stop"));
    let line = line.unwrap_or_else(|| panic!("nothing was said: {lines:#?}"));
    let number = |name: &str| {
        let (_, rest) = line.split_once(name).expect("the number has a name");
        rest.split(' ').next().and_then(|number| number.parse().ok()).expect("a number")
    };

    Count { packets: number(" packets="), bytes: number(" bytes=") }
}
