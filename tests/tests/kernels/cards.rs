//! Network cards of a machine, with traffic from outside of it.

use std::io::Write;
use std::net::{TcpStream, UdpSocket};
use std::thread;

use tests::cable::Namespace;
use tests::machine::Console;
use tests::patience::pause;
use tests::scrape::Scrape;

use crate::{CLSACT_ONLY, CPUS, Kernel, NEWEST, OLDEST, Outfit, WITH_TCX};

const INIT: &str = include_str!("cards.sh");
pub(super) const MODULES: [&str; 7] = [
    "virtio_net",
    "virtio_pci_modern_dev",
    "virtio_pci_legacy_dev",
    "virtio_pci",
    "sch_ingress",
    "cls_bpf",
    "veth",
];
/// Four pairs of queues for two processors: a program needs queues of its own to send from.
const CARDS: [&str; 8] = [
    "-netdev",
    "tap,id=first,ifname=tap0,script=no,downscript=no,queues=4",
    "-device",
    "virtio-net-pci,netdev=first,mac=02:00:00:00:00:01,mq=on,vectors=10",
    "-netdev",
    "tap,id=second,ifname=tap1,script=no,downscript=no",
    "-device",
    "virtio-net-pci,netdev=second,mac=02:00:00:01:00:01,ctrl_guest_offloads=off",
];
/// The cards, the other ends of theirs, and their addresses.
const ENDS: [(&str, &str, &str); 2] =
    [("eth0", "tap0", "198.51.100.1"), ("eth1", "tap1", "203.0.113.1")];
const HERE: [&str; 2] = ["198.51.100.2/24", "203.0.113.2/24"];
/// Ethernet addresses of the cards, as `CARDS` has them, and of the other ends, as `INIT` has them.
const STATIONS: [(&str, &str); 2] =
    [("02:00:00:00:00:01", "02:00:00:00:00:02"), ("02:00:00:01:00:01", "02:00:00:01:00:02")];
/// Pings of the machine that show that it counts.
const GREETINGS: u64 = 3;
const FLOWS: usize = 64;
const BULK: usize = 1 << 20;

#[test]
#[ignore = "needs root: `cargo xtask test --suite kernels`"]
fn cards_of_the_kernel_of_debian_11_count_exactly() {
    counts_from_outside("cards_of_the_kernel_of_debian_11_count_exactly", &OLDEST);
}

#[test]
#[ignore = "needs root: `cargo xtask test --suite kernels`"]
fn cards_of_the_kernel_of_debian_12_count_exactly() {
    counts_from_outside("cards_of_the_kernel_of_debian_12_count_exactly", &CLSACT_ONLY);
}

#[test]
#[ignore = "needs root: `cargo xtask test --suite kernels`"]
fn cards_of_the_kernel_of_debian_13_count_exactly() {
    counts_from_outside("cards_of_the_kernel_of_debian_13_count_exactly", &WITH_TCX);
}

#[test]
#[ignore = "needs root: `cargo xtask test --suite kernels`"]
fn cards_of_the_newest_kernel_count_exactly() {
    counts_from_outside("cards_of_the_newest_kernel_count_exactly", &NEWEST);
}

fn counts_from_outside(test: &str, kernel: &Kernel) {
    let outside = Namespace::make(&format!("outside-{}", kernel.release));
    for (((_, tap, address_there), address), (card, here)) in ENDS.iter().zip(HERE).zip(STATIONS) {
        let queues: &[&str] = if *tap == "tap0" { &["multi_queue"] } else { &[] };
        outside.ip(&[&["tuntap", "add", tap, "mode", "tap"], queues].concat());
        outside.ip(&["link", "set", tap, "addrgenmode", "none"]);
        outside.ip(&["address", "add", address, "dev", tap]);
        outside.ip(&["link", "set", tap, "address", here, "up"]);
        // Both ends know each other, so no ARP comes late.
        let neighbor = ["neighbor", "replace", address_there, "lladdr", card, "dev", tap];
        outside.ip(&[&neighbor[..], &["nud", "permanent"]].concat());
    }
    let outfit = Outfit {
        init: INIT,
        modules: &MODULES,
        cards: &CARDS,
        network: Some(&outside),
        possible_cpus: CPUS,
    };

    let sent = thread::scope(|scope| {
        let machine = scope.spawn(|| kernel.boot(test, &outfit));
        outside.within(|| send(&outside, || machine.is_finished()));
        machine.join().unwrap()
    });
    let Some(console) = sent else { return };

    let scrape = Scrape::read(console.between("metrics begin", "metrics end"));
    assert_hooks(&scrape, kernel);
    for (card, tap, _) in ENDS {
        assert_as_the_other_end_says(&scrape, &outside, card, tap);
    }
    assert_eq!(console.line("came by the connection: "), BULK.to_string());
    assert_queues(&console);
}

/// Sends over both cards once the machine has greeted, and ends with a connection over the first.
fn send(outside: &Namespace, is_over: impl Fn() -> bool) {
    while ENDS.iter().any(|(_, tap, _)| outside.counts(tap, "rx", ["packets"]) < [GREETINGS]) {
        if is_over() {
            return;
        }
        pause();
    }
    for (_, _, address) in ENDS {
        let sizes = ["0", "1400"];
        for size in sizes {
            outside.run("ping", &["-q", "-c", "20", "-i", "0.02", "-s", size, address]);
        }
    }
    for flow in 0..FLOWS {
        let (_, _, address) = ENDS[flow % 2];
        let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
        for length in [1, 500, 1400] {
            // A port that nothing listens on: an answer is an error here, and no answer is none.
            let _refused = socket.send_to(&vec![0; length], (address, 9));
        }
        // Not faster than an emulated machine reads.
        pause();
    }
    let mut connection = TcpStream::connect((ENDS[0].2, 5000)).unwrap();
    connection.write_all(&vec![0; BULK]).unwrap();
}

fn assert_hooks(scrape: &Scrape, kernel: &Kernel) {
    let [ingress, egress] = kernel.hooks;
    let cases = [("eth0", "xdp"), ("eth0", egress), ("eth1", ingress), ("eth1", egress)];

    for (device, hook) in cases {
        let labels = [("device", device), ("hook", hook)];
        assert_eq!(scrape.find("packet_exporter_program_info", &labels), Some(1), "{labels:?}");
        let labels = [("device", device), ("driver", "virtio_net"), ("kind", "")];
        assert_eq!(scrape.find("packet_exporter_device_info", &labels), Some(1), "{labels:?}");
    }
    let native = [("device", "eth0"), ("mode", "native")];
    assert_eq!(scrape.find("packet_exporter_program_info", &native), Some(1));
    assert_eq!(scrape.find("packet_exporter_fold_failures_total", &[]), Some(0));
}

/// What a card received is what the other end has sent, packet for packet and byte for byte.
pub(super) fn assert_as_the_other_end_says(
    scrape: &Scrape,
    outside: &Namespace,
    card: &str,
    tap: &str,
) {
    for (direction, of_tap) in [("receive", "tx"), ("transmit", "rx")] {
        let of = |what: &str| {
            let name = format!("packet_{direction}_{what}_total");
            scrape.find(&name, &[("device", card)]).unwrap_or_default()
        };

        let [packets, bytes] = outside.counts(tap, of_tap, ["packets", "bytes"]);
        println!("{card}, {direction}: {packets} packets, {bytes} bytes");
        assert_eq!((of("packets"), of("bytes")), (packets, bytes), "{card}, {direction}");
        assert!(packets > 40, "{card}, {direction}: {packets}");
    }
}

/// More than one queue had frames for the program, as the driver says.
fn assert_queues(console: &Console) {
    let all = console.about("xdp_packets: ");
    let busy = all.iter().filter(|it| it.contains(" rx") && !it.ends_with(": 0")).count();

    assert!(busy >= 2, "{:#?}", console.about("statistic: "));
}
