//! The constants of pinned programs change, and then another process comes.

use std::fs;

use exporter::datapath::{Datapath, Device, Options, Tap};
use exporter::dimension::Dimension;
use exporter::interval::Drained;
use shared::{Direction, VLAN_IDS};
use tests::cable::Cable;
use tests::programs;

use super::file_system::BpfFileSystem;
use crate::{pings, start};

#[test]
#[ignore = "needs root: `cargo xtask test pins`"]
fn the_next_process_goes_on_with_pinned_programs_that_were_replaced() {
    for is_same in [true, false] {
        println!("with the same constants: {is_same}");
        let cable = Cable::lay("changed");
        let pins = BpfFileSystem::mount("changed");
        cable.plug_in();
        let device = Device { name: Cable::DEVICE.into(), index: Cable::index(&cable.here) };
        let tap = |direction: &Direction| Tap { device: device.clone(), direction: *direction };
        let taps: Vec<Tap> = Direction::ALL.iter().map(tap).collect();
        let before = Options { pins: Some(pins.0.clone()), ..Options::default() };
        let changed = Options { sources: false, vlans: true, ..before.clone() };

        cable.here.within(|| {
            let mut first = start(&taps, &before);
            programs::ping(&cable, Cable::THERE[0], 5, 56);
            replace(&mut first, &changed);
            programs::ping(&cable, Cable::THERE[0], 4, 56);
            let program = cable.here.xdp_program(Cable::DEVICE);
            let of_first = first.drain().unwrap();
            programs::ping(&cable, Cable::THERE[0], 3, 56);
            drop(first);
            programs::ping(&cable, Cable::THERE[0], 7, 56);
            assert_eq!(cable.here.xdp_program(Cable::DEVICE), program, "it stays");

            let mut second = start(&taps, if is_same { &changed } else { &before });
            programs::ping(&cable, Cable::THERE[0], 2, 56);
            let mut of_second = second.drain().unwrap();
            of_second.extend(second.drain().unwrap());

            assert_eq!(pings(&of_first), 2 * 4, "5 were read when programs were replaced");
            assert_eq!(pings(&of_second), 2 * (3 + 7 + 2));
            let counts_sources = |drained: &[Drained]| {
                let of = |it: &Drained| {
                    it.counted.as_ref().unwrap().switches.dimensions[Dimension::Sources]
                };
                drained.iter().all(of)
            };
            assert!(!counts_sources(&of_first));
            let last = second.drain().unwrap();
            assert_eq!(counts_sources(&last), !is_same);
        });
    }
}

/// A map of VLANs that is counted in and could not be pinned: the one that is pinned is too small.
#[test]
#[ignore = "needs root: `cargo xtask test pins`"]
fn the_next_process_can_attach_where_a_pin_failed_while_programs_were_replaced() {
    for is_again in [false, true] {
        println!("with another replacement: {is_again}");
        with_taps("unpinned", |cable, pins, taps| {
            let before = Options { pins: Some(pins.0.clone()), ..Options::default() };
            let changed = Options { vlans: true, ..before.clone() };
            let mut first = start(taps, &before);
            programs::ping(cable, Cable::THERE[0], 5, 56);
            let in_the_way: Vec<_> =
                pins.places().iter().map(|place| place.join("VLANS-next")).collect();
            for it in &in_the_way {
                fs::create_dir(it).unwrap();
            }
            replace(&mut first, &changed);
            for it in &in_the_way {
                fs::remove_dir(it).unwrap();
            }
            let last = Options { sources: false, ..changed.clone() };
            if is_again {
                programs::ping(cable, Cable::THERE[0], 5, 56);
                replace(&mut first, &last);
            }
            drop(first);

            let mut second = start(taps, if is_again { &last } else { &changed });

            programs::ping(cable, Cable::THERE[0], 2, 56);
            assert_eq!(pings(&second.drain().unwrap()), 2 * 2);
        });
    }
}

#[test]
#[ignore = "needs root: `cargo xtask test pins`"]
fn the_next_process_can_attach_where_a_pinned_map_is_too_small() {
    for vlans in [true, false] {
        println!("with the same constants: {vlans}");
        with_taps("small", |cable, pins, taps| {
            let before = Options { pins: Some(pins.0.clone()), vlans: true, ..Options::default() };
            drop(start(taps, &before));
            let value = (VLAN_IDS * size_of::<u64>()).to_string();
            for place in pins.places() {
                let map = place.join("VLANS");
                fs::remove_file(&map).unwrap();
                // BPF_F_MMAPABLE. Source: include/uapi/linux/bpf.h.
                let about = ["type", "array", "key", "4", "value", &value, "entries", "1"];
                let named = ["name", "VLANS", "flags", "1024"];
                let create = ["map", "create", map.to_str().unwrap()];
                cable.here.run("bpftool", &[&create[..], &about, &named].concat());
            }

            let mut second = start(taps, &Options { vlans, ..before });

            programs::ping(cable, Cable::THERE[0], 2, 56);
            assert_eq!(pings(&second.drain().unwrap()), 2 * 2);
        });
    }
}

/// Runs where programs can be pinned, near a cable.
fn with_taps(name: &str, run: impl FnOnce(&Cable, &BpfFileSystem, &[Tap]) + Send) {
    let cable = Cable::lay(name);
    let pins = BpfFileSystem::mount(name);
    cable.plug_in();
    let device = Device { name: Cable::DEVICE.into(), index: Cable::index(&cable.here) };
    let tap = |direction: &Direction| Tap { device: device.clone(), direction: *direction };
    let taps: Vec<Tap> = Direction::ALL.iter().map(tap).collect();

    cable.here.within(|| run(&cable, &pins, &taps));
}

fn replace(datapath: &mut Datapath, options: &Options) {
    datapath.change(options);
    for tap in datapath.outdated() {
        datapath.prepare_next(&tap).unwrap();
    }
    let drained = datapath.drain().unwrap();
    assert_eq!(pings(&drained), 2 * 5);
    let replaced = datapath.take_replaced();
    assert!(replaced.len() == 2 && replaced.iter().all(|it| it.outcome.is_ok()));
}
