//! Frames that lie in several buffers, as jumbo frames do, are counted with their full length.

use std::ops::RangeInclusive;

use aya::programs::{TestRun, TestRunOptions};
use exporter::datapath::{Datapath, Inspected, Inspector, Options};
use exporter::services::PortRules;
use shared::{Direction, number};
use tests::corpus::bytes::{
    ARP, Change, IPV4, IPV6, VLAN, arp, ethernet, ipv4, ipv6, tcp, udp, vlan,
};
use tests::oracle::{self, Rules};
use tests::outcome::Outcome;
use tests::rows::Rows;

const XDP_PASS: u32 = 2;
/// The shortest frame that the kernel's test run takes, in bytes.
/// Source: `bpf_test_init` in net/bpf/test_run.c.
const SHORTEST: usize = 14;
/// The longest one lies in a page less its headroom and what describes the buffers, and in
/// `MAX_SKB_FRAGS` (17) pages more. The kernel's configuration has a say in it.
const LONGEST: RangeInclusive<usize> = 3 * 1024 + 17 * 4096..=18 * 4096;
/// Lengths around the end of a page's room, of one page, of jumbo frames and of 64 KiB.
const LENGTHS: [usize; 14] =
    [1536, 1537, 3000, 3519, 3520, 3521, 4096, 7616, 7617, 9014, 9018, 16_384, 16_385, 65_549];

#[test]
#[ignore = "needs root: `cargo xtask test buffers`"]
fn a_frame_in_several_buffers_is_counted_with_all_its_bytes() {
    let datapath = Datapath::new(Options::default()).unwrap();
    let mut inspector = Inspector::new(&datapath).unwrap();
    let mut outcomes = Vec::new();

    for (name, frame) in LENGTHS.into_iter().flat_map(frames) {
        let Inspected { verdict, parsed } = inspector.run(&frame).unwrap();

        let expected = oracle::read(&frame, &Rules::project()).outcome(Direction::Receive);
        assert_eq!(verdict, XDP_PASS, "{name}");
        assert_eq!(Outcome::of(&parsed), expected, "{name}");
        outcomes.push(expected);
    }

    assert_counted(&mut inspector, &outcomes);
}

#[test]
#[ignore = "needs root: `cargo xtask test buffers`"]
fn a_first_buffer_with_only_the_headers_is_enough() {
    let datapath = Datapath::new(Options::default()).unwrap();
    let mut inspector = Inspector::new(&datapath).unwrap();
    let mut outcomes = Vec::new();

    for (_, frame) in LENGTHS.into_iter().flat_map(frames) {
        for first in [128, 256, 1514] {
            if !run_split(&mut inspector, &frame, first) {
                println!(
                    "SKIPPED a_first_buffer_with_only_the_headers_is_enough: \
                     this kernel chooses the first buffer's size itself"
                );
                return;
            }
            outcomes.push(oracle::read(&frame, &Rules::project()).outcome(Direction::Receive));
        }
    }

    assert_counted(&mut inspector, &outcomes);
}

#[test]
#[ignore = "needs root: `cargo xtask test buffers`"]
fn the_kernel_takes_frames_from_14_bytes_to_18_pages() {
    let datapath = Datapath::new(Options::default()).unwrap();
    let mut inspector = Inspector::new(&datapath).unwrap();
    let mut takes = |length: usize| inspector.run(&vec![0; length]).is_ok();

    assert!(!takes(SHORTEST - 1));
    assert!(takes(SHORTEST));
    let mut longest = *LONGEST.start();
    assert!(takes(longest));
    while takes(longest + 1) {
        longest += 1;
        assert!(LONGEST.contains(&longest), "{longest} bytes are taken");
    }

    println!("the longest frame has {longest} bytes");
}

/// Frames of `length` bytes whose headers end in the first buffer, each with a name.
fn frames(length: usize) -> Vec<(String, Vec<u8>)> {
    let zeros = |headers: usize| vec![0; length - headers];
    let fill = |mut frame: Vec<u8>| {
        frame.resize(length, 0);
        frame
    };
    // A length of 16 bits reaches from the network header on.
    let udp_v4 = |before: usize| ipv4(number::UDP, &udp(4789, &zeros(before + 28)));

    let tcp_v6 = ipv6(number::TCP, &tcp(0x10, &zeros(74)));

    vec![
        (format!("udp, {length} bytes"), ethernet(IPV4, &udp_v4(14))),
        (format!("tagged udp, {length} bytes"), ethernet(VLAN, &vlan(7, IPV4, &udp_v4(18)))),
        (format!("tcp, {length} bytes"), ethernet(IPV6, &tcp_v6)),
        (format!("arp, {length} bytes"), fill(ethernet(ARP, &arp()))),
        (format!("not ipv6, {length} bytes"), ethernet(IPV6, &tcp_v6.clone().with(0, &[0x40]))),
    ]
}

/// Runs the program once on a frame whose first buffer has `first` bytes. `false` where the
/// kernel cannot: before Linux 6.18 it does not take the size of the first buffer.
fn run_split(inspector: &mut Inspector, frame: &[u8], first: usize) -> bool {
    let data_end = u32::try_from(first).unwrap();
    // As `struct xdp_md` has it: data, data_end, data_meta, two interfaces and a queue.
    let context = [0, data_end, 0, 0, 0, 0].map(u32::to_ne_bytes);
    let options = TestRunOptions {
        data_in: Some(frame),
        ctx_in: Some(context.as_flattened()),
        ..TestRunOptions::new()
    };

    match inspector.program().unwrap().test_run(options) {
        Ok(result) => {
            assert_eq!(result.return_value, XDP_PASS);
            true
        }
        Err(_) => false,
    }
}

fn assert_counted(inspector: &mut Inspector, outcomes: &[Outcome]) {
    let interval = inspector.drain().unwrap();
    let expected = Rows::expected(outcomes, &PortRules::default()).without(&["vlan"]);

    assert_eq!(Rows::of(&interval).differences(&expected), [""; 0]);
    assert_eq!(interval.imbalance(), None);
}
