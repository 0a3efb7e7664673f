mod hidden;

use super::*;
use crate::config::{Class, Mode};
use crate::driver::{Driver, Offload, Offloads, XdpFeatures};

const OWN: Classes = Classes { receive: Some(Class::Own), transmit: Some(Class::Own) };
const SHARED: Classes = Classes { receive: Some(Class::Shared), transmit: Some(Class::Shared) };

fn driver(native: bool, buffers: bool) -> Driver {
    Driver { xdp: Some(XdpFeatures { native, buffers }), offloads: Some(Offloads::default()) }
}

fn device(name: &str, driver: Driver) -> DeviceFacts {
    DeviceFacts {
        device: name.into(),
        ifindex: 2,
        mtu: 1500,
        driver,
        program: None,
        mode: Mode::Auto,
        classes: OWN,
        has_hardware: true,
        has_ethernet: true,
        is_countable: true,
        is_left_behind: false,
        hidden_by: HiddenBy::default(),
    }
}

fn cable(name: &str) -> DeviceFacts {
    DeviceFacts { has_hardware: false, classes: SHARED, ..device(name, driver(true, true)) }
}

fn tables(programs: u64, maps: Vec<(&'static str, u64)>) -> Tables {
    let bytes = maps.iter().map(|(_, bytes)| bytes).sum();
    let maps = maps.into_iter().map(|(map, bytes)| MapBytes { map, bytes }).collect();
    let sizes = TableSizes {
        source_table_kib: 256,
        port_table_kib: 64,
        source_overflow_entries: 65_536,
        port_overflow_entries: 16_384,
    };

    Tables { programs, bytes, sizes, maps }
}

/// The same host, its devices counted in this mode.
fn with_mode(facts: &Facts, mode: Mode) -> Facts {
    let wanted = facts.wanted.iter().map(|it| DeviceFacts { mode, ..it.clone() }).collect();

    Facts { wanted, ..facts.clone() }
}

/// Facts of a host where so many programs have tables of their own, and so many are shared.
fn maps(own: u64, shared: u64) -> MapFacts {
    let MapFacts { own: of_own, shared: of_shared, room, limit } = facts().maps;

    MapFacts {
        own: Tables { programs: own, ..of_own },
        shared: Tables { programs: shared, ..of_shared },
        room,
        limit,
    }
}

fn facts() -> Facts {
    Facts {
        kernel: "6.12.95".into(),
        btf: true,
        realtime: false,
        jit: Some(1),
        capabilities: vec![("CAP_BPF".into(), true), ("CAP_NET_ADMIN".into(), true)],
        kept: Vec::new(),
        is_root: false,
        loading: Some(Ok(())),
        listening: Some(Ok(())),
        web: Ok(()),
        tokens: Ok(()),
        otlp: None,
        pins: None,
        ingress: "tcx_ingress",
        present: vec!["lo".into(), "eth0".into()],
        wanted: vec![device("eth0", driver(true, true))],
        transmit: Some("tcx_egress"),
        maps: MapFacts {
            own: tables(2, vec![("ports", 3 << 20), ("totals", 1 << 19)]),
            shared: tables(0, vec![("kinds", 5 << 20), ("totals", 1 << 20)]),
            room: 64,
            limit: 256 << 20,
        },
        available: Some(1 << 30),
    }
}

#[track_caller]
fn state_of(facts: &Facts, name: &str) -> State {
    let diagnosis = Diagnosis::of(facts);
    let check = diagnosis.checks.iter().find(|check| check.check == name);

    check.unwrap_or_else(|| panic!("no check is called {name}")).state
}

#[test]
fn a_table_reads_like_this() {
    let busy = Program { id: 7, name: Some("firewall".into()) };
    let facts = Facts {
        kernel: "5.4.0-91".into(),
        realtime: true,
        jit: Some(0),
        capabilities: vec![("CAP_BPF".into(), false), ("CAP_NET_ADMIN".into(), true)],
        loading: None,
        listening: Some(Err("cannot listen on `:10199`: the port is in use".into())),
        wanted: vec![
            device("eth0", driver(true, true)),
            device("eth1", driver(false, false)),
            DeviceFacts { program: Some(busy), ..device("eth2", driver(true, true)) },
            cable("veth0"),
        ],
        maps: maps(6, 2),
        available: Some(1 << 20),
        ..facts()
    };

    let diagnosis = Diagnosis::of(&facts);

    assert_eq!(diagnosis.to_string(), include_str!("../../testdata/doctor.txt"));
    assert_eq!(
        diagnosis.refusals(),
        "privileges: this process has no CAP_BPF; \
         addresses: cannot listen on `:10199`: the port is in use"
    );
}

#[test]
fn json_is_one_object() {
    let mut json = Vec::new();

    Diagnosis::of(&facts()).write(&mut json).unwrap();

    let json = String::from_utf8(json).unwrap();
    let begins = concat!(
        r#"{"works":true,"checks":[{"check":"kernel","state":"ok","#,
        r#""found":"6.12.95, with TCX for egress","remedy":null},"#
    );
    let ends = concat!(
        r#""devices":[{"device":"eth0","ifindex":2,"mtu":1500,"state":"ok","mode":"native","#,
        r#""class":{"receive":"own","transmit":"own"},"#,
        r#""found":"the driver runs XDP","remedy":null,"program":null}],"#,
        r#""memory":{"bytes":7340032,"limit":268435456,"devices":1,"directions":2,"#,
        r#""own":{"programs":2,"bytes":3670016,"#,
        r#""sizes":{"source_table_kib":256,"port_table_kib":64,"#,
        r#""source_overflow_entries":65536,"port_overflow_entries":16384},"#,
        r#""maps":[{"map":"ports","bytes":3145728},{"map":"totals","bytes":524288}]},"shared":null}}"#,
        "\n"
    );
    assert!(json.starts_with(begins), "{json}");
    assert!(json.ends_with(ends), "{json}");
}

#[test]
fn devices_without_room_are_refused_by_name_and_the_others_go_on() {
    let wanted = ["eth0", "eth1", "eth2"].map(|name| device(name, driver(true, true))).to_vec();
    let maps = MapFacts { limit: 15 << 20, ..maps(6, 0) };

    let diagnosis = Diagnosis::of(&Facts { wanted, maps, ..facts() });

    let states: Vec<_> = diagnosis.devices.iter().map(|it| it.state).collect();
    assert_eq!(states, [State::Ok, State::Ok, State::Refused]);
    assert_eq!(
        diagnosis.devices[2].found,
        "its maps take 7.0 MiB, and the devices before it leave less of `datapath.memory`"
    );
    let memory = diagnosis.checks.iter().find(|it| it.check == "memory").unwrap();
    assert_eq!(memory.state, State::Warning);
    assert_eq!(memory.found, "21.0 MiB in the kernel, more than the 15.0 MiB of `datapath.memory`");
    assert!(diagnosis.works);
}

#[test]
fn devices_that_share_tables_take_the_memory_of_these_alone() {
    let wanted: Vec<_> = (0..50).map(|number| cable(&format!("veth{number}"))).collect();
    let all = Facts { wanted, maps: maps(0, 2), ..facts() };
    let few = Facts { maps: MapFacts { room: 48, ..all.maps.clone() }, ..all.clone() };

    let [all, few] = [all, few].map(|facts| Diagnosis::of(&facts));

    assert_eq!((all.memory.bytes, all.memory.devices), (12 << 20, 50));
    assert!(all.devices.iter().all(|it| it.state == State::Ok));
    let refused: Vec<_> = few.devices.iter().filter(|it| it.state == State::Refused).collect();
    assert_eq!(refused.iter().map(|it| &it.device).collect::<Vec<_>>(), ["veth48", "veth49"]);
    let found = "the tables that devices share have room for 48, and those before it fill them";
    assert_eq!(refused[0].found, found);
}

#[test]
fn each_thing_that_refuses_a_run_is_told() {
    let cases = [
        ("privileges", Facts { capabilities: vec![("CAP_BPF".into(), false)], ..facts() }),
        ("programs", Facts { loading: Some(Err("no".into())), ..facts() }),
        ("addresses", Facts { listening: Some(Err("no".into())), ..facts() }),
        ("web_config", Facts { web: Err("no".into()), ..facts() }),
        ("token_file", Facts { tokens: Err("no".into()), ..facts() }),
        ("otlp", Facts { otlp: Some(Err("no".into())), ..facts() }),
        ("pins", Facts { pins: Some(Err("no".into())), ..facts() }),
        ("devices", Facts { wanted: Vec::new(), ..facts() }),
    ];

    for (name, facts) in cases {
        assert_eq!(state_of(&facts, name), State::Refused, "{name}");
        assert!(!Diagnosis::of(&facts).works, "{name}");
    }
}

#[test]
fn what_costs_more_is_a_warning_and_no_refusal() {
    let cases = [
        ("kernel", Facts { kernel: "5.4.0".into(), ..facts() }),
        ("preemption", Facts { realtime: true, ..facts() }),
        ("jit", Facts { jit: Some(0), ..facts() }),
        ("memory", Facts { available: Some(1), ..facts() }),
        ("privileges", Facts { kept: vec!["cannot drop capabilities".into()], ..facts() }),
    ];

    for (name, facts) in cases {
        assert_eq!(state_of(&facts, name), State::Warning, "{name}");
        assert!(Diagnosis::of(&facts).works, "{name}");
    }
    assert_eq!(state_of(&Facts { kernel: "nine".into(), ..facts() }, "kernel"), State::Unknown);
    assert_eq!(state_of(&Facts { btf: false, ..facts() }, "btf"), State::Ok);
}

#[test]
fn a_device_is_judged_by_its_driver_and_the_mode() {
    let with = |offloads| Driver { offloads: Some(offloads), ..driver(true, true) };
    let lro = with(Offloads { lro: Offload::On, ..Offloads::default() });
    let gro_hw = with(Offloads { gro_hw: Offload::Fixed, ..Offloads::default() });
    let jumbo = |driver| DeviceFacts { mtu: 9000, ..device("eth0", driver) };
    let [native, generic, stack] = ["native", "generic", "tcx_ingress"].map(Some);
    let plain = |driver| device("eth0", driver);
    let cases = [
        ("good", plain(driver(true, true)), Mode::Auto, State::Ok, native),
        ("as configured", plain(driver(false, false)), Mode::Generic, State::Ok, generic),
        ("no XDP", plain(driver(false, false)), Mode::Auto, State::Warning, stack),
        ("no XDP, but wanted", plain(driver(false, false)), Mode::Native, State::Refused, None),
        ("jumbo", jumbo(driver(true, true)), Mode::Auto, State::Ok, native),
        ("jumbo in one buffer", jumbo(driver(true, false)), Mode::Auto, State::Warning, stack),
        ("jumbo, but native", jumbo(driver(true, false)), Mode::Native, State::Refused, None),
        ("merging", plain(lro), Mode::Auto, State::Warning, stack),
        ("merging for good", plain(gro_hw), Mode::Native, State::Warning, native),
        ("not told", plain(Driver::default()), Mode::Auto, State::Unknown, None),
    ];

    for (name, device, mode, state, expected) in cases {
        let facts = Facts { wanted: vec![DeviceFacts { mode, ..device }], ..facts() };
        let diagnosis = Diagnosis::of(&facts);
        assert_eq!(
            (diagnosis.devices[0].state, diagnosis.devices[0].mode),
            (state, expected),
            "{name}"
        );
    }
}

#[test]
fn a_run_that_counts_one_direction_is_not_refused() {
    let program = Some(Program { id: 7, name: None });
    let wanted = vec![DeviceFacts { program, ..device("eth0", driver(true, true)) }];
    let both = with_mode(&Facts { wanted, ..facts() }, Mode::Native);
    let received = Facts { transmit: None, ..both.clone() };

    let pinned = |it: &DeviceFacts| DeviceFacts { is_left_behind: true, ..it.clone() };
    let ours = Facts { wanted: both.wanted.iter().map(pinned).collect(), ..both.clone() };
    let behind = with_mode(&both, Mode::Auto);

    assert_eq!(state_of(&ours, "devices"), State::Ok);
    assert_eq!(state_of(&behind, "devices"), State::Ok, "it is counted behind the other program");
    assert_eq!(state_of(&both, "devices"), State::Warning);
    assert_eq!(state_of(&received, "devices"), State::Refused);
    assert_eq!(Diagnosis::of(&both).memory.directions, 2);
    assert_eq!(Diagnosis::of(&received).memory.directions, 1);
}

#[test]
fn what_pushes_need_is_told_where_something_is_pushed() {
    let is_told = |otlp| {
        let checks = Diagnosis::of(&Facts { otlp, ..facts() }).checks;
        checks.iter().any(|check| check.check == "otlp")
    };

    assert!(!is_told(None));
    assert_eq!(state_of(&Facts { otlp: Some(Ok(())), ..facts() }, "otlp"), State::Ok);
}

#[test]
fn a_device_without_ethernet_is_counted_in_the_stack_alone() {
    let tunnel = || DeviceFacts { has_ethernet: false, ..device("tun0", driver(true, true)) };
    let facts = Facts { wanted: vec![device("eth0", driver(true, true)), tunnel()], ..facts() };
    let native = with_mode(&facts, Mode::Native);

    let counted = Diagnosis::of(&facts);
    let tunnel = &counted.devices[1];
    assert_eq!((tunnel.state, tunnel.mode), (State::Ok, Some("tcx_ingress")));
    assert_eq!(state_of(&facts, "devices"), State::Ok);

    let refused = Diagnosis::of(&native);
    let tunnel = &refused.devices[1];
    assert_eq!((tunnel.state, tunnel.mode), (State::Refused, None));
    assert!(tunnel.found.contains("no Ethernet header"), "{tunnel:?}");
    assert!(tunnel.remedy.as_ref().is_some_and(|it| it.contains("datapath.mode")));
    assert_eq!(state_of(&native, "devices"), State::Warning);
}

#[test]
fn a_device_whose_frames_no_program_sees_is_refused_in_both_directions() {
    let vrf = DeviceFacts { is_countable: false, ..device("vrf0", driver(false, false)) };
    let alone = Facts { wanted: vec![vrf], ..facts() };

    assert_eq!(
        Diagnosis::of(&alone).refusals(),
        "devices: received frames can be counted on 0 of 1, sent frames on none"
    );
}

#[test]
fn what_root_keeps_is_told_with_what_would_keep_less() {
    let root = Diagnosis::of(&Facts { is_root: true, ..facts() }).to_string();
    let user = Diagnosis::of(&facts()).to_string();

    let expected = "\
ok       privileges         CAP_BPF, CAP_NET_ADMIN; others are given up; the files of root stay accessible
                         -> run as a user of its own, as systemd does with `User=` and \
         `AmbientCapabilities=CAP_BPF CAP_NET_ADMIN CAP_PERFMON`
";
    assert!(root.contains(expected), "{root}");
    assert!(user.contains("\nok       privileges         CAP_BPF, CAP_NET_ADMIN\n"), "{user}");
}

#[test]
fn a_table_does_not_control_the_terminal_and_json_says_it_all() {
    let wanted = vec![device("\u{1b}[31m", driver(true, true))];
    let diagnosis = Diagnosis::of(&Facts { wanted, ..facts() });
    let mut json = Vec::new();

    diagnosis.write(&mut json).unwrap();

    let table = diagnosis.to_string();
    assert!(table.contains("\\u{1b}[31m") && !table.contains('\u{1b}'), "{table}");
    let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
    assert_eq!(json["devices"][0]["device"], "\u{1b}[31m");
}
