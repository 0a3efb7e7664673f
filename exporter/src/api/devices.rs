//! `GET /devices`: which devices are counted, how, and what was refused.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;
use shared::Direction;

use super::moment::rfc3339;
use crate::catalog::Readings;
use crate::health::{Attachment, DeviceInfo, Health, Mode, Running};
use crate::snapshot::{Flow, Snapshot};

/// Devices that are wanted or counted, in the order of their names.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Devices {
    items: Vec<Known>,
}

/// One device. What is not known of it, or left out by `metrics.exclude`, is null.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Device")]
struct Known {
    device: String,
    /// Null too where the device is wanted by name and not there.
    ifindex: Option<u32>,
    /// The kernel's name for its kind, as `veth`.
    kind: Option<String>,
    /// The driver of its hardware.
    driver: Option<String>,
    /// What an operator remarked on it, or the network namespace of its other end.
    alias: Option<String>,
    /// The device that it is a part of, as a bond.
    master: Option<String>,
    /// Programs that are wanted or were tried, receive first.
    programs: Vec<AtHook>,
    /// What is counted, receive first.
    flows: Vec<Counting>,
}

/// A program at a hook of the device.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Program")]
struct AtHook {
    direction: &'static str,
    hook: &'static str,
    /// It runs, and no other program may hide frames from it.
    attached: bool,
    /// False where the direction is counted at another hook, and this one was tried in vain.
    wanted: bool,
    /// How XDP runs it; null on the hooks of tc.
    mode: Option<&'static str>,
    program: Option<String>,
    tag: Option<String>,
    /// Attempts that failed, by reason.
    failures: BTreeMap<&'static str, u64>,
}

/// One direction that is counted.
#[derive(Debug, Serialize, JsonSchema)]
struct Counting {
    direction: &'static str,
    /// When counting began.
    since: String,
    /// Intervals whose parts did not add up; always 0.
    imbalanced_intervals: u64,
}

impl Devices {
    pub(super) fn of(readings: &Readings) -> Self {
        let Snapshot { flows, health, .. } = &*readings.snapshot;
        let shown = ["packet_exporter_device", "packet_exporter_program"]
            .map(|name| readings.choice.has_name(name));
        let infos = health.devices.iter().map(|info| &*info.device);
        let attached = health.attachments.iter().map(|it| &*it.device);
        let counted = flows.iter().map(|flow| &*flow.device);
        let names: BTreeSet<_> = infos.chain(attached).chain(counted).collect();

        // All lists are in the order of the names too.
        Self {
            items: names.into_iter().map(|name| Known::of(name, flows, health, shown)).collect(),
        }
    }
}

impl Known {
    /// `shown` tells whether what devices and what programs are like may be seen.
    fn of(name: &str, flows: &[Arc<Flow>], health: &Health, shown: [bool; 2]) -> Self {
        let [has_info, has_programs] = shown;
        let known = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let info = health.devices.iter().find(|info| has_info && &*info.device == name);
        let text = |of: fn(&DeviceInfo) -> &str| info.map(of).and_then(known);
        let mut programs: Vec<_> = health
            .attachments
            .iter()
            .filter(|it| &*it.device == name)
            .map(|it| AtHook::of(it, has_programs))
            .collect();
        programs.sort_by_key(|program| program.direction != Direction::Receive.label());
        let own = flows.iter().filter(|flow| &*flow.device == name);

        Self {
            device: name.into(),
            ifindex: info.map(|info| info.ifindex),
            kind: text(|info| &info.kind),
            driver: text(|info| &info.driver),
            alias: text(|info| &info.alias),
            master: text(|info| &info.master),
            programs,
            flows: own.map(|flow| Counting::of(flow)).collect(),
        }
    }
}

impl AtHook {
    fn of(attachment: &Attachment, has_programs: bool) -> Self {
        let Attachment { device: _, hook, running, is_wanted, failures } = attachment;
        let attached = running.is_some();
        let running = running.as_ref().filter(|_| has_programs);

        Self {
            direction: hook.direction().label(),
            hook: hook.label(),
            attached,
            wanted: *is_wanted,
            mode: running.and_then(|it| it.mode).map(Mode::label),
            program: running.map(|Running { program, .. }| program.clone()),
            tag: running.map(|Running { tag, .. }| tag.clone()),
            failures: failures.iter().map(|(reason, count)| (reason.label(), *count)).collect(),
        }
    }
}

impl Counting {
    fn of(flow: &Flow) -> Self {
        Self {
            direction: flow.direction.label(),
            since: rfc3339(flow.since),
            imbalanced_intervals: flow.imbalanced.iter().sum(),
        }
    }
}
