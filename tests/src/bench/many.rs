//! What the exporter takes on a host with very many devices.

mod process;

use std::fmt::Write;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::targets::{self, Check};
use crate::cable::Namespace;
use crate::exporter::Exporter;
use crate::group::Group;
use crate::patience::{Reason, let_pass, pause};
use crate::scrape::Scrape;

/// Both ends of every cable are in one namespace each.
const NAMES: &str = "many.*";
/// More than any number of devices is given.
const LIMIT: u64 = 4 << 30;
const MEBIBYTE: f64 = 1_048_576.0;
/// Programs of a device.
const DIRECTIONS: u64 = 2;
const PATIENCE: Duration = Duration::from_mins(10);
/// Devices beyond which some may be refused.
const MANY: usize = 1000;

/// What a number of devices took.
pub struct Crowd {
    devices: usize,
    /// Programs that are attached, and those that are not for lack of memory.
    attached: u64,
    refused: u64,
    attach_seconds: f64,
    kernel: f64,
    resident: f64,
    private: f64,
    descriptors: usize,
    processor: f64,
    counts: bool,
}

/// The figures of each number of devices.
pub struct Many {
    pub figures: Value,
    /// For people.
    pub report: String,
    /// Whether all targets are met.
    pub is_met: bool,
}

/// Measures each number of devices for as long, with a soft limit of 1,024 descriptors.
pub fn run(numbers: &[usize], idle: Duration) -> Many {
    let crowds: Vec<_> = numbers.iter().map(|devices| of(*devices, idle)).collect();
    let mut out = String::from(
        "idle veths; memory in MiB: of the kernel for maps and programs, resident, private\n",
    );
    let _infallible = writeln!(
        out,
        "{:>8} {:>9} {:>8} {:>10} {:>8} {:>9} {:>8} {:>6} {:>6}  counts",
        "devices",
        "programs",
        "refused",
        "seconds",
        "kernel",
        "resident",
        "private",
        "files",
        "% CPU"
    );
    for it in &crowds {
        let _infallible = writeln!(
            out,
            "{:>8} {:>9} {:>8} {:>10.1} {:>8.1} {:>9.1} {:>8.1} {:>6} {:>6.2}  {}",
            it.devices,
            it.attached,
            it.refused,
            it.attach_seconds,
            it.kernel,
            it.resident,
            it.private,
            it.descriptors,
            it.processor,
            it.counts
        );
    }
    let checks: Vec<_> = crowds.iter().flat_map(checks).collect();
    out.push_str(&targets::print(&checks));

    Many {
        figures: json!({ "many": crowds.iter().map(row).collect::<Vec<_>>() }),
        report: out,
        is_met: checks.iter().all(Check::is_met),
    }
}

/// Returns the targets: of [`MANY`] devices some may be refused, if they are named.
fn checks(crowd: &Crowd) -> Vec<Check> {
    let Crowd { devices, attached, refused, .. } = *crowd;
    let at_most =
        |what, reached, limit| Check::at_most(format!("{devices} devices, {what}"), reached, limit);
    let at_least = |what, reached: u64, limit: u64| {
        Check::at_least(format!("{devices} devices, {what}"), reached as f64, limit as f64)
    };
    let wanted = devices as u64 * DIRECTIONS;
    let counts = at_least("the first one counts", u64::from(crowd.counts), 1);
    if devices >= MANY {
        let accounted = at_least("programs, and those refused", attached + refused, wanted);
        return vec![at_most("kernel memory, MiB", crowd.kernel, 256.0), accounted, counts];
    }

    vec![
        at_most("kernel memory, MiB", crowd.kernel, 128.0),
        at_most("private memory, MiB", crowd.private, 40.0),
        at_most("% of a CPU", crowd.processor, 3.0),
        at_most("seconds until all are attached", crowd.attach_seconds, 10.0),
        at_least("programs", attached, wanted),
        counts,
    ]
}

fn row(it: &Crowd) -> Value {
    json!({
        "devices": it.devices,
        "programs": it.attached,
        "refused": it.refused,
        "attach_seconds": it.attach_seconds,
        "kernel_mib": it.kernel,
        "resident_mib": it.resident,
        "private_mib": it.private,
        "descriptors": it.descriptors,
        "cpu_percent": it.processor,
        "counts": it.counts,
    })
}

fn of(devices: usize, idle: Duration) -> Crowd {
    let [here, there] = ["many-a", "many-b"].map(Namespace::make);
    lay(&here, &there, devices);
    let group = Group::make("packet-exporter-bench", LIMIT);
    let begun = Instant::now();
    let arguments = ["--devices.include", NAMES, "--datapath.interval", "1s"];
    let before = ["prlimit", "--nofile=1024:", "--"];
    let mut exporter = Exporter::behind(&here, &before, &arguments);
    group.add(exporter.id());
    let attach_seconds = loop {
        let elapsed = begun.elapsed();
        if exporter.is_ready() {
            break elapsed.as_secs_f64();
        }
        let is_running = !exporter.has_ended() && elapsed < PATIENCE;
        assert!(is_running, "not ready after {elapsed:?}: {:#?}", exporter.lines().last());
        pause();
    };

    let process = process::Process(exporter.id());
    let before = process.time();
    let begun = Instant::now();
    let_pass(idle, Reason::Sampling);
    let processor = (process.time() - before).as_secs_f64() / begun.elapsed().as_secs_f64() * 100.0;
    let scrape = exporter.scrape();
    let sum = |name, labels: &[_]| scrape.find(name, labels).unwrap_or_default();

    Crowd {
        devices,
        attached: sum("packet_exporter_program_attached", &[]),
        refused: refused(&scrape),
        attach_seconds,
        kernel: group.kernel_memory().unwrap_or_else(|| process.locked()) as f64 / MEBIBYTE,
        resident: process.resident() as f64 / MEBIBYTE,
        private: process.private() as f64 / MEBIBYTE,
        descriptors: process.descriptors(),
        processor,
        counts: counts(&there, &exporter),
    }
}

/// Returns how many programs of devices were refused by name for lack of memory.
fn refused(scrape: &Scrape) -> u64 {
    let name = "packet_exporter_attach_failures_total";
    let failed = |name: &&String| name.contains(r#"reason="memory""#);

    scrape
        .series()
        .into_iter()
        .filter(|(series, value)| series.starts_with(name) && failed(&series) && *value > 0.0)
        .count() as u64
}

/// Lays cables between the namespaces; only the first one has addresses and is plugged in.
fn lay(here: &Namespace, there: &Namespace, devices: usize) {
    let mut lines = String::new();
    for number in 0..devices {
        let _infallible = writeln!(
            lines,
            "link add many{number} type veth peer name many{number} netns {}\n\
             link set many{number} addrgenmode none",
            there.name()
        );
    }
    lines.push_str("address add 192.0.2.1/24 dev many0\nlink set many0 up\n");
    here.ip_batch(&lines);
    there.ip_batch(
        "link set many0 addrgenmode none\naddress add 192.0.2.2/24 dev many0\nlink set many0 up\n",
    );
}

/// Returns whether pings over the first cable are counted to the packet.
fn counts(there: &Namespace, exporter: &Exporter<'_>) -> bool {
    const PINGS: u64 = 5;
    let counted = |scrape: &Scrape| {
        let labels = [("device", "many0"), ("protocol", "icmp")];
        scrape.find("packet_receive_packets_total", &labels).unwrap_or_default()
    };
    there.run("ping", &["-n", "-q", "-i", "0.01", "-c", &PINGS.to_string(), "192.0.2.1"]);
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(20) {
        if counted(&exporter.scrape()) == PINGS {
            return true;
        }
        pause();
    }

    false
}
