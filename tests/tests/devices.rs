//! Devices that come, go, change and lie on each other.

mod devices {
    mod names;
}

use rustix::process::Signal;
use tests::cable::{Cable, Namespace};
use tests::exporter::{Exporter, NATIVE};
use tests::links;
use tests::patience::wait_for;
use tests::programs;
use tests::scrape::Scrape;

const ATTACHED: &str = "packet_exporter_program_attached";
const ICMP: [(&str, &str); 1] = [("protocol", "icmp")];
/// Small tables, so that a program is loaded quickly.
const SMALL: [&str; 8] = [
    "--datapath.source-table-kib",
    "64",
    "--datapath.port-table-kib",
    "16",
    "--datapath.source-overflow-entries",
    "1024",
    "--datapath.port-overflow-entries",
    "1024",
];

#[test]
#[ignore = "needs root: `cargo xtask test devices`"]
fn a_renamed_device_is_counted_on_without_a_gap() {
    let cable = Cable::lay("rename");
    let exporter = Exporter::start(&cable.here, &["--devices.include", "veth.*"]);
    cable.plug_in();
    programs::ping(&cable, Cable::THERE[0], 5, 56);
    wait_for("the pings to be counted", || match exporter.scrape().received("", &ICMP).packets {
        5 => Ok(()),
        other => Err(format!("{other} of 5")),
    });

    cable.here.ip(&["link", "set", Cable::DEVICE, "name", "veth9"]);
    // What comes before the name is followed is counted under the one before, for good.
    wait_for("the name to be followed", || {
        match exporter.scrape().find(ATTACHED, &[("device", "veth9")]) {
            Some(2) => Ok(()),
            other => Err(format!("{other:?}")),
        }
    });
    programs::ping(&cable, Cable::THERE[0], 7, 56);

    let of = |scrape: &Scrape, device| {
        let labels = [("device", device), ("protocol", "icmp")];
        scrape.find("packet_receive_packets_total", &labels)
    };
    wait_for("the later pings to be counted under the new name", || {
        match of(&exporter.scrape(), "veth9") {
            Some(7) => Ok(()),
            other => Err(format!("{other:?} of 7")),
        }
    });
    let scrape = wait_for("the series of the old name to end", || {
        let scrape = exporter.scrape();
        let counted = of(&scrape, Cable::DEVICE);
        if counted.is_none() { Ok(scrape) } else { Err(format!("{counted:?}")) }
    });
    assert_eq!(scrape.find(ATTACHED, &[("device", "veth9")]), Some(2));
    assert_eq!(scrape.find(ATTACHED, &[("device", Cable::DEVICE)]), None);
    assert_eq!(exporter.said_within("Counting", 2), 2, "the programs stay");
}

#[test]
#[ignore = "needs root: `cargo xtask test devices`"]
fn what_a_device_counted_last_is_in_a_scrape() {
    let cable = Cable::lay("last");
    // So long that no regular fold comes between.
    let exporter = Exporter::start(&cable.here, &["--datapath.interval", "10s"]);
    cable.plug_in();
    let mut sent = 0;
    // A fold may still come because the device was plugged in.
    wait_for("pings that are not folded yet", || {
        programs::ping(&cable, Cable::THERE[0], 5, 56);
        sent += 5;
        let folded = exporter.scrape().received("", &ICMP).packets;
        if folded < sent { Ok(()) } else { Err(format!("{folded} of {sent} are folded")) }
    });

    cable.cut();

    wait_for("the last pings", || match exporter.scrape().received("", &ICMP).packets {
        all if all == sent => Ok(()),
        other => Err(format!("{other} of {sent}")),
    });
    exporter.said_within("Counted until the end", 1);
}

#[test]
#[ignore = "needs root: `cargo xtask test devices`"]
fn a_device_that_moves_away_is_let_go_and_taken_back() {
    let cable = Cable::lay("move");
    let away = Namespace::make("move-away");
    let exporter = Exporter::start(&cable.here, &[]);
    cable.plug_in();

    cable.here.ip(&["link", "set", Cable::DEVICE, "netns", away.name()]);

    wait_for_attached(&exporter, Some(0));
    assert!(links::receivers(&away).is_empty(), "nothing of it goes along");
    away.ip(&["link", "set", Cable::DEVICE, "netns", cable.here.name()]);
    wait_for_attached(&exporter, Some(2));
    cable.here.ip(&["address", "add", "192.0.2.1/24", "dev", Cable::DEVICE]);
    cable.here.ip(&["link", "set", Cable::DEVICE, "up"]);
    programs::ping(&cable, Cable::THERE[0], 4, 56);
    wait_for("it to be counted from 0 on", || {
        match exporter.scrape().received("", &ICMP).packets {
            4 => Ok(()),
            other => Err(format!("{other} of 4")),
        }
    });
}

#[test]
#[ignore = "needs root: `cargo xtask test devices`"]
fn a_device_that_flaps_keeps_its_program_and_its_counts() {
    let cable = Cable::lay("flap");
    let exporter = Exporter::start(&cable.here, &[]);
    cable.plug_in();

    for round in 1..=5 {
        cable.here.ip(&["link", "set", Cable::DEVICE, "down"]);
        cable.here.ip(&["link", "set", Cable::DEVICE, "up"]);
        programs::ping(&cable, Cable::THERE[0], 2, 56);
        let expected = 2 * round;
        wait_for("the pings", || match exporter.scrape().received("", &ICMP).packets {
            packets if packets == expected => Ok(()),
            other => Err(format!("{other} of {expected}")),
        });
    }

    assert_eq!(exporter.said_within("Counting", 2), 2, "the programs stay");
    assert_eq!(exporter.scrape().find("packet_exporter_attach_failures_total", &[]), Some(0));
}

#[test]
#[ignore = "needs root: `cargo xtask test devices`"]
fn an_index_that_is_used_again_is_another_device() {
    let cable = Cable::lay("reuse");
    let exporter = Exporter::start(&cable.here, &[]);
    let index = Cable::index(&cable.here).to_string();
    cable.plug_in();
    programs::ping(&cable, Cable::THERE[0], 3, 56);

    cable.cut();
    let again = ["link", "add", Cable::DEVICE, "index", &index, "type", "veth", "peer", "name"];
    let peer = [Cable::DEVICE, "netns", cable.there.name()];
    cable.here.ip(&[&again[..], &peer].concat());
    cable.here.ip(&["address", "add", "192.0.2.1/24", "dev", Cable::DEVICE]);
    cable.there.ip(&["address", "add", "192.0.2.2/24", "dev", Cable::DEVICE]);
    wait_for("a program on the new device", || match links::receivers(&cable.here)[..] {
        [_] => Ok(()),
        _ => Err(exporter.lines().join("\n")),
    });
    cable.here.ip(&["link", "set", Cable::DEVICE, "up"]);
    cable.plug_in();
    programs::ping(&cable, Cable::THERE[0], 6, 56);

    wait_for("the new device to be counted from 0 on", || {
        match exporter.scrape().received("", &ICMP).packets {
            6 => Ok(()),
            other => Err(format!("{other} of 6")),
        }
    });
}

#[test]
#[ignore = "needs root: `cargo xtask test devices`"]
fn frames_above_a_page_are_counted_natively() {
    let cable = Cable::lay("jumbo");
    for end in [&cable.here, &cable.there] {
        end.ip(&["link", "set", Cable::DEVICE, "mtu", "9000"]);
    }
    let exporter = Exporter::start(&cable.here, &NATIVE);
    cable.plug_in();

    programs::ping(&cable, Cable::THERE[0], 5, 8000);

    let scrape = wait_for("the pings", || {
        let scrape = exporter.scrape();
        match scrape.received("", &ICMP).packets {
            5 => Ok(scrape),
            other => Err(format!("{other} of 5")),
        }
    });
    assert_eq!(scrape.received("", &ICMP).bytes, 5 * (8000 + 8 + 20 + 14));
    assert_eq!(scrape.transmitted("", &ICMP), scrape.received("", &ICMP));
    let mode = [("hook", "xdp"), ("mode", "native")];
    assert_eq!(scrape.find("packet_exporter_program_info", &mode), Some(1));
}

#[test]
#[ignore = "needs root: `cargo xtask test devices`"]
fn devices_that_see_the_same_frames_are_named_once() {
    let cable = Cable::lay("stacked");
    cable.here.ip(&["link", "add", "bridge0", "type", "bridge"]);
    cable.here.ip(&["link", "set", Cable::DEVICE, "master", "bridge0"]);
    cable.here.ip(&["link", "set", "bridge0", "up"]);
    let devices = ["--devices.include", "veth0|bridge0"];

    let mut exporter = Exporter::start(&cable.here, &devices);

    cable.here.ip(&["link", "set", "bridge0", "mtu", "1400"]);
    wait_for_attached(&exporter, Some(2));
    exporter.signal(Signal::TERM);
    let (_, lines) = exporter.end();
    let about: Vec<_> = lines.iter().filter(|line| line.contains("same frames")).collect();
    assert_eq!(about.len(), 1, "{lines:#?}");
    assert!(about[0].contains("upper=bridge0 lower=veth0"), "{lines:#?}");
}

#[test]
#[ignore = "needs root: `cargo xtask test devices`"]
fn what_lies_on_a_device_is_counted_and_named_where_the_kernel_has_it() {
    let test = "what_lies_on_a_device_is_counted_and_named_where_the_kernel_has_it";
    let kinds = [
        ("macvlan", &["add", "link", "veth0", "name", "upper0", "type", "macvlan"][..]),
        ("vlan", &["add", "link", "veth0", "name", "upper0", "type", "vlan", "id", "5"]),
        ("bond", &["add", "upper0", "type", "bond", "mode", "active-backup"]),
    ];

    for (kind, add) in kinds {
        let cable = Cable::lay("upper");
        let made = cable.here.command("ip").arg("link").args(add).output().unwrap();
        if !made.status.success() {
            println!("SKIPPED {test}: this kernel has no {kind} devices");
            continue;
        }
        if kind == "bond" {
            cable.here.ip(&["link", "set", Cable::DEVICE, "down"]);
            cable.here.ip(&["link", "set", Cable::DEVICE, "master", "upper0"]);
        }
        cable.here.ip(&["link", "set", "upper0", "up"]);

        let mut exporter = Exporter::start(&cable.here, &["--devices.include", "veth0|upper0"]);

        let scrape = exporter.scrape();
        assert_eq!(scrape.find(ATTACHED, &[("device", Cable::DEVICE)]), Some(2), "{kind}");
        assert_eq!(scrape.find(ATTACHED, &[("device", "upper0")]), Some(2), "{kind}");
        exporter.signal(Signal::TERM);
        let (_, lines) = exporter.end();
        let about: Vec<_> = lines.iter().filter(|line| line.contains("same frames")).collect();
        assert_eq!(about.len(), 1, "{kind}: {lines:#?}");
    }
}

#[test]
#[ignore = "needs root: `cargo xtask test devices`"]
fn a_device_without_ethernet_is_refused_for_xdp_and_the_rest_is_counted() {
    let cable = Cable::lay("tunnel");
    cable.here.ip(&["tuntap", "add", "tun0", "mode", "tun"]);

    let devices = ["--devices.include", "veth0|tun0"];
    let mut exporter = Exporter::start(&cable.here, &[&devices[..], &NATIVE].concat());

    let scrape = exporter.scrape();
    assert_eq!(scrape.find(ATTACHED, &[("device", "tun0")]), Some(1), "what is sent");
    assert_eq!(scrape.find(ATTACHED, &[("device", Cable::DEVICE)]), Some(2));
    let failures = [("device", "tun0"), ("hook", "xdp"), ("reason", "unsupported")];
    let failed = scrape.find("packet_exporter_attach_failures_total", &failures);
    assert!(failed.is_some_and(|times| times > 0), "{failed:?}");
    exporter.signal(Signal::TERM);
    let (_, lines) = exporter.end();
    let is_said = |line: &&String| line.contains("have no Ethernet header");
    assert_eq!(lines.iter().filter(is_said).count(), 1, "{lines:#?}");
}

#[test]
#[ignore = "needs root: `cargo xtask test devices`"]
fn a_thousand_devices_that_come_and_go_leave_nothing_behind() {
    const ROUNDS: usize = 20;
    const AT_ONCE: usize = 50;
    const GROUP: &str = "7";
    let cable = Cable::lay("churn");
    let include = ["--devices.include", "veth0|tmp.*"];
    let exporter = Exporter::start(&cable.here, &[&include[..], &SMALL].concat());
    // A device for each name; its other end is not wanted.
    let adding =
        |number| format!("link add tmp{number} group {GROUP} type veth peer name end{number}\n");
    let all: String = (0..AT_ONCE).map(adding).collect();
    let round = |number: usize| {
        cable.here.ip_batch(&all);
        // In every other round they go while they are being attached.
        if number.is_multiple_of(2) {
            wait_for("programs on every device", || match exporter.scrape().find(ATTACHED, &[]) {
                Some(attached) if attached == 2 * (AT_ONCE as u64 + 1) => Ok(()),
                other => Err(format!("{other:?} programs")),
            });
        }
        cable.here.ip(&["link", "delete", "group", GROUP]);
        exporter.scrape();
    };
    let use_of = |scrape: &Scrape| {
        ["process_open_fds", "process_resident_memory_bytes"]
            .map(|name| scrape.find(name, &[]).expect("a process metric"))
    };
    let only_the_cable = || {
        wait_for("the devices to be forgotten", || {
            let scrape = exporter.scrape();
            let left = scrape.series().keys().filter(|name| name.contains("tmp")).count();
            match scrape.find(ATTACHED, &[]) {
                Some(2) if left == 0 => Ok(scrape),
                other => Err(format!("{other:?} programs, {left} series")),
            }
        })
    };

    // What the first devices take stays for those that follow.
    (0..ROUNDS / 2).for_each(&round);
    let before = use_of(&only_the_cable());
    for number in ROUNDS / 2..ROUNDS {
        round(number);
        println!("round {number}: {:?}", use_of(&exporter.scrape()));
    }
    let scrape = only_the_cable();
    let after = use_of(&scrape);

    println!("open files {} and {}, memory {} and {}", before[0], after[0], before[1], after[1]);
    // A program that is being removed may be in one of the two.
    assert!(after[0] <= before[0] + 16, "open files: {before:?}, then {after:?}");
    assert!(after[1] <= before[1] + (4 << 20), "memory: {before:?}, then {after:?}");
    let of_others = scrape.below("packet_receive_packets_total").len();
    assert!(of_others <= 64, "{of_others} series of one device");
    let failures = scrape.below("packet_exporter_attach_failures_total").len();
    assert_eq!(failures, 14, "seven reasons for each of two hooks");
}

fn wait_for_attached(exporter: &Exporter, expected: Option<u64>) {
    wait_for("the programs' attachment to change", || {
        match exporter.scrape().find(ATTACHED, &[("device", Cable::DEVICE)]) {
            attached if attached == expected => Ok(()),
            other => Err(format!("{other:?}, not {expected:?}")),
        }
    });
}
