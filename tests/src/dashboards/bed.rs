//! Two hosts with traffic, exporters that count it, and a Prometheus that scrapes them.

use std::net::Ipv4Addr;
use std::path::Path;
use std::process::{Child, ChildStdin, Stdio};

use grafana::rules::{self, Scale, Settings};
use tempfile::TempDir;

use crate::alerting::{SCALE, Target, Watch};
use crate::cable::Namespace;
use crate::exporter::Exporter;
use crate::patience::wait_for;
use crate::programs::python;
use crate::receivers::prometheus::Prometheus;
use crate::sources::root;

/// Devices, and the addresses of their ends here and there. Sources: RFC 5737, RFC 3849.
pub(super) const DEVICES: [(&str, [&str; 2], [&str; 2]); 3] = [
    ("eth0", ["192.0.2.1", "2001:db8:0::1"], ["192.0.2.2", "2001:db8:0::2"]),
    ("eth1", ["203.0.113.1", "2001:db8:1::1"], ["203.0.113.2", "2001:db8:1::2"]),
    ("eth2", ["10.9.0.1", "2001:db8:2::1"], ["10.9.0.2", "2001:db8:2::2"]),
];
/// Hosts by the label `instance`, the ports of their exporters, and their devices.
const HOSTS: [(&str, u16, &str); 2] = [("web-1", 10_199, "eth0|eth1"), ("db-1", 10_200, "eth2")];
/// In seconds.
pub const SCRAPE_INTERVAL: u64 = 2;

/// The hosts' devices are in one namespace, their peers in the other.
pub struct Bed {
    pub here: Namespace,
    pub there: Namespace,
    rules: TempDir,
}

/// A program that goes on until its input ends.
pub struct Traffic {
    child: Child,
    input: Option<ChildStdin>,
}

impl Bed {
    pub fn lay(name: &str) -> Self {
        let here = Namespace::make(&format!("{name}-a"));
        let there = Namespace::make(&format!("{name}-b"));
        for (device, own, others) in DEVICES {
            let peer = ["peer", "name", device, "netns", there.name()];
            here.ip(&[&["link", "add", device, "type", "veth"], &peer[..]].concat());
            for (end, addresses) in [(&here, own), (&there, others)] {
                for address in addresses {
                    let prefix = if address.contains(':') { 64 } else { 24 };
                    let address = format!("{address}/{prefix}");
                    end.ip(&["address", "add", &address, "dev", device, "nodad"]);
                }
                end.ip(&["link", "set", device, "up"]);
            }
        }
        let rules = TempDir::with_prefix("packet-exporter-").expect("a folder can be made");
        let files = rules::made(&Settings::default(), Scale(SCALE));
        grafana::write(rules.path(), &files).expect("files can be written there");

        Self { here, there, rules }
    }

    /// Starts the exporter of each host with these arguments, and waits until they count.
    pub fn exporters(&self, arguments: &[&str]) -> Vec<Exporter<'_>> {
        let start = |(_, port, devices): (_, u16, &str)| {
            let own = [&["--devices.include", devices, "--signals.window", "10s"], arguments];
            Exporter::spawn(&self.here, port, &own.concat())
        };
        let exporters: Vec<_> = HOSTS.into_iter().map(start).collect();

        for exporter in &exporters {
            wait_for("an exporter to count", || {
                exporter.is_ready().then_some(()).ok_or_else(|| exporter.lines().join("\n"))
            });
        }
        exporters
    }

    /// Starts a Prometheus with the shipped rules, whose times are short.
    pub fn prometheus(&self, program: &Path) -> Prometheus<'_> {
        let address = |port| (Ipv4Addr::LOCALHOST, port).into();
        let watch = Watch {
            targets: &HOSTS.map(|(instance, port, _)| Target { instance, address: address(port) }),
            every: SCRAPE_INTERVAL,
            rules: &self.rules.path().join("rules"),
            alertmanager: None,
        };

        Prometheus::start(&self.here, program, &watch.config(), &[])
    }

    /// Has both ends use servers of the other.
    pub fn ordinary_traffic(&self) -> Vec<Traffic> {
        let addresses = |ends: [[&'static str; 2]; 3]| ends.concat();
        let here = addresses(DEVICES.map(|(_, here, _)| here));
        let there = addresses(DEVICES.map(|(_, _, there)| there));

        let mut all = Vec::new();
        for (end, others) in [(&self.here, there), (&self.there, here)] {
            all.push(Traffic::start(end, &["serve"]));
            all.push(Traffic::start(end, &[&["use"], &others[..]].concat()));
            all.extend(others.iter().map(|it| Traffic::ping(end, it)));
        }
        all
    }

    /// Has each end connect to closed ports of the other, on every device.
    pub fn scans(&self) -> Vec<Traffic> {
        let both = |(_, [here, _], [there, _]): (_, [&str; 2], [&str; 2])| {
            [(&self.here, here, there), (&self.there, there, here)]
                .map(|(end, from, to)| Traffic::start(end, &["scan", from, to]))
        };

        DEVICES.into_iter().flat_map(both).collect()
    }
}

impl Traffic {
    fn start(namespace: &Namespace, arguments: &[&str]) -> Self {
        let mut command = namespace.command(&python());
        command.arg("-B").arg(root().join("tests/dashboards/traffic.py")).args(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().expect("`ip` can be run");

        Self { input: child.stdin.take(), child }
    }

    fn ping(namespace: &Namespace, to: &str) -> Self {
        let mut command = namespace.command("ping");
        command.args(["-n", "-q", "-i", "0.5", "-s", "200", to]);
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn();

        Self { child: child.expect("`ip` can be run"), input: None }
    }
}

impl Drop for Traffic {
    fn drop(&mut self) {
        drop(self.input.take());
        let _ended = self.child.kill();
        let _status = self.child.wait();
    }
}
