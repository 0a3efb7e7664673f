//! Processors that are possible and never come: what the maps take for them, as the exporter tells it
//! and as the kernel charges it.

use std::net::{TcpStream, UdpSocket};
use std::thread;

use tests::cable::Namespace;
use tests::machine::Console;
use tests::patience::pause;
use tests::scrape::Scrape;

use super::cards;
use crate::{CLSACT_ONLY, CPUS, Kernel, Outfit, WITH_TCX};

const INIT: &str = include_str!("possible.sh");
const CARD: [&str; 4] = [
    "-netdev",
    "tap,id=only,ifname=tap0,script=no,downscript=no",
    "-device",
    "virtio-net-pci,netdev=only,mac=02:00:00:00:00:01",
];
/// The other end of the card, and the address of the card.
const TAP: &str = "tap0";
const ADDRESS: &str = "198.51.100.1";
const MOST: u64 = 64 << 20;
/// Pings of the machine that show that it counts.
const GREETINGS: u64 = 3;
const FLOWS: usize = 64;

#[test]
#[ignore = "needs root: `cargo xtask test --suite kernels`"]
fn a_card_on_debian_12_takes_little_where_256_processors_are_possible() {
    let test = "a_card_on_debian_12_takes_little_where_256_processors_are_possible";

    takes_what_it_tells(test, &CLSACT_ONLY, 256);
}

#[test]
#[ignore = "needs root: `cargo xtask test --suite kernels`"]
fn a_card_on_debian_12_takes_what_is_told_where_two_are_possible() {
    let test = "a_card_on_debian_12_takes_what_is_told_where_two_are_possible";

    takes_what_it_tells(test, &CLSACT_ONLY, CPUS);
}

#[test]
#[ignore = "needs root: `cargo xtask test --suite kernels`"]
fn a_card_on_debian_13_takes_what_is_told() {
    let test = "a_card_on_debian_13_takes_what_is_told";

    takes_what_it_tells(test, &WITH_TCX, CPUS);
}

fn takes_what_it_tells(test: &str, kernel: &Kernel, possible_cpus: u32) {
    let outside = Namespace::make(&format!("possible-{}-{possible_cpus}", kernel.release));
    outside.ip(&["tuntap", "add", TAP, "mode", "tap"]);
    outside.ip(&["link", "set", TAP, "addrgenmode", "none"]);
    outside.ip(&["address", "add", "198.51.100.2/24", "dev", TAP]);
    outside.ip(&["link", "set", TAP, "address", "02:00:00:00:00:02", "up"]);
    // Both ends know each other, so no ARP comes late.
    let neighbor = ["neighbor", "replace", ADDRESS, "lladdr", "02:00:00:00:00:01", "dev", TAP];
    outside.ip(&[&neighbor[..], &["nud", "permanent"]].concat());
    let outfit = Outfit {
        init: INIT,
        modules: &cards::MODULES,
        cards: &CARD,
        network: Some(&outside),
        possible_cpus,
    };

    let shown = thread::scope(|scope| {
        let machine = scope.spawn(|| kernel.boot(test, &outfit));
        outside.within(|| send(&outside, || machine.is_finished()));
        machine.join().unwrap()
    });
    let Some(console) = shown else { return };

    assert_eq!(console.line("possible: "), format!("0-{}", possible_cpus - 1));
    assert_eq!(console.line("online: "), "0-1");
    let scrape = Scrape::read(console.between("metrics begin", "metrics end"));
    let [_, egress] = kernel.hooks;
    for hook in ["xdp", egress] {
        let labels = [("device", "eth0"), ("hook", hook)];
        assert_eq!(scrape.find("packet_exporter_program_info", &labels), Some(1), "{labels:?}");
    }
    cards::assert_as_the_other_end_says(&scrape, &outside, "eth0", TAP);
    assert_memory(&scrape, &console);
}

/// Sends once the machine has greeted, and ends with a connection.
fn send(outside: &Namespace, is_over: impl Fn() -> bool) {
    while outside.counts(TAP, "rx", ["packets"]) < [GREETINGS] {
        if is_over() {
            return;
        }
        pause();
    }
    outside.run("ping", &["-q", "-c", "40", "-i", "0.02", "-s", "1400", ADDRESS]);
    for _ in 0..FLOWS {
        let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
        // A port that nothing listens on: an answer is an error here, and no answer is none.
        let _refused = socket.send_to(&[0; 500], (ADDRESS, 9));
        // Not faster than an emulated machine reads.
        pause();
    }
    TcpStream::connect((ADDRESS, 5000)).unwrap();
}

/// What the kernel charged for the maps is what the exporter tells, within a tenth. All that it
/// charged is little, with the programs, threads, sockets and page tables.
///
/// Of the exporter only maps and programs are in the memory of `vmalloc`, and only these have some for
/// each processor, in `percpu`.
fn assert_memory(scrape: &Scrape, console: &Console) {
    let told = scrape.find("packet_exporter_memory_bytes", &[("part", "maps")]).unwrap();
    let charged = |what| console.line(&format!("charged: {what} ")).parse::<u64>().unwrap();
    let [vmalloc, percpu, all] = ["vmalloc", "percpu", "kernel"].map(charged);

    let kib = [told, vmalloc, percpu, all].map(|bytes| bytes >> 10);
    println!("KiB told, charged in vmalloc, in percpu, and in all: {kib:?}");
    assert!(told <= MOST && all <= MOST, "{kib:?}");
    assert!(told.abs_diff(vmalloc + percpu) <= told / 10, "{kib:?}");
}
