//! What a drain could not read is not lost with the program.

use std::fs;

use exporter::datapath::{Datapath, Device, Options, Placement, Tap};
use exporter::health::Mode;
use exporter::interval::sum;
use shared::{Count, Direction, Family, Protocol};
use tests::cable::Cable;
use tests::filter::{EINVAL, MAP_LOOKUP_AND_DELETE_BATCH, filtered};

/// Of the namespace that the writing thread is in.
const DISABLE_IPV6: &str = "/proc/sys/net/ipv6/conf/all/disable_ipv6";

#[test]
#[ignore = "needs root: `cargo xtask test unread`"]
fn a_program_that_is_taken_off_after_a_failed_drain_gives_both_generations() {
    let cable = Cable::lay("unread");
    for end in [&cable.here, &cable.there] {
        end.within(|| fs::write(DISABLE_IPV6, "1").unwrap());
    }
    cable.plug_in();
    let device = Device { name: Cable::DEVICE.into(), index: Cable::index(&cable.there) };
    cable.there.enter();
    let mut datapath = Datapath::new(Options::default()).unwrap();
    let prepared = datapath.prepare(Placement::xdp(Mode::Native)).unwrap();
    let tap = Tap { device, direction: Direction::Receive };
    datapath.attach(&tap, prepared).unwrap();

    ping(&cable, 5);
    let failed = filtered(Some(MAP_LOOKUP_AND_DELETE_BATCH), EINVAL, || datapath.drain().unwrap());
    assert!(failed.iter().all(|drained| drained.counted.is_err()), "{failed:?}");
    ping(&cable, 3);
    let last: Vec<_> =
        datapath.detach(&[tap]).into_iter().map(|drained| drained.counted.unwrap()).collect();

    let pings: Vec<Count> = last
        .iter()
        .map(|interval| interval.totals.cells[Family::Ipv4.index()][Protocol::Icmp.index()])
        .collect();
    assert_eq!(sum(pings.iter()).packets, 8);
    assert!(last.iter().all(|interval| interval.imbalance().is_none()));
}

fn ping(cable: &Cable, times: u32) {
    let times = times.to_string();

    cable.here.run("ping", &["-q", "-c", &times, "-i", "0.01", Cable::THERE[0]]);
}
