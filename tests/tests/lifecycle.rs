//! How the exporter comes, goes, and shares devices.

use exporter::datapath::{Datapath, Inspector, Options};
use rustix::process::Signal;
use tests::cable::{Cable, Namespace};
use tests::exporter::{Exporter, NATIVE};
use tests::patience::wait_for;
use tests::programs;

const ATTACHED: &str = "packet_exporter_program_attached";

#[test]
#[ignore = "needs root: `cargo xtask test lifecycle`"]
fn a_kill_leaves_nothing_attached() {
    for mode in ["native", "generic"] {
        let cable = Cable::lay("kill");
        let mut exporter = Exporter::start(&cable.here, &["--datapath.mode", mode]);
        assert!(cable.here.xdp_program(Cable::DEVICE).is_some());

        exporter.signal(Signal::KILL);

        let (status, _) = exporter.end();
        assert!(!status.success());
        wait_until_nothing_is_attached(&cable.here);
    }
}

#[test]
#[ignore = "needs root: `cargo xtask test lifecycle`"]
fn who_asks_it_to_stop_gets_0_and_a_free_device() {
    for signal in [Signal::TERM, Signal::INT] {
        let cable = Cable::lay("stop");
        let mut exporter = Exporter::start(&cable.here, &NATIVE);

        exporter.signal(signal);

        let (status, lines) = exporter.end();
        assert_eq!(status.code(), Some(0), "{lines:#?}");
        wait_until_nothing_is_attached(&cable.here);
        assert!(lines.iter().any(|line| line.contains("Stopping")), "{lines:#?}");
        assert!(lines.last().unwrap().contains("Counted until the stop"), "{lines:#?}");
    }
}

#[test]
#[ignore = "needs root: `cargo xtask test lifecycle`"]
fn a_second_exporter_leaves_the_first_alone() {
    let cable = Cable::lay("second");
    let first = Exporter::start(&cable.here, &NATIVE);
    let program = cable.here.xdp_program(Cable::DEVICE);
    cable.plug_in();

    let off = [&NATIVE[..], &["--datapath.transmit", "off"]].concat();
    let (status, lines) = Exporter::spawn(&cable.here, 10_200, &off).end();

    assert_eq!(status.code(), Some(2), "{lines:#?}");
    let said = lines.join("\n");
    let owner = format!("`count_received`, id {}", program.unwrap());
    let whose = format!("`veth0` already has another XDP program: {owner}");
    assert!(said.contains(&whose), "{said}");
    assert_eq!(cable.here.xdp_program(Cable::DEVICE), program);
    programs::ping(&cable, Cable::THERE[0], 5, 56);
    wait_for("the first exporter to count on", || {
        match first.scrape().received("", &[("protocol", "icmp")]).packets {
            5 => Ok(()),
            other => Err(format!("{other} of 5 pings")),
        }
    });
}

#[test]
#[ignore = "needs root: `cargo xtask test lifecycle`"]
fn a_foreign_program_stays_and_the_other_devices_are_counted() {
    let cable = Cable::lay("foreign");
    let datapath = Datapath::new(Options::default()).unwrap();
    let mut foreign = Inspector::new(&datapath).unwrap();
    let id = u64::from(foreign.program().unwrap().info().unwrap().id());
    let attach = ["net", "attach", "xdp", "id", &id.to_string(), "dev", Cable::DEVICE];
    cable.here.run("bpftool", &attach);
    cable.here.ip(&["link", "add", "veth1", "type", "veth", "peer", "name", "veth2"]);

    let exporter = Exporter::start(
        &cable.here,
        &[&NATIVE[..], &["--devices.include", "veth0|veth1"]].concat(),
    );

    assert_eq!(cable.here.xdp_program(Cable::DEVICE), Some(id));
    let scrape = exporter.scrape();
    let attached = |device| scrape.find(ATTACHED, &[("device", device), ("hook", "xdp")]);
    assert_eq!(attached("veth0"), Some(0));
    assert_eq!(attached("veth1"), Some(1));
    let sent = scrape.find(ATTACHED, &[("device", "veth0"), ("hook", "tcx_egress")]);
    assert_eq!(sent, Some(1), "what is sent is counted all the same");
    let failures = "packet_exporter_attach_failures_total";
    let busy = scrape.find(failures, &[("device", "veth0"), ("reason", "busy")]);
    assert!(busy.is_some_and(|times| times > 0), "{busy:?}");
    let lines = exporter.lines();
    let is_about = |line: &&String| line.contains("veth0") && line.contains("level=warn");
    let about: Vec<_> = lines.iter().filter(is_about).collect();
    let said = format!("already has another XDP program: `count_received`, id {id};");
    assert!(about.len() == 1 && about[0].contains(&said), "{lines:#?}");
    drop(exporter);
    assert_eq!(cable.here.xdp_program(Cable::DEVICE), Some(id));
}

#[test]
#[ignore = "needs root: `cargo xtask test lifecycle`"]
fn a_device_that_goes_and_comes_back_is_counted_again() {
    let cable = Cable::lay("gone");
    let mut exporter =
        Exporter::start(&cable.here, &[&NATIVE[..], &["--devices.linger", "8s"]].concat());
    cable.plug_in();
    programs::ping(&cable, Cable::THERE[0], 3, 56);

    cable.cut();

    wait_for_attached(&exporter, 0);
    let lingers = exporter.scrape().received("", &[("protocol", "icmp")]).packets;
    assert_eq!(lingers, 3, "the last counts stay for a while");
    wait_for("the series to end", || {
        let counted = ("packet_receive_packets_total", [("device", Cable::DEVICE)]);
        match exporter.scrape().find(counted.0, &counted.1) {
            None => Ok(()),
            other => Err(format!("{other:?}")),
        }
    });

    cable.lay_again();
    wait_for_attached(&exporter, 1);
    cable.plug_in();
    programs::ping(&cable, Cable::THERE[0], 4, 56);

    wait_for("the new device to be counted from 0 on", || {
        match exporter.scrape().received("", &[("protocol", "icmp")]).packets {
            4 => Ok(()),
            other => Err(format!("{other} of 4 pings")),
        }
    });
    exporter.signal(Signal::TERM);
    let (status, lines) = exporter.end();
    assert_eq!(status.code(), Some(0), "{lines:#?}");
    let warnings: Vec<_> = lines.iter().filter(|line| line.contains("level=warn")).collect();
    assert_eq!(warnings.len(), 2, "{lines:#?}");
    assert!(warnings.iter().all(|line| line.contains("Device is gone")), "{lines:#?}");
}

/// What is switched off in the configuration has no series; what stays is counted.
#[test]
#[ignore = "needs root: `cargo xtask test lifecycle`"]
fn with_everything_keyed_switched_off_totals_are_counted() {
    let cable = Cable::lay("off");
    let off = ["--sources.enabled=false", "--ports.enabled=false", "--signals.enabled=false"];
    let exporter = Exporter::start(&cable.here, &off);
    cable.plug_in();

    programs::ping(&cable, Cable::THERE[0], 5, 56);

    let scrape = wait_for("the pings to be counted", || {
        let scrape = exporter.scrape();
        match scrape.received("", &[("protocol", "icmp")]).packets {
            5 => Ok(scrape),
            other => Err(format!("{other} of 5 pings")),
        }
    });
    assert_eq!(scrape.find("packet_receive_source_packets_total", &[]), None);
    assert_eq!(scrape.find("packet_receive_port_packets_total", &[]), None);
}

fn wait_for_attached(exporter: &Exporter, expected: u64) {
    wait_for("the program's attachment to change", || {
        match exporter.scrape().find(ATTACHED, &[("device", Cable::DEVICE), ("hook", "xdp")]) {
            Some(attached) if attached == expected => Ok(()),
            other => Err(format!("{other:?}, not {expected}")),
        }
    });
}

fn wait_until_nothing_is_attached(namespace: &Namespace) {
    wait_for("the program to be gone", || match namespace.xdp_program(Cable::DEVICE) {
        None => Ok(()),
        Some(id) => Err(format!("program {id} is on the device")),
    });
}
