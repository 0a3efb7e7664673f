//! What Prometheus and Alertmanager are told where they watch exporters. `xtask` has this file too,
//! so it names nothing of this crate.

use std::net::SocketAddr;
use std::path::Path;

/// What times of rules are divided by where nobody is to wait long for an alert.
pub const SCALE: u32 = 30;
/// How long Alertmanager waits for other alerts of a group before it sends the first message, in
/// milliseconds.
const GROUP_WAIT: u32 = 200;

/// What a Prometheus does.
#[derive(Clone, Copy, Debug)]
pub struct Watch<'a> {
    pub targets: &'a [Target<'a>],
    /// From one scrape to the next, in seconds.
    pub every: u64,
    /// A folder with files of rules.
    pub rules: &'a Path,
    pub alertmanager: Option<SocketAddr>,
}

/// An exporter, and the name that Prometheus has for it.
#[derive(Clone, Copy, Debug)]
pub struct Target<'a> {
    pub instance: &'a str,
    pub address: SocketAddr,
}

impl Watch<'_> {
    /// Returns the configuration of Prometheus.
    pub fn config(&self) -> String {
        let Self { targets, every, rules, alertmanager } = self;
        let alertmanager = alertmanager.map_or(String::new(), |it| format!("'{it}'"));
        let target = |Target { instance, address }: &Target<'_>| {
            format!("{{targets: ['{address}'], labels: {{instance: '{instance}'}}}}")
        };
        let targets: Vec<_> = targets.iter().map(target).collect();

        format!(
            "global: {{scrape_interval: {every}s, scrape_timeout: {every}s}}\n\
             rule_files: ['{}/*.yml']\n\
             alerting: {{alertmanagers: [{{static_configs: [{{targets: [{alertmanager}]}}]}}]}}\n\
             scrape_configs: [{{job_name: packet-exporter, static_configs: [{}]}}]\n",
            rules.display(),
            targets.join(", ")
        )
    }
}

/// Returns the configuration of an Alertmanager that tells each alert by itself, so that none waits
/// for another one: to a web hook, if there is one.
pub fn alertmanager_config(hook: Option<&str>) -> String {
    let hook = hook.map(|url| format!("{{url: '{url}', send_resolved: true}}")).unwrap_or_default();

    format!(
        "route: {{receiver: all, group_by: ['...'], group_wait: {GROUP_WAIT}ms, group_interval: 1s, \
         repeat_interval: 1h}}\n\
         receivers: [{{name: all, webhook_configs: [{hook}]}}]\n"
    )
}

/// Returns the arguments of Alertmanager, but the one that names the configuration. It is the only
/// one of its cluster.
pub fn alertmanager_arguments(address: SocketAddr) -> [String; 3] {
    [
        "--cluster.listen-address=".to_owned(),
        "--storage.path=alertmanager-data".to_owned(),
        format!("--web.listen-address={address}"),
    ]
}
