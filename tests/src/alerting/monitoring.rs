//! The exporter, Prometheus and Alertmanager of a network.

use std::iter;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;

use grafana::rules::{Scale, Settings, made};
use serde_json::Value;
use tempfile::TempDir;

use super::hook::Hook;
use super::watching::{Target, Watch, alertmanager_arguments, alertmanager_config};
use super::{History, Net, Notice};
use crate::receivers::prometheus::Prometheus;
use crate::receivers::{Receiver, Start};
use crate::service::{PORT, Service};
use crate::tools::tool;

const ALERTMANAGER: u16 = 9093;
const ADDRESS: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), ALERTMANAGER);
const HOOK: u16 = 9099;

/// All that stands between a packet and a message. Times of rules are divided by `scale`; a scrape
/// comes every second, as docs/alerts.md says.
pub struct Monitoring<'a> {
    pub prometheus: Prometheus<'a>,
    hook: Hook,
    _alertmanager: Receiver<'a>,
    _service: Option<Service<'a>>,
    _rules: TempDir,
}

impl<'a> Target<'a> {
    /// Returns an exporter on the loopback.
    pub fn local(instance: &'a str, port: u16) -> Self {
        Self { instance, address: (Ipv4Addr::LOCALHOST, port).into() }
    }
}

impl<'a> Monitoring<'a> {
    /// Starts everything; prints that `test` is skipped where a program is missing.
    #[track_caller]
    pub fn start(test: &str, net: &'a Net, scale: u32) -> Option<Self> {
        // Everything but the loopback, and the shortest window of signals that there is.
        let mut options = vec!["--devices.include", "[^l].*|l[^o].*", "--signals.window", "10s"];
        // Devices that share tables share a guard too: without tables of its own, a flood on this one
        // would have new sources sampled on all of them.
        options.extend(["--datapath.override", r#"{devices = "spoofed-flood", class = "own"}"#]);
        let service = Service::start(&net.host, &options);
        let monitoring = Self::watch(test, net, scale, &[Target::local("host", PORT)])?;

        Some(Self { _service: Some(service), ..monitoring })
    }

    /// Starts everything but the exporters, which are the test's.
    #[track_caller]
    pub fn watch(test: &str, net: &'a Net, scale: u32, targets: &[Target<'_>]) -> Option<Self> {
        let prometheus = tool(test, "PACKET_EXPORTER_PROMETHEUS")?;
        let alertmanager = tool(test, "PACKET_EXPORTER_ALERTMANAGER")?;
        let rules = TempDir::with_prefix("packet-exporter-").expect("a folder can be made");
        let files = made(&Settings::default(), Scale(scale));
        grafana::write(rules.path(), &files).expect("files can be written there");

        let hook = Hook::listen(&net.host, HOOK);
        let alertmanager = start_alertmanager(net, &alertmanager, &hook.url());
        let watch = Watch {
            targets,
            every: 1,
            rules: &rules.path().join("rules"),
            alertmanager: Some(ADDRESS),
        };
        let prometheus = Prometheus::start(&net.host, &prometheus, &watch.config(), &[]);

        Some(Self { prometheus, hook, _alertmanager: alertmanager, _service: None, _rules: rules })
    }

    /// Returns what Alertmanager told so far.
    pub fn notices(&self) -> Vec<Notice> {
        self.hook.notices()
    }

    /// Returns a history of alerts that is empty yet.
    pub fn history(&self) -> History<'_> {
        History::of(self, "device")
    }

    /// Returns one of alerts on the exporters themselves.
    pub fn history_of_exporters(&self) -> History<'_> {
        History::of(self, "instance")
    }

    /// Returns what Prometheus says of alerts that are pending or firing.
    pub(super) fn alerts(&self) -> Vec<Value> {
        let mut answer = self.prometheus.get("/api/v1/alerts");
        let Value::Array(alerts) = answer["data"]["alerts"].take() else {
            panic!("no alerts in {answer}");
        };

        alerts
    }
}

fn start_alertmanager<'a>(net: &'a Net, program: &Path, hook: &str) -> Receiver<'a> {
    let arguments = alertmanager_arguments(ADDRESS);
    let arguments = arguments.iter().map(String::as_str);
    let start = Start {
        program,
        arguments: &iter::once("--config.file=config.yml").chain(arguments).collect::<Vec<_>>(),
        files: &[("config.yml", &alertmanager_config(Some(hook)))],
        ports: &[ALERTMANAGER],
    };

    Receiver::start(&net.host, &start)
}
