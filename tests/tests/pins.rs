//! Pinned programs count while no exporter runs.

mod pins {
    mod altered;
    mod changed;
    pub(super) mod file_system;
}

use std::process::{Child, Stdio};
use std::time::{Duration, Instant, SystemTime};

use exporter::datapath::{Datapath, Device, Options, Placement, Tap};
use exporter::health::Mode;
use exporter::interval::Drained;
use rustix::process::Signal;
use shared::{Count, Direction, Family, Protocol};
use tests::cable::Cable;
use tests::exporter::Exporter;
use tests::links;
use tests::load::{Generator, Traffic};
use tests::patience::wait_for;
use tests::programs;
use tests::service::{PORT, command, refused};
use tests::skb::SENT;

use pins::file_system::BpfFileSystem;

/// Returns where frames of a tap are counted.
fn placement(tap: &Tap) -> Placement {
    match tap.direction {
        Direction::Receive => Placement::xdp(Mode::Native),
        Direction::Transmit => SENT,
    }
}

fn start(taps: &[Tap], options: &Options) -> Datapath {
    let mut datapath = Datapath::new(options.clone()).unwrap();
    for tap in taps {
        let prepared = datapath.prepare_for(tap, placement(tap)).unwrap();
        datapath.attach(tap, prepared).unwrap();
    }

    datapath
}

#[test]
#[ignore = "needs root: `cargo xtask test pins`"]
fn a_restart_under_load_misses_no_frame() {
    let same: [&str; 0] = [];
    let other = ["--datapath.source-table-kib", "128"];
    for (name, more) in [("the same tables", &same[..]), ("other tables", &other)] {
        println!("{name}:");
        let cable = Cable::lay("restart");
        let pins = BpfFileSystem::mount("restart");
        let mut first = Exporter::start(&cable.here, &pins.flags());
        let program = cable.here.xdp_program(Cable::DEVICE);
        cable.plug_in();
        let mut load = flood(&cable);
        wait_until_received(&cable, 20_000);

        first.signal(Signal::TERM);
        let (status, lines) = first.end();
        assert_eq!(status.code(), Some(0), "{lines:#?}");
        assert_eq!(cable.here.xdp_program(Cable::DEVICE), program, "the program stays");
        let at_the_stop = programs::received_by(&cable.here).packets;
        wait_until_received(&cable, at_the_stop + 5_000);
        let second = Exporter::start(&cable.here, &[&pins.flags()[..], more].concat());
        assert!(load.try_wait().unwrap().is_none(), "there is load all the time");
        load.kill().unwrap();
        load.wait().unwrap();

        let before = counted_until_stop(&lines);
        assert!(before.packets > 0, "the first one counted some");
        wait_for("both exporters to have counted everything", || {
            let now = second.scrape().received("", &[]).packets;
            let device = programs::received_by(&cable.here).packets;
            let sum = before.packets + now;
            if sum == device { Ok(()) } else { Err(format!("{sum} of {device}, {now} now")) }
        });
        let info = [("device", Cable::DEVICE), ("hook", "xdp"), ("mode", "native")];
        assert_eq!(second.scrape().find("packet_exporter_program_info", &info), Some(1));
    }
}

#[test]
#[ignore = "needs root: `cargo xtask test pins`"]
fn what_is_adopted_counts_its_time_once_and_begins_before_its_counts() {
    let cable = Cable::lay("age");
    let pins = BpfFileSystem::mount("age");
    cable.plug_in();
    let device = Device { name: Cable::DEVICE.into(), index: Cable::index(&cable.here) };
    cable.here.enter();
    let taps = Direction::ALL.iter().map(|it| Tap { device: device.clone(), direction: *it });
    let taps: Vec<Tap> = taps.collect();
    let options = Options { pins: Some(pins.0.clone()), ..Options::default() };
    let begun = SystemTime::now();
    let mut first = start(&taps, &options);
    programs::ping(&cable, Cable::THERE[0], 5, 56);
    let before_the_cut = (Instant::now(), SystemTime::now());
    let of_first = first.drain().unwrap();
    let before_the_pings = SystemTime::now();
    drop(first);
    programs::ping(&cable, Cable::THERE[0], 7, 56);

    let mut second = start(&taps, &options);
    let of_second = second.drain().unwrap();

    let next = second.drain().unwrap();
    let most = before_the_cut.0.elapsed();
    let sinces = |drained: &[Drained]| drained.iter().map(|it| it.since).collect::<Vec<_>>();
    assert_eq!((pings(&of_first), pings(&of_second)), (10, 14), "there and back");
    assert!(sinces(&of_first).iter().all(|it| *it >= begun));
    let from = before_the_cut.1..before_the_pings;
    assert!(sinces(&of_second).iter().all(|it| from.contains(it)), "{of_second:?}, {from:?}");
    for (drained, next) in of_second.into_iter().zip(next) {
        let [elapsed, more] = [&drained, &next].map(|it| it.counted.as_ref().unwrap().elapsed);
        // Seven pings, 10 ms from each other.
        assert!(elapsed > Duration::from_millis(50), "{elapsed:?}");
        assert!(elapsed + more <= most, "{elapsed:?} and {more:?} of {most:?}");
    }
}

#[test]
#[ignore = "needs root: `cargo xtask test pins`"]
fn counting_goes_on_where_somebody_takes_pinned_programs_off() {
    let cable = Cable::lay("pintaken");
    let pins = BpfFileSystem::mount("pintaken");
    let exporter = Exporter::start(&cable.here, &pins.flags());
    cable.plug_in();
    let received = || u32::try_from(cable.here.xdp_program(Cable::DEVICE).unwrap()).unwrap();

    programs::ping(&cable, Cable::THERE[0], 20, 56);
    for (attached, program) in (3..).zip([received(), links::senders(&cable.here)[0]]) {
        links::detach(program);
        wait_for("the program to be attached again", || {
            let counting = exporter.said("message=Counting ");
            if counting == attached { Ok(()) } else { Err(exporter.lines().join("\n")) }
        });
        programs::ping(&cable, Cable::THERE[0], 3, 56);
    }

    wait_for("all pings to be counted", || {
        let scrape = exporter.scrape();
        let icmp = [("protocol", "icmp")];
        match (scrape.received("", &icmp).packets, scrape.transmitted("", &icmp).packets) {
            (26, 26) => Ok(()),
            other => Err(format!("{other:?} of 26")),
        }
    });
    assert_eq!(pins.taps(), 2, "the new ones are pinned");
}

#[test]
#[ignore = "needs root: `cargo xtask test pins`"]
fn a_pinned_program_that_went_in_front_is_adopted_there() {
    let cable = Cable::lay("pinfront");
    let pins = BpfFileSystem::mount("pinfront");
    let mut first = Exporter::start(&cable.here, &pins.flags());
    let mut foreign = Generator::load(&Traffic::flood(), 0);
    let id = cable.here.within(|| foreign.accept(Cable::DEVICE));
    wait_for("the exporter to go in front", || match &links::senders(&cable.here)[..] {
        [_, other] if *other == id => Ok(()),
        other => Err(format!("{other:?}, the foreign one is {id}")),
    });
    first.signal(Signal::KILL);
    first.end();
    cable.plug_in();
    programs::ping(&cable, Cable::THERE[0], 9, 56);

    let second = Exporter::start(&cable.here, &pins.flags());

    wait_for("the pings to be counted", || {
        match second.scrape().transmitted("", &[("protocol", "icmp")]).packets {
            9 => Ok(()),
            other => Err(format!("{other} of 9")),
        }
    });
    assert!(matches!(links::senders(&cable.here)[..], [_, other] if other == id));
    assert_eq!(second.said("moved in front"), 0);
}

#[test]
#[ignore = "needs root: `cargo xtask test pins`"]
fn what_comes_after_a_kill_is_counted_by_the_next() {
    let cable = Cable::lay("killed");
    let pins = BpfFileSystem::mount("killed");
    let mut first = Exporter::start(&cable.here, &pins.flags());
    cable.plug_in();
    programs::ping(&cable, Cable::THERE[0], 5, 56);
    let icmp = [("protocol", "icmp")];
    wait_for("the pings to be counted", || match first.scrape().received("", &icmp).packets {
        5 => Ok(()),
        other => Err(format!("{other} of 5")),
    });

    first.signal(Signal::KILL);
    first.end();
    let doctor = ["doctor", "--json", "--devices.include", Cable::DEVICE];
    let told = refused(&cable.here, command(&[&doctor[..], &pins.flags()].concat()));
    assert_eq!(told.code, Some(0), "{told:?}");
    assert!(told.stdout.contains("left its program pinned"), "{told:?}");
    programs::ping(&cable, Cable::THERE[0], 9, 56);
    let second = Exporter::start(&cable.here, &pins.flags());

    wait_for("the later pings to be counted", || {
        match second.scrape().received("", &icmp).packets {
            9 => Ok(()),
            other => Err(format!("{other} of 9")),
        }
    });
    assert_eq!(pins.taps(), 2);
}

#[test]
#[ignore = "needs root: `cargo xtask test pins`"]
fn a_start_without_pins_takes_them_off() {
    let cable = Cable::lay("unpinned");
    let pins = BpfFileSystem::mount("unpinned");
    let mut pinned = Exporter::start(&cable.here, &pins.flags());
    pinned.signal(Signal::TERM);
    pinned.end();
    assert_eq!(pins.taps(), 2);

    let [_, flag, path, ..] = pins.flags();
    let mut next = Exporter::start(&cable.here, &[flag, path]);

    assert_eq!(pins.taps(), 0);
    next.signal(Signal::KILL);
    next.end();
    wait_for("the program to be gone", || match cable.here.xdp_program(Cable::DEVICE) {
        None => Ok(()),
        Some(id) => Err(format!("program {id} is there")),
    });
}

#[test]
#[ignore = "needs root: `cargo xtask test pins`"]
fn pins_of_a_device_that_is_gone_are_gone_too() {
    let cable = Cable::lay("pinless");
    let pins = BpfFileSystem::mount("pinless");
    let _exporter = Exporter::start(&cable.here, &pins.flags());
    assert_eq!(pins.taps(), 2);

    cable.cut();

    wait_for("the pins to be gone", || match pins.taps() {
        0 => Ok(()),
        other => Err(format!("{other} taps")),
    });
}

#[test]
#[ignore = "needs root: `cargo xtask test pins`"]
fn two_exporters_do_not_share_pins() {
    let cable = Cable::lay("shared");
    let pins = BpfFileSystem::mount("shared");
    let first = Exporter::start(&cable.here, &pins.flags());

    let (status, lines) = Exporter::spawn(&cable.here, 10_200, &pins.flags()).end();

    assert_eq!(status.code(), Some(2), "{lines:#?}");
    let said = lines.join("\n");
    assert!(said.contains("another exporter uses"), "{said}");
    assert_eq!(first.scrape().find("packet_exporter_program_attached", &[]), Some(2));
}

#[test]
#[ignore = "needs root: `cargo xtask test pins`"]
fn what_is_no_bpf_file_system_is_refused() {
    let cable = Cable::lay("nobpf");
    let flags = ["--datapath.pin", "--datapath.pin-path", "/tmp/packet-exporter-pins"];

    let (status, lines) = Exporter::spawn(&cable.here, PORT, &flags).end();

    assert_eq!(status.code(), Some(2), "{lines:#?}");
    let said = lines.join("\n");
    assert!(said.contains("is not on a BPF file system; mount one with `mount -t bpf"), "{said}");
}

/// Adds up the pings that were counted.
fn pings(drained: &[Drained]) -> u64 {
    let of = |one: &Drained| {
        let interval = one.counted.as_ref().unwrap();
        interval.totals.cells[Family::Ipv4.index()][Protocol::Icmp.index()].packets
    };

    drained.iter().map(of).sum()
}

/// Sends echo requests without a pause, three million at the most.
fn flood(cable: &Cable) -> Child {
    let mut ping = cable.there.command("ping");
    ping.args(["-q", "-f", "-c", "3000000", "-I", Cable::THERE[0], Cable::HERE[0]]);

    ping.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("`ip` can be run")
}

fn wait_until_received(cable: &Cable, packets: u64) {
    wait_for("frames to come in", || match programs::received_by(&cable.here).packets {
        received if received >= packets => Ok(()),
        received => Err(format!("{received} of {packets}")),
    });
}

/// What the exporter said when it stopped.
fn counted_until_stop(lines: &[String]) -> Count {
    let line = lines
        .iter()
        .find(|line| line.contains("Counted until the stop") && line.contains("=receive"))
        .unwrap_or_else(|| panic!("nothing was said: {lines:#?}"));
    let number = |name: &str| {
        let (_, rest) = line.split_once(name).expect("the number has a name");
        rest.split(' ').next().and_then(|number| number.parse().ok()).expect("a number")
    };

    Count { packets: number(" packets="), bytes: number(" bytes=") }
}
