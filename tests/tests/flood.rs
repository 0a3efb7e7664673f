//! The program on a device: what a flood over a cable is counted as.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use aya::programs::XdpMode;
use exporter::datapath::{Datapath, Device, Options, Placement, Tap};
use exporter::health::Mode;
use exporter::interval::{Interval, sum};
use shared::{Count, Direction};
use tests::cable::Cable;
use tests::load::{Entry, Generator, Traffic, cpus, pin};
use tests::patience::{Reason, let_pass, wait_for};

const LASTS: Duration = Duration::from_secs(4);
/// Of the namespace that the writing thread is in.
const DISABLE_IPV6: &str = "/proc/sys/net/ipv6/conf/all/disable_ipv6";
const INTERVAL: Duration = Duration::from_millis(100);
/// Frames of one system call.
const AT_ONCE: u32 = 1 << 15;

#[test]
#[ignore = "needs root: `cargo xtask test flood`"]
fn a_flood_over_a_cable_is_conserved() {
    let cable = Cable::lay("flood");
    // Hosts say nothing of their own then: the device's account of their frames lacks 14 bytes.
    for end in [&cable.here, &cable.there] {
        end.within(|| fs::write(DISABLE_IPV6, "1").unwrap());
        end.ip(&["address", "flush", "dev", Cable::DEVICE]);
    }
    let device = Device { name: Cable::DEVICE.into(), index: Cable::index(&cable.there) };
    let tap = Tap { device, direction: Direction::Receive };
    cable.there.enter();
    let mut datapath = Datapath::new(Options::default()).unwrap();
    let prepared = datapath.prepare(Placement::xdp(Mode::Native)).unwrap();
    datapath.attach(&tap, prepared).unwrap();
    cable.plug_in();

    cable.here.enter();
    // The end that sends takes frames from a program only while it has one itself.
    let mut idle = Generator::load(&Traffic::flood(), 0);
    idle.program(Entry::Pass).attach(Cable::DEVICE, XdpMode::Driver).unwrap();
    let senders = send(Cable::index(&cable.here));
    let mut intervals = Vec::new();
    while !senders.iter().all(thread::JoinHandle::is_finished) {
        let_pass(INTERVAL, Reason::Traffic);
        intervals.push(drain(&mut datapath));
    }
    let sent: u64 = senders.into_iter().map(|sender| sender.join().unwrap()).sum();

    // Some may still be in the ring of the device.
    let counted = wait_for("as many as the device received", || {
        intervals.push(drain(&mut datapath));
        let counts: Vec<Count> = intervals.iter().map(|it| it.totals.frames()).collect();
        let (counted, received) = (sum(counts.iter()), cable.received());
        let is_all = (counted.packets, counted.bytes) == received;
        if is_all { Ok(counted) } else { Err(format!("{counted:?} of {received:?}")) }
    });
    println!("{sent} sent, {} counted in {} intervals", counted.packets, intervals.len());
    // Where the ring of the device is full, the kernel drops what is sent.
    assert!((100_000..=sent).contains(&counted.packets));
}

/// Floods from every CPU; each thread returns how many frames it sent.
fn send(device: u32) -> Vec<thread::JoinHandle<u64>> {
    let flood = Traffic::flood_with_ports();
    let start = |cpu: usize| {
        let mut generator = Generator::load(&flood, (cpu as u64 + 1) << 56);
        thread::spawn(move || {
            pin(cpu);
            let begun = Instant::now();
            while begun.elapsed() < LASTS {
                generator.emit(device, AT_ONCE);
            }
            generator.sent()
        })
    };

    cpus().into_iter().map(start).collect()
}

fn drain(datapath: &mut Datapath) -> Interval {
    let mut drained = datapath.drain().unwrap();
    let interval = drained.pop().unwrap().counted.unwrap();
    assert_eq!(interval.imbalance(), None);

    interval
}
