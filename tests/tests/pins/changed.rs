//! The constants of pinned programs change, and then another process comes.

use exporter::datapath::{Datapath, Device, Options, Tap};
use exporter::dimension::Dimension;
use exporter::interval::Drained;
use shared::Direction;
use tests::cable::Cable;
use tests::programs;

use super::file_system::BpfFileSystem;
use crate::pings;

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

fn start(taps: &[Tap], options: &Options) -> Datapath {
    let mut datapath = Datapath::new(options.clone()).unwrap();
    for tap in taps {
        let prepared = datapath.prepare_for(tap).unwrap();
        datapath.attach(tap, prepared).unwrap();
    }

    datapath
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
