//! A real Prometheus scrapes the service every two seconds, for a minute.

use std::net::UdpSocket;
use std::thread;
use std::time::{Duration, Instant};

use tests::cable::{Cable, Namespace};
use tests::patience::{Reason, let_pass, wait_for};
use tests::receivers::prometheus::Prometheus;
use tests::service::Service;
use tests::tools::tool;

use super::{QUICK, cable};

const CONFIG: &str = "\
global: {scrape_interval: 2s, scrape_timeout: 2s}
scrape_configs:
  - job_name: packets
    static_configs: [{targets: ['127.0.0.1:10199']}]
";
const MINUTE: Duration = Duration::from_mins(1);
/// Before and after the minute, so that it is full.
const MARGIN: Duration = Duration::from_secs(4);
/// Datagrams per second and in all.
const RATE: u32 = 200;
const DATAGRAMS: u32 = 55 * RATE;
const PINGS: u64 = 2000;
/// What the test sends, apart from what the kernel answers by itself.
const UDP: &str = "packet_receive_packets_total{device=\"veth0\",family=\"ipv4\",protocol=\"udp\"}";
const ECHO: &str =
    "packet_receive_icmp_packets_total{device=\"veth0\",family=\"ipv4\",type=\"echo_request\"}";

#[test]
#[ignore = "needs root: `cargo xtask test service`"]
fn prometheus_sees_what_was_sent_for_a_minute() {
    let test = "prometheus_sees_what_was_sent_for_a_minute";
    let Some(program) = tool(test, "PACKET_EXPORTER_PROMETHEUS") else { return };
    let cable = cable("prometheus");
    let mut service = Service::start(&cable.here, &QUICK);
    let prometheus = Prometheus::start(&cable.here, &program, CONFIG, &[]);
    wait_for("the first scrape", || prometheus.value(UDP).ok_or_else(|| "no series".into()));
    let begun = Instant::now();

    let rate = thread::scope(|scope| {
        scope.spawn(|| cable.there.within(send_datagrams));
        scope.spawn(|| send_pings(&cable.there));
        let_pass(Duration::from_secs(40), Reason::Query);
        prometheus.value(&format!("rate({UDP}[30s])"))
    });
    let_pass((MINUTE + MARGIN).saturating_sub(begun.elapsed()), Reason::Query);
    service.wait_for_fold();

    // Up, all the time.
    assert_eq!(prometheus.value("min_over_time(up[1m])"), Some(1.0));
    let scrapes = prometheus.value("count_over_time(up[1m])").unwrap();
    assert!(scrapes >= 28.0, "{scrapes} scrapes in a minute");
    assert_eq!(prometheus.value("count(up)"), Some(1.0));
    // Nothing was wrong with any of them.
    let target = &prometheus.get("/api/v1/targets")["data"]["activeTargets"][0];
    assert_eq!((&target["health"], &target["lastError"]), (&"up".into(), &"".into()));
    assert_eq!(complaints(&prometheus), Vec::<String>::new());
    // It asked for OpenMetrics: in text, a counter has the name of its samples.
    let path = "/api/v1/targets/metadata?metric=packet_receive_packets";
    assert_eq!(prometheus.get(path)["data"][0]["type"], "counter");
    // The numbers are those of the sender.
    let rate = rate.expect("there is a rate");
    let increase = prometheus.value(&format!("increase({UDP}[2m])")).expect("there is an increase");
    println!(
        "rate {rate:.1} of {RATE}/s, increase {increase:.1} of {DATAGRAMS}, {scrapes} scrapes"
    );
    // A scrape that comes late by a second moves the end of the range by as much.
    assert!((rate / f64::from(RATE) - 1.0).abs() < 0.1, "{rate} datagrams per second");
    // Prometheus extrapolates to the ends of its range; that it began at 0 and had everything in
    // the end is exact.
    assert!((increase / f64::from(DATAGRAMS) - 1.0).abs() < 0.1, "{increase} datagrams");
    let scrape = service.scrape();
    let echo = [("family", "ipv4"), ("type", "echo_request")];
    assert_eq!(scrape.received("", &[("protocol", "udp")]).packets, u64::from(DATAGRAMS));
    assert_eq!(scrape.received("icmp_", &echo).packets, PINGS);
    assert_eq!(prometheus.value(&format!("min_over_time({UDP}[2m])")), Some(0.0));
    wait_for("Prometheus to have the last of it", || {
        let seen = [UDP, ECHO].map(|series| prometheus.text(series));
        let sent = [DATAGRAMS.to_string(), PINGS.to_string()].map(Some);
        if seen == sent { Ok(()) } else { Err(format!("{seen:?}")) }
    });
}

/// Sends at the rate, whatever becomes of single datagrams' times.
fn send_datagrams() {
    let socket = UdpSocket::bind((Cable::THERE[0], 0)).unwrap();
    let begun = Instant::now();
    for number in 0..DATAGRAMS {
        let due = begun + Duration::from_secs(1) * number / RATE;
        let_pass(due.saturating_duration_since(Instant::now()), Reason::Rate);
        socket.send_to(b"a known rate", (Cable::HERE[0], 9)).unwrap();
    }
}

fn send_pings(there: &Namespace) {
    let count = PINGS.to_string();
    there.run("ping", &["-q", "-f", "-c", &count, "-I", Cable::THERE[1], Cable::HERE[0]]);
}

/// What it logged or counted of scrapes that were not as they are to be.
fn complaints(prometheus: &Prometheus<'_>) -> Vec<String> {
    const OF_SCRAPES: [&str; 4] = ["Scrape", "scrape_pool", "Append", "target="];
    let log = prometheus.log();
    let logged = log.lines().filter(|line| OF_SCRAPES.iter().any(|it| line.contains(it)));

    let own = prometheus.own_metrics();
    let counted = own.lines().filter(|line| {
        line.starts_with("prometheus_target_scrape")
            && line.contains("_total")
            && !line.contains("pool_reloads")
            && !line.contains("pools_total")
            && !line.contains("pool_sync_total")
            && !line.ends_with(" 0")
    });
    logged.chain(counted).map(Into::into).collect()
}
