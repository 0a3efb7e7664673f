//! Ordinary traffic raises no alert, however much of it there is.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use grafana::rules::{Setting, Settings};
use tests::alerting::{Monitoring, Net, SCALE};
use tests::attacks::list::End;
use tests::capture;
use tests::ordinary::{KINDS, Scene};
use tests::raw::packet_socket;
use tests::senders::at_rate;
use tests::truth::captures_for;

/// As long as three quarters of an hour of shipped rules.
const LENGTH: Duration = Duration::from_secs(90);

#[test]
#[ignore = "needs root: `cargo xtask test --suite alerts`"]
fn ordinary_traffic_raises_no_alert() {
    let devices = KINDS.map(|kind| kind.name);
    let net = Net::lay("ordinary", &devices);
    for device in devices {
        net.invite_clients(device);
    }
    let test = "ordinary_traffic_raises_no_alert";
    let Some(monitoring) = Monitoring::start(test, &net, SCALE) else { return };
    let begun = Instant::now();

    thread::scope(|scope| {
        for kind in &KINDS {
            let net = &net;
            scope.spawn(move || {
                kind.play(&Scene { net, device: kind.name, begun, length: LENGTH });
            });
        }
    });

    assert_silent(&monitoring);
    // It was not silent because there was nothing.
    let weak: Vec<_> = KINDS
        .iter()
        .filter(|kind| {
            let passes = Settings::default().fill(kind.passes, Setting::plain);
            let (record, floor) = passes.split_once(" > ").unwrap();
            let query = format!("max(max_over_time({record}{{device=\"{}\"}}[1h]))", kind.name);
            let most = monitoring.prometheus.value(&query);
            println!("{:<16} {record} was {most:?} at most, its floor is {floor}", kind.name);
            most.is_none_or(|most| most <= floor.parse().unwrap())
        })
        .map(|kind| kind.name)
        .collect();
    assert!(weak.is_empty(), "{weak:?} were too weak");
}

/// Captures of what hosts and networks do, those of broken frames left out.
const BENIGN: [&str; 27] = [
    "ndpi_4in4tunnel.pcap",
    "ndpi_ah.pcapng",
    "ndpi_android.pcap",
    "ndpi_discord_mid_flow.pcap",
    "ndpi_dns_fragmented.pcap",
    "ndpi_esp.pcapng",
    "ndpi_gre.pcapng",
    "ndpi_iphone.pcap",
    "ndpi_ipv6_in_gtp.pcap",
    "ndpi_quic-34.pcap",
    "ndpi_sctp.cap",
    "ndpi_syslog.pcap",
    "ndpi_teredo.pcap",
    "ndpi_vrrp3.pcapng",
    "tcpdump_802.1ad_QinQ.pcap",
    "tcpdump_LACP.pcap",
    "tcpdump_dccp_partial_csum_v6_simple.pcap",
    "tcpdump_erspan-type-i-4.pcap",
    "tcpdump_geneve.pcap",
    "tcpdump_icmpv6.pcap",
    "tcpdump_ipv6-routing-header.pcap",
    "tcpdump_ipv6-srh-ext-header.pcap",
    "tcpdump_mpls-over-udp.pcap",
    "tcpdump_nsh-over-vxlan-gpe.pcap",
    "tcpdump_ptp_management.pcap",
    "tcpdump_various_gre.pcap",
    "tcpdump_vxlan.pcap",
];

/// Every frame of the benign captures, again and again for a minute.
#[test]
#[ignore = "needs root: `cargo xtask test --suite alerts`"]
fn public_captures_raise_no_alert() {
    const DEVICE: &str = "captures";
    const RATE: u32 = 500;
    const MINUTE: Duration = Duration::from_mins(1);
    let test = "public_captures_raise_no_alert";
    let Some(captures) = captures_for(test) else { return };
    let is_benign = |path: &Path| BENIGN.iter().any(|name| path.ends_with(name));
    let benign: Vec<_> = captures.iter().filter(|it| is_benign(&it.path)).collect();
    assert_eq!(benign.len(), BENIGN.len());
    let frames: Vec<_> = benign.iter().flat_map(|it| capture::read(&it.path)).collect();
    let net = Net::lay(DEVICE, &[DEVICE]);
    let Some(monitoring) = Monitoring::start(test, &net, SCALE) else { return };
    let begun = Instant::now();

    net.end(End::Lan).within(|| {
        let socket = packet_socket(net.lan.index(DEVICE));
        at_rate(
            &socket,
            RATE,
            || begun.elapsed() < MINUTE,
            |number| frames[number as usize % frames.len()].bytes.clone(),
        );
    });

    assert_silent(&monitoring);
    let received = monitoring.prometheus.value("sum(packet_receive_packets_total)");
    println!("{} frames of captures, {received:?} received", frames.len());
    assert!(received.is_some_and(|it| it >= frames.len() as f64), "{received:?}");
}

/// No alert fired, by Prometheus and by Alertmanager.
fn assert_silent(monitoring: &Monitoring<'_>) {
    let history = monitoring.history();
    println!("were pending: {:?}", history.pending());

    assert!(history.fired().is_empty(), "{:?}", history.fired());
    assert!(monitoring.notices().is_empty(), "{:?}", monitoring.notices());
}
