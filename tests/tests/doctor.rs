//! `packet-exporter doctor`: what it says is what happens.

mod doctor {
    mod memory;
}

use exporter::datapath::{Datapath, Inspector, Options, SizeChoice, Taps};
use serde_json::Value;
use tests::cable::Cable;
use tests::exporter::NATIVE;
use tests::service::{Refusal, Service, behind, command, refused};

const RUN: [&str; 4] = ["--devices.include", Cable::DEVICE, "--datapath.interval", "100ms"];
const DOCTOR: [&str; 4] = ["doctor", "--json", "--devices.include", Cable::DEVICE];

#[test]
#[ignore = "needs root: `cargo xtask test doctor`"]
fn a_host_that_does_is_told_to_do_and_is_left_as_it_was() {
    let cable = cable("well");

    let refusal = refused(&cable.here, command(&DOCTOR));
    let said = said(&refusal);

    assert_eq!(refusal.code, Some(0), "{}", refusal.stderr);
    assert_eq!(said["works"], true);
    assert_eq!(said["devices"][0]["device"], Cable::DEVICE);
    let links = cable.here.ip(&["-j", "-d", "link", "show"]);
    assert!(!links.contains("xdp"), "{links}");

    let service = Service::start(&cable.here, &RUN);
    assert_eq!(service.said_within("class=shared", 2), 2, "one for each direction");
    let told = said["memory"]["bytes"].as_u64().unwrap();
    let taken = service.scrape().find("packet_exporter_memory_bytes", &[("part", "maps")]).unwrap();
    // The kernel needs a little for itself, which is in none of the maps.
    assert!(told.abs_diff(taken) <= 512 << 10, "{taken} bytes, and not {told}");
    assert_eq!(said["devices"][0]["class"]["receive"], "shared");
    let mode = said["devices"][0]["mode"].as_str().unwrap();
    let info = [("hook", mode)];
    assert_eq!(service.scrape().find("packet_exporter_program_info", &info), Some(1), "{mode}");
}

#[test]
#[ignore = "needs root: `cargo xtask test doctor`"]
fn an_exporter_that_runs_already_is_named() {
    let cable = cable("busy");
    let _service = Service::start(&cable.here, &[&RUN[..], &NATIVE].concat());

    let only_received = [&DOCTOR[..], &NATIVE, &["--datapath.transmit", "off"]].concat();
    let refusal = refused(&cable.here, command(&only_received));

    let said = said(&refusal);
    assert_eq!(refusal.code, Some(2), "{said}");
    assert_eq!(said["works"], false);
    let device = &said["devices"][0];
    assert_eq!(device["state"], "refused");
    assert_eq!(device["program"]["name"], "count_received");
    assert!(device["program"]["id"].as_u64() > Some(0), "{device}");
    for part in ["addresses: cannot listen on `:10199`: the port is in use", "devices: "] {
        assert!(refusal.stderr.contains(part), "{part:?} is not in:\n{}", refusal.stderr);
    }
}

#[test]
#[ignore = "needs root: `cargo xtask test doctor`"]
fn a_capability_that_is_missing_is_named_and_nothing_is_tried() {
    let cable = cable("poor");
    let before = ["setpriv", "--bounding-set=-all,+net_admin", "--inh-caps=-all", "--no-new-privs"];

    let refusal = refused(&cable.here, behind(&before, &DOCTOR));

    let said = said(&refusal);
    assert_eq!(refusal.code, Some(2), "{said}");
    assert_eq!(check(&said, "programs")["state"], "unknown");
    let privileges = check(&said, "privileges");
    assert_eq!(privileges["found"], "this process has no CAP_BPF and no CAP_PERFMON");
    assert!(privileges["remedy"].as_str().unwrap().contains("AmbientCapabilities="));
}

#[test]
#[ignore = "needs root: `cargo xtask test doctor`"]
fn a_table_for_people_ends_with_the_verdict() {
    let cable = cable("table");

    let good = refused(&cable.here, command(&["doctor", "--devices.include", Cable::DEVICE]));
    let bad = refused(&cable.here, command(&["doctor", "--devices.include", "eht0"]));

    println!("{}{}", good.stdout, bad.stdout);
    assert!(good.stdout.ends_with("\n`run` would work here\n"), "{}", good.stdout);
    assert!(bad.stdout.ends_with("\n`run` would be refused here\n"), "{}", bad.stdout);
    assert!(bad.stdout.contains("`devices.include`: lo, veth0"), "{}", bad.stdout);
}

#[test]
#[ignore = "needs root: `cargo xtask test doctor`"]
fn memory_is_told_before_as_the_kernel_tells_it_after() {
    let options = [
        Options::default(),
        Options {
            vlans: true,
            sizes: SizeChoice {
                source_overflow: Some(5000),
                port_overflow: Some(1024),
                ..SizeChoice::default()
            },
            ..Options::default()
        },
        Options {
            sizes: SizeChoice {
                source_sets: Some(16_384),
                port_sets: Some(256),
                ..SizeChoice::default()
            },
            ..Options::default()
        },
        Options { sources: false, ports: false, signals: false, ..Options::default() },
    ];

    for options in options {
        let taps = Taps { own: 1, ..Taps::default() };
        let told = options.expected_maps(&taps).unwrap().own.maps;
        let datapath = Datapath::new(options).unwrap();
        let mut inspector = Inspector::new(&datapath).unwrap();
        let maps = inspector.drain().unwrap().maps;

        for told in told {
            // Of what is off there is nothing to show.
            let Some(map) = maps.iter().find(|map| map.map == told.map) else {
                assert!(told.bytes <= 8 << 10, "{told:?} is off");
                continue;
            };
            let difference = told.bytes.abs_diff(map.memory_bytes);
            // The kernel adds what it needs for itself.
            assert!(difference <= 16 << 10, "{told:?} is {} in the kernel", map.memory_bytes);
        }
    }
}

#[test]
#[ignore = "needs root: `cargo xtask test doctor`"]
fn a_device_without_an_ethernet_header_is_refused_as_run_does() {
    let cable = cable("tunnel");
    cable.here.ip(&["tuntap", "add", "tun0", "mode", "tun"]);

    let refusal = |command_name: &[&str], devices: &str| {
        let devices = ["--devices.include", devices];
        let only_received = ["--datapath.transmit", "off"];
        let arguments = [command_name, &devices, &NATIVE, &only_received].concat();
        refused(&cable.here, command(&arguments))
    };
    let alone = refusal(&["doctor", "--json"], "tun0");
    let beside = refusal(&["doctor", "--json"], "veth0|tun0");
    let run = refusal(&[], "tun0");

    assert_eq!((alone.code, run.code), (Some(2), Some(2)), "{} {}", alone.stderr, run.stderr);
    for said in [said(&alone)["devices"][0]["found"].as_str().unwrap(), &run.stderr] {
        assert!(said.contains("no Ethernet header, so XDP cannot count them"), "{said}");
    }
    assert_eq!(beside.code, Some(0), "{}", beside.stderr);
    assert_eq!(check(&said(&beside), "devices")["state"], "warning");
}

#[test]
#[ignore = "needs root: `cargo xtask test doctor`"]
fn a_filter_and_an_xdp_program_in_front_of_what_is_received_are_told() {
    let cable = cable("infront");
    let clsact = ["--datapath.mode", "clsact"];
    let told = |mode: &[&str]| said(&refused(&cable.here, command(&[&DOCTOR, mode].concat())));
    let is_told = |said: &Value| {
        let mut checks = said["checks"].as_array().unwrap().iter();
        checks.any(|check| check["check"] == "receive")
    };

    assert!(!is_told(&told(&clsact)));
    cable.here.run("tc", &["qdisc", "add", "dev", Cable::DEVICE, "clsact"]);
    let place = ["filter", "add", "dev", Cable::DEVICE, "ingress", "pref", "1", "protocol", "ip"];
    let accept = ["bpf", "bytecode", "1,6 0 0 0,", "direct-action"];
    cable.here.run("tc", &[&place[..], &accept].concat());

    let hidden = told(&clsact);
    let receive = check(&hidden, "receive");
    assert_eq!(receive["state"], "warning");
    let found = receive["found"].as_str().unwrap();
    assert!(found.contains("preference 1") && found.contains("received frames"), "{found}");
    let is_first = told(&[])["devices"][0]["mode"] == "tcx_ingress";
    assert_eq!(is_told(&told(&[])), !is_first, "a program of TCX comes first");

    let _service = Service::start(&cable.here, &[&RUN[..], &NATIVE].concat());
    for mode in ["auto", "tcx", "clsact"] {
        let said = told(&["--datapath.mode", mode]);
        let device = &said["devices"][0];
        assert_eq!(device["state"], "warning", "{mode}: {said}");
        assert!(device["found"].as_str().unwrap().contains("redirects is not seen"), "{device}");
    }
}

#[test]
#[ignore = "needs root: `cargo xtask test doctor`"]
fn files_of_otlp_that_run_cannot_read_are_refused() {
    const NOBODY: u32 = 65_534;
    let cable = cable("papers");
    let folder = tempfile::TempDir::new().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let headers = file("headers", "authorization: Bearer a\n");
    let no_headers = file("no_headers", "a line\n");
    let no_pem = file("ca.pem", "no certificate\n");
    // Root reads it all the same, but for the rights that `run` gives up.
    let of_somebody = file("somebody", "authorization: Bearer a\n");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(&of_somebody, mode).unwrap();
    std::os::unix::fs::chown(&of_somebody, Some(NOBODY), Some(NOBODY)).unwrap();
    let tls = "https://localhost:4317";
    let log = ["--otlp.logs", "--otlp.logs-endpoint", tls, "--otlp.ca-file", &no_pem];
    let cases: [(&[&str], Option<&str>); 7] = [
        (&["--otlp.endpoints", tls, "--otlp.headers-file", &headers], None),
        (&["--otlp.endpoints", tls, "--otlp.headers-file", &no_headers], Some("is not a header")),
        (&["--otlp.endpoints", tls, "--otlp.headers-file", &of_somebody], Some("cannot read")),
        (&["--otlp.endpoints", tls, "--otlp.ca-file", &no_pem], Some("no certificate in PEM")),
        (
            &["--otlp.endpoints", tls, "--otlp.cert-file", "/none", "--otlp.key-file", "/none"],
            Some("cannot read `/none`"),
        ),
        (&log, Some("no certificate in PEM")),
        (&["--otlp.ca-file", &no_pem], None),
    ];

    for (arguments, reason) in cases {
        let doctor = refused(&cable.here, command(&[&DOCTOR[..], arguments].concat()));

        let said = said(&doctor);
        let Some(reason) = reason else {
            assert_eq!(doctor.code, Some(0), "{arguments:?}: {}", doctor.stderr);
            continue;
        };
        let run = refused(&cable.here, command(&[&RUN[..], arguments].concat()));
        assert_eq!((doctor.code, run.code), (Some(2), Some(2)), "{arguments:?}: {said}");
        let found = check(&said, "otlp")["found"].as_str().unwrap();
        assert!(found.contains(reason) && run.stderr.contains(found), "{found}: {}", run.stderr);
    }
}

fn cable(test: &str) -> Cable {
    let cable = Cable::lay(test);
    cable.plug_in();

    cable
}

#[track_caller]
fn said(refusal: &Refusal) -> Value {
    serde_json::from_str(&refusal.stdout).unwrap_or_else(|error| panic!("{error}: {refusal:?}"))
}

#[track_caller]
fn check<'a>(said: &'a Value, name: &str) -> &'a Value {
    let mut checks = said["checks"].as_array().unwrap().iter();

    checks.find(|check| check["check"] == name).unwrap_or_else(|| panic!("no {name} in {said}"))
}
